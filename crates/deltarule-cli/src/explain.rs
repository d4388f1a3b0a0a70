//! `deltarule explain`

use deltarule_exercise::Style;
use deltarule_tabular::{ExplainOptions, Source, TabularModel, explain};

use crate::args::ExplainArguments;
use crate::failure::{Outcome, usage};
use crate::render::{self, DIGITS, DocumentFormat};
use crate::style::notebook_holds;

pub(crate) fn run(arguments: &ExplainArguments) -> Outcome {
    let output = arguments.output.as_deref();
    let format = render::format(arguments.format, output)?;
    if format == DocumentFormat::Json {
        return Err(usage(
            "an explanation has no JSON; `predict --proba` has the outputs of every row",
        ));
    }
    let model = TabularModel::load(&arguments.model)?;
    if format == DocumentFormat::Ipynb {
        notebook_holds(&arguments.model.display().to_string(), model.network().parameter_count())?;
    }
    let read = arguments.read.over(&model.record().read);
    let source = Source::open(&arguments.data, &read)?;
    let options = ExplainOptions {
        rows: arguments.rows.clone(),
        step: arguments.step,
        style: Style {
            notation: arguments.notation.unwrap_or_default(),
            digits: arguments.digits.unwrap_or(DIGITS),
            code: format == DocumentFormat::Ipynb,
            ..Style::default()
        },
    };
    let document = explain(&model, &source, &options)?;
    render::write(&document, format, arguments.digits, output)
}
