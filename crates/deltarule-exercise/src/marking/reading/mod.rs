//! Answer files: from TOML, CSV or JSON to [`Answers`], with the place of every mistake.
//!
//! `toml.rs` and `json.rs` read a text into the same tree (`node.rs`), whose layout `tree.rs` knows; `csv.rs` has a number
//! per row. All of them hand what they find to the [`Collector`], which knows the exercise.

mod csv;
mod json;
mod name;
mod node;
mod shape;
mod toml;
mod tree;

use std::collections::HashSet;
use std::ops::Range;

use ndarray::Array2;

use super::answers::{Answers, Given, Written};
use super::quantity::{Quantity, Shape, quantities, step_count};
use crate::diagnostic::{Diagnostic, Parsed, WithHelp, mistake, nearest};
use crate::exercise::Exercise;
use name::Name;

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
        let first = text.lines().next().unwrap_or_default().to_ascii_lowercase();
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
    /// The first mistake in the file, with its place: a quantity that the part does not have, a wrong shape, a number that
    /// cannot be read, a quantity given twice.
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
        let mut collector = Collector::new(exercise);
        let read = match format {
            AnswerFormat::Toml => {
                toml::read(text).and_then(|root| tree::collect(&root, &mut collector))
            }
            AnswerFormat::Json => {
                json::read(text).and_then(|root| tree::collect(&root, &mut collector))
            }
            AnswerFormat::Csv => csv::collect(text, &mut collector),
        };
        match read {
            Ok(()) => Ok(collector.finish()),
            Err(mistake) => Err(Diagnostic::new(*mistake, name, text)),
        }
    }
}

/// Gathers what a file gives, and knows what the exercise has.
struct Collector<'a> {
    exercise: &'a Exercise,
    /// The quantities of a step of each part.
    shapes: Vec<Vec<Shape>>,
    /// What was given, with its place in the order of computation.
    given: Vec<Vec<(usize, Given)>>,
    seen: HashSet<(usize, usize, Quantity)>,
}

/// A quantity of a part that a name was found to mean.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Found {
    part: usize,
    /// From 0.
    step: usize,
    /// Its place in the quantities of the part.
    index: usize,
}

impl<'a> Collector<'a> {
    fn new(exercise: &'a Exercise) -> Self {
        let parts = &exercise.parts;
        Self {
            exercise,
            shapes: parts.iter().map(|part| quantities(exercise, part)).collect(),
            given: vec![Vec::new(); parts.len()],
            seen: HashSet::new(),
        }
    }

    /// The part with this name.
    fn part(&self, name: &str, span: Range<usize>) -> Parsed<usize> {
        let mut names = self.exercise.parts.iter().map(|part| part.name.as_str());
        let exactly = names.clone().position(|known| known == name);
        // In a table, blanks around a name are lost.
        let index = exactly.or_else(|| names.clone().position(|known| known.trim() == name));
        if let Some(index) = index {
            return Ok(index);
        }
        let unknown =
            mistake(span, format!("the exercise has no part {name:?}"), "no part has this name");
        match nearest(name, names.clone()) {
            Some(near) if !name.is_empty() => unknown.help(format!("did you mean {near:?}?")),
            _ => {
                let some: Vec<&str> = names.by_ref().take(12).collect();
                let more = if names.next().is_some() { ", …" } else { "" };
                unknown.help(format!("its parts are {}{more}", some.join(", ")))
            }
        }
    }

    /// The quantity of a part that a name stands for.
    fn find(&self, part: usize, name: &Name, span: Range<usize>) -> Parsed<Found> {
        let steps = step_count(&self.exercise.parts[part]);
        let step = match name.step {
            None => steps - 1,
            Some(step @ 1..) if step <= steps => step - 1,
            Some(step) => return name::no_such_step(&self.exercise.parts[part], step, steps, span),
        };
        let shapes = &self.shapes[part];
        let is_it = |shape: &Shape| {
            shape.quantity.layer() == name.layer && shape.quantity.family() == name.family
        };
        match shapes.iter().position(is_it) {
            Some(index) => Ok(Found { part, step, index }),
            None => name::unknown(name, self.exercise, part, shapes, span),
        }
    }

    fn shape(&self, found: Found) -> Shape {
        self.shapes[found.part][found.index]
    }

    /// The name of a quantity, with its step where there are several.
    fn name_of(&self, found: Found) -> String {
        let quantity = self.shape(found).quantity;
        if step_count(&self.exercise.parts[found.part]) == 1 {
            quantity.to_string()
        } else {
            format!("{quantity} step {}", found.step + 1)
        }
    }

    /// Takes the numbers of a quantity; gaps alone are no answer.
    fn add(
        &mut self,
        found: Found,
        entries: Array2<Option<Written>>,
        transposed: bool,
        span: Range<usize>,
    ) -> Parsed<()> {
        if entries.iter().all(Option::is_none) {
            return Ok(());
        }
        let Found { part, step, index } = found;
        let quantity = self.shape(found).quantity;
        if !self.seen.insert((part, step, quantity)) {
            let name = self.name_of(found);
            let part = &self.exercise.parts[part].name;
            return mistake(span, format!("{name} of part {part:?} is given twice"), "once more")
                .help("leave one of the two out; a name without a step means the last step");
        }
        self.given[part].push((index, Given { step, quantity, entries, transposed }));
        Ok(())
    }

    fn finish(self) -> Answers {
        let in_order = |mut given: Vec<(usize, Given)>| {
            given.sort_by_key(|(index, given)| (given.step, *index));
            given.into_iter().map(|(_, given)| given).collect()
        };
        Answers { parts: self.given.into_iter().map(in_order).collect() }
    }
}
