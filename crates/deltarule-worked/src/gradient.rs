//! The gradients: symbol, substitution, result.

use deltarule::trace::{Quantity, Reduction};
use deltarule_document::{Equation, Math, Matrix};

use crate::step::{Context, m, sign, transposed};

impl Context<'_, '_> {
    /// The gradients of the whole step.
    pub(crate) fn gradients(&mut self) {
        self.heading("Gradients");
        let n = self.examples();
        if n > 1 {
            self.paragraph(
                "The product with the transposed outputs adds up the contributions of the examples, and so does that of \
                 the deltas with a vector of ones, $1$, for the biases.",
            );
        }
        for layer in (1..=self.last()).rev() {
            let below = layer - 1;
            let delta = m(self.shown(Quantity::Delta(layer)));
            let (left, right) = self.around();
            let mut numbers = left.clone();
            numbers.extend([delta.clone(), transposed(self.outputs(below))]);
            let mut symbols = vec![self.math(&format!("δ^[{layer}] (x^[{below}])^T"))];
            symbols.splice(0..0, left.clone());
            if let Some(l2) = &right {
                symbols.extend([sign('+'), Math::Letter('λ'), self.math(&format!("w^[{layer}]"))]);
                numbers.extend([sign('+'), l2.clone(), m(self.weights(layer))]);
            }
            let equation = self
                .formula(&format!("frac{{∂E}}{{∂w^[{layer}]}}"))
                .equals(Math::spaced(symbols))
                .equals(Math::spaced(numbers))
                .equals(m(self.shown(Quantity::GradWeights(layer))));
            let scale = if self.is_mean() { format!(" / {n}") } else { String::new() };
            let decay = if right.is_some() { format!(" + l2 * w{layer}") } else { String::new() };
            let code = format!("dw{layer} = delta{layer} @ x{below}.T{scale}{decay}");
            self.equation(equation, code, &format!("dw{layer}"));

            let result = m(self.shown(Quantity::GradBiases(layer)));
            let equation = self.formula(&format!("frac{{∂E}}{{∂b^[{layer}]}}"));
            let equation = if n == 1 {
                equation.equals(self.math(&format!("δ^[{layer}]")))
            } else {
                let mut symbols = left.clone();
                symbols.push(self.math(&format!("δ^[{layer}] 1")));
                let ones = Matrix::new(n, 1, |_, _| 1.0, self.quantity("ones", None));
                let mut numbers = left;
                numbers.extend([delta, m(ones)]);
                equation.equals(Math::spaced(symbols)).equals(Math::spaced(numbers))
            };
            let code = format!("db{layer} = delta{layer} @ np.ones(({n}, 1)){scale}");
            self.equation(equation.equals(result), code, &format!("db{layer}"));
        }
    }

    fn is_mean(&self) -> bool {
        self.numbers.options.reduction == Reduction::Mean && self.examples() > 1
    }

    /// What stands before the product, 1/n under the mean, and λ where there is an L2 term.
    fn around(&self) -> (Vec<Math>, Option<Math>) {
        let n = Math::number(self.examples() as f64, 0, 0, self.quantity("examples", None));
        let share = Math::Fraction(Box::new(Math::Digits("1".into())), Box::new(n));
        let l2 = self.numbers.options.l2;
        let decay = (l2 > 0.0).then(|| self.given("l2", l2));
        (if self.is_mean() { vec![share] } else { Vec::new() }, decay)
    }

    /// What one example contributes, where the examples are shown one after the other.
    pub(crate) fn contribution(&mut self, column: usize) {
        self.heading("Its share of the gradients");
        let example = self.numbers.examples[column];
        for layer in (1..=self.last()).rev() {
            let below = layer - 1;
            let delta = m(self.shown(Quantity::Delta(layer)));
            let share = self.share(column, layer);
            let equation = self
                .formula(&format!("δ^[{layer}] (x^[{below}])^T"))
                .equals(Math::spaced([delta, transposed(self.outputs(below))]))
                .equals(m(share));
            let name = format!("dw{layer}_{example}");
            let (delta, x) = (self.variable("delta", layer), self.variable("x", below));
            self.equation(equation, format!("{name} = {delta} @ {x}.T"), &name);
        }
        self.paragraph("Its share of the gradients of the biases is delta itself.");
    }

    /// δ xᵀ of one example.
    fn share(&self, column: usize, layer: usize) -> Matrix {
        let delta = self.values(Quantity::Delta(layer));
        let below = match layer {
            1 => self.numbers.trace.input.t().to_owned(),
            _ => self.values(Quantity::X(layer - 1)),
        };
        let quantity = self
            .quantity("example_grad_weights", Some(layer))
            .of_example(self.numbers.examples[column]);
        let value = |r: usize, c: usize| delta[[r, column]] * below[[c, column]];
        self.result(Matrix::new(delta.nrows(), below.nrows(), value, quantity))
    }

    /// The sum of the contributions.
    pub(crate) fn sum_of_contributions(&mut self) {
        self.heading("Gradients: the sum over the examples");
        let n = self.examples();
        for layer in (1..=self.last()).rev() {
            let below = layer - 1;
            let (left, right) = self.around();
            let shares: Vec<Math> = (0..n).map(|c| m(self.share(c, layer))).collect();
            let deltas: Vec<Math> =
                (0..n).map(|c| m(self.column_of(Quantity::Delta(layer), c))).collect();
            let mut numbers = vec![added(left.clone(), shares)];
            if let Some(l2) = right.clone() {
                numbers.extend([sign('+'), l2, m(self.weights(layer))]);
            }
            let examples = &self.numbers.examples;
            let scale = if self.is_mean() { format!(" / {n}") } else { String::new() };
            let decay = if right.is_some() { format!(" + l2 * w{layer}") } else { String::new() };
            let sum = |name: &str| {
                examples
                    .iter()
                    .map(|e| format!("{name}{layer}_{e}"))
                    .collect::<Vec<_>>()
                    .join(" + ")
            };
            let mut symbols = left.clone();
            symbols.push(self.math(&format!("Σ δ^[{layer}] (x^[{below}])^T")));
            if right.is_some() {
                symbols.extend([sign('+'), Math::Letter('λ'), self.math(&format!("w^[{layer}]"))]);
            }
            let equation = Equation::new(self.math(&format!("frac{{∂E}}{{∂w^[{layer}]}}")))
                .equals(Math::spaced(symbols))
                .equals(Math::spaced(numbers))
                .equals(m(self.shown(Quantity::GradWeights(layer))));
            let code = format!("dw{layer} = ({}){scale}{decay}", sum("dw"));
            self.equation(equation, code, &format!("dw{layer}"));
            let mut symbols = left.clone();
            symbols.push(self.math(&format!("Σ δ^[{layer}]")));
            let equation = Equation::new(self.math(&format!("frac{{∂E}}{{∂b^[{layer}]}}")))
                .equals(Math::spaced(symbols))
                .equals(added(left, deltas))
                .equals(m(self.shown(Quantity::GradBiases(layer))));
            let code = format!("db{layer} = ({}){scale}", sum("delta"));
            self.equation(equation, code, &format!("db{layer}"));
        }
        self.paragraph(
            "These are the numbers that the matrices with a column per example give at once: a product of matrices adds up \
             over the columns, in the same order.",
        );
    }
}

/// A sum, with a factor before it.
fn added(factor: Vec<Math>, terms: Vec<Math>) -> Math {
    let mut row = factor.clone();
    let bracketed = !factor.is_empty() && terms.len() > 1;
    if bracketed {
        row.push(sign('('));
    }
    for (i, term) in terms.into_iter().enumerate() {
        if i > 0 {
            row.push(sign('+'));
        }
        row.push(term);
    }
    if bracketed {
        row.push(sign(')'));
    }
    Math::spaced(row)
}
