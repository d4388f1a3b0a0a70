//! The document tree.

use std::fmt;

use crate::math::Math;
use crate::matrix::{Matrix, QuantityId};

/// A document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// The title.
    pub title: String,
    /// Whether it is set small, with narrow margins: a note sheet that is to fit on one page.
    pub compact: bool,
    /// What follows.
    pub blocks: Vec<Block>,
}

/// A piece of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A heading; level 1 is below the title.
    Heading(u8, Prose),
    /// Prose.
    Paragraph(Prose),
    /// Remarks, one under the other.
    List(Vec<Prose>),
    /// An equation: symbol, substitution, result.
    Equation(Equation),
    /// A table of short pieces.
    Table(Table),
    /// A drawing with a caption.
    Figure(Figure),
    /// What a notebook computes at this place; other renderers leave it out.
    Code(String),
}

/// Running text with formulas and numbers in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prose(pub Vec<Inline>);

/// A piece of running text.
#[derive(Clone, Debug, PartialEq)]
pub enum Inline {
    /// Words, as they are.
    Text(String),
    /// A formula or a number.
    Math(Math),
    /// Something to type or the name of a thing in a file.
    Code(String),
    /// Words that lead to another file, beside the document or as an address. Only pages do; elsewhere the words stand alone.
    Link(String, String),
    /// Words that were judged. The words around them say the judgement too: no renderer shows it by colour alone.
    Marked(Mark, String),
    /// A small plot without labels, about three lines high and six characters wide: the shape is what counts.
    Sketch(Plot),
}

/// How something was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is right.
    Right,
    /// It is not, but follows from what went wrong before.
    Follows,
    /// It is wrong.
    Wrong,
    /// It is not there.
    Missing,
}

impl fmt::Display for Prose {
    /// The words and formulas on one line, for where there is nothing but text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| match piece {
            Inline::Text(words)
            | Inline::Code(words)
            | Inline::Link(words, _)
            | Inline::Marked(_, words) => f.write_str(words),
            Inline::Math(math) => math.fmt(f),
            // A picture says nothing in words.
            Inline::Sketch(_) => Ok(()),
        })
    }
}

impl Prose {
    /// Words with formulas between dollar signs and things to type between backquotes.
    ///
    /// # Panics
    /// When what stands between dollar signs is not a formula: an error in the caller. Text that somebody else wrote goes
    /// through [`Prose::text`].
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule_document::{Inline, Prose};
    ///
    /// let prose = Prose::new("The bias $b^[1]$ is added to every column.");
    /// assert_eq!(prose.0.len(), 3);
    /// assert!(matches!(prose.0[1], Inline::Math(_)));
    /// ```
    pub fn new(words: &str) -> Self {
        let mut pieces = Vec::new();
        for (i, between) in words.split('$').enumerate() {
            if i % 2 == 1 {
                pieces.push(Inline::Math(Math::formula(between)));
                continue;
            }
            for (j, words) in between.split('`').enumerate().filter(|(_, words)| !words.is_empty())
            {
                let words = words.to_string();
                pieces.push(if j % 2 == 1 { Inline::Code(words) } else { Inline::Text(words) });
            }
        }
        Self(pieces)
    }

    /// Words as they are: nothing in them is a formula.
    pub fn text(words: impl Into<String>) -> Self {
        Self(vec![Inline::Text(words.into())])
    }

    /// More words, with formulas between dollar signs.
    #[must_use]
    pub fn and(mut self, words: &str) -> Self {
        self.0.extend(Self::new(words).0);
        self
    }

    /// More words, as they are.
    #[must_use]
    pub fn and_text(mut self, words: impl Into<String>) -> Self {
        self.0.push(Inline::Text(words.into()));
        self
    }

    /// Words that were judged, after the words.
    #[must_use]
    pub fn and_marked(mut self, mark: Mark, words: impl Into<String>) -> Self {
        self.0.push(Inline::Marked(mark, words.into()));
        self
    }

    /// A formula or number after the words.
    #[must_use]
    pub fn and_math(mut self, math: Math) -> Self {
        self.0.push(Inline::Math(math));
        self
    }

    /// A number after the words.
    #[must_use]
    pub fn and_number(self, value: f64, quantity: QuantityId) -> Self {
        self.and_math(Math::number(value, 0, 0, quantity))
    }

    /// More of the same kind.
    #[must_use]
    pub fn and_prose(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

impl From<&str> for Prose {
    fn from(words: &str) -> Self {
        Self::new(words)
    }
}

/// An equation: what is computed, and how, one relation after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Equation {
    /// What is computed.
    pub left: Math,
    /// What it is equal to, or becomes: symbols, then the numbers put in, then the result.
    pub relations: Vec<Relation>,
    /// The same in Python with NumPy, for notebooks.
    pub code: Option<Code>,
}

/// One sign of an equation and what stands behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    /// =, ←, ≈
    pub sign: char,
    /// What stands behind the sign.
    pub right: Math,
}

/// How a notebook computes an equation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// Statements in Python.
    pub statements: String,
    /// The expression whose value is the last matrix or number of the equation; nothing is checked without one.
    pub result: Option<String>,
}

impl Equation {
    /// The left side of an equation.
    pub fn new(left: Math) -> Self {
        Self { left, relations: Vec::new(), code: None }
    }

    /// A formula; its first = or ← at the top level, and every later one, starts a relation.
    ///
    /// # Panics
    /// When it is not a formula: an error in the caller.
    pub fn formula(text: &str) -> Self {
        Self::of(Math::formula(text))
    }

    /// The equation that a formula with = or ← in it is.
    pub fn of(formula: Math) -> Self {
        let pieces = match formula {
            Math::Row(pieces) => pieces,
            one => vec![one],
        };
        let mut sides: Vec<(char, Vec<Math>)> = vec![('=', Vec::new())];
        for piece in pieces {
            match (piece, sides.last_mut()) {
                (Math::Sign(sign @ ('=' | '←' | '≈')), _) => sides.push((sign, Vec::new())),
                (Math::Space, Some((_, side))) if side.is_empty() => {}
                (piece, Some((_, side))) => side.push(piece),
                (_, None) => {}
            }
        }
        let mut sides = sides.into_iter().map(|(sign, mut side)| {
            while side.last() == Some(&Math::Space) {
                side.pop();
            }
            (sign, Math::Row(side))
        });
        let left = sides.next().map_or(Math::Row(Vec::new()), |(_, left)| left);
        let relations = sides.map(|(sign, right)| Relation { sign, right }).collect();
        Self { left, relations, code: None }
    }

    /// One more relation, with =.
    #[must_use]
    pub fn equals(mut self, right: Math) -> Self {
        self.relations.push(Relation { sign: '=', right });
        self
    }

    /// How a notebook computes it: statements, and the expression that has the value of the last matrix or number.
    #[must_use]
    pub fn code(mut self, statements: impl Into<String>, result: &str) -> Self {
        let result = (!result.is_empty()).then(|| result.to_string());
        self.code = Some(Code { statements: statements.into(), result });
        self
    }

    /// The last matrix or number: the result.
    pub fn result(&self) -> Option<&Matrix> {
        let mut last = None;
        for relation in &self.relations {
            relation.right.for_each_matrix(&mut |matrix| last = Some(matrix));
        }
        last
    }
}

/// A table of short pieces.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What the columns hold.
    pub header: Vec<Prose>,
    /// The rows, each with as many cells as the header.
    pub rows: Vec<Vec<Prose>>,
}

impl Table {
    /// Whether the last column says how each row was judged, and no more.
    pub(crate) fn ends_with_verdicts(&self) -> bool {
        let whole = |row: &&Vec<Prose>| row.len() == self.header.len();
        let judged = |row: &Vec<Prose>| matches!(row.last(), Some(Prose(cell)) if matches!(cell.as_slice(), [Inline::Marked(..)]));
        let mut rows = self.rows.iter().filter(whole).peekable();
        rows.peek().is_some() && rows.all(judged)
    }
}

/// A drawing with a caption.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What it shows, below it; also the description of a plot for those who cannot see it.
    pub caption: Prose,
    /// The drawing.
    pub drawing: Drawing,
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Drawing {
    /// A network: its layers from the inputs to the outputs.
    Network(Vec<DrawnLayer>),
    /// Curves over a common axis.
    Plot(Plot),
}

/// A layer in the drawing of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawnLayer {
    /// How many units.
    pub units: usize,
    /// The activation, or `input`.
    pub label: String,
    /// The symbol of its outputs: x^\[1\].
    pub symbol: Math,
}

/// Curves over a common axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// What the horizontal axis is.
    pub x_label: String,
    /// What the vertical axis is.
    pub y_label: String,
    /// The curves.
    pub curves: Vec<Curve>,
}

/// A curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// What it is.
    pub name: String,
    /// Its points from left to right.
    pub points: Vec<(f64, f64)>,
}

impl Document {
    /// An empty document.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Adds a heading; level 1 is below the title.
    pub fn heading(&mut self, level: u8, words: impl Into<Prose>) {
        self.blocks.push(Block::Heading(level, words.into()));
    }

    /// Adds prose.
    pub fn paragraph(&mut self, words: impl Into<Prose>) {
        self.blocks.push(Block::Paragraph(words.into()));
    }

    /// Adds remarks, one under the other; nothing when there are none.
    pub fn list(&mut self, items: Vec<Prose>) {
        if !items.is_empty() {
            self.blocks.push(Block::List(items));
        }
    }

    /// Adds an equation.
    pub fn equation(&mut self, equation: Equation) {
        self.blocks.push(Block::Equation(equation));
    }

    /// Adds what a notebook computes here.
    pub fn code(&mut self, statements: impl Into<String>) {
        self.blocks.push(Block::Code(statements.into()));
    }

    /// Calls a function with every matrix and number in the document, in reading order.
    pub fn for_each_matrix<'a>(&'a self, mut f: impl FnMut(&'a Matrix)) {
        for block in &self.blocks {
            block.for_each_matrix(&mut f);
        }
    }
}

impl Block {
    /// Calls a function with every matrix and number in the block, in reading order.
    pub fn for_each_matrix<'a>(&'a self, f: &mut impl FnMut(&'a Matrix)) {
        match self {
            Self::Heading(_, prose) | Self::Paragraph(prose) => prose.for_each_matrix(f),
            Self::List(items) => items.iter().for_each(|item| item.for_each_matrix(f)),
            Self::Equation(equation) => {
                equation.left.for_each_matrix(f);
                equation.relations.iter().for_each(|relation| relation.right.for_each_matrix(f));
            }
            Self::Table(table) => {
                let rows = std::iter::once(&table.header).chain(&table.rows);
                rows.flatten().for_each(|cell| cell.for_each_matrix(f));
            }
            Self::Figure(figure) => figure.caption.for_each_matrix(f),
            Self::Code(_) => {}
        }
    }
}

impl Prose {
    fn for_each_matrix<'a>(&'a self, f: &mut impl FnMut(&'a Matrix)) {
        for piece in &self.0 {
            if let Inline::Math(math) = piece {
                math.for_each_matrix(f);
            }
        }
    }
}
