//! What a solution says is to be noticed: said where the numbers show it, and nowhere else.

use deltarule_document::{TextOptions, render_text};
use deltarule_exercise::{Exercise, Style, solve, to_document};

/// The remarks of every step, as running text.
fn remarks(network: &str, settings: &str, example: &str) -> String {
    let text = format!(
        "title = \"T\"\n[network]\n{network}\n[[part]]\nname = \"a\"\ntask = \"update\"\n{settings}\nexamples = [{example}]\n"
    );
    let exercise = Exercise::parse(&text, "test").unwrap_or_else(|d| panic!("{}", d.render(100)));
    let document = to_document(&solve(&exercise).unwrap(), &Style::default());
    let text = render_text(&document, &TextOptions::default());
    // A section ends with the heading of the next one, which has its rule below it.
    let sections = text.split("What to notice").skip(1);
    let ends = ["A check", "\nStep ", "The losses of the steps"];
    let until = |s: &'_ str| {
        s[..ends.iter().filter_map(|e| s.find(e)).min().unwrap_or(s.len())].to_string()
    };
    let sections: Vec<String> = sections.map(until).collect();
    let words = sections.iter().flat_map(|s| s.split_whitespace());
    words.collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(network: &str, settings: &str, example: &str, said: &[&str], not_said: &[&str]) {
    let remarks = remarks(network, settings, example);
    for words in said {
        assert!(remarks.contains(words), "{words:?} is not said:\n{remarks}");
    }
    for words in not_said {
        assert!(!remarks.contains(words), "{words:?} is said:\n{remarks}");
    }
}

const REGRESSION: &str = "output_activation = \"identity\"\nloss = \"squared_error\"";
const LINEAR: &str = "layers = [2, 2]\nactivation = \"identity\"\nloss = \"squared_error\"\nweights = [[[1, 0], [0, 1]]]";

#[test]
fn units_that_are_alike_are_named_and_others_are_not() {
    let network = |outgoing: &str| {
        format!(
            "layers = [2, 3, 2]\nactivation = \"tanh\"\n{REGRESSION}\nweights = [[[0.1, 0.2], [0.3, 0.4], [0.1, 0.2]], {outgoing}]"
        )
    };
    let example = "{ x = [1, 2], t = [1, 0] }";
    let rate = "learning_rate = 0.1";
    check(
        &network("[[0.5, 0.6, 0.5], [0.1, 0.2, 0.1]]"),
        rate,
        example,
        &["Units 1 and 3 of layer 1 began with the same", "stay identical"],
        &["All units", "tells them apart"],
    );
    check(
        &network("[[0.5, 0.6, 0.7], [0.1, 0.2, 0.1]]"),
        rate,
        example,
        &["Units 1 and 3 of layer 1 began with the same", "tells them apart"],
        &["stay identical"],
    );
    let distinct = format!(
        "layers = [2, 2, 1]\nactivation = \"tanh\"\n{REGRESSION}\nweights = [[[0.1, 0.2], [0.3, 0.4]], [[0.5, 0.5]]]"
    );
    check(&distinct, rate, "{ x = [1, 2], t = [1] }", &[], &["same output", "stay identical"]);
}

#[test]
fn a_delta_of_zero_has_its_reason() {
    let network = |activation: &str, weights: &str| {
        format!(
            "layers = [2, 2, 2]\nactivation = \"{activation}\"\n{REGRESSION}\nweights = {weights}"
        )
    };
    let rate = "learning_rate = 0.1";
    for (network, example, reason) in [
        (
            network("tanh", "[[[0.1, 0.2], [0.3, 0.4]], [[0.5, 0.25], [0.5, 0.25]]]"),
            "{ x = [0, 0], t = [1, -1] }",
            "these deltas sum to 0",
        ),
        (
            network("tanh", "[[[0.1, 0.2], [0.3, 0.4]], [[0.5, 0.6], [0, 0]]]"),
            "{ x = [0, 0], t = [0, 1] }",
            "meets only weights that are 0",
        ),
        (
            network("tanh", "[[[0.1, 0.2], [0.3, 0.4]], [[0.5, 0.25], [0.25, 0.125]]]"),
            "{ x = [0, 0], t = [1, -2] }",
            "the contributions of the deltas above cancel",
        ),
        (
            network("relu", "[[[-1, -1], [-1, -2]], [[0.5, 0.25], [0.1, 0.2]]]"),
            "{ x = [1, 1], t = [1, 1] }",
            "the derivative of every unit is 0 there",
        ),
        (
            network("relu", "[[[-1, -1], [1, 2]], [[0.5, 0], [0.3, 0]]]"),
            "{ x = [1, 1], t = [1, 1] }",
            "the derivative of the unit is 0",
        ),
    ] {
        check(&network, rate, example, &["δ^[1] is 0", reason], &[]);
    }
    check(
        LINEAR,
        rate,
        "{ x = [1, 2], t = [1, 2] }",
        &["the outputs are their targets", "did not change: its gradient is 0"],
        &["fell", "rose"],
    );
}

#[test]
fn saturation_is_seen_where_a_delta_suffers_from_it() {
    let hidden = |activation: &str, weight: &str| {
        format!(
            "layers = [1, 2, 1]\nactivation = \"{activation}\"\n{REGRESSION}\nweights = [[[{weight}], [1]], [[0.5, 0.4]]]"
        )
    };
    let rate = "learning_rate = 0.1";
    let example = "{ x = [1], t = [1] }";
    for (activation, weight) in [
        ("sigmoid", "9"),
        ("tanh", "-5"),
        ("elu", "-8"),
        ("selu", "-8"),
        ("softplus", "-8"),
        ("gelu", "-5"),
    ] {
        check(&hidden(activation, weight), rate, example, &["Unit 1 of layer 1 is saturated"], &[]);
        check(&hidden(activation, "0.5"), rate, example, &[], &["saturated"]);
    }
    // The derivative of silu is 0 at its lowest point too, which is no saturation.
    check(&hidden("silu", "-1.2784"), rate, example, &[], &["saturated"]);
    let outputs = |loss: &str| {
        format!(
            "layers = [1, 3]\nactivation = \"softmax\"\nloss = \"{loss}\"\nweights = [[[9], [0], [0]]]"
        )
    };
    let example = "{ x = [1], t = [0, 1, 0] }";
    check(&outputs("squared_error"), rate, example, &["The outputs are saturated"], &[]);
    // Cross-entropy takes the derivative of softmax away.
    check(&outputs("cross_entropy"), rate, example, &[], &["saturated"]);
}

#[test]
fn a_loss_that_rises_has_its_reason() {
    let example = "{ x = [1, 0.5], t = [2, 0.3] }";
    check(
        LINEAR,
        "learning_rate = 3",
        example,
        &["rose", "the learning rate is too large here"],
        &["velocity"],
    );
    // The first step with momentum is that of gradient descent: it is too long, and nothing else is to blame.
    let momentum = "learning_rate = 3\noptimizer = \"momentum\"";
    check(LINEAR, momentum, example, &["rose", "went past the dip"], &["velocity", "uphill"]);
    let one =
        "layers = [1, 1]\nactivation = \"identity\"\nloss = \"squared_error\"\nweights = [[[1]]]";
    let momentum = "learning_rate = 0.4\noptimizer = \"momentum\"\nepochs = 3";
    check(
        one,
        momentum,
        "{ x = [1], t = [2] }",
        &["even to first order it rises", "the velocity goes on with the steps before"],
        &["learning rate is too large"],
    );
    // With an L2 penalty the step is along the gradient, but not only of this loss.
    check(
        LINEAR,
        "learning_rate = 0.1\nl2 = 0.5",
        "{ x = [1, 0], t = [1.001, 0] }",
        &["rose", "The step also makes the L2 penalty smaller"],
        &["learning rate is too large", "velocity"],
    );
    let decay = "learning_rate = 0.1\noptimizer = \"adamw\"\nweight_decay = 5";
    check(
        LINEAR,
        decay,
        "{ x = [1, 0], t = [1.0001, 0] }",
        &["rose", "The decay of the weights moves them"],
        &["running means"],
    );
    check(
        LINEAR,
        "learning_rate = 0.1",
        example,
        &["fell from"],
        &["rose", "far less", "far more"],
    );
}

#[test]
fn rounding_that_moves_parameters_is_called_so() {
    let network = "layers = [2, 3, 3]\nactivation = \"tanh\"\noutput_activation = \"softmax\"\nloss = \"cross_entropy\"\nweights = 0.1\nbiases = 0.1";
    let example = "{ x = [1, 0], t = [0, 1, 0] }";
    let noise = "0 but for the rounding of the computation";
    for optimizer in ["adam", "rmsprop", "rprop"] {
        let settings = format!("learning_rate = 0.1\noptimizer = \"{optimizer}\"");
        check(network, &settings, example, &["Entries of ∂E/∂", noise], &[]);
        check(LINEAR, &settings, "{ x = [1, 0.5], t = [2, 0.3] }", &[], &[noise]);
    }
    check(network, "learning_rate = 0.1", example, &[], &[noise]);
}

#[test]
fn units_switched_off_and_inputs_of_zero() {
    let network = format!(
        "layers = [2, 2, 1]\nactivation = \"relu\"\n{REGRESSION}\nweights = [[[-1, -1], [1, 2]], [[0.5, 0.4]]]"
    );
    let rate = "learning_rate = 0.1";
    check(&network, rate, "{ x = [1, 1], t = [1] }", &["Unit 1 of layer 1 has z ≤ 0"], &["Input"]);
    // One example that switches a unit on is enough.
    check(
        &network,
        rate,
        "{ x = [1, 1], t = [1] }, { x = [-3, 0], t = [1] }",
        &[],
        &["Unit 1 of layer 1 has z ≤ 0"],
    );
    check(&network, rate, "{ x = [0, 1], t = [1] }", &["Input 1 is 0, so column 1"], &["Input 2"]);
}

#[test]
fn units_switched_off_by_some_examples() {
    let network = format!(
        "layers = [2, 2, 1]\nactivation = \"relu\"\n{REGRESSION}\nweights = [[[-1, -1], [1, 2]], [[0.5, 0.4]]]"
    );
    let two = "{ x = [1, 1], t = [1] }, { x = [-3, 0], t = [1] }";
    check(
        &network,
        "learning_rate = 0.1",
        two,
        &[
            "Off in layer 1, with z ≤ 0: unit 1 for example 1 and unit 2 for example 2.",
            "f₁′(z) are 0",
        ],
        &["Units 1"],
    );
    check(&network, "learning_rate = 0.1", "{ x = [1, 1], t = [1] }", &[], &["Off in layer"]);
}

#[test]
fn two_softmax_outputs_are_a_sigmoid() {
    let network = |outputs: usize| {
        format!(
            "layers = [1, {outputs}]\nactivation = \"softmax\"\nloss = \"cross_entropy\"\nweights = 0.1"
        )
    };
    let said = "softmax is the sigmoid of the difference of their net inputs";
    let rate = "learning_rate = 0.1";
    check(&network(2), rate, "{ x = [1], t = [1, 0] }", &[said], &[]);
    check(&network(3), rate, "{ x = [1], t = [1, 0, 0] }", &[], &[said]);
}

#[test]
fn adam_s_first_step_has_the_size_of_the_learning_rate() {
    let said = "Adam's first step moves every parameter whose gradient is not 0 by about η = 0.1";
    let example = "{ x = [1, 0.5], t = [2, 0.3] }";
    for (optimizer, said, not_said) in [
        ("adam", &[said][..], &["apart from"][..]),
        ("adamw", &[said, "apart from the decay of the weights"], &[]),
        ("sgd", &[], &[said]),
        ("rmsprop", &[], &[said]),
    ] {
        let settings = format!("learning_rate = 0.1\noptimizer = \"{optimizer}\"\nepochs = 2");
        check(LINEAR, &settings, example, said, not_said);
        assert!(remarks(LINEAR, &settings, example).matches("first step").count() <= 1);
    }
    // Where ε is as large as the gradient it is not so.
    let settings = "learning_rate = 0.1\noptimizer = \"adam\"\nepsilon = 1.0";
    check(LINEAR, settings, example, &[], &["first step"]);
}

#[test]
fn what_holds_for_several_steps_is_said_once() {
    let network = format!(
        "layers = [2, 2, 1]\nactivation = \"tanh\"\n{REGRESSION}\nweights = 0.1\nbiases = 0.1"
    );
    let text = |settings: &str, examples: &str| {
        let text = format!(
            "[network]\n{network}\n[[part]]\nname = \"a\"\ntask = \"update\"\nlearning_rate = 0.1\n{settings}\nexamples = [{examples}]\n"
        );
        let exercise = Exercise::parse(&text, "test").unwrap();
        let document = to_document(&solve(&exercise).unwrap(), &Style::default());
        let text = render_text(&document, &TextOptions::default());
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let examples = "{ x = [0, 1], t = [1] }, { x = [1, 0], t = [0] }";
    let online = text("mode = \"online\"\nepochs = 2", examples);
    for once in [
        "Random initial weights break",
        "A check",
        "by a central difference",
        "The losses of the steps",
    ] {
        assert_eq!(online.matches(once).count(), 1, "{once}:\n{online}");
    }
    assert!(online.contains("break this symmetry. So it is in every later step, too."), "{online}");
    // Input 1 is 0 in the steps of the first example, input 2 in those of the second.
    for (input, tail) in [(1, "So it is in step 3, too."), (2, "So it is in step 4, too.")] {
        let words = format!(
            "Input {input} is 0, so column {input} of ∂E/∂w^[1] is 0: a weight learns only where its input is not 0."
        );
        assert_eq!(online.matches(&words).count(), 1, "{online}");
        let at = online.find(&words).unwrap() + words.len();
        // The second is said in step 2, before the last but one of four.
        assert!(online[at..].trim_start().starts_with(tail), "{}", &online[at..at + 60]);
    }
    let single = text("", examples);
    assert!(!single.contains("every later step") && !single.contains("The losses of the steps"));
    let batch = text("epochs = 3", examples);
    assert!(batch.contains("The loss after a step is that before the next one"), "{batch}");
}
