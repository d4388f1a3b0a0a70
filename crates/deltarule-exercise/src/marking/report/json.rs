//! A marking as JSON: `deltarule-marking/1`.

use serde_json::{Value, json};

use crate::exercise::Exercise;
use crate::marking::marks::{Grading, Marks};
use crate::marking::verdict::{EntryMarking, Marking, QuantityMarking};

/// The marking as a JSON value.
///
/// `parts[].quantities[]` have `name`, `step` (1 being the first), `verdict`, `mistakes` (the identifiers of the rules),
/// `explanations`, `entries` (rows of numbers, each with `verdict`, `written`, `right` and `expected`), `marks` and
/// `possible`. `unread[]` is what could not be read: `place`, `line` (1 being the first), `text` and `problem`.
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
    let parts: Vec<Value> = marking
        .parts
        .iter()
        .zip(&grading.parts)
        .map(|(part, marks)| {
            let quantities: Vec<Value> = part
                .quantities
                .iter()
                .zip(&marks.quantities)
                .map(|(quantity, marks)| self::quantity(quantity, *marks))
                .collect();
            json!({
                "name": part.name,
                "marks": marks.total.reached,
                "possible": marks.total.possible,
                "answered": marks.total.answered,
                "notes": part.notes,
                "quantities": quantities,
            })
        })
        .collect();
    json!({
        "format": "deltarule-marking/1",
        "title": exercise.title,
        "marks": grading.total.reached,
        "possible": grading.total.possible,
        "answered": grading.total.answered,
        "unread": super::unread::json(&marking.unread),
        "parts": parts,
    })
}

fn quantity(quantity: &QuantityMarking, marks: Marks) -> Value {
    let mistakes: Vec<&str> = quantity.findings.iter().map(|finding| finding.rule.id()).collect();
    let explanations: Vec<Value> = quantity
        .findings
        .iter()
        .map(|finding| {
            json!({
                "mistake": finding.rule.id(),
                "sentence": finding.sentence.to_string(),
                "together": finding.together,
            })
        })
        .collect();
    let entries: Vec<Vec<Value>> =
        quantity.entries.rows().into_iter().map(|row| row.iter().map(entry).collect()).collect();
    json!({
        "name": quantity.quantity.to_string(),
        "step": quantity.step + 1,
        "verdict": quantity.verdict.id(),
        "mistakes": mistakes,
        "explanations": explanations,
        "entries": entries,
        "marks": marks.reached,
        "possible": marks.possible,
        "too_short": quantity.too_short,
    })
}

fn entry(entry: &EntryMarking) -> Value {
    json!({
        "verdict": entry.verdict.id(),
        "written": entry.written.as_ref().map(|written| &written.text),
        "right": entry.right,
        "expected": entry.expected,
    })
}
