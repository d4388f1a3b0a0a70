//! The LaTeX renderer: a file that pdflatex compiles, with packages of Debian's texlive-latex-recommended only.
//!
//! The file is ASCII. What pdflatex has no letter for, such as Cyrillic, becomes a small box with the number of the
//! character in Unicode; the properties of the PDF hold the characters themselves. Nothing stands out into the margin:
//! equations are broken into lines, and what cannot be broken is set smaller where TeX finds it too wide. A document with
//! small curves in its tables is a note sheet, and set small.

mod characters;
mod figure;
mod table;

use crate::math::Math;
use crate::tex::{self, TexRow};
use crate::tree::{Block, Document, Drawing, Equation, Inline, Mark, Prose};
use characters::{code, escape, escape_narrow, formula, property};

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

/// What every file starts with.
const PREAMBLE: &str = include_str!("preamble.tex");
/// What a note sheet changes: it is set small, so that it fits on a page.
const SHEET: &str = include_str!("sheet.tex");
/// How wide a page is, in points.
const PAGE: f64 = 483.0;
/// How many characters of text a line of an equation may have; digits are 5 points wide.
const LINE: usize = 88;
/// A line of an equation with more characters is measured by TeX: it may hold what is wider than digits.
const SAFE: usize = 76;
/// An equation with more lines of text than this may go on in the next page.
const TALLEST: usize = 16;
/// A formula in running text that is wider than this many characters is broken behind commas, or set smaller.
const LONGEST_INLINE: usize = 48;

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
            Block::Equation(equation) => self::equation(&mut out, equation, digits),
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

/// Whether this is a note sheet: it shows curves in a table, as no other document does.
fn is_sheet(document: &Document) -> bool {
    document.blocks.iter().any(|block| match block {
        Block::Table(table) => {
            let cells = table.rows.iter().flatten();
            cells.flat_map(|cell| &cell.0).any(|piece| matches!(piece, Inline::Sketch(_)))
        }
        Block::Heading(..)
        | Block::Paragraph(_)
        | Block::List(_)
        | Block::Equation(_)
        | Block::Figure(_)
        | Block::Code(_) => false,
    })
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

/// Running text.
fn prose(prose: &Prose, digits: usize) -> String {
    pieces(prose, digits, LONGEST_INLINE)
}

/// Running text, where a formula that is wider than this many characters may not fit.
fn pieces(prose: &Prose, digits: usize, longest: usize) -> String {
    let mut out = String::new();
    for piece in &prose.0 {
        match piece {
            // Some letters are twice as wide as others.
            Inline::Text(words) => out.push_str(&escape_narrow(words, longest / 2)),
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
            Inline::Sketch(plot) => figure::sketch(&mut out, plot),
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

/// An equation in display style; a high one in several, so that it can go on in the next page.
fn equation(out: &mut String, equation: &Equation, digits: usize) {
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
