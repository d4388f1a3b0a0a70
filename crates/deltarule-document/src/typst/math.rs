//! Formulas in typst's language of mathematics.
//!
//! In it a name of several letters is a variable, a space beside a word is seen, and a comma or a colon in the arguments of
//! a function means something: what a formula holds is written such that none of this happens by accident.

use super::strings::string;
use crate::layout::MatrixColumns;
use crate::math::Math;
use crate::matrix::{BLANK, Matrix};
use crate::number::format_number;

/// A formula, without the dollar signs around it.
pub(super) fn math(math: &Math, digits: usize) -> String {
    let mut writer = TypstWriter { out: String::new(), digits };
    writer.math(math);
    writer.out.trim().to_string()
}

/// A number as it is printed: 1e-7 as 1 · 10⁻⁷.
pub(super) fn number(text: &str) -> String {
    let mut writer = TypstWriter { out: String::new(), digits: 0 };
    writer.number(text, false);
    writer.out
}

/// Writes formulas.
pub(super) struct TypstWriter {
    pub(super) out: String,
    pub(super) digits: usize,
}

impl TypstWriter {
    /// Writes a token; apart from the one before where the two would be read as one, or as a call.
    pub(super) fn token(&mut self, token: &str) {
        let name =
            self.out.chars().rev().take_while(|c| c.is_alphanumeric() || *c == '.').count() > 1;
        if let (Some(last), Some(next)) = (self.out.chars().last(), token.chars().next()) {
            let word = |c: char| c.is_alphanumeric() || c == '.';
            let sign = |c: char| matches!(c, '+' | '-' | '=' | '<' | '>');
            let call = name && matches!(next, '(' | '[' | '{');
            if (word(last) && word(next)) || (sign(last) && sign(next)) || call {
                self.out.push(' ');
            }
        }
        self.out.push_str(token);
    }

    /// A gap, which only words next to it show.
    pub(super) fn space(&mut self) {
        if !self.out.ends_with([' ', '&']) {
            self.out.push(' ');
        }
    }

    pub(super) fn escaped(&mut self, c: char) {
        match c {
            c if c.is_control() => {}
            c if c.is_alphabetic() => self.token(&c.to_string()),
            // Typst escapes no blanks, and \u is the beginning of something else.
            c if c.is_alphanumeric() || c.is_whitespace() => self.token(&string(&c.to_string())),
            c => self.token(&format!("\\{c}")),
        }
    }

    fn inside(&self, math: &Math) -> String {
        let inside = self::math(math, self.digits);
        // An argument that is left empty would not be one.
        if inside.is_empty() { "\"\"".into() } else { inside }
    }

    pub(super) fn math(&mut self, math: &Math) {
        match math {
            Math::Row(row) => row.iter().for_each(|piece| self.math(piece)),
            Math::Letter(letter) => self.escaped(*letter),
            Math::Word(word) => match word.as_str() {
                "T" => self.token("upright(T)"),
                "ln" | "exp" | "tanh" | "max" | "min" => self.token(word),
                words => self.token(&string(words)),
            },
            Math::Digits(digits) => self.number(digits, false),
            Math::Sign(sign) => self.sign(*sign),
            Math::Space => self.space(),
            Math::Upper(base, index) => {
                if **index != Math::Sign('′') {
                    self.indexed(base, '^', 't', index);
                } else if let Math::Lower(letter, below) = &**base {
                    // Behind an index a prime would belong to that.
                    let below = self.inside(below);
                    self.base(letter);
                    self.out.push_str(&format!("'_({below})"));
                } else {
                    self.base(base);
                    self.out.push('\'');
                }
            }
            Math::Lower(base, index) => self.indexed(base, '_', 'b', index),
            Math::Fraction(above, below) => {
                let (above, below) = (self.inside(above), self.inside(below));
                self.token(&format!("frac({above}, {below})"));
            }
            Math::Root(root) => {
                let root = self.inside(root);
                self.token(&format!("sqrt({root})"));
            }
            Math::Bracket(open, content, close) => self.bracket(*open, content, *close),
            Math::Cases(cases) => {
                let cases: Vec<String> = cases
                    .iter()
                    .map(|(value, condition)| {
                        let words =
                            if matches!(condition, Math::Word(_)) { "" } else { "\"for \"" };
                        let (value, condition) = (self.inside(value), self.inside(condition));
                        format!("{value} & quad {words}{condition}")
                    })
                    .collect();
                self.token(&format!("cases({})", cases.join(", ")));
            }
            Math::Number(matrix) if matrix.is_hidden() => self.token("blank"),
            Math::Number(matrix) => {
                for (_, _, value) in matrix.entries() {
                    self.number(&format_number(value, self.digits), false);
                }
            }
            Math::Matrix(matrix) => self.columns(&MatrixColumns {
                matrix,
                range: 0..matrix.shown_columns().len(),
                upper: None,
                digits: self.digits,
                noted: false,
            }),
        }
    }

    /// What an index is put to, such that it belongs to all of it.
    fn base(&mut self, base: &Math) {
        let before = self.out.len();
        match base {
            Math::Letter(_)
            | Math::Word(_)
            | Math::Digits(_)
            | Math::Sign(_)
            | Math::Lower(..)
            | Math::Upper(..)
            | Math::Fraction(..)
            | Math::Root(_)
            | Math::Bracket(..)
            | Math::Matrix(_)
            | Math::Number(_)
            | Math::Cases(_) => self.math(base),
            Math::Row(_) | Math::Space => {
                let inside = self.inside(base);
                self.token(&format!("class(\"normal\", {inside})"));
            }
        }
        if self.out.len() == before {
            self.out.push_str("\"\"");
        }
    }

    fn indexed(&mut self, base: &Math, mark: char, place: char, index: &Math) {
        let index = self.inside(index);
        let twice = match base {
            // f′^2 is not (f′)^2 with two indices: a prime stands beside an exponent.
            Math::Upper(_, first) => mark == '^' && **first != Math::Sign('′'),
            Math::Lower(..) => mark == '_',
            // x_i^2 may be x_(i)^(2): both indices stand over each other.
            _ => false,
        };
        if twice {
            let base = self.inside(base);
            self.token(&format!("attach({base}, {place}: {index})"));
        } else {
            self.base(base);
            self.out.push_str(&format!("{mark}({index})"));
        }
    }

    fn bracket(&mut self, open: char, content: &Math, close: char) {
        match (open, close) {
            ('(', ')') | ('[', ']') => {
                let inside = self::math(content, self.digits);
                // Brackets around indices alone do not grow.
                let escape = if is_indexed(content) && !is_tall(content) { "\\" } else { "" };
                self.token(&format!("{escape}{open}{inside}{escape}{close}"));
            }
            ('|', '|') => {
                let inside = self.inside(content);
                self.token(&format!("abs({inside})"));
            }
            _ => {
                self.escaped(open);
                self.math(content);
                self.escaped(close);
            }
        }
    }

    pub(super) fn columns(&mut self, columns: &MatrixColumns<'_>) {
        // A matrix that goes on in the next line has a bracket on its outer sides only.
        let delimiter = match (columns.opens(), columns.closes()) {
            (true, true) => "",
            (true, false) => "close: #none, ",
            (false, true) => "open: #none, ",
            (false, false) => "open: #none, close: #none, ",
        };
        let cells = columns.cells();
        // Numbers are aligned at the point in a column that has one.
        let points: Vec<bool> = (0..columns.range.len())
            .map(|column| cells.iter().any(|row| row[column].contains('.')))
            .collect();
        let rows: Vec<String> = cells
            .iter()
            .map(|row| {
                let cells: Vec<String> =
                    row.iter().zip(&points).map(|(text, &point)| cell(text, point)).collect();
                cells.join(", ")
            })
            .filter(|row| !row.is_empty())
            .collect();
        let note = columns.note();
        let around = if note.is_some() { "limits(" } else { "" };
        self.token(&format!("{around}matrix({delimiter}{})", rows.join("; ")));
        if let Some(upper) = columns.upper.filter(|_| columns.closes()) {
            self.out.push_str(&format!("^({})", self.inside(upper)));
        }
        if let Some(matrix) = note {
            self.out.push_str(")_(");
            self.size(matrix);
            self.out.push(')');
        }
    }

    /// The size and the norm of a matrix that is shown by its corners.
    fn size(&mut self, matrix: &Matrix) {
        self.out.push_str(&format!("({} times {}", matrix.rows(), matrix.columns()));
        if let Some(norm) = matrix.norm().filter(|_| !matrix.is_hidden()) {
            self.out.push_str("\\, \"norm \"");
            self.number(&format_number(norm, self.digits), false);
        }
        self.out.push(')');
    }

    /// A number, with an alignment point before its decimal point where one is asked for.
    fn number(&mut self, text: &str, align: bool) {
        let (mantissa, exponent) = match text.split_once('e') {
            Some((mantissa, exponent)) if exponent.parse::<i32>().is_ok() => {
                (mantissa, Some(exponent))
            }
            _ => (text, None),
        };
        let unsigned = mantissa.trim_start_matches(['-', '−']);
        if unsigned.len() < mantissa.len() {
            self.token("-");
        }
        match unsigned.split_once('.') {
            _ if unsigned == "inf" => self.token("infinity"),
            _ if !unsigned.chars().all(|c| c.is_ascii_digit() || c == '.') => {
                self.token(&string(unsigned));
            }
            Some((whole, decimals)) if align => {
                self.token(&format!("{whole}&\".{decimals}\""));
            }
            _ => {
                self.token(unsigned);
                self.out.push_str(if align { "&" } else { "" });
            }
        }
        if let Some(exponent) = exponent {
            self.token(&format!("dot 10^({exponent})"));
        }
    }

    pub(super) fn sign(&mut self, sign: char) {
        let name = match sign {
            '−' => "-",
            '+' => "+",
            '=' => "=",
            '<' => "<",
            '>' => ">",
            '∘' => "compose",
            '·' => "dot",
            '×' => "times",
            '←' => "arrow.l",
            '→' => "arrow.r",
            '≈' => "approx",
            '≤' => "lt.eq",
            '≥' => "gt.eq",
            '≠' => "eq.not",
            '∂' => "partial",
            'Σ' => "sum",
            '∞' => "infinity",
            '…' => "dots",
            '½' => "half",
            // Written as a prime where it follows what it belongs to.
            '′' => "prime",
            other => return self.escaped(other),
        };
        self.token(name);
    }
}

/// Whether a formula holds what is higher than a line.
pub(super) fn is_tall(math: &Math) -> bool {
    match math {
        Math::Fraction(..) | Math::Cases(_) | Math::Matrix(_) => true,
        Math::Row(row) => row.iter().any(is_tall),
        Math::Upper(a, b) | Math::Lower(a, b) => is_tall(a) || is_tall(b),
        Math::Root(a) | Math::Bracket(_, a, _) => is_tall(a),
        Math::Sign(sign) => *sign == 'Σ',
        Math::Letter(_) | Math::Word(_) | Math::Digits(_) | Math::Space | Math::Number(_) => false,
    }
}

/// Whether a formula holds an index.
fn is_indexed(math: &Math) -> bool {
    match math {
        Math::Upper(..) | Math::Lower(..) => true,
        Math::Row(row) => row.iter().any(is_indexed),
        Math::Root(a) | Math::Bracket(_, a, _) => is_indexed(a),
        _ => false,
    }
}

fn cell(text: &str, point: bool) -> String {
    let text = match text {
        "…" => "dots.c",
        "⋮" => "dots.v",
        "⋱" => "dots.down",
        BLANK => "blank",
        number => {
            let mut writer = TypstWriter { out: String::new(), digits: 0 };
            writer.number(number, point);
            return writer.out;
        }
    };
    if point { format!("&{text}") } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_typst() {
        for (formula, typst) in [
            ("z^[l] = w^[l] x^[l−1]", "z^([l]) = w^([l]) x^([l-1])"),
            ("frac{1}{1 + e^{−z}}", "frac(1, 1 + e^(-z))"),
            ("f'(z^[2])", "f'\\(z^([2])\\)"),
            ("½ Σ (x − t)^2", "half sum (x - t)^(2)"),
            ("max(z, 0)", "max (z\\, 0)"),
            ("m / (1 − β_1^k)", "m \\/ \\(1 - β_(1)^(k)\\)"),
            ("x^2^3", "attach(x^(2), t: 3)"),
            ("a \"and\" b : \"c\\\" ; #", "a \"and\" b \\: \"c\\\\\" \\; \\#"),
        ] {
            assert_eq!(math(&Math::formula(formula), 6), typst);
        }
    }

    #[test]
    fn numbers_align_at_the_point() {
        for (text, typst) in [
            ("0.25", "0&\".25\""),
            ("-3", "-3&"),
            ("1.5e-9", "1&\".5\"dot 10^(-9)"),
            ("NaN", "\"NaN\""),
            ("-inf", "-infinity"),
        ] {
            assert_eq!(cell(text, true), typst);
        }
        assert_eq!(cell("-1.25e7", false), "-1.25 dot 10^(7)");
    }
}
