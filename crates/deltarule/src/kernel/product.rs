//! The loop nest of every product, written once.
//!
//! ```text
//! for each panel of B, as many blocks as the widest tile has:
//!     for each stretch of k:                      so that the panel's part stays in the second-level cache
//!         for each group of rows:                 tiles of 6, 4, 2 and 1 rows
//!             microkernel
//!             after the last stretch: what the caller does with the finished group while it is in the cache
//! ```

use std::ops::Range;
use std::ptr;

use crate::kernel::table::{HEIGHTS, Kernels};
use crate::kernel::tile::{Finish, MAX_BLOCKS, MAX_ROWS, Tile};
use crate::number::Number;
use crate::number::simd::lanes;

/// Bytes of a panel of B that are read over and over: less than the second-level cache has.
const PANEL_BYTES: usize = 256 << 10;

/// How many k a stretch has.
pub(crate) const fn stretch<T>() -> usize {
    PANEL_BYTES / (MAX_BLOCKS * size_of::<T>() * lanes::<T>())
}

/// The left operand: numbers that are broadcast. Its memory is blocks of units, in each a vector per example.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Left<T> {
    /// A row is an example, k runs over units: forward and backward.
    Examples {
        /// The first example.
        of: *const T,
        /// From a block of units to the next.
        block: usize,
    },
    /// A row is a unit, k runs over examples: gradients.
    Units {
        /// The first unit.
        of: *const T,
        /// From a block of units to the next.
        block: usize,
    },
}

/// The right operand: vectors.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Right<T> {
    /// Weights of this many rows, cut into panels; k runs over the rows.
    Panels {
        /// The first panel.
        of: *const T,
        /// Rows of each.
        rows: usize,
    },
    /// Blocks of examples, a vector each; k runs over examples.
    Blocks {
        /// The first block.
        of: *const T,
        /// From a block to the next.
        block: usize,
    },
}

/// Where a product goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Destination<T> {
    /// Blocks of vectors, a vector per row.
    Blocks {
        /// Row 0 of block 0.
        at: *mut T,
        /// From a block to the next.
        block: usize,
    },
    /// Panels of this many rows.
    Panels {
        /// The first panel.
        at: *mut T,
        /// Rows of each.
        rows: usize,
    },
    /// The rows of a group, each time in the same place, as they would lie in a panel.
    Group(*mut T),
}

/// C = A·B with the rows that are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Product<T> {
    pub(crate) a: Left<T>,
    /// Length of the sums.
    pub(crate) k: usize,
    pub(crate) b: Right<T>,
    /// Blocks of B and C.
    pub(crate) blocks: usize,
    pub(crate) c: Destination<T>,
    /// Whether the sums go on from what C holds.
    pub(crate) accumulate: bool,
    /// What becomes of the sums; its pointers are those of block 0 and row 0, and as C lies.
    pub(crate) finish: Finish<T>,
    /// Memory for the sums of a panel between two stretches of k: rows × MAX_BLOCKS vectors.
    pub(crate) partial: *mut T,
    /// Where the sums over examples are cut into two, which go to two groups, one after the other.
    pub(crate) halves: Option<usize>,
}

/// Numbers of a group.
pub(crate) const fn group_size<T>() -> usize {
    MAX_BLOCKS * lanes::<T>() * lanes::<T>()
}

/// A finished part of C, within one panel.
#[derive(Clone, Debug)]
pub(crate) struct PanelPart {
    pub(crate) rows: Range<usize>,
    pub(crate) blocks: Range<usize>,
}

impl PanelPart {
    /// How many vectors it has.
    pub(crate) fn vectors(&self) -> usize {
        self.rows.len() * self.blocks.len()
    }
}

impl<T: Number> Product<T> {
    /// Computes the rows, and shows each finished part to `after`.
    ///
    /// # Safety
    /// Every address of the operands is readable, C (and `partial`, when k is longer than a stretch) writable for these
    /// rows, and nobody else writes there; the processor has the instructions of the kernels.
    pub(crate) unsafe fn run(
        &self,
        kernels: &Kernels<T>,
        rows: Range<usize>,
        mut after: impl FnMut(PanelPart),
    ) {
        let l = lanes::<T>();
        let (group, stretch) = match self.a {
            Left::Examples { .. } => (MAX_ROWS, stretch::<T>()),
            // Sums over examples are not cut here: a step has no more of them at once than a panel holds.
            Left::Units { .. } => (l, self.k.max(1)),
        };
        if let Some(cut) = self.halves {
            // SAFETY: the operands are the caller's; what is cut has a group as C, which has room for two.
            return unsafe { self.run_halves(kernels, rows, cut, after) };
        }
        for first in (0..self.blocks).step_by(MAX_BLOCKS) {
            let panel = first..(first + MAX_BLOCKS).min(self.blocks);
            let mut k = 0;
            loop {
                let part_of_k = k..(k + stretch).min(self.k);
                let is_last = part_of_k.end == self.k;
                let mut tiles = self.tiles(&panel, rows.start, &part_of_k);
                let mut row = rows.start;
                while row < rows.end {
                    let end = (row + group).min(rows.end);
                    // SAFETY: the rows are some of the caller's, blocks and k end with the product, so that the caller vouches for
                    // every address.
                    unsafe { tiles.group(kernels, row..end) }
                    if is_last {
                        after(PanelPart { rows: row..end, blocks: panel.clone() });
                    }
                    row = end;
                }
                if is_last {
                    break;
                }
                k = part_of_k.end;
            }
        }
    }

    /// [`Product::run`] for sums over examples that are cut into two.
    ///
    /// # Safety
    /// As there, with two groups in C.
    unsafe fn run_halves(
        &self,
        kernels: &Kernels<T>,
        rows: Range<usize>,
        cut: usize,
        mut after: impl FnMut(PanelPart),
    ) {
        let Destination::Group(group) = self.c else { return };
        let second = Destination::Group(group.wrapping_add(group_size::<T>()));
        let halves =
            [self.of_examples(0..cut), Self { c: second, ..self.of_examples(cut..self.k) }];
        for first in (0..self.blocks).step_by(MAX_BLOCKS) {
            let panel = first..(first + MAX_BLOCKS).min(self.blocks);
            let mut tiles = halves.map(|half| half.tiles(&panel, rows.start, &(0..half.k)));
            let mut row = rows.start;
            while row < rows.end {
                let end = (row + lanes::<T>()).min(rows.end);
                for tiles in &mut tiles {
                    // SAFETY: rows and blocks are the caller's, and each half has the k of its own examples and its own
                    // group.
                    unsafe { tiles.group(kernels, row..end) }
                }
                after(PanelPart { rows: row..end, blocks: panel.clone() });
                row = end;
            }
        }
    }

    /// The same product of some examples alone, where k runs over examples.
    pub(crate) fn of_examples(&self, examples: Range<usize>) -> Self {
        let skipped = examples.start * lanes::<T>();
        let mut product = Self { k: examples.len(), halves: None, ..*self };
        if let Left::Units { of, .. } = &mut product.a {
            *of = of.wrapping_add(skipped);
        }
        if let Right::Blocks { of, .. } = &mut product.b {
            *of = of.wrapping_add(skipped);
        }
        product
    }

    /// What the tiles of one panel and one stretch of k have in common.
    fn tiles(&self, panel: &Range<usize>, first_row: usize, k: &Range<usize>) -> Tiles<T> {
        let l = lanes::<T>();
        // From a row of a panel to the next, and from a panel's beginning to its row 0.
        let panel_row = panel.len() * l;
        let in_panels = |rows: usize| panel.start * rows * l;
        let (a, a_rows, a_step, run, a_run) = match self.a {
            Left::Examples { of, block } => {
                (of.wrapping_add(k.start / l * block), RowLayout::Examples, 1, l, block)
            }
            Left::Units { of, block } => (of, RowLayout::Units { block }, l, usize::MAX, 0),
        };
        let (b, b_step, b_block) = match self.b {
            Right::Panels { of, rows } => {
                (of.wrapping_add(in_panels(rows) + k.start * panel_row), panel_row, l)
            }
            Right::Blocks { of, block } => {
                (of.wrapping_add(panel.start * block + k.start * l), l, block)
            }
        };
        let (c, c_row, c_block, offset, in_group) = match self.c {
            Destination::Blocks { at, block } => (at, l, block, panel.start * block, false),
            Destination::Panels { at, rows } => (at, panel_row, l, in_panels(rows), false),
            Destination::Group(at) => (at, panel_row, l, 0, true),
        };
        let c = c.wrapping_add(offset);
        let is_last = k.end == self.k;
        let accumulate = k.start > 0 || self.accumulate;
        let (start, start_row, start_block) = match (accumulate, k.start > 0) {
            (false, _) => (ptr::null_mut(), 0, 0),
            (true, false) => (c, c_row, c_block),
            (true, true) => (self.partial.wrapping_sub(first_row * panel_row), panel_row, l),
        };
        let (c, c_row, c_block) = if is_last {
            (c, c_row, c_block)
        } else {
            (self.partial.wrapping_sub(first_row * panel_row), panel_row, l)
        };
        let finish = match self.finish {
            _ if !is_last => Finish::Store,
            Finish::Bias(of) => Finish::Bias(of.wrapping_add(panel.start * l)),
            Finish::BiasRelu(of) => Finish::BiasRelu(of.wrapping_add(panel.start * l)),
            Finish::ReluSlope(of) => Finish::ReluSlope(of.wrapping_add(offset)),
            Finish::Store | Finish::Slope => self.finish,
        };
        Tiles {
            tile: Tile {
                a: [a; MAX_ROWS],
                a_step,
                run,
                a_run,
                k: k.len(),
                b,
                b_step,
                b_block,
                start,
                start_row,
                start_block,
                c,
                c_row,
                c_block,
                finish,
            },
            origin: Origin { a, b, start, c, finish },
            a_rows,
            in_group,
            blocks: panel.len(),
        }
    }
}

/// Some rows of a layer's weights, LANES of them in one panel at a time.
pub(crate) fn whole_parts<T>(
    rows: &Range<usize>,
    blocks: usize,
) -> impl Iterator<Item = PanelPart> {
    let l = lanes::<T>();
    rows.clone().step_by(l).flat_map(move |row| {
        (0..blocks).step_by(MAX_BLOCKS).map(move |block| PanelPart {
            rows: row..(row + l).min(rows.end),
            blocks: block..(block + MAX_BLOCKS).min(blocks),
        })
    })
}

/// How the rows of A lie.
#[derive(Clone, Copy, Debug)]
enum RowLayout {
    Examples,
    Units { block: usize },
}

/// The tiles of one panel and one stretch of k: what they have in common is worked out once.
///
/// One tile is moved from place to place: to copy its two dozen numbers for each would take longer than to write those that
/// change.
struct Tiles<T> {
    /// The tile, where the last call left it.
    tile: Tile<T>,
    /// Where it is at row 0 and the panel's first block.
    origin: Origin<T>,
    a_rows: RowLayout,
    /// Whether C has the rows of one group alone.
    in_group: bool,
    blocks: usize,
}

/// The addresses of a tile that move with it.
#[derive(Clone, Copy, Debug)]
struct Origin<T> {
    a: *const T,
    b: *const T,
    start: *const T,
    c: *mut T,
    finish: Finish<T>,
}

impl<T: Number> Tiles<T> {
    /// The rows of one group, tile by tile.
    ///
    /// # Safety
    /// As [`Product::run`].
    #[inline]
    unsafe fn group(&mut self, kernels: &Kernels<T>, rows: Range<usize>) {
        let l = lanes::<T>();
        let width = kernels.max_blocks();
        let first = if self.in_group { rows.start } else { 0 };
        let mut row = rows.start;
        while row < rows.end {
            let h = height_for(rows.end - row);
            let height = HEIGHTS[h];
            for (r, a) in self.tile.a.iter_mut().enumerate().take(height) {
                let row = row + r;
                *a = self.origin.a.wrapping_add(match self.a_rows {
                    RowLayout::Examples => row * l,
                    RowLayout::Units { block } => row / l * block + row % l,
                });
            }
            for block in (0..self.blocks).step_by(width) {
                self.move_to(row - first, block);
                // SAFETY: a tile of this height and width ends with these rows and with the panel, whose addresses the
                // caller vouches for, as for the instructions.
                unsafe { kernels.tiles[h][width.min(self.blocks - block) - 1](&self.tile) }
            }
            row += height;
        }
    }

    /// Moves everything but A to so many rows and blocks from the origin.
    #[inline(always)]
    fn move_to(&mut self, row: usize, block: usize) {
        let Self { tile, origin, .. } = self;
        let c = row * tile.c_row + block * tile.c_block;
        tile.b = origin.b.wrapping_add(block * tile.b_block);
        tile.c = origin.c.wrapping_add(c);
        if !origin.start.is_null() {
            tile.start = origin.start.wrapping_add(row * tile.start_row + block * tile.start_block);
        }
        match origin.finish {
            Finish::Bias(of) => tile.finish = Finish::Bias(of.wrapping_add(block * lanes::<T>())),
            Finish::BiasRelu(of) => {
                tile.finish = Finish::BiasRelu(of.wrapping_add(block * lanes::<T>()));
            }
            Finish::ReluSlope(of) => tile.finish = Finish::ReluSlope(of.wrapping_add(c)),
            Finish::Store | Finish::Slope => {}
        }
    }
}

/// Which height of [`HEIGHTS`] so many rows begin with.
#[inline(always)]
fn height_for(rows: usize) -> usize {
    match rows {
        // Twice 4: a tile of 2 rows has too few sums to wait for each other.
        8 => 1,
        6.. => 0,
        4.. => 1,
        2.. => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_are_the_tallest_that_fit_and_8_is_twice_4() {
        for rows in (1..20).filter(|&rows| rows != 8) {
            let h = height_for(rows);
            assert!(HEIGHTS[h] <= rows && HEIGHTS[..h].iter().all(|&taller| taller > rows));
        }
        assert_eq!(HEIGHTS[height_for(8)], 4);
    }
}
