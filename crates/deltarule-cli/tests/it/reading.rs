//! How tables are read: labels and missing cells, columns that are left out or have commas in their names, lines in
//! messages, and how what is said about reading reaches every command.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(directory.path().join(name), content).unwrap();
    }
    directory
}

fn run(directory: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_deltarule"))
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[track_caller]
fn with_input(directory: &TempDir, arguments: &[&str], input: &str) -> String {
    let output = run(directory.path(), arguments, input);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn stdout(directory: &TempDir, arguments: &[&str]) -> String {
    with_input(directory, arguments, "")
}

#[track_caller]
fn error_of(directory: &TempDir, arguments: &[&str]) -> String {
    let output = run(directory.path(), arguments, "");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
    assert!(!error.contains("panicked"), "{error}");
    error
}

#[track_caller]
fn refused(directory: &TempDir, arguments: &[&str], message: &str) {
    let error = error_of(directory, arguments);
    assert!(error.contains(message), "{arguments:?}\n  said: {error}\n  expected: {message}");
}

/// A table with one number and a target that takes these labels in turn.
fn labelled(labels: &[&str]) -> String {
    let rows = (0..60).map(|i| format!("{},{}\n", i % labels.len(), labels[i % labels.len()]));
    "a,y\n".to_string() + &rows.collect::<String>()
}

/// Labels went through f64, which merged the first pairs, and came back as 7 and 10.
#[test]
fn labels_stay_distinct_and_come_back_as_written() {
    let long = ["1".repeat(44), "1".repeat(43) + "2"];
    for labels in [
        ["12345678901234567891", "12345678901234567893"],
        ["9007199254740992", "9007199254740993"],
        ["007", "010"],
        ["7", "007"],
        [&long[0], &long[1]],
    ] {
        let directory = directory(&[("t.csv", &labelled(&labels))]);
        stdout(&directory, &["train", "t.csv", "--epochs", "100", "-o", "m.st"]);
        let predicted = stdout(&directory, &["predict", "m.st", "t.csv"]);
        let predicted: Vec<&str> = predicted.lines().skip(1).collect();
        assert_eq!(predicted[..2], labels, "{labels:?}");
        stdout(&directory, &["evaluate", "m.st", "t.csv", "--require", "accuracy=1"]);
    }
    // Numbers that are the same number are one class all the same.
    let directory = directory(&[("t.csv", &labelled(&["1", "2", "1.0", "2.00"]))]);
    let text = stdout(&directory, &["train", "t.csv", "--epochs", "1"]);
    assert!(text.contains("with 2 distinct values"), "{text}");
}

/// They were numbers in training, and what had been trained on could not be predicted.
#[test]
fn a_nan_with_a_sign_is_a_missing_cell() {
    let mut table = "a,y\n".to_string();
    for i in 0..40 {
        let cell = [i.to_string(), "-nan".into(), "+NaN".into()][i % 3].clone();
        table += &format!("{cell},{}\n", ["x", "z"][i % 2]);
    }
    let directory = directory(&[("t.csv", &table), ("y.csv", &labelled(&["1", "-nan"]))]);
    let text = stdout(&directory, &["train", "t.csv", "--epochs", "1", "-o", "m.st"]);
    assert!(text.contains("integer, 26 missing"), "{text}");
    stdout(&directory, &["predict", "m.st", "t.csv"]);
    refused(&directory, &["train", "y.csv"], "the target \"y\" is missing in 30 rows");
}

/// The columns were read all the same, and refused.
#[test]
fn what_is_wrong_with_a_column_that_is_not_used_is_no_error() {
    let used = labelled(&["x", "z"]);
    let rows = used.lines().skip(1).enumerate();
    let rows = rows.map(|(i, row)| format!("{},{row}\n", if i == 5 { "inf" } else { "1.5" }));
    let table = format!("bad,{}\n{}", "a,y", rows.collect::<String>());
    let directory = directory(&[("t.csv", &table), ("good.csv", &used)]);
    refused(&directory, &["train", "t.csv"], "line 7, column \"bad\": inf is not a finite number");
    let train = ["train", "t.csv", "--drop", "bad", "--epochs", "100", "-o", "m.st"];
    let text = stdout(&directory, &train);
    assert!(text.contains("bad                  not read"), "{text}");
    for table in ["t.csv", "good.csv"] {
        stdout(&directory, &["predict", "m.st", table]);
        stdout(&directory, &["evaluate", "m.st", table, "--require", "accuracy=1"]);
        stdout(&directory, &["explain", "m.st", table]);
    }
    // A continuation needs no column that the model does not use.
    refused(&directory, &["train", "good.csv", "--drop", "bad"], "there is no column \"bad\"");
    stdout(&directory, &["train", "good.csv", "--resume", "m.st", "--epochs", "1", "-o", "n.st"]);
}

/// Only training could be told, and a continuation did not listen.
#[test]
fn every_command_can_be_told_how_a_table_is_read() {
    let comma = labelled(&["x", "z"]);
    let tabs = comma.replace(',', "\t");
    let semicolon = comma.replace(',', ";").replace("0;", "0,0;").replace("1;", "1,0;");
    let directory = directory(&[("t.tsv", &tabs), ("s.csv", &semicolon)]);
    stdout(&directory, &["train", "t.tsv", "--epochs", "100", "-o", "m.st"]);
    let expected = stdout(&directory, &["predict", "m.st", "t.tsv"]);
    let piped = with_input(&directory, &["predict", "m.st", "-", "--delimiter", "tab"], &tabs);
    assert_eq!(piped, expected);
    refused(
        &directory,
        &["predict", "m.st", "s.csv"],
        "only one column was found; try --delimiter",
    );
    let said = ["--delimiter", ";", "--decimal-comma"];
    let told = |start: &[&'static str]| stdout(&directory, &[start, &said[..]].concat());
    assert_eq!(told(&["predict", "m.st", "s.csv"]), expected);
    told(&["evaluate", "m.st", "s.csv", "--require", "accuracy=1"]);
    told(&["explain", "m.st", "s.csv"]);
    told(&["train", "s.csv", "--resume", "m.st", "--epochs", "1", "-o", "s.st"]);
    // The continued model reads as it was told last, and can be told to read as at first.
    assert_eq!(stdout(&directory, &["predict", "s.st", "s.csv"]).lines().count(), 61);
    let back = ["predict", "s.st", "t.tsv", "--delimiter", "tab", "--decimal-comma=false"];
    assert_eq!(stdout(&directory, &back).lines().count(), 61);
    let latin = ["predict", "m.st", "t.tsv", "--encoding", "klingon"];
    refused(&directory, &latin, "unknown encoding \"klingon\"");
    // A column's names and its first row are told apart as said.
    let without = tabs.trim_start_matches("a\ty\n");
    std::fs::write(directory.path().join("no.tsv"), without).unwrap();
    let no = ["train", "no.tsv", "--no-header", "--epochs", "1", "-o", "no.st"];
    stdout(&directory, &no);
    std::fs::write(directory.path().join("c.tsv"), format!("c1\tc2\n{without}")).unwrap();
    let with_header = ["predict", "no.st", "c.tsv", "--no-header=false"];
    assert_eq!(stdout(&directory, &with_header).lines().count(), 61);
}

/// Lines were counted as rows: blank lines and line breaks in quotes put them off.
#[test]
fn messages_name_the_line_of_the_file() {
    let rows = "0,x\n1,z\n".repeat(10);
    for (table, message) in [
        ("a,y\n1,0\n\n\n2,1\n3,0,9\n".to_string(), "line 6: has 3 cells, the first line has 2"),
        ("\"a\nb\",y\n1,0\n2\n".to_string(), "line 4: has 1 cells"),
        ("a,y\n\"1\n\n\",0\n2\n".to_string(), "line 5: has 1 cells"),
        (format!("a,y\r\n{rows}\r\n\r\ninf,x\r\n"), "line 24, column \"a\": inf"),
        (format!("\"a\n\n\",y\n{rows}\n5,\n"), "first in line 25"),
        (format!("a,y\n{}3,0,9\n", "1,0\n\n".repeat(5000)), "line 10002: has 3 cells"),
    ] {
        let directory = directory(&[("t.csv", &table)]);
        refused(&directory, &["train", "t.csv"], message);
    }
    let directory = directory(&[("t.csv", &labelled(&["x", "z"])), ("p.csv", "a\n\n1\n\nx\n")]);
    stdout(&directory, &["train", "t.csv", "--epochs", "1", "-o", "m.st"]);
    refused(&directory, &["predict", "m.st", "p.csv"], "p.csv, line 5, column \"a\": \"x\" where");
}

/// A name with a comma was always taken for two.
#[test]
fn names_with_commas_can_be_targets_and_dropped() {
    let mut table = "a,\"p,q\",\"say \"\"r\"\"\",z\n".to_string();
    for i in 0..40 {
        table += &format!("{i},{},{},{}\n", i * 2, 100 - i, i % 7);
    }
    let directory = directory(&[("t.csv", &table)]);
    let predicted = |arguments: &[&str]| {
        let train = [&["train", "t.csv", "--epochs", "1", "-o", "m.st"][..], arguments].concat();
        stdout(&directory, &train);
        let predicted = stdout(&directory, &["predict", "m.st", "t.csv"]);
        predicted.lines().next().unwrap().to_string()
    };
    assert_eq!(predicted(&["--target", "p,q", "--drop", "say \"r\""]), "prediction");
    let several = predicted(&["--target", r#""p,q",z"#]);
    assert_eq!(several, r#""prediction_p,q",prediction_z"#);
    assert_eq!(predicted(&["--target", "a, z", "--drop", "p,q"]), "prediction_a,prediction_z");
    stdout(&directory, &["train", "t.csv", "--resume", "m.st", "--epochs", "1", "-o", "n.st"]);
    refused(&directory, &["train", "t.csv", "--target", "p"], "there are \"a\", \"p,q\", ");
    let near = error_of(&directory, &["train", "t.csv", "--drop", "q"]);
    assert!(near.contains("there is no column \"q\"") && !near.contains("did you mean"), "{near}");
    let near = error_of(&directory, &["train", "t.csv", "--target", "pq"]);
    assert!(near.contains("did you mean \"p,q\"?"), "{near}");
}

#[test]
fn messages_say_what_is_the_matter() {
    let numbers = labelled(&["1", "2"]);
    let mut trailing = String::new();
    for line in labelled(&["x", "z"]).lines() {
        trailing += &format!("{line},\n");
    }
    let directory = directory(&[
        ("n.csv", &numbers),
        ("text.csv", "a,y\n0,1\n1,no\n"),
        ("twice.csv", "1,1,2\n2,3,4\n3,4,5\n"),
        ("headless.csv", &numbers.replace("a,y\n", "3,4\n")),
        ("trailing.csv", &trailing),
    ]);
    // A class of another kind is unseen, not missing.
    stdout(&directory, &["train", "n.csv", "--epochs", "1", "-o", "m.st"]);
    refused(
        &directory,
        &["evaluate", "m.st", "text.csv"],
        "line 3, column \"y\": class \"no\" was not seen in training",
    );
    // Only what holds numbers could be predicted as numbers.
    let text = stdout(&directory, &["train", "n.csv", "--epochs", "1"]).replace("\n  ", " ");
    assert!(text.contains("--task regression"), "{text}");
    let text = stdout(&directory, &["train", "iris", "--epochs", "1"]);
    assert!(!text.contains("--task regression"), "{text}");
    // Names that are numbers are most likely the first row.
    refused(
        &directory,
        &["train", "twice.csv"],
        "two columns are named \"1\"; the first line holds",
    );
    refused(
        &directory,
        &["train", "headless.csv", "--target", "y"],
        "if it is data, say --no-header",
    );
    let text = stdout(&directory, &["train", "headless.csv", "--epochs", "1"]);
    let text = text.replace("\n  ", " ");
    assert!(text.contains("Note: the first line") && text.contains("--no-header reads"), "{text}");
    let text = stdout(&directory, &["train", "headless.csv", "--epochs", "1", "--no-header"]);
    assert!(!text.contains("Note:") && text.contains("61 rows"), "{text}");
    // A delimiter at the end of every line makes no target.
    let text = stdout(&directory, &["train", "trailing.csv", "--epochs", "1"]);
    assert!(text.contains("because \"y\" holds text"), "{text}");
    assert!(text.contains("left out, empty: (unnamed)"), "{text}");
}
