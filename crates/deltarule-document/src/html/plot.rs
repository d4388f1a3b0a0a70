//! Curves over common axes, drawn by plotters.

use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::Color;

use super::escape;
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
    format!("<svg role=\"img\" aria-label=\"{label}\" {}", inside.trim_end())
}

type Failed = Box<dyn std::error::Error>;

fn draw(plot: &Plot, out: &mut String) -> Result<(), Failed> {
    let area = SVGBackend::with_string(out, (WIDTH, HEIGHT)).into_drawing_area();
    area.fill(&WHITE).map_err(text)?;
    let x = Scale::of(plot.curves.iter().flat_map(|c| c.points.iter().map(|p| p.0)));
    let y = Scale::of(plot.curves.iter().flat_map(|c| c.points.iter().map(|p| p.1)));
    // A little air above and below.
    let air = 0.04 * (y.high - y.low);
    let mut chart = ChartBuilder::on(&area)
        .margin(14)
        .x_label_area_size(44)
        .y_label_area_size(62)
        .build_cartesian_2d(x.low..x.high, y.low - air..y.high + air)
        .map_err(text)?;
    chart
        .configure_mesh()
        .x_desc(escape(&plot.x_label))
        .y_desc(escape(&plot.y_label))
        .x_label_formatter(&|v| ticks(*v))
        .y_label_formatter(&|v| ticks(*v))
        .light_line_style(WHITE)
        .bold_line_style(RGBColor(222, 222, 222))
        .axis_desc_style(("sans-serif", 15))
        .label_style(("sans-serif", 14))
        .draw()
        .map_err(text)?;
    for (i, curve) in plot.curves.iter().enumerate() {
        let style = COLORS[i % COLORS.len()].stroke_width(2);
        let points = curve.points.iter().copied().filter(|p| p.0.is_finite() && p.1.is_finite());
        // Told apart by their dashes too: the first is drawn through.
        let (dash, gap) = [(1, 0), (9, 5), (3, 4), (14, 4), (6, 8)][i % 5];
        let series = if gap == 0 {
            chart.draw_series(LineSeries::new(points, style)).map_err(text)?
        } else {
            chart.draw_series(DashedLineSeries::new(points, dash, gap, style)).map_err(text)?
        };
        series.label(escape(&curve.name)).legend(move |(x, y)| {
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

fn text(error: impl std::fmt::Display) -> Failed {
    error.to_string().into()
}
