//! Numbers as people write them.

use super::answers::Written;

/// A fraction is exact. It claims as many digits as double precision holds whatever the number is.
const DIGITS_OF_FRACTION: i32 = f64::DIGITS as i32;

/// Signs for "about", which say nothing that the digits do not say.
const ABOUT: [char; 5] = ['~', '∼', '≈', '≃', '≅'];

/// Signs between a number and a power of ten.
const TIMES: [char; 6] = ['·', '*', '×', 'x', '⋅', '∙'];

/// Raised signs, which an exponent is written in.
const SUPERSCRIPTS: [(char, char); 12] = [
    ('⁰', '0'),
    ('¹', '1'),
    ('²', '2'),
    ('³', '3'),
    ('⁴', '4'),
    ('⁵', '5'),
    ('⁶', '6'),
    ('⁷', '7'),
    ('⁸', '8'),
    ('⁹', '9'),
    ('⁻', '-'),
    ('⁺', '+'),
];

impl Written {
    /// Reads a number in plain or scientific notation, with a point or a comma, as a percentage or as a fraction of whole
    /// numbers. Powers of ten as in `1.5·10^-7` and `1.5·10⁻⁷`, a typographic minus sign, thin spaces, a sign for "about" before
    /// the number and a full stop behind it are understood. None when it is not a finite number.
    ///
    /// A percentage has two decimals more than its digits show. A fraction is exact and claims 15 significant digits.
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule_exercise::marking::Written;
    ///
    /// assert_eq!(Written::parse("1.5e-7").unwrap().decimals, 8);
    /// assert_eq!(Written::parse("≈ 0,25").unwrap().value, 0.25);
    /// assert_eq!(Written::parse("54.98 %").unwrap().decimals, 4);
    /// assert_eq!(Written::parse("1/5").unwrap().value, 0.2);
    /// assert!(Written::parse("about 3").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let trimmed = text.trim_matches(is_blank);
        let plain = plain(trimmed);
        let (value, decimals, significant) = if plain.contains('/') {
            // The blank in 1 1/2 would be lost.
            fraction(&plain).filter(|_| !trimmed.contains(is_blank) || !is_mixed(trimmed))?
        } else if let Some(percent) = plain.strip_suffix('%') {
            decimal(percent, -2)?
        } else if let Some((before, exponent)) = plain.split_once("10^") {
            decimal(&before_power(before)?, exponent_of(exponent)?)?
        } else {
            decimal(&plain, 0)?
        };
        Some(Self { text: trimmed.to_string(), value, decimals, significant })
    }
}

fn is_blank(c: char) -> bool {
    // Zero-width spaces and joiners are none to Unicode.
    c.is_whitespace() || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}')
}

/// Without blanks, in the signs of a keyboard, and without what says nothing about the number.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut raised = false;
    for c in text.chars().filter(|c| !is_blank(*c)) {
        if let Some((_, digit)) = SUPERSCRIPTS.iter().find(|(superscript, _)| *superscript == c) {
            if !raised {
                plain.push('^');
            }
            raised = true;
            plain.push(*digit);
            continue;
        }
        raised = false;
        plain.push(match c {
            '−' | '–' | '‐' | '‑' | '﹣' | '－' => '-',
            '⁄' | '∕' => '/',
            c => c,
        });
    }
    let plain = plain.replace("**", "^");
    let plain = plain.trim_start_matches(ABOUT);
    plain.strip_suffix('.').unwrap_or(plain).to_string()
}

/// A number in digits, times a power of ten: its value, its decimals and its significant digits.
fn decimal(text: &str, power: i32) -> Option<(f64, i32, u32)> {
    let mut text = text.to_string();
    if !text.contains('.') && text.matches(',').count() == 1 {
        text = text.replace(',', ".");
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text.as_str(), 0),
    };
    let is_number = mantissa.bytes().any(|b| b.is_ascii_digit())
        && mantissa.bytes().all(|b| b.is_ascii_digit() || b"+-.".contains(&b));
    let exponent = exponent.checked_add(power)?;
    let value: f64 = format!("{mantissa}e{exponent}").parse().ok().filter(|_| is_number)?;
    let behind = mantissa.split_once('.').map_or(0, |(_, digits)| digits.len());
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).skip_while(|b| *b == b'0');
    let decimals = i32::try_from(behind).ok()?.checked_sub(exponent)?;
    let significant = u32::try_from(digits.count()).ok()?;
    value.is_finite().then_some((value, decimals, significant))
}

/// The number before a power of ten; 1 where none stands there.
fn before_power(text: &str) -> Option<String> {
    match text {
        "" | "-" | "+" => Some(format!("{text}1")),
        _ => text.strip_suffix(TIMES).filter(|text| !text.contains(['e', 'E'])).map(String::from),
    }
}

fn exponent_of(text: &str) -> Option<i32> {
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    let inner = inner.or_else(|| text.strip_prefix('(').and_then(|text| text.strip_suffix(')')));
    inner.unwrap_or(text).parse().ok()
}

/// Whether digits stand apart, as in 1 1/2.
fn is_mixed(text: &str) -> bool {
    let mut words = text.split(is_blank).filter(|word| !word.is_empty());
    let (mut before, digit) = (words.next(), |c: char| c.is_ascii_digit());
    words.any(|word| {
        let apart = before.is_some_and(|before| before.ends_with(digit)) && word.starts_with(digit);
        before = Some(word);
        apart
    })
}

/// A fraction of whole numbers.
fn fraction(text: &str) -> Option<(f64, i32, u32)> {
    let (above, below) = text.split_once('/')?;
    let digits = above.strip_prefix(['-', '+']).unwrap_or(above);
    let whole = |digits: &str| {
        let is_whole = (1..=DIGITS_OF_FRACTION as usize).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse::<f64>().ok().filter(|_| is_whole)
    };
    let (above, below) =
        (whole(digits)? * if above.starts_with('-') { -1.0 } else { 1.0 }, whole(below)?);
    let value = above / below;
    if !value.is_finite() {
        return None;
    }
    if value == 0.0 {
        return Some((0.0, DIGITS_OF_FRACTION, 0));
    }
    // At most 15 digits stand on either side.
    let first = value.abs().log10().floor() as i32;
    Some((value, DIGITS_OF_FRACTION - 1 - first, DIGITS_OF_FRACTION as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(f64, i32, u32)> {
        Written::parse(text).map(|number| (number.value, number.decimals, number.significant))
    }

    #[test]
    fn numbers_as_people_write_them() {
        for (text, value, decimals, significant) in [
            ("-0.0740", -0.074, 4, 3),
            ("−0,0740", -0.074, 4, 3),
            ("1\u{2009}234.5", 1234.5, 1, 5),
            ("2.5·10⁻³", 2.5e-3, 4, 2),
            ("5,06 * 10^-4", 5.06e-4, 6, 3),
            ("5.06×10^{−4}", 5.06e-4, 6, 3),
            ("5.06 x 10**-4", 5.06e-4, 6, 3),
            ("-10⁻²", -0.01, 2, 1),
            ("1.5E+2", 150.0, -1, 2),
            ("54.98 %", 0.5498, 4, 4),
            ("-7%", -0.07, 2, 1),
            ("~0.2", 0.2, 1, 1),
            ("≈ 0,2", 0.2, 1, 1),
            ("0.2.", 0.2, 1, 1),
            ("1/5", 0.2, 15, 15),
            ("-2 / 300", -2.0 / 300.0, 17, 15),
            ("0/3", 0.0, 15, 0),
            ("0.000", 0.0, 3, 0),
        ] {
            assert_eq!(parsed(text), Some((value, decimals, significant)), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_or_may_be_two() {
        for text in [
            "",
            "-",
            "about 3",
            "#NAME?",
            "NaN",
            "inf",
            "abc",
            "=0.1+0.1",
            "1,234.5",
            "1/0",
            "1 1/2",
            "1/2/3",
            "0.5/2",
            "1e999",
            "0.5²",
            "2.510^3",
            "1e5·10^3",
            "10^",
            "%",
            "1/",
            "--1",
            "1.2.3",
            "1e",
            "5·10^1.5",
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }
}
