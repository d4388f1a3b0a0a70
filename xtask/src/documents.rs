//! Documents as the command writes them: what the steps that look at documents look at.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::cargo::cargo;
use crate::steps::Context;

/// Exercises of every kind.
const GALLERY: &str = "crates/deltarule-exercise/tests/gallery";

/// An answer with a mistake, marked.
pub(crate) const MARKING: Asked = (
    "check-published",
    &[
        "check",
        "oracle/values/marking/exercises/published-without-biases-2-2-1.toml",
        "oracle/values/marking/answers/published/without-biases-2-2-1.toml",
    ],
);

/// Small models, one for classes and one for numbers, each with what trains it. The columns of the second are numbers and a
/// category.
const MODELS: &[(&str, &[&str])] = &[
    ("target/models/classes.safetensors", &["iris", "--hidden", "5,3", "--epochs", "20"]),
    (
        "target/models/numbers.safetensors",
        &["iris", "--target", "sepal_length", "--hidden", "4", "--epochs", "20"],
    ),
];
/// What these models explain.
const EXPLANATIONS: &[Asked] = &[
    ("explain-classes", &["explain", MODELS[0].0, "iris", "--rows", "3"]),
    ("explain-classes-step", &["explain", MODELS[0].0, "iris", "--rows", "3,60,120", "--step"]),
    ("explain-numbers", &["explain", MODELS[1].0, "iris", "--rows", "3,60"]),
    ("explain-numbers-step", &["explain", MODELS[1].0, "iris", "--rows", "120", "--step"]),
];

/// A document: its name, and what is asked of the command.
pub(crate) type Asked = (&'static str, &'static [&'static str]);

/// Lets the command write these documents, what two models explain, and the solution of every exercise of the gallery, in
/// the format of this ending into an empty folder; returns their paths.
pub(crate) fn write(
    context: &Context,
    folder: &Path,
    ending: &str,
    asked: &[Asked],
) -> Result<Vec<PathBuf>, String> {
    empty(folder)?;
    let program = program(context)?;
    train(context, &program)?;
    let mut written = Vec::new();
    let mut deltarule = |name: &str, arguments: &[&str]| {
        let output = folder.join(format!("{name}.{ending}"));
        let mut command = Command::new(&program);
        command.current_dir(&context.root);
        // A marking that finds a mistake says so by its exit code.
        let good: &[i32] = if arguments.first() == Some(&"check") { &[0, 1] } else { &[0] };
        ends(command.args(arguments).arg("--output").arg(&output), good)?;
        written.push(output);
        Ok::<(), String>(())
    };
    for (name, arguments) in asked.iter().chain(EXPLANATIONS) {
        deltarule(name, arguments)?;
    }
    for path in files(&context.root.join(GALLERY), "toml")? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        deltarule(&format!("gallery-{name}"), &["solve", &path.to_string_lossy()])?;
    }
    Ok(written)
}

/// Where the command lies, built as the step of the tests builds it: for its package alone, all that it depends on would be
/// built once more, with other features. (For whoever runs one step alone this builds the writer of PDF too.)
pub(crate) fn program(context: &Context) -> Result<PathBuf, String> {
    let build =
        ["test", "--quiet", "--workspace", "--all-features", "--test", "command", "--no-run"];
    let mut command = cargo(context, &build);
    command.args(["--message-format", "json-render-diagnostics"]).stderr(Stdio::inherit());
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", output.status));
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(executable)
        .ok_or_else(|| format!("{command:?} built no command"))
}

/// Where a message of cargo says that the command lies.
fn executable(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let target = &message["target"];
    let is_command = target["name"] == "deltarule" && target["kind"][0] == "bin";
    message["executable"].as_str().filter(|_| is_command).map(PathBuf::from)
}

/// Trains the models that explain themselves.
fn train(context: &Context, program: &Path) -> Result<(), String> {
    let folder = context.root.join("target/models");
    empty(&folder)?;
    for (path, arguments) in MODELS {
        let mut command = Command::new(program);
        command.current_dir(&context.root);
        command.arg("train").args(*arguments).args(["--quiet", "--output", path]);
        run(&mut command)?;
    }
    Ok(())
}

/// Makes a folder, or takes everything out of it.
pub(crate) fn empty(folder: &Path) -> Result<(), String> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))
}

/// Runs a command; the error says which one failed.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    ends(command, &[0])
}

/// Runs a command that may end with these exit codes.
fn ends(command: &mut Command, good: &[i32]) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.code().is_some_and(|code| good.contains(&code)) => Ok(()),
        Ok(status) => Err(format!("{command:?}: {status}")),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}

/// The files of a folder with this ending, sorted.
pub(crate) fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == ending))
        .collect();
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_found_among_the_messages_of_cargo() {
        let message = |kind: &str, name: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","target":{{"kind":["{kind}"],"name":"{name}"}},"executable":"target/debug/{name}"}}"#
            )
        };
        assert_eq!(executable(&message("bin", "deltarule")), Some("target/debug/deltarule".into()));
        // The engine has the name of the command.
        assert_eq!(executable(&message("lib", "deltarule")), None);
        assert_eq!(executable(&message("bin", "xtask")), None);
        assert_eq!(executable(r#"{"reason":"build-finished","success":true}"#), None);
        assert_eq!(executable("no JSON"), None);
    }
}
