//! Curves over common axes, drawn by plotters.

use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::Color;

use crate::plot::{Scale, ticks};
use crate::tree::Plot;

const WIDTH: u32 = 640;
const HEIGHT: u32 = 400;
/// Colours that people with colour blindness tell apart (Okabe and Ito), dark enough on white.
const COLORS: [RGBColor; 5] = [
    RGBColor(0, 90, 160),
    RGBColor(180, 70, 0),
    RGBColor(0, 115, 85),
    RGBColor(150, 60, 120),
    RGBColor(70, 70, 70),
];

/// The curves as an SVG element that is described by its label.
pub(super) fn svg(plot: &Plot, label: &str) -> String {
    let mut out = String::new();
    let drawn = draw(plot, &mut out);
    let Some((_, inside)) = out.split_once("<svg ").filter(|_| drawn.is_ok()) else {
        // The backend writes into memory, which does not fail.
        return String::new();
    };
    let Some((attributes, drawing)) = inside.trim_end().split_once('>') else {
        return String::new();
    };
    format!(
        "<svg role=\"img\" aria-label=\"{label}\" {attributes}>\n<title>{label}</title>{drawing}"
    )
}

/// What an axis is drawn in: 1, unless its range with some air around it is too large for a number.
fn unit(scale: Scale) -> f64 {
    if (2.0 * (scale.high - scale.low)).is_finite() { 1.0 } else { 16.0 }
}

type Failed = Box<dyn std::error::Error>;

fn draw(plot: &Plot, out: &mut String) -> Result<(), Failed> {
    let area = SVGBackend::with_string(out, (WIDTH, HEIGHT)).into_drawing_area();
    area.fill(&WHITE).map_err(text)?;
    let x = Scale::of(plot.curves.iter().flat_map(|c| c.points.iter().map(|p| p.0)));
    let y = Scale::of(plot.curves.iter().flat_map(|c| c.points.iter().map(|p| p.1)));
    // An axis so long that its length is no number is drawn in a larger unit.
    let (x_unit, y_unit) = (unit(x), unit(y));
    // A little air above and below.
    let air = if y_unit == 1.0 { 0.04 * (y.high - y.low) } else { 0.0 };
    let across = x.low / x_unit..x.high / x_unit;
    let up = y.low / y_unit - air..y.high / y_unit + air;
    let mut chart = ChartBuilder::on(&area)
        .margin(14)
        .x_label_area_size(44)
        .y_label_area_size(62)
        .build_cartesian_2d(across, up)
        .map_err(text)?;
    chart
        .configure_mesh()
        .x_desc(plain(&plot.x_label))
        .y_desc(plain(&plot.y_label))
        .x_label_formatter(&|v| ticks(*v * x_unit))
        .y_label_formatter(&|v| ticks(*v * y_unit))
        .light_line_style(WHITE)
        .bold_line_style(RGBColor(222, 222, 222))
        .axis_desc_style(("sans-serif", 15))
        .label_style(("sans-serif", 14))
        .draw()
        .map_err(text)?;
    for (i, curve) in plot.curves.iter().enumerate() {
        let style = COLORS[i % COLORS.len()].stroke_width(2);
        let finite = curve.points.iter().filter(|p| p.0.is_finite() && p.1.is_finite());
        let points = finite.map(|p| (p.0 / x_unit, p.1 / y_unit));
        // Told apart by their dashes too: the first is drawn through.
        let (dash, gap) = [(1, 0), (9, 5), (3, 4), (14, 4), (6, 8)][i % 5];
        let series = if gap == 0 {
            chart.draw_series(LineSeries::new(points, style)).map_err(text)?
        } else {
            chart.draw_series(DashedLineSeries::new(points, dash, gap, style)).map_err(text)?
        };
        series.label(plain(&curve.name)).legend(move |(x, y)| {
            let line: Vec<(i32, i32)> = vec![(x, y), (x + 22, y)];
            if gap == 0 {
                PathElement::new(line, style).into_dyn()
            } else {
                DashedPathElement::new(line, dash, gap, style).into_dyn()
            }
        });
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.85))
        .border_style(RGBColor(200, 200, 200))
        .legend_area_size(30)
        .label_font(("sans-serif", 14))
        .draw()
        .map_err(text)?;
    area.present().map_err(text)?;
    Ok(())
}

/// Words without what no page may hold; the backend itself escapes what means something to HTML.
fn plain(words: &str) -> String {
    words.replace(char::is_control, " ")
}

fn text(error: impl std::fmt::Display) -> Failed {
    error.to_string().into()
}
