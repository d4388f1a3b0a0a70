//! The wheel and the sdist of the Python package, each installed into an environment of its own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::artefacts::FOLDER;
use super::versions::version;
use crate::command::said;
use crate::context::Context;
use crate::step::Outcome;
use crate::{folder, tools};

/// The tools that build and check.
const REQUIREMENTS: &str = "xtask/dist/requirements.txt";

/// The Python of the environment that has the tools.
fn tooled(context: &Context) -> Result<PathBuf, String> {
    tools::environment(context, "dist", REQUIREMENTS)
}

/// Makes the environment; without it, what needs it is skipped.
pub(super) fn tools(context: &Context) -> Outcome {
    match tooled(context) {
        Ok(_) => Outcome::Done(String::new()),
        Err(reason) => Outcome::Skipped(reason),
    }
}

/// Runs a check that needs the tools.
fn check(context: &Context, check: fn(&Context, &Path) -> Result<String, String>) -> Outcome {
    match tooled(context) {
        Ok(python) => check(context, &python).into(),
        Err(reason) => Outcome::Skipped(reason),
    }
}

pub(super) fn wheel(context: &Context) -> Outcome {
    const STEP: &str = "wheel";
    check(context, |context, python| {
        remove(context, "whl")?;
        let mut maturin = Command::new(program(python, "maturin"));
        maturin.args(["build", "--release", "--locked", "--out", FOLDER]);
        // The wheel is for every Python from 3.11 on, and any of them can build it.
        maturin.arg("--interpreter").arg(python);
        context.run(STEP, maturin.current_dir(&context.root))?;
        let wheel = only(context, "whl")?;
        let note = content(context, STEP, python, &wheel)?;
        let python = clean(context, STEP)?;
        install(context, STEP, &python, wheel.as_os_str())?;
        let first = smoke(context, STEP, &python)?;
        let mut with_sklearn = wheel.into_os_string();
        with_sklearn.push("[sklearn]");
        install(context, STEP, &python, &with_sklearn)?;
        let second = smoke(context, STEP, &python)?;
        Ok(format!("{note}; installed: {first}; with scikit-learn: {second}"))
    })
}

pub(super) fn sdist(context: &Context) -> Outcome {
    const STEP: &str = "sdist";
    check(context, |context, python| {
        remove(context, "gz")?;
        let mut maturin = Command::new(program(python, "maturin"));
        maturin.args(["sdist", "--out", FOLDER]);
        context.run(STEP, maturin.current_dir(&context.root))?;
        let sdist = only(context, "gz")?;
        let note = content(context, STEP, python, &sdist)?;
        let python = clean(context, STEP)?;
        install(context, STEP, &python, sdist.as_os_str())?;
        Ok(format!("{note}; built and installed: {}", smoke(context, STEP, &python)?))
    })
}

pub(super) fn descriptions(context: &Context) -> Outcome {
    check(context, |context, python| {
        let packages = [only(context, "whl")?, only(context, "gz")?];
        let mut twine = Command::new(python);
        twine.args(["-m", "twine", "check", "--strict"]).args(packages);
        context.run("twine", &mut twine).map(|()| String::new())
    })
}

pub(super) fn citation(context: &Context) -> Outcome {
    check(context, |context, python| {
        let mut cffconvert = Command::new(program(python, "cffconvert"));
        cffconvert.args(["--validate", "--infile", "CITATION.cff"]).current_dir(&context.root);
        context.run("citation", &mut cffconvert).map(|()| String::new())
    })
}

/// A program beside the Python of an environment.
fn program(python: &Path, name: &str) -> PathBuf {
    python.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// The packages with this ending. An sdist is `deltarule-VERSION.tar.gz`; the command's archive names a platform too.
fn packages(context: &Context, ending: &str) -> Result<Vec<PathBuf>, String> {
    let sdist = format!("deltarule-{}.tar.gz", version(context)?);
    let mut found = folder::files(&context.root.join(FOLDER), ending)?;
    found.retain(|path| ending == "whl" || path.file_name().is_some_and(|name| name == &*sdist));
    Ok(found)
}

fn remove(context: &Context, ending: &str) -> Result<(), String> {
    std::fs::create_dir_all(context.root.join(FOLDER)).map_err(|e| format!("{FOLDER}: {e}"))?;
    for path in packages(context, ending)? {
        std::fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn only(context: &Context, ending: &str) -> Result<PathBuf, String> {
    match &packages(context, ending)?[..] {
        [one] => Ok(one.clone()),
        found => Err(format!(
            "{FOLDER} has {} files .{ending}, one is wanted: run the step that builds it",
            found.len()
        )),
    }
}

fn content(context: &Context, step: &str, python: &Path, package: &Path) -> Result<String, String> {
    let mut script = Command::new(python);
    script.arg("-B").arg(context.root.join("xtask/dist/content.py")).arg(package);
    said(context, step, script.arg(version(context)?))
}

/// An environment with nothing in it.
fn clean(context: &Context, step: &str) -> Result<PathBuf, String> {
    tools::new_environment(context, &context.root.join(format!("target/dist-{step}-venv")))
}

/// Installs a package with what it needs. An sdist is unpacked elsewhere and built there; only what was compiled of the
/// dependencies is used again.
fn install(context: &Context, step: &str, python: &Path, package: &OsStr) -> Result<(), String> {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| context.root.join("target"), PathBuf::from);
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).arg(package);
    context.run(step, pip.env("CARGO_TARGET_DIR", target))
}

/// Runs the package in an empty folder, so that nothing of the repository is found.
fn smoke(context: &Context, step: &str, python: &Path) -> Result<String, String> {
    let folder = context.root.join(format!("target/dist-{step}-tried"));
    folder::empty(&folder)?;
    let mut script = Command::new(python);
    script.current_dir(&folder).arg("-I").arg(context.root.join("xtask/dist/smoke.py"));
    said(context, step, script.arg(version(context)?))
}
