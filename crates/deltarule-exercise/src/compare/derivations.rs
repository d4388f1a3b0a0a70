//! Where the deltas come from, and each case worked out: the matrices, or with code every step.

use deltarule::trace::Quantity;
use deltarule::{Activation, Loss};
use deltarule_document::{Equation, Math, Matrix, Prose};
use deltarule_worked::{StepNumbers, StepWriter, activation, capital, loss_formulas, python};
use ndarray::Array2;

use super::case::{Case, derivative_name, first_step, targets_sum_to_one};
use super::pages::Pages;
use crate::exercise::Task;

impl Pages<'_, '_> {
    pub(super) fn derivations(&mut self) {
        self.document.heading(1, "Where the deltas come from");
        self.document.paragraph(self.prose(
            "In all of them $δ^[L]$ is the derivative of the loss with respect to the net inputs of the outputs, by the chain rule \
             over the outputs:",
        ));
        self.document.equation(
            self.style
                .notation
                .equation("δ_i = frac{∂E}{∂z_i} = Σ_j frac{∂E}{∂x_j} · frac{∂x_j}{∂z_i}"),
        );
        let comparison = self.comparison;
        for case in &comparison.cases {
            let (loss, output) = (case.loss, case.output);
            self.document.heading(2, Prose::text(capital(&case.name())));
            let show = |this: &mut Self, formula: &str| {
                let equation = this.style.notation.equation(formula);
                this.document.equation(equation);
            };
            show(self, &format!("frac{{∂E}}{{∂x}} = {}", loss_formulas(loss).slope));
            let prime = derivative_name(output);
            let stays;
            let words = match (loss, output) {
                (Loss::CrossEntropy, Activation::Softmax) => {
                    show(self, activation(output).derivative);
                    show(
                        self,
                        "δ_i = −frac{t_i}{x_i} · x_i (1 − x_i) + Σ_{j ≠ i} frac{t_j}{x_j} · x_j x_i = x_i Σ_j t_j − t_i",
                    );
                    if targets_sum_to_one(case) {
                        "The outputs cancel. The targets of each example sum to 1, so that the plain error $x − t$ is left, and no factor makes it small."
                    } else {
                        "The outputs cancel in part. The targets of an example need not sum to 1 here, so that their sum stays."
                    }
                }
                (_, Activation::Softmax) => {
                    show(self, activation(output).derivative);
                    show(self, "δ_i = x_i (g_i − Σ_j g_j x_j)");
                    "Here $g = ∂E/∂x$. The factor $x_i$ makes the delta small for every output that is almost 0, however wrong it is."
                }
                (Loss::BinaryCrossEntropy, _) | (Loss::Poisson, Activation::Exp) => {
                    show(self, "δ = x − t");
                    "The derivative of the activation cancels, and the plain error is left."
                }
                (Loss::CrossEntropy, _) => {
                    show(self, "δ = −t ∘ (1 − x)");
                    "The outputs cancel in part."
                }
                (Loss::Poisson, _) => {
                    show(self, "δ = (1 − frac{t}{x}) ∘ σ(z)");
                    "The outputs cancel in part."
                }
                (_, Activation::Identity) => {
                    show(self, "δ = frac{∂E}{∂x}");
                    "The outputs are the net inputs, so that no factor is added."
                }
                (
                    Loss::SquaredError
                    | Loss::SumSquaredError
                    | Loss::MeanSquaredError
                    | Loss::AbsoluteError
                    | Loss::Huber,
                    _,
                ) => {
                    show(self, &format!("{prime}(z) = {}", activation(output).derivative));
                    show(self, &format!("δ = frac{{∂E}}{{∂x}} ∘ {prime}(z)"));
                    stays = format!(
                        "The factor ${prime}(z)$ stays: where an output is saturated, it makes the delta small, however wrong the output is."
                    );
                    &stays
                }
            };
            let words = self.prose(words);
            self.document.paragraph(words);
        }
    }

    /// Each case worked out from beginning to end, with what computes it again.
    pub(super) fn worked(&mut self) {
        self.document.heading(1, "Deltas, gradients and new parameters");
        let comparison = self.comparison;
        for (index, case) in comparison.cases.iter().enumerate() {
            let part = format!("case {}", index + 1);
            self.document.heading(2, Prose::text(capital(&case.name())));
            let exercise = &case.solution.exercise;
            self.document.code(python::prelude(&exercise.network, exercise.loss));
            self.document.code(python::parameters(&exercise.network));
            let Task::Update { optimizer, .. } = &exercise.parts[0].task else { continue };
            let layers = exercise.network.layers().len();
            self.document.code(python::optimizer(optimizer, layers));
            let step = first_step(case);
            let t: Vec<f64> = exercise.parts[0]
                .examples
                .iter()
                .flat_map(|e| e.t.iter().flatten().copied())
                .collect();
            let shape = (step.examples.len(), exercise.network.outputs());
            let targets = Array2::from_shape_vec(shape, t).ok();
            let numbers = StepNumbers {
                part: &part,
                step: 1,
                examples: &step.examples,
                network: &step.network,
                parameters_are_given: true,
                loss: case.loss,
                targets: targets.as_ref().map(|t| t.view()),
                trace: &step.trace,
                options: exercise.parts[0].options,
            };
            StepWriter::new(self.document, *self.style).step(&numbers, &case.name(), 3);
        }
    }

    /// The matrices of each case, layer by layer. Layers that nothing reaches are named in a sentence.
    pub(super) fn matrices(&mut self) {
        self.document.heading(1, "Deltas, gradients and new parameters");
        let comparison = self.comparison;
        for (index, case) in comparison.cases.iter().enumerate() {
            let step = first_step(case);
            if step.trace.update.is_none() {
                continue;
            }
            self.document.heading(2, Prose::text(capital(&case.name())));
            let layers = step.trace.z.len();
            let (still, moved): (Vec<usize>, Vec<usize>) =
                (1..=layers).rev().partition(|l| is_still(case, *l));
            for l in moved {
                for (symbol, quantity) in of_layer(l) {
                    let Some(numbers) = step.trace.get(quantity) else { continue };
                    let values = numbers.shown();
                    let place = self.quantity(index + 1, &quantity.family(), quantity.layer());
                    let (rows, columns) = values.dim();
                    let matrix = Matrix::new(rows, columns, |r, c| values[[r, c]], place);
                    let symbol = self.style.notation.math(&symbol);
                    self.document.equation(Equation::new(symbol).equals(Math::Matrix(matrix)));
                }
            }
            let deltas: Vec<String> = still.iter().map(|l| format!("$δ^[{l}]$")).collect();
            let words = match still.as_slice() {
                [] => continue,
                all if all.len() == layers => {
                    "All deltas and gradients are 0, and no parameter moves.".to_string()
                }
                [one] => format!(
                    "{} and the gradients of layer {one} are 0, and its weights and biases stay as they are.",
                    deltas[0]
                ),
                _ => format!(
                    "{} and the gradients of these layers are 0, and their weights and biases stay as they are.",
                    deltas.join(", ")
                ),
            };
            let words = self.prose(&words);
            self.document.paragraph(words);
        }
    }
}

/// What is shown of a layer, with its symbols.
fn of_layer(l: usize) -> [(String, Quantity); 5] {
    [
        (format!("δ^[{l}]"), Quantity::Delta(l)),
        (format!("frac{{∂E}}{{∂w^[{l}]}}"), Quantity::GradWeights(l)),
        (format!("frac{{∂E}}{{∂b^[{l}]}}"), Quantity::GradBiases(l)),
        (format!("\"new\" w^[{l}]"), Quantity::Weights(l)),
        (format!("\"new\" b^[{l}]"), Quantity::Biases(l)),
    ]
}

/// Whether nothing reaches a layer and nothing moves it.
fn is_still(case: &Case, l: usize) -> bool {
    let step = first_step(case);
    let zero = |quantity: Quantity| {
        step.trace.get(quantity).is_none_or(|numbers| numbers.shown().iter().all(|v| *v == 0.0))
    };
    let nothing = [Quantity::Delta(l), Quantity::GradWeights(l), Quantity::GradBiases(l)];
    let Some(update) = &step.trace.update else { return false };
    nothing.into_iter().all(zero)
        && update.weights[l - 1].value == step.network.weights(l - 1)
        && update.biases[l - 1].value.row(0) == step.network.biases(l - 1)
}
