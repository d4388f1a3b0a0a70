//! The page: what every file starts with, and how wide a line is.

use crate::tree::{Block, Document, Inline};

/// What every file starts with.
pub(super) const PREAMBLE: &str = include_str!("preamble.tex");
/// What a note sheet changes: it is set small, so that it fits on a page.
pub(super) const SHEET: &str = include_str!("sheet.tex");
/// How wide a page is, in points.
pub(super) const PAGE: f64 = 483.0;

/// Whether this is a note sheet: it is said to be set small, or shows curves in a table, as no other document does.
pub(super) fn is_sheet(document: &Document) -> bool {
    let curves = document.blocks.iter().any(|block| match block {
        Block::Table(table) => {
            let cells = table.rows.iter().flatten();
            cells.flat_map(|cell| &cell.0).any(|piece| matches!(piece, Inline::Sketch(_)))
        }
        Block::Heading(..)
        | Block::Paragraph(_)
        | Block::List(_)
        | Block::Equation(_)
        | Block::Figure(_)
        | Block::Code(_) => false,
    });
    document.compact || curves
}
