//! A formula in one line of text.

use crate::math::Math;
use crate::number::format_number;

/// A formula in one line, numbers with this many digits; a matrix row by row.
pub(crate) fn inline(math: &Math, digits: usize) -> String {
    let mut out = String::new();
    write(&mut out, math, digits);
    out
}

/// The formula in one line of text, numbers with six digits; a matrix by its size.
impl std::fmt::Display for Math {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&inline(self, 6))
    }
}

fn write(out: &mut String, math: &Math, digits: usize) {
    match math {
        Math::Row(row) => {
            for (i, piece) in row.iter().enumerate() {
                let after = &row[i + 1..];
                match piece {
                    // (a/b) c: without brackets it could be read as a/(b c).
                    Math::Fraction(above, _)
                        if !starts_with_partial(above)
                            && matches!(after, [Math::Space, next, ..] if !matches!(next, Math::Sign(_))) =>
                    {
                        out.push('(');
                        write(out, piece, digits);
                        out.push(')');
                    }
                    piece => write(out, piece, digits),
                }
            }
        }
        Math::Letter(letter) => out.push(*letter),
        Math::Word(word) | Math::Digits(word) => out.push_str(word),
        Math::Sign(sign) => out.push(*sign),
        Math::Space => out.push(' '),
        Math::Upper(base, index) => {
            write(out, base, digits);
            upper(out, &inline(index, digits), index);
        }
        Math::Lower(base, index) => {
            write(out, base, digits);
            lower(out, &inline(index, digits));
        }
        Math::Fraction(above, below) => {
            in_brackets_if_composed(out, above, digits);
            out.push('/');
            in_brackets_if_composed(out, below, digits);
        }
        Math::Root(inside) => {
            out.push('√');
            in_brackets_if_composed(out, inside, digits);
        }
        Math::Bracket(open, inside, close) => {
            out.push(*open);
            write(out, inside, digits);
            out.push(*close);
        }
        Math::Cases(cases) => {
            for (i, (value, condition)) in cases.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                // A condition in words stands before its value: "else 0".
                if let Math::Word(word) = condition {
                    out.push_str(word);
                    out.push(' ');
                    write(out, value, digits);
                } else {
                    write(out, value, digits);
                    out.push_str(" for ");
                    write(out, condition, digits);
                }
            }
        }
        Math::Number(number) if number.is_hidden() => out.push_str(crate::matrix::BLANK),
        Math::Number(number) => {
            for (_, _, value) in number.entries() {
                out.push_str(&format_number(value, digits));
            }
        }
        Math::Matrix(matrix) => {
            let rows: Vec<String> = matrix.cells(digits).iter().map(|row| row.join(", ")).collect();
            out.push('[');
            out.push_str(&rows.join("; "));
            out.push(']');
        }
    }
}

/// Derivatives are read as one sign.
fn starts_with_partial(math: &Math) -> bool {
    match math {
        Math::Row(row) => row.first() == Some(&Math::Sign('∂')),
        other => *other == Math::Sign('∂'),
    }
}

fn in_brackets_if_composed(out: &mut String, math: &Math, digits: usize) {
    let text = inline(math, digits);
    // What holds a gap is a sum or a product, unless brackets already hold it together.
    if matches!(math, Math::Row(_)) && text.contains(' ') {
        out.push('(');
        out.push_str(&text);
        out.push(')');
    } else {
        out.push_str(&text);
    }
}

/// An upper index in small letters, where there are such.
pub(super) fn raised(text: &str) -> Option<String> {
    let small = |c: char| {
        Some(match c {
            '0' => '⁰',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            '4'..='9' => char::from_u32(0x2070 + (c as u32 - '0' as u32))?,
            'T' => 'ᵀ',
            '′' => '′',
            _ => return None,
        })
    };
    text.chars().map(small).collect()
}

fn upper(out: &mut String, text: &str, index: &Math) {
    match raised(text) {
        Some(small) => out.push_str(&small),
        None => {
            out.push('^');
            let long = matches!(index, Math::Row(row) if row.len() > 2);
            if long {
                out.push('(');
            }
            out.push_str(text);
            if long {
                out.push(')');
            }
        }
    }
}

fn lower(out: &mut String, text: &str) {
    let small = |c: char| {
        Some(match c {
            '0'..='9' => char::from_u32(0x2080 + (c as u32 - '0' as u32))?,
            'i' => 'ᵢ',
            'j' => 'ⱼ',
            'k' => 'ₖ',
            'n' => 'ₙ',
            _ => return None,
        })
    };
    match text.chars().map(small).collect::<Option<String>>() {
        Some(small) => out.push_str(&small),
        None if text.contains(' ') => {
            out.push_str("_(");
            out.push_str(text);
            out.push(')');
        }
        None => {
            out.push('_');
            out.push_str(text);
        }
    }
}
