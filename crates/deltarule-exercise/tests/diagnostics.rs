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
    let line = text[..diagnostic.span().start].lines().count().max(1);
    assert!(rendered.contains("exercise.toml:"), "{rendered}");
    assert!(rendered.contains(&format!("{line} │")) || rendered.contains('│'), "{rendered}");
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
        "x, t",
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
        "output_activation",
    );
    check(
        "output_activation = \"softmax\"\n",
        "",
        "output activation with cross_entropy is tanh, allowed: softmax or sigmoid, because ln x needs outputs between 0 and 1",
        "\"cross_entropy\"",
        "",
    );
    check("\"tanh\"", "\"tahn\"", "unknown activation \"tahn\"", "\"tahn\"", "\"tanh\"");
    check("\"cross_entropy\"", "\"mse\"", "unknown loss \"mse\"", "\"mse\"", "known");
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
    check("start = \"a\"", "start = \"c\"", "unknown part \"c\" in start", "\"c\"", "\"a\"");
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

proptest! {
    #[test]
    fn any_text_parses_or_is_refused(text in "\\PC{0,200}") {
        if let Err(diagnostic) = Exercise::parse(&text, "any") {
            prop_assert!(diagnostic.span().end <= text.len());
            diagnostic.render(80);
        }
    }

    #[test]
    fn a_damaged_exercise_parses_or_is_refused(at in 0usize..300, cut in 0usize..12, put in "[\\]\\[{}=,\"0-9a-z\\-. ]{0,3}") {
        let good = sheet(2).unwrap();
        let start = at.min(good.len());
        let end = (start + cut).min(good.len());
        let text = format!("{}{put}{}", &good[..start], &good[end..]);
        if let Err(diagnostic) = Exercise::parse(&text, "damaged") {
            prop_assert!(diagnostic.span().end <= text.len());
            prop_assert!(!diagnostic.render(80).is_empty());
        }
    }
}
