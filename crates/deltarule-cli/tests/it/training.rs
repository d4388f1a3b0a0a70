//! What holds around a training: rows kept unseen over continuations, files that stay what they were, and a model that is
//! written whoever listens.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use deltarule::AdamW;
use deltarule_tabular::TabularModel;
use serde_json::Value;

fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deltarule"));
    command.args(arguments).current_dir(directory).stdin(Stdio::null());
    command
}

fn run(directory: &Path, arguments: &[&str]) -> Output {
    command(directory, arguments).output().unwrap()
}

#[track_caller]
fn stdout(directory: &Path, arguments: &[&str]) -> String {
    let output = run(directory, arguments);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn refused(directory: &Path, arguments: &[&str], message: &str) {
    let output = run(directory, arguments);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
    assert!(error.contains(message), "{arguments:?}\n  said: {error}\n  expected: {message}");
}

/// Rows whose class cannot be known from their numbers: whoever is right about them has seen them.
fn noise(rows: usize, mut seed: u64) -> String {
    let mut table = "a,b,c,y\n".to_string();
    for _ in 0..rows {
        let mut draw = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
            seed >> 33
        };
        let (a, b, c, y) = (draw() % 1000, draw() % 1000, draw() % 1000, draw() % 2);
        table += &format!("{a},{b},{c},{}\n", ["no", "yes"][y as usize]);
    }
    table
}

#[test]
fn resume_tests_on_no_row_that_was_trained_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    for (name, rows, seed) in [("n.csv", 100, 1), ("test.csv", 40, 2), ("other.csv", 100, 3)] {
        std::fs::write(path.join(name), noise(rows, seed)).unwrap();
    }
    stdout(path, &["train", "n.csv", "--test", "test.csv", "-o", "whole.st", "--epochs", "100"]);
    let again = ["train", "n.csv", "--resume", "whole.st", "--epochs", "1", "-o"];
    let with = |more: &[&'static str]| [&again[..], more].concat();
    let report: Value = serde_json::from_str(&stdout(path, &with(&["2.st", "--json"]))).unwrap();
    assert_eq!(report["n_train"], 100, "a model tested on another table has seen all of this one");
    assert!(report["test"].is_null(), "{report}");
    refused(path, &with(&["3.st", "--holdout", "0.3"]), "none is left to hold out");
    let report = stdout(path, &with(&["3.st", "--json", "--test", "test.csv", "--seed", "5"]));
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!((&report["n_train"], &report["n_test"]), (&100.into(), &40.into()));

    stdout(path, &["train", "n.csv", "-o", "part.st", "--epochs", "100"]);
    let first = stdout(path, &["train", "n.csv", "--resume", "part.st", "--epochs", "1", "--json"]);
    let first: Value = serde_json::from_str(&first).unwrap();
    assert_eq!((&first["n_train"], &first["n_test"]), (&80.into(), &20.into()));
    for (data, more, message) in [
        ("n.csv", &["--seed", "5"][..], "drawn with seed 0, and seed 5 would test on rows"),
        ("n.csv", &["--holdout", "0.5"], "a hold-out of 0.2, and one of 0.5"),
        (
            "other.csv",
            &[],
            "other.csv: is not the table that the model was trained on (its targets",
        ),
        ("test.csv", &[], "(it has 40 rows, and that one had 100)"),
    ] {
        let resume = ["train", data, "--resume", "part.st", "--epochs", "1", "-o", "no.st"];
        refused(path, &[&resume[..], more].concat(), message);
        assert!(!path.join("no.st").exists());
    }
    // What was said before is no contradiction, and a test file is the user's own choice.
    for more in [&["--seed", "0", "--holdout", "0.2"][..], &["--seed", "5", "--test", "test.csv"]] {
        let resume = ["train", "n.csv", "--resume", "part.st", "--epochs", "1", "-o", "yes.st"];
        stdout(path, &[&resume[..], more].concat());
    }
}

#[cfg(unix)]
#[test]
fn what_stands_at_the_output_stays_what_it_was() {
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let kind = |name: &str| std::fs::symlink_metadata(path.join(name)).unwrap().file_type();
    let train = ["train", "iris", "--epochs", "1", "--quiet", "-o"];
    let to = |name: &'static str| [&train[..], &[name]].concat();

    // Links stay links, one to a file that does not exist yet included.
    std::fs::create_dir(path.join("deep")).unwrap();
    symlink("deep/second", path.join("link.st")).unwrap();
    symlink("real.st", path.join("deep/second")).unwrap();
    stdout(path, &to("link.st"));
    assert!(kind("link.st").is_symlink() && kind("deep/second").is_symlink());
    assert!(kind("deep/real.st").is_file());
    let bytes = std::fs::read(path.join("deep/real.st")).unwrap();
    std::fs::write(path.join("deep/real.st"), "old").unwrap();

    // The mode of an existing file is kept, and a read-only one is not replaced.
    let mode = |mode: u32| std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(path.join("deep/real.st"), mode(0o600)).unwrap();
    stdout(path, &to("link.st"));
    assert_eq!(std::fs::read(path.join("deep/real.st")).unwrap(), bytes);
    let metadata = std::fs::metadata(path.join("deep/real.st")).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(path.join("deep/real.st"), mode(0o444)).unwrap();
    refused(path, &to("link.st"), "link.st: is read-only; make it writable");
    assert_eq!(std::fs::read(path.join("deep/real.st")).unwrap(), bytes);

    // A pipe is written into, as a document or predictions; a model in it would be of no use.
    assert!(Command::new("mkfifo").arg(path.join("pipe")).status().unwrap().success());
    refused(path, &to("pipe"), "pipe: is no file that could be replaced");
    for arguments in [
        &["predict", "link.st", "iris", "-o", "pipe"][..],
        &["solve", "1", "--format", "text", "-o", "pipe"],
    ] {
        let direct = stdout(path, &arguments[..arguments.len() - 2]);
        let pipe = path.join("pipe");
        let reader = std::thread::spawn(move || std::fs::read_to_string(pipe).unwrap());
        stdout(path, arguments);
        assert_eq!(reader.join().unwrap(), direct, "{arguments:?}");
        assert!(kind("pipe").is_fifo());
    }
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_does_not_cancel_the_training() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    for more in [&[][..], &["--json"]] {
        let arguments = [&["train", "iris", "--epochs", "3", "-o", "m.st"][..], more].concat();
        let mut child = command(path, &arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        let text = stdout(path, &["inspect", "m.st"]);
        assert!(text.contains("3 epochs"), "{text}");
        std::fs::remove_file(path.join("m.st")).unwrap();
    }
    // A demanded score that is missed is, whether or not anyone reads the rest.
    stdout(path, &["train", "iris", "--epochs", "1", "-o", "m.st"]);
    let mut child = command(path, &["evaluate", "m.st", "iris", "--require", "accuracy=1.1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[cfg(unix)]
#[test]
fn as_many_epochs_as_can_be_counted_are_no_overflow() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    stdout(path, &["train", "iris", "--epochs", "1", "-o", "m.st"]);
    for more in [&[][..], &["--resume", "m.st"]] {
        let most = usize::MAX.to_string();
        let arguments = [&["train", "iris", "--epochs", &most, "-o", "n.st"][..], more].concat();
        let mut child =
            command(path, &arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(1000));
        let interrupt = format!("kill -INT {}", child.id());
        Command::new("bash").args(["-c", &interrupt]).status().unwrap();
        let mut error = String::new();
        std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut error).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{error}");
        assert!(!error.contains("panicked"), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn the_next_command_can_be_typed_as_it_stands() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    for name in ["two words", "it's", "a$HOME;b", "plain-1.0"] {
        let data = format!("{name}.csv");
        std::fs::write(path.join(&data), noise(30, 4)).unwrap();
        let text = stdout(path, &["train", &data, "--epochs", "1"]);
        let next = text.lines().find_map(|line| line.strip_prefix("Next: deltarule ")).unwrap();
        let typed = format!("{} {next}", env!("CARGO_BIN_EXE_deltarule"));
        let output = Command::new("bash").args(["-c", &typed]).current_dir(path).output().unwrap();
        assert!(output.status.success(), "{next}: {output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 31, "{next}");
    }
}

/// A large table takes a while to be read, and an interrupt waited until it was.
#[cfg(unix)]
#[test]
fn ctrl_c_while_the_table_is_read_ends_the_training() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    std::fs::write(path.join("long.csv"), noise(2_000_000, 6)).unwrap();
    let child = command(path, &["train", "long.csv"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let interrupt = format!("kill -INT {}", child.id());
    Command::new("bash").args(["-c", &interrupt]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{error}");
    assert_eq!(error, "interrupted while the table was read; nothing was written\n");
    assert!(output.stdout.is_empty());
    assert_eq!(std::fs::read_dir(path).unwrap().count(), 1, "a file was left behind");
}

/// AdamW's weights used to decay twice, by its own weight decay and by the penalty that is there for the other optimisers.
#[test]
fn adamw_decays_once_and_its_parameters_can_be_said() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let train = |model: &str, more: &[&str]| {
        let train = ["train", "iris", "--epochs", "3", "-o", model];
        let said = stdout(path, &[&train[..], more].concat());
        let model = TabularModel::load(&path.join(model)).unwrap();
        (said, model)
    };
    let (said, adamw) = train("w.st", &["--optimizer", "adamw"]);
    assert_eq!(adamw.record().options.penalty(), 0.0);
    let line = "Optimizer: adamw, learning rate 0.001, beta1 0.9, beta2 0.999, epsilon 1e-8,\n  \
                weight decay 0.01\n";
    assert!(said.contains(line), "{said}");
    let inspected = stdout(path, &["inspect", "w.st"]);
    assert!(inspected.contains("weight decay 0.01, schedule constant, l2 0, "), "{inspected}");
    // Without a decay nothing is left of either.
    let (_, none) = train("n.st", &["--optimizer", "adamw", "--weight-decay", "0", "--l2", "0"]);
    let (_, adam) = train("a.st", &["--optimizer", "adam", "--l2", "0"]);
    assert_eq!(none.network(), adam.network());
    assert_ne!(adamw.network(), adam.network());
    // Every parameter arrives, also in a continuation, which keeps the others.
    let all = ["--weight-decay", "0.3", "--beta1", "0.8", "--beta2", "0.95", "--epsilon", "1e-6"];
    let (_, model) = train("p.st", &[&["--optimizer", "adamw"], &all[..]].concat());
    let mut expected =
        AdamW { weight_decay: 0.3, beta1: 0.8, beta2: 0.95, epsilon: 1e-6, ..AdamW::default() };
    assert_eq!(model.record().options.optimizer, expected.into());
    let (_, model) = train("q.st", &["--resume", "p.st", "--learning-rate", "0.02"]);
    expected.learning_rate = 0.02;
    assert_eq!(model.record().options.optimizer, expected.into());
    // A momentum has a name of its own, wherever optimisers have names.
    let (_, momentum) = train("m.st", &["--optimizer", "momentum"]);
    let (said, sgd) = train("s.st", &["--optimizer", "sgd", "--momentum", "0.9"]);
    assert_eq!(momentum, sgd);
    assert!(said.contains("Optimizer: momentum, learning rate 0.01, momentum 0.9"), "{said}");
}
