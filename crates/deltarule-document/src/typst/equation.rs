//! Equations: their lines, aligned at the relations.

use super::math::TypstWriter;
use super::style::TypstStyle;
use crate::layout::{self, Atom, EquationLine, Piece};
use crate::math::Math;
use crate::tree::Equation;

/// An equation's lines without the dollar signs around them.
pub(super) fn write(equation: &Equation, style: TypstStyle) -> String {
    let TypstStyle { digits, width, .. } = style;
    let lines = layout::lines(equation, width, digits);
    // Behind a long left side, what follows stands under it, as the layout assumes.
    let left = crate::text::inline(&equation.left, digits).chars().count();
    let under = left > width / 4 || !lines.first().is_some_and(has_relation);
    let mut writer = TypstWriter { out: String::new(), digits };
    for (i, line) in lines.iter().enumerate() {
        writer.out.push_str(if i > 0 { " \\\n  " } else { "  " });
        let mut aligned = i > 0 || under;
        writer.out.push_str(match (i, line.continues, under) {
            (0, _, true) => "& ",
            (0, _, false) => "",
            (_, false, false) => "&",
            (_, true, false) | (_, false, true) => "& quad ",
            (_, true, true) => "& wide ",
        });
        for (j, atom) in line.atoms.iter().enumerate() {
            let follows = matches!(atom, Atom::Columns(_));
            if follows && j > 0 && matches!(line.atoms[j - 1], Atom::Columns(_)) {
                writer.token("thin");
            }
            match atom {
                Atom::Relation(sign) => {
                    if !aligned {
                        writer.space();
                        writer.out.push('&');
                        aligned = true;
                    }
                    writer.sign(*sign);
                }
                Atom::Pieces(pieces) => {
                    for (k, piece) in pieces.iter().enumerate() {
                        // At the start of a line, too, these stand between two summands.
                        let starts = i > 0 && j == 0 && k == 0;
                        if let (true, Piece::Math(Math::Sign(sign @ ('+' | '−')))) = (starts, piece)
                        {
                            let sign = if *sign == '+' { '+' } else { '-' };
                            writer.token(&format!("class(\"binary\", {sign})"));
                            continue;
                        }
                        match piece {
                            Piece::Math(math) => writer.math(math),
                            // On its own: its other side may stand in another line.
                            Piece::Side(side) => writer.escaped(*side),
                        }
                    }
                }
                Atom::Columns(columns) => writer.columns(columns),
            }
            writer.space();
        }
        let kept = writer.out.trim_end().len();
        writer.out.truncate(kept);
    }
    writer.out
}

fn has_relation(line: &EquationLine<'_>) -> bool {
    line.atoms.iter().any(|atom| matches!(atom, Atom::Relation(_)))
}
