//! Deltas and gradients that are 0, and why.

use deltarule::trace::BackwardTrace;
use deltarule_document::Prose;
use ndarray::{ArrayView1, ArrayView2};

use super::list;
use crate::step::Context;

impl Context<'_, '_> {
    /// Deltas that are 0 for an example although the deltas above are not, and why.
    pub(super) fn zero_deltas(&self, backward: &BackwardTrace, remarks: &mut Vec<Prose>) {
        let last = self.last();
        let zero = |layer: usize| -> Vec<usize> {
            let shown = backward.delta[layer - 1].shown();
            (0..shown.nrows()).filter(|&e| shown.row(e).iter().all(|d| *d == 0.0)).collect()
        };
        let at_outputs = zero(last);
        if !at_outputs.is_empty() {
            let x = &self.numbers.trace.x[last - 1].value;
            let met = self.numbers.targets.is_some_and(|t| {
                at_outputs
                    .iter()
                    .all(|&e| (x.row(e).to_owned() - t.row(e)).iter().all(|d| d.abs() < 1e-12))
            });
            let because = if met {
                "the outputs are their targets"
            } else {
                "the outputs are not their targets, but the slope of the loss with respect to every net input is 0 there"
            };
            let words = format!(
                "The delta of the outputs is 0 for {}: {because}. Nothing is learned from that.",
                self.which(&at_outputs)
            );
            remarks.push(self.prose(&words));
        }
        for layer in (1..last).rev() {
            let above = zero(layer + 1);
            let here: Vec<usize> = zero(layer).into_iter().filter(|e| !above.contains(e)).collect();
            if here.is_empty() {
                continue;
            }
            let which = self.which(&here);
            let because = self.why_zero(backward, layer, &here);
            let mut words = format!("$δ^[{layer}]$ is 0 for {which}: {because}.");
            if here.len() == self.examples() {
                let below =
                    if layer > 1 { " Nothing reaches the layers below it either." } else { "" };
                words += &format!(" Layer {layer} gets no gradient in this step.{below}");
            }
            remarks.push(self.prose(&words));
        }
    }

    /// Why nothing of the deltas above arrives at a layer, for these examples.
    fn why_zero(&self, backward: &BackwardTrace, layer: usize, examples: &[usize]) -> String {
        let up = layer + 1;
        let w = self.numbers.network.weights(layer);
        let (above, slopes) = (&backward.delta[layer], self.slopes(layer));
        if w.iter().all(|v| *v == 0.0) {
            return format!(
                "all weights $w^[{up}]$ are 0, so nothing is carried back through them"
            );
        }
        let sums_to_zero = examples.iter().all(|&e| {
            let row = above.value.row(e);
            let rounding =
                above.bound.row(e).sum() + 1e-15 * row.iter().map(|d| d.abs()).sum::<f64>();
            row.sum().abs() <= rounding
        });
        if all_rows_equal(w) && sums_to_zero && w.nrows() > 1 {
            return format!(
                "the rows of $w^[{up}]$ are equal, so every unit below gets the sum of the deltas $δ^[{up}]$ of the example \
                 times one weight, and these deltas sum to 0"
            );
        }
        if examples.iter().all(|&e| slopes.row(e).iter().all(|slope| *slope == 0.0)) {
            return "the derivative of every unit is 0 there".into();
        }
        // Unit by unit: whether there is anything to add up, and whether it adds up to 0.
        let shown = above.shown();
        let (mut nothing, mut cancelled, mut flat) = (false, false, false);
        for &e in examples {
            for unit in 0..w.ncols() {
                let terms = || (0..w.nrows()).map(|i| w[[i, unit]] * shown[[e, i]]);
                let size: f64 = terms().map(f64::abs).sum();
                let rounding: f64 =
                    (0..w.nrows()).map(|i| w[[i, unit]].abs() * above.bound[[e, i]]).sum();
                if size == 0.0 {
                    nothing = true;
                } else if terms().sum::<f64>().abs() <= rounding + 1e-14 * size {
                    cancelled = true;
                } else {
                    flat = true;
                }
            }
        }
        let product = format!("$(w^[{up}])^T δ^[{up}]$");
        match (nothing, cancelled, flat) {
            (true, false, false) => format!(
                "in {product} every delta that is not 0 meets only weights that are 0, so nothing is carried back"
            ),
            (_, true, false) => {
                format!("in {product} the contributions of the deltas above cancel")
            }
            _ => format!("where {product} is not 0, the derivative of the unit is 0"),
        }
    }

    /// Inputs that are 0 in every example: their weights have no gradient.
    pub(super) fn zero_inputs(&self, backward: &BackwardTrace, remarks: &mut Vec<Prose>) {
        let input = &self.numbers.trace.input;
        let zero: Vec<usize> =
            (0..input.ncols()).filter(|&j| input.column(j).iter().all(|v| *v == 0.0)).collect();
        let moves = backward.delta[0].shown().iter().any(|d| *d != 0.0);
        if zero.is_empty() || !moves || self.numbers.options.l2 > 0.0 {
            return;
        }
        let all = if self.examples() > 1 { " in every example" } else { "" };
        let (inputs, columns) = match zero.as_slice() {
            [one] => (format!("Input {} is", one + 1), format!("column {}", one + 1)),
            many => {
                let list = list(&many.iter().map(|j| (j + 1).to_string()).collect::<Vec<_>>(), 8);
                (format!("Inputs {list} are"), format!("columns {list}"))
            }
        };
        let words = format!(
            "{inputs} 0{all}, so {columns} of $∂E/∂w^[1]$ {} 0: a weight learns only where its input is not 0.",
            if zero.len() == 1 { "is" } else { "are" }
        );
        remarks.push(self.prose(&words));
    }
}

fn all_rows_equal(matrix: ArrayView2<'_, f64>) -> bool {
    let first: Option<ArrayView1<'_, f64>> = matrix.rows().into_iter().next();
    first.is_some_and(|first| matrix.rows().into_iter().all(|row| row == first))
}
