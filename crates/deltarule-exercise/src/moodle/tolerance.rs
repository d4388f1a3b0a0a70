//! How far a number may be from the answer.

use deltarule_document::{decimal, exponent};

/// Bounds of a trace are those of the worst case, with every operation rounded; who writes down results rounds each of them
/// once, up as often as down. A tenth of the bound covers that: a test rounds every intermediate result and looks.
const SHARE: f64 = 0.1;

/// One unit of the last digit asked for, and the drift that earlier results rounded to as many digits can cause.
///
/// `bound` is the bound on the rounding error of the value when everything is computed with doubles; rounding to n digits
/// is as much coarser as half a unit of the n-th digit is to the unit of a double.
pub(super) fn tolerance(value: f64, bound: f64, digits: usize) -> f64 {
    let digits = i32::try_from(digits).unwrap_or(i32::MAX);
    let unit = decimal(1, exponent(value) + 1 - digits);
    let roundoff = decimal(1, 1 - digits) / 2.0;
    unit + SHARE * bound / f64::EPSILON * roundoff
}

#[cfg(test)]
mod tests {
    use super::tolerance;

    #[test]
    fn a_unit_of_the_last_digit() {
        for (value, digits, expected) in
            [(0.549834, 4, 1e-4), (-0.05, 4, 1e-5), (12.3, 3, 0.1), (0.0, 4, 1e-3), (1.0, 1, 1.0)]
        {
            assert_eq!(tolerance(value, 0.0, digits), expected, "{value}");
        }
    }
}
