//! Vectors of AVX-512: one register of 64 bytes.

use std::arch::x86_64::*;

use super::avx2::{transpose_4x4, transpose_8x8, transpose_by_quarters};
use super::operators;
use crate::number::Vector;

/// The value of intrinsics of AVX-512 F and DQ on registers.
macro_rules! intrinsic {
    ($value:expr) => {
        // SAFETY: the instructions are there. Vectors of this file are made only by kernels that `table.rs` compiles with
        // these features and hands out for a processor that has them, and by tests that looked for them.
        unsafe { $value }
    };
}

macro_rules! avx512 {
    ($name:ident, $t:ident, $bits:ident, $register:ident, $mask:ident, $lanes:literal,
     splat $splat:ident, load $load:ident, store $store:ident, fma $fma:ident, sqrt $sqrt:ident, abs $abs:ident,
     add $add:ident, sub $sub:ident, mul $mul:ident, div $div:ident,
     max $max:ident, min $min:ident, scale $scale:ident, compare $compare:ident, blend $blend:ident,
     to_bits $to_bits:ident, from_bits $from_bits:ident, splat_bits $splat_bits:ident as $signed:ident,
     iadd $iadd:ident, isub $isub:ident, shl $shl:ident, shr $shr:ident,
     transpose $transpose:path, half $half:literal) => {
        /// 64 bytes of numbers.
        #[derive(Clone, Copy)]
        pub(crate) struct $name($register);

        impl $name {
            #[inline(always)]
            fn bits(self) -> __m512i {
                intrinsic!($to_bits(self.0))
            }
            #[inline(always)]
            fn of_bits(bits: __m512i) -> Self {
                Self(intrinsic!($from_bits(bits)))
            }
        }

        operators!(
            $name,
            |a: $name| a.bits_xor($name::splat(-0.0)),
            |a: $name, b: $name| $name(intrinsic!($add(a.0, b.0))),
            |a: $name, b: $name| $name(intrinsic!($sub(a.0, b.0))),
            |a: $name, b: $name| $name(intrinsic!($mul(a.0, b.0))),
            |a: $name, b: $name| $name(intrinsic!($div(a.0, b.0)))
        );

        impl Vector for $name {
            type Scalar = $t;
            type Mask = $mask;
            const LANES: usize = $lanes;

            transpose_by_quarters!($transpose, $half);

            #[inline(always)]
            fn splat(value: $t) -> Self {
                Self(intrinsic!($splat(value)))
            }
            #[inline(always)]
            fn splat_bits(bits: u64) -> Self {
                Self::of_bits(intrinsic!($splat_bits(bits as $signed)))
            }
            #[inline(always)]
            unsafe fn load(from: *const $t) -> Self {
                // SAFETY: the caller vouches for LANES numbers from here on, no alignment is asked for, and a caller of
                // this vector has AVX-512.
                Self(unsafe { $load(from) })
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $t) {
                // SAFETY: the caller vouches for LANES numbers that may be written from here on, no alignment is asked
                // for, and there is a vector, so AVX-512 too.
                unsafe { $store(to, self.0) }
            }
            #[inline(always)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                Self(intrinsic!($fma(self.0, a.0, b.0)))
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                Self(intrinsic!($sqrt(self.0)))
            }
            #[inline(always)]
            fn abs(self) -> Self {
                Self(intrinsic!($abs(self.0)))
            }
            #[inline(always)]
            fn le(self, other: Self) -> Self::Mask {
                intrinsic!($compare::<_CMP_LE_OQ>(self.0, other.0))
            }
            #[inline(always)]
            fn lt(self, other: Self) -> Self::Mask {
                intrinsic!($compare::<_CMP_LT_OQ>(self.0, other.0))
            }
            #[inline(always)]
            fn is_nan(self) -> Self::Mask {
                intrinsic!($compare::<_CMP_UNORD_Q>(self.0, self.0))
            }
            #[inline(always)]
            fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
                Self(intrinsic!($blend(mask, no.0, yes.0)))
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                Self(intrinsic!($max(self.0, other.0)))
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                Self(intrinsic!($min(self.0, other.0)))
            }
            #[inline(always)]
            fn scale(self, n: Self) -> Self {
                Self(intrinsic!($scale(self.0, n.0)))
            }
            #[inline(always)]
            fn bits_add(self, other: Self) -> Self {
                Self::of_bits(intrinsic!($iadd(self.bits(), other.bits())))
            }
            #[inline(always)]
            fn bits_sub(self, other: Self) -> Self {
                Self::of_bits(intrinsic!($isub(self.bits(), other.bits())))
            }
            #[inline(always)]
            fn bits_and(self, other: Self) -> Self {
                Self::of_bits(intrinsic!(_mm512_and_si512(self.bits(), other.bits())))
            }
            #[inline(always)]
            fn bits_or(self, other: Self) -> Self {
                Self::of_bits(intrinsic!(_mm512_or_si512(self.bits(), other.bits())))
            }
            #[inline(always)]
            fn bits_xor(self, other: Self) -> Self {
                Self::of_bits(intrinsic!(_mm512_xor_si512(self.bits(), other.bits())))
            }
            #[inline(always)]
            fn bits_shl(self, by: u32) -> Self {
                Self::of_bits(intrinsic!($shl(self.bits(), _mm_cvtsi32_si128(by as i32))))
            }
            #[inline(always)]
            fn bits_shr(self, by: u32) -> Self {
                Self::of_bits(intrinsic!($shr(self.bits(), _mm_cvtsi32_si128(by as i32))))
            }
        }
    };
}

avx512!(
    Avx512F32, f32, u32, __m512, __mmask16, 16,
    splat _mm512_set1_ps, load _mm512_loadu_ps, store _mm512_storeu_ps, fma _mm512_fmadd_ps, sqrt _mm512_sqrt_ps,
    abs _mm512_abs_ps, add _mm512_add_ps, sub _mm512_sub_ps, mul _mm512_mul_ps, div _mm512_div_ps,
    max _mm512_max_ps, min _mm512_min_ps, scale _mm512_scalef_ps,
    compare _mm512_cmp_ps_mask, blend _mm512_mask_blend_ps,
    to_bits _mm512_castps_si512, from_bits _mm512_castsi512_ps, splat_bits _mm512_set1_epi32 as i32,
    iadd _mm512_add_epi32, isub _mm512_sub_epi32, shl _mm512_sll_epi32, shr _mm512_srl_epi32,
    transpose transpose_8x8, half 8
);
avx512!(
    Avx512F64, f64, u64, __m512d, __mmask8, 8,
    splat _mm512_set1_pd, load _mm512_loadu_pd, store _mm512_storeu_pd, fma _mm512_fmadd_pd, sqrt _mm512_sqrt_pd,
    abs _mm512_abs_pd, add _mm512_add_pd, sub _mm512_sub_pd, mul _mm512_mul_pd, div _mm512_div_pd,
    max _mm512_max_pd, min _mm512_min_pd, scale _mm512_scalef_pd,
    compare _mm512_cmp_pd_mask, blend _mm512_mask_blend_pd,
    to_bits _mm512_castpd_si512, from_bits _mm512_castsi512_pd, splat_bits _mm512_set1_epi64 as i64,
    iadd _mm512_add_epi64, isub _mm512_sub_epi64, shl _mm512_sll_epi64, shr _mm512_srl_epi64,
    transpose transpose_4x4, half 4
);
