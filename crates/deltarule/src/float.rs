//! The two number types the engine computes in.
//!
//! Transcendental functions are those of `kernel::elementary`, never the C library's: that picks variants by processor,
//! and then the same training would give other bits on another machine. A number is a vector with one lane, so that it
//! has the bits that it would have among others.

use std::fmt::{Debug, Display};
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

use crate::kernel::Kernel;
use crate::kernel::elementary::{self, ElementaryFloat};
use crate::kernel::simd::Vector;

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// A real number as the engine computes with it: `f32` or `f64`.
///
/// The trait is sealed: kernels exist for these two types only. Besides what is listed here, a number has `sqrt`, `abs`,
/// `mul_add`, `max`, `min` and `is_nan`; the last operand is the result of `max` and `min` where one of them is NaN.
///
/// # Example
///
/// ```
/// use deltarule::Float;
///
/// fn logistic<T: Float>(z: T) -> T {
///     T::ONE / (T::ONE + (-z).exp())
/// }
/// assert_eq!(logistic(0.0_f32), 0.5);
/// assert_eq!(logistic(0.0_f64), 0.5);
/// ```
pub trait Float:
    sealed::Sealed
    + Kernel
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
    /// The number whose little-endian bytes these are; `bytes` holds at least [`Float::BYTES`].
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

macro_rules! float {
    ($t:ident) => {
        impl Float for $t {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const EPSILON: Self = $t::EPSILON;
            const MAX: Self = $t::MAX;
            const INFINITY: Self = $t::INFINITY;
            const NAN: Self = $t::NAN;
            const NAME: &'static str = stringify!($t);
            const BYTES: usize = size_of::<$t>();

            #[inline(always)]
            fn from_f64(value: f64) -> Self {
                value as $t
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            fn from_le_slice(bytes: &[u8]) -> Self {
                let mut array = [0; size_of::<$t>()];
                array.copy_from_slice(&bytes[..size_of::<$t>()]);
                $t::from_le_bytes(array)
            }
            fn push_le(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
            #[inline]
            fn exp(self) -> Self {
                elementary::exp(self)
            }
            #[inline]
            fn expm1(self) -> Self {
                elementary::expm1(self)
            }
            #[inline]
            fn ln(self) -> Self {
                elementary::ln(self)
            }
            #[inline]
            fn log1p(self) -> Self {
                elementary::log1p(self)
            }
            #[inline]
            fn tanh(self) -> Self {
                elementary::tanh(self)
            }
            #[inline]
            fn erf(self) -> Self {
                elementary::erf(self)
            }
            #[inline]
            fn erfc(self) -> Self {
                elementary::erfc(self)
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                $t::is_finite(self)
            }
        }
    };
}

float!(f32);
float!(f64);
