//! A number, and how far rounding can have moved it.

/// Twice the unit roundoff of a double, so that first-order terms cover the second-order ones.
pub(crate) const ROUNDOFF: f64 = f64::EPSILON;

/// A number with a bound on its rounding error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct BoundedNumber {
    pub(crate) value: f64,
    pub(crate) bound: f64,
}

impl BoundedNumber {
    /// A number without error.
    pub(crate) fn exact(value: f64) -> Self {
        Self { value, bound: 0.0 }
    }
}
