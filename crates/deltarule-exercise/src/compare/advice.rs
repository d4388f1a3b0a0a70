//! When each is the right one: what the targets of this exercise, its outputs and its numbers say for and against each.

use deltarule::{Activation, Loss};
use deltarule_document::{Math, Prose};
use deltarule_worked::capital;

use super::case::{Case, first_step, title};
use super::pages::{Pages, names};
use super::saturation::{FLAT, factor_stays, smallest_slope};
use super::targets::Targets;
use crate::exercise::sums_to_one;

impl Targets {
    /// What they are, in few words.
    pub(super) fn in_short(self) -> &'static str {
        match self {
            Self::OneHot => "one class of several",
            Self::Shares => "a distribution over the outputs",
            Self::Labels => "between 0 and 1, output by output",
            Self::Counts => "whole numbers, counted or measured",
            Self::Numbers => "measured numbers",
        }
    }

    /// What they are, in words, with the pair of loss and outputs that is made for them.
    fn words(self, outputs: usize) -> &'static str {
        match (self, outputs) {
            (Self::OneHot, _) => {
                "In this exercise one target of each example is 1 and the others are 0: one class of several. A distribution over \
                 the classes asks for softmax outputs, which sum to 1 as the targets do, and for cross-entropy, whose delta is \
                 then the plain error."
            }
            (Self::Shares, _) => {
                "In this exercise the targets of each example are between 0 and 1 and sum to 1: they are a distribution. That asks \
                 for softmax outputs, which sum to 1 as well, and for cross-entropy, whose delta is then the plain error."
            }
            (Self::Labels, 1) => {
                "In this exercise there is one output, and its targets are between 0 and 1: two classes, or a probability. That asks \
                 for a sigmoid output and binary cross-entropy, whose delta is then the plain error."
            }
            (Self::Labels, _) => {
                "In this exercise the targets are between 0 and 1, but those of an example need not sum to 1: labels that may hold \
                 at once, or none. That asks for sigmoid outputs, one by one, and binary cross-entropy, whose delta is then the \
                 plain error."
            }
            (Self::Counts, _) => {
                "In this exercise the targets are whole numbers that are not negative, and not all 0 or 1: counts. Where they are \
                 counts indeed, outputs above 0 (exp) and the Poisson loss are made for them; where they are measured, outputs \
                 without limits (identity) and squared error."
            }
            (Self::Numbers, _) => {
                "In this exercise the targets are numbers that no distribution over classes holds: regression. That asks for outputs \
                 without limits (identity) and squared error, which a normal distribution of the errors asks for."
            }
        }
    }

    /// The pairs that are made for them.
    fn partners(self, case: &Case) -> bool {
        match self {
            Self::OneHot | Self::Shares => {
                (case.loss, case.output) == (Loss::CrossEntropy, Activation::Softmax)
            }
            Self::Labels => {
                (case.loss, case.output) == (Loss::BinaryCrossEntropy, Activation::Sigmoid)
            }
            Self::Counts => {
                (case.loss, case.output) == (Loss::Poisson, Activation::Exp) || regression(case)
            }
            Self::Numbers => regression(case),
        }
    }
}

/// "suits", for one or for several.
pub(super) fn suits(cases: &[&Case]) -> &'static str {
    if cases.len() == 1 { "suits" } else { "suit" }
}

fn regression(case: &Case) -> bool {
    case.output == Activation::Identity
}

/// Which targets a case is the right one for, whatever the exercise.
fn right_for(case: &Case) -> &'static str {
    match (case.loss, case.output) {
        (Loss::CrossEntropy, Activation::Softmax) => "right for one class of several",
        (Loss::CrossEntropy, _) => "right only where nothing need keep an output down",
        (Loss::BinaryCrossEntropy, _) => "right for two classes, or labels that may hold at once",
        (Loss::Poisson, _) => "right for counts",
        (_, Activation::Softmax) => {
            "right for shares of which some may be told wrong, since its errors are bounded"
        }
        (Loss::AbsoluteError, Activation::Identity) => {
            "right for numbers of which a few may be wild: it aims at their median"
        }
        (Loss::Huber, Activation::Identity) => {
            "right for numbers of which a few may be wild: near 0 it is squared error, further out absolute error"
        }
        (
            Loss::SquaredError
            | Loss::SumSquaredError
            | Loss::MeanSquaredError
            | Loss::AbsoluteError
            | Loss::Huber,
            f,
        ) => match f.range() {
            (Some(low), Some(_)) if low < 0.0 => "right for numbers between −1 and 1",
            (Some(_), Some(_)) => "right for numbers between 0 and 1",
            (Some(0.0), None) => "right for numbers that are not negative",
            (_, _) => "right for numbers of any size",
        },
    }
}

/// What speaks against a case.
#[derive(Default)]
struct Against {
    /// A target that no output comes to: its value, output and example.
    unreachable: Option<(f64, usize, usize)>,
    /// An example whose targets do not sum to 1 although the outputs do.
    sum: Option<usize>,
    /// The smallest factor f′ that stays in the deltas: its value, output and example, where it is small.
    flat: Option<(f64, usize, usize)>,
    /// A softmax of one output, which is always 1.
    constant: bool,
    /// Cross-entropy of outputs that are no distribution.
    one_sided: bool,
    /// Outputs without limits for targets that are between 0 and 1.
    unlimited: bool,
}

impl Against {
    fn of(case: &Case) -> Self {
        let examples = &case.solution.exercise.parts[0].examples;
        let targets = || examples.iter().map(|example| example.t.as_deref().unwrap_or_default());
        let (low, high) = case.output.range();
        let outside = |t: f64| low.is_some_and(|low| t < low) || high.is_some_and(|high| t > high);
        let places = targets().enumerate().flat_map(|(example, t)| {
            t.iter().enumerate().map(move |(output, t)| (*t, output, example))
        });
        let softmax = case.output == Activation::Softmax;
        let wrong_sum = |t: &[f64]| !sums_to_one(t);
        Self {
            unreachable: places.into_iter().find(|(t, ..)| outside(*t)),
            sum: targets().position(wrong_sum).filter(|_| softmax),
            flat: smallest_slope(case).filter(|(slope, ..)| slope.abs() < FLAT),
            constant: softmax && targets().all(|t| t.len() == 1),
            one_sided: case.loss == Loss::CrossEntropy && !softmax,
            unlimited: (low.is_none() || high.is_none())
                && targets().flatten().all(|t| (0.0..=1.0).contains(t)),
        }
    }

    /// How much it is, for a choice among cases of which none is made for the targets.
    fn weight(&self) -> usize {
        let first = |holds: bool, weight: usize| if holds { weight } else { 0 };
        first(self.constant, 16)
            + first(self.unreachable.is_some(), 8)
            + first(self.one_sided, 4)
            + first(self.sum.is_some(), 4)
            + first(self.unlimited, 2)
            + first(self.flat.is_some(), 1)
    }
}

impl Pages<'_, '_> {
    pub(super) fn advice(&mut self) {
        let outputs = self.comparison.cases[0].solution.exercise.network.outputs();
        let targets = self.targets();
        self.document.heading(1, "When each is the right one");
        self.document.paragraph(targets.words(outputs));
        let items: Vec<Prose> =
            self.cases().map(|(number, case)| self.judged(targets, number, case)).collect();
        self.document.list(items);

        let (suited, made) = self.suited();
        let words = match (suited.as_slice(), made) {
            ([], _) => "None of them is made for these targets, and by the above none is better than the others.".into(),
            (best, false) => format!(
                "None of them is made for these targets. Of these, {} {} this exercise best: least of the above speaks against {}.",
                names(best),
                suits(best),
                if best.len() == 1 { "it" } else { "them" }
            ),
            (made, true) => format!(
                "So {} {} this exercise: the outputs say what the targets are, and the loss measures just that.",
                names(made),
                suits(made)
            ),
        };
        self.document.paragraph(Prose::text(words));
        self.document.paragraph(Prose::text(
            "A loss and an activation are not rivals: the activation says what the outputs can be, the loss says how wrong they are.",
        ));
    }

    /// What the targets of the examples are.
    pub(super) fn targets(&self) -> Targets {
        let examples = &self.comparison.cases[0].solution.exercise.parts[0].examples;
        Targets::of(examples.iter().map(|example| example.t.as_deref().unwrap_or_default()))
    }

    /// The cases that suit the targets, and whether they are made for them. None where none is better than the others.
    pub(super) fn suited(&self) -> (Vec<&Case>, bool) {
        let cases = &self.comparison.cases;
        let targets = self.targets();
        let made: Vec<&Case> = cases.iter().filter(|case| targets.partners(case)).collect();
        if !made.is_empty() {
            return (made, true);
        }
        let weight = |case: &Case| {
            let kept = usize::from(factor_stays(case));
            2 * Against::of(case).weight() + kept
        };
        let least = cases.iter().map(weight).min().unwrap_or(0);
        let best: Vec<&Case> = cases.iter().filter(|case| weight(case) == least).collect();
        (if best.len() == cases.len() { Vec::new() } else { best }, false)
    }

    /// What this exercise says for and against a case.
    fn judged(&self, targets: Targets, number: usize, case: &Case) -> Prose {
        let against = Against::of(case);
        let last = first_step(case).trace.x.len();
        let mut prose = Prose::text(format!("{}: ", capital(&case.name())));
        let mut points = vec![Prose::text(right_for(case))];
        if targets.partners(case) {
            points.push(Prose::text("made for the targets of this exercise"));
        }
        if against.constant {
            points.push(Prose::text("a softmax of one output is always 1, so nothing is learned"));
        }
        points.push(match against.unreachable {
            Some((t, output, example)) => {
                let quantity = self.quantity(number, "t", None);
                Prose::text("the target ")
                    .and_math(Math::number(t, output, example, quantity))
                    .and_text(format!(
                        " is out of reach of {}, so an error stays whatever is learned",
                        case.output
                    ))
            }
            None if against.unlimited => Prose::text(
                "its outputs can leave the range of the targets, and be as wrong as they like",
            ),
            None => Prose::text(format!(
                "every target is within the range of {}, or at its edge",
                case.output
            )),
        });
        match (case.output, targets, against.sum) {
            (Activation::Softmax, _, Some(example)) if !against.constant => {
                let quantity = self.quantity(number, "target_sum", None);
                let example_t = &case.solution.exercise.parts[0].examples[example].t;
                let sum = example_t.iter().flatten().sum();
                points.push(
                    Prose::text("its outputs sum to 1, but the targets of an example to ")
                        .and_math(Math::number(sum, 0, example, quantity)),
                );
            }
            (Activation::Softmax, Targets::OneHot | Targets::Shares, _) => {
                points.push(Prose::text("its outputs sum to 1, as the targets do"));
            }
            (_, Targets::OneHot | Targets::Shares, _) => {
                points.push(Prose::text("its outputs need not sum to 1, though the targets do"));
            }
            _ => {}
        }
        if against.one_sided {
            points.push(Prose::text(
                "a target of 0 counts for nothing in this loss, so nothing keeps its output down",
            ));
        }
        points.push(match (smallest_slope(case), against.flat) {
            (Some((slope, output, example)), flat) => {
                let quantity = self.quantity(number, "derivative", Some(last));
                let slope = Math::number(slope, output, example, quantity);
                let factor = if case.output == Activation::Softmax {
                    "the Jacobian stays in its delta, with $x (1 − x)$ down to "
                } else {
                    "the factor $f'(z)$ stays in its delta, down to "
                };
                self.prose(factor).and_math(slope).and(match flat {
                    Some(_) => " here, so it learns slowly from these examples",
                    None => " here, where nothing is saturated yet",
                })
            }
            (None, _) if case.output == Activation::Identity => {
                Prose::text("no factor makes its delta small")
            }
            (None, _) => Prose::text(format!(
                "the factor of the {} cancels in the {}, so no saturated output is slow",
                case.output,
                title(case.loss)
            )),
        });
        for (i, point) in points.into_iter().enumerate() {
            prose = prose.and_text(if i > 0 { "; " } else { "" }).and_prose(point);
        }
        prose.and_text(".")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_every_output_and_no_more() {
        for f in Activation::ALL {
            let (low, high) = f.range();
            if f == Activation::Softmax {
                continue;
            }
            let values = || (-4000..=4000).map(|i| f.value(f64::from(i) / 100.0));
            let (least, most) =
                values().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
            match low {
                Some(low) => assert!(least >= low - 1e-4 && least < low + 1e-3, "{f}: {least}"),
                None => assert!(least < -0.3, "{f}: {least}"),
            }
            match high {
                Some(high) => assert!(most <= high && most > high - 1e-3, "{f}: {most}"),
                None => assert!(most > 10.0, "{f}: {most}"),
            }
        }
    }
}
