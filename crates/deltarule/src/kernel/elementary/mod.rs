//! exp, ln, tanh and their kin for vectors of numbers, and for a single number as a vector with one lane.
//!
//! - [`exponential`]: exp, expm1, tanh, the logistic function
//! - [`logarithm`]: ln, log1p, softplus
//! - [`error_function`]: erf, erfc, the normal distribution
//! - `single`, `double`: what differs between the precisions, polynomials above all
//!
//! Every function is a straight line of operations of [`Vector`], with selections where a formula has cases: no
//! branches, no tables, one order of evaluation. So all instruction sets agree to the bit, and with a single number.
//! How many units in the last place a result is off the correctly rounded one, at most: in single precision of all
//! numbers, in double precision of all that were tried.
//!
//! | | exp | expm1 | ln | log1p | tanh | sigmoid | softplus | erf | erfc | Φ | φ |
//! |---|---|---|---|---|---|---|---|---|---|---|---|
//! | single | 1 | 2 | 1 | 1 | 2 | 2 | 2 | 1 | 2 | 3 | 1 |
//! | double | 1 | 2 | 1 | 1 | 2 | 2 | 2 | 2 | 3 | 3 | 2 |
//!
//! The polynomials interpolate at Chebyshev points; `oracle/coefficients.py` computes them from the formulas, and a
//! test compares.

mod double;
mod error_function;
mod exponential;
mod logarithm;
mod single;
#[cfg(test)]
mod tests;

pub(crate) use error_function::{erf, erfc, normal};
pub(crate) use exponential::{decay, exp, expm1, sigmoid, sigmoid_from, tanh};
pub(crate) use logarithm::{ln, log1p, log1p_of_fraction, softplus, softplus_from};

use super::simd::Vector;
use crate::float::Float;

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

/// The number type of a vector's lanes.
type Lane<V> = <V as Vector>::Scalar;

/// c₀ + c₁ x + c₂ x² + …
#[inline(always)]
fn polynomial<V: Vector>(x: V, c: &[f64]) -> V {
    let mut sum = V::constant(c[c.len() - 1]);
    let mut i = c.len() - 1;
    while i > 0 {
        i -= 1;
        sum = sum.mul_add(x, V::constant(c[i]));
    }
    sum
}

/// The same with x2 = x², the even powers and the odd ones beside each other: half the latency.
#[inline(always)]
fn polynomial_in_two<V: Vector>(x: V, x2: V, c: &[f64]) -> V {
    let last = c.len() - 1;
    let mut sums = [V::constant(c[last]), V::constant(c[last - 1])];
    let mut i = last - 1;
    while i > 1 {
        sums[0] = sums[0].mul_add(x2, V::constant(c[i - 1]));
        sums[1] = sums[1].mul_add(x2, V::constant(c[i - 2]));
        i -= 2;
    }
    if i == 1 {
        // An odd number of coefficients: the chain with the last one is the even one, and lacks c₀.
        sums[0] = sums[0].mul_add(x2, V::constant(c[0]));
        return sums[1].mul_add(x, sums[0]);
    }
    sums[0].mul_add(x, sums[1])
}

/// 2ⁿ for a whole n whose power is a normal number.
#[inline(always)]
fn power_of_two<V: Vector>(n: V) -> V {
    // The lowest bits of 1.5 · 2^MANTISSA + k are those of k; shifted up they are an exponent.
    let shift = 1.5 * (1_u64 << Lane::<V>::MANTISSA) as f64 + Lane::<V>::BIAS as f64;
    (n + V::constant(shift)).bits_shl(Lane::<V>::MANTISSA)
}

/// The number with the sign of another; it has none of its own.
#[inline(always)]
fn with_sign<V: Vector>(size: V, sign: V) -> V {
    size.bits_or(sign.bits_and(V::splat(-Lane::<V>::ZERO)))
}
