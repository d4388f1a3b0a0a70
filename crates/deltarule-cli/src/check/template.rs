//! A file to fill in.

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
    render::to_output(output, |out| out.write_all(text.as_bytes()))
}
