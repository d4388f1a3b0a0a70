//! `cargo xtask bench`: how fast we are, and how fast the others.
//!
//! Our side is the package `deltarule-bench`; the rivals are programs under `bench/rivals`. All of them print a JSON object
//! a line; this module runs them one after the other, checks that they computed the same, and writes lines and tables.
//! Lines go to standard output, remarks to standard error, tables to `bench/RESULTS.md`.

mod agree;
mod alone;
mod inference;
mod line;
mod machine;
mod options;
mod package;
mod program;
mod reports;
mod results;
mod rivals;
mod training;

pub(crate) use options::{HELP, Options};

use options::What;

use crate::context::Context;

/// Runs a benchmark; whether all went well.
pub(crate) fn run(context: &Context, options: &Options) -> bool {
    let machine = machine::describe();
    println!("{machine}");
    let result = program::build(context).and_then(|()| match &options.what {
        What::Training(workloads) => training::run(context, options, workloads, &machine),
        What::Report(report) => alone::run(context, options, report, &machine),
        What::Inference => inference::run(context, options, &machine),
        What::Python => package::run(context, &machine),
    });
    if let Err(error) = &result {
        eprintln!("error: {error}");
    }
    result.is_ok()
}
