//! Answer files: from TOML, CSV or JSON to [`Answers`], with the place of every mistake.
//!
//! `toml.rs` and `json.rs` read a text into the same tree (`node.rs`), whose layout `tree.rs` knows; `csv.rs` has a number
//! per row. All of them hand what they find to the `Collector` of `collector.rs`, which knows the exercise; `lost.rs` keeps what
//! cannot be read.

mod collector;
mod csv;
mod json;
mod lost;
mod name;
mod node;
mod shape;
mod toml;
mod tree;

use super::answers::Answers;
use crate::diagnostic::Diagnostic;
use crate::exercise::Exercise;
use collector::Collector;

/// The formats of answer files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerFormat {
    /// `[[part]]` with a name, and `[part.answers]`.
    Toml,
    /// A row per number: part, quantity, row, column, value.
    Csv,
    /// JSON of the TOML's shape, or a solution that `deltarule solve --format json` wrote.
    Json,
}

impl AnswerFormat {
    /// The format that the ending of a file's name stands for.
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule_exercise::marking::AnswerFormat;
    ///
    /// assert_eq!(AnswerFormat::of_ending("Ada.CSV"), Some(AnswerFormat::Csv));
    /// assert_eq!(AnswerFormat::of_ending("answers.docx"), None);
    /// ```
    pub fn of_ending(file_name: &str) -> Option<Self> {
        let (_, ending) = file_name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "toml" => Some(Self::Toml),
            "csv" | "tsv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// The format that a text looks like, where no name tells.
    pub fn guess(text: &str) -> Self {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let mut lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let first = lines.next().unwrap_or_default().to_ascii_lowercase();
        if text.starts_with('{') {
            Self::Json
        } else if ["part", "quantity", "value"].iter().all(|name| first.contains(name)) {
            Self::Csv
        } else {
            Self::Toml
        }
    }
}

impl Answers {
    /// Reads an answer file; `name` is what a diagnostic calls it.
    ///
    /// # Errors
    /// The mistakes in the file, each with its place, when nothing in it could be read: it is not TOML, JSON or CSV, or
    /// everything that it holds is one. Beside something that could be read they stand in [`Answers::unread`], and numbers in a
    /// wrong shape in [`Answers::misshapen`].
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule_exercise::{Exercise, marking::{AnswerFormat, Answers, Quantity}, sheet};
    ///
    /// let exercise = Exercise::parse(sheet(1).unwrap(), "exercise 1").unwrap();
    /// let text = "part,quantity,row,column,value\na,x[1],1,1,0.549834\na,x[1],2,1,?\n";
    /// let answers = Answers::parse(&exercise, text, "answers.csv", AnswerFormat::Csv).unwrap();
    /// assert_eq!(answers.parts[0][0].quantity, Quantity::X(1));
    /// assert_eq!(answers.parts[0][0].entries[(0, 0)].as_ref().unwrap().significant, 6);
    /// assert!(answers.parts[0][0].entries[(1, 0)].is_none());
    /// ```
    pub fn parse(
        exercise: &Exercise,
        text: &str,
        name: &str,
        format: AnswerFormat,
    ) -> Result<Self, Diagnostic> {
        // Spreadsheets and editors on Windows begin a file with this mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut collector = Collector::new(exercise, text);
        let read = match format {
            AnswerFormat::Toml => {
                toml::read(text).and_then(|root| tree::collect(&root, &mut collector))
            }
            AnswerFormat::Json => {
                json::read(text).and_then(|root| tree::collect(&root, &mut collector))
            }
            AnswerFormat::Csv => csv::collect(text, &mut collector),
        };
        read.and_then(|()| collector.finish())
            .map_err(|mistake| Diagnostic::new(*mistake, name, text))
    }
}
