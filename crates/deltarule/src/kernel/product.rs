//! C = A·B: one loop nest around the microkernels.
//!
//! ```text
//! for each panel of B, as wide as a tile:         (columns j)
//!     for each block of p:                        (so that the packed panel stays in the first-level cache)
//!         pack B[p, j] of the block, row by row
//!         for each tile of rows i:                microkernel
//! ```

use crate::float::Float;
use crate::kernel::{InstructionSet, portable};

/// A matrix to read, with the distance between its rows and between its columns; a transpose swaps the two.
#[derive(Clone, Copy)]
pub struct Operand<'a, T> {
    pub(super) data: &'a [T],
    pub(super) row: usize,
    pub(super) column: usize,
}

impl<'a, T> Operand<'a, T> {
    /// A matrix stored row by row.
    pub(crate) fn rows(data: &'a [T], columns: usize) -> Self {
        Self { data, row: columns, column: 1 }
    }

    /// The transpose of a matrix stored row by row, whose own number of columns is given.
    pub(crate) fn transposed(data: &'a [T], columns: usize) -> Self {
        Self { data, row: 1, column: columns }
    }

    /// Whether every entry of an m × n matrix lies inside the data.
    fn covers(&self, m: usize, n: usize) -> bool {
        m == 0 || n == 0 || (m - 1) * self.row + (n - 1) * self.column < self.data.len()
    }
}

/// A matrix to write, stored row by row.
pub struct Target<'a, T> {
    pub(super) data: &'a mut [T],
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) row_stride: usize,
}

impl<'a, T> Target<'a, T> {
    /// A matrix that is overwritten.
    pub(crate) fn new(data: &'a mut [T], columns: usize) -> Self {
        let rows = data.len().checked_div(columns).unwrap_or(0);
        Self { data, rows, columns, row_stride: columns }
    }
}

/// Rows of B that are packed at a time: with 32 columns of f32 the panel takes 32 KiB.
const BLOCK: usize = 256;
/// The widest panel: two vectors of sixteen numbers.
const WIDEST: usize = 32;

/// Room for one packed block of B.
pub(crate) struct Panel<T>(Vec<T>);

impl<T: Float> Panel<T> {
    pub(crate) fn new() -> Self {
        Self(vec![T::ZERO; BLOCK * WIDEST])
    }
}

/// The products of one number type on every instruction set.
pub trait Kernel: Sized {
    /// C = A·B with sums of length k.
    #[doc(hidden)]
    fn multiply(
        set: InstructionSet,
        k: usize,
        a: &Operand<'_, Self>,
        b: &Operand<'_, Self>,
        c: &mut Target<'_, Self>,
        panel: &mut [Self],
    );
}

/// C = A·B.
///
/// # Shapes
/// a: (c.rows, k), b: (k, c.columns)
///
/// # Panics
/// When an operand is too small: that is an error in the caller.
pub(crate) fn product<T: Float>(
    set: InstructionSet,
    k: usize,
    a: Operand<'_, T>,
    b: Operand<'_, T>,
    mut c: Target<'_, T>,
    panel: &mut Panel<T>,
) {
    // The microkernels read and write through pointers: this is the one place where their bounds are checked.
    assert!(a.covers(c.rows, k), "the left operand of a product is too small");
    assert!(b.covers(k, c.columns), "the right operand of a product is too small");
    assert!(c.rows * c.row_stride <= c.data.len() && c.columns <= c.row_stride);
    if c.rows == 0 || c.columns == 0 {
        return;
    }
    if k == 0 {
        c.data.fill(T::ZERO);
        return;
    }
    T::multiply(set, k, &a, &b, &mut c, &mut panel.0);
}

/// Packs rows p₀ … p₀ + depth of a panel of B, padded with zeros to its full width.
#[cfg(target_arch = "x86_64")]
fn pack<T: Float>(
    b: &Operand<'_, T>,
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
    width: usize,
    panel: &mut [T],
) {
    let used = columns.len();
    if b.column == 1 {
        for (p, out) in rows.zip(panel.chunks_exact_mut(width)) {
            let start = p * b.row + columns.start;
            out[..used].copy_from_slice(&b.data[start..start + used]);
            out[used..].fill(T::ZERO);
        }
    } else {
        // A transposed operand: read each of its stored rows in one go.
        let depth = rows.len();
        if used < width {
            panel[..depth * width].fill(T::ZERO);
        }
        for (j, column) in columns.enumerate() {
            let start = rows.start * b.row + column * b.column;
            let source = b.data[start..].iter().step_by(b.row).take(depth);
            for (out, &value) in panel[j..].iter_mut().step_by(width).zip(source) {
                *out = value;
            }
        }
    }
}

/// The loop nest; the tile heights are tried from the tallest to a single row.
#[cfg(target_arch = "x86_64")]
macro_rules! loops {
    ($t:ty, $lanes:ident, $tile:path, ($r0:literal, $r1:literal, $r2:literal),
     $k:ident, $a:ident, $b:ident, $c:ident, $panel:ident) => {{
        use crate::kernel::microkernel::Tile;
        use $tile as tile_kernel;
        let mut column = 0;
        while column < $c.columns {
            let vectors = if $c.columns - column > $lanes { 2 } else { 1 };
            let width = vectors * $lanes;
            let columns = ($c.columns - column).min(width);
            let mut start = 0;
            while start < $k {
                let depth = ($k - start).min(BLOCK);
                pack($b, start..start + depth, column..column + columns, width, $panel);
                let mut row = 0;
                while row < $c.rows {
                    let left = $c.rows - row;
                    let tile = Tile {
                        k: depth,
                        a: $a.data[row * $a.row + start * $a.column..].as_ptr(),
                        a_row: $a.row,
                        a_column: $a.column,
                        b: $panel.as_ptr(),
                        c: $c.data[row * $c.row_stride + column..].as_mut_ptr(),
                        c_row: $c.row_stride,
                        columns,
                        accumulate: start > 0,
                    };
                    // SAFETY: `InstructionSet::available` names a set only where the processor has it. `product`
                    // checked that A and C hold every row and column; the tile begins at (row, column) and is no
                    // taller than the rows left; the panel holds BLOCK · WIDEST ≥ depth · width numbers.
                    row += unsafe {
                        match (left, vectors) {
                            ($r0.., 2) => { tile_kernel::<$r0, 2>(&tile); $r0 }
                            ($r0.., _) => { tile_kernel::<$r0, 1>(&tile); $r0 }
                            ($r1.., 2) => { tile_kernel::<$r1, 2>(&tile); $r1 }
                            ($r1.., _) => { tile_kernel::<$r1, 1>(&tile); $r1 }
                            (_, 2) => { tile_kernel::<$r2, 2>(&tile); $r2 }
                            (_, _) => { tile_kernel::<$r2, 1>(&tile); $r2 }
                        }
                    };
                }
                start += depth;
            }
            column += columns;
        }
    }};
}

macro_rules! kernel {
    ($t:ty, $tile:ident) => {
        impl Kernel for $t {
            fn multiply(
                set: InstructionSet,
                k: usize,
                a: &Operand<'_, Self>,
                b: &Operand<'_, Self>,
                c: &mut Target<'_, Self>,
                panel: &mut [Self],
            ) {
                match set {
                    #[cfg(target_arch = "x86_64")]
                    InstructionSet::Avx512 => {
                        const LANES: usize = 64 / size_of::<$t>();
                        loops!(
                            $t,
                            LANES,
                            crate::kernel::avx512::$tile,
                            (12, 4, 1),
                            k,
                            a,
                            b,
                            c,
                            panel
                        );
                    }
                    #[cfg(target_arch = "x86_64")]
                    InstructionSet::Avx2 => {
                        const LANES: usize = 32 / size_of::<$t>();
                        loops!($t, LANES, crate::kernel::avx2::$tile, (6, 2, 1), k, a, b, c, panel);
                    }
                    InstructionSet::Portable => portable::product(k, a, b, c),
                }
            }
        }
    };
}

kernel!(f32, tile_f32);
kernel!(f64, tile_f64);

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers without pattern, the awkward ones included when asked.
    fn numbers<T: Float>(count: usize, salt: usize, awkward: bool) -> Vec<T> {
        let special = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e-310, -0.0, 1e-42];
        (0..count)
            .map(|i| {
                let h = (i + 1).wrapping_mul(2_654_435_761).wrapping_add(salt * 40_503) >> 7;
                if awkward && h % 97 == 0 {
                    T::from_f64(special[h / 97 % special.len()])
                } else {
                    T::from_f64((h % 2003) as f64 / 1001.0 - 1.0)
                }
            })
            .collect()
    }

    fn same_bits<T: Float>(a: &[T], b: &[T]) -> bool {
        let bits = |v: &T| if v.is_nan() { u64::MAX } else { v.to_f64().to_bits() };
        a.len() == b.len() && a.iter().map(bits).eq(b.iter().map(bits))
    }

    /// Every instruction set against plain sums, for every way the operands can lie.
    fn against_plain_sums<T: Float>(awkward: bool) {
        let sizes = [0, 1, 2, 3, 7, 8, 9, 13, 15, 16, 17, 31, 32, 33, 37];
        let depths = [0, 1, 3, 31, 255, 256, 257, 521];
        for set in InstructionSet::available() {
            let mut panel = Panel::new();
            for (&m, &n) in sizes.iter().flat_map(|m| sizes.iter().map(move |n| (m, n))) {
                let k = depths[(m * 7 + n) % depths.len()];
                let (a, b) = (numbers::<T>(m * k, 1, awkward), numbers::<T>(k * n, 2, awkward));
                let plain: Vec<T> = (0..m * n)
                    .map(|at| {
                        let (i, j) = (at / n, at % n);
                        (0..k).fold(T::ZERO, |sum, p| a[i * k + p].mul_add(b[p * n + j], sum))
                    })
                    .collect();
                let flip = |rows: usize, columns: usize, data: &[T]| -> Vec<T> {
                    (0..rows * columns).map(|at| data[at % rows * columns + at / rows]).collect()
                };
                let (a_flipped, b_flipped) = (flip(m, k, &a), flip(k, n, &b));
                let lefts = [Operand::rows(&a, k), Operand::transposed(&a_flipped, m)];
                let rights = [Operand::rows(&b, n), Operand::transposed(&b_flipped, k)];
                for (left, right) in lefts.iter().flat_map(|l| rights.iter().map(move |r| (l, r))) {
                    let mut c = vec![T::from_f64(9.0); m * n];
                    product(set, k, *left, *right, Target::new(&mut c, n), &mut panel);
                    assert!(same_bits(&c, &plain), "{set:?} {} {m}×{k}×{n}", T::NAME);
                }
            }
        }
    }

    #[test]
    fn every_instruction_set_gives_the_bits_of_plain_sums() {
        against_plain_sums::<f32>(false);
        against_plain_sums::<f64>(false);
    }

    #[test]
    fn not_a_number_infinities_and_subnormals_go_through() {
        against_plain_sums::<f32>(true);
        against_plain_sums::<f64>(true);
    }

    #[test]
    #[should_panic(expected = "left operand")]
    fn a_short_operand_is_refused() {
        let mut c = vec![0.0; 4];
        product(
            InstructionSet::Portable,
            3,
            Operand::rows(&[0.0; 5], 3),
            Operand::rows(&[0.0; 6], 2),
            Target::new(&mut c, 2),
            &mut Panel::new(),
        );
    }
}
