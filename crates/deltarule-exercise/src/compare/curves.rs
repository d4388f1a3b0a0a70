//! The losses over many updates, as a figure.

use deltarule_document::{Block, Curve, Drawing, Figure, Plot, Prose};
use deltarule_worked::capital;

use super::case::UPDATES;
use super::pages::Pages;

impl Pages<'_, '_> {
    pub(super) fn curves(&mut self) {
        self.document.heading(1, format!("The losses over {UPDATES} updates").as_str());
        let curves: Vec<Curve> = self
            .comparison
            .cases
            .iter()
            .filter(|case| case.curve.first().is_some_and(|first| *first > 0.0))
            .map(|case| Curve {
                name: case.name(),
                points: case
                    .curve
                    .iter()
                    .enumerate()
                    .map(|(i, loss)| (i as f64, loss / case.curve[0]))
                    .collect(),
            })
            .collect();
        if !curves.is_empty() {
            self.document.blocks.push(Block::Figure(Figure {
                caption: Prose::text(
                    "The total loss of these examples over gradient descent from the same parameters, each divided by its value at \
                     the beginning: the losses have different units, and only the shapes compare.",
                ),
                drawing: Drawing::Plot(Plot {
                    x_label: "update".into(),
                    y_label: "loss / loss at the beginning".into(),
                    curves,
                }),
            }));
        }
        let mut items = Vec::new();
        for (number, case) in self.cases() {
            let name = capital(&case.name());
            let (Some(first), Some(last)) = (case.curve.first(), case.curve.last()) else {
                items.push(Prose::text(format!(
                    "{name}: the loss grows beyond all numbers with this learning rate."
                )));
                continue;
            };
            items.push(
                Prose::text(format!("{name}: from "))
                    .and_number(*first, self.quantity(number, "first_loss", None))
                    .and_text(" to ")
                    .and_number(*last, self.quantity(number, "last_loss", None))
                    .and_text("."),
            );
        }
        self.document.list(items);
    }
}
