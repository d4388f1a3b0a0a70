//! What the random exercises of the oracle exercise, so that a smaller set of them cannot pass for the whole.

use std::collections::BTreeSet;

use deltarule::trace::Reduction;
use deltarule::{Activation, Loss};
use deltarule_exercise::{Exercise, Mode, Task};
use serde_json::Value;

/// Every exercise of the oracle.
fn exercises() -> Vec<Exercise> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../oracle/values/exercises.json");
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let json: Value = serde_json::from_str(&text).unwrap();
    let entries = json["entries"].as_array().unwrap();
    let parse = |e: &Value| Exercise::parse(e["exercise"].as_str().unwrap(), "oracle").unwrap();
    entries.iter().map(parse).collect()
}

#[test]
fn the_random_exercises_have_everything_a_file_can_say() {
    let mut seen = BTreeSet::new();
    for exercise in exercises() {
        let output = exercise.network.output_activation();
        seen.insert(format!("{} with {output}", exercise.loss));
        seen.extend(exercise.network.layers().iter().map(|l| l.activation().to_string()));
        for part in &exercise.parts {
            seen.insert(part.task.name().into());
            seen.insert(if part.start.is_some() { "earlier part" } else { "initial" }.into());
            seen.insert(if part.options.train_biases { "biases" } else { "frozen" }.into());
            seen.insert(if part.options.l2 > 0.0 { "l2" } else { "no l2" }.into());
            let mean = part.options.reduction == Reduction::Mean;
            seen.insert(if mean { "mean" } else { "sum" }.into());
            if let Task::Update { optimizer, mode, epochs } = part.task {
                let online = mode == Mode::Online && part.examples.len() > 1;
                seen.insert(if online { "online" } else { "batch" }.into());
                seen.insert(if epochs > 1 { "epochs" } else { "one epoch" }.into());
                seen.insert(optimizer.name().into());
            }
        }
    }
    let pairs = Loss::ALL.iter().flat_map(|loss| {
        let admitted = Activation::ALL.iter().filter(|f| loss.admits(**f).is_ok());
        admitted.map(move |f| format!("{loss} with {f}"))
    });
    let words = "forward gradient update classify biases frozen l2 mean sum online batch epochs \
                 sgd momentum nesterov adam adamw rmsprop rprop initial";
    let wanted = Activation::ALL
        .iter()
        .map(|f| f.to_string())
        .chain(words.split_whitespace().map(String::from))
        .chain(["earlier part".into(), "no l2".into(), "one epoch".into()])
        .chain(pairs);
    let missing: Vec<String> = wanted.filter(|w| !seen.contains(w)).collect();
    assert!(missing.is_empty(), "no exercise has {missing:?}");
}
