//! Vectors of numbers: what the kernels and the elementary functions are written in.
//!
//! A [`Vector`] is 64 bytes, 16 numbers of single or 8 of double precision, on every instruction set: one register of
//! AVX-512, two of AVX2, an array in plain Rust. So there is one layout of buffers and one text of every kernel, and
//! an instruction set is a file that says what its operations are called. A single number is a vector with one lane:
//! the formulas of activations and losses are written once and serve the reference path as well.
//!
//! Every operation is one that IEEE 754 fixes to the bit (or works on the bits themselves), so that all sets agree.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
pub(crate) mod portable;
mod scalar;

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::elementary::ElementaryFloat;
use crate::float::Float;

/// Numbers that are computed with at once.
///
/// # Safety
/// The methods of the x86 vectors compile to their instructions: they are to be called (inlined) only from functions
/// that have the target features, or where the processor was found to have them. Nothing outside `kernel/` makes one.
pub trait Vector:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// The type of a lane.
    type Scalar: Float;
    /// The outcome of a comparison, lane by lane.
    type Mask: Copy;
    /// Numbers in a vector.
    const LANES: usize;

    /// The same number in every lane.
    fn splat(value: Self::Scalar) -> Self;
    /// The vector whose every lane has these bits (the low ones for single precision).
    fn splat_bits(bits: u64) -> Self;
    /// Reads LANES numbers.
    ///
    /// # Safety
    /// `from` is readable for as many numbers.
    unsafe fn load(from: *const Self::Scalar) -> Self;
    /// Writes LANES numbers.
    ///
    /// # Safety
    /// `to` is writable for as many numbers.
    unsafe fn store(self, to: *mut Self::Scalar);

    /// self · a + b, rounded once.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// The square root, correctly rounded.
    fn sqrt(self) -> Self;
    /// The absolute value.
    fn abs(self) -> Self;
    /// self · 2ⁿ for a whole n, rounded once: for a self between 2⁻²⁰ and 2²⁰ and n between twice the exponents of the
    /// smallest and the largest normal number.
    #[inline(always)]
    fn scale(self, n: Self) -> Self {
        // The lowest bits of 1.5 · 2^MANTISSA + k are those of k, here n + 2 BIAS. Shifted up, each half of them is the
        // exponent of a normal number; only the second product can leave the range.
        let shift = 1.5 * (1_u64 << Self::Scalar::MANTISSA) as f64;
        let bits = n + Self::constant(shift + (2 * Self::Scalar::BIAS) as f64);
        let half = bits.bits_shr(1);
        let first = self * half.bits_shl(Self::Scalar::MANTISSA);
        first * bits.bits_sub(half).bits_shl(Self::Scalar::MANTISSA)
    }

    /// self ≤ other; false where either is NaN.
    fn le(self, other: Self) -> Self::Mask;
    /// self < other; false where either is NaN.
    fn lt(self, other: Self) -> Self::Mask;
    /// Where the lane is NaN.
    fn is_nan(self) -> Self::Mask;
    /// `yes` where the mask is set, else `no`.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;

    /// The sum of the lanes' bits as integers, wrapping.
    fn bits_add(self, other: Self) -> Self;
    /// The difference of the lanes' bits as integers, wrapping.
    fn bits_sub(self, other: Self) -> Self;
    /// Bitwise and.
    fn bits_and(self, other: Self) -> Self;
    /// Bitwise or.
    fn bits_or(self, other: Self) -> Self;
    /// Bitwise exclusive or.
    fn bits_xor(self, other: Self) -> Self;
    /// The bits shifted to the left, zeros coming in.
    fn bits_shl(self, by: u32) -> Self;
    /// The bits shifted to the right, zeros coming in.
    fn bits_shr(self, by: u32) -> Self;

    /// Transposes a square of LANES × LANES numbers; the rows are so many numbers apart on either side.
    ///
    /// # Safety
    /// All rows of `from` are readable and those of `to` writable, and they do not overlap.
    #[inline(always)]
    unsafe fn transpose(
        from: *const Self::Scalar,
        from_row: usize,
        to: *mut Self::Scalar,
        to_row: usize,
    ) {
        for i in 0..Self::LANES {
            for j in 0..Self::LANES {
                // SAFETY: i and j are below LANES.
                unsafe { *to.add(j * to_row + i) = *from.add(i * from_row + j) }
            }
        }
    }

    /// The constant in this precision.
    #[inline(always)]
    fn constant(value: f64) -> Self {
        Self::splat(Self::Scalar::from_f64(value))
    }
    /// 0 in every lane.
    #[inline(always)]
    fn zero() -> Self {
        Self::splat(Self::Scalar::ZERO)
    }
    /// 1 in every lane.
    #[inline(always)]
    fn one() -> Self {
        Self::splat(Self::Scalar::ONE)
    }
    /// The larger of two numbers; `other` where either is NaN, or both are zero.
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self::select(other.lt(self), self, other)
    }
    /// The smaller of two numbers; `other` where either is NaN, or both are zero.
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self::select(self.lt(other), self, other)
    }
}

/// Asks for the cache line at this address in the second-level cache. The address need not be readable: it is a hint.
#[inline(always)]
pub(crate) fn prefetch<T>(at: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch changes nothing that a program can see, whatever the address; SSE is part of x86-64.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T1>(at.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

/// [`prefetch`] into the first-level cache.
#[inline(always)]
pub(crate) fn prefetch_near<T>(at: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: this prefetch changes nothing that a program can see either, whatever the address.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(at.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

/// Asks for the cache line at this address for writing, so that no other processor has it any more.
#[inline(always)]
pub(crate) fn prefetch_to_write<T>(at: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: the line stays as it is, whatever the address; processors without the instruction do nothing.
    unsafe {
        std::arch::asm!("prefetchw [{}]", in(reg) at, options(nostack, preserves_flags, readonly));
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = at;
}

/// The operators of a vector type, from the functions that compute them.
macro_rules! operators {
    ($name:ident, $neg:expr, $add:expr, $sub:expr, $mul:expr, $div:expr) => {
        impl std::ops::Neg for $name {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                $neg(self)
            }
        }
        operators!(@ $name, Add, add, $add);
        operators!(@ $name, Sub, sub, $sub);
        operators!(@ $name, Mul, mul, $mul);
        operators!(@ $name, Div, div, $div);
    };
    (@ $name:ident, $trait:ident, $method:ident, $function:expr) => {
        impl std::ops::$trait for $name {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                $function(self, other)
            }
        }
    };
}
pub(crate) use operators;
