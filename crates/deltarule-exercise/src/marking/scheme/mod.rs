//! Marking schemes: what quantities are worth, and what a number earns that is short or follows from another.
//!
//! `weights.rs` reads marks in a line, `read.rs` a file, `template.rs` writes one to start from; `line.rs` is what a line of
//! either is about.

mod line;
mod read;
mod template;
mod weights;

pub use template::scheme_template;
pub use weights::MarkWeights;

use super::quantity::Quantity;
use super::twins::stands_for_both;
use super::verdict::{Marking, PartMarking, QuantityMarking};
use line::SchemeLine;

/// How marks are given: [`MarkingScheme::parse`] reads a file, and [`MarkWeights`] are a scheme that says what the kinds are
/// worth and nothing else. The default gives 1 for each quantity.
///
/// # Example
///
/// ```
/// use deltarule_exercise::{Exercise, marking::MarkingScheme, sheet};
///
/// let exercise = Exercise::parse(sheet(1).unwrap(), "exercise 1").unwrap();
/// let scheme = "digits = 4\nfollow_through = 0.5\n[marks]\ndelta = 30\n\"a: z[1]\" = 5\n";
/// let scheme = MarkingScheme::parse(scheme, "scheme.toml", &exercise).unwrap();
/// assert_eq!((scheme.follow_through(), scheme.digits(0)), (0.5, Some(4)));
/// let error = MarkingScheme::parse("[marks]\ndelta = -1", "scheme.toml", &exercise).unwrap_err();
/// assert!(error.to_string().contains("delta is −1"), "{error}");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MarkingScheme {
    /// For each part the least significant digits of an answer; none where fewer cost nothing.
    digits: Vec<Option<usize>>,
    few_digits: f64,
    follow_through: f64,
    round_marks_to: Option<f64>,
    /// None where each quantity is worth 1.
    marks: Option<Vec<SchemeLine>>,
}

impl Default for MarkingScheme {
    fn default() -> Self {
        Self {
            digits: Vec::new(),
            few_digits: FEW_DIGITS,
            follow_through: 1.0,
            round_marks_to: None,
            marks: None,
        }
    }
}

/// What a right number with too few digits earns of its share where a scheme asks for digits and does not say.
const FEW_DIGITS: f64 = 0.5;

impl MarkingScheme {
    /// The least significant digits of the numbers of a part, where fewer earn less.
    pub fn digits(&self, part: usize) -> Option<usize> {
        self.digits.get(part).copied().flatten()
    }

    /// What a right number with fewer digits earns, of its share.
    pub fn few_digits(&self) -> f64 {
        self.few_digits
    }

    /// What a number earns, of its share, that follows from the student's own earlier ones.
    pub fn follow_through(&self) -> f64 {
        self.follow_through
    }

    /// What the sum of all marks is rounded to.
    pub fn round_marks_to(&self) -> Option<f64> {
        self.round_marks_to
    }

    /// What each quantity of a marking is worth, in its order, a list for each part; and the lines whose marks go to nothing,
    /// because others name all that they do more closely.
    pub(super) fn worth(&self, marking: &Marking) -> (Vec<Vec<f64>>, Vec<String>) {
        let Some(entries) = &self.marks else {
            // What nobody asked for makes an answer worth no more than another.
            let worth = |q: &QuantityMarking| if q.quantity.is_on_the_way() { 0.0 } else { 1.0 };
            let ones = marking.parts.iter().map(|part| part.quantities.iter().map(worth).collect());
            return (ones.collect(), Vec::new());
        };
        let nearest = |part: &str, step, quantity| {
            let near = entries.iter().enumerate().filter_map(|(i, entry)| {
                entry.nearness(part, step, quantity).map(|nearness| (nearness, i))
            });
            near.max_by_key(|(nearness, _)| *nearness).map(|(_, i)| i)
        };
        let lines_of = |q: &QuantityMarking, part: &PartMarking| -> Vec<usize> {
            let of_name = |name: &Quantity| nearest(&part.name, q.step, *name);
            names(q, part).iter().filter_map(of_name).collect()
        };
        let chosen: Vec<Vec<Vec<usize>>> = marking
            .parts
            .iter()
            .map(|part| part.quantities.iter().map(|q| lines_of(q, part)).collect())
            .collect();
        let mut counts = vec![0_usize; entries.len()];
        for entry in chosen.iter().flatten().flatten() {
            counts[*entry] += 1;
        }
        let worth = |lines: &Vec<usize>| -> f64 {
            lines.iter().map(|i| entries[*i].marks / counts[*i].max(1) as f64).sum()
        };
        let all = chosen.iter().map(|part| part.iter().map(worth).collect()).collect();
        let idle = entries.iter().zip(counts);
        let idle = idle.filter(|(entry, count)| *count == 0 && entry.marks > 0.0);
        (all, idle.map(|(entry, _)| entry.to_string()).collect())
    }
}

/// What a quantity is called: with one example, `loss` and `total_loss` are one number, which earns what either is worth.
fn names(quantity: &QuantityMarking, part: &PartMarking) -> Vec<Quantity> {
    if stands_for_both(quantity, part) {
        vec![Quantity::Loss, Quantity::TotalLoss]
    } else {
        vec![quantity.quantity]
    }
}

impl From<MarkWeights> for MarkingScheme {
    fn from(weights: MarkWeights) -> Self {
        let entries = |weights: Vec<(String, f64)>| {
            weights.into_iter().map(|(kind, marks)| SchemeLine::of_kind(kind, marks)).collect()
        };
        Self { marks: weights.0.map(entries), ..Self::default() }
    }
}

impl From<&MarkWeights> for MarkingScheme {
    fn from(weights: &MarkWeights) -> Self {
        weights.clone().into()
    }
}

impl From<&MarkingScheme> for MarkingScheme {
    fn from(scheme: &MarkingScheme) -> Self {
        scheme.clone()
    }
}
