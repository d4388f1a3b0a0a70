//! `deltarule check` for a class: what is found in folders, .zip files and spreadsheets, whose it is, what is written, and what
//! is left alone.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

fn run(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deltarule"));
    command.args(arguments).current_dir(directory).output().unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Standard output, where the exit code is this one.
#[track_caller]
fn ends_with(code: i32, directory: &Path, arguments: &[&str]) -> String {
    let output = run(directory, arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", error(&output));
    assert!(!error(&output).contains("panicked"));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn json(code: i32, directory: &Path, arguments: &[&str]) -> Value {
    let all: Vec<&str> = arguments.iter().copied().chain(["--format", "json"]).collect();
    serde_json::from_str(&ends_with(code, directory, &all)).unwrap()
}

fn read(directory: &Path, name: &str) -> String {
    std::fs::read_to_string(directory.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Every file below a folder with what is in it.
fn everything(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(everything(&path));
        } else {
            all.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    all
}

/// Names and reasons of what was left out.
fn left_out(class: &Value) -> Vec<(&str, &str)> {
    let all = class["left_out"].as_array().unwrap().iter();
    all.map(|left| (left["file"].as_str().unwrap(), left["reason"].as_str().unwrap())).collect()
}

fn names(class: &Value) -> Vec<&str> {
    class["answers"].as_array().unwrap().iter().map(|a| a["name"].as_str().unwrap()).collect()
}

/// An answer with one number of exercise 1, which is 0.2.
fn answer(number: &str) -> String {
    format!("part,quantity,row,column,value\na,z[1],1,1,{number}\n")
}

/// What a learning platform calls the folder of a student.
fn folder(name: &str, number: u32) -> String {
    format!("{name}_{number}_assignsubmission_file_")
}

/// A .zip as a learning platform hands it out, with what does not belong into it, and one answer that is this long.
fn download(directory: &Path, length: usize) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(directory.join("class.zip")).unwrap());
    let ada = folder("Ada Lovelace", 101);
    let bob = folder("Bob Müller", 102);
    let long = vec![b'#'; length];
    for (name, text) in [
        (format!("{ada}/answers.csv"), answer("0.2000").as_bytes()),
        (format!("{ada}/photo.JPG"), b"no answer"),
        (format!("{bob}/answers.csv"), answer("0.3000").as_bytes()),
        (format!("{}/answers.csv", folder("Eve", 103)), &long),
        ("../evil.csv".into(), answer("0.2").as_bytes()),
        ("/root/evil.csv".into(), answer("0.2").as_bytes()),
        (format!("__MACOSX/{ada}/answers.csv"), b"hidden"),
        (format!("{bob}/.DS_Store"), b"hidden"),
    ] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text).unwrap();
    }
    zip.finish().unwrap();
}

#[test]
fn a_download_of_a_learning_platform_is_marked_without_being_unpacked() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    download(path, 33 << 20);
    let class = json(1, path, &["check", "1", "class.zip"]);
    assert_eq!(names(&class), ["Ada Lovelace", "Bob Müller", "Eve"]);
    assert_eq!(class["answers"][1]["identifier"], "Participant 102");
    assert_eq!(class["answers"][0]["marking"]["marks"].as_f64(), Some(1.0 / 3.0));
    assert_eq!(class["answers"][1]["marking"]["marks"].as_f64(), Some(0.0));
    let left = left_out(&class);
    let reason = |file: &str| left.iter().find(|(name, _)| name.ends_with(file)).unwrap().1;
    assert!(reason("Eve_103_assignsubmission_file_/answers.csv").contains("more than 32 MiB"));
    assert_eq!(reason("photo.JPG"), "not an answer file (.JPG)");
    let evil = left.iter().filter(|(_, reason)| reason.contains("leads out of the .zip"));
    assert_eq!((evil.count(), left.len()), (2, 4), "{left:?}");
    // Unpacked, it is marked in the same way; nothing was written but the marks.
    assert_eq!(everything(path).len(), 2);
    let marks = read(path, "marks.csv");
    assert!(marks.starts_with("\u{feff}name,marks,possible,"), "{marks}");
    assert!(marks.lines().any(|line| line.starts_with("Ada Lovelace,,") && line.contains(".JPG")));
}

#[test]
fn grades_and_feedback_go_back_to_the_platform() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    download(path, 3);
    // As Moodle writes it in German, where only the identifier, the highest grade and the last column tell what is what.
    let sheet = "\u{feff}ID;\"Vollständiger Name\";Status;Punktzahl;\"Bestes\";\"Änderbar\";Rückmeldung\r\n\
                 \"Teilnehmer/in 101\";\"Ada \"\"L\"\"\";Abgegeben;;100,00;Ja;\r\n\
                 \"Teilnehmer/in 102\";Bob;Abgegeben;7;100,00;Ja;\r\n\
                 \"Teilnehmer/in 999\";=Zoe;\"Keine\nAbgabe\";;100,00;Ja;\r\n";
    std::fs::write(path.join("sheet.csv"), sheet).unwrap();
    let arguments = ["check", "1", "class.zip", "--grading-sheet", "sheet.csv"];
    ends_with(1, path, &arguments);
    assert_eq!(read(path, "sheet.csv"), sheet);
    let graded = read(path, "sheet-graded.csv");
    // 21 quantities, the two losses being one, and a third of one is right.
    let grade = format!("{:.2}", 100.0 / 3.0 / 21.0).replace('.', ",");
    let expected = sheet
        .replace(
            "Abgegeben;;100,00;Ja;",
            &format!("Abgegeben;\"{grade}\";100,00;Ja;\"Marks: 0.33 of 21.\""),
        )
        .replace("Abgegeben;7;", "Abgegeben;0;");
    let (before, after) = expected.split_once("Ja;\r\n").unwrap();
    let rest = graded.strip_prefix(before).unwrap_or_else(|| panic!("{graded}\n{expected}"));
    assert!(rest.starts_with("Ja;\"Marks: 0 of 21. The first error is in part a, in z^[1]."));
    assert!(rest.ends_with(after), "{graded}\n{expected}");
    let zip = std::fs::File::open(path.join("sheet-feedback.zip")).unwrap();
    let mut zip = zip::ZipArchive::new(zip).unwrap();
    let mut all: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    all.sort();
    let page = |name, number| format!("{}/marking.html", folder(name, number));
    assert_eq!(all, [page("Ada Lovelace", 101), page("Bob Müller", 102)]);
    let entry = zip.by_name(&all[1]).unwrap();
    let html = std::io::read_to_string(entry).unwrap();
    assert!(html.contains("<mark class=\"wrong\">0.3000</mark>"));
    // What is there stays there.
    let before = everything(path);
    ends_with(2, path, &arguments);
    assert_eq!(everything(path), before);

    for (sheet, message) in [
        ("Name,Grade\nAda,1\n", "no column has the numbers of these answers"),
        ("ID,Name,X\nParticipant 101,Ada,\n", "no column is known to be the grade"),
        ("ID,Name,Grade\n\"Participant 101,Ada,\n", "line 2: a quoted cell does not end"),
    ] {
        std::fs::write(path.join("bad.csv"), sheet).unwrap();
        let output = run(path, &["check", "1", "class.zip", "--grading-sheet", "bad.csv"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(error(&output).contains(message), "{}", error(&output));
    }
}

/// A folder of answers with everything that may lie in one.
fn class() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    std::fs::create_dir_all(path.join("class/Di/deep")).unwrap();
    std::fs::create_dir_all(path.join("class/empty")).unwrap();
    for (name, number) in [
        ("anna.csv", "0.2000"),
        ("anna.tsv", "0.3000"),
        ("Bo.csv", "0.2000"),
        ("Di/deep/a.csv", "0.2000"),
        ("overview.csv", "0.2000"),
    ] {
        std::fs::write(path.join("class").join(name), answer(number)).unwrap();
    }
    for name in ["Thumbs.db", ".hidden.csv", "~$Bo.xlsx", "Cy.docx", "nothing"] {
        std::fs::write(path.join("class").join(name), "no answer").unwrap();
    }
    std::fs::write(path.join("outside.csv"), answer("0.2000")).unwrap();
    directory
}

#[test]
fn no_file_of_a_folder_is_passed_over_in_silence() {
    let directory = class();
    let path = directory.path();
    let mut expected = vec![
        ("Cy.docx", "not an answer file (.docx)"),
        ("empty", "no file in this folder"),
        ("nothing", "not an answer file (no ending)"),
    ];
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        use std::os::unix::fs::symlink;
        symlink("../outside.csv", path.join("class/link.csv")).unwrap();
        symlink(".", path.join("class/round")).unwrap();
        let latin1 = std::ffi::OsStr::from_bytes(b"M\xfcller.csv");
        std::fs::write(path.join("class").join(latin1), answer("0.2000")).unwrap();
        expected.insert(2, ("link.csv", "a symbolic link that leads out of the folder"));
        expected.push(("round", "a symbolic link to a folder"));
    }
    let class = json(1, path, &["check", "1", "class"]);
    assert_eq!(left_out(&class), expected);
    let anna = "two answers of one student: anna.csv and anna.tsv";
    let names = names(&class);
    let known = ["Bo", "Di", "anna (anna.csv)", "anna (anna.tsv)", "overview"];
    assert!(known.iter().all(|name| names.contains(name)), "{names:?}");
    #[cfg(unix)]
    assert!(names.contains(&"M\u{fffd}ller"), "{names:?}");
    let with_remark = class["answers"].as_array().unwrap().iter().filter(|a| a["remark"] == anna);
    assert_eq!(with_remark.count(), 2);
    // Nothing that could be marked is an error; so is a folder with nothing in it.
    let output = run(path, &["check", "1", "class/empty"]);
    assert!(error(&output).contains("no answers in this folder"), "{}", error(&output));
    std::fs::write(path.join("class/empty/a.txt"), "no answer").unwrap();
    ends_with(2, path, &["check", "1", "class/empty"]);
    std::fs::write(path.join("class/empty/a.csv"), "no answer").unwrap();
    let class = json(2, path, &["check", "1", "class/empty"]);
    assert!(left_out(&class)[0].1.starts_with("could not be read: "), "{class}");
}

#[test]
fn pages_replace_nothing_but_earlier_pages() {
    let directory = class();
    let path = directory.path();
    let arguments = ["check", "1", "class", "-o", "pages"];
    let text = ends_with(1, path, &arguments);
    assert!(text.contains("Wrote 7 files into pages"), "{text}");
    let overview = read(path, "pages/overview.html");
    for (name, page) in
        [("Bo", "bo"), ("anna (anna.csv)", "anna-anna-csv"), ("overview", "answer-overview")]
    {
        assert!(overview.contains(&format!("<a href=\"{page}.html\">{name}</a>")), "{overview}");
        assert!(read(path, &format!("pages/{page}.html")).contains(&format!("<title>{name}: ")));
    }
    let output = run(path, &["check", "1", "class", "-o", "class"]);
    assert!(error(&output).contains("the answers are there"), "{}", error(&output));
    // Pages among the answers are no answers.
    for _ in 0..2 {
        let class = json(1, path, &["check", "1", "class", "-o", "class/pages"]);
        assert_eq!((names(&class).len(), left_out(&class).len()), (5, 3));
    }
    // The same again, and without a student whose page then goes.
    std::fs::remove_file(path.join("class/Bo.csv")).unwrap();
    ends_with(1, path, &arguments);
    assert!(!path.join("pages/bo.html").exists());
    // What somebody changed or put there is not ours any more.
    for (name, text) in [("marks.csv", "my own"), ("di.html", "my own")] {
        let own = std::fs::read(path.join("pages").join(name)).unwrap();
        std::fs::write(path.join("pages").join(name), text).unwrap();
        let before = everything(path);
        let output = run(path, &arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(error(&output).contains(&format!("{name}: not what deltarule wrote")));
        assert_eq!(everything(path), before);
        std::fs::write(path.join("pages").join(name), own).unwrap();
    }
    ends_with(1, path, &arguments);
    #[cfg(unix)]
    {
        std::fs::remove_file(path.join("pages/di.html")).unwrap();
        std::os::unix::fs::symlink("../outside.csv", path.join("pages/di.html")).unwrap();
        ends_with(2, path, &arguments);
        assert_eq!(read(path, "outside.csv"), answer("0.2000"));
    }
}

#[test]
fn marks_that_a_teacher_sets_stay() {
    let directory = class();
    let path = directory.path();
    let own = "\u{feff}Student;Part;Quantity;Marks;Why\nbo;a;z[1];0,5;neat\nDi;;;20;\nanna;;;1;\nDi;;q[1];1;\n";
    std::fs::write(path.join("class/overrides.csv"), own).unwrap();
    let class = json(1, path, &["check", "1", "class", "-o", "pages", "--decimal-comma"]);
    let of = |name: &str| {
        let mut all = class["answers"].as_array().unwrap().iter();
        all.find(|answer| answer["name"] == name).unwrap()
    };
    assert_eq!(of("Bo")["marking"]["marks"].as_f64(), Some(0.5));
    assert_eq!(of("Di")["marking"]["marks"].as_f64(), Some(20.0));
    assert_eq!(of("Bo")["set_by_hand"][0]["quantity"], "a: z[1]");
    let left = left_out(&class);
    let place = Path::new("class").join("overrides.csv").display().to_string();
    assert!(left.contains(&(&format!("{place}, line 4"), "no answer is of \"anna\"")), "{left:?}");
    assert!(left.contains(&(&format!("{place}, line 5"), "the exercise has no quantity \"q[1]\"")));
    let marks = read(path, "pages/marks.csv");
    assert!(marks.contains("\nBo;0,5;21;0,5;") && marks.contains("\nDi;20;21;"), "{marks}");
    assert!(marks.contains("a: z[1] 0.5 in place of 0.33"), "{marks}");
    assert!(read(path, "pages/bo.html").contains("set by hand"));
    assert_eq!(read(path, "class/overrides.csv"), own);
    std::fs::write(path.join("class/overrides.csv"), "who,marks\n").unwrap();
    let output = run(path, &["check", "1", "class"]);
    assert!(error(&output).contains("there is no column \"student\""), "{}", error(&output));
}

#[test]
fn an_answer_finds_its_variant() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let make =
        ["new", "--count", "3", "--layers", "2,1", "--parts", "forward", "-o", "variants/ex.toml"];
    std::fs::create_dir(path.join("variants")).unwrap();
    ends_with(0, path, &make);
    let solve = |variant: &str, answer: &str| {
        let answer = path.join("class").join(answer);
        std::fs::create_dir_all(answer.parent().unwrap()).unwrap();
        let exercise = format!("variants/{variant}.toml");
        let output = answer.display().to_string();
        ends_with(0, path, &["solve", &exercise, "--format", "json", "-o", &output]);
    };
    solve("ex-01", "EX-01_anna.json");
    solve("ex-02", "bo/ex-02.json");
    solve("ex-03", "ex-03/cy.json");
    let class = json(0, path, &["check", "variants", "class"]);
    assert_eq!(names(&class), ["EX-01_anna", "bo", "cy"]);
    let of = |name: &str| {
        class["answers"].as_array().unwrap().iter().map(|a| a[name].clone()).collect::<Vec<_>>()
    };
    assert_eq!(of("exercise"), ["ex-01", "ex-02", "ex-03"]);
    for marking in of("marking") {
        assert_eq!(marking["marks"], marking["possible"]);
    }
    solve("ex-02", "ex-01/ex-02.json");
    solve("ex-02", "ex-021.json");
    let class = json(1, path, &["check", "variants", "class"]);
    let left = left_out(&class);
    assert_eq!(left[0], ("ex-01/ex-02.json", "belongs to more than one exercise: ex-01 and ex-02"));
    assert!(
        left[1].0 == "ex-021.json" && left[1].1.starts_with("belongs to no exercise"),
        "{left:?}"
    );
    // A single answer finds it too.
    ends_with(0, path, &["check", "variants", "class/bo/ex-02.json"]);
    let output = run(path, &["check", "class", "class"]);
    assert!(error(&output).contains("no exercises in this folder"), "{}", error(&output));
}

#[test]
fn spreadsheets_keep_the_digits_that_they_show() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    // A number in Excel's file has no trailing zeros; in the other one it is shown with them.
    for (file, first) in [("answers.xlsx", "0.2"), ("answers.ods", "0.2000")] {
        let answers = fixtures.join(file).display().to_string();
        let marking = json(1, path, &["check", "1", &answers]);
        let quantities = marking["parts"][0]["quantities"].as_array().unwrap();
        let written = |name: &str| {
            let quantity = quantities.iter().find(|q| q["name"] == name).unwrap();
            let rows = quantity["entries"].as_array().unwrap().iter();
            rows.map(|row| row[0]["written"].clone()).collect::<Vec<Value>>()
        };
        assert_eq!(written("z[1]"), [first.into(), "0,20".into(), Value::Null], "{file}");
        assert_eq!(
            written("x[1]"),
            ["0.549833997312478".into(), "0.7".into(), Value::Null],
            "{file}"
        );
    }
    std::fs::write(path.join("a.xlsx"), "no workbook").unwrap();
    let output = run(path, &["check", "1", "a.xlsx"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).contains("a.xlsx: not a workbook"), "{}", error(&output));
}

/// A scheme, hidden solutions and hints go for a class as for one answer, and so does what cannot be read.
#[test]
fn a_class_is_marked_by_a_scheme_and_sees_no_more_than_it_may() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    for folder in ["class", "variants"] {
        std::fs::create_dir(path.join(folder)).unwrap();
    }
    ends_with(0, path, &["solve", "1", "--source", "-o", "variants/exercise-1.toml"]);
    assert!(ends_with(0, path, &["check", "variants", "--scheme-template"]).contains("\ndelta = "));
    let ada =
        "part,quantity,row,column,value\na,x[1],1,1,0.9\na,x[1],2,1,#NAME?\na,x[1],3,1,0.55\n";
    std::fs::write(path.join("class/Ada.csv"), ada).unwrap();
    ends_with(0, path, &["solve", "1", "--format", "json", "-o", "class/Bob.json"]);
    let scheme = "round_marks_to = 0.5\n[marks]\n\"a: x[1]\" = 4\n";
    std::fs::write(path.join("s.toml"), scheme).unwrap();
    let arguments = ["check", "1", "class", "--scheme", "s.toml", "-o", "marked"];
    let check = |more: &[&str]| {
        let output = run(path, &[&arguments, more].concat());
        assert_eq!(output.status.code(), Some(1), "{}", error(&output));
        let said = "1 of 2 answers have mistakes; 1 could be read only in part";
        assert!(error(&output).contains(said), "{}", error(&output));
        let marks = read(path, "marked/marks.csv");
        assert!(marks.contains("\nAda,1.5,4,") && marks.contains("\nBob,4,4,"), "{marks}");
        assert!(marks.contains(",1 thing could not be read,Ada.csv"), "{marks}");
        assert!(read(path, "marked/overview.html").contains("Ada: 1 thing could not be read"));
        let page = read(path, "marked/ada.html");
        assert!(page.contains("“#NAME?” is not a number"), "{page}");
        page
    };
    // 0.549834 belongs where 0.9 stands.
    assert!(check(&[]).contains("0.549834"));
    let hidden = check(&["--hide-solution"]);
    assert!(!hidden.contains("0.5498") && hidden.contains("1.5 of 4"), "{hidden}");
    let hint = check(&["--hint"]);
    assert!(hint.contains("The first mistake is in") && !hint.contains("0.5498"), "{hint}");
    assert!(!hint.contains("of 4"), "{hint}");
    let class = json(1, path, &["check", "1", "class", "--hint"]);
    assert_eq!(class["answers"][0]["marking"]["hint"]["quantity"], "x[1]");
    assert_eq!(class["answers"][0]["marking"]["unread"][0]["text"], "#NAME?");
    assert!(class["answers"][0]["marking"].get("parts").is_none());
}
