//! Vectors of AVX2 with FMA: a pair of registers of 32 bytes.

use std::arch::x86_64::*;

use super::operators;
use crate::number::Vector;

/// Transposes a square by its quarters.
macro_rules! transpose_by_quarters {
    ($quarter:path, $half:literal) => {
        #[inline(always)]
        unsafe fn transpose(
            from: *const Self::Scalar,
            from_row: usize,
            to: *mut Self::Scalar,
            to_row: usize,
        ) {
            for i in 0..2 {
                for j in 0..2 {
                    // SAFETY: the quarter (i, j) lies inside the square, whose rows the caller vouches for; who makes
                    // vectors of this type has AVX2.
                    unsafe {
                        let from = from.add(i * $half * from_row + j * $half);
                        $quarter(from, from_row, to.add(j * $half * to_row + i * $half), to_row);
                    }
                }
            }
        }
    };
}
pub(super) use transpose_by_quarters;

/// The value of intrinsics of AVX2 and FMA on registers.
macro_rules! intrinsic {
    ($value:expr) => {
        // SAFETY: the instructions are there. Vectors of this file are made only by kernels that `table.rs` compiles with
        // these features and hands out for a processor that has them, and by tests that looked for them.
        unsafe { $value }
    };
}

macro_rules! avx2 {
    ($name:ident, $t:ident, $bits:ident, $register:ident, $lanes:literal,
     splat $splat:ident, load $load:ident, store $store:ident, fma $fma:ident, sqrt $sqrt:ident,
     add $add:ident, sub $sub:ident, mul $mul:ident, div $div:ident, and_not $and_not:ident,
     max $max:ident, min $min:ident,
     compare $compare:ident, blend $blend:ident,
     to_bits $to_bits:ident, from_bits $from_bits:ident, splat_bits $splat_bits:ident as $signed:ident,
     iadd $iadd:ident, isub $isub:ident, shl $shl:ident, shr $shr:ident,
     transpose $transpose:path) => {
        /// 64 bytes of numbers.
        #[derive(Clone, Copy)]
        pub(crate) struct $name([$register; 2]);

        impl $name {
            #[inline(always)]
            fn map2(self, other: Self, f: impl Fn($register, $register) -> $register) -> Self {
                Self([f(self.0[0], other.0[0]), f(self.0[1], other.0[1])])
            }
            #[inline(always)]
            fn map_bits(self, f: impl Fn(__m256i) -> __m256i) -> Self {
                let bits = self.0.map(|a| f(intrinsic!($to_bits(a))));
                Self(bits.map(|bits| intrinsic!($from_bits(bits))))
            }
            #[inline(always)]
            fn map2_bits(self, other: Self, f: impl Fn(__m256i, __m256i) -> __m256i) -> Self {
                self.map2(other, |a, b| {
                    let bits = f(intrinsic!($to_bits(a)), intrinsic!($to_bits(b)));
                    intrinsic!($from_bits(bits))
                })
            }
        }

        operators!(
            $name,
            |a: $name| a.bits_xor($name::splat(-0.0)),
            |a: $name, b| a.map2(b, |a, b| intrinsic!($add(a, b))),
            |a: $name, b| a.map2(b, |a, b| intrinsic!($sub(a, b))),
            |a: $name, b| a.map2(b, |a, b| intrinsic!($mul(a, b))),
            |a: $name, b| a.map2(b, |a, b| intrinsic!($div(a, b)))
        );

        impl Vector for $name {
            type Scalar = $t;
            type Mask = [$register; 2];
            const LANES: usize = 2 * $lanes;

            transpose_by_quarters!($transpose, $lanes);

            #[inline(always)]
            fn splat(value: $t) -> Self {
                Self([intrinsic!($splat(value)); 2])
            }
            #[inline(always)]
            fn splat_bits(bits: u64) -> Self {
                Self([intrinsic!($from_bits($splat_bits(bits as $signed))); 2])
            }
            #[inline(always)]
            unsafe fn load(from: *const $t) -> Self {
                // SAFETY: the caller vouches for LANES numbers from here on, no alignment is asked for, and a caller of
                // this vector has AVX2.
                unsafe { Self([$load(from), $load(from.add($lanes))]) }
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $t) {
                // SAFETY: the caller vouches for LANES numbers that may be written from here on, no alignment is asked
                // for, and there is a vector, so AVX2 too.
                unsafe {
                    $store(to, self.0[0]);
                    $store(to.add($lanes), self.0[1]);
                }
            }
            #[inline(always)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                intrinsic!(Self([$fma(self.0[0], a.0[0], b.0[0]), $fma(self.0[1], a.0[1], b.0[1])]))
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                Self(self.0.map(|a| intrinsic!($sqrt(a))))
            }
            #[inline(always)]
            fn abs(self) -> Self {
                Self(self.0.map(|a| intrinsic!($and_not($splat(-0.0), a))))
            }
            #[inline(always)]
            fn le(self, other: Self) -> Self::Mask {
                self.map2(other, |a, b| intrinsic!($compare::<_CMP_LE_OQ>(a, b))).0
            }
            #[inline(always)]
            fn lt(self, other: Self) -> Self::Mask {
                self.map2(other, |a, b| intrinsic!($compare::<_CMP_LT_OQ>(a, b))).0
            }
            #[inline(always)]
            fn is_nan(self) -> Self::Mask {
                self.0.map(|a| intrinsic!($compare::<_CMP_UNORD_Q>(a, a)))
            }
            #[inline(always)]
            fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
                intrinsic!(Self([
                    $blend(no.0[0], yes.0[0], mask[0]),
                    $blend(no.0[1], yes.0[1], mask[1]),
                ]))
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                self.map2(other, |a, b| intrinsic!($max(a, b)))
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                self.map2(other, |a, b| intrinsic!($min(a, b)))
            }
            #[inline(always)]
            fn bits_add(self, other: Self) -> Self {
                self.map2_bits(other, |a, b| intrinsic!($iadd(a, b)))
            }
            #[inline(always)]
            fn bits_sub(self, other: Self) -> Self {
                self.map2_bits(other, |a, b| intrinsic!($isub(a, b)))
            }
            #[inline(always)]
            fn bits_and(self, other: Self) -> Self {
                self.map2_bits(other, |a, b| intrinsic!(_mm256_and_si256(a, b)))
            }
            #[inline(always)]
            fn bits_or(self, other: Self) -> Self {
                self.map2_bits(other, |a, b| intrinsic!(_mm256_or_si256(a, b)))
            }
            #[inline(always)]
            fn bits_xor(self, other: Self) -> Self {
                self.map2_bits(other, |a, b| intrinsic!(_mm256_xor_si256(a, b)))
            }
            #[inline(always)]
            fn bits_shl(self, by: u32) -> Self {
                self.map_bits(|a| intrinsic!($shl(a, _mm_cvtsi32_si128(by as i32))))
            }
            #[inline(always)]
            fn bits_shr(self, by: u32) -> Self {
                self.map_bits(|a| intrinsic!($shr(a, _mm_cvtsi32_si128(by as i32))))
            }
        }
    };
}

avx2!(
    Avx2F32, f32, u32, __m256, 8,
    splat _mm256_set1_ps, load _mm256_loadu_ps, store _mm256_storeu_ps, fma _mm256_fmadd_ps, sqrt _mm256_sqrt_ps,
    add _mm256_add_ps, sub _mm256_sub_ps, mul _mm256_mul_ps, div _mm256_div_ps, and_not _mm256_andnot_ps,
    max _mm256_max_ps, min _mm256_min_ps,
    compare _mm256_cmp_ps, blend _mm256_blendv_ps,
    to_bits _mm256_castps_si256, from_bits _mm256_castsi256_ps, splat_bits _mm256_set1_epi32 as i32,
    iadd _mm256_add_epi32, isub _mm256_sub_epi32, shl _mm256_sll_epi32, shr _mm256_srl_epi32,
    transpose transpose_8x8
);
avx2!(
    Avx2F64, f64, u64, __m256d, 4,
    splat _mm256_set1_pd, load _mm256_loadu_pd, store _mm256_storeu_pd, fma _mm256_fmadd_pd, sqrt _mm256_sqrt_pd,
    add _mm256_add_pd, sub _mm256_sub_pd, mul _mm256_mul_pd, div _mm256_div_pd, and_not _mm256_andnot_pd,
    max _mm256_max_pd, min _mm256_min_pd,
    compare _mm256_cmp_pd, blend _mm256_blendv_pd,
    to_bits _mm256_castpd_si256, from_bits _mm256_castsi256_pd, splat_bits _mm256_set1_epi64x as i64,
    iadd _mm256_add_epi64, isub _mm256_sub_epi64, shl _mm256_sll_epi64, shr _mm256_srl_epi64,
    transpose transpose_4x4
);

/// Transposes a square of 8 × 8 numbers; the rows are so many numbers apart on either side.
///
/// # Safety
/// The processor has AVX, and all rows are readable and writable.
#[inline(always)]
pub(super) unsafe fn transpose_8x8(from: *const f32, from_row: usize, to: *mut f32, to_row: usize) {
    // SAFETY: the caller vouches for AVX, and for 8 numbers in each of the 8 rows, of which i is one.
    unsafe {
        let r: [__m256; 8] = std::array::from_fn(|i| _mm256_loadu_ps(from.add(i * from_row)));
        // Pairs of rows, then fours, then halves.
        let mut pairs = [_mm256_setzero_ps(); 8];
        let mut fours = pairs;
        for i in 0..4 {
            pairs[2 * i] = _mm256_unpacklo_ps(r[2 * i], r[2 * i + 1]);
            pairs[2 * i + 1] = _mm256_unpackhi_ps(r[2 * i], r[2 * i + 1]);
        }
        for i in 0..2 {
            let [a, b, c, d] = [0, 1, 2, 3].map(|j| pairs[4 * i + j]);
            fours[4 * i] = _mm256_shuffle_ps::<0x44>(a, c);
            fours[4 * i + 1] = _mm256_shuffle_ps::<0xee>(a, c);
            fours[4 * i + 2] = _mm256_shuffle_ps::<0x44>(b, d);
            fours[4 * i + 3] = _mm256_shuffle_ps::<0xee>(b, d);
        }
        for i in 0..4 {
            let (low, high) = (fours[i], fours[i + 4]);
            _mm256_storeu_ps(to.add(i * to_row), _mm256_permute2f128_ps::<0x20>(low, high));
            _mm256_storeu_ps(to.add((i + 4) * to_row), _mm256_permute2f128_ps::<0x31>(low, high));
        }
    }
}

/// Transposes a square of 4 × 4 numbers; the rows are so many numbers apart on either side.
///
/// # Safety
/// The processor has AVX, and all rows are readable and writable.
#[inline(always)]
pub(super) unsafe fn transpose_4x4(from: *const f64, from_row: usize, to: *mut f64, to_row: usize) {
    // SAFETY: the caller vouches for AVX, and for 4 numbers in each of the 4 rows, of which i is one.
    unsafe {
        let r: [__m256d; 4] = std::array::from_fn(|i| _mm256_loadu_pd(from.add(i * from_row)));
        let (a, b) = (_mm256_unpacklo_pd(r[0], r[1]), _mm256_unpackhi_pd(r[0], r[1]));
        let (c, d) = (_mm256_unpacklo_pd(r[2], r[3]), _mm256_unpackhi_pd(r[2], r[3]));
        _mm256_storeu_pd(to, _mm256_permute2f128_pd::<0x20>(a, c));
        _mm256_storeu_pd(to.add(to_row), _mm256_permute2f128_pd::<0x20>(b, d));
        _mm256_storeu_pd(to.add(2 * to_row), _mm256_permute2f128_pd::<0x31>(a, c));
        _mm256_storeu_pd(to.add(3 * to_row), _mm256_permute2f128_pd::<0x31>(b, d));
    }
}
