//! Running text, and the formulas in it.

use super::strings::{CODE, WORD, breakable, string};
use super::style::TypstStyle;
use super::{drawing, math};
use crate::math::Math;
use crate::text::inline;
use crate::tree::{Inline, Mark, Prose};

/// Running text.
pub(super) fn prose(prose: &Prose, style: TypstStyle) -> String {
    let mut out = String::new();
    for piece in &prose.0 {
        match piece {
            Inline::Text(words) | Inline::Link(words, _) => {
                out.push_str(&format!("#{}", breakable(words, WORD)));
            }
            Inline::Code(words) => out.push_str(&format!("#raw({})", breakable(words, CODE))),
            Inline::Marked(mark, words) => {
                let words = breakable(words, WORD);
                out.push_str(&match mark {
                    Mark::Wrong => format!("#strong({words})"),
                    Mark::Follows => format!("#emph({words})"),
                    Mark::Right | Mark::Missing => format!("#{words}"),
                });
            }
            Inline::Math(formula) => out.push_str(&inline_math(formula, style, false)),
            Inline::Sketch(plot) => drawing::sketch(&mut out, plot),
        }
    }
    out
}

/// A formula in running text; one that holds what is as wide as the page stands on its own.
pub(super) fn inline_math(formula: &Math, style: TypstStyle, display: bool) -> String {
    let alt = string(&inline(formula, style.digits));
    let body = math::math(formula, style.digits);
    if body.is_empty() {
        String::new()
    } else if stands_alone(formula, style) {
        format!("#shown({alt}, $ {body} $)")
    } else if display {
        format!("#m({alt}, $display({body})$)")
    } else {
        format!("#m({alt}, ${body}$)")
    }
}

/// Whether a formula is too wide for running text.
pub(super) fn stands_alone(formula: &Math, style: TypstStyle) -> bool {
    widest(formula, style.digits) > style.width / 2
}

/// How wide the widest piece of a formula is that typst does not break, in characters of text.
fn widest(formula: &Math, digits: usize) -> usize {
    match formula {
        Math::Row(row) => row.iter().map(|piece| widest(piece, digits)).max().unwrap_or(0),
        Math::Bracket(_, inside, _) => widest(inside, digits),
        Math::Matrix(matrix) => {
            let row = |row: &Vec<String>| row.iter().map(|cell| cell.chars().count() + 2).sum();
            matrix.cells(digits).iter().map(row).max().unwrap_or(0)
        }
        Math::Upper(base, index) | Math::Lower(base, index) => {
            widest(base, digits) + widest(index, digits)
        }
        other => inline(other, digits).chars().count(),
    }
}
