//! The steps that are a call of cargo.

use std::ffi::{OsStr, OsString};
use std::process::{Command, ExitCode};

use crate::command::{cargo, output};
use crate::context::Context;
use crate::step::Outcome;
use crate::{compile, folder};

/// Runs it to its end; what it prints goes into the file of the step.
fn run(context: &Context, step: &str, mut command: Command) -> Outcome {
    context.run(step, &mut command).map(|()| String::new()).into()
}

pub(crate) fn format(context: &Context) -> Outcome {
    run(context, "format", cargo(context, &["fmt", "--all", "--check"]))
}

/// The tests of the elementary functions, compiled such that they leave out no number.
pub(crate) fn exhaustive(context: &Context) -> Outcome {
    // Elsewhere, because other flags would rebuild everything that is there.
    let folder = ["--target-dir", "target/exhaustive"];
    let mut command = cargo(context, &["test", "--release", "--package", "deltarule", "--lib"]);
    command.args(folder).arg("elementary");
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    command.env("RUSTFLAGS", format!("{flags} --cfg exhaustive"));
    command.env_remove("CARGO_ENCODED_RUSTFLAGS");
    run(context, "all f32", command)
}

/// Every cell of the grid of mistakes.
pub(crate) fn grid(context: &Context) -> Outcome {
    let mut command = cargo(context, &["test", "--package", "deltarule-exercise", "--lib", "grid"]);
    run(context, "grid", {
        command.env("DELTARULE_GRID", "0");
        command
    })
}

/// The build for those who only want exercises.
pub(crate) fn minimal(context: &Context) -> Outcome {
    let package = ["--package", "deltarule-cli", "--no-default-features"];
    if output("cargo-clippy", &["--version"]).is_none() {
        return Outcome::Skipped("there is no clippy (rustup component add clippy)".to_string());
    }
    let mut command = cargo(context, &["clippy", "--all-targets"]);
    command.args(package).args(["--", "-D", "warnings"]);
    if let Err(error) = context.run("minimal", &mut command) {
        return Outcome::Failed(error);
    }
    let mut command = cargo(context, &["test"]);
    run(context, "minimal", {
        command.args(package);
        command
    })
}

/// The examples of the documentation and, in the same call, the documentation itself: rustdoc needs for both what is built
/// already, where `cargo doc` would check every dependency once more. [`document`] is what cargo takes for rustdoc.
pub(crate) fn docs(context: &Context) -> Outcome {
    let this = match std::env::current_exe() {
        Ok(this) => this,
        Err(error) => return Outcome::Failed(format!("xtask does not find itself: {error}")),
    };
    let pages = context.root.join("target/doc");
    let mut command = cargo(context, &["test", "--doc", "--workspace", "--all-features"]);
    compile::with_lints(&mut command);
    if let Some(theirs) = std::env::var_os("RUSTDOC") {
        command.env(RUSTDOC, theirs);
    }
    command.env(DOCUMENT_INTO, &pages).env("RUSTDOC", this);
    if let Err(error) = folder::empty(&pages).and_then(|()| context.run("docs", &mut command)) {
        return Outcome::Failed(error);
    }
    let missing: Vec<&str> = DOCUMENTED
        .into_iter()
        .filter(|name| !pages.join(name).join("index.html").exists())
        .collect();
    match missing.is_empty() {
        true => Outcome::Done(format!("{} crates", DOCUMENTED.len())),
        false => Outcome::Failed(format!("no pages were written of {}", missing.join(", "))),
    }
}

/// The libraries whose pages are written by the way.
const DOCUMENTED: [&str; 7] = [
    "deltarule",
    "deltarule_cli",
    "deltarule_document",
    "deltarule_exercise",
    "deltarule_files",
    "deltarule_tabular",
    "deltarule_worked",
];

/// The rustdoc that whoever runs us wants.
const RUSTDOC: &str = "DELTARULE_RUSTDOC";

/// Where [`document`] writes the pages; set where cargo calls this program instead of rustdoc.
pub(crate) const DOCUMENT_INTO: &str = "DELTARULE_RUSTDOC_INTO";

/// Does what rustdoc is asked to do, which is to run the examples of a crate, after it has written the crate's pages with
/// warnings as errors.
pub(crate) fn document(pages: &OsStr) -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let program = std::env::var_os(RUSTDOC).unwrap_or_else(|| OsString::from("rustdoc"));
    let rustdoc = |arguments: &[OsString], more: &[&OsStr]| {
        let status = Command::new(&program).args(arguments).args(more).status();
        status.is_ok_and(|status| status.success())
    };
    let is_test = arguments.iter().any(|argument| argument == "--test");
    let flags = ["-Dwarnings", "--out-dir"].map(OsStr::new);
    if is_test && !rustdoc(&for_pages(&arguments), &[flags[0], flags[1], pages]) {
        return ExitCode::FAILURE;
    }
    if rustdoc(&arguments, &[]) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The arguments without what is about running examples.
fn for_pages(arguments: &[OsString]) -> Vec<OsString> {
    let mut kept = Vec::new();
    let mut all = arguments.iter();
    while let Some(argument) = all.next() {
        match argument.to_str() {
            Some("--test" | "--no-run") => {}
            Some("--test-run-directory" | "--test-args" | "--test-runtool") => {
                all.next();
            }
            _ => kept.push(argument.clone()),
        }
    }
    kept
}

/// The pages of every crate, as `cargo doc` makes them: also of those that have no examples to run, which [`docs`] leaves out.
pub(crate) fn pages(context: &Context) -> Outcome {
    // The command's binary has the engine's name, and its pages would overwrite the engine's.
    let arguments =
        ["doc", "--workspace", "--exclude", "deltarule-cli", "--no-deps", "--all-features"];
    let mut command = cargo(context, &arguments);
    command.env("RUSTDOCFLAGS", "-D warnings");
    run(context, "pages", command)
}

pub(crate) fn wasm(context: &Context) -> Outcome {
    const TARGET: &str = "wasm32-unknown-unknown";
    let installed = output("rustup", &["target", "list", "--installed"]);
    if installed.is_some_and(|list| list.lines().any(|line| line == TARGET)) {
        let packages = ["--package", "deltarule", "--package", "deltarule-exercise"];
        let mut command = cargo(context, &["build", "--target", TARGET]);
        command.args(packages);
        return run(context, "wasm", command);
    }
    let reason = format!("the target {TARGET} is not installed (rustup target add {TARGET})");
    Outcome::Skipped(reason)
}

pub(crate) fn msrv(context: &Context) -> Outcome {
    let manifest = match std::fs::read_to_string(context.root.join("Cargo.toml")) {
        Ok(text) => text,
        Err(error) => return Outcome::Failed(format!("Cargo.toml: {error}")),
    };
    let Some(version) = rust_version(&manifest) else {
        return Outcome::Failed("Cargo.toml states no workspace.package.rust-version".to_string());
    };
    let list = output("rustup", &["toolchain", "list"]).unwrap_or_default();
    let Some(toolchain) = toolchain_of(&version, &list) else {
        let reason =
            format!("Rust {version} is not installed (rustup toolchain install {version})");
        return Outcome::Skipped(reason);
    };
    let mut command = Command::new("rustup");
    command.args(["run", toolchain, "cargo", "check", "--workspace", "--all-features"]);
    command.current_dir(&context.root).env_remove("CARGO").env_remove("RUSTC");
    run(context, "msrv", command)
}

/// `workspace.package.rust-version`.
fn rust_version(manifest: &str) -> Option<String> {
    let table: toml::Table = manifest.parse().ok()?;
    Some(table.get("workspace")?.get("package")?.get("rust-version")?.as_str()?.to_string())
}

/// The installed toolchain of this version: `1.89` or `1.89.0` before the host, never `1.890` or a nightly.
fn toolchain_of<'a>(version: &str, list: &'a str) -> Option<&'a str> {
    list.lines().filter_map(|line| line.split_whitespace().next()).find(|name| {
        name.strip_prefix(version)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-') || rest.starts_with('.'))
    })
}

/// The kernels and the team of threads under the address sanitizer, which only a nightly compiler has.
pub(crate) fn sanitizer(context: &Context) -> Outcome {
    const TARGET: &str = "x86_64-unknown-linux-gnu";
    let list = output("rustup", &["toolchain", "list"]).unwrap_or_default();
    if !list.lines().any(|line| line.starts_with("nightly") && line.contains(TARGET)) {
        let reason =
            format!("no nightly for {TARGET} is installed (rustup toolchain install nightly)");
        return Outcome::Skipped(reason);
    }
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", "cargo", "test", "--package", "deltarule", "--lib"]);
    command.args(["--target", TARGET, "kernel"]);
    command.current_dir(&context.root).env_remove("CARGO").env_remove("RUSTC");
    command.env("RUSTFLAGS", "-Zsanitizer=address");
    run(context, "sanitizer", command)
}

pub(crate) fn deny(context: &Context) -> Outcome {
    if output("cargo-deny", &["--version"]).is_some() {
        return run(context, "deny", cargo(context, &["deny", "check", "--hide-inclusion-graph"]));
    }
    let reason = "cargo-deny is not installed (cargo install --locked cargo-deny)".to_string();
    Outcome::Skipped(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_toolchain_of_a_version_is_found_and_no_other() {
        let list = "stable-x86_64-unknown-linux-gnu (default)\n1.89.0-x86_64-unknown-linux-gnu\n";
        assert_eq!(toolchain_of("1.89", list), Some("1.89.0-x86_64-unknown-linux-gnu"));
        assert_eq!(
            toolchain_of("1.89", "1.89-x86_64-pc-windows-msvc\n"),
            Some("1.89-x86_64-pc-windows-msvc")
        );
        assert_eq!(toolchain_of("1.89", "1.890.0-x86_64-unknown-linux-gnu\n"), None);
        assert_eq!(toolchain_of("1.89", "nightly-1.89\n"), None);
    }

    #[test]
    fn pages_are_asked_for_without_what_is_about_running() {
        let all = "--edition=2024 --crate-name a --test src/lib.rs --test-run-directory b --test-args c --cfg d";
        let all: Vec<OsString> = all.split(' ').map(OsString::from).collect();
        let kept = for_pages(&all);
        let wanted = ["--edition=2024", "--crate-name", "a", "src/lib.rs", "--cfg", "d"];
        assert_eq!(kept, wanted.map(OsString::from));
    }

    #[test]
    fn the_minimum_version_is_read_from_the_workspace() {
        assert_eq!(
            rust_version("[workspace.package]\nrust-version = \"1.89\"\n"),
            Some("1.89".into())
        );
        assert_eq!(rust_version("[workspace.package]\nedition = \"2024\"\n"), None);
    }
}
