//! Reads formulas.

use std::fmt;

use super::formula::Math;

/// Why a text is not a formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    formula: String,
    /// How many characters had been read.
    at: usize,
    expected: &'static str,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "formula `{}`: expected {} after {} characters",
            self.formula, self.expected, self.at
        )
    }
}

impl std::error::Error for ParseError {}

impl Math {
    /// Reads a formula.
    ///
    /// | written | means |
    /// |---|---|
    /// | `z`, `δ`, `tanh`, `0.5` | a letter, a letter, a function, a number |
    /// | `"for"` | words |
    /// | `x^[l]`, `e^{−z}`, `z^2`, `w^T`, `x_i` | upper and lower indices |
    /// | `frac{a}{b}`, `sqrt{a}` | a fraction, a root |
    /// | `cases{z : z > 0 ; 0 : "else"}` | values with their conditions |
    /// | `( )`, `[ ]`, `\| \|` | brackets; `{ }` groups without being seen |
    /// | `f'` | f′ |
    ///
    /// # Errors
    /// When a bracket is not closed or a piece is missing: where.
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule_document::Math;
    ///
    /// let formula = Math::parse("σ(z) = frac{1}{1 + e^{−z}}")?;
    /// assert_eq!(formula.to_string(), "σ(z) = 1/(1 + e^−z)");
    /// # Ok::<(), deltarule_document::ParseError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        formula(text)
    }

    /// Reads a formula that stands in the program itself.
    ///
    /// # Panics
    /// When it is not a formula: an error in the caller.
    pub fn formula(text: &str) -> Self {
        match Self::parse(text) {
            Ok(math) => math,
            Err(error) => panic!("{error}"),
        }
    }
}

fn formula(text: &str) -> Result<Math, ParseError> {
    let mut parser = Parser { text, characters: text.chars().collect(), at: 0 };
    let row = parser.row(&[])?;
    match parser.peek() {
        None => Ok(row),
        Some(_) => Err(parser.error("the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    characters: Vec<char>,
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn next_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let next = self.peek().filter(|&c| wanted(c))?;
        self.at += 1;
        Some(next)
    }

    fn error(&self, expected: &'static str) -> ParseError {
        ParseError { formula: self.text.into(), at: self.at, expected }
    }

    fn take(&mut self, wanted: char, name: &'static str) -> Result<(), ParseError> {
        self.next_if(|c| c == wanted).map(|_| ()).ok_or_else(|| self.error(name))
    }

    /// Pieces up to one of these characters, or the end.
    fn row(&mut self, until: &[char]) -> Result<Math, ParseError> {
        let mut pieces = Vec::new();
        while let Some(next) = self.peek() {
            if until.contains(&next) {
                break;
            }
            if next == ' ' {
                self.at += 1;
                pieces.push(Math::Space);
            } else {
                pieces.push(self.with_indices()?);
            }
        }
        while pieces.last() == Some(&Math::Space) {
            pieces.pop();
        }
        let start = pieces.iter().take_while(|p| **p == Math::Space).count();
        pieces.drain(..start);
        Ok(match pieces.len() {
            1 => pieces.remove(0),
            _ => Math::Row(pieces),
        })
    }

    /// One piece with what stands above, below and behind it.
    fn with_indices(&mut self) -> Result<Math, ParseError> {
        let mut piece = self.piece()?;
        loop {
            if self.next_if(|c| c == '^').is_some() {
                piece = Math::Upper(Box::new(piece), Box::new(self.index()?));
            } else if self.next_if(|c| c == '_').is_some() {
                piece = Math::Lower(Box::new(piece), Box::new(self.index()?));
            } else if self.next_if(|c| c == '\'').is_some() {
                piece = Math::Upper(Box::new(piece), Box::new(Math::Sign('′')));
            } else {
                return Ok(piece);
            }
        }
    }

    /// An index: one piece; a T alone means transposed.
    fn index(&mut self) -> Result<Math, ParseError> {
        if self.next_if(|c| c == 'T').is_some() {
            return Ok(Math::word("T"));
        }
        self.piece()
    }

    fn group(&mut self) -> Result<Math, ParseError> {
        self.take('{', "{")?;
        let inside = self.row(&['}'])?;
        self.take('}', "}")?;
        Ok(inside)
    }

    fn piece(&mut self) -> Result<Math, ParseError> {
        let Some(next) = self.peek() else { return Err(self.error("a piece")) };
        match next {
            '{' => self.group(),
            '(' => self.bracket('(', ')', ")"),
            '[' => self.bracket('[', ']', "]"),
            '|' => self.bracket('|', '|', "|"),
            ')' | ']' | '}' => Err(self.error("a piece")),
            '"' => {
                self.at += 1;
                let start = self.at;
                while self.next_if(|c| c != '"').is_some() {}
                let words = self.characters[start..self.at].iter().collect();
                self.take('"', "\"")?;
                Ok(Math::Word(words))
            }
            c if c.is_ascii_digit() => {
                let start = self.at;
                while self.next_if(|c| c.is_ascii_digit() || c == '.').is_some() {}
                // A point at the end is that of the sentence.
                if self.characters[self.at - 1] == '.' {
                    self.at -= 1;
                }
                Ok(Math::Digits(self.characters[start..self.at].iter().collect()))
            }
            c if c.is_ascii_alphabetic() => self.letters(),
            // ∂ and Σ are signs: what they apply to follows.
            c if c.is_alphabetic() && c != 'Σ' => {
                self.at += 1;
                Ok(Math::Letter(c))
            }
            c => {
                self.at += 1;
                Ok(Math::Sign(if c == '-' { '−' } else { c }))
            }
        }
    }

    fn bracket(&mut self, open: char, close: char, name: &'static str) -> Result<Math, ParseError> {
        self.at += 1;
        let inside = self.row(&[close])?;
        self.take(close, name)?;
        Ok(Math::Bracket(open, Box::new(inside), close))
    }

    fn letters(&mut self) -> Result<Math, ParseError> {
        let start = self.at;
        while self.next_if(|c| c.is_ascii_alphabetic()).is_some() {}
        let word: String = self.characters[start..self.at].iter().collect();
        match word.as_str() {
            "frac" => Ok(Math::Fraction(Box::new(self.group()?), Box::new(self.group()?))),
            "sqrt" => Ok(Math::Root(Box::new(self.group()?))),
            "cases" => self.cases(),
            one if one.len() == 1 => Ok(Math::Letter(self.characters[start])),
            _ => Ok(Math::Word(word)),
        }
    }

    fn cases(&mut self) -> Result<Math, ParseError> {
        self.take('{', "{")?;
        let mut cases = Vec::new();
        loop {
            let value = self.row(&[':', '}'])?;
            self.take(':', ":")?;
            cases.push((value, self.row(&[';', '}'])?));
            if self.next_if(|c| c == ';').is_none() {
                break;
            }
        }
        self.take('}', "}")?;
        Ok(Math::Cases(cases))
    }
}

#[cfg(test)]
mod tests {
    use super::formula;

    #[test]
    fn what_is_written_is_what_text_shows() {
        for (written, shown) in [
            ("z^[l] = w^[l] x^[l−1] + b^[l]", "z^[l] = w^[l] x^[l−1] + b^[l]"),
            ("δ^[2] = (w^[3])^T δ^[3] ∘ f'(z^[2])", "δ^[2] = (w^[3])ᵀ δ^[3] ∘ f′(z^[2])"),
            ("frac{∂E}{∂w^[1]}", "∂E/∂w^[1]"),
            ("cases{z : z > 0 ; 0.01 z : \"else\"}", "z for z > 0, else 0.01 z"),
            ("1 − tanh^2 z", "1 − tanh² z"),
            ("Σ_j t_j ln x_j", "Σⱼ tⱼ ln xⱼ"),
            ("sqrt{v} + |x − t|", "√v + |x − t|"),
        ] {
            assert_eq!(formula(written).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_is_not_a_formula_says_where() {
        let error = formula("(x − t").unwrap_err();
        assert_eq!(error.to_string(), "formula `(x − t`: expected ) after 6 characters");
        for text in ["x^", "frac{a}", "cases{z}", "a)", "\"open", "{a"] {
            assert!(formula(text).is_err(), "{text}");
        }
    }
}
