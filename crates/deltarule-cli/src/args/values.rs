//! What a value that is typed may be.

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

pub(super) fn above_zero(text: &str) -> Result<f64, String> {
    number(text).and_then(|v| if v > 0.0 { Ok(v) } else { Err("must be above 0".into()) })
}

pub(super) fn at_least_zero(text: &str) -> Result<f64, String> {
    number(text).and_then(|v| if v >= 0.0 { Ok(v) } else { Err("must be at least 0".into()) })
}

pub(super) fn part(text: &str) -> Result<f64, String> {
    number(text).and_then(|v| {
        if (0.0..1.0).contains(&v) { Ok(v) } else { Err("must be at least 0 and below 1".into()) }
    })
}
