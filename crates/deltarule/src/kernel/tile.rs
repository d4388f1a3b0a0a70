//! The microkernel: the inner loop of every product, written once.
//!
//! ```text
//! C[r, b] = finish( start[r, b] + Σₖ A[r, k] · B[k, b] )       r < ROWS, b < BLOCKS vectors
//! ```
//!
//! The ROWS × BLOCKS sums stay in registers while k runs; a step of k loads a vector of B for each block, and for each
//! row broadcasts one number of A into BLOCKS fused multiply-adds. Every sum is one chain over k in index order, so its
//! bits depend neither on the instruction set nor on how a product is cut into tiles.
//!
//! What happens to a sum before it leaves the registers is [`Finish`]: bias and activation on the way forward,
//! f′(z) on the way back.

use crate::kernel::cache::prefetch_near;
use crate::number::Vector;

/// Rows of the tallest tile of any instruction set.
pub(crate) const MAX_ROWS: usize = 6;
/// Vectors of the widest tile of any instruction set.
pub(crate) const MAX_BLOCKS: usize = 4;

/// How many k ahead a tile of one block asks for B: of each row of a panel it takes one line, and these do not follow each
/// other in memory.
const AHEAD: usize = 8;

/// What becomes of a sum.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Finish<T> {
    /// C = sum
    Store,
    /// C = sum + b, with a vector of biases per block
    Bias(*const T),
    /// C = max(sum + b, 0)
    BiasRelu(*const T),
    /// C = sum ∘ C, where C held f′(z)
    Slope,
    /// C = sum ∘ f′ of ReLU, from its output x, which lies as C does
    ReluSlope(*const T),
}

/// One tile of a product.
///
/// Distances are counted in numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tile<T> {
    /// A[r, 0] of each row.
    pub(crate) a: [*const T; MAX_ROWS],
    /// From A[r, k] to A[r, k + 1], within a run.
    pub(crate) a_step: usize,
    /// How many k are a run.
    pub(crate) run: usize,
    /// From the beginning of a run to that of the next.
    pub(crate) a_run: usize,
    /// Length of the sums.
    pub(crate) k: usize,
    /// B[0, 0].
    pub(crate) b: *const T,
    /// From B[k, b] to B[k + 1, b].
    pub(crate) b_step: usize,
    /// From B[k, b] to B[k, b + 1].
    pub(crate) b_block: usize,
    /// Where the sums go on, or null when they start at 0.
    pub(crate) start: *const T,
    /// From start[r, b] to start[r + 1, b].
    pub(crate) start_row: usize,
    /// From start[r, b] to start[r, b + 1].
    pub(crate) start_block: usize,
    /// C[0, 0].
    pub(crate) c: *mut T,
    /// From C[r, b] to C[r + 1, b].
    pub(crate) c_row: usize,
    /// From C[r, b] to C[r, b + 1].
    pub(crate) c_block: usize,
    /// What becomes of the sums.
    pub(crate) finish: Finish<T>,
}

/// Computes one tile.
///
/// # Safety
/// Every address that the tile names is readable, those of C writable, for ROWS rows and BLOCKS vectors; the processor
/// has the instructions of V.
#[inline(always)]
pub(crate) unsafe fn tile<V: Vector, const ROWS: usize, const BLOCKS: usize>(
    tile: &Tile<V::Scalar>,
) {
    let mut sum = [[V::zero(); BLOCKS]; ROWS];
    // SAFETY: r < ROWS, b < BLOCKS and k < tile.k throughout, so every address is one that the contract names.
    unsafe {
        if !tile.start.is_null() {
            for (r, row) in sum.iter_mut().enumerate() {
                for (b, sum) in row.iter_mut().enumerate() {
                    *sum = V::load(tile.start.add(b * tile.start_block + r * tile.start_row));
                }
            }
        }
        let mut left = tile.k;
        let (mut a_run, mut b) = (0, tile.b);
        while left > 0 {
            let run = left.min(tile.run);
            if run < left {
                // The next run lies too far away for the processor to foresee it.
                for a in tile.a.iter().take(ROWS) {
                    prefetch_near(a.wrapping_add(a_run + tile.a_run));
                }
            }
            let mut at = a_run;
            for _ in 0..run {
                if BLOCKS == 1 {
                    prefetch_near(b.wrapping_add(AHEAD * tile.b_step));
                }
                let mut vectors = [V::zero(); BLOCKS];
                for (block, vector) in vectors.iter_mut().enumerate() {
                    *vector = V::load(b.add(block * tile.b_block));
                }
                for (row, a) in sum.iter_mut().zip(&tile.a) {
                    let a = V::splat(*a.add(at));
                    for (sum, &vector) in row.iter_mut().zip(&vectors) {
                        *sum = a.mul_add(vector, *sum);
                    }
                }
                at += tile.a_step;
                b = b.add(tile.b_step);
            }
            left -= run;
            a_run += tile.a_run;
        }
        let offset = |r: usize, block: usize| block * tile.c_block + r * tile.c_row;
        match tile.finish {
            Finish::Store => {
                for (r, row) in sum.iter().enumerate() {
                    for (block, &sum) in row.iter().enumerate() {
                        sum.store(tile.c.add(offset(r, block)));
                    }
                }
            }
            Finish::Bias(biases) => {
                let mut bias = [V::zero(); BLOCKS];
                for (block, bias) in bias.iter_mut().enumerate() {
                    *bias = V::load(biases.add(block * V::LANES));
                }
                for (r, row) in sum.iter().enumerate() {
                    for (block, &sum) in row.iter().enumerate() {
                        (sum + bias[block]).store(tile.c.add(offset(r, block)));
                    }
                }
            }
            Finish::BiasRelu(biases) => {
                let mut bias = [V::zero(); BLOCKS];
                for (block, bias) in bias.iter_mut().enumerate() {
                    *bias = V::load(biases.add(block * V::LANES));
                }
                for (r, row) in sum.iter().enumerate() {
                    for (block, &sum) in row.iter().enumerate() {
                        let z = sum + bias[block];
                        // Written so that NaN stays NaN, as in `Activation::Relu`.
                        V::select(z.le(V::zero()), V::zero(), z)
                            .store(tile.c.add(offset(r, block)));
                    }
                }
            }
            Finish::Slope => {
                for (r, row) in sum.iter().enumerate() {
                    for (block, &sum) in row.iter().enumerate() {
                        let c = tile.c.add(offset(r, block));
                        (sum * V::load(c)).store(c);
                    }
                }
            }
            Finish::ReluSlope(x) => {
                for (r, row) in sum.iter().enumerate() {
                    for (block, &sum) in row.iter().enumerate() {
                        let x = V::load(x.add(offset(r, block)));
                        let slope = V::select(V::zero().lt(x), V::one(), V::zero());
                        (sum * slope).store(tile.c.add(offset(r, block)));
                    }
                }
            }
        }
    }
}
