//! What one student of a class is told: the page, and a few words for a learning platform.

use deltarule_document::{Block, Document, Prose};

use super::super::document::report_with;
use super::super::hidden::{self, HiddenNumbers};
use super::super::hints::{self, FirstMistake};
use super::super::options::ReportOptions;
use super::super::words::{counted, symbol_of};
use super::{Class, ClassAnswer};
use crate::marking::marks::Marks;
use crate::marking::quantity::step_count;

impl Class {
    /// The marking of an answer, or what of it is to be seen, as a document for the student; none where it could not be read.
    pub fn page(&self, answer: &ClassAnswer, options: ReportOptions) -> Option<Document> {
        let (marking, grading) = answer.result.as_ref().ok()?;
        let exercise = &self.exercises.get(answer.exercise)?.exercise;
        let mut document = report_with(exercise, marking, grading, options);
        document.title = format!("{}: {}", answer.name, exercise.title);
        // Hints come without marks.
        if !answer.by_hand.is_empty() && !options.hint {
            let set: Vec<String> = answer.by_hand.iter().map(|set| set.words()).collect();
            let words = format!("Marks set by hand: {}.", set.join("; "));
            let place = document.blocks.len().min(1);
            document.blocks.insert(place, Block::Paragraph(Prose::text(words)));
        }
        Some(document)
    }

    /// Marks, the first error and its reason, or what of it is to be seen, in words without formulas of more than a line; none
    /// where the answer could not be read.
    pub fn comment(&self, answer: &ClassAnswer, options: ReportOptions) -> Option<String> {
        let (marking, grading) = answer.result.as_ref().ok()?;
        let exercise = &self.exercises.get(answer.exercise)?.exercise;
        if options.hint {
            return Some(match FirstMistake::first(exercise, marking) {
                None => hints::none(marking).to_string(),
                Some(hint) => format!("{} {}", hint.whereabouts(exercise), hint.question),
            });
        }
        let total = grading.total;
        let mut words =
            format!("Marks: {} of {}.", Marks::shown(total.reached), Marks::shown(total.possible));
        if !answer.by_hand.is_empty() {
            let set: Vec<String> = answer.by_hand.iter().map(|set| set.words()).collect();
            words += &format!(" Set by hand: {}.", set.join("; "));
        }
        if !marking.unread.is_empty() {
            words += &format!(" {} could not be read.", counted(marking.unread.len(), "thing"));
        }
        let Some((index, at)) = answer.first_error() else { return Some(words) };
        let part = &marking.parts[index];
        let quantity = &part.quantities[at];
        let symbol = symbol_of(quantity, step_count(&exercise.parts[index]));
        words += &format!(" The first error is in part {}, in {symbol}.", part.name);
        let hidden = options.hide_solution.then(|| HiddenNumbers::of(marking));
        for finding in &quantity.findings {
            let sentence = hidden::told(hidden.as_ref(), exercise, part, at, finding);
            words += &format!(" {sentence}");
        }
        if quantity.findings.is_empty() {
            let likeness = hidden::likeness(hidden.as_ref(), part, at);
            words.extend(likeness.map(|likeness| format!(" {likeness}")));
        }
        Some(words)
    }
}
