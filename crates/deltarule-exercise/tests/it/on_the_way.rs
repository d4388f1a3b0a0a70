//! Numbers on the way that nobody asks for and students write down: f′(z), and Adam's moments with their bias corrected.
//!
//! The numbers are those of plain Python: forward pass, δ and gradients of both examples summed, then `m = .9*m + .1*g`,
//! `v = .999*v + .001*g*g`, `mh = m/(1 - .9**t)`, `vh = v/(1 - .999**t)`, `w = w - .1*mh/(sqrt(vh) + 1e-8)`, t = 1, 2.

use deltarule_exercise::marking::{
    AnswerFormat, Answers, MarkWeights, MarkingOptions, QuantityMarking, Verdict, grade, mark,
    report_json, template,
};

use crate::common::marked::{exercise, marked, quantities, said};

const EXERCISE: &str = r#"
[network]
layers = [2, 2, 1]
activation = ["tanh", "sigmoid"]
loss = "squared_error"
weights = [[[0.1, 0.2], [0.3, -0.1]], [[0.5, -0.4]]]
biases = [[0.1, -0.2], [0.2]]
[[part]]
name = "a"
task = "update"
optimizer = "adam"
learning_rate = 0.1
epochs = 2
examples = [{ x = [1, 2], t = [1] }, { x = [0.5, -1], t = [0] }]
"#;

/// The first step up to the moments, rightly.
const FIRST: [(&str, &str); 3] = [
    ("delta[2]", "[[-0.088078, 0.133864]]"),
    ("delta[1]", "[[-0.031337, 0.066765], [0.034881, -0.053412]]"),
    ("m_weights[1]", "[[0.000204549, -0.0129439], [0.000817507, 0.0123174]]"),
];

fn answers(all: &[(&str, &str)]) -> String {
    let lines: String =
        all.iter().map(|(name, numbers)| format!("\"{name} step 1\" = {numbers}\n")).collect();
    format!("[[part]]\nname = \"a\"\n[part.answers]\n{lines}")
}

/// The verdict of a quantity of the first step, and the rules that are told.
fn judged(all: &[(&str, &str)], name: &str) -> (Verdict, Vec<&'static str>) {
    let marking = marked(&exercise(EXERCISE), &answers(all), AnswerFormat::Toml).unwrap();
    let found = quantities(&marking).find(|(_, q)| q.step == 0 && q.quantity.to_string() == name);
    let (_, q) = found.unwrap_or_else(|| panic!("no {name}"));
    (q.verdict, q.findings.iter().map(|finding| finding.rule.id()).collect())
}

/// Rounded as people round, under the names that people use; and what is right of it changes nothing of the rest, nor marks.
#[test]
fn numbers_on_the_way_are_marked_and_change_nothing() {
    let exercise = exercise(EXERCISE);
    let mut all = FIRST.to_vec();
    let without = answers(&all);
    all.extend([
        ("f'(z[1])", "[[0.7116, 0.9975], [0.9901, 0.9975]]"),
        ("slope[2]", "[[0.2345, 0.2485]]"),
        ("m\u{302}_weights[1]", "[[0.002045, -0.1294], [0.008175, 0.1232]]"),
        ("m_hat_b[1]", "[0.03543, -0.01853]"),
        ("v_hat_weights[2]", "[[0.0029149, 0.000239203]]"),
    ]);
    let options = MarkingOptions::default();
    let read = |text: &str| Answers::parse(&exercise, text, "a", AnswerFormat::Toml).unwrap();
    let without = mark(&exercise, &read(&without), &options).unwrap();
    let mut with = mark(&exercise, &read(&answers(&all)), &options).unwrap();
    let names = ["derivative[2]", "derivative[1]"].into_iter();
    let names = names.chain(["m_hat_weights[1]", "m_hat_biases[1]", "v_hat_weights[2]"]);
    let on_the_way = || quantities(&with).filter(|(_, q)| q.quantity.is_on_the_way());
    assert!(on_the_way().map(|(_, q)| q.quantity.to_string()).eq(names), "{}", said(&with));
    assert!(on_the_way().all(|(_, q)| q.verdict == Verdict::Correct), "{}", said(&with));
    let grading = grade(&with, &MarkWeights::default());
    assert_eq!(grading.total, grade(&without, &MarkWeights::default()).total);
    let json = report_json(&exercise, &with, &grading).to_string();
    assert!(json.contains("\"m_hat_weights[1]\""), "{json}");
    with.parts[0].quantities.retain(|q| !q.quantity.is_on_the_way());
    let told = |(_, q): (&str, &QuantityMarking)| (q.step, q.quantity, q.verdict, q.findings.len());
    assert!(quantities(&with).map(told).eq(quantities(&without).map(told)), "{}", said(&with));
    let asked = template(&exercise, AnswerFormat::Csv).unwrap();
    assert!(!asked.contains("derivative") && !asked.contains("hat"), "{asked}");
}

/// f′(x) for f′(z): 1 − tanh² of the outputs.
#[test]
fn a_delta_follows_from_a_wrong_derivative() {
    let wrong = [
        FIRST[0],
        ("derivative[1]", "[[0.759163, 0.997508], [0.990132, 0.997508]]"),
        ("delta[1]", "[[-0.033433, 0.066765], [0.034883, -0.053412]]"),
    ];
    let told = judged(&wrong, "derivative[1]");
    assert_eq!(told, (Verdict::Wrong, vec!["derivative_at_output"]));
    assert_eq!(judged(&wrong, "delta[1]"), (Verdict::FollowThrough, vec![]));
    // A right f′ that was not used.
    let unused =
        [FIRST[0], ("derivative[1]", "[[0.711578, 0.997504], [0.990066, 0.997504]]"), wrong[2]];
    assert_eq!(judged(&unused, "derivative[1]").0, Verdict::Correct);
    assert_eq!(judged(&unused, "delta[1]"), (Verdict::Wrong, vec!["derivative_at_output"]));
    // δ^[2] = (x − t) ∘ f′ with x − t = −0.375572 and 0.538680, and f′ = 0.3 and 0.2.
    let output =
        [("derivative[2]", "[[0.3, 0.2]]"), ("delta[2]", "[[-0.112672, 0.107736]]"), FIRST[1]];
    assert_eq!(judged(&output, "derivative[2]").0, Verdict::Wrong);
    assert_eq!(judged(&output, "delta[2]").0, Verdict::FollowThrough);
}

#[test]
fn a_wrong_correction_has_its_reason_and_the_step_follows() {
    let moments = [
        // m itself
        "[[0.000204549, -0.0129439], [0.000817507, 0.0123174]]",
        // m / (1 − β₂ᵗ)
        "[[0.204549, -12.9439], [0.817507, 12.3174]]",
        // m / (1 − β₁²) in the first step
        "[[0.00107657, -0.068126], [0.00430267, 0.0648286]]",
    ];
    for moment in moments {
        let mut all = FIRST.to_vec();
        all.push(("m_hat_weights[1]", moment));
        let told = judged(&all, "m_hat_weights[1]");
        assert_eq!(told, (Verdict::Wrong, vec!["correction_missing"]), "{moment}");
    }
    let mut all = FIRST.to_vec();
    all.extend([
        ("m_hat_weights[1]", moments[0]),
        ("v_hat_weights[1]", "[[4.18401e-06, 0.0167546], [6.68318e-05, 0.0151719]]"),
        ("weights[1]", "[[0.09, 0.21], [0.29, -0.11]]"),
    ]);
    assert_eq!(judged(&all, "v_hat_weights[1]").0, Verdict::Correct);
    assert_eq!(judged(&all, "weights[1]").0, Verdict::FollowThrough);
}

#[test]
fn what_there_is_not_is_said() {
    let softmax = EXERCISE.replace("\"sigmoid\"", "\"softmax\"").replace("adam", "sgd");
    for (name, problem) in [
        ("f'[2]", "derivative[2]: f' of softmax is a matrix"),
        ("v_hat_weights[1]", "v_hat_weights[1]: only Adam and AdamW"),
    ] {
        let text = answers(&[(name, "[[1, 1]]")]);
        let said = marked(&exercise(&softmax), &text, AnswerFormat::Toml).err().unwrap_or_default();
        assert!(said.contains(problem), "{said}");
    }
}
