//! Tables in LaTeX: columns as wide as what they hold, or sharing the page; long ones go on in the next page.

use super::page::PAGE;
use super::plot;
use super::prose::pieces;
use crate::tex;
use crate::tree::{Inline, Prose, Table};

/// How wide a character is on average, in points, and a little room for those that are wider.
const CHARACTER: f64 = 5.2;
/// What a column has more, so that a short word of wide letters fits.
const MORE: f64 = 8.0;
/// What is between two columns, in points.
const GAP: f64 = 10.0;

pub(super) fn table(out: &mut String, table: &Table, digits: usize) {
    let columns = table.rows.iter().map(Vec::len).max().unwrap_or(0).max(table.header.len());
    if columns == 0 {
        return;
    }
    let rows: Vec<&[Prose]> =
        std::iter::once(&table.header).chain(&table.rows).map(Vec::as_slice).collect();
    let widths = widths(&rows, columns, digits);
    let specification: String = widths
        .iter()
        .map(|width| format!(">{{\\raggedright\\arraybackslash}}m{{{width:.1}pt}}"))
        .collect();
    out.push_str("\\begingroup\\renewcommand\\arraystretch{\\tablestretch}\n");
    out.push_str(&format!("\\begin{{longtable}}[l]{{@{{}}{specification}@{{}}}}\n\\toprule\n"));
    for (i, row) in rows.iter().enumerate() {
        let cells: Vec<String> = (0..columns)
            .map(|c| {
                let longest = (widths[c] / CHARACTER) as usize;
                row.get(c).map_or(String::new(), |cell| self::cell(cell, digits, longest))
            })
            .collect();
        out.push_str(&cells.join(" & "));
        out.push_str(if i == 0 { " \\\\\n\\midrule\n\\endhead\n" } else { " \\\\\n" });
    }
    out.push_str("\\bottomrule\n\\end{longtable}\n\\endgroup\n");
}

/// The width of each column in points; the widest ones give way until the table fits.
fn widths(rows: &[&[Prose]], columns: usize, digits: usize) -> Vec<f64> {
    let length = |row: &&[Prose], c: usize| row.get(c).map_or(0.0, |cell| length(cell, digits));
    let mut widths: Vec<f64> = (0..columns)
        .map(|c| rows.iter().map(|row| length(row, c)).fold(2.0, f64::max) * CHARACTER + MORE)
        .collect();
    let room = (PAGE - GAP * (columns as f64 - 1.0)).max(columns as f64);
    // The limit that the widest columns share.
    let mut sorted = widths.clone();
    sorted.sort_by(f64::total_cmp);
    let mut left = room;
    for (i, width) in sorted.iter().enumerate() {
        let share = left / (columns - i) as f64;
        if *width > share {
            widths.iter_mut().for_each(|width| *width = width.min(share));
            break;
        }
        left -= width;
    }
    widths
}

/// How wide a cell is in one line, in characters.
fn length(cell: &Prose, digits: usize) -> f64 {
    let each = cell.0.iter().map(|piece| match piece {
        Inline::Text(words)
        | Inline::Code(words)
        | Inline::Link(words, _)
        | Inline::Marked(_, words) => words.chars().count() as f64,
        Inline::Math(math) => tex::width(math, digits),
        Inline::Sketch(_) => plot::SKETCH / CHARACTER,
    });
    each.sum()
}

fn cell(cell: &Prose, digits: usize, longest: usize) -> String {
    let tex = pieces(cell, digits, longest);
    // A formula alone has room for fractions of full size.
    let style = match cell.0.as_slice() {
        [Inline::Math(_)] if tex.contains("\\frac") => "\\tall\\everymath{\\displaystyle}",
        _ if tex.contains("\\begin{cases}") => "\\tall ",
        _ => "",
    };
    // Braces: a bracket behind \\ would be a length, and a star has a meaning there too.
    format!("{{}}{style}{tex}")
}
