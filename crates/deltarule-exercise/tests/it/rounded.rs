//! Answers of somebody who goes on with fewer digits than he wrote down: his numbers do not follow from those written, and no
//! method is blamed for it.

use deltarule_exercise::Exercise;
use deltarule_exercise::marking::{
    AnswerFormat, Answers, MarkingOptions, Verdict, WrongRule, mark,
};

/// The quantities that something is said of, each with its verdict and the rules.
fn said(exercise: &str, answers: &str) -> Vec<(String, Verdict, Vec<WrongRule>)> {
    let exercise =
        Exercise::parse(exercise, "exercise").unwrap_or_else(|d| panic!("{}", d.render(100)));
    let answers = Answers::parse(&exercise, answers, "answers", AnswerFormat::Toml)
        .unwrap_or_else(|d| panic!("{}", d.render(100)));
    let marking = mark(&exercise, &answers, &MarkingOptions::default()).unwrap();
    let quantities = marking.parts[0].quantities.iter();
    let said = quantities.map(|q| {
        (q.quantity.to_string(), q.verdict, q.findings.iter().map(|f| f.rule).collect::<Vec<_>>())
    });
    said.filter(|(_, verdict, rules)| *verdict == Verdict::Wrong || !rules.is_empty()).collect()
}

fn slip(quantity: &str) -> (String, Verdict, Vec<WrongRule>) {
    (quantity.to_string(), Verdict::Wrong, vec![WrongRule::ArithmeticSlip])
}

/// The losses are 1.103 and 1.385; with three digits 1.10 and 1.39, the mean of which is 1.245 and not 1.244. Who goes online
/// in a batch comes to 1.245 as well, but to nothing else of what is written.
#[test]
fn a_loss_in_the_middle() {
    let exercise = "[network]
layers = [2, 3, 2]
activation = 'relu'
loss = 'absolute_error'
weights = [[[-0.4, -0.9], [0.6, 0.9], [-0.2, 0.6]], [[0.4, -0.2, 0.4], [0.7, -0.8, -0.7]]]
biases = [[0.2, -0.9, -0.7], [0.2, 0.3]]
[[part]]
name = 'a'
task = 'update'
learning_rate = 0.4
reduction = 'mean'
examples = [{ x = [-0.2, 0.3], t = [1, 0] }, { x = [-0.3, -0.7], t = [1, 0] }]
";
    let answers = "[[part]]
name = 'a'
[part.answers]
'z[1]' = [[0.01, 0.95], [-0.75, -1.71], [-0.48, -1.06]]
'x[1]' = [[0.01, 0.95], [0, 0], [0, 0]]
'z[2]' = [[0.204, 0.58], [0.307, 0.965]]
'x[2]' = [[0.204, 0.58], [0.307, 0.965]]
loss = [1.103, 1.385]
total_loss = 1.245
'delta[2]' = [[-1, -1], [1, 1]]
'delta[1]' = [[0.3, 0.3], [0, 0], [0, 0]]
'grad_weights[1]' = [[-0.075, -0.06], [0, 0], [0, 0]]
'grad_biases[1]' = [0.3, 0, 0]
'grad_weights[2]' = [[-0.48, 0, 0], [0.48, 0, 0]]
'grad_biases[2]' = [-1, 1]
'weights[1]' = [[-0.37, -0.876], [0.6, 0.9], [-0.2, 0.6]]
'biases[1]' = [0.08, -0.9, -0.7]
'weights[2]' = [[0.592, -0.2, 0.4], [0.508, -0.8, -0.7]]
'biases[2]' = [0.6, -0.1]
total_loss_after = 0.394
";
    assert_eq!(said(exercise, answers), [slip("total_loss")]);
    // A slip elsewhere makes it no more wrong.
    let two = answers.replace("'grad_biases[2]' = [-1, 1]", "'grad_biases[2]' = [-1, 1.3]");
    assert_eq!(said(exercise, &two), [slip("total_loss"), slip("grad_biases[2]")]);
}

/// With three decimals −0.1255 is −0.126 or −0.125, and x is 1 / (1 + e^0.168) or 1 / (1 + e^0.167).
#[test]
fn a_net_input_in_the_middle() {
    let exercise = "[network]
layers = [2, 3, 2]
activation = ['softplus', 'softmax']
loss = 'squared_error'
weights = [[[-0.7, -0.5], [0.4, -0.9], [0.6, 0.1]], [[-0.5, -0.4, -0.6], [0.9, -0.2, 0.3]]]
biases = [[0.2, -0.4, -0.6], [0.7, -0.8]]
[[part]]
name = 'a'
task = 'update'
learning_rate = 0.3
examples = [{ x = [-0.4, 0.2], t = [0, 1] }]
";
    let answers = |x: &str| {
        format!(
            "[[part]]
name = 'a'
[part.answers]
'z[1]' = [0.38, -0.74, -0.82]
'x[1]' = [0.90109, 0.39009, 0.364943]
'z[2]' = [-0.1255, 0.0424]
'x[2]' = [{x}]
loss = [0.209764]
total_loss = 0.210
'delta[2]' = [0.227384, -0.227384]
'delta[1]' = [-0.188892, -0.014535, -0.062424]
'grad_weights[1]' = [[0.0756, -0.0378], [0.006, -0.003], [0.0248, -0.0124]]
'grad_biases[1]' = [-0.189, -0.015, -0.062]
"
        )
    };
    let methods = |said: &[(String, Verdict, Vec<WrongRule>)]| {
        let rules = said.iter().flat_map(|(_, _, rules)| rules);
        rules.filter(|rule| **rule != WrongRule::ArithmeticSlip).count()
    };
    for x in ["0.458099, 0.541901", "0.458347, 0.541653", "0.458117, 0.541883"] {
        let said = said(exercise, &answers(x));
        let is_wrong = |(q, verdict, _): &(String, Verdict, Vec<WrongRule>)| {
            q == "x[2]" && *verdict == Verdict::Wrong
        };
        assert!(said.iter().any(is_wrong), "{x}: {said:?}");
        assert_eq!(methods(&said), 0, "{x}: {said:?}");
    }
}
