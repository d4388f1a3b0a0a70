//! What every drawing of curves shares: where a value stands on its axis, and how the axis says so.

use crate::number::format_number;

/// The range of an axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Scale {
    /// The range of the finite ones of these values, never empty.
    pub(crate) fn of(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = values
            .filter(|v| v.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        if low > high {
            Self { low: 0.0, high: 1.0 }
        } else if low == high && low - 0.5 == low {
            // Between numbers so large there is no half: the axis goes halfway to 0.
            Self { low: low.min(low / 2.0), high: high.max(high / 2.0) }
        } else if low == high {
            Self { low: low - 0.5, high: high + 0.5 }
        } else {
            Self { low, high }
        }
    }

    /// Where a value stands: 0 at the low end, 1 at the high end.
    pub(crate) fn part(&self, value: f64) -> f64 {
        let range = self.high - self.low;
        if range.is_finite() {
            ((value - self.low) / range).clamp(0.0, 1.0)
        } else {
            // An axis so long that its length is no number is measured in a larger unit.
            ((value / 4.0 - self.low / 4.0) / (self.high / 4.0 - self.low / 4.0)).clamp(0.0, 1.0)
        }
    }

    /// Round values within the range, about this many, a 1, 2 or 5 times a power of ten apart, and what stands at them;
    /// the ends of the range where there are none.
    pub(crate) fn round_values(&self, about: f64) -> Vec<(f64, String)> {
        let ends = || [self.low, self.high].map(|v| (v, ticks(v))).to_vec();
        let range = self.high - self.low;
        let power = 10_f64.powf((range / about).log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
        let step = steps.into_iter().find(|step| range / step <= about);
        let Some(step) = step.filter(|step| step.is_normal()) else { return ends() };
        // As many digits as tell one value from the next.
        let digits = (self.low.abs().max(self.high.abs()) / step).log10().floor() as usize + 2;
        let (first, last) = ((self.low / step).ceil(), (self.high / step).floor());
        if digits > 12 || last <= first {
            return ends();
        }
        (0..=(last - first) as usize)
            .map(|i| (first + i as f64) * step)
            .map(|value| (value, format_number(value, digits)))
            .collect()
    }
}

/// A value at an axis.
pub(crate) fn ticks(value: f64) -> String {
    format_number(value, 3)
}

#[cfg(test)]
mod tests {
    use super::Scale;

    #[test]
    fn the_longest_axis_has_a_middle() {
        let longest = Scale { low: f64::MIN, high: f64::MAX };
        assert_eq!([f64::MIN, 0.0, f64::MAX].map(|v| longest.part(v)), [0.0, 0.5, 1.0]);
        for value in [f64::MAX, f64::MIN, 1e20] {
            let scale = Scale::of([value].into_iter());
            assert!(scale.low < scale.high && (0.0..=1.0).contains(&scale.part(value)));
        }
    }

    #[test]
    fn values_at_an_axis_are_round_and_few() {
        let shown = |low, high| {
            let values = Scale { low, high }.round_values(6.0);
            values.into_iter().map(|(_, text)| text).collect::<Vec<_>>()
        };
        assert_eq!(shown(0.0, 1.0), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(shown(-4.0, 4.0), ["-4", "-2", "0", "2", "4"]);
        assert_eq!(shown(0.0104, 1.4), ["0.5", "1"]);
        assert_eq!(shown(f64::MIN, f64::MAX).len(), 2);
        assert_eq!(shown(1.0, 1.0 + f64::EPSILON).len(), 2);
    }
}
