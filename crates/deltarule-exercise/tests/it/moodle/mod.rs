//! Questions for Moodle, read by a reader that knows Moodle's documentation and not what wrote them.

mod answers;
mod reader;
mod students;
