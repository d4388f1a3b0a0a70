//! Documents from the command line: formats by name and by ending, worksheets, comparisons, formulas, explanations, and
//! what is refused.

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

fn stdout(directory: &Path, arguments: &[&str]) -> String {
    let output = run(directory, arguments);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// Exit code 2, a message, and no file.
fn refused(directory: &TempDir, arguments: &[&str], message: &str) {
    let files = || std::fs::read_dir(directory.path()).unwrap().count();
    let before = files();
    let output = run(directory.path(), arguments);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
    assert!(error.contains(message), "{arguments:?} said: {error}");
    assert!(output.stdout.is_empty());
    assert_eq!(files(), before, "{arguments:?} left a file behind");
}

#[test]
fn the_ending_of_the_file_decides_about_the_format() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    for (ending, format, begins) in [
        ("txt", "text", "Sigmoid units"),
        ("md", "markdown", "# Sigmoid units"),
        ("tex", "latex", "\\documentclass"),
        ("html", "html", "<!DOCTYPE html>"),
        ("typ", "typst", "#set document("),
        ("ipynb", "ipynb", "{\n \"cells\""),
        ("json", "json", "{\n  \"format\""),
    ] {
        let file = format!("solution.{ending}");
        assert_eq!(stdout(path, &["solve", "1", "-o", &file]), "");
        let written = std::fs::read_to_string(path.join(&file)).unwrap();
        assert_eq!(written, stdout(path, &["solve", "1", "--format", format]), "{format}");
        assert!(
            written.starts_with(begins) || format == "latex" && written.contains(begins),
            "{format}"
        );
    }
    // A format that is named counts more than the ending.
    stdout(path, &["solve", "1", "-o", "odd.txt", "--format", "html"]);
    assert!(std::fs::read_to_string(path.join("odd.txt")).unwrap().starts_with("<!DOCTYPE"));
}

#[cfg(feature = "pdf")]
#[test]
fn a_pdf_is_the_same_on_every_run() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    for (name, arguments) in [
        ("solve", &["solve", "3"][..]),
        ("compare", &["compare", "3"]),
        ("short", &["compare", "3", "--short"]),
        ("formulas", &["formulas"]),
    ] {
        let bytes = |file: &str| {
            stdout(path, &[arguments, &["-o", file]].concat());
            std::fs::read(path.join(file)).unwrap()
        };
        let first = bytes("a.pdf");
        assert!(first.starts_with(b"%PDF-"), "{name}");
        assert_eq!(first, bytes("b.pdf"), "{name}");
        let pages = lopdf::Document::load_mem(&first).unwrap().get_pages().len();
        // The note sheet for the exam is one page, and so is a comparison in short.
        let one = matches!(name, "formulas" | "short");
        assert!(if one { pages == 1 } else { pages > 1 }, "{name}: {pages} pages");
    }
}

#[cfg(not(feature = "pdf"))]
#[test]
fn without_the_feature_a_pdf_is_refused_with_the_way_to_one() {
    let directory = tempfile::tempdir().unwrap();
    refused(&directory, &["solve", "1", "-o", "a.pdf"], "--features pdf");
}

#[test]
fn worksheets_notations_and_examples_one_by_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let blank = stdout(path, &["solve", "1", "--blank"]);
    assert!(blank.contains("_______") && !blank.contains("0.549834") && blank.contains("η = 1"));
    let standard = stdout(path, &["solve", "1", "--notation", "standard"]);
    assert!(standard.contains("a^[1] = f(z^[1])") && !standard.contains("x^["));
    let examples = stdout(path, &["solve", "2", "--batch", "examples"]);
    assert!(examples.contains("Example 2\n") && examples.contains("the sum over the examples"));
    assert!(examples.contains("0.115397"), "the sum is that of the vectorised solution");
}

#[test]
fn a_comparison_in_words_and_as_json() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let text = stdout(path, &["compare", "3"]);
    for case in
        ["squared error with tanh", "squared error with softmax", "cross-entropy with softmax"]
    {
        assert!(text.contains(case), "{case}");
    }
    let json = stdout(path, &["compare", "3", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["cases"].as_array().unwrap().len(), 3);
    assert_eq!(json["cases"][2]["total_loss_over_updates"].as_array().unwrap().len(), 201);
    let short = stdout(path, &["compare", "3", "--short"]);
    assert!(
        short.len() * 2 < text.len() && text.starts_with(short.split("One change").next().unwrap())
    );
    for format in ["json", "ipynb"] {
        refused(
            &directory,
            &["compare", "3", "--short", "--format", format],
            "--short is for one page",
        );
    }
    // The solution says where the question of the exercise is answered; a worksheet does not.
    assert!(stdout(path, &["solve", "3"]).contains("deltarule compare 3 --short"));
    assert!(!stdout(path, &["solve", "3", "--blank"]).contains("deltarule compare"));
    let two = stdout(
        path,
        &["compare", "1", "--losses", "absolute_error,huber", "--outputs", "identity"],
    );
    assert!(
        two.contains("absolute error with identity") && two.contains("Huber loss with identity")
    );
}

#[test]
fn formulas_of_all_or_of_some() {
    let directory = tempfile::tempdir().unwrap();
    let all = stdout(directory.path(), &["formulas"]);
    for name in ["gelu", "poisson", "adamw", "lbfgs"] {
        assert!(all.contains(name), "{name}");
    }
    let one = stdout(directory.path(), &["formulas", "tanh", "adam"]);
    assert!(one.contains("1 − tanh² z") && one.contains("adam") && !one.contains("gelu"));
    refused(
        &directory,
        &["formulas", "tanhh"],
        "no activation, loss or optimiser called \"tanhh\"",
    );
}

#[cfg(feature = "tables")]
#[test]
fn a_model_explains_rows() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    stdout(path, &["train", "iris", "--hidden", "3", "--epochs", "20", "--quiet"]);
    let text = stdout(path, &["explain", "iris.safetensors", "iris", "--rows", "3,120", "--step"]);
    for words in ["Row 120: species is", "The next step", "per deviation", "w^[1] ← w^[1]"] {
        assert!(text.contains(words), "{words}");
    }
    stdout(path, &["explain", "iris.safetensors", "iris", "-o", "row.html"]);
    assert!(path.join("row.html").exists());
    refused(
        &directory,
        &["explain", "iris.safetensors", "iris", "--rows", "151"],
        "there is no row 151: the table has 150 rows",
    );
    refused(&directory, &["explain", "iris.safetensors", "iris", "--rows", "0"], "--rows");
    refused(
        &directory,
        &["explain", "iris.safetensors", "iris", "--format", "json"],
        "has no JSON",
    );
}

#[test]
fn what_cannot_be_written_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let large = "[network]\nlayers = [200, 60, 2]\nactivation = \"tanh\"\nloss = \"squared_error\"\nweights = 0.1\n\
                 [[part]]\nname = \"a\"\ntask = \"classify\"\nexamples = [{ x = [";
    let large = format!("{large}{}] }}]\n", vec!["1"; 200].join(", "));
    std::fs::write(directory.path().join("large.toml"), large).unwrap();
    std::fs::write(
        directory.path().join("no-targets.toml"),
        "[network]\nlayers = [1, 2]\nactivation = \"tanh\"\nloss = \"huber\"\nweights = 0.1\n\
         [[part]]\nname = \"a\"\ntask = \"forward\"\nexamples = [{ x = [1] }]\n",
    )
    .unwrap();
    for (arguments, message) in [
        (&["solve", "1", "-o", "a.docx"][..], "no format ends in .docx"),
        (&["solve", "1", "--format", "json", "--blank"], "--blank is for documents"),
        (&["solve", "1", "--format", "json", "--batch", "examples"], "--batch is for documents"),
        (&["solve", "1", "-o", "a.ipynb", "--blank"], "a notebook computes them"),
        (
            &["solve", "large.toml", "-o", "a.ipynb"],
            "at most 10,000 parameters, this network has 12182",
        ),
        (&["compare", "no-targets.toml"], "no part has examples with targets"),
        (
            &["compare", "1", "--losses", "cross_entropy", "--outputs", "tanh,identity"],
            "cross_entropy",
        ),
        (&["compare", "1", "--losses", "huber", "--outputs", "tanh"], "nothing to compare"),
        (&["compare", "1", "--losses", "hinge"], "hinge"),
        (&["solve", "1", "--source", "--blank"], "--source"),
    ] {
        refused(&directory, arguments, message);
    }
}
