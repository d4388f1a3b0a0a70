//! Polynomials by Horner's rule.

use crate::number::Vector;

/// c₀ + c₁ x + c₂ x² + …
#[inline(always)]
pub(super) fn polynomial<V: Vector>(x: V, c: &[f64]) -> V {
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
pub(super) fn polynomial_in_two<V: Vector>(x: V, x2: V, c: &[f64]) -> V {
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
