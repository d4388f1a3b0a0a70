//! A marking as JSON: `deltarule-marking/1`.

use serde_json::{Value, json};

use super::counts::worth_nothing;
use super::hidden::{self, HiddenNumbers};
use super::hints::{self, FirstMistake};
use super::options::ReportOptions;
use crate::exercise::Exercise;
use crate::marking::marks::{Grading, LostMarks, Marks};
use crate::marking::verdict::{EntryMarking, Marking, PartMarking};

/// The marking as a JSON value.
///
/// `parts[].quantities[]` have `name`, `step` (1 being the first), `verdict`, `mistakes` (the identifiers of the rules),
/// `explanations`, `likeness`, `entries` (rows of numbers, each with `verdict`, `written`, `counted`, `right`, `expected` and
/// `explained`), `marks` and `possible`. `unread[]` is what could not be read: `place`, `line` (1 being the first), `text` and
/// `problem`.
///
/// # Example
///
/// ```
/// use deltarule_exercise::marking::{Answers, MarkingOptions, MarkWeights, grade, mark, report_json};
/// use deltarule_exercise::{Exercise, sheet};
///
/// let exercise = Exercise::parse(sheet(1).unwrap(), "exercise 1").unwrap();
/// let answers = Answers { parts: vec![Vec::new(); 2], ..Answers::default() };
/// let marking = mark(&exercise, &answers, &MarkingOptions::default())?;
/// let json = report_json(&exercise, &marking, &grade(&marking, &MarkWeights::default()));
/// assert_eq!(json["format"], "deltarule-marking/1");
/// # Ok::<(), deltarule_exercise::SolveError>(())
/// ```
pub fn report_json(exercise: &Exercise, marking: &Marking, grading: &Grading) -> Value {
    report_json_with(exercise, marking, grading, ReportOptions::default())
}

/// The marking as a JSON value, or what of it is to be seen: without `right`, `expected` and `explained` where the solution is
/// hidden; for a hint, nothing but `unread` and `hint` with its `part`, `quantity`, `step`, `places` and `sentence`, which is
/// null where nothing is wrong.
pub fn report_json_with(
    exercise: &Exercise,
    marking: &Marking,
    grading: &Grading,
    options: ReportOptions,
) -> Value {
    if options.hint {
        return hint(exercise, marking);
    }
    let hidden = options.hide_solution.then(|| HiddenNumbers::of(marking));
    let hidden = hidden.as_ref();
    let parts: Vec<Value> = marking
        .parts
        .iter()
        .zip(&grading.parts)
        .map(|(part, marks)| {
            let shown = PartJson { exercise, part, hidden };
            let quantities = marks.quantities.iter().zip(&marks.lost).enumerate();
            let quantities: Vec<Value> =
                quantities.map(|(i, (marks, lost))| shown.quantity(i, *marks, *lost)).collect();
            let notes: Vec<String> = match hidden {
                None => part.notes.clone(),
                Some(hidden) => part.notes.iter().filter_map(|note| hidden.note(note)).collect(),
            };
            json!({
                "name": part.name,
                "marks": marks.total.reached,
                "possible": marks.total.possible,
                "answered": marks.total.answered,
                "not_counted": marks.lost.iter().map(|lost| lost.not_counted).sum::<f64>(),
                "few_digits": marks.lost.iter().map(|lost| lost.few_digits).sum::<f64>(),
                "notes": notes,
                "quantities": quantities,
            })
        })
        .collect();
    json!({
        "format": FORMAT,
        "title": exercise.title,
        "marks": grading.total.reached,
        "marks_before_rounding": grading.exact,
        "possible": grading.total.possible,
        "answered": grading.total.answered,
        "unread": super::unread::json(&marking.unread),
        "worth_nothing": worth_nothing(marking, grading),
        "parts": parts,
    })
}

const FORMAT: &str = "deltarule-marking/1";

fn hint(exercise: &Exercise, marking: &Marking) -> Value {
    let hint = FirstMistake::first(exercise, marking).map(|hint| {
        json!({
            "part": hint.part(exercise),
            "quantity": hint.quantity.quantity.to_string(),
            "step": hint.quantity.step + 1,
            "places": hint.places,
            "where": hint.whereabouts(exercise).to_string(),
            "sentence": hint.question,
        })
    });
    let unread = super::unread::json(&marking.unread);
    let mut value =
        json!({ "format": FORMAT, "title": exercise.title, "hint": hint, "unread": unread });
    if hint.is_none() {
        value["note"] = hints::none(marking).into();
    }
    value
}

/// A part, and what of it is kept back.
struct PartJson<'a> {
    exercise: &'a Exercise,
    part: &'a PartMarking,
    hidden: Option<&'a HiddenNumbers>,
}

impl PartJson<'_> {
    fn quantity(&self, index: usize, marks: Marks, lost: LostMarks) -> Value {
        let quantity = &self.part.quantities[index];
        let mistakes: Vec<&str> =
            quantity.findings.iter().map(|finding| finding.rule.id()).collect();
        let explanations: Vec<Value> = quantity
            .findings
            .iter()
            .map(|finding| {
                let sentence = hidden::told(self.hidden, self.exercise, self.part, index, finding);
                json!({
                    "mistake": finding.rule.id(),
                    "sentence": sentence.to_string(),
                    "together": finding.together,
                })
            })
            .collect();
        let likeness = hidden::likeness(self.hidden, self.part, index);
        let rows = quantity.entries.rows().into_iter();
        let entries: Vec<Vec<Value>> =
            rows.map(|row| row.iter().map(|entry| self.entry(entry)).collect()).collect();
        json!({
            "name": quantity.quantity.to_string(),
            "step": quantity.step + 1,
            "verdict": quantity.verdict.id(),
            "mistakes": mistakes,
            "explanations": explanations,
            "likeness": likeness.map(|likeness| likeness.to_string()),
            "entries": entries,
            "transposed": quantity.transposed,
            "marks": marks.reached,
            "possible": marks.possible,
            "too_short": quantity.too_short || lost.short > 0,
        })
    }

    fn entry(&self, entry: &EntryMarking) -> Value {
        let mut value = json!({
            "verdict": entry.verdict.id(),
            "written": entry.written.as_ref().map(|written| &written.text),
            "counted": entry.counted,
        });
        if self.hidden.is_none() {
            value["right"] = entry.right.into();
            value["expected"] = entry.expected.into();
            value["explained"] = entry.explained.into();
        }
        value
    }
}
