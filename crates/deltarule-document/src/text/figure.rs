//! Drawings in characters.

use crate::plot::{Scale, ticks};
use crate::text::inline;
use crate::tree::{Curve, DrawnLayer, Plot};

/// More units than this are drawn as some, dots, and some.
const UNITS: usize = 6;

/// A network: a column of circles per layer.
pub(super) fn network(layers: &[DrawnLayer], width: usize) -> Vec<String> {
    let columns: Vec<[String; 3]> = layers
        .iter()
        .map(|layer| {
            let units = if layer.units == 1 { "1 unit" } else { &format!("{} units", layer.units) };
            let units = if layer.label == "input" { layer.units.to_string() } else { units.into() };
            let label = match (layer.label.as_str(), layer.units) {
                ("input", 1) => "input",
                ("input", _) => "inputs",
                (label, _) => label,
            };
            [inline(&layer.symbol, 6), units, label.to_string()]
        })
        .collect();
    let wide = |column: &[String; 3]| column.iter().map(|s| s.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = columns.iter().map(wide).collect();
    let gap = 5;
    if widths.iter().map(|w| w + gap).sum::<usize>() > width {
        // Too many layers for the page: one under the other.
        return columns
            .iter()
            .map(|[symbol, units, label]| format!("{symbol}: {units}, {label}"))
            .collect();
    }
    let drawn: Vec<Vec<&str>> = layers
        .iter()
        .map(|layer| {
            if layer.units <= UNITS {
                vec!["○"; layer.units]
            } else {
                let mut column = vec!["○"; UNITS - 1];
                column[UNITS - 3] = "⋮";
                column
            }
        })
        .collect();
    let height = drawn.iter().map(Vec::len).max().unwrap_or(0);
    let row = |cells: Vec<String>, between: &str| {
        let mut line = String::new();
        for (i, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            if i > 0 {
                line.push_str(&centred(between, gap));
            }
            line.push_str(&centred(cell, *width));
        }
        line.trim_end().to_string()
    };
    let mut lines = vec![row(columns.iter().map(|c| c[0].clone()).collect(), "")];
    for y in 0..height {
        let cells = drawn
            .iter()
            .map(|column| {
                let above = (height - column.len()) / 2;
                let unit = y.checked_sub(above).and_then(|i| column.get(i));
                unit.map_or(String::new(), |unit| (*unit).to_string())
            })
            .collect();
        lines.push(row(cells, if y == (height - 1) / 2 { "──▶" } else { "" }));
    }
    lines.push(row(columns.iter().map(|c| c[1].clone()).collect(), ""));
    lines.push(row(columns.iter().map(|c| c[2].clone()).collect(), ""));
    lines
}

fn centred(text: &str, width: usize) -> String {
    let free = width.saturating_sub(text.chars().count());
    format!("{}{text}{}", " ".repeat(free / 2), " ".repeat(free - free / 2))
}

/// Curves as points in a grid of characters, each curve with a letter of its own.
pub(super) fn plot(plot: &Plot, width: usize) -> Vec<String> {
    const MARKS: [char; 6] = ['•', '+', 'x', 'o', '*', '#'];
    const HEIGHT: usize = 14;
    let mark = |curve: usize| MARKS[curve % MARKS.len()];
    let x = Scale::of(plot.curves.iter().flat_map(|c| c.points.iter().map(|p| p.0)));
    let y = Scale::of(plot.curves.iter().flat_map(|c| c.points.iter().map(|p| p.1)));
    let (low, high) = (ticks(y.low), ticks(y.high));
    let margin = low.chars().count().max(high.chars().count());
    let columns = width.saturating_sub(margin + 4).clamp(16, 60);
    let mut grid = vec![vec![' '; columns]; HEIGHT];
    // The first curve is drawn last: it stays on top where several meet.
    for (i, curve) in plot.curves.iter().enumerate().rev() {
        for &(px, py) in curve.points.iter().filter(|p| p.0.is_finite() && p.1.is_finite()) {
            let column = (x.part(px) * (columns - 1) as f64).round() as usize;
            let row = ((1.0 - y.part(py)) * (HEIGHT - 1) as f64).round() as usize;
            grid[row.min(HEIGHT - 1)][column.min(columns - 1)] = mark(i);
        }
    }
    let mut lines = vec![plot.y_label.clone()];
    for (i, row) in grid.iter().enumerate() {
        let label = if i == 0 {
            high.as_str()
        } else if i == HEIGHT - 1 {
            low.as_str()
        } else {
            ""
        };
        let row: String = row.iter().collect();
        lines.push(format!("{label:>margin$} │{row}").trim_end().to_string());
    }
    lines.push(format!("{:margin$} └{}", "", "─".repeat(columns)));
    let (left, right) = (ticks(x.low), ticks(x.high));
    let middle = columns.saturating_sub(left.chars().count() + right.chars().count());
    lines.push(format!("{:margin$}  {left}{}{right}", "", centred(&plot.x_label, middle)));
    for (i, curve) in plot.curves.iter().enumerate() {
        lines.push(format!("{:margin$}  {} {}", "", mark(i), curve.name));
    }
    lines
}

/// The curves of a plot in one line of Braille characters, one behind the other, each character a grid of 2 by 4 dots.
pub(crate) fn sketch(plot: &Plot) -> String {
    let x = Scale::of(plot.curves.iter().flat_map(|c| c.points.iter().map(|p| p.0)));
    let curves: Vec<String> = plot.curves.iter().map(|curve| braille(&x, curve)).collect();
    curves.join(" ")
}

fn braille(x: &Scale, curve: &Curve) -> String {
    const CELLS: usize = 8;
    let y = Scale::of(curve.points.iter().map(|p| p.1));
    let mut cells = [0_u32; CELLS];
    for &(px, py) in &curve.points {
        let column = ((x.part(px) * (2 * CELLS - 1) as f64).round() as usize).min(2 * CELLS - 1);
        let row = (((1.0 - y.part(py)) * 3.0).round() as usize).min(3);
        // The dots of a Braille character in the order of their bits: left column 0, 1, 2, 6, right column 3, 4, 5, 7.
        let bit = [[0, 1, 2, 6], [3, 4, 5, 7]][column % 2][row];
        cells[column / 2] |= 1 << bit;
    }
    cells.iter().filter_map(|bits| char::from_u32(0x2800 + bits)).collect()
}
