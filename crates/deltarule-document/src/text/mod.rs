//! The text renderer: Unicode, aligned matrices, lines no wider than a terminal.

mod figure;
mod inline;
mod wrap;

use crate::layout::{self, Atom, MatrixColumns};
use crate::tree::{Block, Document, Drawing, Equation, Figure, Inline, Prose, Table};

pub(crate) use figure::sketch;
pub(crate) use inline::inline;
pub use wrap::wrap_text;
use wrap::{TIE, wrapped};

/// How text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextOptions {
    /// Significant digits of numbers.
    pub digits: usize,
    /// The widest line, where one word or one number fits into it.
    pub width: usize,
    /// Headings in bold, for a terminal.
    pub color: bool,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self { digits: 6, width: 80, color: false }
    }
}

/// How far equations and drawings are indented.
const INDENT: usize = 2;

/// Renders a document as text.
pub fn render_text(document: &Document, options: &TextOptions) -> String {
    let mut out = String::new();
    underline(&mut out, &document.title, '═', options);
    for block in &document.blocks {
        if let Block::Code(_) = block {
            continue;
        }
        out.push('\n');
        match block {
            Block::Heading(1, words) => {
                underline(&mut out, &prose(words, options.digits), '─', options);
            }
            Block::Heading(2, words) => {
                underline(&mut out, &prose(words, options.digits), '╌', options);
            }
            Block::Heading(_, words) => {
                let words = wrap_text(&prose(words, options.digits), options.width, 0);
                bold(&mut out, words.trim_end(), options);
                out.push('\n');
            }
            Block::Paragraph(words) => {
                out.push_str(&wrap_text(&prose(words, options.digits), options.width, 0));
            }
            Block::List(items) => {
                for item in items {
                    let item = format!("•{TIE}{}", prose(item, options.digits));
                    out.push_str(&wrap_text(&item, options.width, INDENT));
                }
            }
            Block::Equation(equation) => self::equation(&mut out, equation, options),
            Block::Table(table) => self::table(&mut out, table, options),
            Block::Figure(figure) => self::figure(&mut out, figure, options),
            Block::Code(_) => {}
        }
    }
    out
}

/// Running text in one line; formulas hold together.
pub(crate) fn prose(prose: &Prose, digits: usize) -> String {
    let mut out = String::new();
    for piece in &prose.0 {
        match piece {
            Inline::Text(words)
            | Inline::Code(words)
            | Inline::Link(words, _)
            | Inline::Marked(_, words) => {
                out.push_str(words);
            }
            Inline::Sketch(plot) => out.push_str(&sketch(plot)),
            Inline::Math(math) => {
                out.push_str(&inline(math, digits).replace(' ', &TIE.to_string()));
            }
        }
    }
    out
}

/// Drawings in characters, for renderers of text that have no better.
pub(crate) fn drawing(drawing: &Drawing, width: usize) -> Vec<String> {
    match drawing {
        Drawing::Network(layers) => figure::network(layers, width),
        Drawing::Plot(plot) => figure::plot(plot, width),
    }
}

fn bold(out: &mut String, text: &str, options: &TextOptions) {
    if options.color {
        out.push_str("\u{1b}[1m");
        out.push_str(text);
        out.push_str("\u{1b}[0m");
    } else {
        out.push_str(text);
    }
}

fn underline(out: &mut String, text: &str, with: char, options: &TextOptions) {
    let lines = wrapped(text, options.width, 0);
    let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    for line in lines {
        bold(out, &line, options);
        out.push('\n');
    }
    out.extend(std::iter::repeat_n(with, longest));
    out.push('\n');
}

fn figure(out: &mut String, figure: &Figure, options: &TextOptions) {
    for line in drawing(&figure.drawing, options.width.saturating_sub(INDENT)) {
        let line = format!("{}{line}", " ".repeat(INDENT));
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out.push('\n');
    let caption = prose(&figure.caption, options.digits);
    for line in wrapped(&caption, options.width.saturating_sub(INDENT), 0) {
        out.push_str(&" ".repeat(INDENT));
        out.push_str(&line);
        out.push('\n');
    }
}

/// A table whose columns are as wide as their widest cell, or share the page where that is too wide. Formulas are broken
/// only where they must be, words and numbers never: where even these do not fit side by side, the columns are shown in
/// groups, each behind the first column.
fn table(out: &mut String, table: &Table, options: &TextOptions) {
    let cells: Vec<Vec<String>> = std::iter::once(&table.header)
        .chain(&table.rows)
        .map(|row| row.iter().map(|cell| prose(cell, options.digits)).collect())
        .collect();
    let longest = |c: usize, of: &dyn Fn(&str) -> usize| {
        cells.iter().filter_map(|row| row.get(c)).map(|s| of(s)).max().unwrap_or(0)
    };
    let formula = |s: &str| s.split(' ').map(|word| word.chars().count()).max().unwrap_or(0);
    let word = |s: &str| s.split([' ', TIE]).map(|word| word.chars().count()).max().unwrap_or(0);
    let columns = table.header.len().max(1);
    let widths: Vec<usize> = (0..columns).map(|c| longest(c, &|s| s.chars().count())).collect();
    let room = options.width.saturating_sub(INDENT);
    let fits = |least: &[usize]| least.iter().sum::<usize>() + 2 * (columns - 1) <= room;
    let mut least: Vec<usize> = (0..columns).map(|c| longest(c, &formula)).collect();
    if !fits(&least) {
        least = (0..columns).map(|c| longest(c, &word)).collect();
    }
    let mut rest: &[usize] = &(1..columns).collect::<Vec<_>>();
    let mut first = true;
    while first || !rest.is_empty() {
        let mut used = least[0];
        let fits = rest.iter().take_while(|&&c| {
            used += 2 + least[c];
            used <= room
        });
        let (group, others) = rest.split_at(fits.count().clamp(rest.len().min(1), rest.len()));
        rest = others;
        if !first {
            out.push('\n');
        }
        first = false;
        let group: Vec<usize> = std::iter::once(0).chain(group.iter().copied()).collect();
        let mut wide: Vec<usize> = group.iter().map(|&c| widths[c]).collect();
        // The widest column gives way until the table fits.
        while wide.iter().sum::<usize>() + 2 * (group.len() - 1) > room {
            let can = (0..group.len()).filter(|&i| wide[i] > least[group[i]]);
            let Some(widest) = can.max_by_key(|&i| wide[i]) else { break };
            wide[widest] -= 1;
        }
        columns_of_table(out, &cells, &group, &wide);
    }
}

/// Some columns of a table, each this wide.
fn columns_of_table(out: &mut String, cells: &[Vec<String>], columns: &[usize], widths: &[usize]) {
    for (i, row) in cells.iter().enumerate() {
        let wrapped: Vec<Vec<String>> = columns
            .iter()
            .zip(widths)
            .map(|(&c, &width)| row.get(c).map_or(Vec::new(), |cell| wrapped(cell, width, 0)))
            .collect();
        let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
        for y in 0..height {
            let mut line = " ".repeat(INDENT);
            for (cell, width) in wrapped.iter().zip(widths) {
                let text = cell.get(y).map_or("", String::as_str);
                line.push_str(text);
                line.extend(std::iter::repeat_n(
                    ' ',
                    (width + 2).saturating_sub(text.chars().count()),
                ));
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        if i == 0 {
            let rules: Vec<String> = widths.iter().map(|w| "─".repeat(*w)).collect();
            out.push_str(&format!("{}{}\n", " ".repeat(INDENT), rules.join("  ")));
        }
    }
}

/// A rectangle of characters.
struct Rectangle {
    lines: Vec<String>,
    width: usize,
    /// Whether the last line is a note below the others.
    noted: bool,
}

impl Rectangle {
    fn new(lines: Vec<String>) -> Self {
        let width = lines.iter().map(|l| l.chars().count()).max().unwrap_or(0);
        Self { lines, width, noted: false }
    }

    /// With a note below.
    fn with_note(mut lines: Vec<String>, note: String) -> Self {
        lines.push(note);
        Self { noted: true, ..Self::new(lines) }
    }

    /// The line that stands beside text.
    fn middle(&self) -> usize {
        (self.lines.len() - usize::from(self.noted) - 1) / 2
    }
}

fn equation(out: &mut String, equation: &Equation, options: &TextOptions) {
    let width = options.width.saturating_sub(INDENT);
    let left = inline(&equation.left, options.digits).chars().count();
    let start = INDENT + if left <= width / 4 { left + 1 } else { 4 };
    for (i, line) in layout::lines_of_text(equation, width, options.digits).iter().enumerate() {
        let indent = match (i, line.continues) {
            (0, _) => INDENT,
            (_, false) => start,
            (_, true) => start + 4,
        };
        let mut row: Vec<Rectangle> = Vec::new();
        let mut used = indent;
        for atom in &line.atoms {
            for rectangle in rectangles(atom, options, used) {
                used += rectangle.width + 1;
                row.push(rectangle);
            }
        }
        flush(out, &row, indent);
    }
}

/// Lays rectangles side by side.
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

/// What an atom is in characters, where this many stand before it in its line.
fn rectangles(atom: &Atom<'_>, options: &TextOptions, used: usize) -> Vec<Rectangle> {
    match atom {
        Atom::Relation(sign) => vec![Rectangle::new(vec![sign.to_string()])],
        Atom::Pieces(pieces) => {
            let text = layout::text_of(pieces, options.digits);
            // A formula that is wider than the page goes on in the next line.
            vec![Rectangle::new(wrapped(&text, options.width.saturating_sub(used), 0))]
        }
        Atom::Columns(columns) => {
            let lines = bracketed(columns);
            let note = columns.note().and_then(|m| layout::size_text(m, options.digits));
            vec![match note {
                Some(note) => Rectangle::with_note(lines, note),
                None => Rectangle::new(lines),
            }]
        }
    }
}

/// Columns of a matrix, aligned at the decimal point, between brackets; dots where the matrix goes on.
fn bracketed(columns: &MatrixColumns<'_>) -> Vec<String> {
    let cells = columns.cells();
    let count = columns.range.len();
    let sides = |c: usize| {
        let each = cells.iter().map(|row| layout::sides(&row[c]));
        each.fold((0, 0), |(b, a), (before, after)| (b.max(before), a.max(after)))
    };
    let widths: Vec<(usize, usize)> = (0..count).map(sides).collect();
    let rows = cells.len();
    cells
        .iter()
        .enumerate()
        .map(|(r, row)| {
            let aligned: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, &(left, right))| {
                    let (before, after) = layout::sides(cell);
                    format!("{}{cell}{}", " ".repeat(left - before), " ".repeat(right - after))
                })
                .collect();
            let (open, close) = match (rows, r) {
                (1, _) => ("[", "]"),
                (_, 0) => ("⎡", "⎤"),
                (_, r) if r + 1 == rows => ("⎣", "⎦"),
                _ => ("⎢", "⎥"),
            };
            let open = if columns.opens() { open } else { "…" };
            let close = if columns.closes() { close } else { "…" };
            let upper = match columns.upper {
                Some(_) if r > 0 || !columns.closes() => " ".to_string(),
                Some(upper) => {
                    let text = inline(upper, columns.digits);
                    inline::raised(&text).unwrap_or(format!("^{text}"))
                }
                None => String::new(),
            };
            format!("{open} {} {close}{upper}", aligned.join("  ")).trim_end().to_string()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Math, Matrix, QuantityId};

    fn quantity() -> QuantityId {
        QuantityId::new("a", 1, "z", Some(1))
    }

    fn text_of(equation: Equation) -> String {
        let mut document = Document::new("T");
        document.equation(equation);
        render_text(&document, &TextOptions::default())
    }

    #[test]
    fn columns_are_aligned_at_the_point() {
        let matrix = Matrix::new(2, 2, |r, c| [0.25, -10.0, -3.0, 0.125][2 * r + c], quantity());
        let text = text_of(Equation::formula("w").equals(Math::Matrix(matrix)));
        assert_eq!(text, "T\n═\n\n  w = ⎡  0.25  -10     ⎤\n      ⎣ -3       0.125 ⎦\n");
    }

    /// Once, "0.00100436" and its neighbour "-0.000669801" stood there as one word.
    #[test]
    fn the_cells_of_a_wide_table_do_not_touch() {
        let header: Vec<Prose> = (0..8).map(|c| Prose::text(format!("column {c}"))).collect();
        let cell = |c: usize| Prose::text(format!("-0.00066980{c}"));
        let row =
            std::iter::once(Prose::text("cross-entropy with softmax")).chain((1..8).map(cell));
        let mut document = Document::new("T");
        document.blocks.push(Block::Table(Table { header, rows: vec![row.collect()] }));
        let text = render_text(&document, &TextOptions::default());
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        for c in 1..8 {
            let number = format!("-0.00066980{c}");
            assert!(text.split_whitespace().any(|word| word == number), "{text}");
        }
        assert!(text.matches("cross-entropy").count() >= 2, "{text}");
    }

    #[test]
    fn a_bracket_that_fits_a_line_is_not_broken() {
        let column = || Math::Matrix(Matrix::new(3, 1, |r, _| 1.0 / (r + 3) as f64, quantity()));
        let gap = || Math::Space;
        let inside = vec![Math::Digits("1".into()), gap(), Math::Sign('−'), gap(), column()];
        let bracket = Math::Row(inside).in_brackets();
        let mut product = Vec::new();
        for _ in 0..4 {
            product.extend([column(), gap(), Math::Sign('∘'), gap()]);
        }
        product.push(bracket);
        let text = text_of(Equation::formula("δ^[1]").equals(Math::Row(product)));
        let opening = text.lines().find(|line| line.contains("(1 −")).unwrap();
        assert!(opening.contains(')') && opening.contains("∘ (1"), "{text}");
    }

    /// Beside the matrix it was read as a factor.
    #[test]
    fn the_size_of_a_large_matrix_stands_below_it() {
        let large = Math::Matrix(Matrix::new(13, 1, |r, _| r as f64, quantity()));
        let small = Math::Matrix(Matrix::new(1, 1, |_, _| 2.0, quantity()));
        let text = text_of(Equation::formula("z").equals(Math::Row(vec![large, small])));
        let note = text.lines().find(|line| line.contains(" × ")).unwrap();
        // Σ k² for k = 0 … 12 is 12·13·25/6.
        let norm = crate::format_number((12.0 * 13.0 * 25.0 / 6.0_f64).sqrt(), 6);
        assert_eq!(note.trim(), format!("(13 × 1, norm {norm})"));
        assert_eq!(text.lines().last(), Some(note));
    }

    #[test]
    fn wide_and_large_matrices_stay_within_the_width() {
        for (rows, columns) in [(3, 12), (1, 12), (20, 30), (784, 512)] {
            let matrix =
                Matrix::new(rows, columns, |r, c| -1.0 / (r * columns + c + 3) as f64, quantity());
            let text = text_of(
                Equation::formula("w^[1] ← w^[1] − η ∂E/∂w^[1]").equals(Math::Matrix(matrix)),
            );
            assert!(text.lines().all(|l| l.chars().count() <= 80), "{text}");
            assert!(text.len() < 5000);
        }
    }
}
