//! What the steps need beside Rust: programs from Debian's packages, and one virtual environment of Python.
//!
//! In CI, as root, missing packages are installed, all of them in one call; elsewhere the steps that need them are skipped
//! and say what to install.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::context::{Context, Tools};
use crate::step::Outcome;

/// Everything that the tests, the oracle, the notebooks and the browser need of Python.
pub(crate) const REQUIREMENTS: &str = "xtask/requirements.txt";

/// The first of these that is Python 3.11 or later is taken.
const PYTHONS: [&str; 4] = ["python3.11", "python3", "python3.12", "python"];

/// A program that Debian has: what it may be called, and its package.
struct Program {
    names: &'static [&'static str],
    package: &'static str,
}

const LATEX: Program = Program { names: &["pdflatex"], package: "texlive-latex-recommended" };
const PDFTOTEXT: Program = Program { names: &["pdftotext"], package: "poppler-utils" };
const CHROMIUM: Program =
    Program { names: &["chromium", "chromium-browser", "google-chrome"], package: "chromium" };

pub(crate) fn step(context: &Context) -> Outcome {
    let (python, problem) = std::thread::scope(|scope| {
        let python = scope.spawn(|| environment(context, "python", REQUIREMENTS));
        let problem = install(context, &[LATEX, PDFTOTEXT, CHROMIUM]);
        let panicked = |_| Err("the thread that installs Python's packages panicked".to_string());
        (python.join().unwrap_or_else(panicked), problem)
    });
    let found = |program: &Program| {
        find(program).ok_or_else(|| match &problem {
            Some(problem) => problem.clone(),
            None => format!(
                "there is no {} (on Debian and Ubuntu: apt install --no-install-recommends {})",
                program.names[0], program.package
            ),
        })
    };
    let tools = Tools {
        latex: found(&LATEX),
        pdftotext: found(&PDFTOTEXT),
        chromium: found(&CHROMIUM),
        python,
    };
    let missing: Vec<String> = [&tools.latex, &tools.pdftotext, &tools.chromium]
        .into_iter()
        .filter_map(|found| found.as_ref().err().cloned())
        .chain(tools.python.as_ref().err().cloned())
        .collect();
    // The step runs once. What is missing is for the steps that need it to say.
    let _ = context.tools.set(tools);
    Outcome::Done(missing.join("; "))
}

fn find(program: &Program) -> Option<&'static str> {
    // Some programs know the short form only.
    let runs = |name: &str| {
        ["--version", "-v"].iter().any(|version| {
            succeeds(Command::new(name).arg(version).stdout(Stdio::null()).stderr(Stdio::null()))
        })
    };
    program.names.iter().copied().find(|name| runs(name))
}

/// Installs what is missing, in CI and as root; what went wrong.
fn install(context: &Context, programs: &[Program]) -> Option<String> {
    let missing: Vec<&str> =
        programs.iter().filter(|p| find(p).is_none()).map(|p| p.package).collect();
    if missing.is_empty() || !context.ci || !is_root() {
        return None;
    }
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        context.run("tools", &mut command)
    };
    let install = [&["install", "--yes", "--no-install-recommends"][..], &missing[..]].concat();
    // Lists of packages that are not there, or are old, are fetched.
    let installed = apt(&install).or_else(|_| apt(&["update"]).and_then(|()| apt(&install)));
    installed.err().map(|error| format!("apt-get could not install {}: {error}", missing.join(" ")))
}

fn is_root() -> bool {
    let user = Command::new("id").arg("-u").output();
    user.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// The Python of a virtual environment under `target/` that has what a file of requirements names; made if it is not there.
pub(crate) fn environment(
    context: &Context,
    name: &str,
    requirements: &str,
) -> Result<PathBuf, String> {
    let folder = context.root.join(format!("target/{name}-venv"));
    let path = context.root.join(requirements);
    let wanted = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let stamp = folder.join("installed.txt");
    let python = interpreter(&folder);
    if python.exists() && std::fs::read_to_string(&stamp).is_ok_and(|text| text == wanted) {
        return Ok(python);
    }
    new_environment(context, &folder)?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&path);
    context.run("tools", &mut pip).map_err(|error| {
        format!("pip could not install {requirements} (is there a network?): {error}")
    })?;
    std::fs::write(&stamp, wanted).map_err(|e| format!("{}: {e}", stamp.display()))?;
    Ok(python)
}

/// Makes a virtual environment with nothing in it.
pub(crate) fn new_environment(context: &Context, folder: &Path) -> Result<PathBuf, String> {
    let base =
        find_python().ok_or("there is no Python 3.11 or later (looked for python3.11, python3)")?;
    let mut venv = Command::new(base);
    venv.args(["-m", "venv", "--clear"]).arg(folder);
    context.run("tools", &mut venv).map_err(|error| {
        format!(
            "install Python's venv and ensurepip (on Debian and Ubuntu: apt install python3-venv): {error}"
        )
    })?;
    Ok(interpreter(folder))
}

fn interpreter(environment: &Path) -> PathBuf {
    environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

fn find_python() -> Option<&'static str> {
    PYTHONS.into_iter().find(|program| {
        let test = "import sys; sys.exit(sys.version_info < (3, 11))";
        let mut command = Command::new(program);
        succeeds(command.args(["-c", test]).stdout(Stdio::null()).stderr(Stdio::null()))
    })
}

fn succeeds(command: &mut Command) -> bool {
    command.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_under_any_of_its_names() {
        let cargo = Program { names: &["no-such-program", "cargo"], package: "none" };
        assert_eq!(find(&cargo), Some("cargo"));
        assert_eq!(find(&Program { names: &["no-such-program"], package: "none" }), None);
    }
}
