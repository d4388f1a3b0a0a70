//! The letters of a document.

use deltarule::Choice;
use deltarule_document::{Equation, Inline, Math, Prose};

/// Which letters stand for the outputs of a layer and the targets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notation {
    /// x^\[l\] and t, the letters of the sheet, whose z for targets is not taken over.
    #[default]
    Sheet,
    /// a^\[l\] and y.
    Standard,
}

impl Choice for Notation {
    const WHAT: &'static str = "notation";
    const CHOICES: &'static [Self] = &[Self::Sheet, Self::Standard];

    fn choice_name(&self) -> &'static str {
        match self {
            Self::Sheet => "sheet",
            Self::Standard => "standard",
        }
    }
}

impl Notation {
    fn letter(self, letter: char) -> char {
        match (self, letter) {
            (Self::Standard, 'x') => 'a',
            (Self::Standard, 't') => 'y',
            (_, other) => other,
        }
    }

    /// A formula in this notation. It is written with x and t.
    ///
    /// # Panics
    /// When it is not a formula: an error in the caller.
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule_worked::Notation;
    ///
    /// assert_eq!(Notation::Standard.math("x^[2] − t").to_string(), "a^[2] − y");
    /// ```
    pub fn math(self, formula: &str) -> Math {
        Math::formula(formula).with_letters(&|letter| self.letter(letter))
    }

    /// An equation in this notation.
    ///
    /// # Panics
    /// As [`Notation::math`].
    pub fn equation(self, formula: &str) -> Equation {
        Equation::of(self.math(formula))
    }

    /// Prose with formulas in this notation between dollar signs.
    ///
    /// # Panics
    /// As [`Notation::math`].
    pub fn prose(self, words: &str) -> Prose {
        let pieces = Prose::new(words).0.into_iter().map(|piece| match piece {
            Inline::Math(math) => Inline::Math(math.with_letters(&|letter| self.letter(letter))),
            other => other,
        });
        Prose(pieces.collect())
    }

    /// The letter of a layer's outputs.
    pub fn output(self) -> char {
        self.letter('x')
    }

    /// The letter of the targets.
    pub fn target(self) -> char {
        self.letter('t')
    }
}
