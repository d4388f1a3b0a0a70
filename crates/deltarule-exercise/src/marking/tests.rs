//! Answers made under each rule, in each variant, must be found out.

use super::confusion::{all_candidates, answers_under, same};
use super::*;
use crate::sheet;

fn sheets() -> Vec<Exercise> {
    (1..=3).map(|n| Exercise::parse(sheet(n).unwrap(), "sheet").unwrap()).collect()
}

/// The rules that were named, and the quantities that are wrong without a name.
fn named(exercise: &Exercise, answers: &Answers) -> (Vec<Rule>, Vec<String>) {
    let marking = mark(exercise, answers, &MarkingOptions::default()).unwrap();
    let (mut rules, mut nameless) = (Vec::new(), Vec::new());
    for q in marking.parts.iter().flat_map(|p| &p.quantities) {
        if q.verdict == Verdict::Wrong && q.findings.is_empty() {
            nameless.push(format!("{} step {}", q.quantity, q.step + 1));
        }
        for finding in &q.findings {
            if !rules.contains(&finding.rule) {
                rules.push(finding.rule);
            }
        }
    }
    (rules, nameless)
}

fn gallery() -> Vec<(String, Exercise)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/gallery");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_stem().unwrap().to_string_lossy().to_string();
            let exercise = Exercise::parse(&text, &name).unwrap();
            (name, exercise)
        })
        .collect()
}

#[test]
fn every_rule_is_named() {
    let mut failures = Vec::new();
    let mut tried = 0;
    let only = std::env::var("ONLY").unwrap_or_default();
    let sheets = sheets().into_iter().enumerate().map(|(i, e)| (format!("sheet {}", i + 1), e));
    for (name, exercise) in sheets.chain(gallery()) {
        if !name.contains(&only) {
            continue;
        }
        eprintln!(
            "{name} {:?} {}",
            exercise.network.layer_sizes(),
            all_candidates(&exercise).len()
        );
        let right = answers_under(&exercise, &[], 6, None);
        let (rules, nameless) = named(&exercise, &right);
        if !rules.is_empty() || !nameless.is_empty() {
            eprintln!("{}", failures.len());
            failures.push(format!("{name}: right answer: {rules:?} {nameless:?}"));
        }
        for deviation in all_candidates(&exercise) {
            let answers = answers_under(&exercise, &[deviation], 6, None);
            if same(&answers, &right) {
                continue;
            }
            tried += 1;
            let start = std::time::Instant::now();
            let (rules, nameless) = named(&exercise, &answers);
            let took = start.elapsed().as_millis();
            if !rules.contains(&deviation.rule()) || !nameless.is_empty() || rules.len() > 2 {
                eprintln!("{}", failures.len());
                failures.push(format!(
                    "{name}: {deviation:?}: named {rules:?}, nameless {nameless:?} ({took} ms)"
                ));
            } else if took > 200 {
                eprintln!("{}", failures.len());
                failures.push(format!("{name}: {deviation:?}: slow, {took} ms"));
            }
        }
    }
    assert!(tried > 100);
    assert!(
        failures.is_empty(),
        "{tried} tried, {} failed:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
