//! The command `deltarule`: translates what is typed into calls of the libraries, and their results into text.
//!
//! A library, because the Python package brings the same command along.

mod args;
mod check;
mod choices;
mod compare;
#[cfg(feature = "tables")]
mod datasets;
#[cfg(feature = "tables")]
mod evaluate;
mod exercise;
#[cfg(feature = "tables")]
mod explain;
mod failure;
mod formulas;
#[cfg(feature = "tables")]
mod hint;
#[cfg(feature = "tables")]
mod inspect;
mod new;
#[cfg(feature = "tables")]
mod predict;
mod render;
mod scheme;
#[cfg(feature = "tables")]
mod shell;
mod solve;
mod style;
#[cfg(feature = "tables")]
mod table;
#[cfg(feature = "tables")]
mod train;

use std::ffi::OsString;
use std::io::Write as _;

use clap::{CommandFactory as _, Parser as _};

use args::{Arguments, Command};
use failure::Outcome;

/// Runs the command with these arguments, the program's name among them; its exit code.
///
/// 0 when all is well, 1 when a check failed, 2 on a usage or input error, 130 after Ctrl-C.
pub fn main_with(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(usage) => {
            // Help and version go to standard output, errors to standard error; nothing can be done when it is closed.
            let _ = usage.print();
            return u8::try_from(usage.exit_code()).unwrap_or(2);
        }
    };
    match run(arguments.command) {
        Ok(()) => 0,
        Err(failure) => {
            if let Some(message) = failure.message() {
                // Nothing can be done when standard error is closed too.
                let _ = writeln!(std::io::stderr(), "{message}");
            }
            failure.code()
        }
    }
}

fn run(command: Command) -> Outcome {
    match command {
        Command::Solve(arguments) => solve::run(&arguments),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::New(arguments) => new::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        #[cfg(feature = "tables")]
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Formulas(arguments) => formulas::run(&arguments),
        #[cfg(feature = "tables")]
        Command::Train(arguments) => train::run(&arguments),
        #[cfg(feature = "tables")]
        Command::Predict(arguments) => predict::run(&arguments),
        #[cfg(feature = "tables")]
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        #[cfg(feature = "tables")]
        Command::Inspect(arguments) => inspect::run(&arguments),
        #[cfg(feature = "tables")]
        Command::Datasets => datasets::run(),
        Command::Completions { shell } => {
            let mut out = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "deltarule", &mut out);
            failure::emit(&String::from_utf8_lossy(&out))
        }
    }
}
