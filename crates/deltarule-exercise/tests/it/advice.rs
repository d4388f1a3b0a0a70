//! Comparisons of losses: which pairs are compared, what the answer is, and when each is the right one.

use deltarule::{Activation, Loss};
use deltarule_document::{TextOptions, render_text};
use deltarule_exercise::{Exercise, Style, compare};

/// The last section of a comparison of two outputs with these targets.
fn advice(targets: &str, losses: &[Loss], outputs: &[Activation]) -> String {
    advice_at("0.1", targets, losses, outputs)
}

fn advice_at(weights: &str, targets: &str, losses: &[Loss], outputs: &[Activation]) -> String {
    let text = format!(
        "[network]\nlayers = [3, 2]\nactivation = \"tanh\"\nloss = \"squared_error\"\nweights = {weights}\n\
         [[part]]\nname = \"a\"\ntask = \"update\"\nlearning_rate = 0.1\n\
         examples = [{{ x = [1, 2, -1], t = {targets} }}, {{ x = [0, 1, 2], t = [1, 0] }}]\n"
    );
    let exercise = Exercise::parse(&text, "test").unwrap_or_else(|d| panic!("{}", d.render(100)));
    let document = compare(&exercise, losses, outputs).unwrap().to_document(&Style::default());
    let text = render_text(&document, &TextOptions::default());
    let section = text.split("When each is the right one").nth(1).expect("advice");
    section.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn says(advice: &str, said: &[&str], not_said: &[&str]) {
    for words in said {
        assert!(advice.contains(words), "{words:?} is not said:\n{advice}");
    }
    for words in not_said {
        assert!(!advice.contains(words), "{words:?} is said:\n{advice}");
    }
}

const SQUARED: [Loss; 2] = [Loss::SquaredError, Loss::CrossEntropy];

#[test]
fn one_class_of_several_asks_for_cross_entropy_with_softmax() {
    let advice = advice("[0, 1]", &SQUARED, &[Activation::Tanh, Activation::Softmax]);
    says(
        &advice,
        &[
            "one class of several",
            "So cross-entropy with softmax suits",
            "nothing is saturated yet",
        ],
        &["out of reach", "None of them"],
    );
}

#[test]
fn numbers_ask_for_outputs_without_limits() {
    let outputs = [Activation::Tanh, Activation::Identity];
    says(
        &advice("[3.5, -2]", &[Loss::SquaredError], &outputs),
        &["the target 3.5 is out of reach of tanh", "So squared error with identity suits"],
        &["sum to 1, as the targets do"],
    );
    // Without such outputs, those that come nearest.
    says(
        &advice("[-0.5, 0.5]", &SQUARED, &[Activation::Tanh, Activation::Softmax]),
        &[
            "the target -0.5 is out of reach of softmax",
            "Of these, squared error with tanh suits this exercise best",
        ],
        &["out of reach of tanh"],
    );
}

#[test]
fn labels_that_may_hold_at_once_ask_for_sigmoids() {
    let losses = [Loss::SquaredError, Loss::BinaryCrossEntropy];
    says(
        &advice("[1, 1]", &losses, &[Activation::Softmax, Activation::Sigmoid]),
        &[
            "labels that may hold at once",
            "its outputs sum to 1, but the targets of an example to 2",
            "So binary cross-entropy with sigmoid suits",
        ],
        &[],
    );
}

#[test]
fn saturation_is_told_where_it_is() {
    let losses = [Loss::SquaredError, Loss::BinaryCrossEntropy];
    let outputs = [Activation::Tanh, Activation::Sigmoid];
    says(
        &advice_at("5", "[1, 1]", &losses, &outputs),
        &["so it learns slowly from these examples"],
        &["nothing is saturated yet"],
    );
}

/// An exercise with these outputs, this loss and these targets.
fn exercise(outputs: &str, loss: &str, targets: [&str; 2]) -> Exercise {
    let text = format!(
        "[network]\nlayers = [1, 2, {}]\nactivation = [\"relu\", \"{outputs}\"]\nloss = \"{loss}\"\nweights = 0.5\nbiases = 0.5\n\
         [[part]]\nname = \"a\"\ntask = \"update\"\nlearning_rate = 0.1\n\
         examples = [{{ x = [2], t = {} }}, {{ x = [-1], t = {} }}]\n",
        targets[0].split(',').count(),
        targets[0],
        targets[1]
    );
    Exercise::parse(&text, "test").unwrap_or_else(|d| panic!("{}", d.render(100)))
}

#[test]
fn what_is_compared_follows_from_the_targets() {
    for (outputs, loss, targets, expected) in [
        (
            "identity",
            "squared_error",
            ["[3]", "[1]"],
            "squared_error identity, absolute_error identity, huber identity",
        ),
        (
            "tanh",
            "mean_squared_error",
            ["[0.5]", "[-1]"],
            "mean_squared_error tanh, mean_squared_error identity, absolute_error identity",
        ),
        (
            "sigmoid",
            "squared_error",
            ["[1]", "[0]"],
            "squared_error sigmoid, binary_cross_entropy sigmoid",
        ),
        (
            "identity",
            "squared_error",
            ["[1]", "[0]"],
            "squared_error identity, squared_error sigmoid, binary_cross_entropy sigmoid",
        ),
        (
            "sigmoid",
            "cross_entropy",
            ["[1]", "[0]"],
            "squared_error sigmoid, binary_cross_entropy sigmoid, cross_entropy sigmoid",
        ),
        (
            "exp",
            "poisson",
            ["[3]", "[1]"],
            "squared_error identity, squared_error exp, poisson exp",
        ),
        (
            "sigmoid",
            "squared_error",
            ["[1, 0]", "[0, 1]"],
            "squared_error sigmoid, squared_error softmax, cross_entropy softmax",
        ),
    ] {
        let json = compare(&exercise(outputs, loss, targets), &[], &[]).unwrap().to_json();
        let pair = |case: &serde_json::Value| {
            let word = |key: &str| case[key].as_str().unwrap().to_string();
            format!("{} {}", word("loss"), word("output_activation"))
        };
        let pairs: Vec<String> = json["cases"].as_array().unwrap().iter().map(pair).collect();
        assert_eq!(pairs.join(", "), expected, "{outputs} {loss} {targets:?}");
    }
}

/// The document as running text.
fn text(exercise: &Exercise, losses: &[Loss], outputs: &[Activation], short: bool) -> String {
    let comparison = compare(exercise, losses, outputs).unwrap();
    let style = Style::default();
    let document =
        if short { comparison.to_short_document(&style) } else { comparison.to_document(&style) };
    let text = render_text(&document, &TextOptions::default());
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_delta_in_letters_is_that_of_the_numbers_below_it() {
    let outputs = [Activation::Identity, Activation::Softmax];
    let regression = exercise("identity", "squared_error", ["[3]", "[1]"]);
    says(
        &text(&regression, &SQUARED, &outputs, false),
        &["x Σⱼ tⱼ − t", "their sum stays", "All deltas and gradients are 0"],
        &["The targets of each example sum to 1, so that"],
    );
    let classes = exercise("sigmoid", "squared_error", ["[1, 0]", "[0, 1]"]);
    says(
        &text(&classes, &[], &[], false),
        &["The targets of each example sum to 1, so that the plain error x − t is left"],
        &["x Σⱼ tⱼ − t δ"],
    );
}

#[test]
fn the_answer_comes_first_and_what_is_equal_once() {
    let sheet = Exercise::parse(deltarule_exercise::sheet(3).unwrap(), "sheet").unwrap();
    let whole = text(&sheet, &[], &[], false);
    let answer = whole.split("One change at a time").next().unwrap();
    says(
        answer,
        &[
            "those of softmax are a distribution",
            "the plain error x − t under cross-entropy with softmax",
            "no delta reaches the hidden layers under squared error with softmax and cross-entropy with softmax",
            "cross-entropy with softmax suits the targets best, which are one class of several.",
        ],
        &[],
    );
    says(
        &whole,
        &[
            "The same in all of them: z^[3].",
            "δ^[2], δ^[1] and the gradients of these layers are 0, and their weights and biases stay as they are.",
        ],
        &["(z^[3])_1,1"],
    );
    let short = text(&sheet, &[], &[], true);
    assert!(short.contains(answer) && short.len() * 2 < whole.len(), "{}", short.len());
}
