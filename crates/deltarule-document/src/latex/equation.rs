//! Equations in display style.

use super::characters::formula;
use crate::tex::{self, TexRow};
use crate::tree::Equation;

/// How many characters of text a line of an equation may have; digits are 5 points wide.
const LINE: usize = 88;
/// A line of an equation with more characters is measured by TeX: it may hold what is wider than digits.
const SAFE: usize = 76;
/// An equation with more lines of text than this may go on in the next page.
const TALLEST: usize = 16;

/// An equation in display style; a high one in several, so that it can go on in the next page.
pub(super) fn equation(out: &mut String, equation: &Equation, digits: usize) {
    let mut rows = tex::rows(equation, LINE, digits);
    let left = rows.first().and_then(|row| row.tex.split('&').next()).unwrap_or("").to_string();
    let mut first = true;
    while !rows.is_empty() {
        let mut height = 0;
        let fits = rows.iter().take_while(|row| {
            height += row.height;
            height <= TALLEST
        });
        let rest = rows.split_off(fits.count().max(1));
        if !first {
            // Under what stands on the page before.
            rows[0].tex.insert_str(0, &format!("\\hphantom{{{left}}}"));
        }
        display(out, &rows);
        first = false;
        rows = rest;
    }
}

fn display(out: &mut String, rows: &[TexRow]) {
    let tex = formula(&tex::aligned(rows));
    // What could not be broken is measured by TeX, and so are words, whose letters are wider than digits.
    let words = tex.replace("\\text{norm }", "").replace("\\text{for }", "").contains("\\text{");
    if rows.iter().any(|row| row.width > SAFE || (words && row.width > SAFE / 2)) {
        out.push_str(&format!("\\[\n\\fitdisplay{{{tex}}}\n\\]\n"));
    } else {
        out.push_str(&format!("\\[\n{tex}\n\\]\n"));
    }
}
