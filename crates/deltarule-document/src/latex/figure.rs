//! Drawings in LaTeX's picture environment.

use super::characters::{escape, formula};
use super::page::PAGE;
use super::plot::{CHARACTER, LINE, label, plot, segment};
use super::prose::prose;
use crate::tex;
use crate::tree::{Drawing, DrawnLayer, Figure};

/// More units than this are drawn as some, dots, and some.
const UNITS: usize = 7;
/// The radius of a unit, in points.
const RADIUS: f64 = 6.0;
/// How far units of a layer are apart.
const STEP: f64 = 20.0;
/// The largest distance between layers.
const FAR: f64 = 100.0;

/// How many of this many plots stand beside one another.
pub(super) fn beside(plots: usize) -> usize {
    match plots {
        0 | 1 => 1,
        2 | 4 => 2,
        _ => 3,
    }
}

/// Figures beside one another, with their captions.
pub(super) fn figures(out: &mut String, figures: &[&Figure], digits: usize) {
    let share = 1.0 / figures.len().max(1) as f64 - if figures.len() > 1 { 0.02 } else { 0.0 };
    out.push_str("\\begin{center}\n");
    for (i, figure) in figures.iter().enumerate() {
        out.push_str(if i > 0 { "\\hfill\n" } else { "" });
        out.push_str(&format!(
            "\\begin{{minipage}}[t]{{{share:.2}\\linewidth}}\n\\centering\\footnotesize\n"
        ));
        match &figure.drawing {
            Drawing::Network(layers) => network(out, layers, digits),
            Drawing::Plot(one) => plot(out, one, (share * PAGE).min(360.0)),
        }
        out.push_str(&format!(
            "\\\\[6pt]\n\\textit{{{}}}\n\\end{{minipage}}\n",
            prose(&figure.caption, digits)
        ));
    }
    out.push_str("\\end{center}\n");
}

/// A network: a column of units per layer, each unit joined to each of the next layer.
fn network(out: &mut String, layers: &[DrawnLayer], digits: usize) {
    let labels: Vec<[String; 2]> = layers.iter().map(labels).collect();
    let widest = labels.iter().flatten().map(|label| label.chars().count()).max().unwrap_or(0);
    let needed = (widest as f64 * CHARACTER).max(5.0 * RADIUS);
    let distance = ((PAGE - needed) / layers.len().saturating_sub(1).max(1) as f64).min(FAR);
    if needed > distance || needed > PAGE {
        // Too many layers for the page: one under the other.
        let lines: Vec<String> = layers
            .iter()
            .zip(&labels)
            .map(|(layer, [units, label])| {
                let symbol = formula(&tex::math(&layer.symbol, digits));
                format!("${symbol}$: {}, {}", escape(units), escape(label))
            })
            .collect();
        out.push_str(&lines.join("\\\\\n"));
        return;
    }
    let columns: Vec<UnitColumn> = layers.iter().map(|layer| UnitColumn::of(layer.units)).collect();
    let highest = columns.iter().map(|column| column.places).max().unwrap_or(1);
    let height = highest as f64 * STEP;
    let (top, bottom) = (18.0, 28.0);
    let width = distance * layers.len().saturating_sub(1) as f64 + needed;
    let x = |layer: usize| needed / 2.0 + distance * layer as f64;
    let y = |column: &UnitColumn, place: usize| {
        bottom + height / 2.0 + (column.places as f64 / 2.0 - 0.5 - place as f64) * STEP
    };
    out.push_str(&format!(
        "\\begin{{picture}}({width:.1},{:.1})\n\\color{{faint}}\n",
        height + top + bottom
    ));
    for (i, pair) in columns.windows(2).enumerate() {
        for from in pair[0].drawn() {
            for to in pair[1].drawn() {
                let (start, end) = ((x(i), y(&pair[0], from)), (x(i + 1), y(&pair[1], to)));
                edge(out, start, end);
            }
        }
    }
    out.push_str("\\color{black}\n");
    for (i, ((layer, column), [units, label])) in
        layers.iter().zip(&columns).zip(&labels).enumerate()
    {
        let x = x(i);
        for place in column.drawn() {
            out.push_str(&format!(
                "\\put({x:.1},{:.1}){{\\circle{{{:.0}}}}}\n",
                y(column, place),
                2.0 * RADIUS
            ));
        }
        if let Some(place) = column.dots {
            self::label(out, (x, y(column, place) + 2.0), "", "$\\vdots$");
        }
        let symbol = formula(&tex::math(&layer.symbol, digits));
        let (above, below) = (bottom + height + 9.0, bottom - 10.0);
        self::label(out, (x, above), "", &format!("${symbol}$"));
        self::label(out, (x, below), "", &escape(units));
        self::label(out, (x, below - LINE), "", &escape(label));
    }
    out.push_str("\\end{picture}");
}

/// How many units, and what they are.
fn labels(layer: &DrawnLayer) -> [String; 2] {
    let plural = if layer.units == 1 { "" } else { "s" };
    if layer.label == "input" {
        [format!("{} input{plural}", layer.units), String::new()]
    } else {
        [format!("{} unit{plural}", layer.units), layer.label.clone()]
    }
}

/// The places of a layer's units, from the top.
struct UnitColumn {
    places: usize,
    /// The place where dots stand for units that are not drawn.
    dots: Option<usize>,
}

impl UnitColumn {
    fn of(units: usize) -> Self {
        if units <= UNITS {
            Self { places: units, dots: None }
        } else {
            Self { places: UNITS, dots: Some(UNITS - 2) }
        }
    }

    fn drawn(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.places).filter(|place| Some(*place) != self.dots)
    }
}

/// A line from the edge of one unit to that of another.
fn edge(out: &mut String, from: (f64, f64), to: (f64, f64)) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let part = RADIUS / dx.hypot(dy).max(2.0 * RADIUS);
    let (sx, sy) = (dx * part, dy * part);
    segment(out, (from.0 + sx, from.1 + sy), (to.0 - sx, to.1 - sy));
}
