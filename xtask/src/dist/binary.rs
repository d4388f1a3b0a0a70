//! The command as a program to download.

use std::path::Path;
use std::process::Command;

use super::artefacts::FOLDER;
use super::licenses;
use super::versions::version;
use crate::command::{cargo, output, said};
use crate::context::Context;
use crate::step::Outcome;
use crate::{compile, folder};

/// The step's name.
pub(super) const STEP: &str = "binary";

/// What lies beside the program: where it is in the repository, and its name in the archive.
const BESIDE: [(&str, &str); 5] = [
    ("README.md", "README.md"),
    ("CHANGELOG.md", "CHANGELOG.md"),
    ("LICENSE-MIT", "LICENSE-MIT"),
    ("LICENSE-APACHE", "LICENSE-APACHE"),
    ("crates/deltarule-tabular/datasets/README.md", "DATASETS.md"),
];

/// The licences of the libraries in the program.
const LIBRARIES: &str = "LICENSES-OF-LIBRARIES.txt";

pub(super) fn plain(context: &Context) -> Outcome {
    step(context, false)
}

/// As it is released: with PDF.
pub(super) fn with_pdf(context: &Context) -> Outcome {
    step(context, true)
}

fn step(context: &Context, pdf: bool) -> Outcome {
    if Command::new("tar").arg("--version").output().is_err() {
        return Outcome::Skipped("there is no tar to pack it with".into());
    }
    build(context, pdf).into()
}

fn build(context: &Context, pdf: bool) -> Result<String, String> {
    let arguments =
        ["rustc", "--release", "--locked", "--package", "deltarule-cli", "--bin", "deltarule"];
    let mut command = cargo(context, &arguments);
    if pdf {
        command.args(["--features", "pdf"]);
    }
    command.args(["--message-format", "json-render-diagnostics", "--", "-C", "strip=symbols"]);
    let messages = said(context, STEP, &mut command)?;
    let read = |line: &str| compile::command(&serde_json::from_str(line).ok()?);
    let program = messages.lines().find_map(read).ok_or("cargo built no command")?;
    try_out(context, &program, pdf)?;
    let size = |path: &Path| std::fs::metadata(path).map_or(0.0, |data| data.len() as f64 / 1e6);
    let archive = pack(context, &program, pdf)?;
    let packed = size(&context.root.join(FOLDER).join(&archive));
    Ok(format!("{archive}: {packed:.1} MB, the program in it {:.1} MB", size(&program)))
}

/// The program does what one who has just downloaded it tries first.
fn try_out(context: &Context, program: &Path, pdf: bool) -> Result<(), String> {
    let folder = context.root.join("target/dist-tried");
    folder::empty(&folder)?;
    let run = |arguments: &[&str]| {
        let mut command = Command::new(program);
        said(context, STEP, command.current_dir(&folder).args(arguments))
    };
    let (line, version) = (run(&["--version"])?, version(context)?);
    if !line.split_whitespace().any(|word| word == version) {
        return Err(format!("the command says {line:?}, not version {version}"));
    }
    run(&["train", "iris", "--epochs", "30", "--quiet"])?;
    run(&["predict", "iris.safetensors", "iris"])?;
    run(&["solve", "1"])?;
    if pdf {
        run(&["solve", "1", "--output", "solution.pdf"])?;
    }
    Ok(())
}

/// Packs the program with what lies beside it into a folder of its own; the name of the archive.
fn pack(context: &Context, program: &Path, pdf: bool) -> Result<String, String> {
    let host = host()?;
    let name = format!("deltarule-{}-{host}", version(context)?);
    let staging = context.root.join("target/dist-staging");
    let folder = staging.join(&name);
    folder::empty(&folder)?;
    let copy = |from: &Path, to: &str| {
        std::fs::copy(from, folder.join(to))
            .map(drop)
            .map_err(|e| format!("{}: {e}", from.display()))
    };
    copy(program, &format!("deltarule{}", std::env::consts::EXE_SUFFIX))?;
    for (from, to) in BESIDE {
        copy(&context.root.join(from), to)?;
    }
    std::fs::write(folder.join(LIBRARIES), licenses::notice(context, STEP, &host, pdf)?)
        .map_err(|error| format!("{LIBRARIES}: {error}"))?;
    // The tar of Windows writes ZIP files too, by their ending.
    let (archive, options) = if cfg!(windows) {
        (format!("{name}.zip"), "-acf")
    } else {
        (format!("{name}.tar.gz"), "-czf")
    };
    let out = context.root.join(FOLDER);
    std::fs::create_dir_all(&out).map_err(|error| format!("{FOLDER}: {error}"))?;
    let mut tar = Command::new("tar");
    tar.arg(options).arg(out.join(&archive)).arg("-C").arg(&staging).arg(&name);
    context.run(STEP, &mut tar)?;
    Ok(archive)
}

/// What the program is built for: the machine that builds it.
fn host() -> Result<String, String> {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let text = output(&rustc, &["-vV"]).ok_or("there is no rustc")?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_string).ok_or("rustc -vV names no host".into())
}
