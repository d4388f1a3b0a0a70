//! What the pieces of a document are written with.

/// What the pieces of a document are written with.
#[derive(Clone, Copy)]
pub(super) struct TypstStyle {
    /// Significant digits of numbers.
    pub(super) digits: usize,
    /// How wide a line is, in characters of formulas: digits are half as wide as the font is high.
    pub(super) width: usize,
    pub(super) compact: bool,
}
