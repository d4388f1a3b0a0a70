//! The typst renderer: a file that typst compiles as it is, without packages or other files.
//!
//! Words go into it as strings and formulas as mathematics, so that nothing in them is read as typst's language.

mod drawing;
mod equation;
mod math;
mod table;

use crate::math::Math;
use crate::text::inline;
use crate::tree::{Block, Document, Drawing, Equation, Figure, Inline, Mark, Plot, Prose, Table};

/// How a document is set by typst, as its source or as PDF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypstOptions {
    /// Significant digits of numbers.
    pub digits: usize,
}

impl Default for TypstOptions {
    fn default() -> Self {
        Self { digits: 6 }
    }
}

/// The look of the pages, and the functions that equations and drawings call.
const PRELUDE: &str = include_str!("prelude.typ");
/// The look of a note sheet, where it is another.
const COMPACT: &str = include_str!("compact.typ");

/// What the pieces of a document are written with.
#[derive(Clone, Copy)]
struct TypstStyle {
    /// Significant digits of numbers.
    digits: usize,
    /// How wide a line is, in characters of formulas: digits are half as wide as the font is high.
    width: usize,
    compact: bool,
}

/// Renders a document as a typst file.
///
/// Formulas and drawings are called with what a screen reader says of them, which becomes part of a PDF.
///
/// # Example
///
/// ```
/// use deltarule_document::{Document, TypstOptions, render_typst};
///
/// let mut document = Document::new("Forward pass");
/// document.paragraph("The bias $b^[1]$ is added to every column.");
/// let typst = render_typst(&document, &TypstOptions::default());
/// assert!(typst.contains(r##"#"The bias "#m("b^[1]", $b^([1])$)#" is added to"##));
/// ```
pub fn render_typst(document: &Document, options: &TypstOptions) -> String {
    let title = &document.title;
    let mut out = format!("#set document(title: {})\n{PRELUDE}\n", string(title));
    if document.compact {
        out.push_str(COMPACT);
        out.push('\n');
    }
    if !title.trim().is_empty() {
        out.push_str(&format!("#title({})\n", breakable(title, WORD)));
    }
    let style = TypstStyle {
        digits: options.digits,
        width: if document.compact { 116 } else { 84 },
        compact: document.compact,
    };
    let mut blocks = document.blocks.as_slice();
    while let Some((block, rest)) = blocks.split_first() {
        blocks = rest;
        if let Block::Code(_) = block {
            continue;
        }
        out.push('\n');
        match block {
            Block::Heading(level, words) => {
                out.push_str(&"=".repeat(usize::from(*level).clamp(1, 6)));
                out.push(' ');
                out.push_str(&prose(words, style));
            }
            Block::Paragraph(words) => out.push_str(&prose(words, style)),
            Block::List(items) => {
                let items: Vec<String> =
                    items.iter().map(|item| format!("- {}", prose(item, style))).collect();
                out.push_str(&items.join("\n"));
            }
            Block::Equation(equation) => self::equation(&mut out, equation, style),
            Block::Table(Table { header, rows }) => table::write(&mut out, header, rows, style),
            Block::Figure(figure) => match plots(figure, rest).as_slice() {
                [] | [_] => self::figure(&mut out, figure, style),
                several => {
                    drawing::plots(&mut out, several, style);
                    blocks = &rest[several.len() - 1..];
                }
            },
            Block::Code(_) => {}
        }
        out.push('\n');
    }
    out
}

/// A text as a string of typst.
fn string(text: &str) -> String {
    breakable(text, usize::MAX)
}

/// Longer words may be broken at any place.
const WORD: usize = 24;
/// Longer names of files and other things to type may be broken at any place.
const CODE: usize = 50;

/// A text as a string of typst, in which words longer than this may be broken at any place.
fn breakable(text: &str, longest: usize) -> String {
    let mut out = String::from("\"");
    let space = |c: char| c.is_whitespace() && c != '\u{a0}';
    for (i, word) in text.split(space).enumerate() {
        if i > 0 {
            out.push(' ');
        }
        let long = word.chars().count() > longest;
        for (j, c) in word.chars().filter(|c| !c.is_control()).enumerate() {
            if long && j > 0 {
                out.push_str("\\u{200b}");
            }
            if matches!(c, '"' | '\\') {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out.push('"');
    out
}

/// Running text.
fn prose(prose: &Prose, style: TypstStyle) -> String {
    let mut out = String::new();
    for piece in &prose.0 {
        match piece {
            Inline::Text(words) => out.push_str(&format!("#{}", breakable(words, WORD))),
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
fn inline_math(formula: &Math, style: TypstStyle, display: bool) -> String {
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
fn stands_alone(formula: &Math, style: TypstStyle) -> bool {
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

fn equation(out: &mut String, equation: &Equation, style: TypstStyle) {
    let mut alt = inline(&equation.left, style.digits);
    for relation in &equation.relations {
        alt.push_str(&format!(" {} {}", relation.sign, inline(&relation.right, style.digits)));
    }
    let body = equation::write(equation, style);
    out.push_str(&format!("#shown({}, $\n{body}\n$)", string(&alt)));
}

fn figure(out: &mut String, figure: &Figure, style: TypstStyle) {
    let alt = string(&crate::text::prose(&figure.caption, style.digits));
    let caption = prose(&figure.caption, style);
    // A long list of layers may go on on the next page.
    let breakable = matches!(&figure.drawing, Drawing::Network(l) if l.len() > drawing::LAYERS);
    out.push_str(&format!("#drawn({alt}, [{caption}], breakable: {breakable})[\n"));
    match &figure.drawing {
        Drawing::Network(layers) => drawing::network(out, layers, style),
        Drawing::Plot(plot) => drawing::plot(out, plot, drawing::size(1, style)),
    }
    out.push_str("\n]");
}

/// The plots from this figure on that follow each other, with their figures.
fn plots<'a>(first: &'a Figure, rest: &'a [Block]) -> Vec<(&'a Figure, &'a Plot)> {
    let rest = rest.iter().map(|block| match block {
        Block::Figure(figure) => Some(figure),
        _ => None,
    });
    std::iter::once(Some(first))
        .chain(rest)
        .map_while(|figure| match figure.map(|figure| (figure, &figure.drawing)) {
            Some((figure, Drawing::Plot(plot))) => Some((figure, plot)),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::breakable;

    #[test]
    fn strings_hold_anything() {
        assert_eq!(breakable("a\"b\\n\n#c\u{7}", 9), "\"a\\\"b\\\\n #c\"");
        assert_eq!(breakable("ab abc", 2), "\"ab a\\u{200b}b\\u{200b}c\"");
    }
}
