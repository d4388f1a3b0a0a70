//! Formulas in TeX.

use super::symbols::{blank, delimiter, letter, number, push, sign, word};
use crate::layout::MatrixColumns;
use crate::math::Math;

/// A formula within running text.
pub(crate) fn math(math: &Math, digits: usize) -> String {
    let mut out = String::new();
    write(&mut out, math, digits);
    out.trim().to_string()
}

pub(super) fn write(out: &mut String, math: &Math, digits: usize) {
    match math {
        Math::Row(row) => self::row(out, &row.iter().collect::<Vec<_>>(), digits),
        Math::Letter(letter) => push(out, &self::letter(*letter)),
        Math::Word(word) => push(out, &self::word(word)),
        Math::Digits(digits) => push(out, &super::symbols::digits(digits)),
        Math::Sign(sign) => push(out, &self::sign(*sign)),
        Math::Space => push(out, " "),
        Math::Upper(base, index) if **index == Math::Sign('′') => {
            base_of(out, base, digits);
            out.push('\'');
        }
        Math::Upper(base, index) => {
            base_of(out, base, digits);
            self::index(out, '^', index, digits);
        }
        Math::Lower(base, index) => {
            base_of(out, base, digits);
            self::index(out, '_', index, digits);
        }
        Math::Fraction(above, below) => {
            let (above, below) = (self::math(above, digits), self::math(below, digits));
            push(out, &format!("\\frac{{{above}}}{{{below}}}"));
        }
        Math::Root(root) => push(out, &format!("\\sqrt{{{}}}", self::math(root, digits))),
        Math::Bracket('|', content, _) => {
            bracket(out, "\\lvert", &self::math(content, digits), "\\rvert");
        }
        Math::Bracket(open, content, close) => {
            let content = self::math(content, digits);
            bracket(out, &delimiter(*open), &content, &delimiter(*close));
        }
        Math::Cases(cases) => {
            push(out, "\\begin{cases} ");
            for (i, (value, condition)) in cases.iter().enumerate() {
                let words = if matches!(condition, Math::Word(_)) { "" } else { "\\text{for } " };
                let (value, condition) = (self::math(value, digits), self::math(condition, digits));
                // A bracket behind \\ would be read as a length.
                let guard = if value.starts_with(['[', '*']) { "{}" } else { "" };
                let gap = if i > 0 { " \\\\ " } else { "" };
                out.push_str(&format!("{gap}{guard}{value} & {words}{condition}"));
            }
            out.push_str(" \\end{cases}");
        }
        Math::Number(matrix) if matrix.is_hidden() => push(out, blank()),
        Math::Number(matrix) => {
            for (_, _, value) in matrix.entries() {
                push(out, &number(value, digits));
            }
        }
        Math::Matrix(matrix) => super::matrix::columns(
            out,
            &MatrixColumns {
                matrix,
                range: 0..matrix.shown_columns().len(),
                upper: None,
                digits,
                noted: false,
            },
        ),
    }
}

/// Pieces side by side; words stand apart from what is beside them, as far as a gap is written there.
pub(super) fn row(out: &mut String, row: &[&Math], digits: usize) {
    for (i, piece) in row.iter().enumerate() {
        let beside = |j: Option<usize>| j.and_then(|j| row.get(j)).copied();
        let before = beside(i.checked_sub(1));
        match piece {
            Math::Space if apart(before, beside(Some(i + 1))) => push(out, "\\thickspace "),
            piece => write(out, piece, digits),
        }
    }
}

/// Whether a gap between these two is seen. TeX sets signs apart, and functions that it knows; not other words.
fn apart(before: Option<&Math>, after: Option<&Math>) -> bool {
    let upright = |math: &Math| matches!(math, Math::Word(name) if !known(name));
    match (before, after) {
        (Some(Math::Sign(_)) | None, _) | (_, Some(Math::Sign(_)) | None) => false,
        (Some(before), Some(after)) => upright(before) || upright(after),
    }
}

fn known(name: &str) -> bool {
    let tex = word(name);
    tex.starts_with('\\') && !tex.contains('{')
}

/// What an index stands at: in braces where it is of several pieces, or has such an index already.
fn base_of(out: &mut String, base: &Math, digits: usize) {
    let tex = math(base, digits);
    let whole = match base {
        Math::Letter(_) | Math::Word(_) | Math::Bracket(..) | Math::Matrix(_) => true,
        Math::Sign(_) => true,
        Math::Digits(number) => number.len() == 1,
        // δ_1^[2]: both indices at one letter, one above the other.
        Math::Lower(letter, _) => matches!(**letter, Math::Letter(_)),
        Math::Row(_)
        | Math::Space
        | Math::Upper(..)
        | Math::Fraction(..)
        | Math::Root(_)
        | Math::Cases(_)
        | Math::Number(_) => false,
    };
    // What is composed of several commands, such as words with a dollar sign, is held together too.
    if whole && !tex.is_empty() && tex.matches("\\text").count() < 2 {
        push(out, &tex);
    } else {
        push(out, &format!("{{{tex}}}"));
    }
}

fn index(out: &mut String, place: char, index: &Math, digits: usize) {
    let tex = math(index, digits);
    let single = tex.len() == 1 && tex.chars().all(|c| c.is_ascii_alphanumeric());
    out.push(place);
    out.push_str(&if single { tex } else { format!("{{{tex}}}") });
    // 2 behind x_1 would be read as x_{1} 2 all the same, but not by people.
    if out.ends_with(|c: char| c.is_ascii_alphanumeric()) {
        out.push(' ');
    }
}

/// Brackets grow around what is tall; around an index they stay small.
fn bracket(out: &mut String, open: &str, content: &str, close: &str) {
    let tall = content.contains("\\frac") || content.contains("\\begin");
    push(out, if tall { "\\left" } else { "" });
    push(out, open);
    push(out, content);
    push(out, if tall { "\\right" } else { "" });
    push(out, close);
}

/// About how wide a formula is in running text, in characters of text: pieces of fractions stand above one another, and
/// indices are small.
pub(crate) fn width(math: &Math, digits: usize) -> f64 {
    let width = |math: &Math| self::width(math, digits);
    match math {
        Math::Row(row) => row.iter().map(width).sum(),
        Math::Upper(base, index) | Math::Lower(base, index) => width(base) + 0.7 * width(index),
        Math::Fraction(above, below) => width(above).max(width(below)) + 1.0,
        Math::Root(inside) => width(inside) + 2.0,
        Math::Bracket(_, inside, _) => width(inside) + 2.0,
        Math::Cases(cases) => {
            let widest = |widths: &mut dyn Iterator<Item = f64>| widths.fold(0.0, f64::max);
            let value = widest(&mut cases.iter().map(|case| width(&case.0)));
            value + widest(&mut cases.iter().map(|case| width(&case.1))) + 8.0
        }
        Math::Space => 0.5,
        Math::Letter(_)
        | Math::Word(_)
        | Math::Digits(_)
        | Math::Sign(_)
        | Math::Number(_)
        | Math::Matrix(_) => crate::text::inline(math, digits).chars().count() as f64,
    }
}
