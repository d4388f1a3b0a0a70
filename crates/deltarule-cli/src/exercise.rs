//! The exercise that a command line names: a file, or one of the sheet's.

use deltarule_exercise::{Diagnostic, Exercise, ExerciseHint, sheet};

use crate::failure::{Failure, usage};

/// The exercise of the sheet that asks what the differences to another loss are, which its numbers alone do not answer.
pub(crate) const ASKS_FOR_DIFFERENCES: &str = "3";

/// The text of the exercise.
pub(crate) fn text(name: &str) -> Result<String, Failure> {
    match name.parse().ok().and_then(sheet) {
        Some(text) => Ok(text.to_string()),
        None => read(name),
    }
}

/// The exercise, checked.
pub(crate) fn exercise(name: &str) -> Result<Exercise, Failure> {
    Exercise::parse(&text(name)?, name).map_err(located)
}

/// A mistake in a file, with its place and what the command has for it.
pub(crate) fn located(diagnostic: Diagnostic) -> Failure {
    let diagnostic = match diagnostic.hint().and_then(worded) {
        Some(help) => diagnostic.with_help(help),
        None => diagnostic,
    };
    Failure::Input(diagnostic.render(100).trim_end().to_string())
}

/// An error of the libraries, and what the command has for it.
pub(crate) fn hinted(error: impl std::fmt::Display, hint: Option<&ExerciseHint>) -> Failure {
    match hint.and_then(worded) {
        Some(words) => usage(format!("{error}: {words}")),
        None => usage(error.to_string()),
    }
}

/// What can be done, with the names of the command.
fn worded(hint: &ExerciseHint) -> Option<String> {
    let flag = |option: &str| format!("--{}", option.replace('_', "-"));
    Some(match hint {
        ExerciseHint::Template { csv } => {
            let format = if *csv { "=csv" } else { "" };
            format!("`deltarule check EXERCISE --template{format}` writes a file to fill in")
        }
        ExerciseHint::NeedsUpdate { option } => {
            format!("leave {} out, or ask for an update with --parts", flag(option))
        }
        ExerciseHint::NeedsGradient { option } => {
            format!("leave {} out, or ask for a gradient or an update with --parts", flag(option))
        }
        ExerciseHint::NeedsMomentum => {
            "leave --momentum out, or say --optimizer momentum or nesterov".to_string()
        }
        // What later libraries add goes without words until the command has some.
        _ => return None,
    })
}

fn read(path: &str) -> Result<String, Failure> {
    let bytes = std::fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => usage(format!(
            "{path}: no such file; the sheet's exercises are 1, 2 and 3, and `deltarule solve 1 --source` prints one to \
             start from"
        )),
        _ => usage(format!("{path}: {error}")),
    })?;
    utf8(path, bytes)
}

/// The text of a file, which must be UTF-8.
pub(crate) fn utf8(path: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
            .iter()
            .filter(|b| **b == b'\n')
            .count();
        usage(format!("{path}, line {}: not valid UTF-8", line + 1))
    })
}
