//! `deltarule solve`

use std::io::{BufWriter, Write};

use deltarule_document::{TextOptions, render_text};
use deltarule_exercise::{Exercise, sheet, solve, to_document, write_json};
use deltarule_tabular::AtomicFile;

use crate::args::{SolutionFormat, SolveArguments};
use crate::failure::{Failure, Outcome};
use crate::usage;

pub(crate) fn run(arguments: &SolveArguments) -> Outcome {
    let name = &arguments.exercise;
    let text = match name.parse().ok().and_then(sheet) {
        Some(text) => text.to_string(),
        None => read(name)?,
    };
    if arguments.source {
        return write(arguments, |out| out.write_all(text.as_bytes()));
    }
    let exercise = Exercise::parse(&text, name)
        .map_err(|diagnostic| Failure::Input(diagnostic.render(100).trim_end().to_string()))?;
    let solution = solve(&exercise).map_err(|error| usage(format!("{name}: {error}")))?;
    let is_json = arguments
        .output
        .as_ref()
        .is_some_and(|path| path.extension().is_some_and(|ending| ending == "json"));
    let standard = if is_json { SolutionFormat::Json } else { SolutionFormat::Text };
    match arguments.format.unwrap_or(standard) {
        SolutionFormat::Text => {
            let mut options = TextOptions::default();
            options.digits = arguments.digits.unwrap_or(options.digits);
            write(arguments, |out| {
                out.write_all(render_text(&to_document(&solution), &options).as_bytes())
            })
        }
        SolutionFormat::Json if arguments.digits.is_some() => {
            Err(usage("--digits is for text: JSON holds every number at full precision"))
        }
        SolutionFormat::Json => write(arguments, |out| {
            write_json(&solution, &mut *out)?;
            out.write_all(b"\n")
        }),
    }
}

fn read(path: &str) -> Result<String, Failure> {
    let bytes = std::fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => usage(format!(
            "{path}: no such file; the sheet's exercises are 1, 2 and 3, and `deltarule solve 1 --source` prints one to \
             start from"
        )),
        _ => usage(format!("{path}: {error}")),
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
            .iter()
            .filter(|b| **b == b'\n')
            .count();
        usage(format!("{path}, line {}: not valid UTF-8", line + 1))
    })
}

/// Hands `fill` the file that was asked for, which then appears whole or not at all, or standard output.
fn write(
    arguments: &SolveArguments,
    fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Outcome {
    match &arguments.output {
        None => {
            let mut out = BufWriter::new(std::io::stdout().lock());
            fill(&mut out)?;
            out.flush()?;
            Ok(())
        }
        Some(path) => {
            let mut file = AtomicFile::create(path)?;
            fill(&mut file)?;
            Ok(file.commit()?)
        }
    }
}
