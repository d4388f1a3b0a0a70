//! What a user gets wrong: the message, exit code 2, and that no file was written.

use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

fn deltarule(directory: &Path) -> Command {
    let mut command = Command::cargo_bin("deltarule").unwrap();
    command.current_dir(directory);
    command
}

/// A table that can be trained on.
const GOOD: &str = "a,b,color,y\n1,2,red,x\n2,1,blue,z\n3,5,red,x\n4,2,blue,z\n5,9,red,x\n6,1,blue,z\n\
                    7,3,red,x\n8,2,blue,z\n9,4,red,x\n10,1,blue,z\n";

fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(directory.path().join(name), content).unwrap();
    }
    directory
}

fn files(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Runs a command that must be refused with this message and leave no new file behind.
#[track_caller]
fn refused(directory: &TempDir, arguments: &[&str], message: &str) {
    let before = files(directory.path());
    let output = deltarule(directory.path()).args(arguments).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
    assert!(error.contains(message), "{arguments:?}\n  said: {error}\n  expected: {message}");
    assert!(!error.contains("panicked"), "{error}");
    assert_eq!(files(directory.path()), before, "{arguments:?} left a file behind");
}

#[track_caller]
fn table_refused(table: &str, arguments: &[&str], message: &str) {
    let directory = directory(&[("t.csv", table)]);
    let mut all = vec!["train", "t.csv", "--epochs", "1"];
    all.extend(arguments);
    refused(&directory, &all, message);
}

#[test]
fn the_good_table_is_good() {
    let directory = directory(&[("t.csv", GOOD)]);
    deltarule(directory.path()).args(["train", "t.csv", "--epochs", "1"]).assert().success();
    assert_eq!(files(directory.path()), ["t.csv", "t.safetensors"]);
}

#[test]
fn files_that_are_not_tables() {
    let directory = directory(&[
        ("empty.csv", ""),
        ("header.csv", "a,b,y\n"),
        ("t.xlsx", "x"),
        ("broken.parquet", "PAR1 and more"),
    ]);
    refused(&directory, &["train", "nothing.csv"], "nothing.csv: no such file");
    refused(&directory, &["train", "empty.csv"], "empty.csv: the file is empty");
    refused(&directory, &["train", "header.csv"], "header.csv: there is a header, but no rows");
    refused(&directory, &["train", "t.xlsx"], "unknown ending");
    refused(&directory, &["train", "broken.parquet"], "not a readable Parquet file");
    refused(&directory, &["train", "."], ".: is a directory");
}

#[test]
fn rows_and_cells() {
    table_refused(
        "a,b,y\n1,2,x\n1,2\n3,4,z\n",
        &[],
        "t.csv, line 3: has 2 cells, the first line has 3",
    );
    table_refused(
        "a,b,y\n1,2,x\n1,2,3,4\n",
        &[],
        "t.csv, line 3: has 4 cells, the first line has 3",
    );
    table_refused("a,b,y\n1,2\n3,4,z\n", &[], "t.csv, line 2: has 2 cells, the first line has 3");
    table_refused(
        "a,y\n\"1,2\n3,4\n",
        &[],
        "t.csv, line 2: has 1 cells, the first line has 2; a quote",
    );
    table_refused(
        "a,y\n1e308,1\n-1e308,2\n1,3\n2,4\n",
        &[],
        "column \"a\" holds numbers too large",
    );
    table_refused(
        "a,y\n1,1e308\n2,-1e308\n3,0\n4,1\n",
        &["--task", "regression"],
        "column \"y\" holds numbers too large",
    );
    table_refused("a,y\n1,x\n", &[], "only one row");
    table_refused("a,a,y\n1,2,x\n2,3,z\n", &[], "two columns are named \"a\"");
    table_refused(
        &GOOD.replace("3,5,red", "inf,5,red"),
        &[],
        "t.csv, line 4, column \"a\": inf is not a finite number",
    );
    table_refused(
        &GOOD.replace("3,5,red", "1e999,5,red"),
        &[],
        "line 4, column \"a\": 1e999 is not a finite number",
    );
    table_refused("a;b;y\n1;2;x\n2;3;z\n", &[], "try --delimiter ';'");
    table_refused(
        "name,y\na,x\nb,z\nc,x\nd,z\n",
        &["--categories", "3"],
        "column \"name\" holds text with more than 3 distinct values; leave it out with --drop name",
    );
    table_refused("a,y\n1,x\n1,z\n1,x\n1,z\n", &[], "no column is left to learn from");
}

#[test]
fn latin_one_without_saying_so() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("t.csv"), b"a,y\n1,caf\xe9\n2,tea\n").unwrap();
    refused(&directory, &["train", "t.csv"], "t.csv, line 2: not valid UTF-8; name the encoding");
    refused(
        &directory,
        &["train", "t.csv", "--encoding", "klingon"],
        "unknown encoding \"klingon\"",
    );
}

#[test]
fn targets() {
    table_refused(
        GOOD,
        &["--target", "colour"],
        "there is no column \"colour\"; did you mean \"color\"?",
    );
    table_refused(
        &GOOD.replace("2,1,blue,z", "2,1,blue,").replace("5,9,red,x", "5,9,red,?"),
        &[],
        "the target \"y\" is missing in 2 rows, first in line 3",
    );
    table_refused(&GOOD.replace(",z\n", ",x\n"), &[], "the target \"y\" has a single class, \"x\"");
    table_refused(GOOD, &["--task", "regression"], "line 2, column \"y\": \"x\" is not a number");
    table_refused(GOOD, &["--target", "y,color"], "\"x\" is not a number");
    table_refused(GOOD, &["--target", "y", "--drop", "y"], "both a target and dropped");
    table_refused(GOOD, &["--drop", "z"], "there is no column \"z\"");
}

#[test]
fn options_out_of_range() {
    let directory = directory(&[("t.csv", GOOD)]);
    for (option, values) in [
        ("--learning-rate", &["0", "-1", "nan", "fast"][..]),
        ("--epochs", &["0", "-1", "nan", "1.5"]),
        ("--batch-size", &["0", "-1", "nan"]),
        ("--hidden", &["0", "-1", "nan", "10,0"]),
        ("--dropout", &["1", "-0.1", "nan"]),
        ("--l2", &["-1", "nan"]),
        ("--weight-decay", &["-1", "nan"]),
        ("--beta1", &["1", "-0.1", "nan"]),
        ("--beta2", &["1", "-0.1", "nan"]),
        ("--epsilon", &["0", "-1", "nan"]),
        ("--threads", &["0", "-2"]),
        ("--holdout", &["1", "-0.2", "nan"]),
        ("--seed", &["-1", "x"]),
        ("--optimizer", &["adamax"]),
        ("--activation", &["tahn"]),
        ("--schedule", &["linear"]),
        ("--precision", &["f16"]),
        ("--delimiter", &["ab", ""]),
    ] {
        for value in values {
            // The value is what is wrong: not that there is such an option, or that it is given twice.
            let message = format!("invalid value '{value}' for '{option}");
            refused(&directory, &["train", "t.csv", &format!("{option}={value}")], &message);
            // A number below 0 looks like another option, and was taken for one.
            if value.parse::<f64>().is_ok() {
                refused(&directory, &["train", "t.csv", option, value], &message);
            }
        }
    }
    table_refused(GOOD, &["--activation", "softmax"], "softmax");
}

#[test]
fn options_that_do_not_go_together() {
    for (arguments, message) in [
        (&["--optimizer", "adam", "--momentum", "0.9"][..], "the optimizer adam has no momentum"),
        (
            &["--optimizer", "lbfgs", "--learning-rate", "0.1"],
            "the optimizer lbfgs has no learning rate",
        ),
        (
            &["--weight-decay", "0.1"],
            "the optimizer adam has no weight decay (adamw has one; the others have --l2); leave",
        ),
        (
            &["--optimizer", "sgd", "--beta1", "0.5"],
            "the optimizer sgd has no beta1 (adam and adamw have one); leave",
        ),
        (
            &["--optimizer", "rprop", "--beta2", "0.5"],
            "the optimizer rprop has no beta2 (adam and adamw have one); leave",
        ),
        // It was called momentum, which was not typed.
        (
            &["--optimizer", "sgd", "--momentum", "0.5", "--weight-decay", "0.1"],
            "the optimizer sgd has no weight decay",
        ),
        (&["--optimizer", "lbfgs", "--epsilon", "0.5"], "the optimizer lbfgs has no epsilon"),
        (&["--optimizer", "adamw", "--l2", "0.1"], "the optimizer adamw has no l2: its weight"),
        (&["--optimizer", "rprop", "--batch-size", "10"], "the optimizer rprop has no batch size"),
        (&["--optimizer", "lbfgs", "--schedule", "cosine"], "the optimizer lbfgs has no schedule"),
        (&["--optimizer", "rprop", "--dropout", "0.1"], "the optimizer rprop has no dropout"),
        (&["--patience", "3"], "--early-stopping"),
        (&["--test", "t.csv", "--holdout", "0.1"], "cannot be used with"),
        (
            &["--task", "regression", "--target", "a", "--class-weight", "balanced"],
            "classification only",
        ),
    ] {
        table_refused(GOOD, arguments, message);
    }
}

#[test]
fn places_that_cannot_be_written() {
    let directory = directory(&[("t.csv", GOOD)]);
    refused(
        &directory,
        &["train", "t.csv", "-o", "no/such/m.safetensors"],
        "directory does not exist",
    );
    refused(&directory, &["train", "t.csv", "-o", "."], "is a directory");
    // Known before the training, not after it.
    let output =
        deltarule(directory.path()).args(["train", "t.csv", "-o", "new/"]).output().unwrap();
    assert!(output.stdout.is_empty(), "it trained first");
    refused(&directory, &["train", "t.csv", "-o", "new/"], "new/: cannot be written: there is no");
    refused(&directory, &["train", "t.csv", "-o", "t.csv/m"], "t.csv/m: cannot be written");
    #[cfg(target_os = "linux")]
    refused(&directory, &["train", "t.csv", "-o", "/proc/m"], "error: /proc/m: cannot be written");
    refused(&directory, &["solve", "1", "-o", "no/such/s.txt"], "directory does not exist");
}

#[test]
fn model_files_that_are_not() {
    let directory = directory(&[("t.csv", GOOD)]);
    let path = directory.path();
    deltarule(path)
        .args(["train", "t.csv", "--epochs", "1", "-o", "m.safetensors"])
        .assert()
        .success();
    let good = std::fs::read(path.join("m.safetensors")).unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(path.join(name), bytes).unwrap();
    let check = |name: &str, message: &str| {
        for command in ["predict", "evaluate"] {
            refused(&directory, &[command, name, "t.csv"], message);
        }
        refused(&directory, &["inspect", name], message);
    };
    write("empty", b"");
    check("empty", "the file is empty");
    write("foreign", b"not a model at all, but long enough to look at");
    check("foreign", "not a safetensors file");
    for cut in [4, 20, good.len() / 2, good.len() - 1] {
        write("cut", &good[..cut]);
        check("cut", "truncated or damaged");
    }
    let mut flipped = good.clone();
    let last = flipped.len() - 1;
    flipped[last] ^= 4;
    write("flipped", &flipped);
    check("flipped", "the checksum does not match: the file is damaged");
    // A header that claims more than the file holds.
    let mut huge = good.clone();
    huge[..8].copy_from_slice(&(1_u64 << 40).to_le_bytes());
    write("huge", &huge);
    check("huge", "truncated or damaged");
    // A later version of the format, with everything else in order.
    let later = String::from_utf8_lossy(&good[..good.len() / 2]).contains("deltarule-model/1");
    assert!(later);
    let place = good.windows(17).position(|w| w == b"deltarule-model/1").unwrap();
    let mut newer = good;
    newer[place + 16] = b'9';
    write("newer", &newer);
    check("newer", "format version 9");
    refused(
        &directory,
        &["predict", "none.safetensors", "t.csv"],
        "none.safetensors: no such file",
    );
}

#[test]
fn any_flipped_bit_of_a_model_is_found() {
    let directory = directory(&[("t.csv", GOOD)]);
    let path = directory.path();
    let train = ["train", "t.csv", "--epochs", "1", "--hidden", "2", "-o", "m.safetensors"];
    deltarule(path).args(train).assert().success();
    let good = std::fs::read(path.join("m.safetensors")).unwrap();
    // In this process, where thousands of files can be tried: the command reads with the same function.
    for byte in 0..good.len() {
        let mut bad = good.clone();
        bad[byte] ^= 1 << (byte % 8);
        let read = deltarule_tabular::TabularModel::read("m", bad.as_slice());
        assert!(read.is_err(), "a flipped bit in byte {byte} of {} went unseen", good.len());
    }
}

#[test]
fn tables_that_do_not_fit_the_model() {
    let directory = directory(&[
        ("t.csv", GOOD),
        ("missing.csv", "a,color\n1,red\n"),
        ("text.csv", "a,b,color\n1,2,red\n2,many,blue\n"),
        ("infinite.csv", "a,b,color\n1,2,red\n2,-Infinity,blue\n"),
        ("class.csv", "a,b,color,y\n1,2,red,x\n2,3,blue,w\n"),
    ]);
    let path = directory.path();
    deltarule(path)
        .args(["train", "t.csv", "--epochs", "1", "-o", "m.safetensors"])
        .assert()
        .success();
    refused(
        &directory,
        &["predict", "m.safetensors", "missing.csv", "-o", "p.csv"],
        "column \"b\", which the model was trained on, is missing",
    );
    refused(
        &directory,
        &["predict", "m.safetensors", "text.csv", "-o", "p.csv"],
        "text.csv, line 3, column \"b\": \"many\" where training had a number",
    );
    refused(
        &directory,
        &["predict", "m.safetensors", "infinite.csv", "-o", "p.csv"],
        "line 3, column \"b\": -Infinity is not a finite number",
    );
    refused(
        &directory,
        &["evaluate", "m.safetensors", "class.csv"],
        "line 3, column \"y\": class \"w\" was not seen in training",
    );
    refused(
        &directory,
        &["evaluate", "m.safetensors", "text.csv"],
        "there is no target column \"y\"",
    );
    refused(
        &directory,
        &["evaluate", "m.safetensors", "t.csv", "--require", "r2=0.5"],
        "--require r2: this model has accuracy",
    );
    refused(
        &directory,
        &["evaluate", "m.safetensors", "t.csv", "--require", "quality=1"],
        "metric",
    );
}

#[test]
fn exercises() {
    let directory = directory(&[("bad.toml", "[network]\nlayers = [2, 2]\n"), ("latin.toml", "")]);
    std::fs::write(directory.path().join("latin.toml"), b"title = \"\xe9\"").unwrap();
    refused(&directory, &["solve", "4"], "4: no such file; the sheet's exercises are 1, 2 and 3");
    refused(&directory, &["solve", "bad.toml"], "activation is missing in [network]");
    refused(&directory, &["solve", "latin.toml"], "line 1: not valid UTF-8");
    refused(&directory, &["solve", "1", "--digits", "0"], "--digits");
    refused(&directory, &["solve", "1", "--format", "doc"], "--format");
    refused(
        &directory,
        &["solve", "1", "--format", "json", "--digits", "3"],
        "--digits is for documents",
    );
}
