//! The values that a parameter may have.

use std::fmt;

/// An interval of numbers, in words where it is shown.
///
/// # Example
///
/// ```
/// use deltarule::Interval;
///
/// let interval = Interval::at_least(0.0).below(1.0);
/// assert!(interval.contains(0.0) && !interval.contains(1.0));
/// assert_eq!(interval.to_string(), "at least 0 and below 1");
/// assert_eq!(interval.broken_by(1.5).unwrap(), "below 1");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// Whether the lower end is allowed.
    pub includes_low: bool,
    /// The upper end; infinite where there is none. An infinite number is never allowed.
    pub high: f64,
    /// Whether the upper end is allowed.
    pub includes_high: bool,
}

impl Interval {
    /// From `low` on.
    pub const fn at_least(low: f64) -> Self {
        Self { low, includes_low: true, high: f64::INFINITY, includes_high: false }
    }

    /// From beyond `low` on.
    pub const fn above(low: f64) -> Self {
        Self { low, includes_low: false, high: f64::INFINITY, includes_high: false }
    }

    /// Up to `high`, without it.
    pub const fn below(self, high: f64) -> Self {
        Self { high, includes_high: false, ..self }
    }

    /// Up to `high`, with it.
    pub const fn up_to(self, high: f64) -> Self {
        Self { high, includes_high: true, ..self }
    }

    /// Whether the value is in the interval.
    pub fn contains(&self, value: f64) -> bool {
        value.is_finite() && !self.is_too_low(value) && !self.is_too_high(value)
    }

    /// The end that a value is beyond, in words.
    pub fn broken_by(&self, value: f64) -> Option<String> {
        if value.is_nan() {
            Some("a number".into())
        } else if self.is_too_low(value) {
            Some(format!("{} {}", if self.includes_low { "at least" } else { "above" }, self.low))
        } else if self.is_too_high(value) {
            Some(format!("{} {}", if self.includes_high { "at most" } else { "below" }, self.high))
        } else {
            None
        }
    }

    fn is_too_low(&self, value: f64) -> bool {
        value < self.low || (value == self.low && !self.includes_low)
    }

    fn is_too_high(&self, value: f64) -> bool {
        value > self.high || (value == self.high && !self.includes_high)
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { low, high, .. } = self;
        match (self.includes_low, high.is_infinite(), self.includes_high) {
            (true, true, _) => write!(f, "at least {low}"),
            (false, true, _) => write!(f, "above {low}"),
            (true, false, true) => write!(f, "from {low} to {high}"),
            (true, false, false) => write!(f, "at least {low} and below {high}"),
            (false, false, true) => write!(f, "above {low} and at most {high}"),
            (false, false, false) => write!(f, "between {low} and {high}"),
        }
    }
}
