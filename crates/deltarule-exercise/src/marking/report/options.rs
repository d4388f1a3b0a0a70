//! How much of a marking is shown.

/// What the report of a marking keeps to itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportOptions {
    /// Verdicts and reasons without the solution's numbers, and without what the student's own should have led to.
    pub hide_solution: bool,
    /// Only where the first mistake is, with a question that leads to it, and what could not be read.
    pub hint: bool,
}
