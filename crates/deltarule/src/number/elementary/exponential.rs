//! eˣ and what is made of it.
//!
//! x = n ln 2 + r with a whole n and |r| ≤ ½ ln 2, so that eˣ = 2ⁿ eʳ, and eʳ = 1 + r + r² P(r) with a polynomial P.
//! n ln 2 is taken off in two parts with fused multiply-adds: the first leaves no rounding error.

use super::bits::{Lane, power_of_two, with_sign};
use crate::number::{ElementaryFloat, Vector};

/// n and r of x = n ln 2 + r.
#[inline(always)]
fn reduce<V: Vector>(x: V) -> (V, V) {
    // Adding 1.5 · 2^MANTISSA leaves no bits for a fraction: the sum is rounded to a whole number.
    let shift = V::constant(1.5 * (1_u64 << Lane::<V>::MANTISSA) as f64);
    let n = x.mul_add(V::constant(std::f64::consts::LOG2_E), shift) - shift;
    let [high, low] = Lane::<V>::LN2;
    let r = n.mul_add(V::constant(-high), x);
    (n, n.mul_add(V::constant(-low), r))
}

/// eʳ − 1 for a reduced r.
#[inline(always)]
fn expm1_of_reduced<V: Vector>(r: V) -> V {
    let r2 = r * r;
    r2.mul_add(Lane::<V>::exp_tail(r, r2), r)
}

/// n and m of e^(x + low) = 2ⁿ (1 + m), with 1 + m between √½ and √2; `low` is a small correction of x.
#[inline(always)]
pub(super) fn parts<V: Vector>(x: V, low: V) -> (V, V) {
    let (n, r) = reduce(x);
    (n, expm1_of_reduced(r + low))
}

/// eˣ
#[inline(always)]
pub(crate) fn exp<V: Vector>(x: V) -> V {
    // In this order of its operands `min` passes on NaN.
    decay(V::constant(Lane::<V>::EXP_RANGE[1]).min(x))
}

/// eˣ for an x that is known not to be large, such as one that is not positive: one operation less.
#[inline(always)]
pub(crate) fn decay<V: Vector>(x: V) -> V {
    let (n, r) = reduce(V::constant(Lane::<V>::EXP_RANGE[0]).max(x));
    (V::one() + expm1_of_reduced(r)).scale(n)
}

/// eˣ − 1 without cancellation near 0.
///
/// 2ⁿ (eʳ − 1) + (2ⁿ − 1), by halves because 2ⁿ may be beyond the largest number where eˣ is not.
#[inline(always)]
pub(crate) fn expm1<V: Vector>(x: V) -> V {
    let within = V::constant(Lane::<V>::EXPM1_LOW).max(x);
    let (n, r) = reduce(V::constant(Lane::<V>::EXP_RANGE[1]).min(within));
    let half = power_of_two(n - V::one());
    let y = half.mul_add(expm1_of_reduced(r), half - V::constant(0.5));
    // Halves of subnormal numbers lose a bit, and −0 loses its sign: there eˣ − 1 = x.
    let tiny = x.abs().lt(V::constant(Lane::<V>::SMALLEST_NORMAL * 4.0));
    V::select(tiny, x, y + y)
}

/// tanh x = m / (m + 2) with m = e^(2|x|) − 1, and the sign of x.
#[inline(always)]
pub(crate) fn tanh<V: Vector>(x: V) -> V {
    let size = V::constant(Lane::<V>::TANH_HIGH).min(x.abs());
    let (n, r) = reduce(size + size);
    let power = power_of_two(n);
    let m = power.mul_add(expm1_of_reduced(r), power - V::one());
    with_sign(m / (m + V::constant(2.0)), x)
}

/// σ(x) = 1 / (1 + e⁻ˣ), or eˣ / (1 + eˣ) for a negative x, so that nothing overflows.
#[inline(always)]
pub(crate) fn sigmoid<V: Vector>(x: V) -> V {
    sigmoid_from(x, decay(-x.abs()))
}

/// σ(x), given e^−|x|.
#[inline(always)]
pub(crate) fn sigmoid_from<V: Vector>(x: V, e: V) -> V {
    V::select(V::zero().le(x), V::one(), e) / (V::one() + e)
}
