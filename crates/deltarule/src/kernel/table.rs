//! The functions of one instruction set and number type: what the generic kernels become when they are compiled with
//! that set's instructions. Chosen once, when a plan is made.

use crate::kernel::InstructionSet;
use crate::kernel::batch::Batch;
use crate::kernel::examples::{self, Activate, Outputs};
use crate::kernel::reduce::{self, ColumnSum};
use crate::kernel::small_step::{self, SmallNetwork};
use crate::kernel::tile::{Tile, tile};
use crate::kernel::update::{self, UpdateSpan};
use crate::loss::{Clip, Loss};
use crate::number::Number;
use crate::number::Vector;
use crate::number::simd::portable;
#[cfg(target_arch = "x86_64")]
use crate::number::simd::{avx2, avx512};
use crate::optimizer::UpdateRule;

/// A microkernel.
pub(crate) type TileKernel<T> = unsafe fn(&Tile<T>);

/// A whole step of a small network: the objective.
pub(crate) type SmallStep<T> = unsafe fn(&mut SmallNetwork<T>, &Batch<'_, T>, UpdateRule) -> f64;

/// Heights of the tiles that exist, the tallest first: any number of rows is cut into them.
pub(crate) const HEIGHTS: [usize; 4] = [6, 4, 2, 1];

/// The kernels of one instruction set.
///
/// All functions are unsafe for two reasons: they take pointers, as each says, and the processor must have the
/// instructions, which [`InstructionSet::available`] sees to.
pub struct Kernels<T: Number> {
    /// `tiles[h][b − 1]`: the microkernel of height `HEIGHTS[h]` and b blocks.
    pub(crate) tiles: [&'static [TileKernel<T>]; HEIGHTS.len()],
    pub(crate) activate: unsafe fn(&Activate<T>),
    pub(crate) outputs: unsafe fn(&Outputs<T>, Option<Loss>),
    pub(crate) output_deltas: unsafe fn(&Outputs<T>, Loss, Clip),
    pub(crate) update: unsafe fn(&UpdateSpan<T>, UpdateRule),
    pub(crate) penalize: unsafe fn(&UpdateSpan<T>),
    pub(crate) sum_column: unsafe fn(&ColumnSum<T>),
    pub(crate) sum_of_squares: unsafe fn(*const T, usize) -> f64,
    pub(crate) transpose: unsafe fn(*const T, usize, *mut T, usize),
    pub(crate) small_step: SmallStep<T>,
}

impl<T: Number> std::fmt::Debug for Kernels<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kernels")
    }
}

impl<T: Number> Kernels<T> {
    /// Blocks of the widest tile.
    pub(crate) fn max_blocks(&self) -> usize {
        self.tiles[0].len()
    }
}

/// The number types that there are kernels for.
pub trait Kernel: Sized + 'static {
    /// The kernels of an instruction set, which the processor must have.
    #[doc(hidden)]
    fn kernels(set: InstructionSet) -> &'static Kernels<Self>
    where
        Self: Number;
}

/// Compiles every kernel for one vector type. The attribute names the instructions.
macro_rules! kernels {
    ($name:ident, $vector:ty, $t:ty, [$($blocks:literal),+] $(, #[$features:meta])?) => {
        mod $name {
            use super::*;

            type V = $vector;

            // The contract of each function is that of the generic kernel, and that the processor has the features.
            $(#[$features])?
            unsafe fn tile_of<const ROWS: usize, const BLOCKS: usize>(t: &Tile<$t>) {
                // SAFETY: the caller vouches for the addresses of the tile, and V needs no more than the features of this
                // function.
                unsafe { tile::<V, ROWS, BLOCKS>(t) }
            }
            $(#[$features])?
            unsafe fn activate(a: &Activate<$t>) {
                // SAFETY: the caller vouches for z and the slopes; V needs no more than the features of this function.
                unsafe { examples::activate::<V>(a) }
            }
            $(#[$features])?
            unsafe fn outputs(o: &Outputs<$t>, loss: Option<Loss>) {
                // SAFETY: the caller vouches for z, the lanes and the losses; V needs no more than the features of this
                // function.
                unsafe { examples::outputs::<V>(o, loss) }
            }
            $(#[$features])?
            unsafe fn output_deltas(o: &Outputs<$t>, loss: Loss, clip: Clip) {
                // SAFETY: the caller vouches for z, the lanes, losses and scales; V needs no more than the features of this
                // function.
                unsafe { examples::output_deltas::<V>(o, loss, clip) }
            }
            $(#[$features])?
            unsafe fn update(u: &UpdateSpan<$t>, rule: UpdateRule) {
                // SAFETY: the caller vouches for gradient, parameters and the state of this rule; V needs no more than the
                // features of this function.
                unsafe { update::update::<V>(u, rule) }
            }
            $(#[$features])?
            unsafe fn penalize(u: &UpdateSpan<$t>) {
                // SAFETY: the caller vouches for a gradient that is writable, and the weights; V needs no more than the
                // features of this function.
                unsafe { update::penalize::<V>(u) }
            }
            $(#[$features])?
            unsafe fn sum_column(c: &ColumnSum<$t>) {
                // SAFETY: the caller vouches for the blocks and for `to`; V needs no more than the features of this function.
                unsafe { reduce::sum_column::<V>(c) }
            }
            $(#[$features])?
            unsafe fn sum_of_squares(of: *const $t, count: usize) -> f64 {
                // SAFETY: the caller vouches for `count` numbers.
                unsafe { reduce::sum_of_squares(of, count) }
            }
            $(#[$features])?
            unsafe fn transpose(from: *const $t, from_row: usize, to: *mut $t, to_row: usize) {
                // SAFETY: the caller vouches for the rows of both squares; V needs no more than the features of this
                // function.
                unsafe { V::transpose(from, from_row, to, to_row) }
            }

            $(#[$features])?
            unsafe fn small_step(
                net: &mut SmallNetwork<$t>,
                batch: &Batch<'_, $t>,
                rule: UpdateRule,
            ) -> f64 {
                // SAFETY: the buffers are those of `net`; V needs no more than the features of this function.
                unsafe { small_step::small_step::<V>(net, batch, rule) }
            }

            pub(super) static KERNELS: Kernels<$t> = Kernels {
                tiles: [
                    &[$(tile_of::<6, $blocks>),+],
                    &[$(tile_of::<4, $blocks>),+],
                    &[$(tile_of::<2, $blocks>),+],
                    &[$(tile_of::<1, $blocks>),+],
                ],
                activate,
                outputs,
                output_deltas,
                update,
                penalize,
                sum_column,
                sum_of_squares,
                transpose,
                small_step,
            };
        }
    };
}

// 32 registers of 64 bytes: 6 × 4 sums, 4 vectors of B, 1 broadcast of A.
#[cfg(target_arch = "x86_64")]
kernels!(avx512_f32, avx512::Avx512F32, f32, [1, 2, 3, 4],
    #[target_feature(enable = "avx512f,avx512dq,avx2,fma")]);
#[cfg(target_arch = "x86_64")]
kernels!(avx512_f64, avx512::Avx512F64, f64, [1, 2, 3, 4],
    #[target_feature(enable = "avx512f,avx512dq,avx2,fma")]);
// 16 registers of 32 bytes: 6 × 2 sums (a block is two registers), 2 vectors of B, 1 broadcast of A.
#[cfg(target_arch = "x86_64")]
kernels!(avx2_f32, avx2::Avx2F32, f32, [1], #[target_feature(enable = "avx2,fma")]);
#[cfg(target_arch = "x86_64")]
kernels!(avx2_f64, avx2::Avx2F64, f64, [1], #[target_feature(enable = "avx2,fma")]);
kernels!(portable_f32, portable::PortableF32, f32, [1]);
kernels!(portable_f64, portable::PortableF64, f64, [1]);

macro_rules! choose {
    ($t:ty, $avx512:ident, $avx2:ident, $portable:ident) => {
        impl Kernel for $t {
            fn kernels(set: InstructionSet) -> &'static Kernels<Self> {
                match set {
                    #[cfg(target_arch = "x86_64")]
                    InstructionSet::Avx512 => &$avx512::KERNELS,
                    #[cfg(target_arch = "x86_64")]
                    InstructionSet::Avx2 => &$avx2::KERNELS,
                    InstructionSet::Portable => &$portable::KERNELS,
                }
            }
        }
    };
}

choose!(f32, avx512_f32, avx2_f32, portable_f32);
choose!(f64, avx512_f64, avx2_f64, portable_f64);
