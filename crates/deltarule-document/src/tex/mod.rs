//! Formulas and equations in the language of TeX, as LaTeX, Markdown, notebooks and MathML converters read it.
//!
//! Only what all of them understand is used: environments of amsmath and `array`, no `\operatorname`, which GitHub
//! refuses, no commands within `\text`, and no `\phantom`. What is not ASCII stands within `\text` only, so that a
//! renderer can replace it there.

mod math;
mod matrix;
mod symbols;

use crate::layout::{self, Atom, EquationLine, Piece};
use crate::math::Math;
use crate::tree::Equation;

pub(crate) use math::{math, width};
pub(crate) use symbols::printed;
use symbols::{delimiter, push, sign};

/// How wide a line of an equation may be, in characters of text: what fits on a page, or on a screen beside a margin.
pub(crate) const WIDTH: usize = 76;

/// One line of an equation.
pub(crate) struct TexRow {
    /// The line in TeX, with a `&` at which the lines are aligned.
    pub(crate) tex: String,
    /// How wide it is in characters of text; wider than asked for where it could not be broken.
    pub(crate) width: usize,
    /// How high it is in lines of text.
    pub(crate) height: usize,
}

/// An equation as one `aligned` environment, without what opens display mathematics.
pub(crate) fn equation(equation: &Equation, digits: usize) -> String {
    aligned(&rows(equation, WIDTH, digits))
}

/// What formulas write for a letter or sign; `\text` with the character itself for what has no name.
pub(crate) fn symbol(c: char) -> String {
    symbols::letter(c)
}

/// Lines in an `aligned` environment.
pub(crate) fn aligned(rows: &[TexRow]) -> String {
    let lines: Vec<&str> = rows.iter().map(|row| row.tex.as_str()).collect();
    format!("\\begin{{aligned}}\n{}\n\\end{{aligned}}", lines.join(" \\\\\n"))
}

/// The lines of an equation, none wider than this many characters of text where it can be broken.
pub(crate) fn rows(equation: &Equation, width: usize, digits: usize) -> Vec<TexRow> {
    let left = crate::text::inline(&equation.left, digits).chars().count();
    let lines = layout::lines(equation, width, digits);
    // Relations stand behind a short left side, and under a long one.
    let has_relation =
        |line: &EquationLine<'_>| line.atoms.iter().any(|a| matches!(a, Atom::Relation(_)));
    let under = left > width / 4 || !lines.first().is_some_and(has_relation);
    let row = |(i, line): (usize, &EquationLine<'_>)| {
        let mut out = String::new();
        let mut aligned = true;
        match (i, under, line.continues) {
            (0, true, _) => out.push('&'),
            (0, false, _) => aligned = false,
            (_, true, false) | (_, false, true) => out.push_str("&\\quad "),
            (_, false, false) => out.push('&'),
            (_, true, true) => out.push_str("&\\qquad "),
        }
        for atom in &line.atoms {
            if let (Atom::Relation(_), false) = (atom, aligned) {
                out.push('&');
                aligned = true;
            }
            self::atom(&mut out, atom, digits);
        }
        // Behind \begin{aligned} a bracket would be an option, and Markdown takes signs and digits for those of a list.
        if !out.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '\\' | '&' | '(')) {
            out.insert_str(0, "{}");
        }
        let kept = out.trim_end().len();
        out.truncate(kept);
        let start = if i == 0 { 0 } else { left.min(width / 4) };
        let length =
            line.atoms.iter().map(|atom| layout::atom_width(atom, digits) + 1).sum::<usize>();
        let height = line.atoms.iter().map(atom_height).max().unwrap_or(1);
        TexRow { tex: out, width: start + length, height }
    };
    let mut rows: Vec<TexRow> = lines.iter().enumerate().map(row).collect();
    if rows.is_empty() {
        rows.push(TexRow { tex: "{}".into(), width: 0, height: 1 });
    }
    rows
}

fn atom(out: &mut String, atom: &Atom<'_>, digits: usize) {
    match atom {
        Atom::Relation(sign) => push(out, &self::sign(*sign)),
        Atom::Pieces(pieces) => {
            // Runs of pieces that belong together, between sides of brackets that were opened.
            let mut run: Vec<&Math> = Vec::new();
            for piece in pieces {
                match piece {
                    Piece::Math(piece) => run.push(piece),
                    Piece::Side(side) => {
                        math::row(out, &std::mem::take(&mut run), digits);
                        push(out, &delimiter(*side));
                    }
                }
            }
            math::row(out, &run, digits);
        }
        Atom::Columns(columns) => {
            let note = columns.note();
            if let Some(matrix) = note {
                push(out, &format!("\\underset{{{}}}{{", matrix::size(matrix, digits)));
            }
            matrix::columns(out, columns);
            if let Some(upper) = columns.upper.filter(|_| columns.closes()) {
                out.push_str(&format!("^{{{}}}", math(upper, columns.digits)));
            }
            if note.is_some() {
                out.push('}');
            }
        }
    }
    if !out.ends_with(' ') {
        out.push(' ');
    }
}

fn atom_height(atom: &Atom<'_>) -> usize {
    match atom {
        Atom::Relation(_) => 1,
        Atom::Columns(columns) => {
            columns.matrix.shown_rows().len() + usize::from(columns.note().is_some())
        }
        Atom::Pieces(pieces) => {
            let each = pieces.iter().map(|piece| match piece {
                Piece::Math(math) => height(math),
                Piece::Side(_) => 1,
            });
            each.max().unwrap_or(1)
        }
    }
}

/// How high a formula is, in lines of text.
fn height(math: &Math) -> usize {
    match math {
        Math::Row(row) => row.iter().map(height).max().unwrap_or(1),
        Math::Letter(_)
        | Math::Word(_)
        | Math::Digits(_)
        | Math::Sign(_)
        | Math::Space
        | Math::Number(_) => 1,
        Math::Upper(base, index) | Math::Lower(base, index) => height(base).max(height(index)),
        Math::Fraction(above, below) => height(above) + height(below),
        Math::Root(inside) | Math::Bracket(_, inside, _) => height(inside),
        Math::Cases(cases) => cases.iter().map(|(value, _)| height(value)).sum(),
        Math::Matrix(matrix) => matrix.shown_rows().len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::{Matrix, QuantityId};

    #[test]
    fn formulas_become_tex() {
        for (formula, tex) in [
            ("z^[l] = w^[l] x^[l−1]", "z^{[l]} = w^{[l]} x^{[l-1]}"),
            ("δ_1^[2] α x", "\\delta_1^{[2]} \\alpha x"),
            ("(w^[2])^T δ", "(w^{[2]})^{\\mathsf{T}} \\delta"),
            ("{z^[l]}^2", "{z^{[l]}}^2"),
            ("frac{1}{1 + e^{−z}}", "\\frac{1}{1 + e^{-z}}"),
            ("f'(z^[2])", "f'(z^{[2]})"),
            ("½ Σ (x − t)^2", "\\tfrac{1}{2} \\sum (x - t)^2"),
            ("\"leaky_relu\"(z) ln x", "\\text{leaky}\\_\\text{relu}(z) \\ln x"),
            ("[a] (b) < c", "[a] (b) < c"),
        ] {
            assert_eq!(math(&Math::formula(formula), 6), tex);
        }
    }

    #[test]
    fn numbers_of_a_column_are_aligned_at_the_point() {
        let quantity = QuantityId::new("a", 1, "w", Some(1));
        let matrix = Matrix::new(3, 1, |row, _| [-0.5, 12.25, 1e-7][row], quantity);
        let tex = math(&Math::Matrix(matrix), 6);
        assert_eq!(
            tex,
            "\\left[\\begin{array}{l} \\enspace -0.5 \\\\ \\enspace\\thickspace 12.25 \\\\ \
             \\enspace\\thickspace\\enspace 1 \\cdot 10^{-7} \\end{array}\\right]"
        );
    }
}
