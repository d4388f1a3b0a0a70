//! ln x and ln(1 + x).
//!
//! x = 2ᵏ m with m between √½ and √2, so that ln x = k ln 2 + ln(1 + f) with f = m − 1, which is exact.

use super::bits::{Lane, with_sign};
use super::exponential::decay;
use crate::number::{ElementaryFloat, Number, Vector};

/// k + BIAS as an integer, and m, of a positive normal x = 2ᵏ m.
#[inline(always)]
fn split<V: Vector>(x: V) -> (V, V) {
    // Moved so that mantissas from √½ on have the exponent of 1.
    let moved = x.bits_add(V::splat_bits(Lane::<V>::BITS_OF_ONE - Lane::<V>::BITS_OF_ROOT_HALF));
    let mantissa = V::splat_bits((1 << Lane::<V>::MANTISSA) - 1);
    let m = moved.bits_and(mantissa).bits_add(V::splat_bits(Lane::<V>::BITS_OF_ROOT_HALF));
    (moved.bits_shr(Lane::<V>::MANTISSA), m)
}

/// The number that an integer stands for, less another number.
#[inline(always)]
fn whole<V: Vector>(integer: V, less: V) -> V {
    // The bits of 2^MANTISSA + k are those of 2^MANTISSA and of k.
    let offset = (1_u64 << Lane::<V>::MANTISSA) as f64;
    let bits = (Lane::<V>::BIAS + u64::from(Lane::<V>::MANTISSA)) << Lane::<V>::MANTISSA;
    integer.bits_or(V::splat_bits(bits)) - (V::constant(offset + Lane::<V>::BIAS as f64) + less)
}

/// k ln 2 + ln(1 + f)
#[inline(always)]
fn combine<V: Vector>(k: V, f: V) -> V {
    let [high, low] = Lane::<V>::LN2;
    let tail = k.mul_add(V::constant(low), Lane::<V>::log_tail(f));
    k.mul_add(V::constant(high), f + tail)
}

/// y = ln u where u > 0; −∞ at 0 and NaN below.
#[inline(always)]
fn where_positive<V: Vector>(u: V, y: V) -> V {
    let pole = V::splat(-Lane::<V>::INFINITY);
    let outside = V::select(u.lt(V::zero()), V::splat(Lane::<V>::NAN), pole);
    V::select(V::zero().lt(u), y, outside)
}

/// x where it is +∞ or NaN, else y.
#[inline(always)]
fn where_finite<V: Vector>(x: V, y: V) -> V {
    V::select(x.lt(V::splat(Lane::<V>::INFINITY)), y, x)
}

/// The natural logarithm.
#[inline(always)]
pub(crate) fn ln<V: Vector>(x: V) -> V {
    // Subnormal numbers are made normal first.
    let up = f64::from(Lane::<V>::MANTISSA);
    let subnormal = x.lt(V::constant(Lane::<V>::SMALLEST_NORMAL));
    let raised = x * V::constant((1_u64 << Lane::<V>::MANTISSA) as f64);
    let (k, m) = split(V::select(subnormal, raised, x));
    let k = whole(k, V::select(subnormal, V::constant(up), V::zero()));
    where_finite(x, where_positive(x, combine(k, m - V::one())))
}

/// ln(1 + x) without cancellation near 0.
///
/// 1 + x = u + e with the rounding error e of the sum, known exactly; f = (m − 1) + 2⁻ᵏ e.
#[inline(always)]
pub(crate) fn log1p<V: Vector>(x: V) -> V {
    let one = V::one();
    let u = one + x;
    let part = u - one;
    let error = (one - (u - part)) + (x - part);
    let (k, m) = split(u);
    let down = V::splat_bits(2 * Lane::<V>::BIAS).bits_sub(k).bits_shl(Lane::<V>::MANTISSA);
    let f = m - one;
    // Where x is so large that the 1 is lost, 2⁻ᵏ may be too small for a number.
    let large = V::constant((1_u64 << (Lane::<V>::MANTISSA + 4)) as f64);
    let f = V::select(x.lt(large), error.mul_add(down, f), f);
    // Only −0 has another sign than its logarithm.
    let y = with_sign(combine(whole(k, V::zero()), f), x);
    where_finite(x, where_positive(u, y))
}

/// ln(1 + x) for x between 0 and 1: the exponent is known but for a choice.
#[inline(always)]
pub(crate) fn log1p_of_fraction<V: Vector>(x: V) -> V {
    let large = V::constant(std::f64::consts::SQRT_2 - 1.0).lt(x);
    let half = V::constant(0.5);
    let f = V::select(large, half.mul_add(x, -half), x);
    combine(V::select(large, V::one(), V::zero()), f)
}

/// ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|)
#[inline(always)]
pub(crate) fn softplus<V: Vector>(x: V) -> V {
    softplus_from(x, decay(-x.abs()))
}

/// ln(1 + eˣ), given e^−|x|.
#[inline(always)]
pub(crate) fn softplus_from<V: Vector>(x: V, e: V) -> V {
    // In this order of its operands `max` passes on NaN.
    V::zero().max(x) + log1p_of_fraction(e)
}
