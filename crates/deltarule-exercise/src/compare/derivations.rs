//! Where the deltas come from, and each case worked out: the matrices, or with code every step.

use deltarule::trace::Quantity;
use deltarule::{Activation, Loss};
use deltarule_document::{Equation, Math, Matrix, Prose};
use deltarule_worked::{StepNumbers, StepWriter, activation, capital, loss_formulas, python};
use ndarray::Array2;

use super::case::first_step;
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
        let cases: Vec<(usize, Loss, Activation, String)> =
            self.cases().map(|(n, case)| (n, case.loss, case.output, case.name())).collect();
        for (_, loss, output, name) in cases {
            self.document.heading(2, Prose::text(capital(&name)));
            let show = |this: &mut Self, formula: &str| {
                let equation = this.style.notation.equation(formula);
                this.document.equation(equation);
            };
            show(self, &format!("frac{{∂E}}{{∂x}} = {}", loss_formulas(loss).slope));
            let words = match (loss, output) {
                (Loss::CrossEntropy, Activation::Softmax) => {
                    show(self, activation(output).derivative);
                    show(
                        self,
                        "δ_i = −frac{t_i}{x_i} · x_i (1 − x_i) + Σ_{j ≠ i} frac{t_j}{x_j} · x_j x_i = x_i Σ_j t_j − t_i",
                    );
                    "The outputs cancel. With targets that sum to 1 the plain error $x − t$ is left, and no factor makes it small."
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
                    show(self, &format!("f'(z) = {}", activation(output).derivative));
                    show(self, "δ = frac{∂E}{∂x} ∘ f'(z)");
                    "The factor $f'(z)$ stays: where an output is saturated, it makes the delta small, however wrong the output is."
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

    /// The matrices of each case, layer by layer.
    pub(super) fn matrices(&mut self) {
        self.document.heading(1, "Deltas, gradients and new parameters");
        let mut equations: Vec<(String, Vec<Equation>)> = Vec::new();
        for (number, case) in self.cases() {
            let step = first_step(case);
            if step.trace.update.is_none() {
                continue;
            }
            let mut list = Vec::new();
            let mut add = |symbol: String, quantity: Quantity| {
                let Some(numbers) = step.trace.get(quantity) else { return };
                let values = numbers.shown();
                let quantity = self.quantity(number, &quantity.family(), quantity.layer());
                let matrix =
                    Matrix::new(values.nrows(), values.ncols(), |r, c| values[[r, c]], quantity);
                let symbol = self.style.notation.math(&symbol);
                list.push(Equation::new(symbol).equals(Math::Matrix(matrix)));
            };
            for l in (1..=step.trace.z.len()).rev() {
                add(format!("δ^[{l}]"), Quantity::Delta(l));
                add(format!("frac{{∂E}}{{∂w^[{l}]}}"), Quantity::GradWeights(l));
                add(format!("frac{{∂E}}{{∂b^[{l}]}}"), Quantity::GradBiases(l));
                add(format!("\"new\" w^[{l}]"), Quantity::Weights(l));
                add(format!("\"new\" b^[{l}]"), Quantity::Biases(l));
            }
            equations.push((case.name(), list));
        }
        for (name, list) in equations {
            self.document.heading(2, Prose::text(capital(&name)));
            for equation in list {
                self.document.equation(equation);
            }
        }
    }
}
