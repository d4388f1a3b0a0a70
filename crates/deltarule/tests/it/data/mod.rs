//! Examples drawn at random.

use deltarule::random::{Purpose, Random};
use ndarray::Array2;

/// Normally distributed numbers.
pub(crate) fn matrix(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut random = Random::new(seed, Purpose::Order, 3);
    Array2::from_shape_simple_fn((rows, columns), || random.normal())
}

/// A class per row.
pub(crate) fn one_hot(rows: usize, classes: usize, seed: u64) -> Array2<f64> {
    let mut random = Random::new(seed, Purpose::Order, 4);
    let mut t = Array2::zeros((rows, classes));
    for mut row in t.rows_mut() {
        row[random.below(classes)] = 1.0;
    }
    t
}
