//! `deltarule formulas`

use deltarule_worked::formula_sheet;

use crate::args::FormulasArguments;
use crate::failure::{Outcome, usage};
use crate::render::{self, DocumentFormat};

pub(crate) fn run(arguments: &FormulasArguments) -> Outcome {
    let output = arguments.output.as_deref();
    let format = render::format(arguments.format, output)?;
    if format == DocumentFormat::Json {
        return Err(usage("the note sheet has no JSON"));
    }
    let document = formula_sheet(&arguments.names).map_err(|error| usage(error.to_string()))?;
    render::write(&document, format, None, output)
}
