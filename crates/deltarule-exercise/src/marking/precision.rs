//! How many digits a student works with, and what rounding to them loses.

use super::answers::Written;
use super::quantity::Quantity;

/// The digits that a student keeps.
///
/// Nobody says whether digits are counted from the point or from the first that is not 0; of the two the coarser counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct WorkingPrecision {
    pub(super) decimals: i32,
    pub(super) significant: u32,
    /// The significant digits of what is judged, or of most numbers if those are more, however digits are counted: a number that
    /// has as many was cut off there. (A shorter one may just end.)
    pub(super) kept: u32,
    /// How intermediate results are rounded, where that is known; else any of them may be off by half a unit.
    pub(super) rounding: Option<(Rounding, Rounded)>,
    /// Whether errors are followed at all; values alone are found several times faster.
    pub(super) errors: bool,
    /// Whether a number of one digit counts as a rounding of another: where the rest of the answer shows the work.
    pub(super) trusts_coarse: bool,
}

/// How a student counts digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digits {
    /// From the point.
    Decimals,
    /// From the first that is not 0.
    Significant,
    /// It does not show.
    Either,
}

/// By so much more of the numbers must one way of counting come out even before it is believed.
const CLEARLY: f64 = 0.1;

/// Numbers of so many significant digits hardly ever just end there.
pub(super) const NEVER_EXACT: u32 = 5;

/// Numbers of at least so many digits show how digits are counted.
const LONG: u32 = 3;

/// How often the most frequent of some numbers is among them.
fn most_frequent(numbers: impl Iterator<Item = i64>) -> usize {
    let mut counts: std::collections::BTreeMap<i64, usize> = std::collections::BTreeMap::new();
    for number in numbers {
        *counts.entry(number).or_default() += 1;
    }
    counts.into_values().max().unwrap_or(0)
}

/// More digits than any number has.
const NO_LIMIT: u32 = 40;

impl Digits {
    /// Which way of counting comes out even for most of the numbers. Short ones do not tell: they may just end there.
    pub(super) fn of<'a>(numbers: impl IntoIterator<Item = &'a Written>) -> Self {
        let is_long = |number: &&Written| {
            number.value != 0.0 && (number.significant >= LONG || number.decimals >= LONG as i32)
        };
        let long: Vec<&Written> = numbers.into_iter().filter(is_long).collect();
        let decimals = most_frequent(long.iter().map(|number| i64::from(number.decimals)));
        let significant = most_frequent(long.iter().map(|number| i64::from(number.significant)));
        match (significant as f64 - decimals as f64) / long.len().max(1) as f64 {
            lead if lead > CLEARLY => Self::Significant,
            lead if lead < -CLEARLY => Self::Decimals,
            _ => Self::Either,
        }
    }

    /// A precision that counts in this way only.
    pub(super) fn only(self, precision: WorkingPrecision) -> WorkingPrecision {
        match self {
            Self::Decimals => WorkingPrecision { significant: NO_LIMIT, ..precision },
            Self::Significant => WorkingPrecision { decimals: NO_LIMIT as i32, ..precision },
            Self::Either => precision,
        }
    }
}

/// Which intermediate results are rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounded {
    All,
    Outputs,
    Deltas,
    OutputsAndDeltas,
}

impl Rounded {
    pub(super) const ALL: [Self; 4] =
        [Self::All, Self::OutputsAndDeltas, Self::Outputs, Self::Deltas];

    /// Whether a quantity is rounded; none stands for what is computed on the way to one.
    pub(super) fn holds(self, quantity: Option<Quantity>) -> bool {
        let output = matches!(quantity, Some(Quantity::X(_)));
        let delta = matches!(quantity, Some(Quantity::Delta(_)));
        match self {
            Self::All => true,
            Self::Outputs => output,
            Self::Deltas => delta,
            Self::OutputsAndDeltas => output || delta,
        }
    }
}

/// Rounding to a number of digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Rounding {
    /// Digits behind the point.
    Decimals(i32),
    /// Digits from the first that is not 0.
    Significant(u32),
}

impl Rounding {
    pub(super) fn apply(self, value: f64) -> f64 {
        let decimals = match self {
            Self::Decimals(decimals) => decimals,
            Self::Significant(digits) => decimals_for(value, digits),
        };
        let scale = 10.0_f64.powi(decimals);
        let rounded = (value * scale).round() / scale;
        if rounded.is_finite() { rounded } else { value }
    }
}

/// Beyond this a digit is worth nothing in double precision.
const MOST_DECIMALS: i32 = 300;

/// How many decimals give a value this many significant digits.
fn decimals_for(value: f64, significant: u32) -> i32 {
    if value == 0.0 || !value.is_finite() {
        return significant as i32;
    }
    significant as i32 - 1 - value.abs().log10().floor() as i32
}

impl WorkingPrecision {
    /// So many digits either way, with errors.
    pub(super) const fn of_digits(decimals: i32, significant: u32) -> Self {
        Self {
            decimals,
            significant,
            kept: significant,
            rounding: None,
            errors: true,
            trusts_coarse: false,
        }
    }

    /// The same for a quick look at values alone.
    pub(super) fn quick(self) -> Self {
        Self { errors: false, ..self }
    }

    /// Half a unit of the last digit of a number as it was written, or as a student would write it down.
    pub(super) fn half_unit_of(&self, written: &Written) -> f64 {
        let half = self.half_unit(written.value);
        let is_cut_off = written.significant >= self.kept.max(NEVER_EXACT);
        if is_cut_off { half.max(0.5 * 10.0_f64.powi(-written.decimals)) } else { half }
    }

    /// Half a unit of the last digit that a student would write down for a value.
    pub(super) fn half_unit(&self, value: f64) -> f64 {
        if value == 0.0 {
            return 0.0;
        }
        let decimals = self.decimals.min(decimals_for(value, self.significant)).min(MOST_DECIMALS);
        0.5 * 10.0_f64.powi(-decimals)
    }

    /// The digits that are kept of a quantity. What an optimiser remembers can be so small (squares of gradients) that nobody
    /// cuts it off behind the point.
    pub(super) fn of(&self, quantity: Option<Quantity>) -> Self {
        let is_remembered = matches!(
            quantity,
            Some(
                Quantity::StateWeights(..)
                    | Quantity::StateBiases(..)
                    | Quantity::CorrectedWeights(..)
                    | Quantity::CorrectedBiases(..)
            )
        );
        if !is_remembered {
            return *self;
        }
        let significant = self.significant.min(u32::try_from(self.decimals.max(1)).unwrap_or(1));
        let rounding = self.rounding.map(|(rounding, which)| match rounding {
            Rounding::Decimals(d) => {
                (Rounding::Significant(u32::try_from(d.max(1)).unwrap_or(1)), which)
            }
            Rounding::Significant(_) => (rounding, which),
        });
        Self { decimals: NO_LIMIT as i32, significant, rounding, ..*self }
    }

    /// What a value may lose when it is written down; `drift` is how far off it may be already.
    pub(super) fn loss(&self, value: f64, drift: f64) -> f64 {
        let half = self.half_unit(value);
        if drift > EXACT * half {
            return half;
        }
        // The value is known: so is what rounding makes of it, which for short numbers is nothing.
        let lost = |rounding: Rounding| (rounding.apply(value) - value).abs();
        lost(Rounding::Decimals(self.decimals))
            .max(lost(Rounding::Significant(self.significant)))
            .min(half)
    }

    /// The ways in which intermediate results may have been rounded to these digits.
    pub(super) fn roundings(&self) -> Vec<(Rounding, Rounded)> {
        let mut ways = Vec::new();
        if self.decimals < NO_LIMIT as i32 {
            ways.push(Rounding::Decimals(self.decimals));
        }
        if self.significant < NO_LIMIT {
            ways.push(Rounding::Significant(self.significant));
        }
        ways.into_iter().flat_map(|way| Rounded::ALL.map(|which| (way, which))).collect()
    }

    /// The digits of the longest of some numbers.
    pub(super) fn longest<'a>(numbers: impl IntoIterator<Item = &'a Written>) -> Option<Self> {
        let mut longest: Option<Self> = None;
        for number in numbers {
            // A zero may stand for any number of digits.
            if number.value == 0.0 {
                continue;
            }
            let own = Self::of_digits(number.decimals, number.significant);
            longest = Some(longest.map_or(own, |l| l.or(&own)));
        }
        longest
    }

    /// The finer of two.
    pub(super) fn or(&self, other: &Self) -> Self {
        Self {
            decimals: self.decimals.max(other.decimals),
            significant: self.significant.max(other.significant),
            kept: self.kept.max(other.kept),
            rounding: self.rounding.or(other.rounding),
            errors: self.errors && other.errors,
            trusts_coarse: self.trusts_coarse || other.trusts_coarse,
        }
    }
}

/// Below this share of half a unit a drift does not change what a value is rounded to.
const EXACT: f64 = 1e-4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_counts_digits_either_way() {
        assert_eq!(Rounding::Decimals(2).apply(0.125_1), 0.13);
        assert_eq!(Rounding::Significant(3).apply(0.012_345), 0.012_3);
        assert_eq!(Rounding::Significant(3).apply(-12_345.0), -12_300.0);
        assert_eq!(Rounding::Significant(3).apply(0.0), 0.0);
    }
}
