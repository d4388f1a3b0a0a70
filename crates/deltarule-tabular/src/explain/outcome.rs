//! What the model says of the rows, in the words of the table.

use deltarule::trace::Trace;
use deltarule_document::{Document, Math, Prose, QuantityId};

use super::ModelPage;
use crate::target::Target;

impl ModelPage<'_> {
    /// The outputs in the words of the table.
    pub(super) fn outcome(&self, document: &mut Document, trace: &Trace) {
        document.heading(1, "What it says");
        let Some(outputs) = trace.x.last() else { return };
        let last = Some(trace.x.len());
        for (i, number) in self.options.rows.iter().enumerate() {
            let row = outputs.value.row(i);
            let prose = match self.model.target() {
                Target::Classes { column, classes, .. } => {
                    let mut order: Vec<usize> = (0..classes.len()).collect();
                    order.sort_by(|a, b| row[*b].total_cmp(&row[*a]).then(a.cmp(b)));
                    let mut prose = Prose::text(format!(
                        "Row {number}: {column} is {} with probability ",
                        classes[order[0]]
                    ));
                    for (k, class) in order.iter().take(4).enumerate() {
                        if k > 0 {
                            prose = prose.and_text(format!(", {} with ", classes[*class]));
                        }
                        let quantity = QuantityId::new("rows", 1, "x", last);
                        prose = prose.and_math(Math::number(row[*class], *class, i, quantity));
                    }
                    // What the table says stands beside it: a wrong answer should not look like a right one.
                    let told = self
                        .rows
                        .t
                        .as_ref()
                        .and_then(|t| (0..classes.len()).find(|c| t[[i, *c]] == 1.0));
                    prose.and_text(match told {
                        Some(class) if class == order[0] => ", as the table says.".to_string(),
                        Some(class) => {
                            format!("; the table says {}: the model is wrong here.", classes[class])
                        }
                        None => ".".into(),
                    })
                }
                Target::Numbers(targets) => {
                    let mut prose = Prose::text(format!("Row {number}: "));
                    for (k, target) in targets.iter().enumerate() {
                        let gap = if k > 0 { ", " } else { "" };
                        let value = row[k] * target.deviation + target.mean;
                        let quantity = QuantityId::new("rows", 1, "prediction", None);
                        prose = prose
                            .and_text(format!("{gap}{} is ", target.column))
                            .and_math(Math::number(value, k, i, quantity));
                        if let Some(t) = &self.rows.t {
                            let told = t[[i, k]] * target.deviation + target.mean;
                            let quantity = QuantityId::new("rows", 1, "target", None);
                            prose = prose
                                .and_text(" (the table says ")
                                .and_math(Math::number(told, k, i, quantity))
                                .and_text(")");
                        }
                    }
                    prose.and_text(
                        "; the output times the deviation of the training rows plus their mean.",
                    )
                }
            };
            document.paragraph(prose);
        }
    }
}
