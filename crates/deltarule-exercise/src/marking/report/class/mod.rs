//! A whole class: its answers with their marks, what was not marked, and which mistakes the class makes. `csv.rs`, `json.rs`
//! and `document.rs` write it down; `page.rs` has the page of one student.

mod csv;
mod document;
mod json;
mod page;

pub use csv::DecimalSign;

use super::words::counted;
use crate::exercise::Exercise;
use crate::marking::by_hand::SetByHand;
use crate::marking::marks::Grading;
use crate::marking::rule::WrongRule;
use crate::marking::verdict::{Marking, QuantityMarking};

/// The answers of a class.
#[derive(Clone, Debug)]
pub struct Class {
    /// The exercise, or the variants of it that the class was given.
    pub exercises: Vec<ClassExercise>,
    /// The answers, in the order in which they are shown.
    pub answers: Vec<ClassAnswer>,
    /// What was not marked for another reason than that it could not be read.
    pub left_out: Vec<LeftOut>,
}

/// An exercise of a class.
#[derive(Clone, Debug)]
pub struct ClassExercise {
    /// What tells it from the other variants.
    pub name: String,
    /// The exercise.
    pub exercise: Exercise,
}

/// One answer of a class.
#[derive(Clone, Debug)]
pub struct ClassAnswer {
    /// Whose it is: no other answer of the class has the same name.
    pub name: String,
    /// The file that it stands in.
    pub file: String,
    /// What a learning platform calls the student.
    pub identifier: Option<String>,
    /// Which of [`Class::exercises`] it answers.
    pub exercise: usize,
    /// Its marking and its marks, or why it could not be read.
    pub result: Result<(Marking, Grading), String>,
    /// The marks that were set by hand; they are in the marks already.
    pub by_hand: Vec<SetByHand>,
    /// What the teacher should know of it besides.
    pub remark: Option<String>,
    /// The file of its page, which the overview leads to.
    pub page: Option<String>,
}

/// A file that was not marked, or a line of one that says nothing.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// Which file.
    pub file: String,
    /// Whose it is, where that can be told.
    pub name: Option<String>,
    /// What a learning platform calls the student.
    pub identifier: Option<String>,
    /// Why.
    pub reason: String,
}

impl ClassAnswer {
    /// An answer to the first exercise of a class, in a file of its own.
    pub fn new(
        name: impl Into<String>,
        file: impl Into<String>,
        result: Result<(Marking, Grading), String>,
    ) -> Self {
        Self {
            name: name.into(),
            file: file.into(),
            identifier: None,
            exercise: 0,
            result,
            by_hand: Vec::new(),
            remark: None,
            page: None,
        }
    }

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

    /// The first quantity that is wrong: the places of its part and of itself.
    fn first_error(&self) -> Option<(usize, usize)> {
        let (marking, _) = self.result.as_ref().ok()?;
        let mut parts = marking.parts.iter().enumerate();
        parts.find_map(|(i, part)| {
            Some((i, part.quantities.iter().position(QuantityMarking::is_wrong)?))
        })
    }

    /// What the teacher should look at: what else is known of the answer, and how much of it could not be read.
    fn remarks(&self) -> Option<String> {
        let unread = self.result.as_ref().map_or(0, |(marking, _)| marking.unread.len());
        let unread =
            (unread > 0).then(|| format!("{} could not be read", counted(unread, "thing")));
        let all: Vec<String> = self.remark.iter().cloned().chain(unread).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

impl Class {
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

    /// What it is about: the title of the exercise, without the number of a variant.
    fn title(&self) -> &str {
        let title = self.exercises.first().map_or("", |of_class| &of_class.exercise.title);
        let whole = title.rsplit_once(", variant ").map(|(title, _)| title);
        whole.filter(|_| self.exercises.len() > 1).unwrap_or(title)
    }
}

/// The reason why an answer that could not be read was not marked.
fn not_read(problem: &str) -> String {
    format!("could not be read: {problem}")
}
