//! Drawings of networks, and small sketches of curves, in the colours of the text around them.

use std::fmt::Write as _;

use super::escape::escape;
use crate::math::Math;
use crate::plot::Scale;
use crate::tree::{DrawnLayer, Plot};

/// More units than this are drawn as some, dots, and some.
const UNITS: usize = 8;
/// The dots stand here among the places of a layer with more units.
const DOTS: usize = UNITS - 3;
const ROW: f64 = 30.0;
const COLUMN: f64 = 110.0;
/// What is left of a column where the page is narrow; below that the drawing is wider than the page.
const NARROWEST: f64 = 70.0;
const RADIUS: f64 = 9.0;

/// A network: a column of circles per layer, and a line per weight.
pub(super) fn network(layers: &[DrawnLayer]) -> String {
    let label = escape(&in_words(layers));
    let places = |layer: &DrawnLayer| layer.units.min(UNITS);
    let tallest = layers.iter().map(places).max().unwrap_or(0);
    let (width, drawn) = (COLUMN * layers.len() as f64, ROW * tallest as f64);
    let height = drawn + 66.0;
    let mut out = format!(
        "<svg class=\"network\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" style=\"min-width:{}px\" role=\"img\" aria-label=\"{label}\">\n<title>{label}</title>\n",
        NARROWEST * layers.len() as f64
    );
    let x = |layer: usize| COLUMN * (layer as f64 + 0.5);
    let y = |layer: &DrawnLayer, place: usize| {
        ROW * ((tallest - places(layer)) as f64 / 2.0 + place as f64 + 0.5)
    };
    let is_unit = |layer: &DrawnLayer, place: usize| layer.units <= UNITS || place != DOTS;
    out.push_str("<g class=\"weights\">\n");
    for (l, pair) in layers.windows(2).enumerate() {
        for from in (0..places(&pair[0])).filter(|p| is_unit(&pair[0], *p)) {
            for to in (0..places(&pair[1])).filter(|p| is_unit(&pair[1], *p)) {
                let _ = writeln!(
                    out,
                    "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>",
                    x(l) + RADIUS,
                    y(&pair[0], from),
                    x(l + 1) - RADIUS,
                    y(&pair[1], to)
                );
            }
        }
    }
    out.push_str("</g>\n<g class=\"units\">\n");
    for (l, layer) in layers.iter().enumerate() {
        for place in 0..places(layer) {
            let (x, y) = (x(l), y(layer, place));
            let _ = if is_unit(layer, place) {
                writeln!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{RADIUS}\"/>")
            } else {
                writeln!(out, "<text x=\"{x}\" y=\"{}\">⋮</text>", y + 5.0)
            };
        }
    }
    out.push_str("</g>\n<g class=\"labels\">\n");
    for (l, layer) in layers.iter().enumerate() {
        let plural = if layer.units == 1 { "" } else { "s" };
        let (what, below) = match layer.label.as_str() {
            "input" => (format!("{} input{plural}", layer.units), String::new()),
            label => (format!("{} unit{plural}", layer.units), escape(label)),
        };
        let x = x(l);
        let _ = writeln!(
            out,
            "<text x=\"{x}\" y=\"{}\">{}</text><text x=\"{x}\" y=\"{}\">{what}</text><text x=\"{x}\" y=\"{}\">{below}</text>",
            drawn + 20.0,
            symbol(&layer.symbol),
            drawn + 39.0,
            drawn + 57.0
        );
    }
    out.push_str("</g>\n</svg>");
    out
}

/// What is drawn: "A network of 5 inputs, a hidden layer of 3 units (relu) and 2 outputs (softmax)".
fn in_words(layers: &[DrawnLayer]) -> String {
    let counted =
        |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let mut words = String::from("A network of ");
    for (l, layer) in layers.iter().enumerate() {
        let last = l + 1 == layers.len();
        words.push_str(match l {
            0 => "",
            _ if last => " and ",
            _ => ", ",
        });
        let (units, label) = (layer.units, &layer.label);
        words.push_str(&match l {
            0 => counted(units, "input"),
            _ if last => format!("{} ({label})", counted(units, "output")),
            _ => format!("a hidden layer of {} ({label})", counted(units, "unit")),
        });
    }
    words
}

/// A letter with an upper index.
fn symbol(math: &Math) -> String {
    match math {
        Math::Upper(base, index) => format!(
            "<tspan font-style=\"italic\">{}</tspan><tspan font-size=\"75%\" dy=\"-0.45em\">{}</tspan>",
            escape(&crate::text::inline(base, 6)),
            escape(&crate::text::inline(index, 6))
        ),
        other => escape(&crate::text::inline(other, 6)),
    }
}

/// The shape of a few curves, as small as words.
pub(super) fn sketch(plot: &Plot) -> String {
    const WIDTH: f64 = 72.0;
    const HEIGHT: f64 = 34.0;
    let x = Scale::of(plot.curves.iter().flat_map(|c| c.points.iter().map(|p| p.0)));
    let y = Scale::of(plot.curves.iter().flat_map(|c| c.points.iter().map(|p| p.1)));
    let names: Vec<String> = plot.curves.iter().map(|curve| escape(&curve.name)).collect();
    let label = format!("{} over {}", names.join(" and "), escape(&plot.x_label));
    let mut out = format!(
        "<svg class=\"sketch\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
         height=\"{HEIGHT}\" role=\"img\" aria-label=\"{label}\">"
    );
    let across = |v: f64| 1.0 + (WIDTH - 2.0) * x.part(v);
    let down = |v: f64| 1.0 + (HEIGHT - 2.0) * (1.0 - y.part(v));
    let _ = write!(
        out,
        "<path class=\"axes\" d=\"M1 {0:.1}H{1}M{2:.1} 1V{3}\"/>",
        down(0.0),
        WIDTH - 1.0,
        across(0.0),
        HEIGHT - 1.0
    );
    for (i, curve) in plot.curves.iter().enumerate() {
        let points: Vec<String> = curve
            .points
            .iter()
            .map(|(px, py)| (across(*px), down(*py)))
            .filter(|(px, py)| px.is_finite() && py.is_finite())
            .map(|(px, py)| format!("{px:.1},{py:.1}"))
            .collect();
        let _ = write!(out, "<polyline class=\"curve{i}\" points=\"{}\"/>", points.join(" "));
    }
    out.push_str("</svg>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_told_layer_by_layer() {
        let layer = |units, label: &str| DrawnLayer {
            units,
            label: label.into(),
            symbol: Math::formula("x^[1]"),
        };
        let drawn = network(&[layer(5, "input"), layer(3, "relu"), layer(1, "softmax")]);
        let words =
            "A network of 5 inputs, a hidden layer of 3 units (relu) and 1 output (softmax)";
        assert!(drawn.contains(&format!("aria-label=\"{words}\"")), "{drawn}");
    }
}
