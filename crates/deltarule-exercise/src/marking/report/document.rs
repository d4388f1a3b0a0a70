//! A marking as a document: what is right first, then the first error, then what followed from it, and in the end every
//! number beside the right one.

use deltarule_document::{Block, Document, Math, Prose, Table};

use super::words::{counted, judged, listed, place, quantities_in_words, symbol, symbol_of};
use crate::exercise::Exercise;
use crate::marking::marks::{Grading, Marks, PartMarks};
use crate::marking::quantity::step_count;
use crate::marking::verdict::{
    EntryMarking, Finding, Marking, PartMarking, QuantityMarking, Verdict,
};

/// A quantity of more numbers than this shows those that are not right.
const SHOWN_WHOLE: usize = 24;
/// So many numbers of a quantity are shown at most.
const SHOWN: usize = 36;
/// So many rows has a table of numbers at most.
const ROWS: usize = 400;

/// The marking as a document for the student.
///
/// # Example
///
/// ```
/// use deltarule_document::{TextOptions, render_text};
/// use deltarule_exercise::marking::{Answers, MarkingOptions, Weights, grade, mark, report};
/// use deltarule_exercise::{Exercise, sheet};
///
/// let exercise = Exercise::parse(sheet(1).unwrap(), "exercise 1").unwrap();
/// let answers = Answers { parts: vec![Vec::new(); 2] };
/// let marking = mark(&exercise, &answers, &MarkingOptions::default())?;
/// let document = report(&exercise, &marking, &grade(&marking, &Weights::default()));
/// assert!(render_text(&document, &TextOptions::default()).contains("Nothing is answered"));
/// # Ok::<(), deltarule_exercise::SolveError>(())
/// ```
pub fn report(exercise: &Exercise, marking: &Marking, grading: &Grading) -> Document {
    let mut document = Document::new(format!("Marking: {}", exercise.title));
    summary(&mut document, marking, grading);
    for (index, (part, marks)) in marking.parts.iter().zip(&grading.parts).enumerate() {
        Report { exercise, index, part, marks }.write(&mut document);
    }
    document
}

/// How many numbers have each verdict.
#[derive(Clone, Copy, Default)]
struct Counts {
    right: usize,
    follow: usize,
    wrong: usize,
    missing: usize,
}

impl Counts {
    fn of<'a>(quantities: impl Iterator<Item = &'a QuantityMarking>) -> Self {
        let mut counts = Self::default();
        for entry in quantities.flat_map(|quantity| &quantity.entries) {
            match entry.verdict {
                Verdict::Correct => counts.right += 1,
                Verdict::FollowThrough => counts.follow += 1,
                Verdict::Wrong => counts.wrong += 1,
                Verdict::Missing => counts.missing += 1,
            }
        }
        counts
    }

    fn answered(self) -> usize {
        self.right + self.follow + self.wrong
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
fn is_or_are(count: usize) -> String {
    format!("{} {}", counted(count, "number"), if count == 1 { "is" } else { "are" })
}

fn marks_in_words(marks: Marks) -> String {
    let shown = |marks: f64| Marks::shown(marks);
    let mut words = format!("Marks: {} of {}", shown(marks.reached), shown(marks.possible));
    if marks.answered > 0.0 && shown(marks.answered) != shown(marks.possible) {
        words += &format!(
            "; of what is answered, {} of {}",
            shown(marks.reached),
            shown(marks.answered)
        );
    }
    words + "."
}

fn summary(document: &mut Document, marking: &Marking, grading: &Grading) {
    let all = marking.parts.iter().flat_map(|part| &part.quantities);
    let words = Counts::of(all).words();
    document.paragraph(Prose::text(format!("{words} {}", marks_in_words(grading.total))));
    if marking.parts.len() < 2 {
        return;
    }
    let rows = marking.parts.iter().zip(&grading.parts).map(|(part, marks)| {
        let counts = Counts::of(part.quantities.iter());
        let marks = marks.total;
        let cell = |count: usize| Prose::text(count.to_string());
        let marks = format!("{} of {}", Marks::shown(marks.reached), Marks::shown(marks.possible));
        let [right, follow, wrong, missing] =
            [counts.right, counts.follow, counts.wrong, counts.missing].map(cell);
        vec![Prose::text(part.name.clone()), Prose::text(marks), right, follow, wrong, missing]
    });
    let rows = rows.collect();
    let header = ["part", "marks", "right", "follow", "wrong", "not answered"];
    document.blocks.push(Block::Table(Table { header: header.map(Prose::from).to_vec(), rows }));
}

/// Writes about one part.
struct Report<'a> {
    exercise: &'a Exercise,
    index: usize,
    part: &'a PartMarking,
    marks: &'a PartMarks,
}

impl Report<'_> {
    fn write(&self, document: &mut Document) {
        document.heading(1, Prose::text(format!("Part {}", self.part.name)));
        let counts = Counts::of(self.part.quantities.iter());
        if counts.answered() == 0 {
            document.paragraph("Nothing is answered in this part.");
            return;
        }
        let words = format!("{} {}", counts.words(), marks_in_words(self.marks.total));
        document.paragraph(Prose::text(words));
        self.right(document);
        self.errors(document);
        self.follow(document);
        self.remarks(document);
        self.numbers(document);
    }

    /// The quantities with this verdict.
    fn with(&self, verdict: Verdict) -> Vec<&QuantityMarking> {
        self.part.quantities.iter().filter(|quantity| quantity.verdict == verdict).collect()
    }

    fn in_words(&self, chosen: &[&QuantityMarking]) -> Prose {
        quantities_in_words(self.exercise, self.index, chosen, &self.part.quantities)
    }

    fn steps(&self) -> usize {
        step_count(&self.exercise.parts[self.index])
    }

    fn symbol_of(&self, quantity: &QuantityMarking) -> Prose {
        symbol_of(quantity, self.steps())
    }

    fn right(&self, document: &mut Document) {
        let right = self.with(Verdict::Correct);
        if right.is_empty() {
            return;
        }
        document.heading(2, "What is right");
        document.paragraph(self.in_words(&right).and("."));
    }

    /// The first error with its reason and its numbers, then the others in a line each.
    fn errors(&self, document: &mut Document) {
        let has_error = |quantity: &&QuantityMarking| {
            quantity.verdict == Verdict::Wrong || !quantity.findings.is_empty()
        };
        let errors: Vec<&QuantityMarking> = self.part.quantities.iter().filter(has_error).collect();
        let Some((first, others)) = errors.split_first() else { return };
        document.heading(2, "Where it first went wrong");
        document.paragraph(
            Prose::text("The first error is in ").and_prose(self.symbol_of(first)).and("."),
        );
        reasons(document, &first.findings);
        self.table(document, &[first], &|entry| entry.verdict == Verdict::Wrong);
        if others.is_empty() {
            return;
        }
        document.heading(2, "What else went wrong");
        let mut said: Vec<&Finding> = first.findings.iter().collect();
        let mut items = Vec::new();
        for error in others {
            let mut item = self.symbol_of(error).and(": ");
            let wrong =
                error.entries.iter().filter(|entry| entry.verdict == Verdict::Wrong).count();
            item = match (wrong, error.entries.len()) {
                (0, _) => item.and("no number is wrong"),
                (1, 1) => item.and("the number is wrong"),
                (wrong, all) if wrong == all => {
                    item.and_text(format!("all {all} numbers are wrong"))
                }
                (wrong, all) => item.and_text(format!("{wrong} of {all} numbers are wrong")),
            };
            let again = |finding: &Finding| {
                said.iter().any(|s| s.rule == finding.rule && s.sentence == finding.sentence)
            };
            let (old, new): (Vec<&Finding>, Vec<&Finding>) =
                error.findings.iter().partition(|finding| again(finding));
            item = match (error.findings.is_empty(), new.is_empty()) {
                (true, _) => item.and(", and no known mistake explains it."),
                (false, true) => item.and(", for the same reason."),
                (false, false) => {
                    let between = if alternatives(&error.findings) { " Or: " } else { " " };
                    let sentences: Vec<&str> = new.iter().map(|f| f.sentence.trim()).collect();
                    let same =
                        if old.is_empty() { "." } else { ", for the same reason and another." };
                    item.and_text(format!("{same} {}", sentences.join(between)))
                }
            };
            said.extend(new);
            items.push(item);
        }
        document.list(items);
    }

    fn follow(&self, document: &mut Document) {
        let follow = self.with(Verdict::FollowThrough);
        if follow.is_empty() {
            return;
        }
        document.heading(2, "What followed from it");
        document.paragraph(
            self.in_words(&follow).and(
                ": not the numbers of the solution, but computed rightly from your own earlier numbers. They count in full.",
            ),
        );
    }

    fn remarks(&self, document: &mut Document) {
        let mut items: Vec<Prose> =
            self.part.notes.iter().map(|note| Prose::text(note.clone())).collect();
        let short: Vec<&QuantityMarking> =
            self.part.quantities.iter().filter(|quantity| quantity.too_short).collect();
        if let (false, Some(digits)) = (short.is_empty(), self.exercise.parts[self.index].digits) {
            let some = Prose::text("Some numbers have fewer than the ")
                .and_text(counted(digits, "significant digit"))
                .and(" asked for, in ");
            items.push(some.and_prose(self.in_words(&short)).and(". It costs no marks."));
        }
        let missing = self.with(Verdict::Missing);
        if !missing.is_empty() {
            items.push(Prose::text("Not answered: ").and_prose(self.in_words(&missing)).and("."));
        }
        if items.is_empty() {
            return;
        }
        document.heading(2, "Remarks");
        document.list(items);
    }

    fn numbers(&self, document: &mut Document) {
        document.heading(2, "Number by number");
        let answered: Vec<&QuantityMarking> =
            self.part.quantities.iter().filter(|q| q.verdict != Verdict::Missing).collect();
        self.table(document, &answered, &|_| true);
    }

    /// The student's numbers beside the right ones, those that are chosen.
    fn table(
        &self,
        document: &mut Document,
        quantities: &[&QuantityMarking],
        chosen: &dyn Fn(&EntryMarking) -> bool,
    ) {
        let mut rows = Vec::new();
        let mut left_out = 0;
        let own = quantities.iter().flat_map(|quantity| &quantity.entries).any(differs);
        for quantity in quantities {
            let all = quantity.entries.len() <= SHOWN_WHOLE;
            let mut shown = 0;
            for ((row, column), entry) in quantity.entries.indexed_iter() {
                if !chosen(entry) {
                    continue;
                }
                let needed = all || !matches!(entry.verdict, Verdict::Correct | Verdict::Missing);
                if !needed || shown == SHOWN || rows.len() == ROWS {
                    left_out += 1;
                    continue;
                }
                shown += 1;
                rows.push(self.row(quantity, (row, column), entry, own));
            }
        }
        if rows.is_empty() {
            if left_out > 0 {
                document.paragraph(Prose::text(format!(
                    "{} not shown one by one.",
                    is_or_are(left_out)
                )));
            }
            return;
        }
        let mut header: Vec<Prose> = ["number", "yours", "right"].map(Prose::from).to_vec();
        if own {
            header.push("from your numbers".into());
        }
        header.push("verdict".into());
        document.blocks.push(Block::Table(Table { header, rows }));
        if left_out > 0 {
            document
                .paragraph(Prose::text(format!("{} left out of this table.", is_or_are(left_out))));
        }
    }

    fn row(
        &self,
        quantity: &QuantityMarking,
        (row, column): (usize, usize),
        entry: &EntryMarking,
        own: bool,
    ) -> Vec<Prose> {
        let name =
            if self.steps() == 1 { symbol(quantity.quantity) } else { self.symbol_of(quantity) };
        let place = place(quantity, row, column);
        let name = if place.is_empty() { name } else { name.and_text(format!(", {place}")) };
        let (mark, words) = judged(entry.verdict);
        let yours = match &entry.written {
            Some(written) => Prose::default().and_marked(mark, written.text.clone()),
            None => Prose::default().and_marked(mark, "?"),
        };
        let number = |value: f64| {
            let (name, layer) = (quantity.quantity.family(), quantity.quantity.layer());
            let of =
                deltarule_document::Quantity::new(&self.part.name, quantity.step + 1, &name, layer);
            Prose::default().and_math(Math::number(value, row, column, of))
        };
        let mut cells = vec![name, yours, number(entry.right)];
        if own {
            cells.push(if differs(entry) { number(entry.expected) } else { Prose::default() });
        }
        cells.push(Prose::default().and_marked(mark, words));
        cells
    }
}

/// Whether the student's earlier numbers lead to another number than the solution's.
fn differs(entry: &EntryMarking) -> bool {
    let size = entry.right.abs().max(entry.expected.abs());
    entry.written.is_some() && (entry.right - entry.expected).abs() > 1e-9 * size
}

/// Whether findings explain a quantity each on its own, equally well.
fn alternatives(findings: &[Finding]) -> bool {
    findings.len() > 1 && findings.iter().any(|finding| !finding.together)
}

/// Why a quantity is wrong.
fn reasons(document: &mut Document, findings: &[Finding]) {
    match findings {
        [] => document.paragraph(
            "No known mistake explains it. Compare your way with the solution: the numbers are below.",
        ),
        [one] => document.paragraph(Prose::text(one.sentence.clone())),
        several => {
            document.paragraph(if alternatives(several) {
                "More than one mistake explains these numbers equally well:"
            } else {
                "It takes these mistakes together to explain the numbers:"
            });
            document.list(several.iter().map(|f| Prose::text(f.sentence.clone())).collect());
        }
    }
}

/// The significant digits that a report needs so that what differs is seen to differ: those of the longest number that is
/// not right, and at least 6.
pub fn report_digits(marking: &Marking) -> usize {
    let quantities = marking.parts.iter().flat_map(|part| &part.quantities);
    let entries = quantities.flat_map(|quantity| &quantity.entries);
    let wrong = entries.filter(|entry| entry.verdict != Verdict::Correct);
    let digits = wrong.filter_map(|entry| Some(entry.written.as_ref()?.significant as usize));
    digits.max().unwrap_or(0).clamp(6, 17)
}

/// A list of the rules that a quantity is explained by.
pub(super) fn rules(quantity: &QuantityMarking) -> Prose {
    let codes = quantity.findings.iter().map(|finding| Prose::new(&format!("`{}`", finding.rule)));
    listed(codes.collect())
}
