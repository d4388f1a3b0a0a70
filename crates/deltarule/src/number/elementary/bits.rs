//! What is done to exponents and signs.

use crate::number::{ElementaryFloat, Number, Vector};

/// The number type of a vector's lanes.
pub(super) type Lane<V> = <V as Vector>::Scalar;

/// 2ⁿ for a whole n whose power is a normal number.
#[inline(always)]
pub(super) fn power_of_two<V: Vector>(n: V) -> V {
    // The lowest bits of 1.5 · 2^MANTISSA + k are those of k; shifted up they are an exponent.
    let shift = 1.5 * (1_u64 << Lane::<V>::MANTISSA) as f64 + Lane::<V>::BIAS as f64;
    (n + V::constant(shift)).bits_shl(Lane::<V>::MANTISSA)
}

/// The number with the sign of another; it has none of its own.
#[inline(always)]
pub(super) fn with_sign<V: Vector>(size: V, sign: V) -> V {
    size.bits_or(sign.bits_and(V::splat(-Lane::<V>::ZERO)))
}
