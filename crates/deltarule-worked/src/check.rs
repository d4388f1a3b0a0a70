//! A check that the reader can believe: the loss after the update, and one gradient entry by a central difference.

use deltarule::trace::{Quantity, Trace};
use deltarule_document::{Equation, Math, Matrix, QuantityId, format_number};

use crate::difference::{Direction, Quotient, rounded};
use crate::step::Context;

impl<'a> Context<'a, '_> {
    pub(crate) fn check(&mut self) {
        let trace = self.numbers.trace;
        if trace.backward.is_none() {
            return;
        }
        let with_difference = !self.style.blank && self.largest_entries().next().is_some();
        if trace.update.is_none() && !with_difference {
            return;
        }
        self.heading("A check");
        if let Some(update) = &trace.update {
            self.loss_after(update.total_loss_after);
        }
        // By hand it would take more digits than anybody writes.
        if with_difference {
            self.difference_quotient();
        }
    }

    fn loss_after(&mut self, value: f64) {
        let examples = if self.examples() > 1 { "examples" } else { "example" };
        if !value.is_finite() {
            self.paragraph(&format!(
                "The loss of the same {examples} with the new parameters is no finite number: it is too large for a double."
            ));
            return;
        }
        self.paragraph(&format!(
            "The loss of the same {examples} with the new parameters, as another forward pass gives it:"
        ));
        let equation = Equation::new(Math::word("E after the update"))
            .equals(Math::Number(self.shown(Quantity::TotalLossAfter)));
        let names = self.parameter_names();
        self.equation(
            equation,
            format!("total_loss_after = loss_of({})", names.join(", ")),
            "total_loss_after",
        );
    }

    /// The largest entry of the gradient of each layer that has one, the first layer first: the way to it is the longest.
    fn largest_entries(&self) -> impl Iterator<Item = Direction<'a>> {
        let numbers = self.numbers;
        let gradients = numbers.trace.backward.iter().flat_map(|backward| &backward.grad_weights);
        gradients.enumerate().filter_map(move |(layer, gradient)| {
            let shown = gradient.shown();
            let first = ((0, 0), 0.0_f64);
            let larger = |best: ((usize, usize), f64), (at, v): ((usize, usize), &f64)| {
                if v.abs() > best.1.abs() || v.is_nan() { (at, *v) } else { best }
            };
            let (at, value) = shown.indexed_iter().fold(first, larger);
            let (row, column) = at;
            let slope = (value, gradient.bound[at]);
            (value != 0.0).then_some(Direction { numbers, layer, row, column, slope })
        })
    }

    /// One entry of the gradients by a central difference, or why there is none.
    fn difference_quotient(&mut self) {
        if !is_finite(self.numbers.trace) {
            self.paragraph(
                "No central difference checks the gradients here: the loss or a gradient is no finite number, because numbers on the \
                 way are too large for a double.",
            );
            return;
        }
        let found = self.largest_entries().find_map(|direction| {
            let quotient = direction.quotient()?;
            let agrees = direction.agrees(&quotient);
            if agrees && quotient.digits() == 0 {
                return None;
            }
            let Direction { layer, row, column, slope, .. } = direction;
            Some(CheckedEntry { layer: layer + 1, row, column, slope, quotient, agrees })
        });
        match found {
            Some(entry) => self.quotient(&entry),
            None => self.paragraph(
                "No central difference checks the gradients here: whatever $h$ is, the rounding of $E$ hides how it changes with a \
                 single weight.",
            ),
        }
    }

    fn quotient(&mut self, entry: &CheckedEntry) {
        let CheckedEntry { layer, row, column, quotient, .. } = *entry;
        let penalty = if self.numbers.options.l2 > 0.0 {
            ", here with the L2 penalty $½ λ Σ w^2$ in $E$,"
        } else {
            ""
        };
        let words = format!(
            "One entry of the gradients, the weight $w$ in row {} and column {} of $w^[{layer}]$ as it was before the step, by a central difference: \
             the loss{penalty} is computed with this weight a little larger and a little smaller, $h$ = ",
            row + 1,
            column + 1
        );
        let h = format_number(quotient.h, self.style.digits);
        let notation = self.style.notation;
        let prose = if h.contains('e') {
            notation.prose(&words).and_math(self.given("h", quotient.h)).and(".")
        } else {
            notation.prose(&format!("{words}{h}."))
        };
        self.document.paragraph(prose);
        let digits = quotient.digits().max(1);
        let number = |place: QuantityId, value: f64| {
            Math::Number(self.result(Matrix::number(value, row, column, place)))
        };
        let held = |name: &str, value: f64| {
            number(self.quantity(name, Some(layer)), rounded(value, digits))
        };
        let equation = self
            .formula("frac{E(w + h) − E(w − h)}{2 h}")
            .equals(Math::Fraction(
                Box::new(held("central_difference", quotient.difference)),
                Box::new(self.given("twice_h", 2.0 * quotient.h)),
            ))
            .equals(held("difference_quotient", quotient.value()));
        let exact = self
            .formula(&format!("(frac{{∂E}}{{∂w^[{layer}]}})_{{{},{}}}", row + 1, column + 1))
            .equals(number(self.place_of(Quantity::GradWeights(layer)), entry.slope.0));
        let mut code =
            format!("quotient = central_difference({layer}, {row}, {column}, h={:?})", quotient.h);
        if entry.agrees {
            // NumPy rounds in an order of its own.
            let off = 2.0 * (quotient.error() + entry.slope.1);
            code += &format!("\nassert abs(quotient - dw{layer}[{row}, {column}]) <= {off:.0e}");
        }
        self.equation(equation, code, "");
        self.document.equation(exact);
        if !entry.agrees {
            self.paragraph(if quotient.jumps {
                "The two differ: between $w − h$ and $w + h$ there is a kink of the loss or of an activation, where the slope jumps, and a \
                 difference across the jump mixes both sides."
            } else {
                "The two differ: between $w − h$ and $w + h$ the slope itself changes."
            });
        } else if digits < self.style.digits {
            self.digits_that_hold(&quotient);
        }
    }

    /// Says that the quotient has fewer digits than the other numbers, and why.
    fn digits_that_hold(&mut self, quotient: &Quotient) {
        let hold = match quotient.digits() {
            1 => "one digit holds, and it is".to_string(),
            digits => format!("{digits} digits hold, and they are"),
        };
        let why = if quotient.rounding >= quotient.bend {
            "the first digits of $E(w + h)$ and $E(w − h)$ are the same, and the rounding of $E$ is large beside what is left"
        } else {
            "$E$ bends between $w − h$ and $w + h$, and a smaller $h$ would lose more to the rounding of $E$"
        };
        self.paragraph(&format!("Of the quotient, {hold} what is shown: {why}."));
    }

    /// w1, b1, w2, b2, …
    pub(crate) fn parameter_names(&self) -> Vec<String> {
        (1..=self.last()).flat_map(|l| [format!("w{l}"), format!("b{l}")]).collect()
    }
}

/// An entry of a gradient with its quotient; the layer from 1, row and column from 0.
struct CheckedEntry {
    layer: usize,
    row: usize,
    column: usize,
    slope: (f64, f64),
    quotient: Quotient,
    agrees: bool,
}

/// Whether the loss and all gradients are finite numbers.
fn is_finite(trace: &Trace) -> bool {
    let gradients = trace.backward.iter().flat_map(|backward| &backward.grad_weights);
    trace.total_loss.is_none_or(f64::is_finite)
        && gradients.flat_map(|gradient| &gradient.value).all(|v| v.is_finite())
}
