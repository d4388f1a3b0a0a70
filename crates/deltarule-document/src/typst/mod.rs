//! The typst renderer: a file that typst compiles as it is, without packages or other files.
//!
//! Words go into it as strings and formulas as mathematics, so that nothing in them is read as typst's language.

mod drawing;
mod equation;
mod figure;
mod math;
mod prose;
mod strings;
mod style;
mod table;

use crate::text::inline;
use crate::tree::{Block, Document, Equation, Table};
use prose::prose;
use strings::{WORD, breakable, string};
use style::TypstStyle;

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
            Block::Figure(figure) => match figure::together(figure, rest).as_slice() {
                [] | [_] => figure::figure(&mut out, figure, style),
                several => {
                    figure::plots(&mut out, several, style);
                    blocks = &rest[several.len() - 1..];
                }
            },
            Block::Code(_) => {}
        }
        out.push('\n');
    }
    out
}

fn equation(out: &mut String, equation: &Equation, style: TypstStyle) {
    let mut alt = inline(&equation.left, style.digits);
    for relation in &equation.relations {
        alt.push_str(&format!(" {} {}", relation.sign, inline(&relation.right, style.digits)));
    }
    let body = equation::write(equation, style);
    out.push_str(&format!("#shown({}, $\n{body}\n$)", string(&alt)));
}
