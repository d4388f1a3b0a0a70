//! When each loss is the right one: the advice of a comparison follows from the exercise.

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
