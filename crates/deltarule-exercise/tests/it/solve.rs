//! What solving decides beyond arithmetic: ties, losses without targets, and results that no number can hold.

use deltarule_document::{TextOptions, render_text};
use deltarule_exercise::{Exercise, Style, sheet, solve, to_document, to_json};
use serde_json::{Value, json};

fn exercise(network: &str, parts: &str) -> Exercise {
    let text = format!("[network]\n{network}\n{parts}");
    Exercise::parse(&text, "test").unwrap_or_else(|d| panic!("{}", d.render(100)))
}

fn step(network: &str, parts: &str) -> Value {
    let json = to_json(&solve(&exercise(network, parts)).unwrap());
    let last = json["parts"].as_array().unwrap().last().unwrap().clone();
    last["steps"].as_array().unwrap().last().unwrap().clone()
}

#[track_caller]
fn refused(network: &str, parts: &str, expected: &str) {
    match solve(&exercise(network, parts)) {
        Ok(solution) => panic!("{}", to_json(&solution)),
        Err(error) => assert_eq!(error.to_string(), expected),
    }
}

#[test]
fn outputs_that_differ_by_rounding_are_a_tie_and_the_first_wins() {
    // 0.1 + 0.2 + 0.3 rounds to another double in each order of the terms.
    let weights = "layers = [3, 3]\nactivation = \"identity\"\nloss = \"huber\"\n\
                   weights = [[[0.3, 0.2, 0.1], [0.1, 0.2, 0.3], [0.2, 0.1, 0.3]]]";
    let part = "[[part]]\nname = \"a\"\ntask = \"classify\"\nexamples = [{ x = [1, 1, 1] }]";
    assert_eq!(step(weights, part)["class"], json!([1]));
    let turned =
        weights.replace("[0.3, 0.2, 0.1], [0.1, 0.2, 0.3]", "[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]");
    assert_eq!(step(&turned, part)["class"], json!([1]));
    // A difference that is one wins.
    let larger = weights.replace("[0.2, 0.1, 0.3]", "[0.2, 0.1, 0.300001]");
    assert_eq!(step(&larger, part)["class"], json!([3]));
}

#[test]
fn a_loss_appears_where_targets_are_given() {
    let network =
        "layers = [1, 2]\nactivation = \"identity\"\nloss = \"squared_error\"\nweights = 1";
    for task in ["forward", "classify"] {
        let with = format!(
            "[[part]]\nname = \"a\"\ntask = \"{task}\"\nreduction = \"mean\"\n\
             examples = [{{ x = [1], t = [1, 0] }}, {{ x = [2], t = [2, 2] }}]"
        );
        let solved = step(network, &with);
        assert_eq!((&solved["loss"], &solved["total_loss"]), (&json!([0.5, 0.0]), &json!(0.25)));
        let without =
            format!("[[part]]\nname = \"a\"\ntask = \"{task}\"\nexamples = [{{ x = [1] }}]");
        assert!(step(network, &without).get("loss").is_none());
    }
}

#[test]
fn what_overflows_is_named_with_part_step_and_layer() {
    let update = |rest: &str, x: &str| {
        format!(
            "[[part]]\nname = \"p\"\ntask = \"update\"\nlearning_rate = 1\n{rest}\nexamples = [{{ x = [{x}], t = [1] }}]"
        )
    };
    let network = |activation: &str, loss: &str, w: &str| {
        format!(
            "layers = [1, 1, 1]\nactivation = \"{activation}\"\nloss = \"{loss}\"\nweights = {w}"
        )
    };
    refused(
        &network("exp", "squared_error", "1000"),
        &update("", "1"),
        "part p, step 1: x of layer 1 is too large for a double-precision number",
    );
    refused(
        &network("identity", "squared_error", "1"),
        &update("", "1e200"),
        "part p, step 1: the loss is too large for a double-precision number",
    );
    // The second moment squares a gradient that is itself within range: JSON would hold a wrong number.
    refused(
        &network("identity", "absolute_error", "1"),
        &update("optimizer = \"adam\"", "1e200"),
        "part p, step 1: v of the weights of layer 1 is too large for a double-precision number",
    );
    // The steps grow until one of them fails.
    let runaway =
        solve(&exercise(&network("identity", "squared_error", "3"), &update("epochs = 40", "3")));
    let message = runaway.unwrap_err().to_string();
    assert!(message.starts_with("part p, step ") && !message.contains("step 1:"), "{message}");
}

/// The bounds of rounding errors are for the worst case, which multiplies from step to step: once they were carried on
/// without a limit, everything counted as zero but for rounding after a hundred updates.
#[test]
fn after_hundreds_of_updates_numbers_are_still_numbers() {
    let text = "[network]\nlayers = [4, 4, 3, 3]\nactivation = \"tanh\"\noutput_activation = \"softmax\"\n\
                loss = \"squared_error\"\nweights = 0.1\nbiases = 0.1\n[[part]]\nname = \"a\"\ntask = \"update\"\n\
                learning_rate = 0.1\nepochs = 400\nexamples = [{ x = [1, 0, 1, 0], t = [0, 1, 0] }, \
                { x = [0, 0, 10, 0], t = [0, 0, 1] }]\n";
    let exercise = Exercise::parse(text, "test").unwrap();
    let solution = solve(&exercise).unwrap();
    for (number, step) in solution.parts[0].steps.iter().enumerate() {
        let x = step.trace.x.last().unwrap();
        let targets = [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let squares = x.value.indexed_iter().map(|((e, i), x)| (x - targets[e][i]).powi(2));
        let loss = 0.5 * squares.sum::<f64>();
        let shown = step.trace.total_loss.unwrap();
        assert!((loss - shown).abs() < 1e-12, "step {}: {shown} instead of {loss}", number + 1);
        assert!(x.shown().iter().all(|x| *x > 0.0), "step {}", number + 1);
    }
}

#[test]
fn an_exercise_says_how_many_digits_answers_should_have() {
    let text = sheet(1).unwrap().replacen("[network]", "digits = 5\n[network]", 1);
    let text = text.replacen("name = \"b\"", "name = \"b\"\ndigits = 3", 1);
    let exercise = Exercise::parse(&text, "exercise").unwrap();
    assert_eq!(exercise.digits, Some(5));
    assert_eq!(
        exercise.parts.iter().map(|part| part.digits).collect::<Vec<_>>(),
        [Some(5), Some(3)]
    );
    let document = to_document(&solve(&exercise).unwrap(), &Style::default());
    let text = render_text(&document, &TextOptions::default());
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("Answers are asked for with 5 significant digits."), "{text}");
    assert!(
        text.contains("Answers to this part are asked for with 3 significant digits."),
        "{text}"
    );
}
