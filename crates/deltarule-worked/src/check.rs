//! A check that the reader can believe: the loss after the update, and one gradient entry by a central difference.

use deltarule::trace::{Quantity, Reduction, Trace};
use deltarule_document::{Equation, Math, Matrix, QuantityId};

use crate::step::Context;

/// The step of the central difference: its error is about h², and rounding adds about 1e-16 / h.
const H: f64 = 1e-5;

impl Context<'_, '_> {
    pub(crate) fn check(&mut self) {
        let Some(backward) = &self.numbers.trace.backward else { return };
        self.heading("A check");
        if self.numbers.trace.update.is_some() {
            let words = if self.examples() > 1 {
                "The loss of the same examples with the new parameters, as another forward pass gives it:"
            } else {
                "The loss of the same example with the new parameters, as another forward pass gives it:"
            };
            self.paragraph(words);
            let equation = Equation::new(Math::word("E after the update"))
                .equals(Math::Number(self.shown(Quantity::TotalLossAfter)));
            let names = self.parameter_names();
            self.equation(
                equation,
                format!("total_loss_after = loss_of({})", names.join(", ")),
                "total_loss_after",
            );
        }
        // The largest entry of the first layer that has one: the way to it is the longest.
        let entry = backward.grad_weights.iter().enumerate().find_map(|(l, gradient)| {
            let shown = gradient.shown();
            let first = ((0, 0), 0.0_f64);
            let larger = |best: ((usize, usize), f64), (at, v): ((usize, usize), &f64)| {
                if v.abs() > best.1.abs() { (at, *v) } else { best }
            };
            let (at, value) = shown.indexed_iter().fold(first, larger);
            (value != 0.0).then_some((l, at, value))
        });
        let Some((l, (row, column), gradient)) = entry else { return };
        let Some(difference) = self.difference(l, row, column) else { return };
        let layer = l + 1;
        let penalty = if self.numbers.options.l2 > 0.0 {
            ", here with the L2 penalty $½ λ Σ w^2$ in $E$,"
        } else {
            ""
        };
        self.paragraph(&format!(
            "One entry of the gradients, the weight $w$ in row {} and column {} of $w^[{layer}]$ as it was before the step, by a central difference: \
             the loss{penalty} is computed with this weight a little larger and a little smaller, $h$ = 0.00001.",
            row + 1,
            column + 1
        ));
        let quotient = difference / (2.0 * H);
        let number = |place: QuantityId, value: f64| {
            Math::Number(self.result(Matrix::number(value, row, column, place)))
        };
        let computed = |name: &str| self.quantity(name, Some(layer));
        let equation = self
            .formula("frac{E(w + h) − E(w − h)}{2 h}")
            .equals(Math::Fraction(
                Box::new(number(computed("central_difference"), difference)),
                Box::new(Math::number(2.0 * H, 0, 0, self.quantity("twice_h", None))),
            ))
            .equals(number(computed("difference_quotient"), quotient));
        let exact = self
            .formula(&format!("(frac{{∂E}}{{∂w^[{layer}]}})_{{{},{}}}", row + 1, column + 1))
            .equals(number(self.place_of(Quantity::GradWeights(layer)), gradient));
        let code = format!(
            "quotient = central_difference({layer}, {row}, {column})\nassert np.isclose(quotient, dw{layer}[{row}, {column}], rtol=1e-4, atol=1e-9)"
        );
        self.equation(equation, code, "");
        self.document.equation(exact);
        let agree = (quotient - gradient).abs() <= 1e-5 * gradient.abs() + 1e-9;
        if !agree && !self.style.blank {
            self.paragraph(
                "The two differ: near a kink of the loss or of an activation the slope jumps, and a difference across the \
                 jump mixes both sides.",
            );
        }
    }

    /// E(w + h) − E(w − h), with the reduction and the L2 penalty of the step.
    fn difference(&self, l: usize, row: usize, column: usize) -> Option<f64> {
        let t = self.numbers.targets?;
        let at = |h: f64| {
            let mut network = self.numbers.network.clone();
            let w = &mut network.weights_mut(l)[[row, column]];
            *w += h;
            let penalty = 0.5 * self.numbers.options.l2 * *w * *w;
            let trace = Trace::loss(
                &network,
                self.numbers.loss,
                self.numbers.trace.input.view(),
                t,
                Reduction::Sum,
            );
            let losses = trace.ok()?.loss?;
            let n = match self.numbers.options.reduction {
                Reduction::Sum => 1.0,
                Reduction::Mean => losses.value.len() as f64,
            };
            // The other terms of the penalty do not change.
            Some((losses.value.iter().copied().collect::<Vec<f64>>(), n, penalty))
        };
        let (above, n, penalty_above) = at(H)?;
        let (below, _, penalty_below) = at(-H)?;
        // Example by example, so that what does not change cancels exactly.
        let difference: f64 = above.iter().zip(&below).map(|(a, b)| a - b).sum();
        Some(difference / n + (penalty_above - penalty_below))
    }

    /// w1, b1, w2, b2, …
    pub(crate) fn parameter_names(&self) -> Vec<String> {
        (1..=self.last()).flat_map(|l| [format!("w{l}"), format!("b{l}")]).collect()
    }
}
