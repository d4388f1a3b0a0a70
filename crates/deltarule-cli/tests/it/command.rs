//! The command as a user meets it.

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

fn deltarule(directory: &Path) -> Command {
    let mut command = Command::cargo_bin("deltarule").unwrap();
    command.current_dir(directory);
    command
}

fn stdout(directory: &Path, arguments: &[&str]) -> String {
    let assert = deltarule(directory).args(arguments).assert().success();
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

#[test]
fn train_shows_what_it_understood_how_good_it_is_and_what_to_type_next() {
    let directory = tempfile::tempdir().unwrap();
    let text = stdout(directory.path(), &["train", "iris", "--epochs", "30"]);
    for expected in [
        "iris: 150 rows, 5 columns",
        "species              category, 3 values  ← target",
        "Task: classification, because \"species\" holds text",
        "Network: 4-100-3 (relu, softmax), 803 parameters",
        "majority",
        "← predicted",
        "Wrote iris.safetensors",
        "Next: deltarule predict iris.safetensors iris",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(!text.contains('\u{1b}'), "colour in a pipe");
    // The next command, as it stands there.
    let next = text.lines().find_map(|line| line.strip_prefix("Next: deltarule ")).unwrap();
    let predictions = stdout(directory.path(), &next.split(' ').collect::<Vec<_>>());
    assert_eq!(predictions.lines().count(), 151);
    assert_eq!(predictions.lines().next(), Some("prediction"));
    let again = stdout(directory.path(), &["train", "iris", "--epochs", "1"]);
    assert!(again.contains("Replaced iris.safetensors"), "{again}");
}

#[test]
fn json_is_one_object_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let assert = deltarule(directory.path())
        .args(["train", "iris", "--epochs", "20", "--json"])
        .assert()
        .success()
        .stderr("");
    let object: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    assert_eq!(object["task"], "classification");
    assert_eq!(object["n_rows"], 150);
    assert_eq!(object["n_features"], 4);
    assert_eq!(object["epochs"], 20);
    assert_eq!(object["model"], "iris.safetensors");
    assert!(object["seconds"].as_f64().unwrap() > 0.0);
    for part in ["train", "test", "baseline"] {
        for metric in ["accuracy", "balanced_accuracy", "log_loss", "f1_macro", "roc_auc"] {
            assert!(object[part][metric].is_f64(), "{part} {metric}");
        }
    }
    let object: Value = serde_json::from_str(&stdout(
        directory.path(),
        &["evaluate", "iris.safetensors", "iris", "--json"],
    ))
    .unwrap();
    assert_eq!(object["n_rows"], 150);
    assert!(object["metrics"]["accuracy"].as_f64().unwrap() > 0.8);
}

#[test]
fn the_same_seed_writes_the_same_bytes_with_any_number_of_threads() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    for optimizer in ["adam", "rprop", "lbfgs"] {
        let train = |threads: &str, out: &str| {
            let arguments = [
                "train",
                "digits",
                "--epochs",
                "5",
                "--optimizer",
                optimizer,
                "--threads",
                threads,
                "-o",
                out,
                "--quiet",
            ];
            deltarule(path).args(arguments).assert().success().stdout("").stderr("");
            std::fs::read(path.join(out)).unwrap()
        };
        let one = train("1", "one.safetensors");
        assert_eq!(one, train("2", "two.safetensors"), "{optimizer}");
        assert_eq!(one, train("3", "three.safetensors"), "{optimizer}");
        assert_eq!(one, train("1", "again.safetensors"), "{optimizer}");
    }
}

#[test]
fn resume_goes_on_where_the_training_stopped() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let json =
        |arguments: &[&str]| -> Value { serde_json::from_str(&stdout(path, arguments)).unwrap() };
    let common = ["--json", "--dropout", "0.2", "--seed", "3"];
    let mut whole = vec!["train", "iris", "--epochs", "20", "-o", "whole.safetensors"];
    whole.extend(common);
    let mut half = vec!["train", "iris", "--epochs", "10", "-o", "half.safetensors"];
    half.extend(common);
    let whole = json(&whole);
    json(&half);
    let both = json(&[
        "train",
        "iris",
        "--resume",
        "half.safetensors",
        "--epochs",
        "10",
        "-o",
        "both.safetensors",
        "--json",
    ]);
    assert_eq!(whole["test"], both["test"]);
    assert_eq!(both["epochs"], 20);
    let weights = |name: &str| {
        let bytes = std::fs::read(path.join(name)).unwrap();
        let deltarule::AnyModelFile::F32(file) = deltarule::AnyModelFile::read(&bytes[..]).unwrap()
        else {
            panic!("not f32")
        };
        file.network
    };
    assert_eq!(weights("whole.safetensors"), weights("both.safetensors"));
}

#[test]
fn evaluate_fails_with_one_when_a_score_is_not_reached() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    stdout(path, &["train", "iris", "--epochs", "50"]);
    let evaluate = ["evaluate", "iris.safetensors", "iris", "--require"];
    let with = |requirement: &str| deltarule(path).args(evaluate).arg(requirement).assert();
    with("accuracy=0.5").success();
    with("log_loss=5").success();
    with("accuracy=1.5").code(1).stderr(predicates::str::contains("demanded 1.5"));
    with("log_loss=0.0001").code(1);
}

#[test]
fn predictions_come_with_probabilities_and_the_order_of_columns_is_free() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    stdout(path, &["train", "iris", "--epochs", "30"]);
    let straight =
        "sepal_length,sepal_width,petal_length,petal_width\n5.1,3.5,1.4,0.2\n6.3,3.3,6,2.5\n";
    let turned = "petal_width,note,petal_length,sepal_width,sepal_length\n0.2,x,1.4,3.5,5.1\n2.5,y,6,3.3,6.3\n";
    std::fs::write(path.join("straight.csv"), straight).unwrap();
    std::fs::write(path.join("turned.csv"), turned).unwrap();
    let first = stdout(path, &["predict", "iris.safetensors", "straight.csv", "--proba"]);
    let second = stdout(path, &["predict", "iris.safetensors", "turned.csv", "--proba"]);
    assert_eq!(first, second);
    let lines: Vec<&str> = first.lines().collect();
    assert_eq!(lines[0], "prediction,p_setosa,p_versicolor,p_virginica");
    assert!(lines[1].starts_with("setosa,") && lines[2].starts_with("virginica,"), "{first}");
    let sum: f64 = lines[1].split(',').skip(1).map(|p| p.parse::<f64>().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-6);
    deltarule(path)
        .args(["predict", "iris.safetensors", "-"])
        .write_stdin(straight)
        .assert()
        .success()
        .stdout(predicates::str::starts_with("prediction\nsetosa\nvirginica"));
    stdout(path, &["predict", "iris.safetensors", "straight.csv", "-o", "out.csv"]);
    assert_eq!(
        std::fs::read_to_string(path.join("out.csv")).unwrap(),
        "prediction\nsetosa\nvirginica\n"
    );
}

#[test]
fn several_numbers_are_predicted_in_their_own_units() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut table = "a,b,u,v\n".to_string();
    for i in 0..200 {
        let (a, b) = (f64::from(i % 17), f64::from(i * 7 % 13));
        table += &format!("{a},{b},{},{}\n", 1000.0 + 10.0 * a, b - a + 0.5);
    }
    std::fs::write(path.join("t.csv"), &table).unwrap();
    let train = [
        "train",
        "t.csv",
        "--target",
        "u,v",
        "--hidden",
        "none",
        "--optimizer",
        "lbfgs",
        "--l2",
        "0",
        "--json",
    ];
    let object: Value = serde_json::from_str(&stdout(path, &train)).unwrap();
    assert_eq!(object["task"], "regression");
    assert!(object["test"]["r2"].as_f64().unwrap() > 0.9999, "{object}");
    let out = stdout(path, &["predict", "t.safetensors", "t.csv"]);
    let mut lines = out.lines();
    assert_eq!(lines.next(), Some("prediction_u,prediction_v"));
    let first: Vec<f64> = lines.next().unwrap().split(',').map(|v| v.parse().unwrap()).collect();
    assert!((first[0] - 1000.0).abs() < 1.0 && (first[1] - 0.5).abs() < 0.1, "{first:?}");
}

#[test]
fn standard_input_decimal_commas_and_no_header() {
    let directory = tempfile::tempdir().unwrap();
    let mut table = String::new();
    for i in 0..60 {
        let class = if i % 2 == 0 { "low" } else { "high" };
        table += &format!("{},5;{};{class}\n", i % 2 * 10 + i % 5, i % 3);
    }
    deltarule(directory.path())
        .args(["train", "-", "--no-header", "--delimiter", ";", "--decimal-comma", "--json"])
        .write_stdin(table)
        .assert()
        .success();
    let text = stdout(directory.path(), &["inspect", "model.safetensors"]);
    assert!(text.contains("c1") && text.contains("c3: 2 classes (high, low)"), "{text}");
}

#[test]
fn missing_values_are_shown() {
    let directory = tempfile::tempdir().unwrap();
    let mut table = "a,b,y\n".to_string();
    for i in 0..40 {
        let a = if i % 9 == 4 { "?".to_string() } else { i.to_string() };
        table += &format!("{a},{},{}\n", i % 7, i % 2);
    }
    std::fs::write(directory.path().join("t.csv"), table).unwrap();
    let text = stdout(directory.path(), &["train", "t.csv"]);
    assert!(text.contains("a                    integer, 4 missing"), "{text}");
    assert!(text.contains("missing are empty cells, ?, NA, nan and null"), "{text}");
}

#[test]
fn inspect_shows_network_preparation_and_record() {
    let directory = tempfile::tempdir().unwrap();
    stdout(directory.path(), &["train", "iris", "--epochs", "5", "--hidden", "7,6"]);
    let text = stdout(directory.path(), &["inspect", "iris.safetensors"]);
    for expected in
        ["layer  2", "7 units, relu", "petal_width", "3 classes", "baseline", "5 epochs"]
    {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}

#[test]
fn solve_writes_text_json_and_the_source() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    assert!(stdout(path, &["solve", "1"]).contains("0.000505747"));
    assert!(stdout(path, &["solve", "1", "--digits", "3"]).contains("0.55"));
    let source = stdout(path, &["solve", "2", "--source"]);
    std::fs::write(path.join("mine.toml"), &source).unwrap();
    assert_eq!(stdout(path, &["solve", "mine.toml"]), stdout(path, &["solve", "2"]));
    stdout(path, &["solve", "3", "-o", "three.json"]);
    let json: Value =
        serde_json::from_slice(&std::fs::read(path.join("three.json")).unwrap()).unwrap();
    assert_eq!(json["format"], "deltarule-solution/1");
    assert_eq!(json.to_string(), {
        let again: Value =
            serde_json::from_str(&stdout(path, &["solve", "3", "--format", "json"])).unwrap();
        again.to_string()
    });
}

#[test]
fn help_version_datasets_and_completions() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    assert_eq!(
        stdout(path, &["--version"]).trim(),
        format!("deltarule {}", env!("CARGO_PKG_VERSION"))
    );
    assert!(stdout(path, &["datasets"]).contains("digits"));
    assert!(stdout(path, &["completions", "bash"]).contains("deltarule"));
    assert!(stdout(path, &["train", "--help"]).contains("--learning-rate"));
    deltarule(path).assert().code(2);
    deltarule(path).arg("tarin").assert().code(2);
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_error() {
    let directory = tempfile::tempdir().unwrap();
    stdout(directory.path(), &["train", "digits", "--epochs", "1", "--quiet"]);
    let program = assert_cmd::cargo::cargo_bin("deltarule");
    for command in ["solve 2", "predict digits.safetensors digits --proba"] {
        let shell =
            format!("set -o pipefail; {} {command} | head -n 1 > head.txt", program.display());
        let output = std::process::Command::new("bash")
            .args(["-c", &shell])
            .current_dir(directory.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{command}: {output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_the_best_model_so_far_and_exits_with_130() {
    let directory = tempfile::tempdir().unwrap();
    let program = assert_cmd::cargo::cargo_bin("deltarule");
    let mut child = std::process::Command::new(program)
        .args([
            "train",
            "digits",
            "--epochs",
            "1000000",
            "--early-stopping",
            "--patience",
            "1000000",
        ])
        .current_dir(directory.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Once it has said what it trains, the training is on; give it some epochs.
    let mut said = String::new();
    let mut lines = std::io::BufReader::new(child.stdout.take().unwrap());
    while !said.contains("Training:") {
        assert!(std::io::BufRead::read_line(&mut lines, &mut said).unwrap() > 0, "{said}");
    }
    std::thread::sleep(std::time::Duration::from_millis(500));
    let interrupt = format!("kill -INT {}", child.id());
    std::process::Command::new("bash").args(["-c", &interrupt]).status().unwrap();
    let drain = std::thread::spawn(move || std::io::Read::read_to_string(&mut lines, &mut said));
    let output = child.wait_with_output().unwrap();
    drain.join().unwrap().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{error}");
    assert!(error.contains("the best so far") && error.contains("digits.safetensors"), "{error}");
    let evaluate = ["evaluate", "digits.safetensors", "digits", "--require", "accuracy=0.5"];
    deltarule(directory.path()).args(evaluate).assert().success();
}
