//! A file to fill in.

use std::path::Path;

use deltarule_exercise::Exercise;
use deltarule_exercise::marking::{AnswerFormat, template};

use crate::args::{CheckArguments, TemplateName};
use crate::exercise;
use crate::failure::{Outcome, usage};
use crate::render;

pub(super) fn write(arguments: &CheckArguments) -> Outcome {
    let exercise = exercise::exercise(&arguments.exercise)?;
    let output = arguments.output.as_deref();
    let by_ending = output.and_then(|path| AnswerFormat::of_ending(&path.to_string_lossy()));
    let format = match (arguments.template.flatten(), by_ending) {
        (Some(TemplateName::Toml), _) | (None, None) => AnswerFormat::Toml,
        (Some(TemplateName::Csv), _) => AnswerFormat::Csv,
        (None, Some(format)) => format,
    };
    let text = template(&exercise, format)
        .map_err(|problem| usage(format!("{}: {problem}", arguments.exercise)))?;
    if let Some(path) = output {
        keep_answers(path, &exercise)?;
    }
    render::to_output(output, |out| out.write_all(text.as_bytes()))
}

/// Refuses to write over a file that is not an untouched file to fill in: it may hold somebody's answers.
fn keep_answers(path: &Path, exercise: &Exercise) -> Outcome {
    // What is no file, as /dev/null, holds nothing.
    if !path.is_file() {
        return Ok(());
    }
    let there =
        std::fs::read(path).map_err(|error| usage(format!("{}: {error}", path.display())))?;
    let untouched = [AnswerFormat::Toml, AnswerFormat::Csv]
        .into_iter()
        .any(|format| template(exercise, format).is_ok_and(|text| text.as_bytes() == there));
    if there.is_empty() || untouched {
        return Ok(());
    }
    Err(usage(format!(
        "{}: this file exists and is no empty file to fill in, so it stays as it is: name another one with -o, or remove it",
        path.display()
    )))
}
