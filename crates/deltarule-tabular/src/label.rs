//! What the cells of a column of numbers are called as classes: distinct ones stay distinct, however many digits they have.

use std::cmp::Ordering;

use crate::chunk::CellValue;

/// A number as a class: a whole one exactly, another as the nearest f64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NumberLabel {
    Integer(i128),
    Other(u64),
}

impl NumberLabel {
    pub(crate) fn new(cell: CellValue<'_>, decimal_comma: bool) -> Option<Self> {
        match cell {
            CellValue::Integer(value) => Some(Self::Integer(value)),
            CellValue::Text(text) => {
                // The zeros of 5.0 say no more than 5; f64 would round what comes before them.
                let point = if decimal_comma { &['.', ','][..] } else { &['.'] };
                let whole = match text.split_once(point) {
                    Some((whole, zeros)) if zeros.bytes().all(|b| b == b'0') => whole,
                    _ => text,
                };
                match whole.parse() {
                    Ok(value) => Some(Self::Integer(value)),
                    Err(_) => cell.number(decimal_comma).map(Self::of),
                }
            }
            _ => cell.number(decimal_comma).map(Self::of),
        }
    }

    fn of(value: f64) -> Self {
        if value.fract() == 0.0 && value.abs() < 1e38 {
            Self::Integer(value as i128)
        } else {
            Self::Other((value + 0.0).to_bits())
        }
    }
}

impl std::fmt::Display for NumberLabel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer(value) => value.fmt(f),
            Self::Other(bits) => f64::from_bits(*bits).fmt(f),
        }
    }
}

/// The order of two labels by size.
pub(crate) fn by_size(a: &str, b: &str) -> Ordering {
    let value = |label: &str| label.parse::<f64>().unwrap_or(f64::NAN);
    match (a.parse::<i128>(), b.parse::<i128>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        _ => value(a).total_cmp(&value(b)),
    }
}

/// Whether a whole number would not come back as it is written: 007 as 7, or rounded because it is too long even for
/// i128. Such a column of labels is text.
pub(crate) fn is_code(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let whole = digits.bytes().all(|b| b.is_ascii_digit());
    whole && (digits.len() > 1 && digits.starts_with('0') || text.parse::<i128>().is_err())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_exact_and_in_their_shortest_form() {
        let label =
            |text: &str| NumberLabel::new(CellValue::Text(text), false).unwrap().to_string();
        for (text, expected) in [
            ("12345678901234567891", "12345678901234567891"),
            ("9007199254740993.0", "9007199254740993"),
            ("1.0", "1"),
            ("+5", "5"),
            ("-0", "0"),
            ("1e3", "1000"),
            ("1.50", "1.5"),
            (".5", "0.5"),
        ] {
            assert_eq!(label(text), expected, "{text}");
        }
        assert_eq!(NumberLabel::new(CellValue::Text("2,0"), true), Some(NumberLabel::Integer(2)));
        assert_eq!(NumberLabel::of(2.0_f64.powi(60)), NumberLabel::Integer(1 << 60));
        assert_eq!(by_size("9007199254740993", "9007199254740992"), Ordering::Greater);
        assert_eq!(by_size("-1.5", "-1"), Ordering::Less);
    }

    #[test]
    fn codes_are_whole_numbers_that_would_not_come_back() {
        let long = "1".repeat(40);
        for code in ["007", "00", "-01", &long] {
            assert!(is_code(code), "{code}");
        }
        for number in ["0", "10", "0.5", "-7", "1e5", "0,5", "00.5"] {
            assert!(!is_code(number), "{number}");
        }
    }
}
