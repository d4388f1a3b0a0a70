//! What the steps know about where they run, and what earlier ones leave for later ones.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;

/// What the steps know about where they run, and what earlier ones leave for later ones.
pub(crate) struct Context {
    /// The workspace.
    pub(crate) root: PathBuf,
    /// Whether CI=true.
    pub(crate) ci: bool,
    /// What the step `build` has built.
    pub(crate) build: OnceLock<Build>,
    /// What the step `tools` has found or installed.
    pub(crate) tools: OnceLock<Tools>,
    /// How often the compiler ran in the step that builds, which is all that a test run compiles but for the examples of
    /// the documentation.
    pub(crate) compiler_runs: AtomicUsize,
}

impl Context {
    pub(crate) fn new(root: PathBuf, ci: bool) -> Self {
        Self {
            root,
            ci,
            build: OnceLock::new(),
            tools: OnceLock::new(),
            compiler_runs: AtomicUsize::new(0),
        }
    }

    /// What has been built; the steps that ask for it need the step that builds.
    pub(crate) fn build(&self) -> Result<&Build, String> {
        self.build.get().ok_or_else(|| "nothing was built".to_string())
    }

    /// What there is beside Rust; the steps that ask for it need the step that looks.
    pub(crate) fn tools(&self) -> Result<&Tools, String> {
        self.tools.get().ok_or_else(|| "the tools were not looked for".to_string())
    }

    /// Where a step's output goes.
    pub(crate) fn log(&self, step: &str) -> PathBuf {
        self.root.join("target/xtask").join(format!("{}.log", step.replace(' ', "-")))
    }

    /// Runs a command of a step; what it prints goes into the step's file, and into the error when it fails.
    pub(crate) fn run(&self, step: &str, command: &mut Command) -> Result<(), String> {
        self.ends(step, command, &[0])
    }

    /// As [`Context::run`], for a command that may end with these exit codes.
    pub(crate) fn ends(
        &self,
        step: &str,
        command: &mut Command,
        good: &[i32],
    ) -> Result<(), String> {
        let shown = shown(command);
        let output = command.stdin(Stdio::null()).output();
        let output = output.map_err(|error| format!("{shown}: {error}"))?;
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text += &String::from_utf8_lossy(&output.stderr);
        self.keep(step, &format!("$ {shown}\n{text}"))?;
        if output.status.code().is_some_and(|code| good.contains(&code)) {
            return Ok(());
        }
        Err(format!("{shown}: {}\n{}", output.status, text.trim_end()))
    }

    /// Adds to the file of a step.
    pub(crate) fn keep(&self, step: &str, text: &str) -> Result<(), String> {
        use std::io::Write as _;
        let path = self.log(step);
        let fail = |error: std::io::Error| format!("{}: {error}", path.display());
        std::fs::create_dir_all(path.parent().unwrap_or(&self.root)).map_err(fail)?;
        let mut file =
            std::fs::File::options().create(true).append(true).open(&path).map_err(fail)?;
        file.write_all(text.as_bytes()).map_err(fail)
    }
}

/// A command as it would be typed, without what its environment adds to it.
pub(crate) fn shown(command: &Command) -> String {
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
    format!("{} {}", command.get_program().display(), words.join(" "))
}

/// What has been built.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Build {
    /// The programs of the tests.
    pub(crate) tests: Vec<TestProgram>,
    /// The command.
    pub(crate) command: PathBuf,
    /// The extension module.
    pub(crate) module: PathBuf,
}

/// A program that runs tests.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TestProgram {
    /// The package, and which of its programs this is.
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    /// The folder of the package, in which the tests run.
    pub(crate) folder: PathBuf,
}

/// What was found: a program's name or the interpreter's path, or why not.
#[derive(Debug)]
pub(crate) struct Tools {
    pub(crate) latex: Result<&'static str, String>,
    pub(crate) pdftotext: Result<&'static str, String>,
    pub(crate) chromium: Result<&'static str, String>,
    pub(crate) python: Result<PathBuf, String>,
}

#[cfg(test)]
mod tests_of_context {
    use super::*;

    #[test]
    fn what_a_command_prints_is_in_the_error() {
        let root = std::env::temp_dir().join(format!("xtask-context-{}", std::process::id()));
        let context = Context::new(root, false);
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let error = context.run("a", Command::new(cargo).arg("no-such-command")).unwrap_err();
        assert!(error.contains("no-such-command"), "{error}");
        let kept = std::fs::read_to_string(context.log("a")).unwrap();
        assert!(kept.contains("no-such-command"), "{kept}");
        std::fs::remove_dir_all(&context.root).unwrap();
    }
}
