//! Curves over common axes.

use std::fmt::Write as _;

use super::escape::escape;
use crate::plot::Scale;
use crate::tree::Plot;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
/// Where the axes are.
const LEFT: f64 = 76.0;
const RIGHT: f64 = 626.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 342.0;
/// The share of the vertical axis that is left free above and below the curves.
const AIR: f64 = 0.04;
/// About how many values stand at an axis.
const VALUES: f64 = 11.0;
/// What a character of a name takes at most, on average.
const CHARACTER: f64 = 6.5;
/// The height of a line of the legend.
const LINE: f64 = 18.0;
/// Colours that people with colour blindness tell apart (Okabe and Ito), dark enough on white, and dashes that tell the curves
/// apart without colour: the first is drawn through.
const STYLES: [(&str, &str); 5] = [
    ("#005aa0", "none"),
    ("#b44600", "9 5"),
    ("#007355", "3 4"),
    ("#963c78", "14 4"),
    ("#464646", "6 8"),
];

/// The curves as an SVG element that is described by its label.
pub(super) fn svg(plot: &Plot, label: &str) -> String {
    let across = Scale::of(plot.curves.iter().flat_map(|c| c.points.iter().map(|p| p.0)));
    let up = airy(Scale::of(plot.curves.iter().flat_map(|c| c.points.iter().map(|p| p.1))));
    let x = |value: f64| tenths(LEFT + across.part(value) * (RIGHT - LEFT));
    let y = |value: f64| tenths(BOTTOM - up.part(value) * (BOTTOM - TOP));
    let mut out = format!(
        "<svg role=\"img\" aria-label=\"{label}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         xmlns=\"http://www.w3.org/2000/svg\">\n<title>{label}</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n\
         <g font-family=\"sans-serif\" font-size=\"12\" fill=\"#000000\" text-anchor=\"middle\">\n"
    );
    let mut grid = String::new();
    for (value, text) in across.round_values(VALUES) {
        let x = x(value);
        let _ = write!(grid, "M{x} {TOP}V{}", BOTTOM + 5.0);
        let _ = writeln!(out, "<text x=\"{x}\" y=\"{}\">{text}</text>", BOTTOM + 18.0);
    }
    let middle = (LEFT + RIGHT) / 2.0;
    let _ = writeln!(out, "<text x=\"{middle}\" y=\"384\">{}</text>", escape(&plot.x_label));
    let middle = (TOP + BOTTOM) / 2.0;
    let turned = format!("transform=\"translate(24 {middle}) rotate(-90)\"");
    let _ = writeln!(out, "<text {turned}>{}</text>\n</g>", escape(&plot.y_label));
    out.push_str(
        "<g font-family=\"sans-serif\" font-size=\"12\" fill=\"#000000\" text-anchor=\"end\">\n",
    );
    for (value, text) in up.round_values(VALUES) {
        let y = y(value);
        let _ = write!(grid, "M{} {y}H{RIGHT}", LEFT - 5.0);
        let _ = writeln!(out, "<text x=\"{}\" y=\"{y}\" dy=\"4\">{text}</text>", LEFT - 9.0);
    }
    let _ = writeln!(
        out,
        "</g>\n<path d=\"{grid}\" stroke=\"#dedede\" fill=\"none\"/>\n\
         <path d=\"M{LEFT} {TOP}V{BOTTOM}H{RIGHT}\" stroke=\"#000000\" fill=\"none\"/>"
    );
    for (i, curve) in plot.curves.iter().enumerate() {
        let finite = curve.points.iter().filter(|p| p.0.is_finite() && p.1.is_finite());
        let points: Vec<String> =
            finite.map(|point| format!("{},{}", x(point.0), y(point.1))).collect();
        let _ = writeln!(out, "<polyline points=\"{}\" {}/>", points.join(" "), stroke(i));
    }
    out + &legend(plot) + "</svg>"
}

/// The same axis with a little air, unless that is too long for a number.
fn airy(scale: Scale) -> Scale {
    let air = AIR * (scale.high - scale.low);
    let longer = Scale { low: scale.low - air, high: scale.high + air };
    if longer.low.is_finite() && longer.high.is_finite() { longer } else { scale }
}

/// Which curve is which, in the upper right corner, where curves that fall are not.
fn legend(plot: &Plot) -> String {
    let longest = plot.curves.iter().map(|curve| curve.name.chars().count()).max().unwrap_or(0);
    let width = (52.0 + CHARACTER * longest as f64).min(RIGHT - LEFT);
    let height = LINE * plot.curves.len() as f64 + 10.0;
    let (left, top) = (RIGHT - 6.0 - width, TOP + 6.0);
    let mut out = format!(
        "<g font-family=\"sans-serif\" font-size=\"12\" fill=\"#000000\">\n\
         <rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"#ffffff\" fill-opacity=\"0.85\" \
         stroke=\"#c8c8c8\"/>\n"
    );
    for (i, curve) in plot.curves.iter().enumerate() {
        let y = top + 5.0 + LINE * (i as f64 + 0.5);
        let (from, to) = (left + 10.0, left + 34.0);
        let _ = writeln!(out, "<path d=\"M{from} {y}H{to}\" {}/>", stroke(i));
        let name = escape(&curve.name);
        let _ = writeln!(out, "<text x=\"{}\" y=\"{y}\" dy=\"4\">{name}</text>", left + 42.0);
    }
    out + "</g>\n"
}

fn stroke(curve: usize) -> String {
    let (color, dashes) = STYLES[curve % STYLES.len()];
    format!("fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\"")
}

/// A place to a tenth of a pixel.
fn tenths(place: f64) -> f64 {
    (place * 10.0).round() / 10.0
}
