//! `deltarule solve`

use deltarule_document::{Inline, Prose};
use deltarule_exercise::{Style, solve, to_document, write_json};

use crate::args::SolveArguments;
use crate::exercise;
use crate::failure::{Outcome, usage};
use crate::render::{self, DIGITS, DocumentFormat};
use crate::style::notebook_holds;

pub(crate) fn run(arguments: &SolveArguments) -> Outcome {
    let name = &arguments.exercise;
    let output = arguments.output.as_deref();
    if arguments.source {
        let text = exercise::text(name)?;
        return render::to_output(output, |out| out.write_all(text.as_bytes()));
    }
    let format = render::format(arguments.format, output)?;
    if format == DocumentFormat::Json {
        let unused = [
            ("--digits", arguments.digits.is_some(), "JSON holds every number at full precision"),
            ("--notation", arguments.notation.is_some(), "the names in JSON are fixed"),
            ("--batch", arguments.batch.is_some(), "JSON has a column per example"),
            ("--blank", arguments.blank, "JSON is for programs"),
        ];
        if let Some((option, _, why)) = unused.iter().find(|(_, given, _)| *given) {
            return Err(usage(format!("{option} is for documents: {why}")));
        }
    }
    if format == DocumentFormat::Ipynb && arguments.blank {
        return Err(usage("--blank leaves the results out, and a notebook computes them"));
    }
    let exercise = exercise::exercise(name)?;
    if format == DocumentFormat::Ipynb {
        notebook_holds(name, exercise.network.parameter_count())?;
    }
    let solution = solve(&exercise).map_err(|error| usage(format!("{name}: {error}")))?;
    if format == DocumentFormat::Json {
        return render::to_output(output, |out| {
            write_json(&solution, &mut *out)?;
            out.write_all(b"\n")
        });
    }
    let style = Style {
        notation: arguments.notation.unwrap_or_default(),
        batch: arguments.batch.unwrap_or_default(),
        blank: arguments.blank,
        code: format == DocumentFormat::Ipynb,
        digits: arguments.digits.unwrap_or(DIGITS),
    };
    let mut document = to_document(&solution, &style);
    // A worksheet asks for numbers, and answers no questions.
    if name == exercise::ASKS_FOR_DIFFERENCES && !arguments.blank {
        document.heading(1, "The major differences");
        document.paragraph(major_differences(name));
    }
    render::write(&document, format, arguments.digits, output)
}

/// Where the question that the sheet asks in this exercise is answered.
fn major_differences(name: &str) -> Prose {
    let mut prose = Prose::text(
        "What are the major differences to the same exercise with another loss and other outputs? The command ",
    );
    prose.0.push(Inline::Code(format!("deltarule compare {name} --short")));
    prose = prose.and_text(" answers that on one page from the numbers of this exercise; without ");
    prose.0.push(Inline::Code("--short".into()));
    prose.and_text(" it shows all of them.")
}
