//! What one student of a class is told: the page, and a few words for a learning platform.

use deltarule_document::{Block, Document, Prose};

use super::super::document::report;
use super::super::words::symbol_of;
use super::{Class, ClassAnswer};
use crate::marking::marks::Marks;
use crate::marking::quantity::step_count;

impl Class {
    /// The marking of an answer as a document for the student; none where it could not be read.
    pub fn page(&self, answer: &ClassAnswer) -> Option<Document> {
        let (marking, grading) = answer.result.as_ref().ok()?;
        let exercise = &self.exercises.get(answer.exercise)?.exercise;
        let mut document = report(exercise, marking, grading);
        document.title = format!("{}: {}", answer.name, exercise.title);
        if !answer.by_hand.is_empty() {
            let set: Vec<String> = answer.by_hand.iter().map(|set| set.words()).collect();
            let words = format!("Marks set by hand: {}.", set.join("; "));
            let place = document.blocks.len().min(1);
            document.blocks.insert(place, Block::Paragraph(Prose::text(words)));
        }
        Some(document)
    }

    /// Marks, the first error and its reason, in words without formulas of more than a line; none where the answer could
    /// not be read.
    pub fn comment(&self, answer: &ClassAnswer) -> Option<String> {
        let (_, grading) = answer.result.as_ref().ok()?;
        let total = grading.total;
        let mut words =
            format!("Marks: {} of {}.", Marks::shown(total.reached), Marks::shown(total.possible));
        if !answer.by_hand.is_empty() {
            let set: Vec<String> = answer.by_hand.iter().map(|set| set.words()).collect();
            words += &format!(" Set by hand: {}.", set.join("; "));
        }
        let Some((index, quantity)) = answer.first_error() else { return Some(words) };
        let part = &self.exercises.get(answer.exercise)?.exercise.parts[index];
        let symbol = symbol_of(quantity, step_count(part));
        words += &format!(" The first error is in part {}, in {symbol}.", part.name);
        for finding in &quantity.findings {
            words += &format!(" {}", finding.sentence);
        }
        Some(words)
    }
}
