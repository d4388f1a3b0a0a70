//! The document tree.

/// Which quantity a number is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity {
    /// The part of the exercise.
    pub part: String,
    /// The step of the part, 1 being the first.
    pub step: usize,
    /// What it is, by the name it has in a solution: `z`, `x`, `delta`, `grad_weights`, …
    pub name: String,
    /// The layer, 0 being the inputs; absent where it belongs to none.
    pub layer: Option<usize>,
}

impl Quantity {
    /// A quantity.
    pub fn new(part: &str, step: usize, name: &str, layer: Option<usize>) -> Self {
        Self { part: part.into(), step, name: name.into(), layer }
    }
}

/// A matrix of numbers of one quantity; a number on its own is a matrix of one row and one column.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
    quantity: Quantity,
}

impl Matrix {
    /// A matrix from its entries row by row.
    ///
    /// # Panics
    /// When there are not rows · columns entries: an error in the caller.
    pub fn new(rows: usize, columns: usize, values: Vec<f64>, quantity: Quantity) -> Self {
        assert_eq!(values.len(), rows * columns, "entries of a matrix");
        Self { rows, columns, values, quantity }
    }

    /// A number on its own.
    pub fn number(value: f64, quantity: Quantity) -> Self {
        Self::new(1, 1, vec![value], quantity)
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The entry in this row and column, both from 0.
    pub fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.columns + column]
    }

    /// Which quantity the numbers are.
    pub fn quantity(&self) -> &Quantity {
        &self.quantity
    }
}

/// A piece of an equation.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// Symbols and signs.
    Text(String),
    /// A matrix in brackets.
    Matrix(Matrix),
    /// A number without brackets.
    Number(Matrix),
}

impl Term {
    /// Symbols and signs.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A number on its own.
    pub fn number(value: f64, quantity: Quantity) -> Self {
        Self::Number(Matrix::number(value, quantity))
    }
}

/// A piece of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A heading; level 1 is below the title.
    Heading(u8, String),
    /// Prose.
    Paragraph(String),
    /// An equation: symbol, substitution, result.
    Equation(Vec<Term>),
}

/// A document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// The title.
    pub title: String,
    /// What follows.
    pub blocks: Vec<Block>,
}

impl Document {
    /// Adds a heading; level 1 is below the title.
    pub fn heading(&mut self, level: u8, text: impl Into<String>) {
        self.blocks.push(Block::Heading(level, text.into()));
    }

    /// Adds prose.
    pub fn paragraph(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Paragraph(text.into()));
    }

    /// Adds an equation.
    pub fn equation(&mut self, terms: Vec<Term>) {
        self.blocks.push(Block::Equation(terms));
    }
}
