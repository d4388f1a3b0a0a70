//! The Markdown renderer: what GitHub and Jupyter read, a paragraph in a line.
//!
//! GitHub reads Markdown first and formulas later, and Jupyter the other way round. What is written here means the same to
//! both: a formula in running text stands between blanks, and holds no backslash before a sign, which GitHub would take
//! away; a dollar sign of the text stands in a `span` of its own; words in italics never hold a formula.

use crate::math::Math;
use crate::tex;
use crate::tree::{Block, Document, Figure, Inline, Mark, Prose, Table};

/// How Markdown is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkdownOptions {
    /// Significant digits of numbers.
    pub digits: usize,
}

impl Default for MarkdownOptions {
    fn default() -> Self {
        Self { digits: 6 }
    }
}

/// How wide drawings in characters are.
const DRAWING: usize = 76;
/// A gap between a formula and what touches it; GitHub wants one, and it can hardly be seen.
const HAIR: char = '\u{200a}';

/// Renders a document as Markdown.
///
/// # Example
///
/// ```
/// use deltarule_document::{Document, Equation, MarkdownOptions, render_markdown};
///
/// let mut document = Document::new("Deltas");
/// document.paragraph("With $δ^[L]$ at the outputs:");
/// document.equation(Equation::formula("δ^[L] = x^[L] − t"));
/// let markdown = render_markdown(&document, &MarkdownOptions::default());
/// assert!(markdown.starts_with("# Deltas\n\nWith $\\delta^{[L]}$ at the outputs:\n\n$$\n"));
/// ```
pub fn render_markdown(document: &Document, options: &MarkdownOptions) -> String {
    let digits = options.digits;
    let blocks = document.blocks.iter().filter_map(|block| self::block(block, digits));
    let blocks: Vec<String> = std::iter::once(title(document, digits)).chain(blocks).collect();
    blocks.join("\n\n") + "\n"
}

/// The title as a heading.
pub(crate) fn title(document: &Document, digits: usize) -> String {
    format!("# {}", prose(&Prose::text(&document.title), digits, TextPlace::Block))
}

/// A block, if there is anything to see of it.
pub(crate) fn block(block: &Block, digits: usize) -> Option<String> {
    let markdown = match block {
        Block::Heading(level, words) => {
            let marks = "#".repeat(usize::from(*level).clamp(1, 5) + 1);
            format!("{marks} {}", prose(words, digits, TextPlace::Block))
        }
        Block::Paragraph(words) => prose(words, digits, TextPlace::Block),
        Block::List(items) => {
            let item = |item| format!("- {}", prose(item, digits, TextPlace::Block));
            items.iter().map(item).collect::<Vec<_>>().join("\n")
        }
        Block::Equation(equation) => format!("$$\n{}\n$$", tex::equation(equation, digits)),
        Block::Table(table) => self::table(table, digits),
        Block::Figure(figure) => self::figure(figure, digits),
        Block::Code(_) => return None,
    };
    (!markdown.is_empty()).then_some(markdown)
}

fn table(table: &Table, digits: usize) -> String {
    let columns = table.rows.iter().map(Vec::len).max().unwrap_or(0).max(table.header.len());
    let line = |row: &[Prose]| {
        let cell =
            |c| row.get(c).map_or(String::new(), |cell| prose(cell, digits, TextPlace::Cell));
        let cells: Vec<String> = (0..columns).map(cell).collect();
        format!("| {} |", cells.join(" | "))
    };
    if columns == 0 {
        return String::new();
    }
    let rule = format!("|{}", " --- |".repeat(columns));
    let rows = table.rows.iter().map(|row| line(row));
    [line(&table.header), rule].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

fn figure(figure: &Figure, digits: usize) -> String {
    let drawing = crate::text::drawing(&figure.drawing, DRAWING);
    let lines: Vec<String> = drawing
        .iter()
        .map(|line| {
            line.chars().filter(|c| !c.is_control()).collect::<String>().trim_end().to_string()
        })
        .collect();
    let fence = "`".repeat(longest_run(&lines.join("\n"), '`').max(2) + 1);
    let drawing = format!("{fence}text\n{}\n{fence}", lines.join("\n"));
    let caption = prose(&figure.caption, digits, TextPlace::Caption);
    if caption.is_empty() { drawing } else { format!("{drawing}\n\n{caption}") }
}

/// Where running text stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TextPlace {
    Block,
    /// In a table, where a bar ends a cell.
    Cell,
    /// Below a figure, in italics.
    Caption,
}

fn prose(prose: &Prose, digits: usize, place: TextPlace) -> String {
    let mut out = String::new();
    let mut before: Option<&Inline> = None;
    for (i, piece) in prose.0.iter().enumerate() {
        let markdown = match piece {
            // Words that follow one another are one piece: italics would touch italics.
            Inline::Text(_) | Inline::Link(..)
                if matches!(before, Some(Inline::Text(_) | Inline::Link(..))) =>
            {
                continue;
            }
            Inline::Text(_) | Inline::Link(..) => {
                let texts = prose.0[i..].iter().map_while(|piece| match piece {
                    Inline::Text(words) | Inline::Link(words, _) => Some(words.as_str()),
                    Inline::Math(_) | Inline::Code(_) | Inline::Marked(..) | Inline::Sketch(_) => {
                        None
                    }
                });
                words_in(&texts.collect::<String>(), place)
            }
            Inline::Code(words) => code(words, place),
            Inline::Marked(mark, words) => marked(*mark, words, place),
            Inline::Math(math) => formula(math, digits),
            Inline::Sketch(plot) => crate::text::sketch(plot),
        };
        if markdown.is_empty() {
            continue;
        }
        // A formula must not touch what could belong to it, nor code other code.
        let apart = match (before, piece) {
            (_, Inline::Math(_)) => out.ends_with(|c: char| !c.is_whitespace()),
            (Some(Inline::Math(_)), _) => markdown.starts_with(char::is_alphanumeric),
            (before, Inline::Code(_)) => matches!(before, Some(Inline::Code(_))),
            _ => false,
        };
        if apart {
            out.push(HAIR);
        }
        out.push_str(&markdown);
        before = Some(piece);
    }
    guarded(out.trim_matches([' ', HAIR]))
}

/// Words that were judged: what is wrong in bold, what follows from it in italics.
fn marked(mark: Mark, words: &str, place: TextPlace) -> String {
    let sign = match mark {
        Mark::Wrong => "**",
        // Within italics, the sign would end them.
        Mark::Follows if place != TextPlace::Caption => "*",
        Mark::Follows | Mark::Right | Mark::Missing => return words_in(words, place),
    };
    let words = escape(words.trim());
    if words.is_empty() { words } else { format!("{sign}{words}{sign}") }
}

/// A line that does not start as a list, a rule or a heading would.
fn guarded(line: &str) -> String {
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    match line[digits..].chars().next() {
        Some(c @ ('.' | ')')) if digits > 0 => {
            format!("{}\\{c}{}", &line[..digits], &line[digits + 1..])
        }
        Some('-' | '+' | '=' | ':') if digits == 0 => format!("\\{line}"),
        _ => line.to_string(),
    }
}

/// Words as they are, in italics in a caption.
fn words_in(words: &str, place: TextPlace) -> String {
    let escaped = escape(words);
    let inside = escaped.trim_matches(' ');
    if place != TextPlace::Caption || inside.is_empty() {
        return escaped;
    }
    let start = escaped.len() - escaped.trim_start_matches(' ').len();
    format!("{}*{inside}*{}", &escaped[..start], &escaped[start + inside.len()..])
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '&' | '~' | '|' => {
                out.push('\\');
                out.push(c);
            }
            // Neither reader takes this for the start of a formula.
            '$' => out.push_str("<span>&#36;</span>"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn code(words: &str, place: TextPlace) -> String {
    let mut words: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if words.trim().is_empty() {
        return String::new();
    }
    if place == TextPlace::Cell {
        words = words.replace('|', "\\|");
    }
    let fence = "`".repeat(longest_run(&words, '`') + 1);
    let gap = if words.starts_with('`') || words.ends_with('`') { " " } else { "" };
    format!("{fence}{gap}{words}{gap}{fence}")
}

fn longest_run(text: &str, of: char) -> usize {
    text.split(|c| c != of).map(str::len).max().unwrap_or(0)
}

/// A formula in running text.
fn formula(math: &Math, digits: usize) -> String {
    let tex = tex::math(math, digits);
    if tex.is_empty() {
        return String::new();
    }
    // GitHub takes the backslash before a sign away; these mean the same.
    let tex = tex.replace("\\\\", "\\cr").replace("\\_", "\\underline{\\enspace}");
    format!("${tex}$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        let markdown = |prose: &Prose| self::prose(prose, 6, TextPlace::Block);
        for (words, expected) in [
            (
                "*a* _b_ `c` [d](e) <f> #g ~h~ a|b",
                "\\*a\\* \\_b\\_ \\`c\\` \\[d\\](e) \\<f\\> \\#g \\~h\\~ a\\|b",
            ),
            ("1. no list", "1\\. no list"),
            ("- no list", "\\- no list"),
            ("5 $", "5 <span>&#36;</span>"),
            ("two\nlines", "two lines"),
        ] {
            assert_eq!(markdown(&Prose::text(words)), expected);
        }
        assert_eq!(markdown(&Prose::new("the $i$-th ($x$)")), "the $i$-th (\u{200a}$x$)");
    }
}
