//! What every metric asks of its arguments.

use ndarray::ArrayView2;

use crate::error::{Error, Result};
use crate::finite::check_finite;
use crate::float::Float;

/// Checks that there are numbers to compare, and that they are finite.
pub(super) fn check_pair<T: Float>(
    outputs: ArrayView2<'_, T>,
    targets: ArrayView2<'_, T>,
) -> Result<()> {
    let shape = |m: &ArrayView2<'_, T>| format!("{} × {}", m.nrows(), m.ncols());
    if outputs.dim() != targets.dim() {
        let expected = format!("{}, the shape of the outputs", shape(&outputs));
        return Err(Error::shape("targets of a metric", expected, shape(&targets)));
    }
    if outputs.is_empty() {
        let expected = "at least 1 row and 1 column";
        return Err(Error::shape("outputs of a metric", expected, shape(&outputs)));
    }
    for (name, matrix) in [("outputs", outputs), ("targets", targets)] {
        check_finite(name, matrix)?;
    }
    Ok(())
}
