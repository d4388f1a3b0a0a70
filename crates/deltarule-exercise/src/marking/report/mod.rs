//! A marking written down: `document.rs` for people, `json.rs` for programs, `class/` for a whole class.

mod class;
mod document;
mod json;
mod words;

pub use class::{Class, ClassAnswer, ClassExercise, DecimalSign, LeftOut};
pub use document::{report, report_digits};
pub use json::report_json;
