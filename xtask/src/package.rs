//! The Python package: installed as its users install it, then typed and tested.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::documents;
use crate::python;
use crate::steps::{Context, Outcome};

/// Where the package and its tests are, from the root.
const FOLDER: &str = "crates/deltarule-py";

pub(crate) fn step(context: &Context) -> Outcome {
    let python = match installed(context) {
        Ok(python) => python,
        Err(reason) => return Outcome::Skipped(reason),
    };
    let folder = context.root.join(FOLDER);
    let result = built(context, &python)
        .and_then(|()| typed(&python, &folder))
        .and_then(|()| tested(&python, &folder));
    match result {
        Ok(()) => Outcome::Done(String::new()),
        Err(error) => Outcome::Failed(error),
    }
}

/// The Python of the environment with everything that the tests need, but for the package itself.
pub(crate) fn installed(context: &Context) -> Result<PathBuf, String> {
    python::environment(context, "python", &format!("{FOLDER}/tests/requirements.txt"))
}

/// `pip install .`, with the tools that are there already.
pub(crate) fn built(context: &Context, python: &Path) -> Result<(), String> {
    // maturin, which builds it, is looked for as a program.
    let programs = python.parent().map(Path::to_path_buf);
    let others = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(programs.into_iter().chain(std::env::split_paths(&others)))
        .map_err(|error| format!("PATH: {error}"))?;
    let mut pip = Command::new(python);
    pip.current_dir(&context.root)
        .env("PATH", path)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(["--no-build-isolation", "--no-deps", "--force-reinstall", "."]);
    documents::run(&mut pip)
}

/// mypy in its strict mode, over the package as users see it.
fn typed(python: &Path, folder: &Path) -> Result<(), String> {
    let mut mypy = Command::new(python);
    let config = folder.join("tests/mypy.ini");
    mypy.current_dir(folder)
        .args(["-m", "mypy", "--config-file"])
        .arg(config)
        .arg("python/deltarule");
    documents::run(&mut mypy)
}

fn tested(python: &Path, folder: &Path) -> Result<(), String> {
    let mut pytest = Command::new(python);
    // Where Python would otherwise find the sources, without the extension module.
    pytest.current_dir(folder.join("tests")).args(["-B", "-m", "pytest", "-q", "-c", "pytest.ini"]);
    documents::run(&mut pytest)
}
