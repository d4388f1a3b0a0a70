//! An exercise and answers in, the marking out, written down in every form: nothing may panic.
//!
//! An input is an exercise, a line `==== toml`, `==== csv` or `==== json`, and answers in that format.

#![no_main]

use deltarule_document::{
    HtmlOptions, MarkdownOptions, TextOptions, render_html, render_markdown, render_text,
};
use deltarule_exercise::Exercise;
use deltarule_exercise::marking::{
    AnswerFormat, Answers, MarkWeights, MarkingOptions, ReportOptions, grade, mark,
    report_json_with, report_with, template,
};
use libfuzzer_sys::fuzz_target;

/// Larger exercises take long and show nothing new.
const PARAMETERS: usize = 300;
const EXAMPLES: usize = 12;
const EPOCHS: usize = 4;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some((exercise, answers)) = text.split_once("\n==== ") else { return };
    let Some((format, answers)) = answers.split_once('\n') else { return };
    let format = match format {
        "toml" => AnswerFormat::Toml,
        "csv" => AnswerFormat::Csv,
        "json" => AnswerFormat::Json,
        _ => return,
    };
    let exercise = match Exercise::parse(exercise, "exercise") {
        Ok(exercise) if is_small(&exercise) => exercise,
        Ok(_) => return,
        Err(diagnostic) => {
            diagnostic.render(80);
            return;
        }
    };
    // What is to be filled in can be read again.
    let gaps = template(&exercise, AnswerFormat::Csv).expect("a small exercise");
    Answers::parse(&exercise, &gaps, "template", AnswerFormat::Csv).expect("a template is read");
    let answers = match Answers::parse(&exercise, answers, "answers", format) {
        Ok(answers) => answers,
        Err(diagnostic) => {
            diagnostic.render(80);
            return;
        }
    };
    let Ok(marking) = mark(&exercise, &answers, &MarkingOptions::default()) else { return };
    let grading = grade(&marking, &MarkWeights::default());
    assert!(grading.total.reached <= grading.total.possible + 1e-6);
    for (hide_solution, hint) in [(false, false), (true, false), (false, true)] {
        let shown = ReportOptions { hide_solution, hint };
        report_json_with(&exercise, &marking, &grading, shown);
        let document = report_with(&exercise, &marking, &grading, shown);
        render_text(&document, &TextOptions::default());
        render_markdown(&document, &MarkdownOptions::default());
        render_html(&document, &HtmlOptions::default());
    }
});

fn is_small(exercise: &Exercise) -> bool {
    use deltarule_exercise::Task;
    exercise.network.parameter_count() <= PARAMETERS
        && exercise.parts.iter().map(|part| part.examples.len()).sum::<usize>() <= EXAMPLES
        && exercise.parts.iter().all(|part| match part.task {
            Task::Update { epochs, .. } => epochs <= EPOCHS,
            _ => true,
        })
}
