//! New exercises from the command line: what is written where, that it can be made again, and what is refused.

use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

fn run(directory: &Path, arguments: &[&str]) -> Output {
    std::process::Command::new(env!("CARGO_BIN_EXE_deltarule"))
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap()
}

/// Standard output and standard error of a command that succeeds.
fn said(directory: &Path, arguments: &[&str]) -> (String, String) {
    let output = run(directory, arguments);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{arguments:?}: {error}");
    (String::from_utf8(output.stdout).unwrap(), error)
}

fn read(directory: &Path, name: &str) -> String {
    std::fs::read_to_string(directory.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn files(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Exit code 2, a sentence, and no file.
fn refused(directory: &TempDir, arguments: &[&str], message: &str) {
    let output = run(directory.path(), arguments);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
    assert!(error.contains(message), "{arguments:?} said: {error}");
    assert!(output.stdout.is_empty());
    assert_eq!(files(directory.path()), Vec::<String>::new(), "{arguments:?} left a file behind");
}

/// The command in the first line of an exercise, as a shell would split it.
fn command(exercise: &str) -> Vec<String> {
    let line = exercise.lines().next().unwrap().strip_prefix("# Made by: deltarule ").unwrap();
    let (plain, title) = line.split_once(" --title '").unwrap_or((line, ""));
    let mut words: Vec<String> = plain.split(' ').map(str::to_string).collect();
    if !title.is_empty() {
        words.push("--title".into());
        words.push(title.strip_suffix('\'').unwrap().replace("'\\''", "'"));
    }
    words
}

#[test]
fn an_exercise_goes_to_standard_output_or_to_a_file_and_can_be_solved() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let (text, error) = said(path, &["new"]);
    let alike = "missing_output_derivative and delta_of_other_loss";
    assert_eq!(error, format!("These mistakes give the same answer: {alike}\n"));
    assert!(text.contains(&format!("# Give the same answer: {alike}\n")));
    assert!(text.contains("layers = [3, 2, 2]") && text.contains("task = \"classify\""));
    let (out, error) = said(path, &["new", "-o", "a.toml"]);
    assert!(out.is_empty() && error.ends_with("\nWrote a.toml\n"), "{error}");
    assert_eq!(read(path, "a.toml"), text);
    let (solution, _) = said(path, &["solve", "a.toml"]);
    assert!(solution.contains("Part b: classification"));
}

#[test]
fn the_first_line_makes_the_same_file_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    for arguments in [
        &["new", "--seed", "3"][..],
        &[
            "new",
            "--layers",
            "4,3,3",
            "--activation",
            "tanh",
            "--loss",
            "cross_entropy",
            "--optimizer",
            "adam",
        ],
        &[
            "new",
            "--activation",
            "relu",
            "--output-activation",
            "identity",
            "--dead-unit",
            "--no-biases",
        ],
        &[
            "new",
            "--saturated",
            "--examples",
            "1",
            "--parts",
            "forward,update",
            "--start",
            "initial",
        ],
        &[
            "new",
            "--mode",
            "online",
            "--epochs",
            "2",
            "--reduction",
            "mean",
            "--l2",
            "0.1",
            "--title",
            "It's mine",
        ],
        &[
            "new",
            "--optimizer",
            "momentum",
            "--momentum",
            "0.5",
            "--learning-rate",
            "0.3",
            "--train-biases",
            "false",
        ],
    ] {
        let (text, _) = said(path, arguments);
        let words = command(&text);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(said(path, &words).0, text, "{words:?}");
    }
}

#[test]
fn variants_are_numbered_and_each_can_be_made_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let (_, error) = said(path, &["new", "--count", "12", "-o", "class.toml"]);
    let expected: Vec<String> = (1..=12).map(|n| format!("class-{n:02}.toml")).collect();
    assert_eq!(files(path), expected);
    assert_eq!(error.matches("Wrote ").count(), 12);
    assert!(
        error.starts_with("These mistakes give the same answer in 12 of 12 variants: "),
        "{error}"
    );
    let third = read(path, "class-03.toml");
    assert!(third.contains("variant 3"));
    assert_ne!(third.lines().nth(10), read(path, "class-04.toml").lines().nth(10));
    let words = command(&third);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(said(path, &words).0, third);
    // A directory that is named as one is made.
    said(path, &["new", "--count", "2", "-o", "group/"]);
    assert_eq!(files(&path.join("group")), ["exercise-01.toml", "exercise-02.toml"]);
    assert_eq!(
        read(&path.join("group"), "exercise-01.toml").lines().skip(1).collect::<String>(),
        {
            let one = read(path, "class-01.toml");
            one.lines().skip(1).collect::<String>()
        }
    );
}

#[test]
fn sheets_leave_the_answers_to_a_file_of_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let arguments = ["new", "--markdown", "sheet.md", "--latex", "sheet.tex", "-o", "sheet.toml"];
    let (out, error) = said(path, &arguments);
    assert_eq!(out, "");
    let written =
        ["sheet-solutions.md", "sheet-solutions.tex", "sheet.md", "sheet.tex", "sheet.toml"];
    assert_eq!(files(path), written);
    assert!(written.iter().all(|name| error.contains(&format!("Wrote {name}\n"))), "{error}");
    for (ending, format) in [("md", "markdown"), ("tex", "latex")] {
        let solution = said(path, &["solve", "sheet.toml", "--format", format]).0;
        // `solve` says at the end where the question for the major differences is answered.
        let same: Vec<&str> =
            solution.lines().take_while(|line| !line.contains("What another loss")).collect();
        let written = read(path, &format!("sheet-solutions.{ending}"));
        assert!(written.lines().count() <= same.len() + 1, "{ending}");
        assert!(written.starts_with(same.join("\n").trim_end()), "{ending}");
        let blank = said(path, &["solve", "sheet.toml", "--format", format, "--blank"]).0;
        assert_eq!(read(path, &format!("sheet.{ending}")), blank);
    }
    said(path, &["new", "--count", "2", "--markdown", "sheets/"]);
    assert_eq!(
        files(&path.join("sheets")),
        [
            "exercise-01-solutions.md",
            "exercise-01.md",
            "exercise-02-solutions.md",
            "exercise-02.md"
        ]
    );
}

#[test]
fn moodle_gets_a_question_per_variant() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let arguments =
        ["new", "--count", "3", "--moodle", "quiz.xml", "--title", "Week <3>", "--digits", "5"];
    let (out, error) = said(path, &arguments);
    assert!(out.is_empty() && error.ends_with("\nWrote quiz.xml\n"), "{error}");
    let xml = read(path, "quiz.xml");
    assert_eq!(xml.matches("<question type=\"cloze\">").count(), 3);
    assert!(xml.contains("<text>$course$/top/Week &lt;3&gt;</text>"));
    assert!(xml.contains("<text>Week &lt;3&gt;, variant 2</text>"));
    assert!(xml.contains("at least 5 significant digits"));
}

#[cfg(feature = "pdf")]
#[test]
fn pdf_sheets_are_pdf() {
    let directory = tempfile::tempdir().unwrap();
    said(directory.path(), &["new", "--pdf", "sheet.pdf"]);
    assert_eq!(files(directory.path()), ["sheet-solutions.pdf", "sheet.pdf"]);
    for name in files(directory.path()) {
        let document = lopdf::Document::load(directory.path().join(name)).unwrap();
        assert!(!document.get_pages().is_empty());
    }
}

#[cfg(not(feature = "pdf"))]
#[test]
fn without_pdf_nothing_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = ["new", "--pdf", "sheet.pdf", "-o", "sheet.toml"];
    refused(&directory, &arguments, "this build of deltarule writes no PDF");
}

#[test]
fn what_cannot_be_is_refused_with_what_can() {
    let directory = tempfile::tempdir().unwrap();
    for (arguments, message) in [
        (&["--loss", "cross_entropy", "--output-activation", "tanh"][..], "softmax or sigmoid"),
        (&["--dead-unit"], "needs the activation relu"),
        (&["--saturated", "--activation", "relu"], "sigmoid, tanh"),
        (&["--saturated", "--dead-unit"], "cannot be used with"),
        (&["--layers", "3"], "at least one layer"),
        (&["--layers", "3,0,2"], "must be at least 1"),
        (&["--layers", "a"], "whole number"),
        (&["--layers", "300,300"], "at most 500"),
        (&["--layers", "3,1", "--parts", "classify"], "at least 2 outputs"),
        (&["--activation", "softmax"], "outputs only"),
        (&["--activation", "swish"], "invalid value"),
        (&["--optimizer", "lbfgs"], "possible values: sgd"),
        (&["--parts", "solve"], "possible values: forward"),
        (&["--examples", "0"], "must be at least 1"),
        (&["--examples", "50"], "1 to 20"),
        (&["--epochs", "30"], "1 to 20"),
        (&["--optimizer", "rprop", "--mode", "online"], "mode batch"),
        (&["--momentum", "0.5"], "leave --momentum out, or say --optimizer momentum"),
        (
            &["--parts", "gradient", "--epochs", "2"],
            "leave --epochs out, or ask for an update with --parts",
        ),
        (&["--learning-rate", "0"], "must be above 0"),
        (&["--learning-rate", "100000"], "every update lowers the loss"),
        (
            &["--parts", "forward", "--learning-rate", "1"],
            "no part has one: leave --learning-rate out",
        ),
        (&["--parts", "forward", "--l2", "1"], "no part has one: leave --l2 out"),
        (&["--count", "3"], "-o NAME.toml"),
        (&["--count", "0", "-o", "a.toml"], "must be at least 1"),
        (&["--count", "1001", "-o", "a.toml"], "at most 1000"),
        (&["--digits", "0"], "1 to 17"),
        (&["-o", "a", "--moodle", "a"], "a name of its own"),
        (&["--notation", "standard", "-o", "a.toml"], "for sheets and questions"),
        (&["--seed", "-1"], "invalid value"),
        (&["-o", "missing/a.toml"], "does not exist"),
    ] {
        refused(&directory, &[&["new"], arguments].concat(), message);
    }
}

#[test]
fn with_one_output_there_is_no_class_to_ask_for() {
    let directory = tempfile::tempdir().unwrap();
    let (text, _) = said(directory.path(), &["new", "--layers", "3,2,1"]);
    assert!(text.contains("task = \"update\"") && !text.contains("classify"));
}

#[test]
fn the_loss_brings_its_outputs_along() {
    let directory = tempfile::tempdir().unwrap();
    for (loss, outputs) in
        [("cross_entropy", "softmax"), ("binary_cross_entropy", "sigmoid"), ("poisson", "exp")]
    {
        let arguments = ["new", "--activation", "tanh", "--loss", loss];
        let (text, _) = said(directory.path(), &arguments);
        assert!(text.contains(&format!("output_activation = \"{outputs}\"")), "{text}");
    }
}
