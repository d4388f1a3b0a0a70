//! What the numbers of this exercise say about the change of the outputs and that of the loss.

use deltarule::Activation;
use deltarule::trace::Bounded;
use deltarule_document::Prose;
use deltarule_worked::capital;
use ndarray::Array2;

use super::case::{Case, first_step};
use super::pages::{Pages, names};

impl Pages<'_, '_> {
    /// What the numbers of this exercise say about the change of the outputs and that of the loss.
    pub(super) fn findings(&mut self) {
        let mut items = Vec::new();
        let layers = self.comparison.cases[0].solution.exercise.network.layers().len();
        let (some, none): (Vec<&Case>, Vec<&Case>) =
            self.comparison.cases.iter().partition(|case| reaches_hidden_layers(case));
        if layers > 1 && !none.is_empty() {
            let mut words = format!("Under {} nothing reaches the hidden layers.", names(&none));
            let network = &self.comparison.cases[0].solution.exercise.network;
            let w = network.weights(layers - 1);
            let equal_rows = w.rows().into_iter().all(|row| row == w.row(0));
            let sums_to_zero = |case: &&Case| {
                first_step(case).trace.backward.as_ref().is_some_and(|backward| {
                    let delta = &backward.delta[layers - 1];
                    delta.value.rows().into_iter().zip(delta.bound.rows()).all(|(row, bound)| {
                        row.sum().abs() <= bound.sum() + 1e-15 * row.mapv(f64::abs).sum()
                    })
                })
            };
            if equal_rows && w.nrows() > 1 && none.iter().all(sums_to_zero) {
                words += &format!(
                    " The deltas of the outputs of an example sum to 0 there, and the rows of $w^[{layers}]$ are equal, so that every \
                     hidden unit gets one weight times that sum."
                );
                if none.iter().all(|case| case.output == Activation::Softmax) {
                    words += " It is softmax that makes them sum to 0, since its outputs always sum to 1, whatever the loss.";
                }
            }
            if !some.is_empty() {
                words += &format!(" Under {} the hidden layers do learn.", names(&some));
            }
            items.push(self.prose(&words));
        }
        for (number, case) in self.cases() {
            let norm = gradient_norm(case);
            let (error, delta) = largest(case);
            items.push(
                Prose::text(format!("{}: ", capital(&case.name())))
                    .and_prose(self.prose("the largest error $|x − t|$ of an output is "))
                    .and_number(error, self.quantity(number, "largest_error", None))
                    .and_prose(self.prose(", the largest $|δ|$ "))
                    .and_number(delta, self.quantity(number, "largest_delta", None))
                    .and_text(", and the norm of all gradients together ")
                    .and_number(norm, self.quantity(number, "gradient_norm", None))
                    .and_text("."),
            );
        }
        self.document.heading(1, "What the numbers say");
        self.document.list(items);
    }
}

/// Whether a delta of a hidden layer is not 0.
pub(super) fn reaches_hidden_layers(case: &Case) -> bool {
    let Some(backward) = &first_step(case).trace.backward else { return false };
    let hidden = &backward.delta[..backward.delta.len() - 1];
    hidden.iter().any(|delta| delta.shown().iter().any(|d| *d != 0.0))
}

/// The norm of all gradients together.
pub(super) fn gradient_norm(case: &Case) -> f64 {
    let Some(backward) = &first_step(case).trace.backward else { return 0.0 };
    let square = |values: &Array2<f64>| values.iter().map(|v| v * v).sum::<f64>();
    let gradients = backward.grad_weights.iter().chain(&backward.grad_biases);
    gradients.map(|g| square(&g.shown())).sum::<f64>().sqrt()
}

/// The largest |x − t| and the largest |δ| of the outputs.
pub(super) fn largest(case: &Case) -> (f64, f64) {
    let step = first_step(case);
    let examples = &case.solution.exercise.parts[0].examples;
    let (Some(x), Some(backward)) = (step.trace.x.last(), &step.trace.backward) else {
        return (0.0, 0.0);
    };
    let errors = x.value.rows().into_iter().zip(examples).flat_map(|(row, example)| {
        let t = example.t.iter().flatten();
        row.iter().zip(t).map(|(x, t)| (x - t).abs()).collect::<Vec<f64>>()
    });
    let deltas = backward.delta.last().map(Bounded::shown).unwrap_or_default();
    (errors.fold(0.0, f64::max), deltas.iter().map(|d| d.abs()).fold(0.0, f64::max))
}
