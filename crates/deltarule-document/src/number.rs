//! Numbers as documents print them.

/// A number with this many significant digits: plain for 1e-5 ≤ |v| < 1e7, scientific elsewhere; no trailing zeros and
/// no −0.
///
/// Rounding is that of the exact binary value.
///
/// # Example
///
/// ```
/// use deltarule_document::format_number;
///
/// assert_eq!(format_number(0.549833997312478, 6), "0.549834");
/// assert_eq!(format_number(0.2, 6), "0.2");
/// assert_eq!(format_number(-0.0, 6), "0");
/// assert_eq!(format_number(1.0 / 3e6, 6), "3.33333e-7");
/// assert_eq!(format_number(12_345_678.0, 6), "1.23457e7");
/// ```
pub fn format_number(value: f64, digits: usize) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if !value.is_finite() {
        return value.to_string();
    }
    // A double has at most 767 significant digits; the formatter of the standard library has a limit of its own.
    let digits = digits.clamp(1, 767);
    // `1.234560e-3`: correctly rounded digits and their exponent, which rounding may have raised.
    let scientific = format!("{:.*e}", digits - 1, value);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value.abs() >= 1e-5 && value.abs() < 1e7 {
        let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
        // Digits before the point beyond the significant ones are those of the number rounded first.
        let rounded: f64 = scientific.parse().unwrap_or(value);
        trim(&format!("{rounded:.decimals$}"))
    } else {
        format!("{}e{exponent}", trim(mantissa))
    }
}

/// The power of ten of the first digit of a number, 0 for 0.
///
/// # Example
///
/// ```
/// use deltarule_document::exponent;
///
/// assert_eq!((exponent(0.05), exponent(-12.3), exponent(0.0)), (-2, 1, 0));
/// ```
pub fn exponent(value: f64) -> i32 {
    let scientific = format!("{value:e}");
    scientific.rsplit_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0)
}

/// digit · 10^power, correctly rounded on every machine.
///
/// # Example
///
/// ```
/// use deltarule_document::decimal;
///
/// assert_eq!(decimal(5, -3), 0.005);
/// ```
pub fn decimal(digit: u32, power: i32) -> f64 {
    format!("{digit}e{power}").parse().unwrap_or(0.0)
}

/// Without zeros after the last digit that counts, and without a point at the end.
fn trim(number: &str) -> String {
    if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.').to_string()
    } else {
        number.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::format_number;

    #[test]
    fn limits_and_rounding() {
        for (value, digits, expected) in [
            (1e-5, 6, "0.00001"),
            (9.999999e-6, 6, "1e-5"),
            (9_999_999.0, 6, "10000000"),
            (1e7, 6, "1e7"),
            (-0.113_937_148_905_745_08, 6, "-0.113937"),
            (0.000_505_746_865_087_702_8, 6, "0.000505747"),
            (123_456.7, 6, "123457"),
            (1_234_567.0, 6, "1234570"),
            (0.1, 17, "0.10000000000000001"),
            (2.5, 1, "2"),
            (100.0, 6, "100"),
            (f64::NAN, 6, "NaN"),
        ] {
            assert_eq!(format_number(value, digits), expected, "{value}");
        }
    }
}
