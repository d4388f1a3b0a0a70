//! Documents read back: the numbers that stand in them, in the order in which they are read.
//!
//! What is read is a list of texts. A matrix is read as a whole, row by row, and each of its cells counts with its sign and
//! its exponent; a matrix that is cut into blocks of columns is put together first, by its brackets, as a reader would. Any
//! other number counts when it has a decimal point, without sign and exponent: layers, powers and sizes have none. In text
//! the pieces of an equation stand side by side: there a line of an equation is as high as its highest matrix, and is read
//! from the left to the right.

mod html;
mod tex;
mod text;
mod tree;
mod typst;

pub(crate) use html::{of_html, visible};
pub(crate) use tex::{markdown_cells, of_latex, of_markdown};
pub(crate) use text::of_text;
pub(crate) use tree::{Order, of_tree};
pub(crate) use typst::of_typst;

/// A matrix as it is read: its cells, row by row.
pub(crate) type Grid = Vec<Vec<String>>;

/// What is read, piece by piece.
#[derive(Default)]
pub(crate) struct Read {
    pub(crate) numbers: Vec<String>,
    /// A matrix that has not come to its closing bracket.
    open: Option<Grid>,
}

impl Read {
    /// Numbers that stand in no matrix.
    pub(crate) fn loose(&mut self, text: &str) {
        self.numbers.extend(decimals(text));
    }

    /// A matrix, or some of its columns.
    pub(crate) fn columns(&mut self, grid: Grid, opens: bool, closes: bool) {
        let whole = match self.open.take() {
            Some(left) => {
                assert!(!opens && left.len() == grid.len(), "columns that do not go on: {grid:?}");
                left.into_iter().zip(grid).map(|(left, right)| [left, right].concat()).collect()
            }
            None => {
                assert!(opens, "columns of nothing: {grid:?}");
                grid
            }
        };
        if closes {
            self.numbers.extend(whole.into_iter().flatten());
        } else {
            self.open = Some(whole);
        }
    }

    /// Everything that was read.
    pub(crate) fn done(self) -> Vec<String> {
        assert!(self.open.is_none(), "a matrix without an end");
        self.numbers
    }
}

/// Numbers with a decimal point, without sign and exponent. Lengths, 0.5em and 0.5pt, are no numbers.
pub(crate) fn decimals(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut current = String::new();
    let mut characters = text.chars().chain(" ".chars()).peekable();
    while let Some(c) = characters.next() {
        let point = c == '.' && characters.peek().is_some_and(char::is_ascii_digit);
        if c.is_ascii_digit() || (point && !current.is_empty()) {
            current.push(c);
            continue;
        }
        let length = matches!((c, characters.peek()), ('e', Some('m')) | ('p', Some('t')));
        if current.contains('.') && !length {
            found.push(std::mem::take(&mut current));
        }
        current.clear();
    }
    found
}
