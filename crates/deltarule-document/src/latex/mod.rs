//! The LaTeX renderer: a file that pdflatex compiles, with packages of Debian's texlive-latex-recommended only.
//!
//! The file is ASCII. What pdflatex has no letter for, such as Cyrillic, becomes a small box with the number of the
//! character in Unicode; the properties of the PDF hold the characters themselves. Nothing stands out into the margin:
//! equations are broken into lines, and what cannot be broken is set smaller where TeX finds it too wide. A document with
//! small curves in its tables is a note sheet, and set small.

mod characters;
mod equation;
mod figure;
mod page;
mod plot;
mod prose;
mod table;

use crate::tree::{Block, Document, Drawing, Prose};
use characters::{escape, property};
use page::{PREAMBLE, SHEET, is_sheet};
use prose::prose;

/// How LaTeX is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatexOptions {
    /// Significant digits of numbers.
    pub digits: usize,
}

impl Default for LatexOptions {
    fn default() -> Self {
        Self { digits: 6 }
    }
}

/// Renders a document as a LaTeX file.
///
/// # Example
///
/// ```
/// use deltarule_document::{Document, Equation, LatexOptions, render_latex};
///
/// let mut document = Document::new("Deltas & gradients");
/// document.equation(Equation::formula("δ^[L] = x^[L] − t"));
/// let latex = render_latex(&document, &LatexOptions::default());
/// assert!(latex.contains("Deltas \\& gradients"));
/// assert!(latex.contains("\\delta^{[L]} &= x^{[L]} - t"));
/// ```
pub fn render_latex(document: &Document, options: &LatexOptions) -> String {
    let digits = options.digits;
    let mut out = String::from(PREAMBLE);
    if is_sheet(document) {
        out.push_str(SHEET);
    }
    let title = property(&document.title);
    out.push_str(&format!("\\hypersetup{{pdftitle={{{title}}},pdfcreator={{deltarule}}}}\n\n"));
    out.push_str("\\begin{document}\n");
    let title = escape(document.title.trim());
    if !title.is_empty() {
        let size = if is_sheet(document) { "large" } else { "LARGE" };
        out.push_str(&format!("\\begin{{center}}\n\\{size}\\bfseries {title}\n\\end{{center}}\n"));
    }
    let mut blocks =
        document.blocks.iter().filter(|block| !matches!(block, Block::Code(_))).peekable();
    let mut headings = 0;
    let mut before: Option<&Block> = None;
    while let Some(block) = blocks.next() {
        // An equation belongs to the paragraph before it; no line between equations either.
        let joined = matches!(before, Some(Block::Paragraph(_) | Block::Equation(_)));
        if !(matches!(block, Block::Equation(_)) && joined) {
            out.push('\n');
        }
        match block {
            Block::Heading(level, words) => {
                headings += 1;
                heading(&mut out, *level, words, headings, digits);
            }
            Block::Paragraph(words) => out.push_str(&format!("{}\n", prose(words, digits))),
            Block::List(items) => list(&mut out, items, digits),
            Block::Equation(equation) => equation::equation(&mut out, equation, digits),
            Block::Table(table) => table::table(&mut out, table, digits),
            Block::Figure(one) => {
                // Plots that follow one another stand side by side.
                let mut figures = vec![one];
                let is_plot = |block: &Block| match block {
                    Block::Figure(figure) => matches!(figure.drawing, Drawing::Plot(_)),
                    _ => false,
                };
                while is_plot(block) {
                    match blocks.next_if(|block| is_plot(block)) {
                        Some(Block::Figure(next)) => figures.push(next),
                        _ => break,
                    }
                }
                for row in figures.chunks(figure::beside(figures.len())) {
                    figure::figures(&mut out, row, digits);
                }
            }
            Block::Code(_) => {}
        }
        before = Some(block);
    }
    out.push_str("\n\\end{document}\n");
    out
}

fn heading(out: &mut String, level: u8, words: &Prose, number: usize, digits: usize) {
    let command = match level {
        0 | 1 => "section",
        2 => "subsection",
        3 => "subsubsection",
        _ => "paragraph",
    };
    let plain = property(&crate::text::prose(words, digits));
    let level = level.clamp(1, 4);
    // The page finds it by its number; a reader of the PDF by its words.
    out.push_str(&format!("\\pdfbookmark[{level}]{{{plain}}}{{heading{number}}}\n"));
    out.push_str(&format!("\\{command}*{{{}}}\n", prose(words, digits)));
}

fn list(out: &mut String, items: &[Prose], digits: usize) {
    if items.is_empty() {
        return;
    }
    out.push_str("\\begin{itemize}\n\\setlength\\itemsep{2pt}\\setlength\\parskip{0pt}\n");
    for item in items {
        // Braces: a bracket behind \item would be its mark.
        out.push_str(&format!("\\item {{}}{}\n", prose(item, digits)));
    }
    out.push_str("\\end{itemize}\n");
}
