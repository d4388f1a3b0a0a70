//! A single answer.

use std::path::Path;

use deltarule_exercise::marking::{report_digits, report_json_with, report_with};

use super::checker::{Checker, faults};
use super::input;
use crate::args::CheckArguments;
use crate::failure::{Failure, Outcome, usage};
use crate::render::{self, DocumentFormat};

pub(super) fn run(arguments: &CheckArguments, checker: &Checker, answers: &str) -> Outcome {
    for (option, given) in [
        ("--grading-sheet", arguments.grading_sheet.is_some()),
        ("--decimal-comma", arguments.decimal_comma),
    ] {
        if given {
            return Err(usage(format!("{option} is for a folder of answers or a .zip of them")));
        }
    }
    let output = arguments.output.as_deref();
    let format = render::format(arguments.format, output)?;
    if format == DocumentFormat::Ipynb {
        return Err(usage("a notebook computes, and a marking compares: there is none"));
    }
    let name = if answers == "-" { "standard input" } else { answers };
    let path = Path::new(answers).components();
    let names: Vec<String> =
        path.map(|name| name.as_os_str().to_string_lossy().into_owned()).collect();
    let variant =
        checker.variants.of(&names).map_err(|problem| usage(format!("{name}: {problem}")))?;
    let variant = &checker.variants.all[variant];
    let (marking, grading) = checker.mark(variant, input::read(answers)?, name)?;
    if format == DocumentFormat::Json {
        let json = report_json_with(&variant.exercise, &marking, &grading, checker.shown);
        render::write_json(&json, output)?;
    } else {
        let document = report_with(&variant.exercise, &marking, &grading, checker.shown);
        render::write(&document, format, Some(report_digits(&marking)), output)?;
    }
    match faults(&marking) {
        None => Ok(()),
        Some(faults) => Err(Failure::Check(format!("{name}: {faults}"))),
    }
}
