//! The Python package: put together from its sources and the extension module that was built, then typed and tested.
//!
//! The wheel, as its users install it, is built in release and tested by `cargo xtask dist`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::context::Context;
use crate::folder::{empty, files};
use crate::step::Outcome;
use crate::tools::environment;

/// Where the package and its tests are, from the root.
const FOLDER: &str = "crates/deltarule-py";

pub(crate) fn step(context: &Context) -> Outcome {
    let python = match context.tools().and_then(|tools| tools.python.clone()) {
        Ok(python) => python,
        Err(reason) => return Outcome::Skipped(reason),
    };
    let folder = context.root.join(FOLDER);
    let tested = assembled(context, &folder).and_then(|package| {
        // One processor types while the other begins to test.
        let (typed, tested) = std::thread::scope(|scope| {
            let typed = scope.spawn(|| typed(context, &python, &folder));
            let tested = tested(context, &python, &folder, &package);
            (typed.join().unwrap_or_else(|_| Err("the thread of mypy panicked".into())), tested)
        });
        match (typed, tested) {
            (Ok(()), tested) => tested,
            (Err(typed), Ok(_)) => Err(typed),
            (Err(typed), Err(tested)) => Err(format!("{typed}\n{tested}")),
        }
    });
    tested.into()
}

/// The folder that Python finds the package in: its sources, the extension module beside them, and the version.
fn assembled(context: &Context, folder: &Path) -> Result<PathBuf, String> {
    let package = context.root.join("target/python-package");
    empty(&package)?;
    let (from, to) = (folder.join("python/deltarule"), package.join("deltarule"));
    copy_folder(&from, &to)?;
    let module = if cfg!(windows) { "_core.pyd" } else { "_core.abi3.so" };
    let built = &context.build()?.module;
    std::fs::copy(built, to.join(module)).map_err(|e| format!("{}: {e}", built.display()))?;
    // What an installation leaves behind, and importlib.metadata reads.
    let version = env!("CARGO_PKG_VERSION");
    let information = package.join(format!("deltarule-{version}.dist-info"));
    std::fs::create_dir_all(&information).map_err(|e| format!("{}: {e}", information.display()))?;
    let metadata = format!("Metadata-Version: 2.1\nName: deltarule\nVersion: {version}\n");
    std::fs::write(information.join("METADATA"), metadata)
        .map_err(|e| format!("{}: {e}", information.display()))?;
    Ok(package)
}

/// Copies the files of a folder and of those below it, but for what Python has compiled.
fn copy_folder(from: &Path, to: &Path) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("{}: {error}", from.display());
    std::fs::create_dir_all(to).map_err(fail)?;
    for entry in std::fs::read_dir(from).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        let name = path.file_name().unwrap_or_default();
        let skipped =
            name == "__pycache__" || path.extension().is_some_and(|e| e == "so" || e == "pyd");
        match (skipped, path.is_dir()) {
            (true, _) => {}
            (false, true) => copy_folder(&path, &to.join(name))?,
            (false, false) => std::fs::copy(&path, to.join(name)).map(|_| ()).map_err(fail)?,
        }
    }
    Ok(())
}

/// mypy in its strict mode, over the package as users see it.
fn typed(context: &Context, python: &Path, folder: &Path) -> Result<(), String> {
    let mut mypy = Command::new(python);
    let config = folder.join("tests/mypy.ini");
    mypy.current_dir(folder)
        .args(["-m", "mypy", "--config-file"])
        .arg(config)
        .arg("python/deltarule");
    context.run("python", &mut mypy)
}

/// pytest; its last line.
fn tested(
    context: &Context,
    python: &Path,
    folder: &Path,
    package: &Path,
) -> Result<String, String> {
    let report = context.root.join("target/xtask/pytest.xml");
    let mut pytest = Command::new(python);
    pytest
        .current_dir(folder.join("tests"))
        .env("PYTHONPATH", package)
        .args(["-B", "-m", "pytest", "-q", "-c", "pytest.ini", "--durations=10"])
        .arg(format!("--junit-xml={}", report.display()));
    context.run("python", &mut pytest)?;
    let text =
        std::fs::read_to_string(&report).map_err(|e| format!("{}: {e}", report.display()))?;
    let count = |name: &str| {
        let start = text.find(&format!("{name}=\""))? + name.len() + 2;
        text[start..].split('"').next()?.parse::<usize>().ok()
    };
    match (count("tests"), count("skipped")) {
        (Some(tests), Some(0)) if tests > 0 => Ok(format!("{tests} tests")),
        (Some(tests), Some(skipped)) if tests > skipped => {
            Ok(format!("{} tests, {skipped} of them skipped", tests))
        }
        _ => Err("pytest has run no tests".to_string()),
    }
}

/// What depends on the version of scikit-learn, with each of the older versions that we take.
pub(crate) fn older_scikit_learn(context: &Context) -> Outcome {
    let folder = context.root.join(FOLDER);
    let tests = folder.join("tests");
    let package = match assembled(context, &folder) {
        Ok(package) => package,
        Err(error) => return Outcome::Failed(error),
    };
    let files = match files(&tests, "txt") {
        Ok(files) => files,
        Err(error) => return Outcome::Failed(error),
    };
    let mut versions = Vec::new();
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let Some(version) = name.strip_prefix("requirements-scikit-learn-") else { continue };
        let requirements = format!("{FOLDER}/tests/{name}.txt");
        let python = match environment(context, &format!("scikit-learn-{version}"), &requirements) {
            Ok(python) => python,
            Err(reason) => return Outcome::Skipped(reason),
        };
        let mut pytest = Command::new(python);
        pytest.current_dir(&tests).env("PYTHONPATH", &package).args([
            "-B",
            "-m",
            "pytest",
            "-q",
            "-c",
            "pytest.ini",
            "@estimators.txt",
        ]);
        if let Err(error) = context.run("sklearn", &mut pytest) {
            return Outcome::Failed(error);
        }
        versions.push(version.to_string());
    }
    match versions.is_empty() {
        true => Outcome::Failed("no versions are listed".into()),
        false => Outcome::Done(versions.join(", ")),
    }
}

/// `pip install .`, as users do it, into an environment.
pub(crate) fn installed(context: &Context, python: &Path) -> Result<(), String> {
    let mut pip = Command::new(python);
    pip.current_dir(&context.root)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(["--no-deps", "--force-reinstall", "."]);
    context.run("install", &mut pip)
}
