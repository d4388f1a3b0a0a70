//! What a number is expected to be: what a right method gives from the student's own earlier numbers, whatever mistake was
//! found in them.

use deltarule_exercise::Exercise;
use deltarule_exercise::marking::{
    AnswerFormat, Answers, EntryMarking, Marking, MarkingOptions, QuantityMarking, Verdict,
    WrongRule, mark,
};

/// f(z) = z everywhere, so that every number can be worked out here.
const EXERCISE: &str = r#"
[network]
layers = [2, 2, 1]
activation = "identity"
loss = "squared_error"
weights = [[[0.1, 0.2], [0.3, -0.1]], [[0.5, -0.4]]]
biases = [[0.1, -0.2], [0.2]]
[[part]]
name = "a"
task = "update"
learning_rate = 0.5
examples = [{ x = [1, 2], t = [1] }]
[[part]]
name = "b"
task = "forward"
start = "a"
examples = [{ x = [2, -1] }]
"#;

const X: [f64; 2] = [1.0, 2.0];
const Z: [f64; 2] = [0.6, -0.1];
const DELTA: f64 = 0.54 - 1.0;

fn marked(answers: &str) -> Marking {
    marked_in(EXERCISE, answers)
}

fn marked_in(exercise: &str, answers: &str) -> Marking {
    let exercise =
        Exercise::parse(exercise, "exercise").unwrap_or_else(|d| panic!("{}", d.render(100)));
    let answers = Answers::parse(&exercise, answers, "answers", AnswerFormat::Toml)
        .unwrap_or_else(|d| panic!("{}", d.render(100)));
    mark(&exercise, &answers, &MarkingOptions::default()).unwrap()
}

fn find<'a>(marking: &'a Marking, part: usize, name: &str) -> &'a QuantityMarking {
    marking.parts[part].quantities.iter().find(|q| q.quantity.to_string() == name).unwrap()
}

#[track_caller]
fn near(entry: &EntryMarking, right: f64, expected: f64) {
    assert!((entry.right - right).abs() < 1e-12, "right {} for {right}", entry.right);
    assert!(
        (entry.expected - expected).abs() < 1e-12,
        "expected {} for {expected}",
        entry.expected
    );
}

fn rules(marking: &Marking) -> Vec<WrongRule> {
    let quantities = marking.parts.iter().flat_map(|p| &p.quantities);
    quantities.flat_map(|q| &q.findings).map(|f| f.rule).collect()
}

/// δ has the other sign, and the gradient goes with it.
#[test]
fn what_follows_from_a_written_number_is_expected_to_follow() {
    let marking = marked(
        "[[part]]\nname = \"a\"\n[part.answers]\n\"x[2]\" = [0.54]\n\"delta[2]\" = [0.46]\n\
         \"grad_weights[2]\" = [[0.276, -0.046]]\n\"delta[1]\" = [\"?\", -0.184]\n",
    );
    let delta = find(&marking, 0, "delta[2]");
    assert_eq!(delta.verdict, Verdict::Wrong);
    near(&delta.entries[(0, 0)], DELTA, DELTA);
    let gradient = find(&marking, 0, "grad_weights[2]");
    assert_eq!(gradient.verdict, Verdict::FollowThrough);
    for (entry, z) in gradient.entries.iter().zip(Z) {
        near(entry, DELTA * z, -DELTA * z);
    }
    // A gap, and a quantity that was not answered at all, are expected to follow as well.
    let below = find(&marking, 0, "delta[1]");
    near(&below.entries[(0, 0)], DELTA * 0.5, -DELTA * 0.5);
    near(&find(&marking, 0, "grad_biases[2]").entries[(0, 0)], DELTA, -DELTA);
    assert_eq!(rules(&marking), [WrongRule::DeltaSign]);
}

/// Only the weights are shown, after a step up the gradient.
#[test]
fn a_mistake_in_what_is_not_written_is_not_expected() {
    // w + η ∂E/∂w
    let up = |w: f64, gradient: f64| w + 0.5 * gradient;
    let second = [up(0.5, DELTA * Z[0]), up(-0.4, DELTA * Z[1])];
    let delta = [DELTA * 0.5, DELTA * -0.4];
    let first = [
        [up(0.1, delta[0] * X[0]), up(0.2, delta[0] * X[1])],
        [up(0.3, delta[1] * X[0]), up(-0.1, delta[1] * X[1])],
    ];
    let marking = marked(&format!(
        "[[part]]\nname = \"a\"\n[part.answers]\n\"weights[1]\" = {first:?}\n\"weights[2]\" = [{second:?}]\n"
    ));
    let named = rules(&marking);
    assert!(
        named.contains(&WrongRule::UpdateSign) || named.contains(&WrongRule::DeltaSign),
        "{named:?}"
    );
    let down = |w: f64, gradient: f64| w - 0.5 * gradient;
    let weights = find(&marking, 0, "weights[2]");
    for (j, old) in [0.5, -0.4].into_iter().enumerate() {
        near(&weights.entries[(0, j)], down(old, DELTA * Z[j]), down(old, DELTA * Z[j]));
    }
}

/// Part a shows nothing but its last loss, after a step up the gradient; part b goes on from the parameters that led there.
#[test]
fn a_mistake_in_a_part_before_is_not_expected() {
    let up = |w: f64, gradient: f64| w + 0.5 * gradient;
    let delta = [DELTA * 0.5, DELTA * -0.4];
    let parameters = |way: &dyn Fn(f64, f64) -> f64| {
        let first = [
            [way(0.1, delta[0] * X[0]), way(0.2, delta[0] * X[1])],
            [way(0.3, delta[1] * X[0]), way(-0.1, delta[1] * X[1])],
        ];
        let biases = [way(0.1, delta[0]), way(-0.2, delta[1])];
        let second = [way(0.5, DELTA * Z[0]), way(-0.4, DELTA * Z[1])];
        (first, biases, second, way(0.2, DELTA))
    };
    let net_input = |(w, b, ..): &([[f64; 2]; 2], [f64; 2], [f64; 2], f64), x: [f64; 2]| {
        [0, 1].map(|i| w[i][0] * x[0] + w[i][1] * x[1] + b[i])
    };
    let wrong = parameters(&up);
    let z = net_input(&wrong, X);
    let output = wrong.2[0] * z[0] + wrong.2[1] * z[1] + wrong.3;
    let loss = 0.5 * (output - 1.0) * (output - 1.0);
    let written = net_input(&wrong, [2.0, -1.0]);
    let marking = marked(&format!(
        "[[part]]\nname = \"a\"\n[part.answers]\n\"total_loss_after\" = {loss}\n\
         [[part]]\nname = \"b\"\n[part.answers]\n\"z[1]\" = {written:?}\n"
    ));
    assert_eq!(find(&marking, 0, "total_loss_after").verdict, Verdict::Wrong);
    let follows = find(&marking, 1, "z[1]");
    assert_eq!(follows.verdict, Verdict::FollowThrough);
    let right = net_input(&parameters(&|w, gradient| w - 0.5 * gradient), [2.0, -1.0]);
    for (entry, right) in follows.entries.iter().zip(right) {
        near(entry, right, right);
    }
}

/// The step sizes of Rprop are Δ₀ = 0.1 in the first step; who lets one grow to 0.12 goes so far.
#[test]
fn a_step_goes_as_far_as_the_step_size_that_was_written() {
    let exercise =
        EXERCISE.replace("learning_rate = 0.5", "learning_rate = 0.1\noptimizer = \"rprop\"");
    // The first gradient is negative, the second positive.
    let marking = marked_in(
        &exercise,
        "[[part]]\nname = \"a\"\n[part.answers]\n\"grad_weights[2]\" = [[-0.276, 0.046]]\n\
         \"step_size_weights[2]\" = [[0.12, 0.1]]\n\"weights[2]\" = [[0.62, -0.5]]\n",
    );
    assert_eq!(find(&marking, 0, "step_size_weights[2]").verdict, Verdict::Wrong);
    let weights = find(&marking, 0, "weights[2]");
    assert_eq!(weights.verdict, Verdict::FollowThrough);
    near(&weights.entries[(0, 0)], 0.6, 0.62);
    near(&weights.entries[(0, 1)], -0.5, -0.5);
    assert_eq!(rules(&marking), [WrongRule::ArithmeticSlip]);
}

/// Who remembers the gradient with the other sign goes the other way; what is remembered as 0 after the sign has turned says
/// nothing of the step.
#[test]
fn a_step_goes_against_the_gradient_that_is_remembered() {
    let exercise =
        EXERCISE.replace("learning_rate = 0.5", "learning_rate = 0.1\noptimizer = \"rprop\"");
    let marking = marked_in(
        &exercise,
        "[[part]]\nname = \"a\"\n[part.answers]\n\"grad_weights[2]\" = [[-0.276, 0.046]]\n\
         \"previous_gradient_weights[2]\" = [[0.276, 0.046]]\n\"weights[2]\" = [[0.4, -0.5]]\n",
    );
    assert_eq!(find(&marking, 0, "previous_gradient_weights[2]").verdict, Verdict::Wrong);
    let weights = find(&marking, 0, "weights[2]");
    assert_eq!(weights.verdict, Verdict::FollowThrough);
    near(&weights.entries[(0, 0)], 0.6, 0.4);
    // Written as 0, it is wrong, and the step is as before.
    let marking = marked_in(
        &exercise,
        "[[part]]\nname = \"a\"\n[part.answers]\n\"grad_weights[2]\" = [[-0.276, 0.046]]\n\
         \"previous_gradient_weights[2]\" = [[0, 0.046]]\n\"weights[2]\" = [[0.6, -0.5]]\n",
    );
    assert_eq!(find(&marking, 0, "previous_gradient_weights[2]").verdict, Verdict::Wrong);
    assert_eq!(find(&marking, 0, "weights[2]").verdict, Verdict::Correct);
}
