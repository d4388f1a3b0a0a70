//! Whether numbers are finite, and where one is not.

use ndarray::ArrayView2;

use crate::error::{Error, Result};
use crate::number::Number;

pub(crate) fn all_finite<T: Number>(values: &[T]) -> bool {
    // Without a way out of the inner loop, so that it is compiled to vectors.
    values.chunks(256).all(|chunk| chunk.iter().fold(true, |all, v| all & v.is_finite()))
}

/// An `ErrorKind::NonFinite` with the place of the first number of `matrix` that is not finite.
pub(crate) fn check_finite<T: Number>(name: &str, matrix: ArrayView2<'_, T>) -> Result<()> {
    // Looked at as a whole first: where the first one lies is worked out only if there is one.
    if matrix.as_slice().is_some_and(all_finite) {
        return Ok(());
    }
    match matrix.indexed_iter().find(|(_, v)| !v.is_finite()) {
        None => Ok(()),
        Some(((row, column), value)) => {
            let what = format!("{value} in row {row}, column {column} (from 0) of the {name}");
            Err(Error::non_finite(what, None, None))
        }
    }
}
