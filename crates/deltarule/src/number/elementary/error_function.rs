//! erf, erfc and the normal distribution.
//!
//! For |x| < ½: erf(x) = x + x P(x²) with a polynomial P. From there on erfc(a) = exp(−a²) Q(a) for a = |x|, with
//! Q(a) = P(t) / (1 + 2a) and another polynomial P; t = (a − K) / (a + K) brings the half line into an interval. a² is
//! carried with its rounding error, which exp would magnify.

use super::bits::{Lane, with_sign};
use super::exponential::parts;
use crate::number::{ElementaryFloat, Vector};

/// Where the one polynomial hands over to the other.
const HANDOVER: f64 = 0.5;

/// (1 + m) Q(a) for a ≥ ½, rounded little more than once.
#[inline(always)]
fn scaled_tail<V: Vector>(m: V, a: V) -> V {
    let k = V::constant(Lane::<V>::ERFC_K);
    let numerator = Lane::<V>::erfc_tail((a - k) / (a + k));
    let twice = a + a;
    let denominator = V::one() + twice;
    let rounding = V::one() - (denominator - twice);
    let inverse = V::one() / denominator;
    let q = numerator * inverse;
    // What q (1 + 2a) lacks of the numerator, exactly but for the last rounding.
    let lacking = (-q).mul_add(rounding, (-q).mul_add(denominator, numerator));
    let low = lacking * inverse;
    q + q.mul_add(m, low.mul_add(m, low))
}

/// erfc(a) for a ≥ ½.
#[inline(always)]
fn tail<V: Vector>(a: V) -> V {
    let a = V::constant(Lane::<V>::ERFC_HIGH).min(a);
    let square = a * a;
    let (n, m) = parts(-square, (-a).mul_add(a, square));
    scaled_tail(m, a).scale(n)
}

/// erf(x) / x − 1 for |x| < ½.
#[inline(always)]
fn near<V: Vector>(x: V) -> V {
    Lane::<V>::erf_tail(x * x)
}

/// The error function.
#[inline(always)]
pub(crate) fn erf<V: Vector>(x: V) -> V {
    let size = x.abs();
    let far = with_sign(V::one() - tail(size), x);
    V::select(size.lt(V::constant(HANDOVER)), x.mul_add(near(x), x), far)
}

/// The complementary error function 1 − erf(x); its digits are right to the far end of the tail.
#[inline(always)]
pub(crate) fn erfc<V: Vector>(x: V) -> V {
    let size = x.abs();
    let tail = tail(size);
    let far = V::select(x.lt(V::zero()), V::constant(2.0) - tail, tail);
    let close = (-x).mul_add(near(x), V::one() - x);
    V::select(size.lt(V::constant(HANDOVER)), close, far)
}

/// Φ(x) = ½ erfc(−x/√2) and φ(x) = exp(−x²/2) / √(2π) from one exponential.
///
/// The exponent is that of x itself, so that no digit of Φ is lost to the rounding of x/√2.
#[inline(always)]
pub(crate) fn normal<V: Vector>(x: V) -> (V, V) {
    let half = V::constant(0.5);
    let high = V::constant(Lane::<V>::ERFC_HIGH * std::f64::consts::SQRT_2);
    let size = high.min(x.abs());
    let halved = half * size;
    let exponent = halved * size;
    let (n, m) = parts(-exponent, (-halved).mul_add(size, exponent));
    let a = size * V::constant(std::f64::consts::FRAC_1_SQRT_2);
    let tail = (half * scaled_tail(m, a)).scale(n);
    let far = V::select(x.lt(V::zero()), tail, V::one() - tail);
    let halved = half * with_sign(a, x);
    let close = halved.mul_add(near(a), half + halved);
    let cumulative = V::select(a.lt(V::constant(HANDOVER)), close, far);
    // 1 / √(2π) = ½ · √½ · 2/√π
    let factor = 0.5 * std::f64::consts::FRAC_1_SQRT_2 * std::f64::consts::FRAC_2_SQRT_PI;
    let factor = V::constant(factor);
    (cumulative, factor.mul_add(m, factor).scale(n))
}
