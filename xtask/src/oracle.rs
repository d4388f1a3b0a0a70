//! The oracle: runs its NumPy scripts again and compares what they write with `oracle/values/`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use serde_json::Value;

use crate::compare::{Tolerance, difference};
use crate::context::Context;
use crate::step::Outcome;
use crate::tools;

/// The scripts; each writes one file, `marking` a folder of them.
const SCRIPTS: [&str; 13] = [
    "coefficients",
    "elementary",
    "activations",
    "losses",
    "gradients",
    "trajectories",
    "exercises",
    "marking",
    "metrics",
    "random_numbers",
    "wrong_rules",
    "honest",
    "one_decimal",
];
/// The scripts are exact, so that the files come out the same; a new mpmath or NumPy may still round a last bit otherwise.
const TOLERANCE: Tolerance = Tolerance { relative: 1e-13, absolute: 1e-18 };

/// What to do with the values that the scripts wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Compare,
    Write,
}

pub(crate) fn step(context: &Context) -> Outcome {
    run(context, Then::Compare)
}

pub(crate) fn run(context: &Context, then: Then) -> Outcome {
    let python = match tools::environment(context, "python", tools::REQUIREMENTS) {
        Ok(python) => python,
        Err(reason) => return Outcome::Skipped(reason),
    };
    let written = context.root.join("target/oracle-values");
    let committed = context.root.join("oracle/values");
    let result = write_values(context, &python, &written).and_then(|()| match then {
        Then::Compare => compare_folders(&committed, &written),
        Then::Write => copy_files(&written, &committed),
    });
    match result {
        Ok(note) => Outcome::Done(note),
        Err(error) => Outcome::Failed(error),
    }
}

/// Runs all scripts, beside each other, into an empty folder.
fn write_values(context: &Context, python: &Path, folder: &Path) -> Result<(), String> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    let children: Vec<(&str, std::io::Result<Child>)> = SCRIPTS
        .iter()
        .map(|script| {
            let mut command = Command::new(python);
            // -B: no __pycache__ in the source tree.
            command
                .arg("-B")
                .arg(context.root.join("oracle").join(format!("{script}.py")))
                .arg(folder);
            command.env_remove("PYTHONPATH").env_remove("PYTHONHOME");
            (*script, command.spawn())
        })
        .collect();
    let mut failed = Vec::new();
    for (script, child) in children {
        match child.and_then(|mut child| child.wait()) {
            Ok(status) if status.success() => {}
            Ok(status) => failed.push(format!("oracle/{script}.py: {status}")),
            Err(error) => failed.push(format!("oracle/{script}.py: {error}")),
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

/// The paths of all files in the folder and in those below it.
fn file_names(folder: &Path) -> Result<BTreeSet<PathBuf>, String> {
    let mut names = BTreeSet::new();
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for entry in entries {
        let path = entry.map_err(|e| format!("{}: {e}", folder.display()))?.path();
        let name = PathBuf::from(path.file_name().unwrap_or_default());
        if path.is_dir() {
            names.extend(file_names(&path)?.iter().map(|below| name.join(below)));
        } else {
            names.insert(name);
        }
    }
    Ok(names)
}

/// Compares every file; the error names each file that differs, and where.
fn compare_folders(committed: &Path, written: &Path) -> Result<String, String> {
    let (old, new) = (file_names(committed)?, file_names(written)?);
    let mut problems = Vec::new();
    for name in old.difference(&new) {
        problems.push(format!("oracle/values/{}: no script writes it", name.display()));
    }
    for name in new.difference(&old) {
        problems.push(format!("oracle/values/{}: not committed", name.display()));
    }
    let mut rounded = Vec::new();
    for name in old.intersection(&new) {
        match compare_files(&committed.join(name), &written.join(name)) {
            Ok(true) => {}
            Ok(false) => rounded.push(name.display().to_string()),
            Err(error) => problems.push(format!("oracle/values/{}: {error}", name.display())),
        }
    }
    if !problems.is_empty() {
        return Err(problems.join("\n"));
    }
    Ok(match rounded.is_empty() {
        true => format!("{} files, the same bytes", old.len()),
        false => format!("{} files, equal but for rounding in {}", old.len(), rounded.join(", ")),
    })
}

/// Whether the files have the same bytes; if not, they must agree but for rounding.
fn compare_files(committed: &Path, written: &Path) -> Result<bool, String> {
    let read = |path: &Path| std::fs::read_to_string(path).map_err(|error| error.to_string());
    let (a, b) = (read(committed)?, read(written)?);
    if a == b {
        return Ok(true);
    }
    if committed.extension().is_none_or(|extension| extension != "json") {
        return Err("committed and written differ".into());
    }
    let parse = |text: &str| serde_json::from_str::<Value>(text).map_err(|error| error.to_string());
    match difference(&parse(&a)?, &parse(&b)?, TOLERANCE) {
        None => Ok(false),
        Some(place) => Err(format!("committed and computed differ at {place}")),
    }
}

fn copy_files(from: &Path, to: &Path) -> Result<String, String> {
    let names = file_names(from)?;
    for name in &names {
        let target = to.join(name);
        std::fs::create_dir_all(target.parent().unwrap_or(to))
            .and_then(|()| std::fs::copy(from.join(name), &target))
            .map_err(|e| format!("{}: {e}", name.display()))?;
    }
    for name in file_names(to)?.difference(&names) {
        std::fs::remove_file(to.join(name)).map_err(|e| format!("{}: {e}", name.display()))?;
    }
    Ok(format!("{} files written to {}", names.len(), to.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two folders with these files, compared.
    fn compared(
        name: &str,
        committed: &[(&str, &str)],
        written: &[(&str, &str)],
    ) -> Result<String, String> {
        let root = std::env::temp_dir().join(format!("xtask-oracle-{name}-{}", std::process::id()));
        let folders = [("committed", committed), ("written", written)].map(|(folder, files)| {
            let folder = root.join(folder);
            std::fs::create_dir_all(&folder).unwrap();
            for (file, text) in files {
                let path = folder.join(file);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            folder
        });
        let result = compare_folders(&folders[0], &folders[1]);
        std::fs::remove_dir_all(&root).unwrap();
        result
    }

    #[test]
    fn the_same_and_nearly_the_same_pass() {
        let file = [("a.json", "[0.1]")];
        assert_eq!(compared("same", &file, &file), Ok("1 files, the same bytes".into()));
        let near = [("a.json", "[0.10000000000000002]")];
        let result = compared("near", &file, &near);
        assert_eq!(result, Ok("1 files, equal but for rounding in a.json".into()));
    }

    #[test]
    fn an_edited_a_missing_and_a_foreign_file_fail() {
        let file = [("a.json", "[0.1]"), ("b.json", "[]")];
        let edited = compared("edited", &file, &[("a.json", "[0.11]"), ("b.json", "[]")]);
        assert!(edited.is_err_and(|e| e.contains("a.json")
            && e.contains("/0: 0.1 and 0.11")
            && !e.contains("b.json")));
        assert!(
            compared("fewer", &file, &file[..1]).is_err_and(|e| e.contains("no script writes it"))
        );
        assert!(compared("more", &file[..1], &file).is_err_and(|e| e.contains("not committed")));
        let below = compared("below", &[("b/a.toml", "x = 1")], &[("b/a.toml", "x = 2")]);
        assert!(below.is_err_and(|e| e.contains("b/a.toml") && e.contains("differ")));
        let foreign = compared("folder", &[("b/a.toml", "x = 1")], &[("b/c.toml", "x = 1")]);
        assert!(foreign.is_err_and(|e| e.contains("b/a.toml") && e.contains("b/c.toml")));
        assert!(compared("broken", &file[..1], &[("a.json", "[0.1")]).is_err());
    }
}
