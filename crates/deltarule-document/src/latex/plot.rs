//! Curves in LaTeX's picture environment.

use super::characters::escape;
use crate::plot::Scale;
use crate::tex;
use crate::tree::Plot;

/// How wide a plot within text is.
pub(super) const SKETCH: f64 = 50.0;

/// How far lines of the legend are apart.
pub(super) const LINE: f64 = 11.0;

/// How wide a character of a label is.
pub(super) const CHARACTER: f64 = 4.6;

pub(super) fn segment(out: &mut String, from: (f64, f64), to: (f64, f64)) {
    out.push_str(&format!(
        "\\segment{{{:.1}}}{{{:.1}}}{{{:.1}}}{{{:.1}}}\n",
        from.0, from.1, to.0, to.1
    ));
}

/// Curves with axes, marks that tell them apart without colour, and a legend.
pub(super) fn plot(out: &mut String, plot: &Plot, room: f64) {
    let high = room * 0.42;
    let x = Scale::of(plot.curves.iter().flat_map(|c| c.points.iter().map(|p| p.0)));
    let y = Scale::of(plot.curves.iter().flat_map(|c| c.points.iter().map(|p| p.1)));
    let (x_values, y_values) = (x.round_values(room / 50.0), y.round_values(high / 25.0));
    let widest = y_values.iter().map(|(_, text)| text.chars().count()).max().unwrap_or(0);
    let left = widest as f64 * CHARACTER + 6.0;
    let wide = (room - left - 12.0).max(room / 4.0);
    let legend = LINE * plot.curves.len() as f64;
    let bottom = 26.0 + legend;
    let place = |px: f64, py: f64| (left + part(x, px) * wide, bottom + part(y, py) * high);
    let size = (left + wide + 10.0, bottom + high + 16.0);
    out.push_str(&format!("\\begin{{picture}}({:.1},{:.1})\n", size.0, size.1));
    // Where one of the coordinates is 0.
    out.push_str("\\color{faint}\n");
    if y.low < 0.0 && y.high > 0.0 {
        segment(out, place(x.low, 0.0), place(x.high, 0.0));
    }
    if x.low < 0.0 && x.high > 0.0 {
        segment(out, place(0.0, y.low), place(0.0, y.high));
    }
    out.push_str("\\color{black}\n");
    segment(out, (left, bottom), (left + wide, bottom));
    segment(out, (left, bottom), (left, bottom + high));
    for (value, text) in &y_values {
        let at = place(x.low, *value).1;
        segment(out, (left - 2.0, at), (left, at));
        label(out, (left - 4.0, at), "[r]", &format!("${}$", tex::printed(text)));
    }
    for (value, text) in &x_values {
        let at = place(*value, y.low).0;
        segment(out, (at, bottom - 2.0), (at, bottom));
        label(out, (at, bottom - 7.0), "", &format!("${}$", tex::printed(text)));
    }
    label(out, (left + wide / 2.0, bottom - 17.0), "", &escape(&plot.x_label));
    label(out, (left, bottom + high + 10.0), "[l]", &escape(&plot.y_label));
    out.push_str("\\renewcommand\\pen{.9}\n");
    for (i, curve) in plot.curves.iter().enumerate() {
        out.push_str(&format!("\\color{{curve{}}}\n", i % MARKS.len()));
        // A curve is interrupted where it has no value.
        for piece in curve.points.split(|p| !p.0.is_finite() || !p.1.is_finite()) {
            let points: Vec<(f64, f64)> = piece.iter().map(|&(px, py)| place(px, py)).collect();
            self::curve(out, &points, i);
        }
        let row = legend - LINE * i as f64 - 6.0;
        segment(out, (left, row), (left + 16.0, row));
        label(out, (left + 8.0, row), "", mark(i));
        out.push_str("\\color{black}\n");
        label(out, (left + 20.0, row), "[l]", &escape(&curve.name));
    }
    out.push_str("\\end{picture}");
}

/// A small plot within text, two lines high: axes where the coordinates are 0, and curves.
pub(super) fn sketch(out: &mut String, plot: &Plot) {
    const WIDE: f64 = SKETCH - 2.0;
    const HIGH: f64 = 15.0;
    let x = Scale::of(plot.curves.iter().flat_map(|c| c.points.iter().map(|p| p.0)));
    let y = Scale::of(plot.curves.iter().flat_map(|c| c.points.iter().map(|p| p.1)));
    let place = |px: f64, py: f64| (1.0 + part(x, px) * WIDE, 1.0 + part(y, py) * HIGH);
    out.push_str("\\raisebox{-5pt}{");
    out.push_str(&format!(
        "\\begin{{picture}}({:.0},{:.0})\n\\color{{faint}}\n",
        WIDE + 2.0,
        HIGH + 2.0
    ));
    if y.low <= 0.0 && y.high >= 0.0 {
        segment(out, place(x.low, 0.0), place(x.high, 0.0));
    }
    if x.low <= 0.0 && x.high >= 0.0 {
        segment(out, place(0.0, y.low), place(0.0, y.high));
    }
    out.push_str("\\renewcommand\\pen{.9}\n");
    // The first curve is drawn last: it stays on top where several meet.
    for (i, curve) in plot.curves.iter().enumerate().rev() {
        out.push_str(&format!("\\color{{curve{}}}\n", i % MARKS.len()));
        for piece in curve.points.split(|p| !p.0.is_finite() || !p.1.is_finite()) {
            let points: Vec<(f64, f64)> = piece.iter().map(|&(px, py)| place(px, py)).collect();
            line(out, &points);
        }
    }
    out.push_str("\\end{picture}}");
}

/// Points joined by lines, with some marks.
fn curve(out: &mut String, points: &[(f64, f64)], curve: usize) {
    line(out, points);
    // Six marks, those of different curves in different places.
    let step = (points.len() / 6).max(1);
    let first = step * (curve % MARKS.len() + 1) / (MARKS.len() + 1);
    for &place in points.iter().skip(first).step_by(step) {
        label(out, place, "", mark(curve));
    }
}

/// Points joined by lines.
fn line(out: &mut String, points: &[(f64, f64)]) {
    let mut from = points.first().copied();
    for (i, &to) in points.iter().enumerate().skip(1) {
        // Points closer than what can be seen are one.
        let seen =
            |f: &(f64, f64)| i + 1 == points.len() || (to.0 - f.0).abs() + (to.1 - f.1).abs() > 0.4;
        if let Some(start) = from.filter(seen) {
            segment(out, start, to);
            from = Some(to);
        }
    }
}

pub(super) fn label(out: &mut String, (x, y): (f64, f64), side: &str, text: &str) {
    out.push_str(&format!("\\put({x:.1},{y:.1}){{\\makebox(0,0){side}{{{text}}}}}\n"));
}

/// Where a value stands, between 0 and 1, however large the range is.
fn part(scale: Scale, value: f64) -> f64 {
    let part = scale.part(value);
    if part.is_finite() { part } else { 0.5 }
}

/// What tells curves apart, beside their colours.
const MARKS: [&str; 6] = [
    "\\circle*{3}",
    "\\rule{3pt}{3pt}",
    "\\circle{4}",
    "$\\scriptstyle\\times$",
    "$\\scriptstyle+$",
    "$\\scriptstyle\\diamond$",
];

fn mark(curve: usize) -> &'static str {
    MARKS[curve % MARKS.len()]
}
