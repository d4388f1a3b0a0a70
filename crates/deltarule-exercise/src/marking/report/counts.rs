//! The summary: how many numbers have each verdict, and the marks.

use deltarule_document::{Block, Document, Prose, Table};

use super::cause::Causes;
use super::words::counted;
use crate::marking::marks::{Grading, Marks};
use crate::marking::verdict::{Marking, PartMarking, Verdict};

/// How many numbers have each verdict.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    right: usize,
    /// From an earlier mistake.
    follow: usize,
    /// From nothing but rounding.
    rounded: usize,
    wrong: usize,
    missing: usize,
}

impl Counts {
    pub(super) fn of(index: usize, part: &PartMarking, causes: &Causes) -> Self {
        let mut counts = Self::default();
        for (i, quantity) in part.quantities.iter().enumerate() {
            let caused = causes.precede(index, i);
            for entry in &quantity.entries {
                let count = match entry.verdict {
                    Verdict::Correct => &mut counts.right,
                    Verdict::FollowThrough if caused || entry.explained.is_some() => {
                        &mut counts.follow
                    }
                    Verdict::FollowThrough => &mut counts.rounded,
                    Verdict::Wrong => &mut counts.wrong,
                    Verdict::Missing => &mut counts.missing,
                };
                *count += 1;
            }
        }
        counts
    }

    fn and(self, other: Self) -> Self {
        Self {
            right: self.right + other.right,
            follow: self.follow + other.follow,
            rounded: self.rounded + other.rounded,
            wrong: self.wrong + other.wrong,
            missing: self.missing + other.missing,
        }
    }

    pub(super) fn answered(self) -> usize {
        self.right + self.follow + self.rounded + self.wrong
    }

    /// "All 12 numbers are right." or how many are.
    fn words(self) -> String {
        let answered = self.answered();
        if answered == 0 {
            return "Nothing is answered.".into();
        }
        let mut words = match (self.right == answered, answered) {
            (true, 1) => "The one number is right".to_string(),
            (true, _) => format!("All {answered} numbers are right"),
            (false, _) => format!("{} of {} right", self.right, is_or_are(answered)),
        };
        if self.rounded > 0 {
            let agree = if self.rounded == 1 { "agrees" } else { "agree" };
            words += &format!(", {} {agree} within the rounding of your own numbers", self.rounded);
        }
        if self.follow > 0 {
            let follows = if self.follow == 1 { "follows" } else { "follow" };
            words += &format!(", {} {follows} rightly from an earlier mistake", self.follow);
        }
        if self.wrong > 0 {
            let is = if self.wrong == 1 { "is" } else { "are" };
            words += &format!(", {} {is} wrong", self.wrong);
        }
        if self.missing > 0 {
            let is = if self.missing == 1 { "is" } else { "are" };
            words += &format!("; {} {is} not answered", self.missing);
        }
        words + "."
    }
}

/// "1 number is", "3 numbers are"
pub(super) fn is_or_are(count: usize) -> String {
    format!("{} {}", counted(count, "number"), if count == 1 { "is" } else { "are" })
}

/// "1 mark", "2.5 marks"
pub(super) fn marks(marks: f64) -> String {
    let shown = Marks::shown(marks);
    if shown == "1" { "1 mark".into() } else { format!("{shown} marks") }
}

fn marks_in_words(grading: &Grading) -> String {
    let total = grading.total;
    let shown = |marks: f64| Marks::shown(marks);
    let mut words = format!("Marks: {} of {}", shown(total.reached), shown(total.possible));
    if let Some(step) = grading.scheme.round_marks_to() {
        let from = match shown(grading.exact) {
            exact if exact == shown(total.reached) => String::new(),
            exact => format!(" from {exact}"),
        };
        words += &format!(" (rounded to multiples of {step}{from})");
    }
    if total.answered > 0.0 && shown(total.answered) != shown(total.possible) {
        words += &format!(
            "; of what is answered, {} of {}",
            shown(total.reached),
            shown(total.answered)
        );
    }
    words + "."
}

/// The answered quantities that are worth nothing: a kind where all of it is.
pub(super) fn worth_nothing(marking: &Marking, grading: &Grading) -> Vec<String> {
    let parts = marking.parts.iter().zip(&grading.parts);
    let quantities = parts.flat_map(|(part, marks)| part.quantities.iter().zip(&marks.quantities));
    let answered = quantities.filter(|(quantity, _)| quantity.verdict != Verdict::Missing);
    let answered: Vec<(String, String, bool)> = answered
        .map(|(q, marks)| (q.quantity.family(), q.quantity.to_string(), marks.possible == 0.0))
        .collect();
    let mut names: Vec<String> = Vec::new();
    for (family, name, _) in answered.iter().filter(|(_, _, nothing)| *nothing) {
        let all_of =
            answered.iter().filter(|(other, ..)| other == family).all(|(.., nothing)| *nothing);
        let name = if all_of { family } else { name };
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

pub(super) fn summary(
    document: &mut Document,
    marking: &Marking,
    grading: &Grading,
    causes: &Causes,
) {
    let parts = marking.parts.iter().enumerate();
    let counts: Vec<Counts> = parts.map(|(i, part)| Counts::of(i, part, causes)).collect();
    let words = counts.iter().fold(Counts::default(), |sum, part| sum.and(*part)).words();
    document.paragraph(Prose::text(format!("{words} {}", marks_in_words(grading))));
    let lost = grading.parts.iter().flat_map(|part| &part.lost);
    let not_counted: f64 = lost.map(|lost| lost.not_counted).sum();
    if not_counted > 0.0 {
        document.paragraph(Prose::text(format!(
            "{} {} not given for numbers that are not counted on their own: nothing else in the answer shows the work.",
            marks(not_counted),
            if Marks::shown(not_counted) == "1" { "is" } else { "are" }
        )));
    }
    let nothing = worth_nothing(marking, grading);
    if !nothing.is_empty() {
        let words = format!("Answered, but worth no marks here: {}.", nothing.join(", "));
        document.paragraph(Prose::text(words));
    }
    if !grading.idle.is_empty() {
        document.paragraph(Prose::text(format!(
            "Marks of the scheme that nothing gets, because other lines name the same more closely: {}.",
            grading.idle.join(", ")
        )));
    }
    if marking.parts.len() < 2 {
        return;
    }
    let rows =
        marking.parts.iter().zip(&grading.parts).zip(counts).map(|((part, marks), counts)| {
            let marks = marks.total;
            let cell = |count: usize| Prose::text(count.to_string());
            let marks =
                format!("{} of {}", Marks::shown(marks.reached), Marks::shown(marks.possible));
            let follow = counts.follow + counts.rounded;
            let [right, follow, wrong, missing] =
                [counts.right, follow, counts.wrong, counts.missing].map(cell);
            vec![Prose::text(part.name.clone()), Prose::text(marks), right, follow, wrong, missing]
        });
    let rows = rows.collect();
    let header = ["part", "marks", "right", "follow", "wrong", "not answered"];
    document.blocks.push(Block::Table(Table { header: header.map(Prose::from).to_vec(), rows }));
}
