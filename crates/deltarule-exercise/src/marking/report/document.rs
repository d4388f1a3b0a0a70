//! A marking as a document: what is right first, then the first error, then what followed from it, and in the end every
//! number beside the right one.

use deltarule_document::{Block, Document, Prose};

use super::cause::Causes;
use super::counts::{Counts, is_or_are, marks, summary};
use super::hidden::{self, HiddenNumbers};
use super::hints;
use super::options::ReportOptions;
use super::table::{Columns, VerdictLine};
use super::words::{counted, listed, quantities_in_words, symbol_of};
use crate::exercise::Exercise;
use crate::marking::marks::{Grading, Marks, PartMarks};
use crate::marking::quantity::step_count;
use crate::marking::rule::WrongRule;
use crate::marking::scheme::MarkingScheme;
use crate::marking::verdict::{
    EntryMarking, Finding, Marking, PartMarking, QuantityMarking, Verdict,
};

/// A quantity of more numbers than this shows those that are not right.
const SHOWN_WHOLE: usize = 60;
/// So many lines of a quantity are shown at most.
const SHOWN: usize = 30;
/// So many lines has a table of numbers at most.
const LINES: usize = 400;
/// So many numbers of the first error are shown beside its reason.
const FIRST: usize = 8;

/// The marking as a document for the student.
///
/// # Example
///
/// ```
/// use deltarule_document::{TextOptions, render_text};
/// use deltarule_exercise::marking::{Answers, MarkingOptions, MarkWeights, grade, mark, report};
/// use deltarule_exercise::{Exercise, sheet};
///
/// let exercise = Exercise::parse(sheet(1).unwrap(), "exercise 1").unwrap();
/// let answers = Answers { parts: vec![Vec::new(); 2], ..Answers::default() };
/// let marking = mark(&exercise, &answers, &MarkingOptions::default())?;
/// let document = report(&exercise, &marking, &grade(&marking, &MarkWeights::default()));
/// assert!(render_text(&document, &TextOptions::default()).contains("Nothing is answered"));
/// # Ok::<(), deltarule_exercise::SolveError>(())
/// ```
pub fn report(exercise: &Exercise, marking: &Marking, grading: &Grading) -> Document {
    report_with(exercise, marking, grading, ReportOptions::default())
}

/// The marking as a document for the student, or what of it is to be seen.
pub fn report_with(
    exercise: &Exercise,
    marking: &Marking,
    grading: &Grading,
    options: ReportOptions,
) -> Document {
    if options.hint {
        return hints::document(exercise, marking);
    }
    let mut document = Document::new(format!("Marking: {}", exercise.title));
    let causes = Causes::of(exercise, marking);
    let hidden = options.hide_solution.then(|| HiddenNumbers::of(marking));
    summary(&mut document, marking, grading, &causes);
    super::unread::section(&mut document, &marking.unread);
    for (index, (part, marks)) in marking.parts.iter().zip(&grading.parts).enumerate() {
        let (causes, hidden, scheme) = (&causes, hidden.as_ref(), &grading.scheme);
        Report { exercise, index, part, marks, scheme, causes, hidden }.write(&mut document);
    }
    document
}

/// Writes about one part.
struct Report<'a> {
    exercise: &'a Exercise,
    index: usize,
    part: &'a PartMarking,
    marks: &'a PartMarks,
    scheme: &'a MarkingScheme,
    causes: &'a Causes,
    /// What is not to be shown.
    hidden: Option<&'a HiddenNumbers>,
}

impl Report<'_> {
    fn write(&self, document: &mut Document) {
        let total = self.marks.total;
        let (reached, possible) = (Marks::shown(total.reached), Marks::shown(total.possible));
        let words = format!("Part {}: {reached} of {possible} marks", self.part.name);
        document.heading(1, Prose::text(words));
        if Counts::of(self.index, self.part, self.causes).answered() == 0 {
            document.paragraph("Nothing is answered in this part.");
            return;
        }
        self.right(document);
        self.errors(document);
        self.follow(document);
        self.remarks(document);
        self.numbers(document);
    }

    /// The quantities for which this holds, with their places in the part.
    fn those(
        &self,
        is_it: impl Fn(usize, &QuantityMarking) -> bool,
    ) -> Vec<(usize, &QuantityMarking)> {
        let all = self.part.quantities.iter().enumerate();
        all.filter(|(i, quantity)| is_it(*i, quantity)).collect()
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

    /// What is said of a finding.
    fn sentence(&self, quantity: usize, finding: &Finding) -> Prose {
        hidden::told(self.hidden, self.exercise, self.part, quantity, finding)
    }

    fn likeness(&self, quantity: usize) -> Option<Prose> {
        hidden::likeness(self.hidden, self.part, quantity)
    }

    /// What numbers earn that follow.
    fn earned(&self) -> String {
        let share = 100.0 * self.scheme.follow_through();
        if share == 100.0 {
            "They count in full.".into()
        } else {
            format!("They earn {} % of their marks.", Marks::shown(share))
        }
    }

    fn right(&self, document: &mut Document) {
        let counts =
            |q: &&QuantityMarking| q.entries.iter().any(|e| e.written.is_some() && e.counted);
        let (right, idle): (Vec<_>, Vec<_>) =
            self.with(Verdict::Correct).into_iter().partition(counts);
        let rounded = self.those(|i, q| self.causes.is_rounding(self.index, i, q));
        if right.is_empty() && idle.is_empty() && rounded.is_empty() {
            return;
        }
        document.heading(2, "What is right");
        if !right.is_empty() {
            document.paragraph(self.in_words(&right).and("."));
        }
        if !idle.is_empty() {
            let words = Prose::text("Right, but not counted on its own: ");
            document.paragraph(words.and_prose(self.in_words(&idle)).and("."));
        }
        if !rounded.is_empty() {
            let rounded: Vec<&QuantityMarking> = rounded.into_iter().map(|(_, q)| q).collect();
            let earned = match 100.0 * self.scheme.follow_through() {
                100.0 => "counts in full".to_string(),
                share => format!("earns {} % of its marks", Marks::shown(share)),
            };
            let words = format!("Agrees within the rounding of your own numbers, and {earned}: ");
            document.paragraph(Prose::text(words).and_prose(self.in_words(&rounded)).and("."));
        }
    }

    /// The first error with its reason and its numbers, then the others in a line each.
    fn errors(&self, document: &mut Document) {
        let errors = self.those(|_, quantity| quantity.is_wrong());
        let Some((&(at, first), others)) = errors.split_first() else { return };
        document.heading(2, "Where it first went wrong");
        document.paragraph(
            Prose::text("The first error is in ").and_prose(self.symbol_of(first)).and("."),
        );
        self.reasons(document, at);
        let some_wrong = first.entries.iter().any(|entry| entry.verdict == Verdict::Wrong);
        // Where only the whole is wrong, its numbers are off.
        let off = |entry: &EntryMarking| match some_wrong {
            true => entry.verdict == Verdict::Wrong,
            false => entry.verdict == Verdict::FollowThrough,
        };
        let caused = self.causes.precede(self.index, at);
        let wrong = first.entries.indexed_iter().filter(|(_, entry)| off(entry));
        let mut lines: Vec<VerdictLine<'_>> =
            wrong.map(|(place, _)| VerdictLine::one(first, caused, place)).collect();
        let all = lines.len();
        lines.truncate(FIRST);
        self.table(document, &lines);
        if all > FIRST {
            document.paragraph(Prose::text(format!("And {} more.", all - FIRST)));
        }
        if others.is_empty() {
            return;
        }
        document.heading(2, "What else went wrong");
        let told = |at: usize| -> Vec<(WrongRule, Prose)> {
            let findings = self.part.quantities[at].findings.iter();
            findings.map(|finding| (finding.rule, self.sentence(at, finding))).collect()
        };
        let mut said = told(at);
        let mut alike: Vec<Prose> =
            self.likeness(at).filter(|_| first.findings.is_empty()).into_iter().collect();
        let mut items = Vec::new();
        for &(at, error) in others {
            let mut item = self.symbol_of(error).and(": ").and_text(how_many_wrong(error));
            // Two slips have nothing in common.
            let (old, new): (Vec<_>, Vec<_>) = told(at).into_iter().partition(|finding| {
                finding.0 != WrongRule::ArithmeticSlip && said.contains(finding)
            });
            item = match (error.findings.is_empty(), new.is_empty()) {
                (true, _) => match self.likeness(at) {
                    Some(likeness) if alike.contains(&likeness) => {
                        item.and(". What is said of numbers above fits these too.")
                    }
                    Some(likeness) => {
                        alike.push(likeness.clone());
                        item.and(". ").and_prose(likeness)
                    }
                    None => item.and(", and no known mistake explains it."),
                },
                (false, true) => item.and(", for the same reason."),
                (false, false) => {
                    let between = if alternatives(&error.findings) { " Or: " } else { " " };
                    let same =
                        if old.is_empty() { "." } else { ", for the same reason and another." };
                    item = item.and_text(same);
                    for (i, (_, sentence)) in new.iter().enumerate() {
                        item = item.and_text(if i == 0 { " " } else { between });
                        item = item.and_prose(sentence.clone());
                    }
                    item
                }
            };
            said.extend(new);
            items.push(item);
        }
        document.list(items);
    }

    /// Why a quantity is wrong.
    fn reasons(&self, document: &mut Document, at: usize) {
        let quantity = &self.part.quantities[at];
        let sentence = |finding: &Finding| self.sentence(at, finding);
        match quantity.findings.as_slice() {
            [] => match self.likeness(at) {
                Some(likeness) => document.paragraph(likeness),
                None => document.paragraph(
                    Prose::from(
                        "No known mistake explains it. Nor are these the right numbers with another sign, factor or order. A \
                         question to begin with: ",
                    )
                    .and(hints::of_kind(self.exercise, quantity.quantity)),
                ),
            },
            [one] => document.paragraph(sentence(one)),
            several => {
                document.paragraph(if alternatives(several) {
                    "More than one mistake explains these numbers equally well:"
                } else {
                    "It takes these mistakes together to explain the numbers:"
                });
                document.list(several.iter().map(sentence).collect());
            }
        }
    }

    fn follow(&self, document: &mut Document) {
        let follows = |i, q: &QuantityMarking| {
            let follows = q.verdict == Verdict::FollowThrough && !q.is_wrong();
            follows && !self.causes.is_rounding(self.index, i, q)
        };
        let is_explained =
            |q: &&QuantityMarking| q.entries.iter().any(|entry| entry.explained.is_some());
        let follow = self.those(follows).into_iter().map(|(_, quantity)| quantity);
        let (explained, follow): (Vec<_>, Vec<_>) = follow.partition(is_explained);
        if explained.is_empty() && follow.is_empty() {
            return;
        }
        document.heading(2, "What followed from it");
        if !follow.is_empty() {
            document.paragraph(
                self.in_words(&follow)
                    .and(": not the numbers of the solution, but computed rightly from your own earlier numbers. ")
                    .and_text(self.earned()),
            );
        }
        if !explained.is_empty() {
            document.paragraph(
                self.in_words(&explained)
                    .and(": not the numbers of the solution, but explained by the mistake above. ")
                    .and_text(self.earned()),
            );
        }
    }

    fn remarks(&self, document: &mut Document) {
        let note = |note: &String| match self.hidden {
            None => Some(note.clone()),
            Some(hidden) => hidden.note(note),
        };
        let mut items: Vec<Prose> =
            self.part.notes.iter().filter_map(note).map(Prose::text).collect();
        items.extend(self.not_errors());
        items.extend(self.short());
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

    /// What is told of quantities that are not wrong: that they were rounded too early.
    fn not_errors(&self) -> Vec<Prose> {
        let mut told: Vec<(WrongRule, Prose, Vec<&QuantityMarking>)> = Vec::new();
        for (at, quantity) in self.those(|_, quantity| !quantity.is_wrong()) {
            for finding in &quantity.findings {
                let sentence = self.sentence(at, finding);
                let same =
                    told.iter_mut().find(|(rule, s, _)| *rule == finding.rule && *s == sentence);
                match same {
                    Some((.., quantities)) => quantities.push(quantity),
                    None => told.push((finding.rule, sentence, vec![quantity])),
                }
            }
        }
        let remark = |(rule, sentence, quantities): (WrongRule, Prose, Vec<&QuantityMarking>)| {
            let words = self.in_words(&quantities).and(": ");
            let words = match rule {
                WrongRule::RoundedIntermediates => {
                    words.and("your numbers agree to the digits that you kept. ")
                }
                _ => words,
            };
            words.and_prose(sentence)
        };
        told.into_iter().map(remark).collect()
    }

    /// What is told of numbers with too few digits.
    fn short(&self) -> Option<Prose> {
        let by_scheme = self.scheme.digits(self.index);
        let is_short = |i: usize, quantity: &QuantityMarking| match by_scheme {
            Some(_) => self.marks.lost.get(i).is_some_and(|lost| lost.short > 0),
            None => quantity.too_short,
        };
        let short: Vec<&QuantityMarking> =
            self.those(is_short).into_iter().map(|(_, quantity)| quantity).collect();
        let digits = by_scheme.or(self.exercise.parts[self.index].digits)?;
        if short.is_empty() {
            return None;
        }
        let lost: f64 = self.marks.lost.iter().map(|lost| lost.few_digits).sum();
        let costs = match lost {
            0.0 => ". It costs no marks.".to_string(),
            lost => format!(". It costs {}.", marks(lost)),
        };
        let some = Prose::text("Some numbers have fewer than the ")
            .and_text(counted(digits, "significant digit"))
            .and(" asked for, in ");
        Some(some.and_prose(self.in_words(&short)).and_text(costs))
    }

    fn numbers(&self, document: &mut Document) {
        document.heading(2, "Number by number");
        let mut lines = Vec::new();
        let mut left_out = 0;
        for (at, quantity) in self.those(|_, quantity| quantity.verdict != Verdict::Missing) {
            let whole = quantity.entries.len() <= SHOWN_WHOLE;
            let mut shown = 0;
            for line in VerdictLine::all(quantity, self.causes.precede(self.index, at)) {
                let verdict = line.verdict();
                let good = matches!(verdict, Verdict::Correct | Verdict::Missing);
                if (good && !whole) || shown == SHOWN || lines.len() == LINES {
                    left_out += line.places.len();
                } else {
                    shown += 1;
                    lines.push(line);
                }
            }
        }
        self.table(document, &lines);
        if left_out > 0 {
            let not = "not shown here";
            document.paragraph(Prose::text(format!("{} {not}.", is_or_are(left_out))));
        }
    }

    fn table(&self, document: &mut Document, lines: &[VerdictLine<'_>]) {
        let columns = Columns { part: &self.part.name, hide_solution: self.hidden.is_some() };
        let table = columns.table(lines, |quantity| self.symbol_of(quantity));
        document.blocks.extend(table.map(Block::Table));
    }
}

/// "1 of 6 numbers is wrong"
fn how_many_wrong(error: &QuantityMarking) -> String {
    let wrong = error.entries.iter().filter(|entry| entry.verdict == Verdict::Wrong).count();
    match (wrong, error.entries.len()) {
        (0, _) => "the numbers do not fit together".into(),
        (1, 1) => "the number is wrong".into(),
        (2, 2) => "both numbers are wrong".into(),
        (wrong, all) if wrong == all => format!("all {all} numbers are wrong"),
        (1, all) => format!("1 of {all} numbers is wrong"),
        (wrong, all) => format!("{wrong} of {all} numbers are wrong"),
    }
}

/// Whether findings explain a quantity each on its own, equally well.
fn alternatives(findings: &[Finding]) -> bool {
    findings.len() > 1 && findings.iter().any(|finding| !finding.together)
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
