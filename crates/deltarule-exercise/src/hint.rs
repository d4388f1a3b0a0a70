//! What can be done about an error, where each face calls it by another name.

/// What whoever reads an error can do. The libraries say what is wrong; the command, Python and others add this in words of
/// their own: `--epochs` here, `epochs=` there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExerciseHint {
    /// A file of answers to fill in can be written, of the kind that was read.
    Template {
        /// Whether it was a table of a spreadsheet.
        csv: bool,
    },
}
