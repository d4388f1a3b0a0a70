//! The steps that are a call of cargo. What it prints goes straight through.

use std::ffi::OsString;
use std::process::{Command, Stdio};

use crate::steps::{Context, Outcome};

pub(crate) fn cargo(context: &Context, arguments: &[&str]) -> Command {
    let mut command =
        Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.args(arguments).current_dir(&context.root);
    command
}

/// Runs it to its end.
fn run(mut command: Command) -> Outcome {
    match command.status() {
        Ok(status) if status.success() => Outcome::Done(String::new()),
        Ok(status) => Outcome::Failed(format!("{}: {status}", command.get_program().display())),
        Err(error) => Outcome::Failed(format!("{}: {error}", command.get_program().display())),
    }
}

/// What a program prints, if it is there and succeeds.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

pub(crate) fn format(context: &Context) -> Outcome {
    run(cargo(context, &["fmt", "--all", "--check"]))
}

pub(crate) fn clippy(context: &Context) -> Outcome {
    run(cargo(
        context,
        &["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"],
    ))
}

pub(crate) fn tests(context: &Context) -> Outcome {
    run(cargo(context, &["test", "--workspace", "--all-features"]))
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
    run(command)
}

pub(crate) fn docs(context: &Context) -> Outcome {
    // The command's binary has the engine's name, and its pages would overwrite the engine's.
    let arguments =
        ["doc", "--workspace", "--exclude", "deltarule-cli", "--no-deps", "--all-features"];
    let mut command = cargo(context, &arguments);
    command.env("RUSTDOCFLAGS", "-D warnings");
    run(command)
}

pub(crate) fn wasm(context: &Context) -> Outcome {
    const TARGET: &str = "wasm32-unknown-unknown";
    let installed = output("rustup", &["target", "list", "--installed"]);
    if installed.is_some_and(|list| list.lines().any(|line| line == TARGET)) {
        return run(cargo(context, &["build", "--package", "deltarule", "--target", TARGET]));
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
    run(command)
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
    run(command)
}

pub(crate) fn deny(context: &Context) -> Outcome {
    if output("cargo-deny", &["--version"]).is_some() {
        return run(cargo(context, &["deny", "check", "--hide-inclusion-graph"]));
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
    fn the_minimum_version_is_read_from_the_workspace() {
        assert_eq!(
            rust_version("[workspace.package]\nrust-version = \"1.89\"\n"),
            Some("1.89".into())
        );
        assert_eq!(rust_version("[workspace.package]\nedition = \"2024\"\n"), None);
    }
}
