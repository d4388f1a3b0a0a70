//! Numbers with bounds on their rounding errors.

use ndarray::{Array2, CowArray, Ix2};

/// Values, and for each the most by which rounding can have moved it.
///
/// # Example
///
/// ```
/// use deltarule::trace::Bounded;
/// use ndarray::array;
///
/// // 0.1 + 0.2 − 0.3 is 5.6e-17 in floating point: zero but for rounding.
/// let sum = Bounded { value: array![[0.1 + 0.2 - 0.3, 0.5]], bound: array![[2e-16, 1e-16]] };
/// assert_eq!(sum.shown(), array![[0.0, 0.5]]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Bounded {
    /// The values as they were computed.
    pub value: Array2<f64>,
    /// A bound on the rounding error of each.
    pub bound: Array2<f64>,
}

impl Bounded {
    /// The values with 0 for those within their bound.
    pub fn shown(&self) -> Array2<f64> {
        let mut shown = self.value.clone();
        shown.zip_mut_with(&self.bound, |v, &bound| *v = show(*v, bound));
        shown
    }
}

/// 0 for a value within its bound, and never −0. What overflowed stays as it is, and a bound that did says nothing.
pub(super) fn show(value: f64, bound: f64) -> f64 {
    let within = bound.is_finite() && value.abs() <= bound;
    if within || value == 0.0 { 0.0 } else { value }
}

/// The numbers of a quantity as answers have them, borrowed from a trace where they lie there.
///
/// # Shapes
/// As [`Quantity::shape`](super::Quantity::shape) says: a row per unit, and a column per example, per unit below, or one.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundedView<'a> {
    /// The values as they were computed.
    pub value: CowArray<'a, f64, Ix2>,
    /// A bound on the rounding error of each.
    pub bound: CowArray<'a, f64, Ix2>,
}

impl<'a> BoundedView<'a> {
    /// Numbers that lie as they are shown.
    pub(super) fn upright(numbers: &'a Bounded) -> Self {
        Self { value: numbers.value.view().into(), bound: numbers.bound.view().into() }
    }

    /// Numbers with a row per example, or biases in a row.
    pub(super) fn turned(numbers: &'a Bounded) -> Self {
        Self { value: numbers.value.t().into(), bound: numbers.bound.t().into() }
    }

    /// Numbers that were made for this.
    pub(super) fn owned(numbers: Bounded) -> Self {
        Self { value: numbers.value.into(), bound: numbers.bound.into() }
    }

    /// One number.
    pub(super) fn number(value: f64, bound: f64) -> Self {
        let one = |number| Array2::from_elem((1, 1), number);
        Self::owned(Bounded { value: one(value), bound: one(bound) })
    }

    /// The values with 0 for those within their bound.
    pub fn shown(&self) -> Array2<f64> {
        Array2::from_shape_fn(self.value.dim(), |at| show(self.value[at], self.bound[at]))
    }
}
