//! Tables: columns as wide as their widest cell, or sharing the page where that is too wide.

use super::math;
use super::prose::{inline_math, prose, stands_alone};
use super::strings::{CODE, WORD};
use super::style::TypstStyle;
use crate::math::Math;
use crate::tree::{Inline, Prose};

/// What stands between two columns, in characters of text.
const GAP: usize = 3;
/// How wide a small plot is, in characters of text.
const SKETCH: usize = 10;

pub(super) fn write(out: &mut String, header: &[Prose], rows: &[Vec<Prose>], style: TypstStyle) {
    let count = rows.iter().map(Vec::len).chain([header.len()]).max().unwrap_or(0).max(1);
    let all = || std::iter::once(header).chain(rows.iter().map(Vec::as_slice));
    let text = |cell: &Prose| crate::text::prose(cell, style.digits);
    let widest = |c: usize, measure: &dyn Fn(&Prose) -> usize| {
        all().filter_map(|row| row.get(c)).map(measure).max().unwrap_or(0).max(1)
    };
    let mut widths: Vec<usize> =
        (0..count).map(|c| widest(c, &|cell| text(cell).chars().count())).collect();
    let least: Vec<usize> = (0..count).map(|c| widest(c, &|cell| least(cell, style))).collect();

    // The widest column gives way until the table fits, or until words would have to be broken.
    let room = style.width.saturating_sub(GAP * count);
    let mut shared = false;
    while widths.iter().sum::<usize>() > room {
        let widest = (0..count).filter(|&c| widths[c] > least[c]).max_by_key(|&c| widths[c]);
        let Some(widest) = widest else { break };
        widths[widest] -= 1;
        shared = true;
    }
    let total = widths.iter().sum::<usize>() + GAP * count;
    // What still does not fit is set smaller.
    let size = (style.width as f64 / total as f64).min(1.0);
    let columns: Vec<String> = widths
        .iter()
        .map(|width| if shared { format!("{}fr", width + GAP) } else { "auto".into() })
        .collect();
    let numbers: Vec<bool> = (0..count).map(|c| is_numbers(rows, c)).collect();
    let aligns: Vec<&str> = numbers
        .iter()
        .map(|&numbers| if numbers { "right + horizon" } else { "left + horizon" })
        .collect();

    out.push_str(&format!(
        "#align(center, block(width: {}, {{\nset text(size: {size:.3}em)\nset par(justify: false)\n\
         table(\n  columns: ({},),\n  align: ({},),\n  table.hline(stroke: 0.8pt),\n",
        if shared { "100%" } else { "auto" },
        columns.join(", "),
        aligns.join(", "),
    ));
    let decimals: Vec<usize> = (0..count)
        .map(|c| {
            let cells = rows.iter().filter_map(|row| row.get(c));
            cells.filter_map(|cell| decimals(&text(cell))).max().unwrap_or(0)
        })
        .collect();
    let line = |row: &[Prose], body: bool| {
        let cells: Vec<String> = (0..count)
            .map(|c| {
                let cell = row.get(c).map(|cell| self::cell(cell, style)).unwrap_or_default();
                let missing = row.get(c).and_then(|cell| self::decimals(&text(cell)));
                match missing.filter(|_| body && numbers[c]) {
                    Some(some) => format!("[{cell}{}]", gap(some, decimals[c])),
                    None => format!("[{cell}]"),
                }
            })
            .collect();
        cells.join(", ")
    };
    out.push_str(&format!("  table.header({}),\n", line(header, false)));
    out.push_str("  table.hline(stroke: 0.5pt),\n");
    for row in rows {
        out.push_str(&format!("  {},\n", line(row, true)));
    }
    out.push_str("  table.hline(stroke: 0.8pt),\n)\n}))");
}

/// A cell; a formula that is alone in it is as large as one that stands on its own.
fn cell(cell: &Prose, style: TypstStyle) -> String {
    match cell.0.as_slice() {
        [Inline::Math(formula)] if !stands_alone(formula, style) => {
            inline_math(formula, style, math::is_tall(formula))
        }
        _ => prose(cell, style),
    }
}

/// How narrow a cell may be: words are broken only where they are long, formulas are not.
fn least(cell: &Prose, style: TypstStyle) -> usize {
    let longest = |text: &str, limit: usize| {
        let words = text.split_whitespace().map(|word| word.chars().count());
        words.map(|length| if length > limit { limit / 2 } else { length }).max().unwrap_or(0)
    };
    let pieces = cell.0.iter().map(|piece| match piece {
        Inline::Text(words) | Inline::Link(words, _) | Inline::Marked(_, words) => {
            longest(words, WORD)
        }
        Inline::Code(words) => longest(words, CODE),
        Inline::Sketch(_) => SKETCH,
        Inline::Math(math) if stands_alone(math, style) => CODE / 2,
        Inline::Math(math) => {
            let text = crate::text::inline(math, style.digits);
            // 1e-9 is printed as 1 · 10⁻⁹.
            let power = if matches!(math, Math::Number(_)) && text.contains('e') { 4 } else { 0 };
            text.chars().count() + power
        }
    });
    pieces.max().unwrap_or(0)
}

/// Whether a column holds numbers only.
fn is_numbers(rows: &[Vec<Prose>], column: usize) -> bool {
    let number = |cell: &Prose| matches!(cell.0.as_slice(), [Inline::Math(Math::Number(_))]);
    let mut cells = rows.iter().filter_map(|row| row.get(column)).peekable();
    cells.peek().is_some() && cells.all(number)
}

/// How many characters a number has from its decimal point on; none where digits are not what is seen.
fn decimals(number: &str) -> Option<usize> {
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-');
    number
        .chars()
        .all(plain)
        .then(|| number.split_once('.').map_or(0, |(_, decimals)| decimals.len() + 1))
}

/// What stands behind a number with fewer decimals than others, so that the points stand over each other.
fn gap(decimals: usize, of: usize) -> String {
    // In the font of formulas digits are half as wide as the font is high, and a point a little narrower.
    const DIGIT: f64 = 0.5;
    const POINT: f64 = 0.278;
    let wide = |count: usize| match count {
        0 => 0.0,
        count => POINT + DIGIT * (count - 1) as f64,
    };
    let missing = wide(of) - wide(decimals);
    if missing > 0.0 { format!("#h({missing:.3}em)") } else { String::new() }
}
