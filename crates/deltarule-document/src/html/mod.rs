//! The HTML renderer: one page that needs no network, and no script but for the keyboard, formulas as MathML, drawings as SVG.

mod cell;
mod escape;
mod fences;
mod mathml;
mod plot;
mod svg;

use std::fmt::Write as _;

use crate::math::Math;
use crate::tex;
use crate::tree::{Block, Document, Drawing, Equation, Figure, Inline, Mark, Prose, Table};
use escape::escape;

/// How a page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HtmlOptions {
    /// Significant digits of numbers.
    pub digits: usize,
}

impl Default for HtmlOptions {
    fn default() -> Self {
        Self { digits: 6 }
    }
}

const STYLE: &str = include_str!("style.css");
/// What a page does by itself; without it, nothing is missing.
const SCRIPT: &str = include_str!("page.js");
/// A page with fewer headings needs no table of contents.
const CONTENTS: usize = 3;

/// Renders a document as one page: readable on a phone and in print, light and dark.
///
/// # Example
///
/// ```
/// use deltarule_document::{Document, Equation, HtmlOptions, render_html};
///
/// let mut document = Document::new("Deltas");
/// document.equation(Equation::formula("δ^[L] = x^[L] − t"));
/// let page = render_html(&document, &HtmlOptions::default());
/// assert!(page.starts_with("<!DOCTYPE html>") && page.contains("<math"));
/// ```
pub fn render_html(document: &Document, options: &HtmlOptions) -> String {
    let title = escape(&document.title);
    let mut page = HtmlPage::new(options, HtmlTarget::Page);
    let class = if document.compact { " class=\"compact\"" } else { "" };
    let _ = write!(
        page.out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body{class}>\n"
    );
    page.contents(document);
    let _ = writeln!(page.out, "<main>\n<h1>{title}</h1>");
    for block in &document.blocks {
        page.block(block);
    }
    let _ = write!(page.out, "</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n");
    page.out
}

/// Renders a document as a piece of somebody else's page, on which MathJax sets the formulas: TeX between `\(` and `\)`, and
/// between `\[` and `\]`. There is no title, nothing that needs a style sheet or an address within the page, and no drawing.
///
/// # Example
///
/// ```
/// use deltarule_document::{Document, HtmlOptions, render_html_fragment};
///
/// let mut document = Document::new("Deltas");
/// document.paragraph("With $δ^[L]$ at the outputs.");
/// let piece = render_html_fragment(&document, &HtmlOptions::default());
/// assert_eq!(piece, "<p>With \\(\\delta^{[L]}\\) at the outputs.</p>\n");
/// ```
pub fn render_html_fragment(document: &Document, options: &HtmlOptions) -> String {
    let mut page = HtmlPage::new(options, HtmlTarget::Fragment);
    for block in &document.blocks {
        page.block(block);
    }
    page.out
}

/// Renders a document as the output of a notebook's cell: a box with its own style sheet, whose rules reach nothing outside
/// it, formulas as MathML and drawings as SVG. Colours go with those of the notebook, light or dark.
///
/// # Example
///
/// ```
/// use deltarule_document::{Document, HtmlOptions, render_html_cell};
///
/// let mut document = Document::new("Deltas");
/// document.paragraph("With $δ^[L]$ at the outputs.");
/// let cell = render_html_cell(&document, &HtmlOptions::default());
/// assert!(cell.starts_with("<div class=\"deltarule\">") && cell.contains("<math"));
/// ```
pub fn render_html_cell(document: &Document, options: &HtmlOptions) -> String {
    let mut page = HtmlPage::new(options, HtmlTarget::Cell);
    let _ = writeln!(
        page.out,
        "<div class=\"deltarule\">\n<style>\n{}</style>\n<h2>{}</h2>",
        cell::style(STYLE),
        escape(&document.title)
    );
    for block in &document.blocks {
        page.block(block);
    }
    page.out.push_str("</div>\n");
    page.out
}

struct HtmlPage {
    out: String,
    digits: usize,
    headings: usize,
    kind: HtmlTarget,
}

/// What is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HtmlTarget {
    /// A page of its own, with MathML and drawings.
    Page,
    /// The output of a notebook's cell, with MathML and drawings, and without addresses: there are other cells.
    Cell,
    /// A piece of another page, with TeX.
    Fragment,
}

impl HtmlPage {
    fn new(options: &HtmlOptions, kind: HtmlTarget) -> Self {
        Self { out: String::new(), digits: options.digits, headings: 0, kind }
    }

    fn inline(&self, math: &Math) -> String {
        match self.kind {
            HtmlTarget::Page | HtmlTarget::Cell => mathml::inline(math, self.digits),
            HtmlTarget::Fragment => format!("\\({}\\)", escape(&tex::math(math, self.digits))),
        }
    }

    fn equation(&mut self, equation: &Equation) {
        let _ = match self.kind {
            // Wide equations scroll within their box.
            HtmlTarget::Page | HtmlTarget::Cell => writeln!(
                self.out,
                "<div class=\"equation\">{}</div>",
                mathml::equation(equation, self.digits)
            ),
            HtmlTarget::Fragment => {
                let tex = escape(&tex::equation(equation, self.digits));
                writeln!(self.out, "<p>\\[{tex}\\]</p>")
            }
        };
    }

    /// The table of contents: headings of the first two levels.
    fn contents(&mut self, document: &Document) {
        let headings = document.blocks.iter().filter_map(|block| match block {
            Block::Heading(level, words) => Some((*level, words)),
            _ => None,
        });
        let count = headings.clone().count();
        let listed = headings.enumerate().filter(|(_, (level, _))| *level <= 2);
        if count < CONTENTS || listed.clone().next().is_none() {
            return;
        }
        self.out.push_str(
            "<nav aria-label=\"Contents\">\n<details>\n<summary>Contents</summary>\n<ul>\n",
        );
        let mut inside = false;
        let mut open = false;
        for (i, (level, words)) in listed {
            let deeper = level == 2 && open;
            match (inside, deeper) {
                (false, true) => self.out.push_str("\n<ul>\n"),
                (true, false) => self.out.push_str("</li>\n</ul>\n</li>\n"),
                (true, true) => self.out.push_str("</li>\n"),
                (false, false) if open => self.out.push_str("</li>\n"),
                (false, false) => {}
            }
            (inside, open) = (deeper, true);
            let words = self.prose(words);
            let _ = write!(self.out, "<li><a href=\"#s{}\">{words}</a>", i + 1);
        }
        if open {
            self.out.push_str("</li>\n");
        }
        if inside {
            self.out.push_str("</ul>\n</li>\n");
        }
        self.out.push_str("</ul>\n</details>\n</nav>\n");
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Heading(level, words) => {
                self.headings += 1;
                // The title of a cell is of the second level: the first is the notebook's.
                let title = if self.kind == HtmlTarget::Cell { 2 } else { 1 };
                let level = (title + (*level).max(1)).min(6);
                let words = self.prose(words);
                let id = match self.kind {
                    HtmlTarget::Page => format!(" id=\"s{}\"", self.headings),
                    HtmlTarget::Cell | HtmlTarget::Fragment => String::new(),
                };
                let _ = writeln!(self.out, "<h{level}{id}>{words}</h{level}>");
            }
            Block::Paragraph(words) => {
                let words = self.prose(words);
                let _ = writeln!(self.out, "<p>{words}</p>");
            }
            Block::List(items) => {
                self.out.push_str("<ul>\n");
                for item in items {
                    let item = self.prose(item);
                    let _ = writeln!(self.out, "<li>{item}</li>");
                }
                self.out.push_str("</ul>\n");
            }
            Block::Equation(equation) => self.equation(equation),
            Block::Table(table) => self.table(table),
            Block::Figure(figure) if self.kind != HtmlTarget::Fragment => self.figure(figure),
            Block::Figure(_) => {}
            Block::Code(_) => {}
        }
    }

    fn table(&mut self, table: &Table) {
        // A column of verdicts stays in sight where the others scroll.
        let class = if table.ends_with_verdicts() { "table judged" } else { "table" };
        let _ = write!(self.out, "<div class=\"{class}\">\n<table>\n<thead>\n<tr>");
        for cell in &table.header {
            let cell = self.prose(cell);
            // An empty corner is no heading of anything.
            if cell.is_empty() {
                self.out.push_str("<td></td>");
            } else {
                let _ = write!(self.out, "<th scope=\"col\">{cell}</th>");
            }
        }
        self.out.push_str("</tr>\n</thead>\n<tbody>\n");
        for row in &table.rows {
            self.out.push_str("<tr>");
            for (i, cell) in row.iter().enumerate() {
                let cell = self.prose(cell);
                let _ = if i == 0 && !cell.is_empty() {
                    write!(self.out, "<th scope=\"row\">{cell}</th>")
                } else {
                    write!(self.out, "<td>{cell}</td>")
                };
            }
            self.out.push_str("</tr>\n");
        }
        self.out.push_str("</tbody>\n</table>\n</div>\n");
    }

    fn figure(&mut self, figure: &Figure) {
        let caption = self.prose(&figure.caption);
        // For those who cannot see the drawing: the layers of a network, the caption of a plot.
        let drawing = match &figure.drawing {
            Drawing::Network(layers) => svg::network(layers),
            Drawing::Plot(plot) => {
                plot::svg(plot, &escape(&crate::text::prose(&figure.caption, self.digits)))
            }
        };
        let class = match &figure.drawing {
            Drawing::Network(_) => "network",
            Drawing::Plot(_) => "plot",
        };
        let _ = writeln!(
            self.out,
            "<figure class=\"{class}\">\n<div class=\"drawing\">\n{drawing}\n</div>\n\
             <figcaption>{caption}</figcaption>\n</figure>"
        );
    }

    fn prose(&self, prose: &Prose) -> String {
        let mut out = String::new();
        for piece in &prose.0 {
            match piece {
                Inline::Text(words) => out.push_str(&escape(words)),
                Inline::Code(words) => {
                    let _ = write!(out, "<code>{}</code>", escape(words));
                }
                Inline::Link(words, target) => {
                    let (words, target) = (escape(words), escape(target));
                    let _ = write!(out, "<a href=\"{target}\">{words}</a>");
                }
                Inline::Marked(mark, words) => {
                    let class = match mark {
                        Mark::Right => "right",
                        Mark::Follows => "follows",
                        Mark::Wrong => "wrong",
                        Mark::Missing => "missing",
                    };
                    let _ = write!(out, "<mark class=\"{class}\">{}</mark>", escape(words));
                }
                Inline::Math(math) => out.push_str(&self.inline(math)),
                Inline::Sketch(sketch) if self.kind != HtmlTarget::Fragment => {
                    out.push_str(&svg::sketch(sketch));
                }
                Inline::Sketch(_) => {}
            }
        }
        out
    }
}
