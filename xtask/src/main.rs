//! What a developer runs: `cargo xtask test`, `cargo xtask oracle`, `cargo xtask bench`.
//!
//! `test` is what CI runs. Its steps are in [`steps`]; each says what came of it, and the summary counts what was skipped.

mod arrows;
mod bench;
mod browser;
mod cargo;
mod code;
mod command;
mod compare;
mod compile;
mod context;
mod dist;
mod documents;
mod folder;
mod house;
mod latex;
mod modules;
mod notebooks;
mod oracle;
mod package;
mod pdf;
mod runner;
mod step;
mod steps;
mod tests;
mod tools;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use context::Context;
use step::{Outcome, Step};
use steps::{EXHAUSTIVE, EXTRA, STEPS};

const HELP: &str = "\
What a developer runs.

cargo xtask test [--only STEP]… [--list]   every check that CI makes, or only the steps named
                 [--exhaustive]            and the elementary functions of every f32, which takes minutes
cargo xtask extra                          what is exhaustive (the grid of mistakes, every f32, older scikit-learn, all
                                           pages, the command without tables) or needs more tools: the WebAssembly
                                           target, the minimum Rust version, cargo-deny, the address sanitizer; what is
                                           not installed is skipped
cargo xtask oracle [--write]               runs the oracle's scripts again and compares with oracle/values,
                                           or writes what they give there
cargo xtask bench …                        times the engine; `cargo xtask bench --help` has the details
cargo xtask dist …                         builds and checks what a release publishes; `cargo xtask dist --help` has the details
cargo xtask help                           this

With CI=true a step of `test` whose outside program is missing fails; elsewhere it is skipped, and the summary
counts it.
";

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
enum Command {
    Help,
    List,
    Test {
        /// The names of the steps to run; all of them if there are none.
        only: Vec<String>,
        /// And the step that takes long.
        exhaustive: bool,
    },
    Extra,
    Oracle(oracle::Then),
    BenchHelp,
    Bench(bench::Options),
    Dist(dist::Options),
}

fn parse(arguments: &[String]) -> Result<Command, String> {
    let mut arguments = arguments.iter().map(String::as_str);
    match arguments.next() {
        None | Some("help" | "--help" | "-h") => Ok(Command::Help),
        Some("test") => {
            let (mut only, mut exhaustive) = (Vec::new(), false);
            while let Some(argument) = arguments.next() {
                match argument {
                    "--list" => return Ok(Command::List),
                    "--exhaustive" => exhaustive = true,
                    "--only" => only.push(step_name(arguments.next())?),
                    other => return Err(format!("`test` has no option {other}")),
                }
            }
            Ok(Command::Test { only, exhaustive })
        }
        Some("extra") => match arguments.next() {
            None => Ok(Command::Extra),
            Some(other) => Err(format!("`extra` has no option {other}")),
        },
        Some("oracle") => match (arguments.next(), arguments.next()) {
            (None, _) => Ok(Command::Oracle(oracle::Then::Compare)),
            (Some("--write"), None) => Ok(Command::Oracle(oracle::Then::Write)),
            (Some(other), _) => Err(format!("`oracle` takes --write at most, not {other}")),
        },
        Some("bench") => {
            let rest: Vec<&str> = arguments.collect();
            match rest.first() {
                Some(&("--help" | "-h")) => Ok(Command::BenchHelp),
                _ => bench::Options::parse(rest.into_iter()).map(Command::Bench),
            }
        }
        Some("dist") => dist::Options::parse(arguments).map(Command::Dist),
        Some(other) => Err(format!("there is no command {other}")),
    }
}

fn step_name(name: Option<&str>) -> Result<String, String> {
    let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
    match name {
        Some(name) if names.contains(&name) => Ok(name.to_string()),
        Some(name) => Err(format!("there is no step {name}; there are {}", names.join(", "))),
        None => Err("--only needs the name of a step".to_string()),
    }
}

/// The root of the workspace: above the manifest that cargo runs us from.
fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let manifest = manifest.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    manifest.parent().map_or_else(|| manifest.clone(), Path::to_path_buf)
}

fn main() -> ExitCode {
    // The step of the documentation lets cargo call this program in rustdoc's place.
    if let Some(pages) = std::env::var_os(cargo::DOCUMENT_INTO) {
        return cargo::document(&pages);
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let command = match parse(&arguments) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("error: {error}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    let context = Context::new(root(), std::env::var("CI").is_ok_and(|ci| ci == "true"));
    let passed = match command {
        Command::Help => {
            print!("{HELP}");
            true
        }
        Command::List => {
            for step in STEPS {
                println!("{:<10}  {}", step.name, step.what);
            }
            true
        }
        Command::Test { only, exhaustive } => {
            let mut chosen = runner::chosen(STEPS, &only);
            chosen.extend(exhaustive.then_some(&EXHAUSTIVE));
            runner::run(&context, &chosen)
        }
        // Skipped there is never a failure: nobody has to have these tools.
        Command::Extra => {
            let chosen: Vec<&Step> = EXTRA.iter().chain([&EXHAUSTIVE]).collect();
            runner::run(&Context { ci: false, ..context }, &chosen)
        }
        Command::BenchHelp => {
            println!("{}", bench::HELP);
            true
        }
        Command::Bench(options) => bench::run(&context, &options),
        Command::Dist(options) => dist::run(&context, &options),
        Command::Oracle(then) => match oracle::run(&context, then).under(&context) {
            Outcome::Done(note) => {
                println!("{note}");
                true
            }
            Outcome::Skipped(reason) | Outcome::Failed(reason) => {
                eprintln!("error: {reason}");
                false
            }
        },
    };
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests_of_main {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(&line.split_whitespace().map(String::from).collect::<Vec<_>>())
    }

    #[test]
    fn the_command_line_is_understood() {
        assert_eq!(parsed(""), Ok(Command::Help));
        assert_eq!(parsed("test"), Ok(Command::Test { only: vec![], exhaustive: false }));
        assert_eq!(
            parsed("test --only arrows --exhaustive"),
            Ok(Command::Test { only: vec!["arrows".into()], exhaustive: true })
        );
        assert_eq!(parsed("test --list"), Ok(Command::List));
        assert_eq!(parsed("extra"), Ok(Command::Extra));
        assert_eq!(
            parsed("test --only arrows --only oracle"),
            Ok(Command::Test { only: vec!["arrows".into(), "oracle".into()], exhaustive: false })
        );
        assert_eq!(parsed("oracle --write"), Ok(Command::Oracle(oracle::Then::Write)));
        assert_eq!(parsed("bench --help"), Ok(Command::BenchHelp));
        assert!(matches!(parsed("bench mnist --threads 1"), Ok(Command::Bench(_))));
    }

    #[test]
    fn what_is_not_there_is_named() {
        assert_eq!(parsed("tests"), Err("there is no command tests".into()));
        assert!(
            parsed("test --only arrow")
                .unwrap_err()
                .starts_with("there is no step arrow; there are")
        );
        assert!(parsed("test --only").is_err());
        assert!(parsed("test --quick").is_err());
        assert!(parsed("oracle --write twice").is_err());
        assert!(parsed("bench minst").is_err_and(|error| error.contains("minst")));
    }
}
