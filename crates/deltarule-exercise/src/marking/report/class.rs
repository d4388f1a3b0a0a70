//! A whole class: the marks of every answer as a table for spreadsheets, and which mistakes the class makes.

use deltarule_document::{Block, Document, Prose, Table};
use serde_json::{Value, json};

use super::document::rules;
use super::json::report_json_with;
use super::options::ReportOptions;
use super::words::{counted, symbol_of};
use crate::exercise::Exercise;
use crate::marking::marks::{Grading, Marks};
use crate::marking::quantity::{quantities, step_count};
use crate::marking::rule::WrongRule;
use crate::marking::verdict::{Marking, QuantityMarking};

/// So many names of answers are listed beside a mistake.
const NAMES: usize = 8;

/// The answers of a class to one exercise.
#[derive(Clone, Debug)]
pub struct Class {
    /// The exercise.
    pub exercise: Exercise,
    /// The answers, in the order of their names.
    pub answers: Vec<ClassAnswer>,
}

/// One answer of a class.
#[derive(Clone, Debug)]
pub struct ClassAnswer {
    /// Whose it is: the name of the file without its ending.
    pub name: String,
    /// Its marking and its marks, or why it could not be read.
    pub result: Result<(Marking, Grading), String>,
}

impl ClassAnswer {
    /// The mistakes named anywhere in the answer, each once, in the order of the rules.
    fn mistakes(&self) -> Vec<WrongRule> {
        let Ok((marking, _)) = &self.result else { return Vec::new() };
        let findings =
            marking.parts.iter().flat_map(|part| &part.quantities).flat_map(|q| &q.findings);
        let mut rules: Vec<WrongRule> = findings.map(|finding| finding.rule).collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    /// The first quantity that is wrong, and in which part.
    fn first_error(&self) -> Option<(usize, &QuantityMarking)> {
        let (marking, _) = self.result.as_ref().ok()?;
        let parts = marking.parts.iter().enumerate();
        let mut all = parts.flat_map(|(i, part)| part.quantities.iter().map(move |q| (i, q)));
        all.find(|(_, q)| q.is_wrong())
    }
}

impl Class {
    /// A row per answer: name, marks, marks possible, the marks of every family of quantities of every part, the mistakes
    /// and, where an answer could not be read, the reason, or how much of it could not.
    ///
    /// # Errors
    /// When the table cannot be built in memory.
    pub fn to_csv(&self) -> Result<String, String> {
        self.csv().map_err(|error| error.to_string())
    }

    fn csv(&self) -> Result<String, csv::Error> {
        let families = self.families();
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut header: Vec<String> = ["name", "marks", "possible"].map(String::from).to_vec();
        for (part, family) in &families {
            header.push(harmless(&format!("{} {family}", self.exercise.parts[*part].name)));
        }
        header.extend(["mistakes", "problem"].map(String::from));
        writer.write_record(&header)?;
        for answer in &self.answers {
            let mut row = vec![harmless(&answer.name)];
            match &answer.result {
                Ok((marking, grading)) => {
                    row.push(Marks::shown(grading.total.reached));
                    row.push(Marks::shown(grading.total.possible));
                    row.extend(
                        families.iter().map(|(p, family)| of_family(marking, grading, *p, family)),
                    );
                    let mistakes = answer.mistakes();
                    let mistakes: Vec<&str> = mistakes.iter().map(|rule| rule.id()).collect();
                    let unread = match marking.unread.len() {
                        0 => String::new(),
                        count => format!("{} not read", counted(count, "thing")),
                    };
                    row.extend([mistakes.join(" "), unread]);
                }
                Err(problem) => {
                    row.extend(vec![String::new(); families.len() + 3]);
                    row.push(harmless(problem));
                }
            }
            writer.write_record(&row)?;
        }
        let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The families of quantities that the parts have, in the order of computation.
    fn families(&self) -> Vec<(usize, String)> {
        let mut all = Vec::new();
        for (index, part) in self.exercise.parts.iter().enumerate() {
            for shape in quantities(&self.exercise, part) {
                let entry = (index, shape.quantity.family());
                if !all.contains(&entry) {
                    all.push(entry);
                }
            }
        }
        all
    }

    /// Each mistake of the class with the names of those who made it, the most frequent first.
    fn mistakes(&self) -> Vec<(WrongRule, Vec<&str>)> {
        let mut all: Vec<(WrongRule, Vec<&str>)> = Vec::new();
        for answer in &self.answers {
            for rule in answer.mistakes() {
                match all.iter_mut().find(|(known, _)| *known == rule) {
                    Some((_, names)) => names.push(&answer.name),
                    None => all.push((rule, vec![&answer.name])),
                }
            }
        }
        all.sort_by_key(|(rule, names)| (std::cmp::Reverse(names.len()), *rule));
        all
    }

    /// Every marking, and who makes which mistake.
    pub fn to_json(&self) -> Value {
        self.to_json_with(ReportOptions::default())
    }

    /// The same with what is to be seen of each marking.
    pub fn to_json_with(&self, options: ReportOptions) -> Value {
        let answers: Vec<Value> = self
            .answers
            .iter()
            .map(|answer| match &answer.result {
                Ok((marking, grading)) => json!({
                    "name": answer.name,
                    "marking": report_json_with(&self.exercise, marking, grading, options),
                }),
                Err(problem) => json!({ "name": answer.name, "problem": problem }),
            })
            .collect();
        let mistakes: Vec<Value> = self
            .mistakes()
            .iter()
            .map(|(rule, names)| json!({ "mistake": rule.id(), "count": names.len(), "names": names }))
            .collect();
        json!({
            "format": "deltarule-class/1",
            "title": self.exercise.title,
            "answers": answers,
            "mistakes": mistakes,
        })
    }

    /// The marks, and which mistakes the class makes, as a document for the teacher.
    pub fn to_document(&self) -> Document {
        let mut document = Document::new(format!("Marks: {}", self.exercise.title));
        let read: Vec<&Grading> =
            self.answers.iter().filter_map(|a| Some(&a.result.as_ref().ok()?.1)).collect();
        let unread = self.answers.len() - read.len();
        let mut words = format!("{} marked", counted(read.len(), "answer"));
        if let Some(first) = read.first() {
            let sum: f64 = read.iter().map(|grading| grading.total.reached).sum();
            let mean = Marks::shown(sum / read.len() as f64);
            words +=
                &format!(", {mean} of {} marks on average", Marks::shown(first.total.possible));
        }
        if unread > 0 {
            words += &format!("; {} could not be read", unread);
        }
        document.paragraph(Prose::text(words + "."));
        document.heading(1, "Which mistakes the class makes");
        let mistakes = self.mistakes();
        if mistakes.is_empty() {
            document.paragraph("No mistake was recognised in any answer.");
        } else {
            let rows = mistakes.iter().map(|(rule, names)| {
                let percent = 100.0 * names.len() as f64 / read.len() as f64;
                let mut listed = names[..names.len().min(NAMES)].join(", ");
                if names.len() > NAMES {
                    listed += &format!(" and {} more", names.len() - NAMES);
                }
                vec![
                    Prose::new(&format!("`{rule}`")),
                    Prose::text(names.len().to_string()),
                    Prose::text(format!("{percent:.0} %")),
                    Prose::text(listed),
                ]
            });
            let header = ["mistake", "answers", "share", "made by"].map(Prose::from).to_vec();
            document.blocks.push(Block::Table(Table { header, rows: rows.collect() }));
        }
        document.heading(1, "Answer by answer");
        let rows = self.answers.iter().map(|answer| self.row(answer)).collect();
        let header = ["name", "marks", "first error", "mistake"].map(Prose::from).to_vec();
        document.blocks.push(Block::Table(Table { header, rows }));
        document
    }

    fn row(&self, answer: &ClassAnswer) -> Vec<Prose> {
        let name = Prose::text(answer.name.clone());
        let Ok((_, grading)) = &answer.result else {
            let problem = Prose::text("could not be read");
            return vec![name, Prose::text("–"), problem, Prose::default()];
        };
        let total = grading.total;
        let marks = format!("{} of {}", Marks::shown(total.reached), Marks::shown(total.possible));
        let (error, mistake) = match answer.first_error() {
            None => (Prose::text("none"), Prose::default()),
            Some((index, quantity)) => {
                let part = &self.exercise.parts[index];
                let symbol = symbol_of(quantity, step_count(part));
                let error = Prose::text(format!("part {}: ", part.name)).and_prose(symbol);
                (error, rules(quantity))
            }
        };
        vec![name, Prose::text(marks), error, mistake]
    }
}

/// The marks reached in a family of quantities of a part.
fn of_family(marking: &Marking, grading: &Grading, part: usize, family: &str) -> String {
    let (Some(marking), Some(grading)) = (marking.parts.get(part), grading.parts.get(part)) else {
        return String::new();
    };
    let pairs = marking.quantities.iter().zip(&grading.quantities);
    let of_family = pairs.filter(|(quantity, _)| quantity.quantity.family() == family);
    Marks::shown(of_family.map(|(_, marks)| marks.reached).sum())
}

/// A text that a spreadsheet does not take for a formula: names of files are not ours.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.into()
    }
}
