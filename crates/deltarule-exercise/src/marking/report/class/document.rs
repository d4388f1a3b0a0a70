//! The overview of a class, for the teacher.

use deltarule_document::{Block, Document, Inline, Prose, Table};

use super::super::document::rules;
use super::super::words::{counted, symbol_of};
use super::{Class, ClassAnswer, not_read};
use crate::marking::marks::{Grading, Marks};
use crate::marking::quantity::step_count;

/// So many names of answers are listed beside a mistake.
const NAMES: usize = 8;

impl Class {
    /// The marks, and which mistakes the class makes, as a document for the teacher.
    pub fn to_document(&self) -> Document {
        let mut document = Document::new(format!("Marks: {}", self.title()));
        document.paragraph(Prose::text(self.summary()));
        self.unmarked(&mut document);
        document.heading(1, "Which mistakes the class makes");
        let read = self.gradings().count();
        let mistakes = self.mistakes();
        if mistakes.is_empty() {
            document.paragraph("No mistake was recognised in any answer.");
        } else {
            let rows = mistakes.iter().map(|(rule, names)| {
                let percent = 100.0 * names.len() as f64 / read as f64;
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
            let words = mistakes.iter().map(|(rule, _)| {
                Prose::new(&format!("`{rule}`")).and_text(format!(": {}", rule.description()))
            });
            document.list(words.collect());
        }
        document.heading(1, "Answer by answer");
        let rows = self.answers.iter().map(|answer| self.row(answer)).collect();
        let mut header = ["name", "marks", "first error", "mistake"].map(Prose::from).to_vec();
        if self.exercises.len() > 1 {
            header.push("exercise".into());
        }
        document.blocks.push(Block::Table(Table { header, rows }));
        document
    }

    /// The marks of the answers that could be read.
    fn gradings(&self) -> impl Iterator<Item = &Grading> {
        self.answers.iter().filter_map(|answer| Some(&answer.result.as_ref().ok()?.1))
    }

    /// How many answers were marked, with how many marks, and how many were not.
    fn summary(&self) -> String {
        let read = self.gradings().count();
        let unread = self.answers.len() - read;
        let mut words = format!("{} marked", counted(read, "answer"));
        if let Some(first) = self.gradings().next() {
            let possible = first.total.possible;
            if self.gradings().all(|grading| grading.total.possible == possible) {
                let sum: f64 = self.gradings().map(|grading| grading.total.reached).sum();
                let mean = Marks::shown(sum / read as f64);
                words += &format!(", {mean} of {} marks on average", Marks::shown(possible));
            } else {
                let share = |grading: &Grading| match grading.total.possible {
                    0.0 => 0.0,
                    possible => grading.total.reached / possible,
                };
                let mean = 100.0 * self.gradings().map(share).sum::<f64>() / read as f64;
                words += &format!(", {mean:.0} % of the marks on average");
            }
        }
        if unread > 0 {
            words += &format!("; {unread} could not be read");
        }
        if !self.left_out.is_empty() {
            words += &format!("; {} left out", self.left_out.len());
        }
        words + "."
    }

    /// What was not marked, with the reason, and what a teacher should look at.
    fn unmarked(&self, document: &mut Document) {
        let mut rows: Vec<[String; 2]> = Vec::new();
        for answer in &self.answers {
            if let Err(problem) = &answer.result {
                rows.push([answer.file.clone(), not_read(problem)]);
            }
        }
        rows.extend(self.left_out.iter().map(|left| [left.file.clone(), left.reason.clone()]));
        if !rows.is_empty() {
            document.heading(1, "What was not marked");
            let header = ["file", "why"].map(Prose::from).to_vec();
            let rows = rows.into_iter().map(|row| row.map(Prose::text).to_vec()).collect();
            document.blocks.push(Block::Table(Table { header, rows }));
        }
        let remark = |answer: &ClassAnswer| {
            let remarks = answer.remarks()?;
            Some(Prose::text(format!("{}: {remarks}", answer.name)))
        };
        let remarks: Vec<Prose> = self.answers.iter().filter_map(remark).collect();
        if !remarks.is_empty() {
            document.heading(1, "What you should look at");
            document.list(remarks);
        }
    }

    fn row(&self, answer: &ClassAnswer) -> Vec<Prose> {
        let mut row = vec![match &answer.page {
            Some(page) => Prose(vec![Inline::Link(answer.name.clone(), page.clone())]),
            None => Prose::text(answer.name.clone()),
        }];
        let of_class = self.exercises.get(answer.exercise);
        if let (Ok((marking, grading)), Some(of_class)) = (&answer.result, of_class) {
            let total = grading.total;
            let (reached, possible) = (Marks::shown(total.reached), Marks::shown(total.possible));
            let by_hand = if answer.by_hand.is_empty() { "" } else { ", set by hand" };
            row.push(Prose::text(format!("{reached} of {possible}{by_hand}")));
            match answer.first_error() {
                None => row.extend([Prose::text("none"), Prose::default()]),
                Some((index, at)) => {
                    let part = &of_class.exercise.parts[index];
                    let quantity = &marking.parts[index].quantities[at];
                    let symbol = symbol_of(quantity, step_count(part));
                    let error = Prose::text(format!("part {}: ", part.name)).and_prose(symbol);
                    row.extend([error, rules(quantity)]);
                }
            }
        } else {
            row.extend([Prose::text("–"), Prose::text("could not be read"), Prose::default()]);
        }
        if self.exercises.len() > 1 {
            row.push(Prose::text(of_class.map_or("", |of_class| of_class.name.as_str())));
        }
        row
    }
}
