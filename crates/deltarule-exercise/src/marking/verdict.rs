//! What marking found.

use deltarule_document::Prose;
use ndarray::Array2;

use super::answers::{Unread, Written};
use super::quantity::Quantity;
use super::rule::WrongRule;

/// The mark of a number, or of a quantity: the worst of its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Not answered.
    Missing,
    /// Agrees with the solution to the digits written.
    Correct,
    /// Not the solution's, but what a right method gives from the student's own earlier values.
    FollowThrough,
    /// Neither.
    Wrong,
}

impl Verdict {
    /// The name as JSON spells it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Correct => "correct",
            Self::FollowThrough => "follow_through",
            Self::Wrong => "wrong",
        }
    }
}

/// What marking found in the whole of an answer.
#[derive(Clone, Debug)]
pub struct Marking {
    /// One per part of the exercise.
    pub parts: Vec<PartMarking>,
    /// What stands in the answer and could not be read.
    pub unread: Vec<Unread>,
}

impl Marking {
    /// How many quantities are wrong ([`QuantityMarking::is_wrong`]).
    pub fn wrong(&self) -> usize {
        self.parts.iter().flat_map(|part| &part.quantities).filter(|q| q.is_wrong()).count()
    }
}

/// What marking found in a part.
#[derive(Clone, Debug)]
pub struct PartMarking {
    /// The name of the part.
    pub name: String,
    /// Every quantity that the part has, step by step in the order of computation, answered or not.
    pub quantities: Vec<QuantityMarking>,
    /// What the student may want to know besides, a sentence each: another layout, δ as t − x, a loss that rose.
    pub notes: Vec<String>,
}

/// What marking found in one quantity.
#[derive(Clone, Debug)]
pub struct QuantityMarking {
    /// The step, 0 being the first.
    pub step: usize,
    /// Which quantity.
    pub quantity: Quantity,
    /// The worst verdict of its entries; `Missing` when none was answered.
    pub verdict: Verdict,
    /// Why it is wrong, where that was found. Several that stand side by side either explain it together
    /// ([`Finding::together`]) or equally well.
    pub findings: Vec<Finding>,
    /// Its numbers, in the shape of [`super::quantities`].
    pub entries: Array2<EntryMarking>,
    /// Whether some number has fewer digits than the exercise asks for.
    pub too_short: bool,
    /// What can be said of wrong numbers without a reason for them: all signs turned, all off by one factor.
    pub likeness: Option<Prose>,
    /// Whether the entries stand as the student wrote them with rows for columns: weights with a column per unit, the others
    /// with a row per example.
    pub transposed: bool,
}

impl QuantityMarking {
    /// Whether it, or one of its numbers, is wrong. A finding alone does not make it so: who rounded too early is told, and
    /// has done nothing wrong.
    pub fn is_wrong(&self) -> bool {
        self.verdict == Verdict::Wrong
            || self.entries.iter().any(|entry| entry.verdict == Verdict::Wrong)
    }
}

/// A mistake that explains a quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Which mistake.
    pub rule: WrongRule,
    /// What was done, what should have been done, and the formula: a sentence or two for the student.
    pub sentence: Prose,
    /// Whether it explains the quantity only together with the finding before or after it.
    pub together: bool,
}

/// What marking found in one number.
#[derive(Clone, Debug, PartialEq)]
pub struct EntryMarking {
    /// The number as written; none when it was not answered.
    pub written: Option<Written>,
    /// Its verdict.
    pub verdict: Verdict,
    /// The solution's number.
    pub right: f64,
    /// What a right method gives from the student's own earlier values, as far as they were written, in this part and in those
    /// before it. What was not written is computed rightly too, whatever mistake was found in it: a number that follows from
    /// such a mistake ([`Verdict::FollowThrough`]) is not the one expected.
    pub expected: f64,
    /// What a mistake named before gives here, where the number follows from that and not from earlier numbers of the student.
    pub explained: Option<f64>,
    /// Whether it counts. A 0 that follows from a 0 is earned only where other numbers show the work.
    pub counted: bool,
}
