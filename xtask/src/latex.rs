//! LaTeX: what the command writes compiles with pdflatex, and nothing stands out into the margin.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::context::Context;
use crate::step::Outcome;
use crate::{documents, folder, tests};

/// New exercises, of which a sheet and its solution are compiled.
const SHEETS: &[documents::Asked] = &[
    ("new", &["new"]),
    (
        "new-softmax",
        &[
            "new",
            "--layers",
            "4,3,3",
            "--activation",
            "tanh",
            "--loss",
            "cross_entropy",
            "--examples",
            "4",
        ],
    ),
    ("new-adam", &["new", "--optimizer", "adam", "--activation", "relu", "--dead-unit"]),
    ("new-variants", &["new", "--count", "2", "--saturated", "--mode", "online"]),
];

pub(crate) fn step(context: &Context) -> Outcome {
    let program = match context.tools().and_then(|tools| tools.latex.clone()) {
        Ok(program) => program,
        Err(reason) => return Outcome::Skipped(reason),
    };
    let folder = context.root.join("target/latex");
    match gather(context, &folder).and_then(|()| compile_all(program, &folder)) {
        Ok(count) => Outcome::Done(format!("{count} files, no error and no overfull box")),
        Err(error) => Outcome::Failed(error),
    }
}

/// Puts beside the command's documents its sheets, and what the tests wrote because it is hard to set.
fn gather(context: &Context, folder: &Path) -> Result<(), String> {
    let program = &context.build()?.command;
    for (name, arguments) in SHEETS {
        let mut command = Command::new(program);
        command.current_dir(&context.root);
        let sheet = folder.join(format!("{name}.tex"));
        context.run("latex", command.args(*arguments).arg("--latex").arg(sheet))?;
    }
    let hard = folder::files(&tests::latex_folder(context), "tex")?;
    if hard.is_empty() {
        return Err("the tests wrote no LaTeX files".to_string());
    }
    for file in hard {
        let to = folder.join(file.file_name().unwrap_or_default());
        std::fs::copy(&file, &to).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    Ok(())
}

/// Compiles every file of a folder, several at a time; the error says what is wrong with each.
fn compile_all(program: &str, folder: &Path) -> Result<usize, String> {
    let files = folder::files(folder, "tex")?;
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let problems: Vec<String> = std::thread::scope(|scope| {
        let share = files.len().div_ceil(workers).max(1);
        let started: Vec<_> = files
            .chunks(share)
            .map(|files| {
                scope.spawn(|| files.iter().flat_map(|file| compile(program, file)).collect())
            })
            .collect();
        let joined = started.into_iter().map(|worker| {
            worker.join().unwrap_or_else(|_| vec!["a thread that compiles panicked".to_string()])
        });
        joined.flatten().collect()
    });
    if problems.is_empty() { Ok(files.len()) } else { Err(problems.join("\n")) }
}

/// Compiles a file; what is wrong with it.
fn compile(program: &str, file: &Path) -> Vec<String> {
    let name = file.display();
    let mut command = Command::new(program);
    command.args(["-interaction=nonstopmode", "-halt-on-error", "-file-line-error"]);
    // Messages are not broken into lines.
    command.env("max_print_line", "10000").stdout(Stdio::null()).stdin(Stdio::null());
    command.args(file.file_name()).current_dir(file.parent().unwrap_or(Path::new(".")));
    let status = match command.status() {
        Ok(status) => status,
        Err(error) => return vec![format!("{name}: {error}")],
    };
    let log = match std::fs::read(file.with_extension("log")) {
        Ok(log) => log,
        Err(error) => return vec![format!("{name}: no log: {error}")],
    };
    let mut found = problems(&String::from_utf8_lossy(&log));
    if found.is_empty() && !status.success() {
        found.push(format!("{status}"));
    }
    found.into_iter().map(|problem| format!("{name}: {problem}")).collect()
}

/// Errors and overfull boxes in pdflatex's log, each with the line that it names.
fn problems(log: &str) -> Vec<String> {
    let is_error = |line: &str| {
        let place = line.split(": ").next().and_then(|place| place.rsplit_once(".tex:"));
        line.starts_with("! ")
            || place.is_some_and(|(_, number)| number.bytes().all(|b| b.is_ascii_digit()))
    };
    let wrong = log.lines().filter(|line| line.starts_with("Overfull \\") || is_error(line));
    wrong.map(str::to_string).collect()
}

#[cfg(test)]
mod tests_of_latex {
    use super::problems;

    #[test]
    fn errors_and_overfull_boxes_are_found_in_a_log() {
        let log = "This is pdfTeX\n(./solve-1.tex\nLaTeX Font Info:    Trying to load font\n\
                   Overfull \\hbox (6.18pt too wide) in paragraph at lines 66--67\n []\n\
                   ./solve-1.tex:12: Undefined control sequence.\nl.12 \\nothing\n\
                   Underfull \\hbox (badness 10000) in paragraph at lines 3--4\n! Emergency stop.\n";
        let found = problems(log);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].contains("lines 66--67") && found[1].contains(".tex:12"));
        assert!(problems("LaTeX Warning: Label(s) may have changed.\n").is_empty());
    }
}
