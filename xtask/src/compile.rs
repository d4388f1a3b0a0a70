//! The one build of a test run: libraries, test programs, the command and the extension module of Python.
//!
//! clippy is a driver of the compiler that also looks for lints, so one pass compiles and lints; cargo asks it through
//! `RUSTC_WORKSPACE_WRAPPER`, as `cargo clippy` does. What is built so lies beside what a plain `cargo build` builds; only
//! the dependencies are shared.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;

use serde_json::Value;

use crate::command::{cargo, output};
use crate::context::{Build, Context, TestProgram};
use crate::step::Outcome;

const DRIVER: &str = "clippy-driver";

pub(crate) fn step(context: &Context) -> Outcome {
    let linted = output(DRIVER, &["--version"]).is_some();
    if !linted && context.ci {
        return Outcome::Failed("there is no clippy (rustup component add clippy)".to_string());
    }
    match build(context) {
        Ok((build, runs)) => {
            let programs = build.tests.len();
            // The step runs once.
            let _ = context.build.set(build);
            let lints = if linted { "" } else { "; no lints: rustup component add clippy" };
            Outcome::Done(format!("{runs} compiler runs, {programs} test programs{lints}"))
        }
        Err(error) => Outcome::Failed(error),
    }
}

/// Lets cargo compile with clippy's driver, where it is, and with warnings as errors.
pub(crate) fn with_lints(command: &mut Command) {
    if output(DRIVER, &["--version"]).is_some() {
        command.env("RUSTC_WORKSPACE_WRAPPER", DRIVER);
        // How `cargo clippy` hands arguments on.
        command.env("CLIPPY_ARGS", "-Dwarnings__CLIPPY_HACKERY__");
    }
}

fn build(context: &Context) -> Result<(Build, usize), String> {
    // Not the programs of xtask and bench: the first is running, the second is a program for `cargo xtask bench`.
    let what = ["build", "--workspace", "--all-features", "--lib", "--tests"];
    let mut command = cargo(context, &what);
    command.args(["--message-format", "json-render-diagnostics"]);
    with_lints(&mut command);
    // Cargo's own report goes straight through: this is what one waits for.
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cargo: {error}"))?;
    let mut build = Build::default();
    let mut runs = 0;
    let messages = child.stdout.take().ok_or("cargo has no output")?;
    for line in BufReader::new(messages).lines() {
        let line = line.map_err(|error| format!("cargo: {error}"))?;
        let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
        runs += usize::from(is_compiler_run(&message));
        enter(&mut build, &message);
    }
    context.compiler_runs.fetch_add(runs, Ordering::Relaxed);
    let status = child.wait().map_err(|error| format!("cargo: {error}"))?;
    if !status.success() {
        return Err(format!("cargo {}: {status}", what.join(" ")));
    }
    if build.tests.is_empty() || build.command.as_os_str().is_empty() {
        return Err("cargo has built no tests or no command".to_string());
    }
    if build.module.as_os_str().is_empty() {
        return Err("cargo has built no extension module".to_string());
    }
    Ok((build, runs))
}

/// Whether the compiler ran for this message, rather than finding that nothing changed.
pub(crate) fn is_compiler_run(message: &Value) -> bool {
    message["reason"] == "compiler-artifact" && message["fresh"] == false
}

/// Where a message of cargo says that the command lies.
pub(crate) fn command(message: &Value) -> Option<PathBuf> {
    let target = &message["target"];
    // The engine has the command's name.
    let is_command = target["name"] == "deltarule" && target["kind"][0] == "bin";
    message["executable"].as_str().filter(|_| is_command).map(PathBuf::from)
}

/// Takes from a message of cargo what we are looking for.
fn enter(build: &mut Build, message: &Value) {
    if message["reason"] != "compiler-artifact" {
        return;
    }
    let target = &message["target"];
    let (name, kind) = (target["name"].as_str().unwrap_or_default(), &target["kind"][0]);
    let program = message["executable"].as_str().map(PathBuf::from);
    match program {
        Some(program) if message["profile"]["test"] == true => {
            let manifest = Path::new(message["manifest_path"].as_str().unwrap_or_default());
            let folder = manifest.parent().unwrap_or(Path::new(".")).to_path_buf();
            let package = folder.file_name().unwrap_or_default().to_string_lossy();
            let name = match kind.as_str() {
                Some("test") => format!("{package} ({name})"),
                _ => package.into_owned(),
            };
            build.tests.push(TestProgram { name, program, folder });
        }
        Some(_) => {
            if let Some(program) = command(message) {
                build.command = program;
            }
        }
        None if *kind == "cdylib" => {
            let files = message["filenames"].as_array().into_iter().flatten();
            let library = |path: &&str| {
                ["so", "dylib", "dll"]
                    .iter()
                    .any(|e| Path::new(path).extension() == Some(e.as_ref()))
            };
            if let Some(path) = files.filter_map(Value::as_str).find(library) {
                build.module = PathBuf::from(path);
            }
        }
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: &str, name: &str, test: bool, executable: bool) -> Value {
        let executable = executable.then(|| format!("/t/debug/{name}"));
        serde_json::json!({
            "reason": "compiler-artifact",
            "manifest_path": "/w/crates/deltarule-cli/Cargo.toml",
            "target": { "kind": [kind], "name": name },
            "profile": { "test": test },
            "filenames": [format!("/t/debug/lib{name}.rmeta"), format!("/t/debug/lib{name}.so")],
            "executable": executable,
            "fresh": false,
        })
    }

    #[test]
    fn what_was_built_is_found_among_the_messages_of_cargo() {
        let mut build = Build::default();
        for message in [
            message("lib", "deltarule", false, false),
            message("bin", "deltarule", false, true),
            message("bin", "xtask", false, true),
            message("cdylib", "_core", false, false),
            message("test", "it", true, true),
            message("lib", "deltarule_cli", true, true),
            serde_json::json!({ "reason": "build-finished", "success": true }),
        ] {
            enter(&mut build, &message);
        }
        assert_eq!(build.command, Path::new("/t/debug/deltarule"));
        assert_eq!(build.module, Path::new("/t/debug/lib_core.so"));
        let names: Vec<&str> = build.tests.iter().map(|t| t.name.as_str()).collect();
        assert_eq!(names, ["deltarule-cli (it)", "deltarule-cli"]);
        assert!(build.tests.iter().all(|t| t.folder == Path::new("/w/crates/deltarule-cli")));
    }

    #[test]
    fn only_what_was_compiled_anew_counts() {
        let mut fresh = message("lib", "deltarule", false, false);
        assert!(is_compiler_run(&fresh));
        fresh["fresh"] = true.into();
        assert!(!is_compiler_run(&fresh));
        assert!(!is_compiler_run(&serde_json::json!({ "reason": "build-script-executed" })));
    }
}
