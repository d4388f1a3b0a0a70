//! The inner loop of a matrix product, written once for every x86 instruction set and number type.
//!
//! C[i, j] = C[i, j] + Σₚ A[i, p] · B[p, j] for a tile of ROWS × VECTORS·lanes entries that stays in registers
//! while p runs: one broadcast of A and VECTORS loads of B feed ROWS·VECTORS fused multiply-adds.

/// What a microkernel needs to know about its tile.
#[derive(Clone, Copy)]
pub(super) struct Tile<T> {
    /// Length of the sums.
    pub(super) k: usize,
    /// A[0, 0] of the tile.
    pub(super) a: *const T,
    /// Distance from A[i, p] to A[i + 1, p].
    pub(super) a_row: usize,
    /// Distance from A[i, p] to A[i, p + 1].
    pub(super) a_column: usize,
    /// The packed panel of B: k rows of VECTORS·lanes numbers.
    pub(super) b: *const T,
    /// C[0, 0] of the tile.
    pub(super) c: *mut T,
    /// Distance from C[i, j] to C[i + 1, j].
    pub(super) c_row: usize,
    /// How many columns of the tile exist in C; the rest of the panel is padding.
    pub(super) columns: usize,
    /// Whether the sums go on from what C holds, or start at 0.
    pub(super) accumulate: bool,
}

macro_rules! microkernel {
    ($name:ident, $features:literal, $t:ty, $vector:ty, $lanes:literal,
     $zero:ident, $splat:ident, $load:ident, $store:ident, $fma:ident) => {
        /// One tile of ROWS × VECTORS vectors.
        ///
        /// # Safety
        /// The processor has the features. `a` is readable at every i·a_row + p·a_column, `b` holds
        /// k·VECTORS·lanes numbers, and `c` is writable at i·c_row + j for i < ROWS, j < columns.
        #[target_feature(enable = $features)]
        pub(super) unsafe fn $name<const ROWS: usize, const VECTORS: usize>(
            tile: &crate::kernel::microkernel::Tile<$t>,
        ) {
            // The widest tile of any set is two vectors of sixteen numbers.
            let mut edge = [0.0 as $t; 32];
            let whole = tile.columns == VECTORS * $lanes;
            let mut sum: [[$vector; VECTORS]; ROWS] = [[$zero(); VECTORS]; ROWS];
            if tile.accumulate {
                for i in 0..ROWS {
                    // SAFETY: row i of C has `columns` numbers from here on, by the contract above; the copy goes
                    // through `edge` when the tile is wider than that.
                    unsafe {
                        let row = tile.c.add(i * tile.c_row);
                        let from = if whole {
                            row.cast_const()
                        } else {
                            row.copy_to_nonoverlapping(edge.as_mut_ptr(), tile.columns);
                            edge.as_ptr()
                        };
                        for v in 0..VECTORS {
                            sum[i][v] = $load(from.add(v * $lanes));
                        }
                    }
                }
            }
            for p in 0..tile.k {
                // SAFETY: p < k, i < ROWS and v < VECTORS, so that every address is inside A and the panel,
                // by the contract above.
                unsafe {
                    let mut b = [$zero(); VECTORS];
                    for v in 0..VECTORS {
                        b[v] = $load(tile.b.add((p * VECTORS + v) * $lanes));
                    }
                    for i in 0..ROWS {
                        let a = $splat(*tile.a.add(i * tile.a_row + p * tile.a_column));
                        for v in 0..VECTORS {
                            sum[i][v] = $fma(a, b[v], sum[i][v]);
                        }
                    }
                }
            }
            for i in 0..ROWS {
                // SAFETY: as for the loads of C.
                unsafe {
                    let row = tile.c.add(i * tile.c_row);
                    if whole {
                        for v in 0..VECTORS {
                            $store(row.add(v * $lanes), sum[i][v]);
                        }
                    } else {
                        for v in 0..VECTORS {
                            $store(edge.as_mut_ptr().add(v * $lanes), sum[i][v]);
                        }
                        row.copy_from_nonoverlapping(edge.as_ptr(), tile.columns);
                    }
                }
            }
        }
    };
}

pub(super) use microkernel;
