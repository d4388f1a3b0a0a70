//! Whether a written number agrees with a computed one.

use super::answers::Written;
use super::approx::Approx;
use super::precision::{NEVER_EXACT, WorkingPrecision};

/// What is allowed beside the digits as written.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MarkingOptions {
    /// An absolute difference.
    pub absolute: f64,
    /// A difference relative to the right number.
    pub relative: f64,
}

/// How far from a number honest rounding of what it is computed from can lead, relatively.
///
/// With two significant digits every number that goes into a result is off by at most 5 %, and by 1.5 % on average; with three
/// by at most half a percent. What is further off than this is no number that was rounded: it is another number, and if
/// rounding did lead there, an intermediate result that was written down shows it.
pub(super) const CAP: f64 = 0.03;

/// A number of few digits must still be this near, relatively, unless they are the digits that the others have: "1" is no answer
/// where 0.7 is right.
const COARSEST: f64 = 0.25;

/// A plain 0 stands for less than half of this, however few decimals the others have.
const FINEST_ZERO: f64 = 0.01;

/// A number as small as this may be written as 0, however many digits the others have.
const NOTHING: f64 = 1e-12;

/// A number that was rounded to two more digits before is off by half a unit of the last digit, and of those.
const ROUNDED_TWICE: f64 = 0.505;

/// So small a share of what a number is made of is what cancelling leaves.
const LEFT_OVER: f64 = 1e-6;

/// From so many digits on a number may be cut off in place of rounded.
const CUT_OFF: u32 = 3;

/// Whether a number shows so little that it agrees with anything: a digit, and no second decimal.
pub(super) fn is_coarse(written: &Written) -> bool {
    written.value != 0.0 && written.significant < 2 && written.decimals < 2
}

/// Whether a number is the right one, and not a rounding of it.
pub(super) fn is_exact(written: &Written, right: f64) -> bool {
    (written.value - right).abs() <= 1e-9 * right.abs()
}

/// Whether a number is short because the right one ends there, or as good as: what keeps a divisor from being 0 shows in the
/// eighth digit.
pub(super) fn ends_there(written: &Written, right: f64) -> bool {
    written.significant < NEVER_EXACT && (written.value - right).abs() <= 1e-6 * right.abs()
}

/// Whether a written number agrees with a computed one: to its last digit, rounded or cut off, and as far as intermediate
/// results rounded to as many digits let it drift. It never has another sign, and never drifts by more than [`CAP`].
pub(super) fn agrees(
    written: &Written,
    computed: Approx,
    precision: &WorkingPrecision,
    options: &MarkingOptions,
) -> bool {
    agrees_for_size(written, computed, computed.value.abs(), precision, options)
}

/// The same for a number that is made of larger ones: a new weight may be the small difference of the old one and its step, and
/// it is the step that was rounded.
pub(super) fn agrees_for_size(
    written: &Written,
    computed: Approx,
    size: f64,
    precision: &WorkingPrecision,
    options: &MarkingOptions,
) -> bool {
    // What is left where two equal numbers cancel has no sign.
    let nothing = NOTHING.max(LEFT_OVER * size);
    if written.value * computed.value < 0.0 && computed.value.abs() > nothing {
        return false;
    }
    (written.value - computed.value).abs() <= allowed(written, computed, size, precision, options)
}

/// How far a written number may be from a computed one that is made of numbers of a size.
pub(super) fn allowed(
    written: &Written,
    computed: Approx,
    made_of: f64,
    precision: &WorkingPrecision,
    options: &MarkingOptions,
) -> f64 {
    let size = computed.value.abs();
    let mut unit = 10.0_f64.powi(-written.decimals);
    if written.decimals <= 0 && written.text.ends_with('0') {
        // 1390 may have three digits or four: as many as the student keeps elsewhere.
        unit = unit.max(2.0 * precision.half_unit(written.value));
    }
    let finest = 10.0_f64.powi(-precision.decimals);
    let has_many = written.significant >= CUT_OFF || written.decimals >= CUT_OFF as i32;
    // Less than a whole unit: 0.1 is not 0.2 with one digit.
    let of_unit = if has_many { 1.0 - 1e-9 } else { ROUNDED_TWICE };
    let by_digits = if written.value == 0.0 {
        // 0.000 says how small it is, 0 does not.
        let finest = finest.min(FINEST_ZERO);
        if written.decimals > 0 { 0.5 * unit } else { (0.5 * finest).max(NOTHING).min(0.5 * unit) }
    } else if is_coarse(written) && !precision.trusts_coarse {
        (0.5 * unit).min(CAP * size)
    } else {
        (of_unit * unit).min((COARSEST * size).max(of_unit * finest))
    };
    // What a zero is off says nothing of its size.
    let cap = CAP * size.max(made_of);
    let drift = if size <= NOTHING { computed.drift } else { computed.drift.min(cap) };
    by_digits + drift + options.absolute + options.relative * size
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
        assert!(agree("0.50", 0.503) && !agree("0.50", 0.509), "not of two digits");
        assert!(agree("0.55", 0.549_833_997));
        assert!(agree("0.5498", 0.549_833_997));
        assert!(!agree("0.549836", 0.549_833_997));
        assert!(!agree("0.1", 0.2));
        assert!(!agree("1", 0.7));
        assert!(!agree("0", -0.11));
        assert!(agree("0", 0.000_01));
        assert!(agree("0.000", 0.000_4));
        assert!(!agree("-0.55", 0.55));
        assert!(!agree("-0.0001", 0.000_02), "another sign");
        assert!(!agree("0.5", 0.549_8), "a digit tells nothing");
        let drifted = Approx { value: 0.5, drift: 0.4 };
        let precision = WorkingPrecision::of_digits(4, 4);
        let near = |text: &str| {
            let written = Written::parse(text).unwrap();
            agrees(&written, drifted, &precision, &MarkingOptions::default())
        };
        assert!(near("0.51") && !near("0.53"), "further off than a few per cent");
    }
}
