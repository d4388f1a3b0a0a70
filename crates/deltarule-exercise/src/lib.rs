//! Backpropagation exercises: a file in, its worked solution out.
//!
//! [`Exercise::parse`] reads a TOML file and names every mistake with its place. [`solve`] computes every number of every
//! step on the engine's reference path. [`to_json`], [`write_json`] and [`to_document`] write the solution down.

mod compare;
mod diagnostic;
mod document;
mod excerpt;
mod exercise;
pub mod generate;
mod hint;
mod json;
pub mod marking;
mod meaning;
mod moodle;
mod parse;
mod reader;
mod solve;
mod source;
mod syntax;

pub use compare::{CompareError, Comparison, compare};
pub use deltarule_worked::{BatchLayout, Notation, Style};
pub use diagnostic::Diagnostic;
pub use document::to_document;
pub use exercise::{Example, Exercise, Mode, Part, PartTask, Task, sheet};
pub use hint::ExerciseHint;
pub use json::{step_to_json, to_json, write_json};
pub use moodle::{MoodleOptions, to_moodle};
pub use solve::{Solution, SolveError, SolvedPart, Step, solve};
