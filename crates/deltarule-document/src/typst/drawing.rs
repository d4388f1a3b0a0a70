//! Drawings: the functions of the prelude draw, what is computed here is how many units are shown and where points stand.

use super::math;
use super::strings::{WORD, breakable, string};
use super::style::TypstStyle;
use crate::number::format_number;
use crate::plot::Scale;
use crate::text::inline;
use crate::tree::{Curve, DrawnLayer, Plot};

/// More units than this are drawn as some, dots, and some.
const UNITS: usize = 8;
/// More layers than this are listed: their names would not fit beside each other.
pub(super) const LAYERS: usize = 8;

/// Longer words below a layer are broken.
const LABEL: usize = 12;

/// The size of a plot's rectangle in points of the page.
#[derive(Clone, Copy)]
pub(super) struct Size {
    width: f64,
    height: f64,
    /// About how many ticks an axis has.
    ticks: f64,
}

/// The size of each of this many plots that stand together.
pub(super) fn size(plots: usize, style: TypstStyle) -> Size {
    match columns(plots) {
        1 if !style.compact => Size { width: 300.0, height: 150.0, ticks: 6.0 },
        1 | 2 => Size { width: 165.0, height: 100.0, ticks: 4.0 },
        _ => Size { width: 92.0, height: 70.0, ticks: 3.0 },
    }
}

/// How many plots stand beside each other.
pub(super) fn columns(plots: usize) -> usize {
    match plots {
        0 | 1 => 1,
        2 | 4 => 2,
        _ => 3,
    }
}

/// A network: a column of circles per layer.
pub(super) fn network(out: &mut String, layers: &[DrawnLayer], style: TypstStyle) {
    let described = |layer: &DrawnLayer| {
        let symbol = math::math(&layer.symbol, style.digits);
        let alt = string(&inline(&layer.symbol, style.digits));
        let (units, label) = match (layer.units, layer.label.as_str()) {
            (1, "input") => ("1 input".into(), ""),
            (units, "input") => (format!("{units} inputs"), ""),
            (1, label) => ("1 unit".into(), label),
            (units, label) => (format!("{units} units"), label),
        };
        let symbol = if symbol.is_empty() { symbol } else { format!("#m({alt}, ${symbol}$)") };
        (symbol, string(&units), breakable(label, LABEL))
    };
    if layers.is_empty() {
        return;
    }
    if layers.len() > LAYERS {
        let lines: Vec<String> = layers
            .iter()
            .map(|layer| {
                let (symbol, units, label) = described(layer);
                format!("[{symbol}], [#{units}], [#{label}]")
            })
            .collect();
        out.push_str(&format!(
            "#grid(columns: 3, align: left, gutter: 0.8em,\n  {},\n)",
            lines.join(",\n  ")
        ));
        return;
    }
    out.push_str("#network(\n");
    for layer in layers {
        let (places, dots) = if layer.units <= UNITS {
            (layer.units, "none".into())
        } else {
            (UNITS, (UNITS - 3).to_string())
        };
        let (symbol, units, label) = described(layer);
        out.push_str(&format!("  ({places}, {dots}, [{symbol}], [#{units} \\ #{label}]),\n"));
    }
    out.push(')');
}

/// Curves over a common axis.
pub(super) fn plot(out: &mut String, plot: &Plot, size: Size) {
    let points = || plot.curves.iter().flat_map(|curve| &curve.points);
    let x = Scale::of(points().map(|p| p.0));
    let y = Scale::of(points().map(|p| p.1));
    out.push_str(&format!(
        "#plot({}pt, {}pt, {}, {},\n",
        size.width,
        size.height,
        breakable(&plot.x_label, WORD),
        breakable(&plot.y_label, WORD)
    ));
    let across = |value: f64| place(x, value) * size.width;
    let down = |value: f64| (1.0 - place(y, value)) * size.height;
    for (scale, place) in [(x, &across as &dyn Fn(f64) -> f64), (y, &down)] {
        let ticks: String = ticks(scale, size.ticks)
            .into_iter()
            .map(|(value, text)| format!("({:.2}pt, ${}$), ", place(value), math::number(&text)))
            .collect();
        out.push_str(&format!("  ({ticks}),\n"));
    }
    for curve in &plot.curves {
        out.push_str(&format!("  ({},", breakable(&curve.name, WORD)));
        strokes(out, curve, &across, &down);
        out.push_str("),\n");
    }
    out.push(')');
}

/// A small plot in running text: curves, and the axes where they are near.
pub(super) fn sketch(out: &mut String, plot: &Plot) {
    const WIDTH: f64 = 4.6;
    const HEIGHT: f64 = 2.6;
    let points = || plot.curves.iter().flat_map(|curve| &curve.points);
    let x = Scale::of(points().map(|p| p.0));
    let y = Scale::of(points().map(|p| p.1));
    let across = |value: f64| place(x, value) * WIDTH;
    let down = |value: f64| (1.0 - place(y, value)) * HEIGHT;
    let zero = |scale: Scale, place: &dyn Fn(f64) -> f64| {
        let within = scale.low <= 0.0 && 0.0 <= scale.high;
        if within { format!("{:.3}em", place(0.0)) } else { "none".into() }
    };
    out.push_str(&format!(
        "#sketch({WIDTH}em, {HEIGHT}em, {}, {}",
        zero(x, &across),
        zero(y, &down)
    ));
    for curve in &plot.curves {
        out.push_str(", (");
        strokes(out, curve, &|v| across(v), &|v| down(v));
        out.push(')');
    }
    out.push(')');
}

/// A curve's strokes of the pen: it is interrupted where it has no value.
fn strokes(
    out: &mut String,
    curve: &Curve,
    across: &dyn Fn(f64) -> f64,
    down: &dyn Fn(f64) -> f64,
) {
    for piece in curve.points.split(|p| !p.0.is_finite() || !p.1.is_finite()) {
        if piece.is_empty() {
            continue;
        }
        out.push_str("\n    (");
        for &(x, y) in piece {
            out.push_str(&format!("({:.2}, {:.2}), ", across(x), down(y)));
        }
        out.push_str("),");
    }
}

/// Where a value stands, between 0 and 1, however large the range is.
fn place(scale: Scale, value: f64) -> f64 {
    let part = scale.part(value);
    if part.is_finite() { part } else { 0.5 }
}

/// Round values within a range, a 1, 2 or 5 times a power of ten apart, and what stands at them.
fn ticks(scale: Scale, about: f64) -> Vec<(f64, String)> {
    let range = scale.high - scale.low;
    let power = 10_f64.powf((range / about).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|factor| factor * power)
        .into_iter()
        .find(|step| range / step <= about)
        .filter(|step| step.is_normal());
    let ends = || [scale.low, scale.high].map(|v| (v, format_number(v, 3))).to_vec();
    let Some(step) = step else { return ends() };
    let largest = scale.low.abs().max(scale.high.abs());
    // As many digits as tell one tick from the next.
    let digits = (largest / step).log10().floor() as usize + 2;
    if digits > 12 {
        return ends();
    }
    let (first, last) = ((scale.low / step).ceil(), (scale.high / step).floor());
    let count = (last - first) as usize;
    (0..=count)
        .map(|i| (first + i as f64) * step)
        .map(|value| (value, format_number(value + 0.0, digits)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        let shown = |low, high| {
            ticks(Scale { low, high }, 6.0).into_iter().map(|tick| tick.1).collect::<Vec<_>>()
        };
        assert_eq!(shown(0.0, 1.0), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(shown(-4.0, 4.0), ["-4", "-2", "0", "2", "4"]);
        assert_eq!(shown(0.0, 199.0), ["0", "50", "100", "150"]);
        assert!(shown(1000.001, 1000.002).contains(&"1000.0012".to_string()));
        assert_eq!(shown(f64::MIN, f64::MAX).len(), 2);
        assert_eq!(shown(1.0, 1.0 + f64::EPSILON).len(), 2);
    }
}
