//! How answers are marked: a scheme from a file, or marks from the command line.

use deltarule_exercise::Exercise;
use deltarule_exercise::marking::{MarkWeights, MarkingScheme, scheme_template};

use crate::args::CheckArguments;
use crate::exercise;
use crate::failure::{Failure, Outcome, emit, usage};
use crate::render;

/// The scheme that the arguments name; without one each quantity is worth 1.
pub(crate) fn scheme(
    arguments: &CheckArguments,
    exercise: &Exercise,
) -> Result<MarkingScheme, Failure> {
    if let Some(path) = &arguments.scheme {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => usage(format!(
                "{name}: no such file; `deltarule check EXERCISE --scheme-template` writes one to start from"
            )),
            _ => usage(format!("{name}: {error}")),
        })?;
        let text = exercise::utf8(&name, bytes)?;
        return MarkingScheme::parse(&text, &name, exercise).map_err(exercise::located);
    }
    match &arguments.marks {
        None => Ok(MarkingScheme::default()),
        Some(text) => MarkWeights::parse(text, exercise)
            .map(MarkingScheme::from)
            .map_err(|problem| usage(format!("--marks {text}: {problem}"))),
    }
}

/// Writes a scheme to start from.
pub(crate) fn write_template(arguments: &CheckArguments, exercise: &Exercise) -> Outcome {
    let text = scheme_template(exercise);
    let output = arguments.output.as_deref();
    let replaced = output.filter(|path| path.exists());
    render::to_output(output, |out| out.write_all(text.as_bytes()))?;
    match replaced {
        Some(path) => emit(&format!("Replaced {}\n", path.display())),
        None => Ok(()),
    }
}
