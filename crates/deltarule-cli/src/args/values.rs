//! What a value that is typed may be.

use deltarule::Interval;

pub(super) fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".into()),
        Ok(value) => Ok(value),
        Err(_) => Err("must be a whole number from 1".into()),
    }
}

pub(super) fn digits(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(value @ 1..=17) => Ok(value),
        _ => Err("must be a whole number from 1 to 17".into()),
    }
}

pub(super) fn number(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err("must be a number".into()),
    }
}

pub(super) fn within(text: &str, interval: &Interval) -> Result<f64, String> {
    let value = number(text)?;
    if interval.contains(value) { Ok(value) } else { Err(format!("must be {interval}")) }
}

pub(super) fn above_zero(text: &str) -> Result<f64, String> {
    within(text, &Interval::above(0.0))
}

pub(super) fn at_least_zero(text: &str) -> Result<f64, String> {
    within(text, &Interval::at_least(0.0))
}

pub(super) fn part(text: &str) -> Result<f64, String> {
    within(text, &Interval::at_least(0.0).below(1.0))
}
