//! Sums whose order is fixed.

use crate::number::Number;
use crate::number::Vector;

/// A block of examples: a vector each, one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ColumnSum<T> {
    pub(crate) from: *const T,
    pub(crate) examples: usize,
    /// From a block to the next.
    pub(crate) block: usize,
    pub(crate) blocks: usize,
    /// One vector per block, one after the other.
    pub(crate) to: *mut T,
    /// Whether the sums go on from what `to` holds.
    pub(crate) accumulate: bool,
}

/// How many blocks are added up side by side: an addition takes some cycles, in which the other sums can go on.
const SIDE_BY_SIDE: usize = 4;

/// Σ over the examples, in their order: the gradient of biases.
///
/// # Safety
/// All blocks are readable and `to` is writable; the processor has the instructions of V.
#[inline(always)]
pub(crate) unsafe fn sum_column<V: Vector>(c: &ColumnSum<V::Scalar>) {
    let mut block = 0;
    while block < c.blocks {
        let count = (c.blocks - block).min(SIDE_BY_SIDE);
        let mut sums = [V::zero(); SIDE_BY_SIDE];
        // SAFETY: block + i < blocks and example < examples, for which the caller vouches, and `to` has a vector per block.
        unsafe {
            if c.accumulate {
                for (i, sum) in sums.iter_mut().enumerate().take(count) {
                    *sum = V::load(c.to.add((block + i) * V::LANES));
                }
            }
            for example in 0..c.examples {
                let at = c.from.add(block * c.block + example * V::LANES);
                if count == SIDE_BY_SIDE {
                    for (i, sum) in sums.iter_mut().enumerate() {
                        *sum = *sum + V::load(at.add(i * c.block));
                    }
                } else {
                    for (i, sum) in sums.iter_mut().enumerate().take(count) {
                        *sum = *sum + V::load(at.add(i * c.block));
                    }
                }
            }
            for (i, sum) in sums.into_iter().enumerate().take(count) {
                sum.store(c.to.add((block + i) * V::LANES));
            }
        }
        block += count;
    }
}

/// Σ v², in eight running sums in double precision.
///
/// # Safety
/// `of` is readable for `count` numbers.
#[inline(always)]
pub(crate) unsafe fn sum_of_squares<T: Number>(of: *const T, count: usize) -> f64 {
    // SAFETY: the caller vouches for `count` numbers, which nobody writes meanwhile.
    let values = unsafe { std::slice::from_raw_parts(of, count) };
    let mut sums = [0.0; 8];
    // The rest apart: among `chunks`, of which the last may be shorter, the compiler finds no vector of eight.
    let (whole, rest) = values.as_chunks::<8>();
    for chunk in whole {
        for (sum, v) in sums.iter_mut().zip(chunk) {
            *sum += v.to_f64() * v.to_f64();
        }
    }
    for (sum, v) in sums.iter_mut().zip(rest) {
        *sum += v.to_f64() * v.to_f64();
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_are_added_up_in_eight_sums_whatever_their_number() {
        let values: Vec<f32> = (0..21_u8).map(|i| f32::from(i).mul_add(0.3, -2.0)).collect();
        for count in 0..values.len() {
            let mut sums = [0.0; 8];
            for (i, v) in values[..count].iter().enumerate() {
                sums[i % 8] += f64::from(*v) * f64::from(*v);
            }
            // SAFETY: `count` is below the number of values.
            let sum = unsafe { sum_of_squares(values.as_ptr(), count) };
            assert_eq!(sum.to_bits(), sums.iter().sum::<f64>().to_bits(), "{count}");
        }
    }
}
