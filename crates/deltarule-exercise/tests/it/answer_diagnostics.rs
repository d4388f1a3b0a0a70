//! Mistakes in answer files: the message, the place that is underlined, and the hint.

use deltarule_exercise::marking::{AnswerFormat, Answers};
use deltarule_exercise::{Exercise, ExerciseHint};

const EXERCISE: &str = r#"title = "T"
[network]
layers = [2, 3, 2]
activation = "tanh"
loss = "squared_error"
weights = 0.1
[[part]]
name = "a"
task = "update"
learning_rate = 0.5
examples = [{ x = [1, 0], t = [1, 0] }, { x = [0, 1], t = [0, 1] }]
[[part]]
name = "online"
task = "update"
mode = "online"
optimizer = "adam"
learning_rate = 0.5
examples = [{ x = [1, 0], t = [1, 0] }, { x = [0, 1], t = [0, 1] }]
[[part]]
name = "c"
task = "classify"
examples = [{ x = [1, 1] }]
"#;

const TOML: &str = r#"[[part]]
name = "a"
[part.answers]
"z[1]" = [[0.1, 0.2], [0.3, "?"], ["0.5", 0.6]]
"total_loss" = 0.5
[[part]]
name = "online"
[part.answers]
"x[2] step 1" = [0.1, 0.2]
[[part]]
name = "c"
[part.answers]
"class" = 1
"#;

const CSV: &str = "part,quantity,row,column,value\na,z[1],3,2,0.6\na,total_loss,,,0.5\nonline,x[2] step 1,1,1,0.1\n";

const JSON: &str =
    r#"{"part": [{"name": "a", "answers": {"z[1]": [[0.1, 0.2], [0.3, null], ["0.5", 0.6]]}}]}"#;

const SOLUTION: &str = r#"{"format": "deltarule-solution/1", "title": "T",
 "parts": [{"name": "a", "steps": [{"examples": [1, 2],
   "z": [[[1, 2], [3, 4], [5, 6]], [[1, 2], [3, 4]]], "loss": [1, 2], "total_loss": 3,
   "biases": [[1, 2, 3], [4, 5]]}]},
  {"name": "online", "steps": [{"examples": [1], "optimizer_state": {"m_biases": [[1, 2, 3], [4, 5]]}}]}]}"#;

fn parse(text: &str, format: AnswerFormat) -> Result<Answers, deltarule_exercise::Diagnostic> {
    let exercise = Exercise::parse(EXERCISE, "exercise.toml").unwrap();
    Answers::parse(&exercise, text, "answers", format)
}

/// A good file with `from` replaced by `to`.
#[track_caller]
fn damaged(format: AnswerFormat, from: &str, to: &str) -> String {
    let good = match format {
        AnswerFormat::Toml => TOML,
        AnswerFormat::Csv => CSV,
        AnswerFormat::Json if SOLUTION.contains(from) && !JSON.contains(from) => SOLUTION,
        AnswerFormat::Json => JSON,
    };
    assert!(good.contains(from), "{from}");
    good.replacen(from, to, 1)
}

/// Damages a good file so that nothing of it can be read; expects the message, the underlined text and a part of the hint.
#[track_caller]
fn refused(
    format: AnswerFormat,
    from: &str,
    to: &str,
    message: &str,
    underlined: &str,
    help: &str,
) {
    let text = damaged(format, from, to);
    let diagnostic = match parse(&text, format) {
        Ok(answers) => panic!("{to} is accepted: {answers:?}"),
        Err(diagnostic) => diagnostic,
    };
    assert_eq!(diagnostic.to_string(), message);
    assert_eq!(&text[diagnostic.span()], underlined, "{message}");
    let hint = diagnostic.help_text().unwrap_or_default();
    assert!(hint.contains(help), "{message}: {hint:?}");
    let before = &text[..diagnostic.span().start];
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    let rendered = diagnostic.render(100);
    assert!(rendered.contains(&format!("[answers:{line}:{column}]")), "{rendered}");
}

/// Damages a good file so that one thing cannot be read; expects what is said about it, its text and a part of the hint. The rest
/// is read.
#[track_caller]
fn check(format: AnswerFormat, from: &str, to: &str, message: &str, text: &str, help: &str) {
    let damaged = damaged(format, from, to);
    let answers = match parse(&damaged, format) {
        Ok(answers) => answers,
        Err(diagnostic) => panic!("{}", diagnostic.render(100)),
    };
    assert!(answers.parts.iter().any(|part| !part.is_empty()));
    let [unread] = answers.unread.as_slice() else { panic!("{:?}", answers.unread) };
    let place = unread.place.split_once(", ").map_or(unread.place.as_str(), |(_, place)| place);
    let said = [unread.problem.clone(), format!("{place} {}", unread.problem)];
    assert!(said.iter().any(|said| said.starts_with(message)), "{message}: {unread:?}");
    assert!(unread.problem.contains(help), "{unread:?}");
    let text = text.trim_matches(['"', ',']);
    assert_eq!(unread.text, text, "{unread:?}");
    let line = damaged.lines().nth(unread.line.unwrap() - 1).unwrap();
    assert!(line.contains(text), "{line}");
}

/// Damages a good file so that a quantity has another shape; expects what is said about it.
#[track_caller]
fn misshapen(from: &str, to: &str, sentence: &str) {
    let answers = parse(&damaged(AnswerFormat::Toml, from, to), AnswerFormat::Toml).unwrap();
    let [misshapen] = answers.misshapen.as_slice() else { panic!("{answers:?}") };
    assert_eq!(misshapen.sentence.to_string(), sentence);
    assert_eq!(answers.unread, []);
}

#[test]
fn the_good_ones_are_good() {
    for (text, format) in [
        (TOML, AnswerFormat::Toml),
        (CSV, AnswerFormat::Csv),
        (JSON, AnswerFormat::Json),
        (SOLUTION, AnswerFormat::Json),
    ] {
        if let Err(diagnostic) = parse(text, format) {
            panic!("{}", diagnostic.render(100));
        }
    }
}

#[test]
fn names_of_quantities() {
    use AnswerFormat::Toml;
    let z = "\"z[1]\"";
    check(Toml, z, "\"x[0]\"", "x[0] is the inputs, which are given", "\"x[0]\"", "1 to 2");
    check(Toml, z, "\"z[0]\"", "z[0]: the inputs have no z", "\"z[0]\"", "1 to 2");
    check(Toml, z, "\"z[3]\"", "the network has no layer 3", "\"z[3]\"", "1 to 2");
    check(Toml, z, "z", "z of which layer?", "z", "\"z[2]\" for the last layer");
    check(
        Toml,
        z,
        "\"total_loss[1]\"",
        "total_loss has no layer",
        "\"total_loss[1]\"",
        "\"total_loss\"",
    );
    let no = |what: &str| format!("part \"a\", task \"update\", has no {what}");
    check(
        Toml,
        z,
        "\"grad_weigths[1]\"",
        &no("grad_weigths[1]"),
        "\"grad_weigths[1]\"",
        "did you mean \"grad_weights[1]\"?",
    );
    check(Toml, z, "error", &no("error"), "error", "did you mean \"loss\"?");
    check(Toml, z, "m", &no("m"), "m", "it has z[l], x[l], loss, total_loss, delta[l]");
    check(Toml, z, "\"m_weights[1]\"", &no("m_weights[1]"), "\"m_weights[1]\"", "weights");
    check(
        Toml,
        z,
        "\"z[one]\"",
        "\"z[one]\" is not the name of a quantity",
        "\"z[one]\"",
        "\"x[1]\"",
    );
    check(
        Toml,
        "\"class\" = 1",
        "\"delta[2]\" = 1",
        "part \"c\", task \"classify\", has no delta[2]",
        "\"delta[2]\"",
        "it has z[l], x[l], class",
    );
}

#[test]
fn steps() {
    use AnswerFormat::Toml;
    let step = "\"x[2] step 1\"";
    check(
        Toml,
        step,
        "\"x[2] step 3\"",
        "part \"online\" has 2 steps, there is no step 3",
        "\"x[2] step 3\"",
        "from 1 to 2",
    );
    check(
        Toml,
        step,
        "\"x[2] step 0\"",
        "part \"online\" has 2 steps, there is no step 0",
        "\"x[2] step 0\"",
        "from 1 to 2",
    );
    check(
        Toml,
        step,
        "\"x[2] step two\"",
        "\"x[2] step two\" is not the name of a quantity",
        "\"x[2] step two\"",
        "",
    );
    check(
        Toml,
        "\"z[1]\"",
        "\"z[1] step 2\"",
        "part \"a\" has one step, there is no step 2",
        "\"z[1] step 2\"",
        "leave the step out",
    );
    check(
        Toml,
        "\"x[2] step 1\" = [0.1, 0.2]",
        "\"x[2] step 2\" = [0.1, 0.2]\n\"x[2]\" = [0.1, 0.2]",
        "x[2] step 2 of part \"online\" is given twice",
        "\"x[2]\"",
        "means the last step",
    );
}

#[test]
fn parts() {
    use AnswerFormat::Toml;
    let name = "name = \"online\"";
    check(
        Toml,
        name,
        "name = \"onlin\"",
        "the exercise has no part \"onlin\"",
        "\"onlin\"",
        "did you mean \"online\"?",
    );
    check(
        Toml,
        name,
        "name = \"\"",
        "the exercise has no part \"\"",
        "\"\"",
        "its parts are a, online, c",
    );
    check(Toml, name, "name = true", "name is true or false, expected text in quotes", "true", "");
    check(Toml, "name = \"a\"\n", "", "name is missing in [[part]]", "[", "name = \"a\"");
    check(
        Toml,
        "name = \"a\"",
        "names = \"a\"",
        "unknown key \"names\" in [[part]]",
        "names",
        "did you mean name?",
    );
    check(
        Toml,
        "[part.answers]",
        "[part.answer]",
        "unknown key \"answer\" in [[part]]",
        "answer",
        "did you mean answers?",
    );
    refused(Toml, TOML, "title = 1", "part is missing in the answers", "t", "");
    check(
        Toml,
        "[[part]]",
        "title = 1\n[[part]]",
        "unknown key \"title\" in the answers",
        "title",
        "known keys: part",
    );
    refused(Toml, TOML, "", "part is missing in the answers", "", "");
    check(
        Toml,
        "name = \"c\"\n[part.answers]\n\"class\"",
        "name = \"a\"\n[part.answers]\n\"total_loss\"",
        "total_loss of part \"a\" is given twice",
        "\"total_loss\"",
        "leave one",
    );
}

#[test]
fn shapes_and_numbers() {
    use AnswerFormat::Toml;
    let z = "[[0.1, 0.2], [0.3, \"?\"], [\"0.5\", 0.6]]";
    let expected = "3 × 2 are expected: a row for each unit, a column for each example";
    for (written, got) in [
        ("[1, 2, 3]", "3 numbers"),
        ("1", "1 number"),
        ("[[1, 2, 3]]", "1 × 3 numbers"),
        ("[[1, 2], [3, 4]]", "2 × 2 numbers"),
        ("[[1, 2], [3], [5, 6]]", "rows of 1 to 2 numbers"),
        ("[[1, 2], 3, [5, 6]]", "rows of 1 to 2 numbers"),
    ] {
        misshapen(z, written, &format!("z^[1] has {got}, and {expected}."));
    }
    misshapen(
        "[0.1, 0.2]\n[[",
        "[[0.1, 0.2], [0, 0]]\n[[",
        "x^[2] has 2 × 2 numbers, and one is expected for each unit: 2.",
    );
    misshapen(
        "[0.1, 0.2]\n[[",
        "[0.1]\n[[",
        "x^[2] has 1 number, and one is expected for each unit: 2.",
    );
    let total = "\"total_loss\" = 0.5";
    misshapen(
        total,
        "\"total_loss\" = [1, 2]",
        "total loss has 2 numbers, and one number is expected.",
    );
    misshapen(total, "\"loss\" = 0.5", "E has 1 number, and one is expected for each example: 2.");
    misshapen(
        total,
        "\"grad_weights[1]\" = [[1, 2]]",
        "∂E/∂w^[1] has 1 × 2 numbers, and 3 × 2 are expected: a row for each unit, a column for each input.",
    );
    check(
        Toml,
        z,
        "[[1, 2], [[3], 4], [5, 6]]",
        "entry 1 of row 2 of z[1] is not a number",
        "[3]",
        "",
    );
    check(Toml, z, "{ a = 1 }", "z[1] is a table, expected 3 × 2 numbers", "{ a = 1 }", "");
    check(
        Toml,
        "\"0.5\"",
        "\"about 3\"",
        "entry 1 of row 3 of z[1] is not a number",
        "\"about 3\"",
        "",
    );
    check(
        Toml,
        "\"0.5\"",
        "\"1,234.5\"",
        "entry 1 of row 3 of z[1] is not a number",
        "\"1,234.5\"",
        "",
    );
    check(Toml, "\"0.5\"", "nan", "entry 1 of row 3 of z[1] is not a number", "nan", "");
    check(Toml, "\"0.5\"", "1e999", "entry 1 of row 3 of z[1] is not a number", "1e999", "");
    check(Toml, "\"0.5\"", "0x1F", "entry 1 of row 3 of z[1] is not a number", "0x1F", "");
    check(Toml, "\"0.5\"", "true", "entry 1 of row 3 of z[1] is not a number", "true", "");
    check(Toml, "\"class\" = 1", "\"class\" = \"first\"", "class is not a number", "\"first\"", "");
}

#[test]
fn toml_that_is_not_toml() {
    let text = TOML.replacen("\"z[1]\"", "z[1]", 1);
    let diagnostic = parse(&text, AnswerFormat::Toml).unwrap_err();
    assert!(diagnostic.to_string().starts_with("not valid TOML: "));
    assert!(diagnostic.help_text().unwrap().contains("stand in quotes"));
    let twice = TOML.replacen("\"total_loss\" = 0.5", "\"z[1]\" = 1", 1);
    assert!(parse(&twice, AnswerFormat::Toml).unwrap_err().to_string().contains("duplicate key"));
}

/// What is called otherwise in the command and in Python is said by them.
#[test]
fn an_empty_file_hints_at_a_file_to_fill_in() {
    for (format, csv) in [(AnswerFormat::Toml, false), (AnswerFormat::Csv, true)] {
        let diagnostic = parse("", format).unwrap_err();
        assert_eq!(diagnostic.hint(), Some(&ExerciseHint::Template { csv }));
        assert_eq!(diagnostic.help_text(), None);
        let rendered = diagnostic.with_help("here is how").render(80);
        assert!(rendered.ends_with("\n  help: here is how\n"), "{rendered}");
    }
    assert_eq!(parse("{", AnswerFormat::Json).unwrap_err().hint(), None);
}

#[test]
fn tables_of_a_spreadsheet() {
    use AnswerFormat::Csv;
    refused(Csv, CSV, "", "the file is empty", "", "");
    refused(Csv, "value", "val", "unknown column \"val\"", "val", "did you mean value?");
    refused(
        Csv,
        ",value",
        "",
        "there is no column \"value\"",
        "part",
        "part,quantity,row,column,value",
    );
    refused(Csv, "column", "row", "there are two columns \"row\"", "row", "");
    refused(
        Csv,
        CSV,
        "a,z[1],3,2,0.6",
        "there is no column \"part\"",
        "a",
        "part,quantity,row,column,value",
    );
    check(Csv, "\na,", "\nb,", "the exercise has no part \"b\"", "b", "its parts are a, online, c");
    check(Csv, "z[1]", "x[0]", "x[0] is the inputs, which are given", "x[0]", "");
    check(Csv, "3,2,0.6", "4,2,0.6", "z[1] has no row 4", "4", "3 rows and 2 columns");
    check(Csv, "3,2,0.6", "3,0,0.6", "the column is \"0\"", "0", "");
    check(Csv, "3,2,0.6", "x,2,0.6", "the row is \"x\"", "x", "");
    check(Csv, "3,2,0.6", "3,,0.6", "the column of z[1] is missing", ",", "3 rows and 2 columns");
    check(Csv, "3,2,0.6\n", "3,3,0.6\n", "z[1] has no column 3", "3", "3 rows and 2 columns");
    check(Csv, "0.6", "zero", "z[1] in row 3, column 2 is not a number", "zero", "");
    check(
        Csv,
        ",0.6",
        ",0,6",
        "the row has 6 cells, the first line has 5",
        "6",
        "stands in quotes",
    );
    check(
        Csv,
        "a,total_loss,,,0.5",
        "a,z[1],3,2,0.5",
        "z[1] in row 3, column 2 is given twice",
        "3",
        "leave one",
    );
    // The place is right behind empty lines, quotes and Windows' ends of lines as well.
    check(
        Csv,
        "\na,total_loss,,",
        "\r\n\r\n\"a\",\"total_loss\",,2",
        "total_loss has no column 2",
        "2",
        "1 row and 1 column",
    );
}

#[test]
fn json_and_solutions() {
    use AnswerFormat::Json;
    refused(Json, "0.6]]", "0.6", "not valid JSON: expected `,` or `]`", "}", "");
    refused(Json, "0.1, 0.2]", "0.1, nan]", "not valid JSON: expected ident", "a", "");
    refused(
        Json,
        "0.1, 0.2]",
        "0.1, \"\\ud800\"]",
        "text with an escape that is no character",
        "\"\\ud800\"",
        "",
    );
    check(
        Json,
        "\"name\": \"a\", ",
        "\"name\": \"a\", \"name\": \"c\", ",
        "name stands twice in [[part]]",
        "\"name\"",
        "",
    );
    refused(
        Json,
        "deltarule-solution/1",
        "deltarule-solution/9",
        "the format is not \"deltarule-solution/1\"",
        "\"deltarule-solution/9\"",
        "only a solution names its own",
    );
    check(
        Json,
        "\"total_loss\": 3",
        "\"total\": [3]",
        "part \"a\", task \"update\", has no total[1]",
        "3",
        "total_loss",
    );
    check(Json, "[4, 5]]}]},", "[4, 5], [6]]}]},", "the network has no layer 3", "[6]", "1 to 2");
    check(
        Json,
        "\"z\": [",
        "\"z\": 7, \"y\": [",
        "z is a number, expected a list with an entry per layer",
        "7",
        "",
    );
    let more =
        damaged(Json, "\"steps\": [{\"examples\": [1, 2]", "\"steps\": [{}, {\"examples\": [1, 2]");
    let answers = parse(&more, Json).unwrap();
    let [unread] = answers.unread.as_slice() else { panic!("{:?}", answers.unread) };
    assert!(unread.problem.starts_with("part \"a\" has one step, there is no step 2"));
    let deep = format!("{}1{}", "[".repeat(40), "]".repeat(40));
    let diagnostic = parse(&JSON.replacen("null", &deep, 1), Json).unwrap_err();
    assert_eq!(diagnostic.to_string(), "values are nested too deeply");
    // A tower of brackets is no reason to run out of stack.
    let tower = "[".repeat(200_000);
    assert!(parse(&tower, Json).is_err());
    assert!(parse(&format!("{tower}{}", "]".repeat(200_000)), Json).is_err());
    assert!(parse(&format!("part = {tower}"), AnswerFormat::Toml).is_err());
}

/// What a person sees where nothing can be marked.
#[test]
fn diagnostics_as_they_are_printed() {
    let mut all = String::new();
    let part = |answers: &str| format!("[[part]]\nname = \"a\"\n[part.answers]\n{answers}\n");
    for (text, format) in [
        // Nothing else can be read: all three are shown.
        (part("\"x[0]\" = 1\n\"loss\" = [\"0.5?\", \"#NAME?\"]"), AnswerFormat::Toml),
        (part("z[1] = [[0.1, 0.2], [0.3, \"?\"], [\"0.5\", 0.6]]"), AnswerFormat::Toml),
        (CSV.replace("0.6", "0,6").replace("0.5", "0,5").replace("0.1", "0,1"), AnswerFormat::Csv),
        ("part,quantity,row,column,value\na,totalloss,,,0.5\n".to_string(), AnswerFormat::Csv),
        (JSON.replacen("\"a\"", "\"d\"", 1), AnswerFormat::Json),
    ] {
        all += &parse(&text, format).unwrap_err().render(100);
        all.push('\n');
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("../snapshots");
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("answer-diagnostics.txt", all));
}
