//! The answers of the questions are the numbers of the solution, and their shares those of the quantities.

use deltarule_exercise::generate::{Recipe, generate};
use deltarule_exercise::{
    Exercise, MoodleOptions, Notation, Solution, Task, sheet, solve, to_json, to_moodle,
};
use serde_json::Value;

use super::reader::{Entry, Kind, Question, read};

pub(crate) fn options(digits: usize) -> MoodleOptions {
    MoodleOptions { category: "A/B & <C>".into(), digits, notation: Notation::Sheet }
}

pub(crate) fn question(solution: &Solution, digits: usize) -> Question {
    let xml = to_moodle(std::slice::from_ref(solution), &options(digits));
    read(&xml).unwrap_or_else(|e| panic!("{e}")).questions.remove(0)
}

fn solved(text: &str) -> Solution {
    solve(&Exercise::parse(text, "test").unwrap_or_else(|d| panic!("{}", d.render(100)))).unwrap()
}

/// The keys of a step in the order of computation; deltas come from the last layer to the first.
const ORDER: [&str; 12] = [
    "z",
    "loss",
    "total_loss",
    "delta",
    "grad_weights",
    "optimizer_state",
    "weights",
    "total_loss_after",
    "class",
    "x",
    "grad_biases",
    "biases",
];

/// Every quantity of a solution in JSON: a list of numbers, row by row.
fn quantities(solution: &Value) -> Vec<Vec<f64>> {
    let mut all = Vec::new();
    for step in
        solution["parts"].as_array().unwrap().iter().flat_map(|p| p["steps"].as_array().unwrap())
    {
        let layers = step["z"].as_array().unwrap().len();
        let of_layer = |all: &mut Vec<Vec<f64>>, keys: [&str; 2], l: usize| {
            for key in keys.iter().filter(|key| step.get(**key).is_some()) {
                all.push(numbers(&step[*key][l]));
            }
        };
        for key in ORDER {
            let Some(value) = step.get(key) else { continue };
            match key {
                "z" => (0..layers).for_each(|l| of_layer(&mut all, ["z", "x"], l)),
                "delta" => (0..layers).rev().for_each(|l| all.push(numbers(&value[l]))),
                "grad_weights" => {
                    (0..layers)
                        .for_each(|l| of_layer(&mut all, ["grad_weights", "grad_biases"], l));
                }
                "weights" => (0..layers).for_each(|l| of_layer(&mut all, ["weights", "biases"], l)),
                "optimizer_state" => {
                    for name in ["velocity", "m", "v", "step_size", "previous_gradient"] {
                        let (w, b) = (format!("{name}_weights"), format!("{name}_biases"));
                        if value.get(&w).is_some() {
                            for l in 0..layers {
                                all.push(numbers(&value[&w][l]));
                                all.push(numbers(&value[&b][l]));
                            }
                        }
                    }
                }
                "x" | "biases" | "grad_biases" => {}
                _ => all.push(numbers(value)),
            }
        }
    }
    all
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

fn check(question: &Question, solution: &Value) {
    let expected = quantities(solution);
    let flat: Vec<f64> = expected.iter().flatten().copied().collect();
    assert_eq!(question.entries.len(), flat.len(), "{}", question.name);
    for (entry, value) in question.entries.iter().zip(&flat) {
        let (right, tolerance) = entry.right();
        assert!((right - value).abs() <= 1e-9 * value.abs() + 1e-15, "{right}, expected {value}");
        assert!(tolerance > 0.0 || entry.kind == Kind::List || value.fract() == 0.0);
        assert!(tolerance < 0.5 * value.abs().max(1e-3), "{value} ± {tolerance}");
    }
    // Each quantity has the same share, and each number of a quantity.
    let mut entries = question.entries.iter();
    let shares: Vec<usize> = expected
        .iter()
        .map(|quantity| {
            let own: Vec<&Entry> = entries.by_ref().take(quantity.len()).collect();
            assert!(own.iter().all(|entry| entry.share == own[0].share));
            own.iter().map(|entry| entry.share).sum()
        })
        .collect();
    assert!(shares.iter().all(|share| *share == shares[0]), "{shares:?}");
    // Moodle keeps the mark with five digits before the point.
    assert!(shares.iter().sum::<usize>() < 100_000);
}

/// HTML that is well-formed: what is opened is closed, and nothing else looks like an element.
fn check_html(html: &str) {
    let mut reader = quick_xml::Reader::from_str(html);
    let mut open = Vec::new();
    loop {
        match reader.read_event().unwrap_or_else(|e| panic!("{e} in {html}")) {
            quick_xml::events::Event::Start(e) => open.push(e.name().as_ref().to_vec()),
            quick_xml::events::Event::End(e) => assert_eq!(open.pop().unwrap(), e.name().as_ref()),
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty());
    // Formulas are what MathJax looks for.
    assert_eq!(html.matches("\\(").count(), html.matches("\\)").count());
    assert!(html.matches("\\[").count() > 0 && !html.contains("<math"));
}

#[test]
fn the_sheet_has_the_golden_answers() {
    for number in 1..=3 {
        let name = ["1-sigmoid-squared-error", "2-tanh-squared-error", "3-softmax-cross-entropy"]
            [number - 1];
        let path = format!("{}/tests/golden/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let golden: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let question = question(&solved(sheet(number).unwrap()), 6);
        check(&question, &golden);
        check_html(&question.text);
        check_html(&question.feedback);
        assert_eq!(question.name, golden["title"].as_str().unwrap());
    }
}

#[test]
fn every_task_and_optimizer_has_its_entries() {
    let gallery = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/gallery");
    for entry in std::fs::read_dir(gallery).unwrap() {
        let solution = solved(&std::fs::read_to_string(entry.unwrap().path()).unwrap());
        let question = question(&solution, 6);
        let expected = quantities(&to_json(&solution));
        assert_eq!(question.entries.len(), expected.iter().flatten().count());
        for (entry, value) in question.entries.iter().zip(expected.iter().flatten()) {
            let (right, _) = entry.right();
            assert!((right - value).abs() <= 1e-9 * value.abs() + 1e-15);
        }
        check_html(&question.text);
        check_html(&question.feedback);
    }
}

#[test]
fn a_class_is_chosen_from_a_list_of_the_outputs() {
    let recipe = Recipe { layers: vec![3, 2, 4], tasks: vec![Task::Classify], ..Recipe::default() };
    let made = generate(&recipe).unwrap();
    let question = question(&made.solution, 4);
    let class = question.entries.last().unwrap();
    let answers: Vec<&str> = class.alternatives.iter().map(|a| a.answer.as_str()).collect();
    assert_eq!((class.kind, answers), (Kind::List, vec!["1", "2", "3", "4"]));
    let expected = made.solution.parts[0].steps[0].trace.classes.as_ref().unwrap()[0];
    assert_eq!(class.right().0, expected as f64);
}

#[test]
fn hostile_names_stay_names() {
    let text = "title = \"]]> {1:NM:=3} <b> & \\\"#~}\\\\ \\u0007\"\n[network]\nlayers = [1, 1]\nactivation = \"tanh\"\n\
                loss = \"huber\"\nweights = 0.5\n[[part]]\nname = \"{1:SA:=x} {#1} ]]> <i>&\"\ntask = \"forward\"\n\
                examples = [{ x = [1] }]\n";
    let solution = solved(text);
    let xml = to_moodle(std::slice::from_ref(&solution), &options(4));
    let quiz = read(&xml).unwrap_or_else(|e| panic!("{e}\n{xml}"));
    assert_eq!(quiz.categories, ["$course$/top/A//B & <C>"]);
    assert_eq!(quiz.questions[0].name, "]]> {1:NM:=3} <b> & \"#~}\\");
    assert_eq!(quiz.questions[0].entries.len(), 2);
    check_html(&quiz.questions[0].text);
    check_html(&quiz.questions[0].feedback);
}
