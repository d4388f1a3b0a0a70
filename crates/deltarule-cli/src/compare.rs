//! `deltarule compare`

use deltarule_exercise::{Style, compare};

use crate::args::CompareArguments;
use crate::exercise;
use crate::failure::{Outcome, usage};
use crate::render::{self, DocumentFormat};
use crate::style::notebook_holds;

pub(crate) fn run(arguments: &CompareArguments) -> Outcome {
    let name = &arguments.exercise;
    let output = arguments.output.as_deref();
    let format = render::format(arguments.format, output)?;
    if arguments.short {
        let why = match format {
            DocumentFormat::Json => Some("JSON holds every number"),
            DocumentFormat::Ipynb => Some("a notebook computes every number"),
            _ => None,
        };
        if let Some(why) = why {
            return Err(usage(format!("--short is for one page: {why}")));
        }
    }
    let exercise = exercise::exercise(name)?;
    let parameters = exercise.network.parameter_count();
    if format == DocumentFormat::Ipynb {
        notebook_holds(name, parameters)?;
    }
    let comparison = compare(&exercise, &arguments.losses, &arguments.outputs)
        .map_err(|error| usage(format!("{name}: {error}")))?;
    if format == DocumentFormat::Json {
        return render::to_output(output, |out| {
            serde_json::to_writer_pretty(&mut *out, &comparison.to_json())?;
            out.write_all(b"\n")
        });
    }
    let style = Style {
        notation: arguments.notation.unwrap_or_default(),
        code: format == DocumentFormat::Ipynb,
        ..Style::default()
    };
    let document = if arguments.short {
        comparison.to_short_document(&style)
    } else {
        comparison.to_document(&style)
    };
    render::write(&document, format, arguments.digits, output)
}
