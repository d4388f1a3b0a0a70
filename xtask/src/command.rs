//! Commands that steps start, and what becomes of their output.

use std::ffi::OsString;
use std::process::{Command, Stdio};

use crate::context::{Context, shown};

/// cargo, at the root.
pub(crate) fn cargo(context: &Context, arguments: &[&str]) -> Command {
    let mut command =
        Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.args(arguments).current_dir(&context.root);
    command
}

/// What a program prints, if it is there and succeeds.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What a program prints; what it reports beside that goes into the file of the step, and into the error when it fails.
pub(crate) fn said(context: &Context, step: &str, command: &mut Command) -> Result<String, String> {
    let shown = shown(command);
    let output = command.output().map_err(|error| format!("{shown}: {error}"))?;
    let report = String::from_utf8_lossy(&output.stderr);
    context.keep(step, &format!("$ {shown}\n{report}"))?;
    if !output.status.success() {
        return Err(format!("{shown}: {}\n{}", output.status, report.trim_end()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// Runs a command whose output goes through; the error says which one failed.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?}: {status}")),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}
