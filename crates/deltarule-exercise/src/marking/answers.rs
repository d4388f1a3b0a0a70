//! What a student wrote, number by number.

use deltarule_document::Prose;
use ndarray::Array2;

use super::quantity::Quantity;

/// A student's answers to an exercise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    /// For each part of the exercise, in its order, what was given; empty where a part was not answered.
    pub parts: Vec<Vec<Given>>,
    /// What stands in the file and could not be read, in its order. It counts as not answered.
    pub unread: Vec<Unread>,
    /// Quantities that were written in another shape than they have; they stand in no part above.
    pub misshapen: Vec<Misshapen>,
    /// Names of other courses that were read as ours.
    pub renamed: Vec<Renamed>,
}

/// Something in an answer file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Where it stands, in words: `part "a", entry 2 of biases[1]`.
    pub place: String,
    /// The line of the file, 1 being the first, where it is known.
    pub line: Option<usize>,
    /// What stands there, cut where it is long.
    pub text: String,
    /// What is wrong with it, and what would be right where that is known.
    pub problem: String,
}

/// A quantity whose numbers have another shape than it has.
#[derive(Clone, Debug, PartialEq)]
pub struct Misshapen {
    /// The part, 0 being the first.
    pub part: usize,
    /// The step, 0 being the first.
    pub step: usize,
    /// Which quantity.
    pub quantity: Quantity,
    /// What was written and what was expected: a sentence for the student.
    pub sentence: Prose,
}

/// A name that was read as another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The part, 0 being the first.
    pub part: usize,
    /// As it was written, without the layer: `a`.
    pub written: String,
    /// What it was read as: `x`.
    pub read_as: String,
}

/// One quantity as a student wrote it.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// The step, 0 being the first.
    pub step: usize,
    /// Which quantity.
    pub quantity: Quantity,
    /// The numbers in the shape of [`super::quantities`]; none where the student left a gap.
    pub entries: Array2<Option<Written>>,
    /// Whether the file had rows and columns the other way round. A square matrix does not show it, and stands here as it
    /// was written.
    pub transposed: bool,
    /// Whether one number was written for all units of the layer, as courses do whose layers share a bias. It stands in every
    /// entry.
    pub one_for_layer: bool,
}

/// A number with its digits.
///
/// # Example
///
/// ```
/// use deltarule_exercise::marking::Written;
///
/// let number = Written::parse("−0.0740").unwrap();
/// assert_eq!((number.value, number.decimals, number.significant), (-0.074, 4, 3));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// As it was written.
    pub text: String,
    /// Its value.
    pub value: f64,
    /// How many digits stand behind the point: the last digit is worth 10^−decimals.
    pub decimals: i32,
    /// How many digits stand from the first that is not 0 to the last one; 0 for a zero.
    pub significant: u32,
}
