//! The text renderer: Unicode, aligned matrices, lines no wider than a terminal.

use crate::number::format_number;
use crate::tree::{Block, Document, Matrix, Term};

/// How text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextOptions {
    /// Significant digits of numbers.
    pub digits: usize,
    /// The widest line, where one word or one number fits into it.
    pub width: usize,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self { digits: 6, width: 80 }
    }
}

/// More rows or columns than this are shown by the corners of the matrix.
const LARGEST: usize = 12;
/// How many rows or columns are shown on each side of a corner matrix.
const CORNER: usize = 3;
/// How far the continuation of an equation is indented.
const INDENT: usize = 6;

/// Renders a document as text.
pub fn render_text(document: &Document, options: &TextOptions) -> String {
    let mut out = String::new();
    underline(&mut out, &document.title, '═', options.width);
    for block in &document.blocks {
        out.push('\n');
        match block {
            Block::Heading(1, text) => underline(&mut out, text, '─', options.width),
            Block::Heading(2, text) => underline(&mut out, text, '╌', options.width),
            Block::Heading(_, text) | Block::Paragraph(text) => {
                out.push_str(&wrap_text(text, options.width, 0));
            }
            Block::Equation(terms) => equation(&mut out, terms, options),
        }
    }
    out
}

fn underline(out: &mut String, text: &str, with: char, width: usize) {
    let lines = wrapped(text, width, 0);
    let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    for line in lines {
        out.push_str(&line);
        out.push('\n');
    }
    out.extend(std::iter::repeat_n(with, longest));
    out.push('\n');
}

/// Prose in lines no wider than this where its words allow it, the second and later ones indented. Characters that steer
/// a terminal are left out.
///
/// # Example
///
/// ```
/// assert_eq!(deltarule_document::wrap_text("one two three", 8, 2), "one two\n  three\n");
/// ```
pub fn wrap_text(text: &str, width: usize, indent: usize) -> String {
    wrapped(text, width, indent).join("\n") + "\n"
}

fn wrapped(text: &str, width: usize, indent: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let word: String = word.chars().filter(|c| !c.is_control()).collect();
        let length = word.chars().count();
        let fits = used == 0 || used + 1 + length <= width;
        match lines.last_mut() {
            Some(line) if fits => {
                if used > 0 {
                    line.push(' ');
                    used += 1;
                }
                line.push_str(&word);
                used += length;
            }
            _ => {
                used = indent + length;
                lines.push(" ".repeat(indent) + &word);
            }
        }
    }
    lines
}

/// A rectangle of characters; the lines have the same width.
struct Rectangle {
    lines: Vec<String>,
    width: usize,
}

impl Rectangle {
    fn new(lines: Vec<String>) -> Self {
        let width = lines.iter().map(|l| l.chars().count()).max().unwrap_or(0);
        Self { lines, width }
    }

    /// The line that stands beside text.
    fn middle(&self) -> usize {
        (self.lines.len() - 1) / 2
    }
}

/// Lays the terms side by side, on as many rows as the width asks for.
fn equation(out: &mut String, terms: &[Term], options: &TextOptions) {
    let mut row: Vec<Rectangle> = Vec::new();
    let mut used = 2;
    for rectangle in terms.iter().flat_map(|term| rectangles(term, options)) {
        if !row.is_empty() && used + 1 + rectangle.width > options.width {
            // An operator stands before what it applies to, also across lines.
            let operator = row.pop_if(|last| is_operator(last));
            flush(out, &row, used_indent(out));
            row.clear();
            row.extend(operator);
            used = INDENT + row.iter().map(|r| r.width).sum::<usize>();
        }
        used += usize::from(!row.is_empty()) + rectangle.width;
        row.push(rectangle);
    }
    flush(out, &row, used_indent(out));
}

/// Whether a rectangle is an operator between two others.
fn is_operator(rectangle: &Rectangle) -> bool {
    matches!(rectangle.lines.first().map(String::as_str), Some("=" | "+"))
}

/// The first row of an equation stands at 2, the others further in.
fn used_indent(out: &str) -> usize {
    if out.ends_with("\n\n") || out.is_empty() { 2 } else { INDENT }
}

fn flush(out: &mut String, row: &[Rectangle], indent: usize) {
    let above = row.iter().map(Rectangle::middle).max().unwrap_or(0);
    let below = row.iter().map(|r| r.lines.len() - 1 - r.middle()).max().unwrap_or(0);
    for line in 0..=above + below {
        let mut text = " ".repeat(indent);
        for (i, rectangle) in row.iter().enumerate() {
            if i > 0 {
                text.push(' ');
            }
            let inside = (line + rectangle.middle()).checked_sub(above);
            let content = inside.and_then(|l| rectangle.lines.get(l)).map_or("", String::as_str);
            text.push_str(content);
            text.extend(std::iter::repeat_n(' ', rectangle.width - content.chars().count()));
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
}

fn rectangles(term: &Term, options: &TextOptions) -> Vec<Rectangle> {
    match term {
        // A formula that is wider than the page goes on in the next line.
        Term::Text(text) => wrapped(text, options.width.saturating_sub(INDENT), 0)
            .into_iter()
            .map(|line| Rectangle::new(vec![line]))
            .collect(),
        Term::Number(number) => {
            let text = format_number(number.at(0, 0), options.digits);
            vec![Rectangle::new(vec![text])]
        }
        Term::Matrix(matrix) => brackets(matrix, options),
    }
}

/// Which rows or columns are shown; `None` stands for those left out.
fn shown(count: usize) -> Vec<Option<usize>> {
    if count <= LARGEST {
        (0..count).map(Some).collect()
    } else {
        let last = count - CORNER..count;
        (0..CORNER).map(Some).chain([None]).chain(last.map(Some)).collect()
    }
}

/// A matrix in brackets, cut into blocks of columns where it is too wide.
fn brackets(matrix: &Matrix, options: &TextOptions) -> Vec<Rectangle> {
    let rows = shown(matrix.rows());
    let columns: Vec<Vec<String>> =
        shown(matrix.columns()).into_iter().map(|c| column(matrix, &rows, c, options)).collect();
    let width = |column: &[String]| column.first().map_or(0, |cell| cell.chars().count());
    let room = options.width.saturating_sub(INDENT + 4);
    let mut blocks: Vec<Vec<Vec<String>>> = vec![Vec::new()];
    let mut used = 0;
    for cells in columns {
        let wide = width(&cells) + 2;
        if used > 0 && used + wide > room {
            blocks.push(Vec::new());
            used = 0;
        }
        used += wide;
        if let Some(block) = blocks.last_mut() {
            block.push(cells);
        }
    }
    let large = matrix.rows() > LARGEST || matrix.columns() > LARGEST;
    let last = blocks.len() - 1;
    let mut out: Vec<Rectangle> = blocks
        .iter()
        .enumerate()
        .map(|(i, block)| Rectangle::new(bracketed(block, rows.len(), i == 0, i == last)))
        .collect();
    if large {
        let size = format!("({} × {})", matrix.rows(), matrix.columns());
        out.push(Rectangle::new(vec![size]));
    }
    out
}

/// The cells of one column, aligned at the decimal point.
fn column(
    matrix: &Matrix,
    rows: &[Option<usize>],
    column: Option<usize>,
    options: &TextOptions,
) -> Vec<String> {
    let cells: Vec<String> = rows
        .iter()
        .map(|row| match (row, column) {
            (Some(row), Some(column)) => format_number(matrix.at(*row, column), options.digits),
            (Some(_), None) => "…".into(),
            (None, Some(_)) => "⋮".into(),
            (None, None) => "⋱".into(),
        })
        .collect();
    let before = |cell: &str| cell.split('.').next().unwrap_or("").chars().count();
    let left = cells.iter().map(|c| before(c)).max().unwrap_or(0);
    let padded: Vec<String> =
        cells.iter().map(|c| format!("{}{c}", " ".repeat(left - before(c)))).collect();
    let width = padded.iter().map(|c| c.chars().count()).max().unwrap_or(0);
    padded
        .into_iter()
        .map(|c| {
            let fill = width - c.chars().count();
            c + &" ".repeat(fill)
        })
        .collect()
}

fn bracketed(block: &[Vec<String>], rows: usize, opens: bool, closes: bool) -> Vec<String> {
    (0..rows)
        .map(|row| {
            let cells: Vec<&str> = block.iter().map(|column| column[row].as_str()).collect();
            let (open, close) = match (rows, row) {
                (1, _) => ("[", "]"),
                (_, 0) => ("⎡", "⎤"),
                (_, r) if r + 1 == rows => ("⎣", "⎦"),
                _ => ("⎢", "⎥"),
            };
            let open = if opens { open } else { "…" };
            let close = if closes { close } else { "…" };
            format!("{open} {} {close}", cells.join("  "))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Quantity;

    fn quantity() -> Quantity {
        Quantity::new("a", 1, "z", Some(1))
    }

    #[test]
    fn columns_are_aligned_at_the_point() {
        let matrix = Matrix::new(2, 2, vec![0.25, -10.0, -3.0, 0.125], quantity());
        let document = Document {
            title: "T".into(),
            blocks: vec![Block::Equation(vec![Term::text("w ="), Term::Matrix(matrix)])],
        };
        let expected = "T\n═\n\n  w = ⎡  0.25  -10     ⎤\n      ⎣ -3       0.125 ⎦\n";
        assert_eq!(render_text(&document, &TextOptions::default()), expected);
    }

    #[test]
    fn wide_and_large_matrices_stay_within_the_width() {
        for (rows, columns) in [(3, 12), (1, 12), (20, 30), (784, 512)] {
            let values = (0..rows * columns).map(|i| -1.0 / (i + 3) as f64).collect();
            let matrix = Matrix::new(rows, columns, values, quantity());
            let document = Document {
                title: "T".into(),
                blocks: vec![Block::Equation(vec![
                    Term::text("w^[1] − η ∂E/∂w^[1] ="),
                    Term::Matrix(matrix),
                ])],
            };
            let text = render_text(&document, &TextOptions::default());
            assert!(text.lines().all(|l| l.chars().count() <= 80), "{text}");
            assert!(text.len() < 5000);
        }
    }
}
