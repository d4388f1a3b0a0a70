//! A marking as a document: what is right first, then the first error, then what followed from it, and in the end every
//! number beside the right one.

use deltarule_document::{Block, Document, Math, Prose, Table};

use super::words::{counted, judged, listed, place, quantities_in_words, symbol_of};
use crate::exercise::Exercise;
use crate::marking::marks::{Grading, Marks, PartMarks};
use crate::marking::quantity::step_count;
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
/// So many numbers stand in a line at most.
const WIDEST: usize = 8;

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
    let mut document = Document::new(format!("Marking: {}", exercise.title));
    summary(&mut document, marking, grading);
    super::unread::section(&mut document, &marking.unread);
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
        let total = self.marks.total;
        let (reached, possible) = (Marks::shown(total.reached), Marks::shown(total.possible));
        let words = format!("Part {}: {reached} of {possible} marks", self.part.name);
        document.heading(1, Prose::text(words));
        let counts = Counts::of(self.part.quantities.iter());
        if counts.answered() == 0 {
            document.paragraph("Nothing is answered in this part.");
            return;
        }
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
        let entries = first.entries.indexed_iter();
        // Where a right method lost digits on the way, nothing is wrong, but the numbers are off.
        let off = |entry: &EntryMarking| match first.verdict {
            Verdict::Wrong => entry.verdict == Verdict::Wrong,
            _ => entry.verdict == Verdict::FollowThrough,
        };
        let wrong = entries.filter(|(_, entry)| off(entry));
        let mut lines: Vec<VerdictLine<'_>> =
            wrong.map(|(place, _)| VerdictLine::one(first, place)).collect();
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
        let mut said: Vec<&Finding> = first.findings.iter().collect();
        let mut items = Vec::new();
        for error in others {
            let mut item = self.symbol_of(error).and(": ");
            let wrong =
                error.entries.iter().filter(|entry| entry.verdict == Verdict::Wrong).count();
            item = match (wrong, error.entries.len()) {
                (0, _) => item.and("the last digits are off"),
                (1, 1) => item.and("the number is wrong"),
                (2, 2) => item.and("both numbers are wrong"),
                (wrong, all) if wrong == all => {
                    item.and_text(format!("all {all} numbers are wrong"))
                }
                (1, all) => item.and_text(format!("1 of {all} numbers is wrong")),
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
                    let same =
                        if old.is_empty() { "." } else { ", for the same reason and another." };
                    item = item.and_text(same);
                    for (i, finding) in new.iter().enumerate() {
                        item = item.and_text(if i == 0 { " " } else { between });
                        item = item.and_prose(finding.sentence.clone());
                    }
                    item
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
        let quantities = self.part.quantities.iter().filter(|q| q.verdict != Verdict::Missing);
        let mut lines = Vec::new();
        let mut left_out = 0;
        for quantity in quantities {
            let whole = quantity.entries.len() <= SHOWN_WHOLE;
            let mut shown = 0;
            for line in VerdictLine::all(quantity) {
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

    /// The student's numbers beside the right ones.
    fn table(&self, document: &mut Document, lines: &[VerdictLine<'_>]) {
        if lines.is_empty() {
            return;
        }
        let own = lines.iter().flat_map(VerdictLine::entries).any(differs);
        let mut header: Vec<Prose> = ["quantity", "yours", "right"].map(Prose::from).to_vec();
        if own {
            header.push("from your numbers".into());
        }
        header.push("verdict".into());
        let rows = lines.iter().map(|line| self.row(line, own)).collect();
        document.blocks.push(Block::Table(Table { header, rows }));
    }

    fn row(&self, line: &VerdictLine<'_>, own: bool) -> Vec<Prose> {
        let quantity = line.quantity;
        let (mark, words) = judged(line.verdict());
        let (name, layer) = (quantity.quantity.family(), quantity.quantity.layer());
        let (part, step) = (&self.part.name, quantity.step + 1);
        let of = deltarule_document::QuantityId::new(part, step, &name, layer);
        let numbers = |value: fn(&EntryMarking) -> f64| {
            let entries = line.places.iter().map(|&(row, column)| {
                let value = value(&quantity.entries[(row, column)]);
                Prose::default().and_math(Math::number(value, row, column, of.clone()))
            });
            with_commas(entries)
        };
        let written = line.entries().map(|entry| {
            let written = entry.written.as_ref().map_or("?", |written| &written.text);
            Prose::default().and_marked(mark, written)
        });
        let mut cells = vec![
            self.symbol_of(quantity).and_text(line.place()),
            with_commas(written),
            numbers(|entry| entry.right),
        ];
        if own {
            let differs = line.entries().any(differs);
            cells.push(if differs { numbers(|entry| entry.expected) } else { Prose::default() });
        }
        cells.push(Prose::default().and_marked(mark, words));
        cells
    }
}

/// Pieces with commas between them.
fn with_commas(pieces: impl Iterator<Item = Prose>) -> Prose {
    pieces.enumerate().fold(Prose::default(), |prose, (i, piece)| {
        prose.and(if i > 0 { ", " } else { "" }).and_prose(piece)
    })
}

/// Numbers of a quantity that stand in one line of a table: a row or a column of the same verdict, or one number.
struct VerdictLine<'a> {
    quantity: &'a QuantityMarking,
    places: Vec<(usize, usize)>,
}

impl<'a> VerdictLine<'a> {
    /// All numbers of a quantity, in as few lines as can be read.
    fn all(quantity: &'a QuantityMarking) -> Vec<Self> {
        let (rows, columns) = quantity.entries.dim();
        let of_row = |row: usize| (0..columns).map(move |column| (row, column)).collect();
        let groups: Vec<Vec<(usize, usize)>> = match columns {
            1 => vec![(0..rows).map(|row| (row, 0)).collect()],
            _ => (0..rows).map(of_row).collect(),
        };
        let mut lines = Vec::new();
        for places in groups {
            let verdict = |place: &(usize, usize)| quantity.entries[*place].verdict;
            let first = places.first().map(verdict);
            let alike = places.iter().all(|place| Some(verdict(place)) == first);
            if alike && first != Some(Verdict::Wrong) && places.len() <= WIDEST {
                lines.push(Self { quantity, places });
            } else {
                lines.extend(places.into_iter().map(|place| Self::one(quantity, place)));
            }
        }
        lines
    }

    fn one(quantity: &'a QuantityMarking, place: (usize, usize)) -> Self {
        Self { quantity, places: vec![place] }
    }

    fn entries(&self) -> impl Iterator<Item = &'a EntryMarking> {
        let entries = &self.quantity.entries;
        self.places.clone().into_iter().map(move |place| &entries[place])
    }

    fn verdict(&self) -> Verdict {
        self.entries().map(|entry| entry.verdict).max().unwrap_or(Verdict::Missing)
    }

    /// Which numbers these are, with what separates it from the name before; nothing where they are all.
    fn place(&self) -> String {
        let place = match self.places.as_slice() {
            [(row, column)] => place(self.quantity, *row, *column),
            _ if self.places.len() == self.quantity.entries.len() => String::new(),
            [(row, _), ..] => format!("unit\u{a0}{}", row + 1),
            [] => String::new(),
        };
        if place.is_empty() { place } else { format!(", {place}") }
    }
}

/// Whether a number is not right, and what the student's earlier numbers lead to says more than the solution's number. It
/// does not where a wrong number is just that: then it is the mistake that leads there.
fn differs(entry: &EntryMarking) -> bool {
    let Some(written) = &entry.written else { return false };
    let size = entry.right.abs().max(entry.expected.abs());
    let is_other = (entry.right - entry.expected).abs() > 1e-9 * size;
    let unit = 10_f64.powi(-written.decimals);
    match entry.verdict {
        Verdict::FollowThrough => is_other,
        Verdict::Wrong => is_other && (written.value - entry.expected).abs() > unit,
        Verdict::Correct | Verdict::Missing => false,
    }
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
        [one] => document.paragraph(one.sentence.clone()),
        several => {
            document.paragraph(if alternatives(several) {
                "More than one mistake explains these numbers equally well:"
            } else {
                "It takes these mistakes together to explain the numbers:"
            });
            document.list(several.iter().map(|f| f.sentence.clone()).collect());
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
