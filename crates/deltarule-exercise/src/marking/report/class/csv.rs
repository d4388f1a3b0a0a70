//! The marks of a class as a table for spreadsheets.

use csv::WriterBuilder;

use super::{Class, ClassAnswer, not_read};
use crate::marking::marks::{Grading, Marks};
use crate::marking::quantity::quantities;
use crate::marking::verdict::Marking;

/// How a table for spreadsheets writes numbers: a spreadsheet takes that of its country for a number, and the other for text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DecimalSign {
    /// 0.5, and commas between cells.
    #[default]
    Point,
    /// 0,5, and semicolons between cells.
    Comma,
}

impl DecimalSign {
    /// Marks with this sign.
    fn shown(self, marks: f64) -> String {
        match self {
            Self::Point => Marks::shown(marks),
            Self::Comma => Marks::shown(marks).replace('.', ","),
        }
    }

    fn delimiter(self) -> u8 {
        match self {
            Self::Point => b',',
            Self::Comma => b';',
        }
    }
}

impl Class {
    /// A row per answer: name, marks, marks possible, the marks of every family of quantities of every part, the mistakes
    /// in words and, where an answer could not be read, the reason, or how much of it could not; then the file and, as far as there are such, the
    /// identifier, the exercise and what was set by hand. A row for each file that was left out follows. The text begins with
    /// the mark by which spreadsheets know UTF-8.
    ///
    /// # Errors
    /// When the table cannot be built in memory.
    pub fn to_csv(&self, sign: DecimalSign) -> Result<String, String> {
        self.csv(sign).map_err(|error| error.to_string())
    }

    fn csv(&self, sign: DecimalSign) -> Result<String, csv::Error> {
        let families = self.families();
        let optional = Optional::of(self);
        let mut writer = WriterBuilder::new().delimiter(sign.delimiter()).from_writer(Vec::new());
        let mut header: Vec<String> = ["name", "marks", "possible"].map(String::from).to_vec();
        header.extend(families.iter().map(|(part, family)| harmless(&format!("{part} {family}"))));
        header.extend(["mistakes", "problem", "file"].map(String::from));
        optional.add(&mut header, ["identifier", "exercise", "set by hand"].map(String::from));
        writer.write_record(&header)?;
        for answer in &self.answers {
            let mut row = vec![harmless(&answer.name)];
            match &answer.result {
                Ok((marking, grading)) => {
                    row.push(sign.shown(grading.total.reached));
                    row.push(sign.shown(grading.total.possible));
                    row.extend(families.iter().map(|(part, family)| {
                        let marks = of_family(marking, grading, part, family);
                        marks.map_or(String::new(), |marks| sign.shown(marks))
                    }));
                    let mistakes = answer.mistakes();
                    let mistakes: Vec<&str> =
                        mistakes.iter().map(|rule| rule.description()).collect();
                    row.push(mistakes.join(" "));
                    row.push(harmless(&answer.remarks().unwrap_or_default()));
                }
                Err(problem) => {
                    row.extend(vec![String::new(); families.len() + 3]);
                    row.push(harmless(&not_read(problem)));
                }
            }
            row.push(harmless(&answer.file));
            optional.add(&mut row, self.optional(answer));
            writer.write_record(&row)?;
        }
        for left in &self.left_out {
            let mut row = vec![harmless(left.name.as_deref().unwrap_or_default())];
            row.extend(vec![String::new(); families.len() + 3]);
            row.extend([harmless(&left.reason), harmless(&left.file)]);
            let identifier = left.identifier.as_deref().unwrap_or_default();
            optional.add(&mut row, [harmless(identifier), String::new(), String::new()]);
            writer.write_record(&row)?;
        }
        let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(format!("\u{feff}{}", String::from_utf8_lossy(&bytes)))
    }

    /// What the columns hold that not every class has.
    fn optional(&self, answer: &ClassAnswer) -> [String; 3] {
        let exercise = self.exercises.get(answer.exercise);
        let by_hand: Vec<String> = answer.by_hand.iter().map(|set| set.words()).collect();
        [
            harmless(answer.identifier.as_deref().unwrap_or_default()),
            harmless(exercise.map_or("", |exercise| &exercise.name)),
            harmless(&by_hand.join("; ")),
        ]
    }

    /// The families of quantities that the parts have, in the order of computation, with the names of the parts; of two names
    /// for one number those that were asked or answered.
    fn families(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for exercise in self.exercises.iter().map(|of_class| &of_class.exercise) {
            for part in &exercise.parts {
                for shape in quantities(exercise, part) {
                    let entry = (part.name.clone(), shape.quantity.family());
                    if !all.contains(&entry) {
                        all.push(entry);
                    }
                }
            }
        }
        let markings = self.answers.iter().filter_map(|answer| answer.result.as_ref().ok());
        if markings.clone().next().is_some() {
            all.retain(|(part, family)| {
                markings.clone().any(|(marking, _)| has_family(marking, part, family))
            });
        }
        all
    }
}

/// Which of the columns there are that not every class has.
struct Optional([bool; 3]);

impl Optional {
    fn of(class: &Class) -> Self {
        let answers = &class.answers;
        Self([
            answers.iter().any(|answer| answer.identifier.is_some())
                || class.left_out.iter().any(|left| left.identifier.is_some()),
            class.exercises.len() > 1,
            answers.iter().any(|answer| !answer.by_hand.is_empty()),
        ])
    }

    fn add(&self, row: &mut Vec<String>, cells: [String; 3]) {
        let shown = cells.into_iter().zip(self.0).filter(|(_, shown)| *shown);
        row.extend(shown.map(|(cell, _)| cell));
    }
}

/// Whether a part of a marking has a family of quantities.
fn has_family(marking: &Marking, part: &str, family: &str) -> bool {
    let mut parts = marking.parts.iter().filter(|marked| marked.name == part);
    parts.any(|marked| marked.quantities.iter().any(|q| q.quantity.family() == family))
}

/// The marks reached in a family of quantities of a part; none where the marking has none of it.
fn of_family(marking: &Marking, grading: &Grading, part: &str, family: &str) -> Option<f64> {
    let mut parts = marking.parts.iter().zip(&grading.parts);
    let (marking, grading) = parts.find(|(marking, _)| marking.name == part)?;
    let pairs = marking.quantities.iter().zip(&grading.quantities);
    let of_family = pairs.filter(|(quantity, _)| quantity.quantity.family() == family);
    let reached: Vec<f64> = of_family.map(|(_, marks)| marks.reached).collect();
    (!reached.is_empty()).then(|| reached.iter().sum())
}

/// A text that a spreadsheet does not take for a formula: names of files are not ours.
fn harmless(text: &str) -> String {
    if text.trim_start_matches(' ').starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{text}")
    } else {
        text.into()
    }
}
