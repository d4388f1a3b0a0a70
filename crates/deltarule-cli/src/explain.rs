//! `deltarule explain`

use deltarule_exercise::Style;
use deltarule_tabular::{ExplainOptions, Source, TabularModel, explain};

use crate::args::ExplainArguments;
use crate::failure::Outcome;
use crate::render::{self, Format};
use crate::solve::notation;
use crate::usage;

pub(crate) fn run(arguments: &ExplainArguments) -> Outcome {
    let output = arguments.output.as_deref();
    let format = render::format(arguments.format, output)?;
    if format == Format::Json {
        return Err(usage(
            "an explanation has no JSON; `predict --proba` has the outputs of every row",
        ));
    }
    let model = TabularModel::load(&arguments.model)?;
    let read = arguments.read.over(&model.record().read);
    let source = Source::open(&arguments.data, &read)?;
    let options = ExplainOptions {
        rows: arguments.rows.clone(),
        step: arguments.step,
        style: Style { notation: notation(arguments.notation), ..Style::default() },
    };
    let document = explain(&model, &source, &options)?;
    render::write(&document, format, arguments.digits, output)
}
