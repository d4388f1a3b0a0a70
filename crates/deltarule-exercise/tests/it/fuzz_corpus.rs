//! The inputs of the fuzzer that are kept: each is read, marked and written down without a panic, and some get all the way.

use std::path::Path;

use deltarule_document::{TextOptions, render_text};
use deltarule_exercise::Exercise;
use deltarule_exercise::marking::{
    AnswerFormat, Answers, MarkWeights, MarkingOptions, grade, mark, report, report_json,
};

/// Reads an input as `fuzz/fuzz_targets/marking.rs` does; whether it was marked.
fn marked(text: &str) -> Option<bool> {
    let (exercise, answers) = text.split_once("\n==== ")?;
    let (format, answers) = answers.split_once('\n')?;
    let format = match format {
        "toml" => AnswerFormat::Toml,
        "csv" => AnswerFormat::Csv,
        "json" => AnswerFormat::Json,
        _ => return None,
    };
    let Ok(exercise) = Exercise::parse(exercise, "exercise") else { return Some(false) };
    let Ok(answers) = Answers::parse(&exercise, answers, "answers", format) else {
        return Some(false);
    };
    let marking = mark(&exercise, &answers, &MarkingOptions::default()).ok()?;
    let grading = grade(&marking, &MarkWeights::default());
    assert!(grading.total.reached <= grading.total.possible + 1e-6);
    report_json(&exercise, &marking, &grading);
    let document = report(&exercise, &marking, &grading);
    let text = render_text(&document, &TextOptions::default());
    assert!(text.starts_with("Marking: "));
    Some(true)
}

#[test]
fn the_inputs_of_the_fuzzer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/marking");
    let mut all = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let marked = marked(&String::from_utf8_lossy(&bytes));
        all += 1;
        // Those with a name were written by hand, and are whole.
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.contains('-') {
            assert_eq!(marked, Some(true), "{name}");
        }
    }
    assert!(all >= 10, "{all} inputs");
}
