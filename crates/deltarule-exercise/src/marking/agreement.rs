//! Whether a written number agrees with a computed one.

use super::answers::Written;
use super::approx::Approx;
use super::precision::WorkingPrecision;

/// What is allowed beside the digits as written.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MarkingOptions {
    /// An absolute difference.
    pub absolute: f64,
    /// A difference relative to the right number.
    pub relative: f64,
}

/// A number of few digits must still be this near, relatively: "1" is no answer where 0.7 is right.
const COARSEST: f64 = 0.25;

/// A number as small as this may be written as 0, however many digits the others have.
const NOTHING: f64 = 1e-12;

/// Whether a written number agrees with a computed one: to its last digit, rounded or cut off, and as far as intermediate
/// results rounded to as many digits let it drift.
pub(super) fn agrees(
    written: &Written,
    computed: Approx,
    precision: &WorkingPrecision,
    options: &MarkingOptions,
) -> bool {
    let difference = (written.value - computed.value).abs();
    // Less than a whole unit: 0.1 is not 0.2 with one digit.
    let mut unit = 10.0_f64.powi(-written.decimals);
    if written.decimals <= 0 && written.text.ends_with('0') {
        // 1390 may have three digits or four: as many as the student keeps elsewhere.
        unit = unit.max(2.0 * precision.half_unit(written.value));
    }
    let unit = unit * (1.0 - 1e-9);
    let finest = 10.0_f64.powi(-precision.decimals);
    let by_digits = if written.value == 0.0 {
        // 0.000 says how small it is, 0 does not.
        if written.decimals > 0 { 0.5 * unit } else { finest.max(NOTHING).min(0.5 * unit) }
    } else {
        unit.min((COARSEST * computed.value.abs()).max(finest))
    };
    let allowed =
        by_digits + computed.drift + options.absolute + options.relative * computed.value.abs();
    difference <= allowed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marking::approx::exact;

    fn agree(written: &str, value: f64) -> bool {
        let written = Written::parse(written).unwrap();
        let precision = WorkingPrecision::of_digits(4, 4);
        agrees(&written, exact(value), &precision, &MarkingOptions::default())
    }

    #[test]
    fn the_digits_as_written_count() {
        assert!(agree("0.549834", 0.549_833_997));
        assert!(agree("0.549833", 0.549_833_997), "cut off");
        assert!(agree("0.55", 0.549_833_997));
        assert!(agree("0.5498", 0.549_833_997));
        assert!(!agree("0.549836", 0.549_833_997));
        assert!(!agree("0.1", 0.2));
        assert!(!agree("1", 0.7));
        assert!(!agree("0", -0.11));
        assert!(agree("0", 0.000_01));
        assert!(agree("0.000", 0.000_4));
        assert!(!agree("-0.55", 0.55));
    }
}
