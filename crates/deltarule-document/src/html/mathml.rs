//! Formulas as MathML, by way of TeX.

use pulldown_latex::config::{DisplayMode, RenderConfig};
use pulldown_latex::{Parser, Storage, mathml::push_mathml};

use super::escape::escape;
use super::fences::drawn;
use crate::math::Math;
use crate::tex;
use crate::tree::Equation;

/// A formula within running text; a plain number stays text, which is easier to read and to copy.
pub(super) fn inline(math: &Math, digits: usize) -> String {
    if let Math::Number(number) = math
        && !number.is_hidden()
    {
        let text = crate::text::inline(math, digits);
        if !text.contains('e') {
            return format!("<span class=\"number\">{}</span>", escape(&text.replace('-', "−")));
        }
    }
    mathml(&tex::math(&guarded(math.clone()), digits), DisplayMode::Inline)
}

/// An equation of its own.
pub(super) fn equation(equation: &Equation, digits: usize) -> String {
    let mut equation = equation.clone();
    equation.left = guarded(equation.left);
    for relation in &mut equation.relations {
        let right = std::mem::replace(&mut relation.right, Math::Space);
        relation.right = guarded(right);
    }
    mathml(&tex::equation(&equation, digits), DisplayMode::Block)
}

/// What stands for &, < and > in words until the converter is done, which writes words as they are.
const GUARDS: [(char, char, &str); 3] =
    [('&', '\u{e000}', "&amp;"), ('<', '\u{e001}', "&lt;"), ('>', '\u{e002}', "&gt;")];

fn guarded(math: Math) -> Math {
    math.map(&|leaf| match leaf {
        Math::Word(mut words) => {
            for (sign, guard, _) in GUARDS {
                words = words.replace(sign, &guard.to_string());
            }
            Math::Word(words)
        }
        other => other,
    })
}

/// What the converter makes of a line to write on: browsers do not stretch the line over a gap.
const UNDERLINED_GAP: &str = "<munder><mrow><mspace width=\"2em\" /><mspace width=\"1em\" /></mrow>\
                              <mo stretchy=\"true\">_</mo></munder>";
/// A gap with a drawn lower edge instead, high enough for handwriting.
const LINE: &str =
    "<mspace width=\"4.5em\" height=\"1em\" style=\"border-bottom: 0.06em solid\" />";

/// A bar as the converter writes it, which browsers set apart from what is beside it, as in a set.
const BAR: &str = "<mo stretchy=\"false\">|</mo>";
/// The same bar, close to what is beside it.
const CLOSE_BAR: &str = "<mo stretchy=\"false\" lspace=\"0\" rspace=\"0\">|</mo>";

fn mathml(tex: &str, display_mode: DisplayMode) -> String {
    let storage = Storage::new();
    let config = RenderConfig { display_mode, xml: true, ..RenderConfig::default() };
    let mut out = String::new();
    match push_mathml(&mut out, Parser::new(tex, &storage), config) {
        Ok(()) if !out.contains("<merror") => {
            for (_, guard, entity) in GUARDS {
                out = out.replace(guard, entity);
            }
            // Signs that the converter writes as they are, and an entity that XML does not know.
            let out = out.replace("><</", ">&lt;</").replace(">&</", ">&amp;</");
            let out = out.replace("&nbsp;", "&#160;").replace(UNDERLINED_GAP, LINE);
            // A sign that does not stretch needs not be told that it would do so on one side only, and the cells of a matrix
            // need not say one by one what the page's style says of all: a seventh of a page with many matrices.
            let out = out
                .replace(" symmetric=\"false\" stretchy", " stretchy")
                .replace("<mtd class=\"cell-left\">", "<mtd>");
            // A bar is a bracket here, and stands close to what it holds.
            drawn(&out.replace(BAR, CLOSE_BAR))
        }
        // What the converter cannot read is shown as it is written; tests see to it that there is none.
        _ => format!("<code class=\"error\">{}</code>", escape(tex)),
    }
}

#[cfg(test)]
mod tests {
    use super::{drawn, equation};
    use crate::{Equation, Math, Matrix, QuantityId};

    #[test]
    fn every_sign_that_was_to_stretch_is_drawn() {
        let matrix = |rows, columns| {
            let quantity = QuantityId::new("a", 1, "w", Some(1));
            Math::Matrix(Matrix::new(rows, columns, |r, c| 1.0 / (r + c + 3) as f64, quantity))
        };
        let nested = Math::formula("((1 + frac{a}{b}) c − frac{1}{((d))})^2");
        let cases = Math::formula("cases{z : z > 0 ; 0 : \"else\"}");
        let wide = Equation::formula("w").equals(matrix(2, 12)).equals(nested).equals(cases);
        let page = equation(&wide.equals(matrix(3, 2)), 17);
        // Two matrices of which the first takes two lines, cases, and the two brackets that hold a fraction.
        assert_eq!(page.matches(" class=\"fence\"").count(), 2 + 2 + 1 + 4, "{page}");
        assert_eq!(page.matches("stretchy=\"true\"").count(), 2 + 2 + 1 + 4, "{page}");
        assert_eq!(page.matches(" opens\"").count(), 1, "{page}");
        assert_eq!(page.matches(" opens closes\"").count(), 1, "{page}");
        assert_eq!(page.matches("<mrow class=\"round\">").count(), 2, "{page}");
        assert_eq!(page.matches("<mrow").count(), page.matches("</mrow>").count());
        assert_eq!(drawn(&page), page, "it is done once");
    }
}
