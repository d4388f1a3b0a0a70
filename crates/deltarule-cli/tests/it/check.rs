//! `deltarule check` as a teacher and a student meet it: files to fill in, markings, folders, and what is refused.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

fn run_with(directory: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_deltarule"))
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn run(directory: &Path, arguments: &[&str]) -> Output {
    run_with(directory, arguments, "")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
fn succeeds(directory: &Path, arguments: &[&str]) -> String {
    let output = run(directory, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", error(&output));
    out(&output)
}

#[track_caller]
fn refused(directory: &TempDir, arguments: &[&str], input: &str, message: &str) {
    let files = || std::fs::read_dir(directory.path()).unwrap().count();
    let before = files();
    let output = run_with(directory.path(), arguments, input);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", error(&output));
    assert!(error(&output).contains(message), "{arguments:?} said: {}", error(&output));
    assert!(!error(&output).contains("panicked"));
    assert!(output.stdout.is_empty());
    assert_eq!(files(), before, "{arguments:?} left a file behind");
}

#[test]
fn a_file_to_fill_in_is_itself_an_answer_without_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let toml = succeeds(path, &["check", "2", "--template"]);
    assert!(toml.contains("\"z[1]\" = [\"?\", \"?\", \"?\", \"?\"]"), "{toml}");
    assert_eq!(toml, succeeds(path, &["check", "2", "--template=toml"]));
    let csv = succeeds(path, &["check", "2", "--template=csv"]);
    assert!(csv.starts_with("part,quantity,row,column,value\na,z[1],1,1,?\n"), "{csv}");
    succeeds(path, &["check", "2", "--template", "-o", "a.csv"]);
    assert_eq!(std::fs::read_to_string(path.join("a.csv")).unwrap(), csv);
    // A format that is named counts more than the ending.
    succeeds(path, &["check", "2", "--template=toml", "-o", "b.csv"]);
    assert_eq!(std::fs::read_to_string(path.join("b.csv")).unwrap(), toml);
    std::fs::write(path.join("b.toml"), &toml).unwrap();
    for file in ["a.csv", "b.toml"] {
        let text = succeeds(path, &["check", "2", file]);
        assert!(text.contains("Nothing is answered"), "{text}");
    }
    let output = run_with(path, &["check", "2", "-"], &csv);
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
}

#[test]
fn what_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("empty")).unwrap();
    std::fs::write(directory.path().join("latin1.csv"), b"part,quantity\n\xfc").unwrap();
    let answer = "[[part]]\nname = \"a\"\n[part.answers]\n\"x[3]\" = [1]\n";
    refused(&directory, &["check", "1", "-"], answer, "[standard input:4:1]");
    refused(&directory, &["check", "1", "-"], answer, "the network has no layer 3");
    refused(&directory, &["check", "1"], "", "<ANSWERS>");
    refused(&directory, &["check", "1", "nothing.toml"], "", "--template");
    refused(&directory, &["check", "nothing.toml", "a.toml"], "", "nothing.toml: no such file");
    refused(&directory, &["check", "1", "empty"], "", "no answers in this folder");
    refused(&directory, &["check", "1", "latin1.csv"], "", "latin1.csv, line 2: not valid UTF-8");
    refused(&directory, &["check", "1", "-", "--format", "ipynb"], "", "a notebook computes");
    refused(&directory, &["check", "1", "-", "--marks", "delta"], "", "does not look like z=10");
    refused(&directory, &["check", "1", "-", "--marks", "dleta=1"], "", "did you mean delta?");
    refused(&directory, &["check", "1", "-", "--relative=-1"], "", "must be at least 0");
    refused(&directory, &["check", "1", "--template=xml"], "", "possible values: toml, csv");
    refused(&directory, &["check", "1", "--template", "-o", "a.json"], "", "TOML or CSV");
    refused(&directory, &["check", "1", "--template", "--format", "html"], "", "cannot be used");
    refused(&directory, &["check", "1", "-", "--scheme", "s.toml"], "", "--scheme-template");
    let both = ["check", "1", "-", "--scheme", "s.toml", "--marks", "z=1"];
    refused(&directory, &both, "", "cannot be used");
    refused(&directory, &["check", "1", "-", "--scheme-template"], "", "cannot be used");
    std::fs::write(directory.path().join("s.toml"), "[marks]\ndleta = 1\n").unwrap();
    refused(&directory, &["check", "1", "-", "--scheme", "s.toml"], "", "[s.toml:2:1]");
}

/// A folder with the solution, an empty answer, an answer that cannot be read, and what is none.
fn class() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    std::fs::create_dir_all(path.join("class/more.toml")).unwrap();
    std::fs::write(path.join("class/exercise.toml"), succeeds(path, &["solve", "1", "--source"]))
        .unwrap();
    succeeds(path, &["solve", "1", "--format", "json", "-o", "class/Bob.json"]);
    succeeds(path, &["check", "1", "--template", "-o", "class/Cy.csv"]);
    let unread = "[[part]]\nname = \"a\"\n[part.answers]\n\"x[7]\" = [1, 2]\n";
    std::fs::write(path.join("class/Ada.toml"), unread).unwrap();
    std::fs::write(path.join("class/notes.txt"), "no answer").unwrap();
    directory
}

#[test]
fn a_folder_is_marked_whole_and_what_cannot_be_read_is_named() {
    let directory = class();
    let path = directory.path();
    let arguments = ["check", "class/exercise.toml", "class"];
    let output = run(path, &arguments);
    // The others are marked.
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
    let place = Path::new("class").join("Ada.toml");
    assert!(error(&output).contains(&format!("[{}:4:1]", place.display())), "{}", error(&output));
    assert!(error(&output).contains("the network has no layer 7"), "{}", error(&output));
    let text = out(&output);
    assert!(text.contains("2 answers marked") && text.contains("1 could not be read"), "{text}");
    assert!(text.contains("Which mistakes the class makes") && text.contains("Wrote marks.csv"));
    let marks = std::fs::read_to_string(path.join("marks.csv")).unwrap();
    let names: Vec<&str> = marks.lines().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(names, ["\u{feff}name", "Ada", "Bob", "Cy", "more", "notes"], "{marks}");
    assert!(marks.lines().nth(1).unwrap().contains("the network has no layer 7"), "{marks}");
    // The marks are no answer when they lie in the folder.
    std::fs::remove_file(path.join("class/Ada.toml")).unwrap();
    std::fs::remove_file(path.join("class/notes.txt")).unwrap();
    std::fs::remove_dir(path.join("class/more.toml")).unwrap();
    for _ in 0..2 {
        let output = run(path, &["check", "class/exercise.toml", "class", "-o", "class/marks.csv"]);
        assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    }
    let again = std::fs::read_to_string(path.join("class/marks.csv")).unwrap();
    assert_eq!(again.lines().count(), 3, "{again}");
}

#[test]
fn the_table_of_a_class_as_a_page_and_as_json() {
    let directory = class();
    let path = directory.path();
    run(path, &["check", "class/exercise.toml", "class", "-o", "class.html"]);
    let page = std::fs::read_to_string(path.join("class.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("Answer by answer"));
    assert!(path.join("marks.csv").exists());
    let output = run(path, &["check", "class/exercise.toml", "class", "--format", "json"]);
    let json: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(json["answers"].as_array().unwrap().len(), 3);
    assert!(json["answers"][0]["problem"].as_str().unwrap().contains("the network has no layer 7"));
}

/// A published worked example that updated the output weights before it computed the hidden deltas with them.
const EXERCISE: &str = "title = \"2-2-1\"\n[network]\nlayers = [2, 2, 1]\nactivation = \"sigmoid\"\nloss = \"squared_error\"\n\
    weights = [[[0.1, 0.8], [0.4, 0.6]], [[0.3, 0.9]]]\n[[part]]\nname = \"a\"\ntask = \"update\"\nlearning_rate = 1.0\n\
    train_biases = false\nexamples = [{ x = [0.35, 0.9], t = [0.5] }]\n";
const WRONG: &str = "[[part]]\nname = \"a\"\n[part.answers]\n\"x[2]\" = [\"0.69\"]\n\"weights[2]\" = [[\"0.272392\", \"0.87305\"]]\n\
    \"weights[1]\" = [[\"0.09916\", \"0.7978\"], [\"0.3972\", \"0.5928\"]]\n";

#[test]
fn the_solution_is_right_in_every_exercise_of_the_sheet() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    for number in ["1", "2", "3"] {
        succeeds(path, &["solve", number, "-o", "solution.json"]);
        let json = succeeds(path, &["check", number, "solution.json", "--format", "json"]);
        let json: Value = serde_json::from_str(&json).unwrap();
        for part in json["parts"].as_array().unwrap() {
            for quantity in part["quantities"].as_array().unwrap() {
                assert_eq!(quantity["verdict"], "correct", "{quantity}");
                assert_eq!(quantity["mistakes"].as_array().unwrap().len(), 0, "{quantity}");
                assert_eq!(quantity["marks"], 1.0);
            }
            assert_eq!(part["marks"], part["possible"]);
        }
        let text = succeeds(path, &["check", number, "solution.json"]);
        assert!(text.contains("numbers are right. Marks: ") && !text.contains("✗"), "{text}");
    }
}

#[test]
fn a_mistake_is_named_and_the_exit_code_is_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    std::fs::write(path.join("exercise.toml"), EXERCISE).unwrap();
    std::fs::write(path.join("answers.toml"), WRONG).unwrap();
    let check = |more: &[&str]| {
        let output = run(path, &[&["check", "exercise.toml", "answers.toml"], more].concat());
        assert_eq!(output.status.code(), Some(1), "{more:?}: {}", error(&output));
        assert!(error(&output).contains("answers.toml: "), "{}", error(&output));
        out(&output)
    };
    let text = check(&[]);
    for words in
        ["What is right", "Where it first went wrong", "updated weights of layer 2", "✗ wrong"]
    {
        assert!(text.contains(words), "no {words} in {text}");
    }
    let json: Value = serde_json::from_str(&check(&["--format", "json"])).unwrap();
    let quantities = json["parts"][0]["quantities"].as_array().unwrap();
    let weights = quantities.iter().find(|q| q["name"] == "weights[1]").unwrap();
    assert_eq!(weights["verdict"], "wrong");
    assert_eq!(weights["mistakes"], serde_json::json!(["output_weights_updated_first"]));
    assert_eq!(weights["entries"][1][1]["written"], "0.5928");
    // The marks: one of all z is right, x[2] is one of two x, and nothing else is worth anything.
    let json = check(&["--format", "json", "--marks", "z=10,x=10"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((json["marks"].as_f64(), json["possible"].as_f64()), (Some(5.0), Some(20.0)));
    assert!(check(&["--format", "html"]).contains("<mark class=\"wrong\">0.09916</mark>"));
    assert!(check(&["--format", "markdown"]).contains("**0.09916**"));
    assert!(check(&["--format", "latex"]).contains("\\textbf{0.09916}"));
    assert_eq!(check(&["-o", "marking.md"]), "");
    assert!(path.join("marking.md").exists());
    // With enough tolerance, nothing is wrong.
    let arguments = ["check", "exercise.toml", "answers.toml", "--relative", "0.05"];
    assert!(!succeeds(path, &arguments).contains("wrong"));
    succeeds(path, &["check", "exercise.toml", "answers.toml", "--absolute", "0.01"]);
}

#[test]
fn the_mistakes_of_a_class() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    std::fs::create_dir(path.join("class")).unwrap();
    std::fs::write(path.join("exercise.toml"), EXERCISE).unwrap();
    std::fs::write(path.join("class/Ada.toml"), WRONG).unwrap();
    std::fs::write(path.join("class/Bob.toml"), WRONG).unwrap();
    succeeds(path, &["solve", "exercise.toml", "-o", "class/Cy.json"]);
    let output = run(path, &["check", "exercise.toml", "class", "-o", "m.csv"]);
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
    assert!(error(&output).contains("2 of 3 answers have mistakes"), "{}", error(&output));
    let text = out(&output);
    let row = text.lines().find(|line| line.contains("output_weights_updated_first")).unwrap();
    assert!(row.contains("2") && row.contains("67 %") && row.contains("Ada, Bob"), "{text}");
    let marks = std::fs::read_to_string(path.join("m.csv")).unwrap();
    let rows: Vec<Vec<&str>> = marks.lines().map(|line| line.split(',').collect()).collect();
    assert!(marks.contains("The weights of a layer were updated before the delta"), "{marks}");
    assert_eq!(rows[3][1], rows[3][2], "all marks reached: {marks}");
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let wide = "[network]\nlayers = [1000, 300, 1]\nactivation = \"tanh\"\nloss = \"squared_error\"\nweights = 0.1\n\
                [[part]]\nname = \"a\"\ntask = \"forward\"\nexamples = [{ x = [INPUTS] }]\n";
    let inputs = vec!["1"; 1000].join(", ");
    std::fs::write(directory.path().join("wide.toml"), wide.replace("INPUTS", &inputs)).unwrap();
    let most = "at most 200000 are marked";
    refused(&directory, &["check", "wide.toml", "-"], "[[part]]\nname = \"a\"\n", most);
    // Solving is another matter.
    succeeds(directory.path(), &["solve", "wide.toml", "--format", "json", "-o", "wide.json"]);

    let answers = std::fs::File::create(directory.path().join("long.toml")).unwrap();
    answers.set_len((32 << 20) + 1).unwrap();
    refused(&directory, &["check", "1", "long.toml"], "", "long.toml: more than 32 MiB");
}

/// The sheet prints the deltas of exercise 3 as if every layer had one unit more than it has. This used to be refused as a whole.
#[test]
fn a_wrong_shape_costs_its_quantity_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let answers = "[[part]]\nname = \"b\"\n[part.answers]\n\
        \"x[3]\" = [[0.333333, 0.333333], [0.333333, 0.333333], [0.333333, 0.333333]]\n\
        \"delta[2]\" = [[0, 0], [0, 0]]\n\"grad_biases[3]\" = [0.666667, -0.333333, -0.333333]\n";
    std::fs::write(path.join("a.toml"), answers).unwrap();
    let output = run(path, &["check", "3", "a.toml", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
    let json: Value = serde_json::from_str(&out(&output)).unwrap();
    let quantities = json["parts"][1]["quantities"].as_array().unwrap();
    let find = |name: &str| quantities.iter().find(|q| q["name"] == name).unwrap();
    for name in ["x[3]", "grad_biases[3]"] {
        assert_eq!(find(name)["verdict"], "correct", "{name}");
        assert_eq!(find(name)["marks"], 1.0);
    }
    let delta = find("delta[2]");
    assert_eq!((&delta["verdict"], &delta["marks"]), (&"wrong".into(), &0.0.into()));
    assert_eq!(delta["mistakes"], serde_json::json!(["wrong_shape"]));
    let sentence = delta["explanations"][0]["sentence"].as_str().unwrap();
    assert!(sentence.starts_with("δ^[2] has 2 × 2 numbers, and "), "{sentence}");
    let text = out(&run(path, &["check", "3", "a.toml"]));
    assert!(text.contains("δ^[2] has 2 × 2 numbers, and"), "{text}");
    assert!(!text.contains("could not be read"), "{text}");
}

#[test]
fn what_cannot_be_read_is_listed_and_the_rest_is_marked() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let table = "part,quantity,row,column,value,comment\na,x[1],1,1,\"0,549834\",fine\na,x[1],2,1,#NAME?,\n\
                 a,q[1],1,1,0.5,\nc,x[1],1,1,0.5,\na,x[1],3,1,≈54.98 %,\n";
    std::fs::write(path.join("a.csv"), table).unwrap();
    let output = run(path, &["check", "1", "a.csv", "--format", "json"]);
    // Every number that could be read is right.
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
    assert!(error(&output).contains("a.csv: 3 things could not be read"), "{}", error(&output));
    let json: Value = serde_json::from_str(&out(&output)).unwrap();
    let unread = json["unread"].as_array().unwrap();
    let of = |key: &str| unread.iter().map(|unread| unread[key].clone()).collect::<Vec<Value>>();
    assert_eq!(of("line"), [3, 4, 5]);
    assert_eq!(of("text"), ["#NAME?", "q[1]", "c"]);
    assert_eq!(unread[0]["place"], "part \"a\", x[1] in row 2, column 1");
    assert_eq!(unread[0]["problem"], "is not a number");
    let x = &json["parts"][0]["quantities"][1];
    assert_eq!((&x["name"], &x["entries"][1][0]["verdict"]), (&"x[1]".into(), &"missing".into()));
    assert_eq!(x["entries"][2][0]["verdict"], "correct");
    let text = out(&run(path, &["check", "1", "a.csv"]));
    let (before, after) = text.split_once("What could not be read").unwrap();
    assert!(before.contains("numbers are right") && after.contains("Part a:"), "{text}");
    let after = after.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        after.contains("Line 3, part \"a\", x[1] in row 2, column 1: “#NAME?” is not a number"),
        "{text}"
    );
    // Where nothing can be read, nothing is marked, and all of it is shown.
    let nothing = "part,quantity,row,column,value\na,x[1],1,1,#NAME?\na,x[1],2,1,abc\n";
    refused(&directory, &["check", "1", "-"], nothing, "\"#NAME?\", which is not a number");
    refused(&directory, &["check", "1", "-"], nothing, "\"abc\", which is not a number");
}

/// A file to fill in used to be written over what somebody had filled in.
#[test]
fn a_file_with_answers_is_not_written_over() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    for (name, gap) in [("a.toml", "\"?\""), ("a.csv", "?")] {
        let write = ["check", "1", "--template", "-o", name];
        succeeds(path, &write);
        let pristine = std::fs::read_to_string(path.join(name)).unwrap();
        // Nothing is lost.
        succeeds(path, &write);
        let begun = pristine.replacen(gap, "0.5", 1);
        std::fs::write(path.join(name), &begun).unwrap();
        refused(&directory, &write, "", "this file exists");
        assert_eq!(std::fs::read_to_string(path.join(name)).unwrap(), begun);
    }
    std::fs::write(path.join("exercise.toml"), EXERCISE).unwrap();
    let over = ["check", "exercise.toml", "--template", "-o", "exercise.toml"];
    refused(&directory, &over, "", "this file exists");
    assert_eq!(std::fs::read_to_string(path.join("exercise.toml")).unwrap(), EXERCISE);
}

/// With one example the loss and the total loss are one number: it is asked for once, and taken under either name.
#[test]
fn the_loss_of_one_example_is_asked_for_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    std::fs::write(path.join("exercise.toml"), EXERCISE).unwrap();
    let template = succeeds(path, &["check", "exercise.toml", "--template"]);
    assert!(template.contains("\"loss\"") && !template.contains("\"total_loss\""), "{template}");
    let solution = succeeds(path, &["solve", "exercise.toml", "--format", "json"]);
    let solution: Value = serde_json::from_str(&solution).unwrap();
    let loss = &solution["parts"][0]["steps"][0]["loss"][0];
    assert_eq!(*loss, solution["parts"][0]["steps"][0]["total_loss"]);
    let check = |names: &[&str], more: &[&str]| {
        let answers: String = names.iter().map(|name| format!("\"{name}\" = {loss}\n")).collect();
        let answers = format!("[[part]]\nname = \"a\"\n[part.answers]\n{answers}");
        let arguments = [&["check", "exercise.toml", "-", "--format", "json"], more].concat();
        let output = run_with(path, &arguments, &answers);
        assert_eq!(output.status.code(), Some(0), "{}", error(&output));
        let json: Value = serde_json::from_str(&out(&output)).unwrap();
        let quantities = json["parts"][0]["quantities"].as_array().unwrap();
        let names = quantities.iter().map(|q| q["name"].as_str().unwrap().to_string());
        let losses: Vec<String> = names.filter(|name| name.ends_with("loss")).collect();
        (losses, json["marks"].as_f64().unwrap(), json["possible"].as_f64().unwrap())
    };
    let (losses, marks, possible) = check(&["loss"], &[]);
    assert_eq!((losses.as_slice(), marks), (&["loss".to_string()][..], 1.0));
    let total = check(&["total_loss"], &[]);
    assert_eq!(total, (vec!["total_loss".to_string()], 1.0, possible));
    // Weights of either name are those of the number.
    for name in ["loss", "total_loss"] {
        assert_eq!(check(&[name], &["--marks", "loss=2,total_loss=3"]).1, 5.0, "{name}");
    }
    assert_eq!(check(&["loss", "total_loss"], &[]).0, ["loss", "total_loss"]);
}

#[test]
fn a_scheme_gives_the_marks() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    std::fs::write(path.join("exercise.toml"), EXERCISE).unwrap();
    std::fs::write(path.join("answers.toml"), WRONG).unwrap();
    let template = succeeds(path, &["check", "exercise.toml", "--scheme-template"]);
    let written = succeeds(path, &["check", "exercise.toml", "--scheme-template", "-o", "s.toml"]);
    assert_eq!(written, "");
    assert_eq!(std::fs::read_to_string(path.join("s.toml")).unwrap(), template);
    let again = succeeds(path, &["check", "exercise.toml", "--scheme-template", "-o", "s.toml"]);
    assert_eq!(again, "Replaced s.toml\n");
    let check = |more: &[&str]| {
        let arguments =
            [&["check", "exercise.toml", "answers.toml", "--format", "json"], more].concat();
        let output = run(path, &arguments);
        assert_eq!(output.status.code(), Some(1), "{more:?}: {}", error(&output));
        serde_json::from_str::<Value>(&out(&output)).unwrap()
    };
    let (plain, by_template) = (check(&[]), check(&["--scheme", "s.toml"]));
    assert_eq!(
        (&plain["marks"], &plain["possible"]),
        (&by_template["marks"], &by_template["possible"])
    );
    // x[2] is right with two digits where three are asked for, and nothing else is worth anything.
    let scheme = "digits = 3\nfew_digits = 0.2\nround_marks_to = 0.5\n[marks]\n\"a: x[2]\" = 7\n";
    std::fs::write(path.join("s.toml"), scheme).unwrap();
    let json = check(&["--scheme", "s.toml"]);
    assert_eq!((json["marks"].as_f64(), json["possible"].as_f64()), (Some(1.5), Some(7.0)));
    assert!((json["marks_before_rounding"].as_f64().unwrap() - 1.4).abs() < 1e-12);
    assert_eq!(json["worth_nothing"], serde_json::json!(["weights"]));
}

#[test]
fn a_student_may_see_less_than_everything() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    std::fs::write(path.join("exercise.toml"), EXERCISE).unwrap();
    std::fs::write(path.join("answers.toml"), WRONG).unwrap();
    let check = |more: &[&str]| {
        let output = run(path, &[&["check", "exercise.toml", "answers.toml"], more].concat());
        assert_eq!(output.status.code(), Some(1), "{more:?}: {}", error(&output));
        assert!(error(&output).contains("answers.toml: 1 quantity is wrong"), "{}", error(&output));
        out(&output)
    };
    // What belongs in the place of the 0.5928 above.
    let right = "0.592646";
    assert!(check(&[]).contains(right));
    for format in ["text", "markdown", "html", "latex", "typst", "json"] {
        let hidden = check(&["--hide-solution", "--format", format]);
        assert!(!hidden.contains(&right[..6]), "{hidden}");
        assert!(
            hidden.contains("0.5928") && hidden.contains("updated weights of layer 2"),
            "{hidden}"
        );
        let hint = check(&["--hint", "--format", format]);
        let words = hint.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("those before the update, or those after it?"), "{hint}");
        assert!(!hint.contains("0.59") && !hint.contains("arks"), "{hint}");
    }
    let json: Value = serde_json::from_str(&check(&["--hint", "--format", "json"])).unwrap();
    assert_eq!(json["hint"]["quantity"], "weights[1]");
    assert!(json.get("parts").is_none());
}
