//! Entries of a Cloze question: `{share:TYPE:=answer:tolerance}`.
//!
//! What stands between the braces is read up to `~`, `#` or `}`; a backslash before one of them makes it a letter. Our
//! answers are numbers, in which none of them occurs.

use deltarule_document::format_number;

/// Answers are written with this many digits, more than anybody is asked for.
const ANSWER_DIGITS: usize = 10;
const TOLERANCE_DIGITS: usize = 3;
/// Shares of a quantity's numbers are whole numbers; the sum over a quantity is at most about this, as Moodle keeps marks
/// with seven digits.
const LARGEST_SHARE: usize = 1_000;

/// An entry for a number.
pub(super) fn numerical(share: usize, value: f64, tolerance: f64) -> String {
    let (value, tolerance) =
        (format_number(value, ANSWER_DIGITS), format_number(tolerance, TOLERANCE_DIGITS));
    format!("{{{share}:NUMERICAL:={value}:{tolerance}}}")
}

/// A list of the numbers from 1, of which one is right. Moodle wants at least two to choose from.
pub(super) fn choice(share: usize, right: usize, count: usize) -> String {
    let alternatives: Vec<String> = (1..=count)
        .map(|number| if number == right { format!("={number}") } else { number.to_string() })
        .collect();
    format!("{{{share}:MULTICHOICE:{}}}", alternatives.join("~"))
}

/// The share of each number of quantities with so many numbers, so that every quantity has the same share in all. Where
/// that takes large numbers it is rounded, and no number is worth nothing.
pub(super) fn shares(counts: &[usize]) -> Vec<usize> {
    let together = counts.iter().fold(1, |all, count| least_common_multiple(all, *count));
    let whole = together.min(LARGEST_SHARE);
    counts.iter().map(|count| ((2 * whole + count) / (2 * count)).max(1)).collect()
}

fn least_common_multiple(a: usize, b: usize) -> usize {
    let (mut x, mut y) = (a, b.max(1));
    while y != 0 {
        (x, y) = (y, x % y);
    }
    (a / x).saturating_mul(b.max(1))
}

/// HTML in which nothing is taken for an entry or for the place of one.
pub(super) fn guarded(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    for (at, c) in html.char_indices() {
        let rest = &html[at + c.len_utf8()..];
        let entry = rest.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(':');
        if c == '{' && (entry || rest.starts_with('#')) {
            out.push_str("&#123;");
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{guarded, shares};

    #[test]
    fn every_quantity_has_the_same_share() {
        let counts = [15, 3, 6, 2, 1];
        let each = shares(&counts);
        assert!(counts.iter().zip(&each).all(|(count, share)| count * share == 30), "{each:?}");
        // Too many for whole numbers: nearly the same.
        let counts = [7, 11, 13, 17, 19, 2000];
        let each = shares(&counts);
        for (count, share) in counts.iter().zip(&each) {
            assert!(*share >= 1 && (*count == 2000 || (count * share).abs_diff(1000) <= 10));
        }
    }

    #[test]
    fn words_are_no_entries() {
        assert_eq!(guarded("{1:SA:=x} {#1} {:MC:=y}"), "&#123;1:SA:=x} &#123;#1} &#123;:MC:=y}");
        assert_eq!(guarded(r"\frac{1}{2} w^{[1]}"), r"\frac{1}{2} w^{[1]}");
    }
}
