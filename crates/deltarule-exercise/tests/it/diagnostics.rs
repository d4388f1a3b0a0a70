//! Mistakes in exercise files: the message, the place that is underlined, and the hint.

use deltarule_exercise::{Exercise, sheet};
use proptest::prelude::*;

const GOOD: &str = r#"title = "T"
[network]
layers = [2, 3, 2]
activation = "tanh"
output_activation = "softmax"
loss = "cross_entropy"
weights = [[[1, 2], [3, 4], [5, 6]], [[1, 2, 3], [4, 5, 6]]]
biases = [[0, 0, 0], [0, 0]]
[[part]]
name = "a"
task = "update"
learning_rate = 0.5
examples = [{ x = [1, 0], t = [1, 0] }]
[[part]]
name = "b"
task = "classify"
start = "a"
examples = [{ x = [1, 1] }]
"#;

/// Replaces `from` by `to` in the good exercise; expects the message, the underlined text and a part of the hint.
#[track_caller]
fn check(from: &str, to: &str, message: &str, underlined: &str, help: &str) {
    assert!(GOOD.contains(from), "{from}");
    let text = GOOD.replacen(from, to, 1);
    let diagnostic = match Exercise::parse(&text, "exercise.toml") {
        Ok(_) => panic!("{to} is accepted"),
        Err(diagnostic) => diagnostic,
    };
    assert_eq!(diagnostic.to_string(), message);
    assert_eq!(&text[diagnostic.span()], underlined, "{message}");
    assert!(
        diagnostic.help_text().unwrap_or_default().contains(help),
        "{:?}",
        diagnostic.help_text()
    );
    let rendered = diagnostic.render(100);
    let before = &text[..diagnostic.span().start];
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    assert!(rendered.contains(&format!("[exercise.toml:{line}:{column}]")), "{rendered}");
    let source = text.lines().nth(line - 1).unwrap();
    assert!(rendered.contains(&format!("{line} │ {source}")), "{rendered}");
}

#[test]
fn the_good_one_is_good() {
    assert!(Exercise::parse(GOOD, "exercise.toml").is_ok());
}

#[test]
fn keys() {
    check("loss =", "los =", "unknown key \"los\" in [network]", "los", "did you mean loss?");
    check(
        "start =",
        "begin_at =",
        "unknown key \"begin_at\" in [[part]]",
        "begin_at",
        "known keys",
    );
    check(
        "t = [1, 0] }",
        "target = [1, 0] }",
        "unknown key \"target\" in example 1",
        "target",
        "did you mean t?",
    );
    check("layers = [2, 3, 2]\n", "", "layers is missing in [network]", "[network]", "layers = ");
}

#[test]
fn shapes() {
    check(
        "[[1, 2], [3, 4], [5, 6]]",
        "[[1, 2, 3], [4, 5, 6]]",
        "the weights of layer 1: expected 3 × 2, got 2 × 3",
        "[[1, 2, 3], [4, 5, 6]]",
        "transposed",
    );
    check(
        "[3, 4], [5, 6]",
        "[3], [5, 6]",
        "the weights of layer 1 is ragged: row 2 has 1 entry, row 1 has 2",
        "[3]",
        "",
    );
    check(
        ", [[1, 2, 3], [4, 5, 6]]]",
        "]",
        "weights has 1 matrices, expected 2",
        "[[[1, 2], [3, 4], [5, 6]]]",
        "",
    );
    check(
        "[[0, 0, 0], [0, 0]]",
        "[[0, 0, 0], [0]]",
        "the biases of layer 2 has 1 entry, expected 2",
        "[0]",
        "",
    );
    check("t = [1, 0]", "t = [1]", "t of example 1 has 1 entry, expected 2", "[1]", "");
    check(
        "x = [1, 0]",
        "x = [1, 0, 2]",
        "x of example 1 has 3 entries, expected 2",
        "[1, 0, 2]",
        "",
    );
}

#[test]
fn the_network() {
    check(
        "activation = \"tanh\"\noutput_activation = \"softmax\"",
        "activation = [\"softmax\", \"softmax\"]",
        "softmax in layer 1, which is a hidden layer",
        "\"softmax\"",
        "name another activation here",
    );
    check(
        "activation = \"tanh\"\noutput_activation = \"softmax\"",
        "activation = \"softmax\"",
        "softmax in layer 1, which is a hidden layer",
        "\"softmax\"",
        "set output_activation",
    );
    check(
        "output_activation = \"softmax\"\n",
        "",
        "output activation with cross_entropy is tanh, allowed: softmax or sigmoid, because ln x needs outputs between 0 and 1",
        "\"cross_entropy\"",
        "",
    );
    check("\"tanh\"", "\"tahn\"", "unknown activation \"tahn\"", "\"tahn\"", "\"tanh\"");
    check("\"cross_entropy\"", "\"rms\"", "unknown loss \"rms\"", "\"rms\"", "known");
    check(
        "[2, 3, 2]\n",
        "[]\n",
        "a network needs its inputs and at least one layer",
        "[]",
        "inputs first",
    );
    check("[2, 3, 2]\n", "[2, 0, 2]\n", "layer 1 has no units", "0", "");
    check("[2, 3, 2]\n", "[2, -3, 2]\n", "layer 1 of layers is negative", "-3", "");
    check(
        "[2, 3, 2]\n",
        "[100000, 100000]\n",
        "the network has more than 10000000 parameters",
        "[100000, 100000]",
        "",
    );
    check(
        "[2, 3, 2]\n",
        "[9223372036854775807, 9223372036854775807]\n",
        "the network has more than 10000000 parameters",
        "[9223372036854775807, 9223372036854775807]",
        "",
    );
    check(
        "[3, 4]",
        "[nan, 4]",
        "entry 1 of row 2 of the weights of layer 1 is not a finite number",
        "nan",
        "",
    );
    check(
        "x = [1, 0]",
        "x = [1, inf]",
        "entry 2 of x of example 1 is not a finite number",
        "inf",
        "",
    );
    check(
        "x = [1, 0]",
        "x = [1, 1e999]",
        "entry 2 of x of example 1 is not a finite number",
        "1e999",
        "",
    );
}

#[test]
fn parts() {
    check(
        ", t = [1, 0] }]",
        " }]",
        "example 1 has no t, which task \"update\" needs",
        "{ x = [1, 0] }",
        "add t",
    );
    check("start = \"a\"", "start = \"c\"", "unknown part \"c\" in start", "\"c\"", "a, initial");
    check("start = \"a\"", "start = \"b\"", "unknown part \"b\" in start", "\"b\"", "itself");
    check(
        "learning_rate",
        "start = \"b\"\nlearning_rate",
        "unknown part \"b\" in start",
        "\"b\"",
        "later",
    );
    check("name = \"b\"", "name = \"a\"", "there are two parts \"a\"", "\"a\"", "");
    check("examples = [{ x = [1, 1] }]", "examples = []", "the part has no examples", "[]", "");
    check("learning_rate = 0.5", "learning_rate = 0", "learning_rate is 0", "0", "");
    check("learning_rate = 0.5\n", "", "learning_rate is missing in [[part]]", "[[part]]", "");
    check(
        "learning_rate = 0.5",
        "learning_rate = 0.5\nmomentum = 0.9",
        "momentum with optimizer \"sgd\"",
        "momentum",
        "",
    );
    check(
        "start = \"a\"",
        "learning_rate = 1",
        "learning_rate under task \"classify\"",
        "learning_rate",
        "",
    );
    check(
        "t = [1, 0]",
        "t = [-1, 0]",
        "t of example 1 has -1, which cross_entropy does not admit",
        "[-1, 0]",
        "",
    );
    for (number, place) in [("0", "0"), ("18", "18")] {
        check(
            "title = \"T\"",
            &format!("title = \"T\"\ndigits = {number}"),
            &format!("digits is {number}"),
            place,
            "significant digits",
        );
    }
    check(
        "name = \"b\"",
        "name = \"b\"\ndigits = 1.5",
        "digits is a number, expected a whole number",
        "1.5",
        "",
    );
    check("\"update\"", "\"updat\"", "unknown task \"updat\"", "\"updat\"", "\"update\"");
    check("learning_rate = 0.5", "learning_rate = 0.5\nepochs = 0", "epochs is 0", "0", "");
}

#[test]
fn toml_that_is_not_toml() {
    let text = GOOD.replacen("\"T\"", "T", 1);
    let diagnostic = Exercise::parse(&text, "exercise.toml").unwrap_err();
    assert!(diagnostic.to_string().starts_with("not valid TOML: "));
    assert_eq!(&text[diagnostic.span()], "T");
}

#[test]
fn no_parts_at_all() {
    let text = GOOD.split("[[part]]").next().unwrap();
    let diagnostic = Exercise::parse(text, "exercise.toml").unwrap_err();
    assert_eq!(diagnostic.to_string(), "part is missing in the exercise");
}

#[test]
fn wrong_types_and_numbers() {
    let x = "x = [1, 0]";
    check("\"T\"", "1", "title is a number, expected text in quotes", "1", "");
    check(x, "x = 1", "x of example 1 is a number, expected a list of numbers", "1", "");
    check(x, "x = [1, \"0\"]", "entry 2 of x of example 1 is text, expected a number", "\"0\"", "");
    check(
        x,
        "x = [1, true]",
        "entry 2 of x of example 1 is true or false, expected a number",
        "true",
        "",
    );
    check(x, "x = [[1, 0]]", "x of example 1 has 1 entry, expected 2", "[[1, 0]]", "");
    check("[2, 3, 2]\n", "5\n", "layers is a number, expected a list of whole numbers", "5", "");
    check(
        "[2, 3, 2]\n",
        "[2, 3.0, 2]\n",
        "layer 1 of layers is a number, expected a whole number",
        "3.0",
        "",
    );
    check(
        "[2, 3, 2]\n",
        "[2]\n",
        "a network needs its inputs and at least one layer",
        "[2]",
        "inputs first",
    );
    check(
        "[2, 3, 2]\n",
        "[2, 99999999999999999999999, 2]\n",
        "layer 1 of layers is too large",
        "99999999999999999999999",
        "",
    );
    check(
        "[0, 0, 0], [0, 0]",
        "0x8000000000000000, [0, 0]",
        "the biases of layer 1 is a number, expected a list of numbers",
        "0x8000000000000000",
        "",
    );
    check(
        "learning_rate = 0.5",
        "learning_rate = 0x8000000000000000",
        "learning_rate is too large",
        "0x8000000000000000",
        "",
    );
    check(
        "learning_rate = 0.5",
        "learning_rate = 1979-05-27",
        "learning_rate is a date, expected a number",
        "1979-05-27",
        "",
    );
    check(
        "[{ x = [1, 1] }]",
        "{ x = [1, 1] }",
        "examples is a table, expected a list of { x = […], t = […] }",
        "{ x = [1, 1] }",
        "",
    );
    check("[{ x = [1, 1] }]", "[[1, 1]]", "example 1 is a list, expected a table", "[1, 1]", "");
}

#[test]
fn what_only_an_update_has() {
    for (key, value) in
        [("mode", "\"online\""), ("epochs", "2"), ("optimizer", "\"adam\""), ("momentum", "0.9")]
    {
        check(
            "start = \"a\"",
            &format!("{key} = {value}"),
            &format!("{key} under task \"classify\""),
            key,
            "",
        );
    }
    for (key, value) in [("l2", "0.1"), ("train_biases", "true")] {
        check(
            "start = \"a\"",
            &format!("{key} = {value}"),
            &format!("{key} under task \"classify\""),
            key,
            "",
        );
    }
}

#[test]
fn learning_rates_and_optimizers() {
    let rate = "learning_rate = 0.5";
    for (value, message) in [
        ("-0.1", "learning_rate is -0.1"),
        ("0.0", "learning_rate is 0"),
        ("nan", "learning_rate is not a finite number"),
        ("inf", "learning_rate is not a finite number"),
        ("\"fast\"", "learning_rate is text, expected a number"),
    ] {
        check(rate, &format!("learning_rate = {value}"), message, value, "");
    }
    let with = |line: &str| format!("{rate}\n{line}");
    check(
        rate,
        &with("optimizer = \"adma\""),
        "unknown optimizer \"adma\"",
        "\"adma\"",
        "\"adam\"",
    );
    check(rate, &with("mode = \"onlin\""), "unknown mode \"onlin\"", "\"onlin\"", "\"online\"");
    check(rate, &with("reduction = \"max\""), "unknown reduction \"max\"", "\"max\"", "sum, mean");
    check(rate, &with("l2 = -1"), "l2 is -1", "-1", "");
    check(rate, &with("epochs = -1"), "epochs is negative", "-1", "");
    check(rate, &with("epochs = 1.5"), "epochs is a number, expected a whole number", "1.5", "");
    check(rate, &with("epochs = 100001"), "epochs is 100001", "100001", "");
    for (optimizer, key, value) in [
        ("momentum", "momentum", "1"),
        ("adam", "beta1", "1"),
        ("adamw", "beta2", "1.5"),
        ("rmsprop", "rho", "1"),
    ] {
        check(
            rate,
            &with(&format!("optimizer = \"{optimizer}\"\n{key} = {value}")),
            &format!("{key} is {value}"),
            value,
            "",
        );
    }
    for (optimizer, key) in [
        ("adam", "momentum"),
        ("adam", "weight_decay"),
        ("nesterov", "beta1"),
        ("rprop", "epsilon"),
        ("rmsprop", "beta2"),
        ("adam", "initial_step"),
    ] {
        check(
            rate,
            &with(&format!("optimizer = \"{optimizer}\"\n{key} = 0.1")),
            &format!("{key} with optimizer \"{optimizer}\""),
            key,
            "",
        );
    }
}

/// Rprop's steps have sizes of their own; what begins them may be called either way, but not both.
#[test]
fn rprop_needs_no_learning_rate() {
    let rate = "learning_rate = 0.5";
    let step = |text: &str| {
        let text = GOOD.replace(rate, text);
        let exercise = Exercise::parse(&text, "test").unwrap();
        match exercise.parts[0].task {
            deltarule_exercise::Task::Update {
                optimizer: deltarule::Optimizer::Rprop(o), ..
            } => o.initial_step,
            ref other => panic!("{other:?}"),
        }
    };
    assert_eq!(step("optimizer = \"rprop\""), deltarule::Rprop::default().initial_step);
    assert_eq!(step("optimizer = \"rprop\"\ninitial_step = 0.3"), 0.3);
    assert_eq!(step("optimizer = \"rprop\"\nlearning_rate = 0.3"), 0.3);
    check(
        rate,
        "optimizer = \"rprop\"\ninitial_step = 0.3\nlearning_rate = 0.2",
        "learning_rate beside initial_step with optimizer \"rprop\"",
        "0.2",
        "leave learning_rate out",
    );
    check(rate, "optimizer = \"rprop\"\ninitial_step = 0", "initial_step is 0", "0", "");
    check(
        rate,
        "optimizer = \"adam\"",
        "learning_rate is missing in [[part]]",
        "[[part]]",
        "learning_rate = 0.1",
    );
}

#[test]
fn targets() {
    let t = "[{ x = [1, 0], t = [1, 0] }]";
    check(
        t,
        "[{ x = [1, 0], t = [1, 0] }, { x = [1, 0] }]",
        "example 2 has no t, which task \"update\" needs",
        "{ x = [1, 0] }",
        "add t = […, …]",
    );
    check(
        "[{ x = [1, 1] }]",
        "[{ x = [1, 1], t = [1, 0] }, { x = [1, 0] }]",
        "some examples of this part have a t and others have none",
        "{ x = [1, 0] }",
        "every example",
    );
    let sigmoid = |loss: &str, output: &str, t: &str| {
        GOOD.replace("\"softmax\"", output)
            .replace("\"cross_entropy\"", loss)
            .replace("t = [1, 0]", t)
    };
    for (loss, output, bad, message) in [
        (
            "binary_cross_entropy",
            "sigmoid",
            "1.5",
            "t of example 1 has 1.5, which binary_cross_entropy does not admit",
        ),
        (
            "binary_cross_entropy",
            "sigmoid",
            "-0.5",
            "t of example 1 has -0.5, which binary_cross_entropy does not admit",
        ),
        ("poisson", "exp", "-2", "t of example 1 has -2, which poisson does not admit"),
    ] {
        let (loss, output) = (format!("\"{loss}\""), format!("\"{output}\""));
        let text = sigmoid(&loss, &output, &format!("t = [1, {bad}]"));
        let diagnostic = Exercise::parse(&text, "exercise.toml").unwrap_err();
        assert_eq!(diagnostic.to_string(), message);
        assert_eq!(&text[diagnostic.span()], format!("[1, {bad}]"));
        assert!(Exercise::parse(&sigmoid(&loss, &output, "t = [1, 0.5]"), "exercise.toml").is_ok());
    }
}

/// Within every limit of its own, and yet far too large to be solved: it is refused before anything is computed.
#[test]
fn solutions_that_would_not_fit_into_memory() {
    let examples = "{ x = [1] }, ".repeat(100);
    let text = format!(
        "[network]\nlayers = [1, 1000000]\nactivation = \"tanh\"\nloss = \"huber\"\nweights = 1\n\
         [[part]]\nname = \"a\"\ntask = \"forward\"\nexamples = [{examples}]\n"
    );
    let diagnostic = Exercise::parse(&text, "exercise.toml").unwrap_err();
    assert_eq!(
        diagnostic.to_string(),
        "the solution would hold more than 100000000 numbers up to part \"a\""
    );
    assert_eq!(&text[diagnostic.span()], format!("[{examples}]"));
    // One of them, and a network of the largest size, are fine.
    let one = text.replace(&examples, "{ x = [1] }");
    assert!(Exercise::parse(&one, "exercise.toml").is_ok());
}

#[test]
fn examples_over_the_limit() {
    let file = |examples: usize| {
        format!(
            "[network]\nlayers = [1, 1]\nactivation = \"tanh\"\nloss = \"huber\"\nweights = 1\n\
             [[part]]\nname = \"a\"\ntask = \"forward\"\nexamples = [{}]\n",
            "{x=[1]},".repeat(examples)
        )
    };
    assert!(Exercise::parse(&file(100_000), "exercise.toml").is_ok());
    let diagnostic = Exercise::parse(&file(100_001), "exercise.toml").unwrap_err();
    assert_eq!(diagnostic.to_string(), "the exercise has more than 100000 examples");
}

/// Places that were shown without a line, or not on a character: the end of the file, a line break, a byte order mark.
#[test]
fn every_place_is_a_visible_one() {
    for (text, underlined) in [
        ("title = ", "="),
        ("title = \"é", "é"),
        ("é", "é"),
        ("a = [\n\n", "["),
        ("title =\n[network]", "="),
        ("\u{feff}title = \"a\"", "\u{feff}"),
        ("# only a comment", "#"),
    ] {
        let diagnostic = Exercise::parse(text, "exercise.toml").unwrap_err();
        assert_eq!(&text[diagnostic.span()], underlined, "{text:?}");
        let rendered = diagnostic.render(80);
        assert!(rendered.contains('┬'), "{text:?}\n{rendered}");
    }
    let empty = Exercise::parse("", "exercise.toml").unwrap_err();
    assert_eq!(empty.span(), 0..0);
    assert!(empty.render(80).contains("network is missing"));
}

/// A mistake far out on a line used to make the renderer panic, and one in a large matrix to print all of it.
#[test]
fn long_lines_and_large_matrices_are_shown_around_the_mistake() {
    let row = |count: usize| format!("[{}]", vec!["0.25"; count].join(", "));
    let file = |weights: &str| {
        format!(
            "[network]\nlayers = [20000, 2]\nactivation = \"tanh\"\nloss = \"huber\"\nweights = [{weights}]\n\
             [[part]]\nname = \"a\"\ntask = \"forward\"\nexamples = []\n"
        )
    };
    let far = file(&format!("[{}, {}]", row(20000), row(19999).replace("0.25]", "0.25, nan]")));
    let ragged = file(&format!("[\n{},\n{}\n]", row(20000), row(19999)));
    let tall = file(&format!("[\n{}\n]", vec!["[1],"; 500].join("\n")));
    for (text, place, shown) in
        [(far, "5:240", "nan"), (ragged, "7:1", "[0.25, 0.25"), (tall, "5:12", "[")]
    {
        let diagnostic = Exercise::parse(&text, "exercise.toml").unwrap_err();
        let rendered = diagnostic.render(80);
        assert!(rendered.len() < 1500, "{} bytes", rendered.len());
        assert!(rendered.contains(&format!("[exercise.toml:{place}")), "{rendered}");
        assert!(rendered.contains(shown), "{rendered}");
    }
}

/// Lines of Windows used to be counted twice above the mistake.
#[test]
fn lines_are_numbered_whatever_ends_them() {
    for end in ["\n", "\r\n"] {
        let text = GOOD.replacen("title = \"T\"\n", "title = \"T\"\n\ntitel = \"漢字\"\n", 1);
        let text = text.replace('\n', end);
        let rendered = Exercise::parse(&text, "exercise.toml").unwrap_err().render(80);
        let expected = "  × unknown key \"titel\" in the exercise
   ╭─[exercise.toml:3:1]
 2 │ 
 3 │ titel = \"漢字\"
   · ──┬──
   ·   ╰── not known here
 4 │ [network]
   ╰────
  help: did you mean title?
";
        assert_eq!(rendered, expected);
    }
    // One in the middle of a line would take the cursor back to its beginning.
    let rendered = Exercise::parse("title =\r 1", "exercise.toml").unwrap_err().render(80);
    assert!(rendered.contains(" 1 │ title =? 1\n"), "{rendered}");
}

#[test]
fn a_place_on_several_lines_has_a_bar_beside_it() {
    let text = GOOD.replacen("layers = [2, 3, 2]", "layers = [\n2,\n\t0.5\n]", 1);
    let text = text.replacen("[[[1, 2], [3, 4], [5, 6]],", "[[[1, 2],\n  [3, 4]],\n", 1);
    let text = text.replacen("\t0.5", "\t3, 2", 1);
    let rendered = Exercise::parse(&text, "exercise.toml").unwrap_err().render(80);
    let expected = "  × the weights of layer 1: expected 3 × 2, got 2 × 2
    ╭─[exercise.toml:10:12]
  9 │     loss = \"cross_entropy\"
 10 │ ╭─▶ weights = [[[1, 2],
 11 │ ├─▶   [3, 4]],
    · ╰──── expected 3 rows (one per unit) of 2 (one per unit below)
 12 │      [[1, 2, 3], [4, 5, 6]]]
    ╰────
";
    assert!(rendered.starts_with(expected), "{rendered}");
}

#[test]
fn wide_characters_are_underlined_in_full_and_long_messages_wrapped() {
    let text = GOOD.replacen("\"tanh\"", "\"漢字\"", 1);
    let rendered = Exercise::parse(&text, "exercise.toml").unwrap_err().render(60);
    assert!(
        rendered.contains(" 4 │ activation = \"漢字\"\n   ·              ───┬──\n"),
        "{rendered}"
    );
    let help = rendered.split_once("  help: ").unwrap().1;
    assert!(
        help.lines().count() > 1 && help.lines().skip(1).all(|line| line.starts_with("        "))
    );
    assert!(rendered.lines().all(|line| line.chars().count() <= 58), "{rendered}");
}

#[test]
fn a_file_cannot_steer_the_terminal() {
    let text = "title = \u{1b}[31m\u{9b}\n";
    let rendered = Exercise::parse(text, "exercise.toml").unwrap_err().render(80);
    assert!(rendered.chars().all(|c| c == '\n' || !c.is_control()), "{rendered:?}");
}

/// Parses; a diagnostic must stand on characters of the text and be printable, an exercise must be solvable or say why not.
fn parse_and_go_on(text: &str) -> Result<(), TestCaseError> {
    match Exercise::parse(text, "any") {
        Err(diagnostic) => {
            prop_assert!(text.get(diagnostic.span()).is_some(), "{:?}", diagnostic.span());
            prop_assert!(!diagnostic.render(80).is_empty());
        }
        Ok(exercise) => {
            let long = exercise.parts.iter().any(
                |part| matches!(part.task, deltarule_exercise::Task::Update { epochs, .. } if epochs > 20),
            );
            if exercise.network.parameter_count() < 1000
                && !long
                && let Ok(solution) = deltarule_exercise::solve(&exercise)
            {
                let json = deltarule_exercise::to_json(&solution).to_string();
                prop_assert!(!json.contains("null") && !json.contains("-0.0,"), "{json}");
                deltarule_exercise::to_document(&solution, &deltarule_exercise::Style::default());
            }
        }
    }
    Ok(())
}

/// Numbers, words, and single signs, each with what stands before it.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let word = |c: char| c.is_alphanumeric() || "_.-".contains(c);
    for c in text.chars() {
        match tokens.last_mut() {
            Some(last) if word(c) && last.ends_with(word) => last.push(c),
            _ => tokens.push(c.to_string()),
        }
    }
    tokens
}

proptest! {
    #[test]
    fn any_text_parses_or_is_refused(text in "\\PC{0,200}") {
        parse_and_go_on(&text)?;
    }

    #[test]
    fn a_damaged_exercise_parses_or_is_refused(at in 0usize..300, cut in 0usize..12, put in "[\\]\\[{}=,\"0-9a-z\\-. ]{0,3}") {
        let good = sheet(2).unwrap();
        let start = at.min(good.len());
        let end = (start + cut).min(good.len());
        let text = format!("{}{put}{}", &good[..start], &good[end..]);
        parse_and_go_on(&text)?;
    }

    #[test]
    fn an_exercise_with_another_token_parses_or_is_refused(
        number in 1usize..=3,
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0usize..4, any::<prop::sample::Index>()), 1..4),
        word in prop::sample::select(vec![
            "nan", "-inf", "1e308", "-1e-320", "-0.0", "0", "-3", "99999999999999999999", "0xffffffffffffffffff", "true",
            "\"softmax\"", "\"poisson\"", "\"rprop\"", "\"b\"", "[]", "[[]]", "{}", "1979-05-27", "é", "\u{1b}", "\n", "#",
        ]),
    ) {
        let mut tokens = tokens(sheet(number).unwrap());
        for (at, kind, other) in changes {
            let (at, other) = (at.index(tokens.len()), other.index(tokens.len()));
            match kind {
                0 => tokens[at].clear(),
                1 => tokens[at] = word.to_string(),
                2 => tokens.swap(at, other),
                _ => tokens[at] = tokens[other].clone(),
            }
        }
        parse_and_go_on(&tokens.concat())?;
    }
}

/// A file used to be mended mistake by mistake, each shown only after the one before it.
#[test]
fn independent_mistakes_are_shown_together() {
    let text = GOOD
        .replacen("loss =", "cost =", 1)
        .replacen("\"tanh\"", "\"tahn\"", 1)
        .replacen("learning_rate = 0.5", "lr = -1", 1)
        .replacen("t = [1, 0]", "y = [1]", 1)
        .replacen("start = \"a\"", "start = \"d\"", 1);
    let diagnostic = Exercise::parse(&text, "exercise.toml").unwrap_err();
    let rendered = diagnostic.render(100);
    let messages: Vec<&str> =
        rendered.lines().filter_map(|line| line.strip_prefix("  × ")).collect();
    let expected = [
        "unknown activation \"tahn\"",
        "unknown key \"cost\" in [network]",
        "unknown key \"lr\" in [[part]]",
        "learning_rate is -1",
        "unknown key \"y\" in example 1",
        "t of example 1 has 1 entry, expected 2",
        "unknown part \"d\" in start",
    ];
    assert_eq!(messages, expected, "{rendered}");
    assert_eq!(diagnostic.count(), expected.len());
    assert_eq!(rendered.matches("╭─[exercise.toml:").count(), expected.len());
    for help in ["did you mean loss?", "did you mean learning_rate?", "did you mean t?"] {
        assert!(rendered.contains(help), "no {help} in {rendered}");
    }
    let many = GOOD.replacen("[1, 2], [3, 4], [5, 6]", "[nan, nan], [nan, nan], [nan, nan]", 1);
    let many = many.replacen("[1, 2, 3], [4, 5, 6]", "[nan, nan, nan], [nan, nan, nan]", 1);
    let many = many.replacen("[0, 0, 0], [0, 0]", "[nan, nan, nan], [nan, nan]", 1);
    let diagnostic = Exercise::parse(&many, "exercise.toml").unwrap_err();
    assert_eq!(diagnostic.count(), 17);
    assert!(diagnostic.render(100).ends_with("\n  × and 5 more of them\n"));
}

/// What has an exact meaning is understood; what several courses use for several things is not.
#[test]
fn values_of_other_courses() {
    let with = |activation: &str, loss: &str| {
        let text = GOOD
            .replacen("\"tanh\"", &format!("{activation:?}"), 1)
            .replacen("output_activation = \"softmax\"\n", "", 1)
            .replacen("\"cross_entropy\"", &format!("{loss:?}"), 1);
        Exercise::parse(&text, "exercise.toml")
    };
    for (activation, ours) in [
        ("Sigmoid", "sigmoid"),
        ("logistic", "sigmoid"),
        ("logsig", "sigmoid"),
        ("ReLU", "relu"),
        ("linear", "identity"),
        ("purelin", "identity"),
        ("tansig", "tanh"),
        ("Leaky-ReLU", "leaky_relu"),
    ] {
        let exercise = with(activation, "MSE").unwrap_or_else(|d| panic!("{}", d.render(100)));
        assert_eq!(exercise.network.layers()[0].activation().name(), ours);
        assert_eq!(exercise.loss.name(), "mean_squared_error");
    }
    for (loss, ours) in [
        ("ce", "cross_entropy"),
        ("cross-entropy", "cross_entropy"),
        ("CrossEntropy", "cross_entropy"),
        ("bce", "binary_cross_entropy"),
        ("sse", "sum_squared_error"),
    ] {
        assert_eq!(with("sigmoid", loss).unwrap().loss.name(), ours);
    }
    let error = with("sigmoid", "mae").unwrap_err();
    assert!(error.help_text().unwrap().contains("did you mean \"absolute_error\"?"));
}

/// What people do to TOML who have never heard of it.
#[test]
fn toml_in_the_words_of_a_student() {
    for (from, to, message, help) in [
        ("\"T\"", "T", "T has no quotes", "text stands in quotes: \"T\""),
        ("\"tanh\"", "tanh", "tanh has no quotes", "\"tanh\""),
        ("\"tanh\"", "\"tanh", "a quote is missing in this line", ""),
        ("[2, 3, 2]", "[2, 3, 2", "a bracket ] is missing", "is closed"),
        ("[5, 6]],", "[5, 6],", "a bracket ] is missing", ""),
        ("[2, 3, 2]", "[2, 3, 2]]", "a bracket too many is closed here", ""),
        ("[2, 3, 2]", "[2 3 2]", "a comma is missing between two numbers", ""),
        ("t = [1, 0] }]", "t = [1, 0] ]", "a brace } is missing", "{ x ="),
        ("= 0.5", "= 0,5", "a comma separates numbers, it is no decimal point", "write 0.25"),
        ("[3, 4]", "[0,05, 4]", "a comma separates numbers, it is no decimal point", ""),
        ("= 0.5", "= .5", "a number begins with its point", "write 0.5"),
        ("= 0.5", "=", "a value is missing behind the sign =", ""),
        ("learning_rate = 0.5", "learning_rate: 0.5", "the sign = is missing", "no colon"),
        ("learning_rate = 0.5", "η = 0.5", "the name η has no quotes", ""),
        ("[[part]]", "[[part]", "a bracket ] is missing at the end of this line", ""),
        ("biases", "weights", "duplicate key, weights is given twice", "leave one"),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let text = GOOD.replacen(from, to, 1);
        let diagnostic = Exercise::parse(&text, "exercise.toml").unwrap_err();
        let said = diagnostic.to_string();
        assert!(said.starts_with(&format!("not valid TOML: {message}")), "{to}: {said}");
        assert!(diagnostic.help_text().unwrap_or_default().contains(help), "{to}");
        let line = 1 + text[..diagnostic.span().start].matches('\n').count();
        let changed = 1 + GOOD[..GOOD.find(from).unwrap()].matches('\n').count();
        let wanted = if to == "weights" { 8 } else { changed };
        assert_eq!(line, wanted, "{to}: {}", diagnostic.render(100));
    }
    // A number with a decimal comma is two numbers.
    let commas = GOOD.replacen("t = [1, 0]", "t = [0,9, 0,1]", 1);
    let help = Exercise::parse(&commas, "exercise.toml").unwrap_err();
    assert!(help.help_text().unwrap().contains("write 0.25, not 0,25"));
}
