//! Vectors in plain Rust: an array, of which the compiler makes whatever the processor has.

use std::array::from_fn;

use super::operators;
use crate::number::Vector;

macro_rules! portable {
    ($name:ident, $t:ident, $bits:ident, $lanes:literal) => {
        /// 64 bytes of numbers.
        #[derive(Clone, Copy)]
        pub(crate) struct $name([$t; $lanes]);

        impl $name {
            #[inline(always)]
            fn map2(self, other: Self, f: impl Fn($t, $t) -> $t) -> Self {
                Self(from_fn(|i| f(self.0[i], other.0[i])))
            }
            #[inline(always)]
            fn compare(self, other: Self, f: impl Fn(&$t, &$t) -> bool) -> [bool; $lanes] {
                from_fn(|i| f(&self.0[i], &other.0[i]))
            }
        }

        operators!(
            $name,
            |a: $name| $name(a.0.map(|a| -a)),
            |a: $name, b| a.map2(b, |a, b| a + b),
            |a: $name, b| a.map2(b, |a, b| a - b),
            |a: $name, b| a.map2(b, |a, b| a * b),
            |a: $name, b| a.map2(b, |a, b| a / b)
        );

        impl Vector for $name {
            type Scalar = $t;
            type Mask = [bool; $lanes];
            const LANES: usize = $lanes;

            #[inline(always)]
            fn splat(value: $t) -> Self {
                Self([value; $lanes])
            }
            #[inline(always)]
            fn splat_bits(bits: u64) -> Self {
                Self::splat($t::from_bits(bits as $bits))
            }
            #[inline(always)]
            unsafe fn load(from: *const $t) -> Self {
                // SAFETY: the caller vouches for LANES numbers from here on; no alignment is assumed.
                unsafe { Self(from.cast::<[$t; $lanes]>().read_unaligned()) }
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $t) {
                // SAFETY: the caller vouches for LANES numbers that may be written from here on; no alignment is assumed.
                unsafe { to.cast::<[$t; $lanes]>().write_unaligned(self.0) }
            }
            #[inline(always)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                Self(from_fn(|i| self.0[i].mul_add(a.0[i], b.0[i])))
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                Self(self.0.map($t::sqrt))
            }
            #[inline(always)]
            fn abs(self) -> Self {
                Self(self.0.map($t::abs))
            }
            #[inline(always)]
            fn le(self, other: Self) -> Self::Mask {
                self.compare(other, |a, b| a <= b)
            }
            #[inline(always)]
            fn lt(self, other: Self) -> Self::Mask {
                self.compare(other, |a, b| a < b)
            }
            #[inline(always)]
            fn is_nan(self) -> Self::Mask {
                self.0.map($t::is_nan)
            }
            #[inline(always)]
            fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
                Self(from_fn(|i| if mask[i] { yes.0[i] } else { no.0[i] }))
            }
            #[inline(always)]
            fn bits_add(self, other: Self) -> Self {
                self.map2(other, Vector::bits_add)
            }
            #[inline(always)]
            fn bits_sub(self, other: Self) -> Self {
                self.map2(other, Vector::bits_sub)
            }
            #[inline(always)]
            fn bits_and(self, other: Self) -> Self {
                self.map2(other, Vector::bits_and)
            }
            #[inline(always)]
            fn bits_or(self, other: Self) -> Self {
                self.map2(other, Vector::bits_or)
            }
            #[inline(always)]
            fn bits_xor(self, other: Self) -> Self {
                self.map2(other, Vector::bits_xor)
            }
            #[inline(always)]
            fn bits_shl(self, by: u32) -> Self {
                Self(self.0.map(|a| a.bits_shl(by)))
            }
            #[inline(always)]
            fn bits_shr(self, by: u32) -> Self {
                Self(self.0.map(|a| a.bits_shr(by)))
            }
        }
    };
}

portable!(PortableF32, f32, u32, 16);
portable!(PortableF64, f64, u64, 8);
