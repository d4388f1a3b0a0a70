//! The tree of a formula.

use crate::matrix::{Matrix, QuantityId};

/// A formula or a piece of one.
#[derive(Clone, Debug, PartialEq)]
pub enum Math {
    /// Pieces side by side.
    Row(Vec<Math>),
    /// A letter that stands for a quantity: z, δ, E.
    Letter(char),
    /// Upright letters: the name of a function, `tanh`, or words, `for`.
    Word(String),
    /// A number that belongs to the formula, as the 1 in 1 − x.
    Digits(String),
    /// A sign: =, +, ∘, a comma.
    Sign(char),
    /// A gap that text shows; elsewhere the rules of mathematical typesetting decide.
    Space,
    /// An upper index or exponent.
    Upper(Box<Math>, Box<Math>),
    /// A lower index.
    Lower(Box<Math>, Box<Math>),
    /// A fraction.
    Fraction(Box<Math>, Box<Math>),
    /// A square root.
    Root(Box<Math>),
    /// In round, square or straight brackets.
    Bracket(char, Box<Math>, char),
    /// Values, each with the condition under which it holds.
    Cases(Vec<(Math, Math)>),
    /// A matrix in brackets.
    Matrix(Matrix),
    /// A number without brackets.
    Number(Matrix),
}

impl Math {
    /// A number on its own, the entry at this row and column of its quantity.
    pub fn number(value: f64, row: usize, column: usize, quantity: QuantityId) -> Self {
        Self::Number(Matrix::number(value, row, column, quantity))
    }

    /// Words.
    pub fn word(text: impl Into<String>) -> Self {
        Self::Word(text.into())
    }

    /// Pieces side by side, with a gap between them.
    pub fn spaced(pieces: impl IntoIterator<Item = Self>) -> Self {
        let mut row = Vec::new();
        for piece in pieces {
            if !row.is_empty() {
                row.push(Self::Space);
            }
            row.push(piece);
        }
        Self::Row(row)
    }

    /// The piece in round brackets.
    #[must_use]
    pub fn in_brackets(self) -> Self {
        Self::Bracket('(', Box::new(self), ')')
    }

    /// The pieces of a row, or the one piece that it is; rows within the row are opened.
    pub fn pieces(&self) -> Vec<&Self> {
        match self {
            Self::Row(row) => row.iter().flat_map(Self::pieces).collect(),
            other => vec![other],
        }
    }

    /// Calls a function with every matrix and number inside, in reading order.
    pub fn for_each_matrix<'a>(&'a self, f: &mut impl FnMut(&'a Matrix)) {
        match self {
            Self::Row(row) => row.iter().for_each(|piece| piece.for_each_matrix(f)),
            Self::Upper(a, b) | Self::Lower(a, b) | Self::Fraction(a, b) => {
                a.for_each_matrix(f);
                b.for_each_matrix(f);
            }
            Self::Root(a) | Self::Bracket(_, a, _) => a.for_each_matrix(f),
            Self::Cases(cases) => {
                for (value, condition) in cases {
                    value.for_each_matrix(f);
                    condition.for_each_matrix(f);
                }
            }
            Self::Matrix(matrix) | Self::Number(matrix) => f(matrix),
            Self::Letter(_) | Self::Word(_) | Self::Digits(_) | Self::Sign(_) | Self::Space => {}
        }
    }

    /// Replaces letters, as another notation asks for.
    #[must_use]
    pub fn with_letters(self, replace: &impl Fn(char) -> char) -> Self {
        self.map(&|leaf| match leaf {
            Self::Letter(letter) => Self::Letter(replace(letter)),
            other => other,
        })
    }

    /// The same formula with numbers put in for a letter. A matrix needs no round brackets around its own: `tanh(x)`
    /// becomes tanh and the matrix.
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule_document::{Math, Matrix, QuantityId};
    ///
    /// let x = Matrix::new(1, 2, |_, c| [0.5, 0.25][c], QuantityId::new("a", 1, "x", Some(1)));
    /// let squares = Math::formula("1 − x ∘ x").put_in('x', &Math::Matrix(x));
    /// assert_eq!(squares.to_string(), "1 − [0.5, 0.25] ∘ [0.5, 0.25]");
    /// ```
    #[must_use]
    pub fn put_in(self, letter: char, value: &Self) -> Self {
        self.map(&|leaf| if leaf == Self::Letter(letter) { value.clone() } else { leaf })
            .unwrapped()
    }

    /// Without round brackets around a single matrix.
    fn unwrapped(self) -> Self {
        let boxed = |math: Box<Self>| Box::new(math.unwrapped());
        match self {
            Self::Row(row) => {
                let mut pieces = Vec::new();
                for piece in row {
                    let bracketed = matches!(piece, Self::Bracket('(', ..));
                    let piece = piece.unwrapped();
                    let apart = matches!(pieces.last(), Some(before) if *before != Self::Space);
                    if bracketed && matches!(piece, Self::Matrix(_)) && apart {
                        pieces.push(Self::Space);
                    }
                    pieces.push(piece);
                }
                Self::Row(pieces)
            }
            Self::Bracket('(', inside, ')') => match inside.unwrapped() {
                Self::Matrix(matrix) => Self::Matrix(matrix),
                Self::Row(mut row) if matches!(row.as_slice(), [Self::Matrix(_)]) => row.remove(0),
                inside => Self::Bracket('(', Box::new(inside), ')'),
            },
            Self::Bracket(open, inside, close) => Self::Bracket(open, boxed(inside), close),
            Self::Upper(a, b) => Self::Upper(boxed(a), b),
            Self::Lower(a, b) => Self::Lower(boxed(a), b),
            Self::Fraction(a, b) => Self::Fraction(boxed(a), boxed(b)),
            Self::Root(a) => Self::Root(boxed(a)),
            other => other,
        }
    }

    /// The same formula with every piece that holds no other replaced.
    #[must_use]
    pub(crate) fn map(self, replace: &impl Fn(Self) -> Self) -> Self {
        let boxed = |math: Box<Self>| Box::new(math.map(replace));
        match self {
            Self::Row(row) => Self::Row(row.into_iter().map(|piece| piece.map(replace)).collect()),
            Self::Upper(a, b) => Self::Upper(boxed(a), boxed(b)),
            Self::Lower(a, b) => Self::Lower(boxed(a), boxed(b)),
            Self::Fraction(a, b) => Self::Fraction(boxed(a), boxed(b)),
            Self::Root(a) => Self::Root(boxed(a)),
            Self::Bracket(open, a, close) => Self::Bracket(open, boxed(a), close),
            Self::Cases(cases) => Self::Cases(
                cases.into_iter().map(|(v, c)| (v.map(replace), c.map(replace))).collect(),
            ),
            leaf => replace(leaf),
        }
    }
}
