//! How much is computed for an answer.

use std::path::Path;

use super::super::*;

/// A bound on the numbers that are computed for one answer to an exercise made for a person: what a search may cost, and the run
/// in which that is noticed.
const MOST: usize = 4_400_000;

/// In so many answers of several hundred two mistakes at once were not looked for everywhere.
const GIVEN_UP: usize = 8;

fn read(path: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../oracle/values/marking");
    std::fs::read_to_string(folder.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

#[test]
fn an_answer_takes_little_work() {
    let expected: serde_json::Value = serde_json::from_str(&read("expected.json")).unwrap();
    let mut all: Vec<(usize, String)> = Vec::new();
    let mut given_up = 0;
    for entry in expected["entries"].as_array().unwrap() {
        let (exercise, answers) = (entry["exercise"].as_str(), entry["answers"].as_str());
        let (exercise, name) = (read(exercise.unwrap()), answers.unwrap());
        let exercise = Exercise::parse(&exercise, "exercise").unwrap();
        let format = AnswerFormat::of_ending(name).unwrap();
        let answers = Answers::parse(&exercise, &read(name), name, format).unwrap();
        let (marking, effort) =
            mark_counting(&exercise, &answers, &MarkingOptions::default()).unwrap();
        let gave_up = marking.parts.iter().any(|part| part.notes.iter().any(|n| n == GAVE_UP));
        given_up += usize::from(gave_up);
        all.push((effort, name.to_string()));
    }
    all.sort();
    all.reverse();
    assert!(all.len() >= 400);
    assert!(given_up <= GIVEN_UP, "{given_up} answers of which not everything was tried");
    assert!(all[0].0 <= MOST, "{:?}", &all[..10]);
}
