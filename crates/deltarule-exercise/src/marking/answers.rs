//! What a student wrote, number by number.

use ndarray::Array2;

use super::quantity::Quantity;

/// A student's answers to an exercise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    /// For each part of the exercise, in its order, what was given; empty where a part was not answered.
    pub parts: Vec<Vec<Given>>,
}

/// One quantity as a student wrote it.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// The step, 0 being the first.
    pub step: usize,
    /// Which quantity.
    pub quantity: Quantity,
    /// The numbers in the shape of [`super::quantities`]; none where the student left a gap.
    pub entries: Array2<Option<Written>>,
    /// Whether the file had rows and columns the other way round. A square matrix does not show it, and stands here as it
    /// was written.
    pub transposed: bool,
}

/// A number with its digits.
///
/// # Example
///
/// ```
/// use deltarule_exercise::marking::Written;
///
/// let number = Written::parse("−0.0740").unwrap();
/// assert_eq!((number.value, number.decimals, number.significant), (-0.074, 4, 3));
/// assert_eq!(Written::parse("1.5e-7").unwrap().decimals, 8);
/// assert_eq!(Written::parse("0,25").unwrap().value, 0.25);
/// assert!(Written::parse("about 3").is_none());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// As it was written.
    pub text: String,
    /// Its value.
    pub value: f64,
    /// How many digits stand behind the point: the last digit is worth 10^−decimals.
    pub decimals: i32,
    /// How many digits stand from the first that is not 0 to the last one; 0 for a zero.
    pub significant: u32,
}

impl Written {
    /// Reads a number in plain or scientific notation, with a point or a comma; `1.5·10^-7` and a typographic minus sign
    /// are understood. None when it is not a finite number.
    pub fn parse(text: &str) -> Option<Self> {
        let trimmed = text.trim();
        let plain: String = trimmed.chars().filter(|c| !c.is_whitespace()).collect();
        let mut plain = plain.replace(['−', '–'], "-");
        for power in ["·10^", "*10^", "×10^", "x10^", "⋅10^"] {
            plain = plain.replace(power, "e");
        }
        if !plain.contains('.') && plain.matches(',').count() == 1 {
            plain = plain.replace(',', ".");
        }
        let is_number = plain.bytes().any(|b| b.is_ascii_digit())
            && plain.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
        let value: f64 = plain.parse().ok().filter(|v: &f64| is_number && v.is_finite())?;
        let (mantissa, exponent) = match plain.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (plain.as_str(), 0),
        };
        let behind = mantissa.split_once('.').map_or(0, |(_, digits)| digits.len());
        let digits = mantissa.bytes().filter(u8::is_ascii_digit).skip_while(|b| *b == b'0');
        let decimals = i32::try_from(behind).ok()?.checked_sub(exponent)?;
        let significant = u32::try_from(digits.count()).ok()?;
        Some(Self { text: trimmed.to_string(), value, decimals, significant })
    }
}
