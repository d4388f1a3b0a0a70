//! A marking written down: `document.rs` for people, `json.rs` for programs, `class/` for a whole class.
//!
//! `counts.rs` has the summary, `table.rs` the numbers; `unread.rs` lists what could not be read; `cause.rs` says whether what
//! follows has a mistake to follow from. `slips.rs` chooses the words for slips, `hints.rs` those that give nothing away, and
//! `hidden.rs` keeps the solution out.

mod cause;
mod class;
mod counts;
mod document;
mod hidden;
mod hints;
mod json;
mod options;
mod slips;
mod table;
mod unread;
mod words;

pub use class::{Class, ClassAnswer, ClassExercise, DecimalSign, LeftOut};
pub use document::{report, report_digits, report_with};
pub use json::{report_json, report_json_with};
pub use options::ReportOptions;
pub(super) use words::symbol;
