//! Programs that print a JSON object a line: ours, and the rivals.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::command::{self, cargo};
use crate::context::Context;

/// Our side of the benchmark.
const PACKAGE: &str = "deltarule-bench";

/// Builds our program, so that nothing is built while something is measured.
pub(crate) fn build(context: &Context) -> Result<(), String> {
    command::run(&mut cargo(context, &["build", "--quiet", "--release", "--package", PACKAGE]))
}

/// Runs our program and returns what it says last.
pub(crate) fn ours(context: &Context, arguments: &[&str]) -> Result<Value, String> {
    let mut command = cargo(context, &["run", "--quiet", "--release", "--package", PACKAGE, "--"]);
    let mut last = None;
    records(command.args(arguments), |record| {
        last = Some(record);
        Ok(())
    })?;
    last.ok_or_else(|| format!("{PACKAGE} {} said nothing", arguments.join(" ")))
}

/// Runs a program and hands over each object that it prints, at once; an error ends the program.
pub(crate) fn records(
    command: &mut Command,
    mut take: impl FnMut(Value) -> Result<(), String>,
) -> Result<(), String> {
    let name = command.get_program().display().to_string();
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|e| format!("{name}: {e}"))?;
    let output = child.stdout.take().ok_or("a program without an output")?;
    for line in BufReader::new(output).lines() {
        let taken = line
            .map_err(|error| error.to_string())
            .and_then(|line| serde_json::from_str(&line).map_err(|e| format!("{e}: {line}")))
            .and_then(&mut take);
        if let Err(error) = taken {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
            return Err(error);
        }
    }
    match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name}: {status}")),
        Err(error) => Err(format!("{name}: {error}")),
    }
}

/// The number of this name.
pub(crate) fn number(record: &Value, name: &str) -> Result<f64, String> {
    record[name].as_f64().ok_or_else(|| format!("no number {name:?} in {record}"))
}

/// The text of this name.
pub(crate) fn text<'a>(record: &'a Value, name: &str) -> Result<&'a str, String> {
    record[name].as_str().ok_or_else(|| format!("no text {name:?} in {record}"))
}

/// The list of numbers of this name.
pub(crate) fn numbers(record: &Value, name: &str) -> Result<Vec<f64>, String> {
    let list = record[name].as_array();
    // What is not a number in JSON, such as NaN, differs from everything.
    let list = list.map(|list| list.iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect());
    list.ok_or_else(|| format!("no list {name:?} in {record}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_program_is_ended_when_what_it_says_is_refused() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo '{\"a\": 1}'; exec sleep 600"]);
        let result = records(&mut command, |record| match number(&record, "a")? {
            1.0 => Err("one".to_string()),
            _ => Ok(()),
        });
        assert_eq!(result, Err("one".to_string()));
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_fails_or_says_something_else_is_an_error() {
        let run = |script: &str| {
            records(Command::new("sh").args(["-c", script]), |record| text(&record, "a").map(drop))
        };
        assert_eq!(run("echo '{\"a\": \"b\"}'"), Ok(()));
        assert!(run("echo '{}'").unwrap_err().contains("no text"));
        assert!(run("echo warning").unwrap_err().contains("warning"));
        assert!(run("exit 3").unwrap_err().contains('3'));
    }
}
