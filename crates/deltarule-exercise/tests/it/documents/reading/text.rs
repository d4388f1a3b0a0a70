//! Text, where the pieces of an equation stand side by side.

use std::ops::Range;

use super::{Grid, Read};

/// What a text shows. Matrices and tables are found by their brackets and rules.
pub(crate) fn of_text(text: &str) -> Vec<String> {
    let mut read = Read::default();
    let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
    let mut first_column: Option<Vec<String>> = None;
    for block in lines.split(Vec::is_empty).filter(|block| !block.is_empty()) {
        let Some(rule) = block.iter().position(|line| is_rule(line)) else {
            first_column = None;
            equation_lines(block, &mut read);
            continue;
        };
        // A table that is too wide goes on below, behind its first column once more.
        let spans = spans(&block[rule]);
        let first = block.iter().map(|line| cut(line, &spans[0])).collect();
        let new = usize::from(first_column.replace(first) == first_column);
        for span in &spans[new..] {
            block.iter().for_each(|line| read.loose(&cut(line, span)));
        }
    }
    read.done()
}

/// The line below the header of a table.
fn is_rule(line: &[char]) -> bool {
    line.starts_with(&[' ', ' ', '─']) && line.iter().all(|c| matches!(c, ' ' | '─'))
}

/// Where the columns of a table stand, by its rule.
fn spans(rule: &[char]) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    for column in (0..rule.len()).filter(|column| rule[*column] == '─') {
        match spans.last_mut() {
            Some(span) if span.end == column => span.end += 1,
            _ => spans.push(column..column + 1),
        }
    }
    spans
}

fn cut(line: &[char], span: &Range<usize>) -> String {
    line.iter().skip(span.start).take(span.len()).collect()
}

/// A matrix in a line of an equation, or some of its columns.
struct Rectangle {
    rows: Range<usize>,
    columns: Range<usize>,
    opens: bool,
    closes: bool,
}

/// Reads a block line by line of its equation, each from the left to the right. A line is as high as its highest matrix.
fn equation_lines(block: &[Vec<char>], read: &mut Read) {
    let mut start = 0;
    while start < block.len() {
        let goes_on = read.open.as_ref().map(Vec::len);
        let openings = (0..block[start].len()).filter(|column| block[start][*column] == '⎡');
        let heights = openings.map(|column| height(&block[start..], column));
        let high = heights.chain(goes_on).max().unwrap_or(1);
        let mut line = block[start..block.len().min(start + high + 1)].to_vec();
        let width = line[..high].iter().map(Vec::len).max().unwrap_or(0);
        let mut column = 0;
        let mut noted_below = false;
        for rectangle in rectangles(&block[start..start + high], goes_on) {
            // What a note below another matrix takes is blank by now.
            let below = rectangle.rows.end;
            let note = take_note(&mut line, below, rectangle.columns.start);
            noted_below |= note.is_some() && below == high;
            let before = column..rectangle.columns.start;
            line[..high].iter().for_each(|row| inline(&cut(row, &before), read));
            let inside = rectangle.columns.start + 1..rectangle.columns.end - 1;
            let cells = |row: usize| {
                cut(&line[row], &inside).split_whitespace().map(str::to_string).collect()
            };
            let grid: Grid = rectangle.rows.map(cells).collect();
            read.columns(grid, rectangle.opens, rectangle.closes);
            read.loose(&note.unwrap_or_default());
            column = rectangle.columns.end;
        }
        line[..high].iter().for_each(|row| inline(&cut(row, &(column..width)), read));
        start += high + usize::from(noted_below);
    }
}

/// The note below a matrix, which begins where the matrix does: "(13 × 14, norm 2.4118)". It is taken away.
fn take_note(line: &mut [Vec<char>], row: usize, start: usize) -> Option<String> {
    let row = line.get_mut(row)?;
    let length = 1 + row.get(start..)?.iter().position(|c| *c == ')')?;
    let note: String = row[start..start + length].iter().collect();
    (note.starts_with('(') && note.contains(" × ")).then(|| {
        row[start..start + length].fill(' ');
        note
    })
}

/// How many rows the matrix has whose bracket begins here.
fn height(rows: &[Vec<char>], column: usize) -> usize {
    let last = rows.iter().position(|row| row.get(column) == Some(&'⎣'));
    1 + last.expect("the lower end of a bracket")
}

/// The matrices of a line of an equation. One that goes on from the line before has this many rows, and dots instead of a
/// bracket.
fn rectangles(line: &[Vec<char>], mut goes_on: Option<usize>) -> Vec<Rectangle> {
    let at = |row: usize, column: usize| line[row].get(column).copied().unwrap_or(' ');
    let width = line.iter().map(Vec::len).max().unwrap_or(0);
    let middle = (line.len() - 1) / 2;
    let centred = |high: usize| {
        let first = middle - (high - 1) / 2;
        first..first + high
    };
    let dots = |rows: &Range<usize>, column: usize| rows.clone().all(|row| at(row, column) == '…');
    let mut found = Vec::new();
    let mut open: Option<(Range<usize>, usize, bool)> = None;
    for column in 0..width {
        if let Some((rows, from, opens)) = &open {
            let last = |row: usize| line[row].len() == column + 1;
            let closes = match rows.len() {
                1 => at(middle, column) == ']',
                _ => at(rows.start, column) == '⎤',
            };
            if closes || (dots(rows, column) && rows.clone().all(last)) {
                let columns = *from..column + 1;
                found.push(Rectangle { rows: rows.clone(), columns, opens: *opens, closes });
                open = None;
            }
            continue;
        }
        let tall = (0..line.len()).find(|row| at(*row, column) == '⎡');
        if let Some(first) = tall {
            open = Some((centred(height(&line[first..], column)), column, true));
        } else if at(middle, column) == '[' && at(middle, column + 1) == ' ' {
            open = Some((centred(1), column, true));
        } else if let Some(rows) = goes_on.map(centred)
            && dots(&rows, column)
        {
            goes_on = None;
            open = Some((rows, column, false));
        }
    }
    assert!(open.is_none() && goes_on.is_none(), "a matrix without an end");
    found
}

/// Text without matrices that are several lines high: numbers, and matrices in one line, `[0.1, 0.2; 0.3, 0.4]`.
fn inline(text: &str, read: &mut Read) {
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('[') {
        read.loose(before);
        // x^[1] is an index.
        let index = before.ends_with('^');
        let (inside, behind) = behind.split_once(']').unwrap_or((behind, ""));
        let row = |row: &str| row.split(',').map(|cell| cell.trim().to_string()).collect();
        let grid: Grid = inside.split(';').map(row).collect();
        if !index && grid.iter().flatten().all(|cell| is_cell(cell)) {
            read.columns(grid, true, true);
        } else {
            read.loose(inside);
        }
        rest = behind;
    }
    read.loose(rest);
}

fn is_cell(text: &str) -> bool {
    text.parse::<f64>().is_ok() || matches!(text, "…" | "⋮" | "⋱" | "_______")
}
