//! Numbers on the way from a gradient to a step.

/// One of them, for one parameter: what a solution shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Intermediate {
    /// What it is called: `m_corrected`.
    pub(crate) name: &'static str,
    pub(crate) value: f64,
    /// A bound on its rounding error.
    pub(crate) bound: f64,
}

impl Intermediate {
    pub(super) fn new(name: &'static str, value: f64, bound: f64) -> Self {
        Self { name, value, bound }
    }
}
