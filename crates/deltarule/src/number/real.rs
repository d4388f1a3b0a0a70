//! The two number types the engine computes in.
//!
//! Transcendental functions are those of `elementary`, never the C library's: that picks variants by processor,
//! and then the same training would give other bits on another machine. A number is a vector with one lane, so that it
//! has the bits that it would have among others.

use super::{Number, elementary};

macro_rules! real {
    ($t:ident) => {
        impl Number for $t {
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

real!(f32);
real!(f64);
