//! A marking written down: `document.rs` for people, `json.rs` for programs, `class.rs` for a whole class; `unread.rs` lists
//! what could not be read.

mod class;
mod document;
mod json;
mod unread;
mod words;

pub use class::{Class, ClassAnswer};
pub use document::{report, report_digits};
pub use json::report_json;
pub(super) use words::symbol;
