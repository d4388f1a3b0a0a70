//! Programs from Debian's packages: installed in CI, asked for elsewhere.

use std::process::{Command, Stdio};

use crate::steps::Context;

/// The first of these programs that is there; with CI=true and as root, the package is installed if none is.
pub(crate) fn program<'a>(
    context: &Context,
    programs: &[&'a str],
    package: &str,
) -> Result<&'a str, String> {
    // Some programs know the short form only.
    let runs = |program: &str| {
        ["--version", "-v"].iter().any(|version| succeeds(Command::new(program).arg(version)))
    };
    let find = || programs.iter().copied().find(|program| runs(program));
    if let Some(program) = find() {
        return Ok(program);
    }
    if context.ci && is_root() {
        let install = ["install", "--yes", "--no-install-recommends", package];
        // Lists of packages that are not there, or are old, are fetched.
        let installed = apt(&install) || (apt(&["update"]) && apt(&install));
        if let Some(program) = installed.then(find).flatten() {
            return Ok(program);
        }
        return Err(format!("apt-get could not install {package}"));
    }
    Err(format!(
        "there is no {} (on Debian and Ubuntu: apt install --no-install-recommends {package})",
        programs.first().unwrap_or(&package)
    ))
}

fn is_root() -> bool {
    let user = Command::new("id").arg("-u").output();
    user.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn apt(arguments: &[&str]) -> bool {
    succeeds(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
}

fn succeeds(command: &mut Command) -> bool {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
