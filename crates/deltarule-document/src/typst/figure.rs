//! Drawings with their captions.

use super::drawing;
use super::prose::prose;
use super::strings::string;
use super::style::TypstStyle;
use crate::tree::{Block, Drawing, Figure, Plot};

pub(super) fn figure(out: &mut String, figure: &Figure, style: TypstStyle) {
    let alt = string(&crate::text::prose(&figure.caption, style.digits));
    let caption = prose(&figure.caption, style);
    // A long list of layers may go on on the next page.
    let breakable = matches!(&figure.drawing, Drawing::Network(l) if l.len() > drawing::LAYERS);
    out.push_str(&format!("#drawn({alt}, [{caption}], breakable: {breakable})[\n"));
    match &figure.drawing {
        Drawing::Network(layers) => drawing::network(out, layers, style),
        Drawing::Plot(plot) => drawing::plot(out, plot, drawing::size(1, style)),
    }
    out.push_str("\n]");
}

/// The plots from this figure on that follow each other, with their figures.
pub(super) fn together<'a>(first: &'a Figure, rest: &'a [Block]) -> Vec<(&'a Figure, &'a Plot)> {
    let rest = rest.iter().map(|block| match block {
        Block::Figure(figure) => Some(figure),
        _ => None,
    });
    std::iter::once(Some(first))
        .chain(rest)
        .map_while(|figure| match figure.map(|figure| (figure, &figure.drawing)) {
            Some((figure, Drawing::Plot(plot))) => Some((figure, plot)),
            _ => None,
        })
        .collect()
}

/// Plots that follow each other, side by side.
pub(super) fn plots(out: &mut String, plots: &[(&Figure, &Plot)], style: TypstStyle) {
    let (columns, size) = (drawing::columns(plots.len()), drawing::size(plots.len(), style));
    out.push_str(&format!(
        "#grid(columns: (1fr,) * {columns}, align: center, row-gutter: 1.2em,\n"
    ));
    for (figure, plot) in plots {
        let alt = string(&crate::text::prose(&figure.caption, style.digits));
        out.push_str(&format!("drawn({alt}, [{}])[\n", prose(&figure.caption, style)));
        drawing::plot(out, plot, size);
        out.push_str("\n],\n");
    }
    out.push(')');
}
