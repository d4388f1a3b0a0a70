//! Which inputs the outcome hangs on.

use deltarule::trace::Trace;
use deltarule_document::{Block, Document, Math, Prose, Table};
use ndarray::ArrayView2;

use super::ModelPage;
use crate::encoding::Encoding;
use crate::target::Target;

/// The inputs that an output is most sensitive to, this many.
const SENSITIVE: usize = 8;

impl ModelPage<'_> {
    /// Which inputs the outcome hangs on.
    pub(super) fn sensitivity(&self, document: &mut Document, trace: &Trace) {
        document.heading(1, "What the outcome hangs on");
        let what = match self.model.target() {
            Target::Classes { .. } => "probability of the predicted class",
            Target::Numbers(_) => "predicted number",
        };
        document.paragraph(Prose::text(format!(
            "The derivative of the {what} with respect to each input, in the units of the column: how much it would change, to first \
             order, if the column were one unit larger, and if it were one standard deviation of the training rows larger. For a \
             category, how much it would change if the value held. Those that change most are first. It holds near this row only.",
        )));
        let inputs = self.inputs();
        let names = self.model.preparation().feature_names();
        for (i, number) in self.options.rows.iter().enumerate() {
            for (output, title, scale) in self.outputs(trace, i) {
                let slopes = trace.sensitivity(self.network, output);
                let row: ArrayView2<'_, f64> = slopes.slice(ndarray::s![i..=i, ..]);
                let mut order: Vec<usize> = (0..row.ncols()).collect();
                let size = |j: &usize| row[[0, *j]].abs();
                order.sort_by(|a, b| size(b).total_cmp(&size(a)).then(a.cmp(b)));
                let rows = order
                    .iter()
                    .take(SENSITIVE)
                    .map(|&j| {
                        let slope = row[[0, j]] * scale;
                        let cell = |name: &str, value: f64| {
                            Prose::default().and_math(Math::number(
                                value,
                                j,
                                i,
                                self.quantity(name),
                            ))
                        };
                        vec![
                            Prose::text(&names[j]),
                            match inputs[j] {
                                Some(deviation) => cell("sensitivity_per_unit", slope / deviation),
                                None => Prose::text("–"),
                            },
                            cell("sensitivity", slope),
                        ]
                    })
                    .collect();
                document.paragraph(Prose::text(format!("Row {number}, {title}:")));
                let header = ["column", "per unit", "per deviation, or if it held"]
                    .map(Prose::text)
                    .to_vec();
                document.blocks.push(Block::Table(Table { header, rows }));
            }
        }
    }

    /// The deviation that each input of the network was divided by, where it is a number.
    fn inputs(&self) -> Vec<Option<f64>> {
        let mut inputs = Vec::new();
        for column in &self.model.preparation().columns {
            match &column.encoding {
                Encoding::Number { deviation, indicator, .. } => {
                    inputs.push(Some(*deviation));
                    inputs.extend(indicator.then_some(None));
                }
                Encoding::Category { .. } => {
                    inputs.extend(std::iter::repeat_n(None, column.encoding.width()));
                }
            }
        }
        inputs
    }

    /// The outputs that are looked at for a row: which, what they are called, and what one unit of them is in the table.
    fn outputs(&self, trace: &Trace, row: usize) -> Vec<(usize, String, f64)> {
        let Some(outputs) = trace.x.last() else { return Vec::new() };
        match self.model.target() {
            Target::Classes { classes, .. } => {
                let best = deltarule::metrics::argmax(outputs.value.row(row));
                vec![(best, format!("probability of {}", classes[best]), 1.0)]
            }
            Target::Numbers(targets) => targets
                .iter()
                .enumerate()
                .map(|(k, target)| (k, target.column.clone(), target.deviation))
                .collect(),
        }
    }
}
