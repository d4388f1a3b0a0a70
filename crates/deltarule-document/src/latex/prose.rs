//! Running text, and the formulas in it.

use super::characters::{code, escape_narrow, formula};
use super::plot;
use crate::math::Math;
use crate::tex;
use crate::tree::{Inline, Mark, Prose};

/// A formula in running text that is wider than this many characters is broken behind commas, or set smaller.
const LONGEST_INLINE: usize = 48;

/// Running text.
pub(super) fn prose(prose: &Prose, digits: usize) -> String {
    pieces(prose, digits, LONGEST_INLINE)
}

/// Running text, where a formula that is wider than this many characters may not fit.
pub(super) fn pieces(prose: &Prose, digits: usize, longest: usize) -> String {
    let mut out = String::new();
    for piece in &prose.0 {
        match piece {
            // Some letters are twice as wide as others.
            Inline::Text(words) | Inline::Link(words, _) => {
                out.push_str(&escape_narrow(words, longest / 2));
            }
            Inline::Code(words) => out.push_str(&format!("\\texttt{{{}}}", code(words))),
            // Mostly numbers, whose digits are narrower than letters.
            Inline::Marked(mark, words) => {
                let words = escape_narrow(words, longest);
                out.push_str(&match mark {
                    Mark::Wrong => format!("\\textbf{{{words}}}"),
                    Mark::Follows => format!("\\textit{{{words}}}"),
                    Mark::Right | Mark::Missing => words,
                });
            }
            Inline::Math(math) => inline(&mut out, math, digits, longest),
            Inline::Sketch(plot) => plot::sketch(&mut out, plot),
        }
    }
    out.trim().to_string()
}

fn inline(out: &mut String, math: &Math, digits: usize, longest: usize) {
    let tex = formula(&tex::math(math, digits));
    if tex.is_empty() {
        return;
    }
    if tex::width(math, digits) <= longest as f64 {
        out.push_str(&format!("${tex}$"));
        return;
    }
    // TeX breaks lines behind relations, not behind the commas of a list.
    let is_comma = |piece: &&Math| matches!(piece, Math::Sign(',' | ';'));
    let all = math.pieces();
    let groups: Vec<&[&Math]> = all.split_inclusive(is_comma).collect();
    let rows = groups.iter().map(|group| Math::Row(group.iter().map(|p| (*p).clone()).collect()));
    let mut between = "";
    for row in rows {
        let tex = formula(&tex::math(&row, digits));
        if tex.is_empty() {
            continue;
        }
        out.push_str(between);
        between = " ";
        if tex::width(&row, digits) <= longest as f64 {
            out.push_str(&format!("${tex}$"));
        } else {
            out.push_str(&format!("\\fitline{{{tex}}}"));
        }
    }
}
