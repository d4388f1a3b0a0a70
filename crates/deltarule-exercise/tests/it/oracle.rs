//! Exercises with random numbers against an independent program: every activation, admissible loss, task, mode,
//! reduction and optimiser, so that no result can be baked in.

use deltarule_exercise::{Exercise, solve, to_json};
use serde_json::Value;

#[test]
fn exercises_with_random_numbers() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../oracle/values/exercises.json");
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let json: Value = serde_json::from_str(&text).unwrap();
    let entries = json["entries"].as_array().unwrap();
    assert!(entries.len() >= 150);
    for (number, entry) in entries.iter().enumerate() {
        let text = entry["exercise"].as_str().unwrap();
        let exercise = match Exercise::parse(text, "oracle") {
            Ok(exercise) => exercise,
            Err(diagnostic) => panic!("{}", diagnostic.render(100)),
        };
        let ours = to_json(&solve(&exercise).unwrap_or_else(|e| panic!("{e}\n{text}")));
        // Entries that nearly cancel carry the rounding of their terms; Adam's first steps divide such entries.
        crate::common::assert_close(&ours, &entry["solution"], &format!("{number}"), 1e-12, 1e-15);
    }
}
