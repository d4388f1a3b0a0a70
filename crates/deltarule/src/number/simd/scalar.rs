//! A single number as a vector with one lane.

use crate::number::Vector;

macro_rules! scalar {
    ($t:ident, $bits:ident) => {
        impl Vector for $t {
            type Scalar = $t;
            type Mask = bool;
            const LANES: usize = 1;

            #[inline(always)]
            fn splat(value: $t) -> Self {
                value
            }
            #[inline(always)]
            fn splat_bits(bits: u64) -> Self {
                $t::from_bits(bits as $bits)
            }
            #[inline(always)]
            unsafe fn load(from: *const $t) -> Self {
                // SAFETY: the caller vouches for LANES numbers, which is this one.
                unsafe { *from }
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $t) {
                // SAFETY: the caller vouches for LANES numbers that may be written, which is this one.
                unsafe { *to = self }
            }
            #[inline(always)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                $t::mul_add(self, a, b)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                // IEEE 754 fixes every bit of a square root, so the standard one is safe.
                $t::sqrt(self)
            }
            #[inline(always)]
            fn abs(self) -> Self {
                $t::abs(self)
            }
            #[inline(always)]
            fn le(self, other: Self) -> bool {
                self <= other
            }
            #[inline(always)]
            fn lt(self, other: Self) -> bool {
                self < other
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                $t::is_nan(self)
            }
            #[inline(always)]
            fn select(mask: bool, yes: Self, no: Self) -> Self {
                if mask { yes } else { no }
            }
            #[inline(always)]
            fn bits_add(self, other: Self) -> Self {
                $t::from_bits(self.to_bits().wrapping_add(other.to_bits()))
            }
            #[inline(always)]
            fn bits_sub(self, other: Self) -> Self {
                $t::from_bits(self.to_bits().wrapping_sub(other.to_bits()))
            }
            #[inline(always)]
            fn bits_and(self, other: Self) -> Self {
                $t::from_bits(self.to_bits() & other.to_bits())
            }
            #[inline(always)]
            fn bits_or(self, other: Self) -> Self {
                $t::from_bits(self.to_bits() | other.to_bits())
            }
            #[inline(always)]
            fn bits_xor(self, other: Self) -> Self {
                $t::from_bits(self.to_bits() ^ other.to_bits())
            }
            #[inline(always)]
            fn bits_shl(self, by: u32) -> Self {
                $t::from_bits(self.to_bits() << by)
            }
            #[inline(always)]
            fn bits_shr(self, by: u32) -> Self {
                $t::from_bits(self.to_bits() >> by)
            }
        }
    };
}

scalar!(f32, u32);
scalar!(f64, u64);
