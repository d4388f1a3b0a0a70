//! The exercise that is answered, or the variants of it among which an answer has to find its own.

use std::path::{Path, PathBuf};

use deltarule_exercise::marking::{MarkingScheme, check_size};
use deltarule_exercise::{Exercise, sheet};

use crate::args::CheckArguments;
use crate::exercise;
use crate::failure::{Failure, usage};
use crate::scheme;

/// An exercise and what its quantities are worth.
pub(super) struct ClassVariant {
    /// What messages call it.
    pub(super) shown: String,
    /// What the names of its answers begin with.
    pub(super) stem: String,
    pub(super) exercise: Exercise,
    pub(super) scheme: MarkingScheme,
}

/// One exercise, or those of a folder.
pub(super) struct Variants {
    pub(super) all: Vec<ClassVariant>,
    /// Whether the name of an answer says which of them it belongs to.
    pub(super) by_name: bool,
    /// The files, which are no answers.
    pub(super) files: Vec<PathBuf>,
}

impl Variants {
    pub(super) fn load(arguments: &CheckArguments) -> Result<Self, Failure> {
        let name = &arguments.exercise;
        let is_sheet = name.parse().ok().and_then(sheet).is_some();
        let by_name = !is_sheet && Path::new(name).is_dir();
        let files = if by_name { exercises_in(name)? } else { vec![PathBuf::from(name)] };
        let mut all = Vec::new();
        for file in &files {
            let shown = file.display().to_string();
            let exercise = exercise::exercise(&shown)?;
            check_size(&exercise).map_err(|problem| usage(format!("{shown}: {problem}")))?;
            let scheme = scheme::scheme(arguments, &exercise)?;
            let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            all.push(ClassVariant { shown, stem, exercise, scheme });
        }
        Ok(Self { all, by_name, files })
    }

    /// Which exercise is answered by a file with these names on its path: the one whose name begins one of them, the longest
    /// if there are several.
    pub(super) fn of(&self, names: &[String]) -> Result<usize, String> {
        if !self.by_name {
            return Ok(0);
        }
        let fitting = |variant: &ClassVariant| names.iter().any(|name| begins(name, &variant.stem));
        let all = self.all.iter().enumerate().filter(|(_, variant)| fitting(variant));
        let longest = all.clone().map(|(_, variant)| variant.stem.chars().count()).max();
        let best: Vec<(usize, &ClassVariant)> =
            all.filter(|(_, variant)| Some(variant.stem.chars().count()) == longest).collect();
        match best.as_slice() {
            [] => Err("belongs to no exercise: neither its name nor that of a folder above it begins as an \
                       exercise is called"
                .into()),
            [(only, _)] => Ok(*only),
            several => {
                let stems: Vec<&str> = several.iter().map(|(_, v)| v.stem.as_str()).collect();
                Err(format!("belongs to more than one exercise: {}", stems.join(" and ")))
            }
        }
    }
}

/// Whether a name begins with that of an exercise: exercise-1 does not begin exercise-10.
pub(super) fn begins(name: &str, stem: &str) -> bool {
    let (name, stem) = (name.to_lowercase(), stem.to_lowercase());
    let Some(rest) = name.strip_prefix(&stem) else { return false };
    match (stem.chars().next_back(), rest.chars().next()) {
        (Some(last), Some(next)) => {
            !(last.is_numeric() && next.is_numeric()
                || last.is_alphabetic() && next.is_alphabetic())
        }
        (last, _) => last.is_some(),
    }
}

/// The exercise files of a folder in the order of their names.
fn exercises_in(folder: &str) -> Result<Vec<PathBuf>, Failure> {
    let problem = |error| usage(format!("{folder}: {error}"));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(problem)? {
        let path = entry.map_err(problem)?.path();
        let is_toml = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if is_toml && !hidden && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(usage(format!(
            "{folder}: no exercises in this folder (.toml); `deltarule new --count 30 -o {folder}` writes some"
        )));
    }
    Ok(files)
}
