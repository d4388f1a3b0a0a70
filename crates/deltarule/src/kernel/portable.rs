//! The product in plain Rust, for every processor without a kernel of its own.

use crate::float::Float;
use crate::kernel::product::{Operand, Target};

/// C = A·B: each entry one sum over p in index order, as in the microkernels.
pub(super) fn product<T: Float>(
    k: usize,
    a: &Operand<'_, T>,
    b: &Operand<'_, T>,
    c: &mut Target<'_, T>,
) {
    for i in 0..c.rows {
        let row = &mut c.data[i * c.row_stride..i * c.row_stride + c.columns];
        row.fill(T::ZERO);
        for p in 0..k {
            let factor = a.data[i * a.row + p * a.column];
            if b.column == 1 {
                let b = &b.data[p * b.row..p * b.row + row.len()];
                for (c, &b) in row.iter_mut().zip(b) {
                    *c = factor.mul_add(b, *c);
                }
            } else {
                for (j, c) in row.iter_mut().enumerate() {
                    *c = factor.mul_add(b.data[p * b.row + j * b.column], *c);
                }
            }
        }
    }
}
