//! Virtual environments of Python under `target/`, made when they are needed.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::steps::Context;

/// The first of these that is Python 3.11 or later is taken.
const PYTHONS: [&str; 4] = ["python3.11", "python3", "python3.12", "python"];

/// The Python of a virtual environment that has what a file of requirements names; made if it is not there.
pub(crate) fn environment(
    context: &Context,
    name: &str,
    requirements: &str,
) -> Result<PathBuf, String> {
    let folder = context.root.join(format!("target/{name}-venv"));
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let path = context.root.join(requirements);
    let wanted = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let stamp = folder.join("installed.txt");
    if python.exists() && std::fs::read_to_string(&stamp).is_ok_and(|text| text == wanted) {
        return Ok(python);
    }
    let base =
        find_python().ok_or("there is no Python 3.11 or later (looked for python3.11, python3)")?;
    let mut venv = Command::new(base);
    venv.args(["-m", "venv", "--clear"]).arg(&folder);
    if !succeeds(&mut venv) {
        return Err(format!(
            "`{base} -m venv` failed: install Python's venv and ensurepip (on Debian and Ubuntu: apt install python3-venv)"
        ));
    }
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&path);
    if !succeeds(&mut pip) {
        return Err(format!("pip could not install {requirements} (is there a network?)"));
    }
    std::fs::write(&stamp, wanted).map_err(|e| format!("{}: {e}", stamp.display()))?;
    Ok(python)
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
