//! How questions are written.

use deltarule_worked::Notation;

/// How questions are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoodleOptions {
    /// The category of the question bank that they go into.
    pub category: String,
    /// The significant digits that are asked for, from which the tolerances follow, where an exercise does not say.
    pub digits: usize,
    /// The letters.
    pub notation: Notation,
}
