//! What becomes of the error of an output that is wrong and saturated: in this exercise, and in an example made for it.

use deltarule::Activation;
use deltarule_document::{Block, Equation, Math, Matrix, Prose, QuantityId, Table};

use super::case::{Case, first_step};
use super::pages::{Pages, names};
use super::saturated::SATURATED;

/// A factor f′ below this leaves hardly anything of an error.
pub(super) const FLAT: f64 = 0.05;

/// The smallest factor that stays in the deltas of the outputs of this exercise, with its output and its example: f′(z), or
/// x (1 − x) on the diagonal of the Jacobian of softmax. Nothing where none stays.
pub(super) fn smallest_slope(case: &Case) -> Option<(f64, usize, usize)> {
    let trace = &first_step(case).trace;
    let (z, x) = (trace.z.last()?, trace.x.last()?);
    if !factor_stays(case) {
        return None;
    }
    let slopes = x.value.indexed_iter().map(|((example, output), &x)| {
        let slope = match case.output {
            Activation::Softmax => x * (1.0 - x),
            f => f.derivative(z.value[[example, output]], x),
        };
        (slope, output, example)
    });
    slopes.min_by(|a, b| a.0.abs().total_cmp(&b.0.abs()))
}

impl Pages<'_, '_> {
    /// What becomes of the error of an output that is wrong and saturated.
    pub(super) fn saturation(&mut self) {
        let stays: Vec<&Case> =
            self.comparison.cases.iter().filter(|case| factor_stays(case)).collect();
        if stays.is_empty() {
            return;
        }
        let squared = stays.iter().all(|case| case.loss.is_squared());
        let title = if squared {
            "Why squared error learns slowly where outputs are saturated"
        } else {
            "What the derivative of the outputs does where they are saturated"
        };
        self.document.heading(1, title);
        self.document.paragraph(self.prose(&format!(
            "Under {} the derivative of the outputs stays in the delta: as a factor $f'(z)$ entry by entry, or for softmax as \
             the matrix $J^T$, whose entries are small where the outputs are near 0 or 1. In this exercise:",
            names(&stays)
        )));
        let stays: Vec<(usize, Activation)> = self
            .cases()
            .filter(|(_, case)| factor_stays(case))
            .map(|(number, case)| (number, case.output))
            .collect();
        for (number, output) in stays {
            if output == Activation::Softmax {
                self.own_jacobian(number);
            } else {
                self.own_derivative(number);
            }
        }
        let n = self.comparison.cases[0].saturated.x.len();
        let made = QuantityId::new("saturated", 1, "z", None);
        let prose = self
            .prose("What it does where an output is saturated is plain in an example made for the purpose: the net input of the first output is ")
            .and_math(Math::number(SATURATED, 0, 0, made.clone()))
            .and(if n > 2 { ", that of the others " } else { ", that of the other " })
            .and_math(Math::number(-SATURATED, 1, 0, made))
            .and(&format!(", and the target is the second of the {n} outputs. The network is sure, and wrong."));
        self.document.paragraph(prose);
        let mut header = vec![Prose::text("")];
        header.extend(self.cases().map(|(_, case)| Prose::text(case.name())));
        let mut rows = Vec::new();
        for (name, letter) in [("x", "x"), ("error", "x − t"), ("delta", "δ")] {
            for i in 0..n.min(3) {
                let symbol = match name {
                    "error" => format!("$x_{0} − t_{0}$", i + 1),
                    _ => format!("${letter}_{}$", i + 1),
                };
                let mut row = vec![self.prose(&symbol)];
                for (number, case) in self.cases() {
                    let value = case.saturated.value(name, i);
                    let quantity = QuantityId::new("saturated", number, name, None);
                    row.push(Prose::default().and_math(Math::number(value, i, 0, quantity)));
                }
                rows.push(row);
            }
        }
        self.document.blocks.push(Block::Table(Table { header, rows }));
        let kept = |case: &&Case| {
            (case.saturated.value("delta", 1) / case.saturated.value("error", 1)).abs()
        };
        let all: Vec<&Case> = self.comparison.cases.iter().collect();
        let slow: Vec<&Case> = all.iter().copied().filter(|case| kept(case) < 0.1).collect();
        let whole: Vec<&Case> = all
            .iter()
            .copied()
            .filter(|case| {
                (0..n).all(|i| {
                    let (delta, error) =
                        (case.saturated.value("delta", i), case.saturated.value("error", i));
                    (delta - error).abs() <= 1e-9 * error.abs()
                })
            })
            .collect();
        let mut words = String::new();
        if !slow.is_empty() {
            words += &format!(
                "Look at the second output, which should be 1. Under {} hardly anything of its error is left in its delta: learning \
                 is slow just where most is to be learned. ",
                names(&slow)
            );
        }
        if !whole.is_empty() {
            words += &format!("Under {} the delta is the error itself.", names(&whole));
        }
        if !words.is_empty() {
            let words = self.prose(words.trim_end());
            self.document.paragraph(words);
        }
    }

    /// f′(z) of the exercise's own outputs, and what that means.
    fn own_derivative(&mut self, number: usize) {
        let case = &self.comparison.cases[number - 1];
        let step = first_step(case);
        let (Some(z), Some(x)) = (step.trace.z.last(), step.trace.x.last()) else { return };
        let layer = Some(step.trace.x.len());
        let quantity = self.quantity(number, "derivative", layer);
        let value = |r: usize, c: usize| case.output.derivative(z.value[[c, r]], x.value[[c, r]]);
        let (height, width) = (z.value.ncols(), z.value.nrows());
        let places = || (0..height).flat_map(|r| (0..width).map(move |c| (r, c)));
        let smallest = places().map(|(r, c)| (value(r, c).abs(), r, c));
        let smallest = smallest.min_by(|a, b| a.0.total_cmp(&b.0));
        let matrix = Matrix::new(height, width, value, quantity.clone());
        let left = Math::word(format!("f′(z), {}", case.name()));
        self.document.equation(Equation::new(left).equals(Math::Matrix(matrix)));
        let Some((size, r, c)) = smallest else { return };
        let number = Math::number(value(r, c), r, c, quantity);
        let prose = Prose::text("The smallest is ").and_math(number).and(if size < FLAT {
            ": of $∂E/∂x$ of that output hardly anything is left in its delta."
        } else {
            ": no output is saturated here, and at least this part of every $∂E/∂x$ is left in its delta."
        });
        self.document.paragraph(prose);
    }

    /// The Jacobian of the exercise's first example, and what that means.
    fn own_jacobian(&mut self, number: usize) {
        let case = &self.comparison.cases[number - 1];
        let step = first_step(case);
        let Some(x) = step.trace.x.last() else { return };
        let n = x.value.ncols();
        let value = |i: usize, j: usize| {
            let own = if i == j { x.value[[0, i]] } else { 0.0 };
            own - x.value[[0, i]] * x.value[[0, j]]
        };
        let quantity = self.quantity(number, "jacobian", Some(step.trace.x.len()));
        let matrix = Matrix::new(n, n, value, quantity.clone());
        let left = Math::word(format!("J of the first example, {}", case.name()));
        self.document.equation(Equation::new(left).equals(Math::Matrix(matrix)));
        let largest = (0..n)
            .flat_map(|i| (0..n).map(move |j| (i, j)))
            .max_by(|a, b| value(a.0, a.1).abs().total_cmp(&value(b.0, b.1).abs()));
        let Some((i, j)) = largest else { return };
        let prose = Prose::text("Its largest entry is ")
            .and_math(Math::number(value(i, j), i, j, quantity))
            .and_text(
                ". No entry can be above 1/4, and near a sure answer all of them are near 0.",
            );
        self.document.paragraph(prose);
    }
}

/// Whether the derivative of the activation stays in the delta.
pub(super) fn factor_stays(case: &Case) -> bool {
    case.loss.outputs().is_none() && case.output != Activation::Identity
}
