//! Numbers: what the engine asks of one, and of several at once.
//!
//! - [`simd`]: vectors of numbers on every instruction set, and a single number as a vector with one lane
//! - [`elementary`]: exp, tanh and their kin, on the terms of vectors
//! - `real`: `f32` and `f64`
//!
//! A formula that is written for vectors serves a single number as well: activations, losses and optimisers stand on this
//! folder, and so do the kernels. The three traits below ask for each other, which is why they stand in one file.

#![allow(unsafe_code, reason = "vector instructions, and numbers that lie at an address")]

pub(crate) mod elementary;
mod real;
pub(crate) mod simd;

use std::fmt::{Debug, Display};
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// What the engine asks of a real number: `f32` or `f64`.
///
/// The trait is sealed. Besides what is listed here, a number has `sqrt`, `abs`, `mul_add`, `max`, `min` and `is_nan`; the
/// last operand is the result of `max` and `min` where one of them is NaN.
///
/// # Example
///
/// ```
/// use deltarule::Number;
///
/// fn logistic<T: Number>(z: T) -> T {
///     T::ONE / (T::ONE + (-z).exp())
/// }
/// assert_eq!(logistic(0.0_f32), 0.5);
/// assert_eq!(logistic(0.0_f64), 0.5);
/// ```
pub trait Number:
    sealed::Sealed
    + ElementaryFloat
    + Vector<Scalar = Self, Mask = bool>
    + Copy
    + Debug
    + Display
    + Default
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + Sum
    + Send
    + Sync
    + ndarray::LinalgScalar
    + 'static
{
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// The distance from 1 to the next larger number.
    const EPSILON: Self;
    /// The largest finite number.
    const MAX: Self;
    /// Positive infinity.
    const INFINITY: Self;
    /// Not a number.
    const NAN: Self;
    /// The name of the type as model files and options spell it: `f32` or `f64`.
    const NAME: &'static str;
    /// Bytes of one number.
    const BYTES: usize;

    /// The nearest number of this type.
    fn from_f64(value: f64) -> Self;
    /// The same value in double precision (exact).
    fn to_f64(self) -> f64;
    /// The number whose little-endian bytes these are; `bytes` holds at least [`Number::BYTES`].
    fn from_le_slice(bytes: &[u8]) -> Self;
    /// Appends the little-endian bytes.
    fn push_le(self, bytes: &mut Vec<u8>);
    /// eᶻ
    fn exp(self) -> Self;
    /// eᶻ − 1 without cancellation near 0.
    fn expm1(self) -> Self;
    /// The natural logarithm.
    fn ln(self) -> Self;
    /// ln(1 + z) without cancellation near 0.
    fn log1p(self) -> Self;
    /// The hyperbolic tangent.
    fn tanh(self) -> Self;
    /// The error function.
    fn erf(self) -> Self;
    /// The complementary error function 1 − erf(z).
    fn erfc(self) -> Self;
    /// Neither infinite nor NaN.
    fn is_finite(self) -> bool;
}

/// Numbers that are computed with at once.
///
/// # Safety
/// The methods of the x86 vectors compile to their instructions: they are to be called (inlined) only from functions
/// that have the target features, or where the processor was found to have them. Only the kernels' functions for an instruction set make one.
pub trait Vector:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// The type of a lane.
    type Scalar: Number;
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

/// What the elementary functions have to know of a number type.
pub trait ElementaryFloat: Sized {
    /// Bits of the mantissa that are stored.
    const MANTISSA: u32;
    /// What is added to an exponent that is stored.
    const BIAS: u64;
    /// The bits of 1.
    const BITS_OF_ONE: u64;
    /// The bits of √½.
    const BITS_OF_ROOT_HALF: u64;
    /// The smallest normal number.
    const SMALLEST_NORMAL: f64;
    /// ln 2 in two parts.
    const LN2: [f64; 2];
    /// eˣ is 0 at the first and infinite at the second.
    const EXP_RANGE: [f64; 2];
    /// eˣ − 1 is −1 there.
    const EXPM1_LOW: f64;
    /// tanh is 1 there.
    const TANH_HIGH: f64;
    /// K of the variable t = (a − K) / (a + K) of erfc.
    const ERFC_K: f64;
    /// exp(−a²) is 0 there.
    const ERFC_HIGH: f64;

    /// (eʳ − 1 − r) / r² for |r| ≤ ½ ln 2.
    fn exp_tail<V: Vector<Scalar = Self>>(r: V, r2: V) -> V;
    /// ln(1 + f) − f for 1 + f between √½ and √2.
    fn log_tail<V: Vector<Scalar = Self>>(f: V) -> V;
    /// erf(x)/x − 1 in w = x² for |x| ≤ ½.
    fn erf_tail<V: Vector<Scalar = Self>>(w: V) -> V;
    /// (1 + 2a) exp(a²) erfc(a) in t = (a − K) / (a + K) for a ≥ ½.
    fn erfc_tail<V: Vector<Scalar = Self>>(t: V) -> V;
}

/// Numbers in another type.
pub(crate) fn cast<T: Number, U: Number>(values: &[T]) -> Vec<U> {
    values.iter().map(|value| U::from_f64(value.to_f64())).collect()
}
