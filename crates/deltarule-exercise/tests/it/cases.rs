//! Answers that a marking once got wrong, and what is right about each: `marking-cases/expected.toml`.

use std::path::{Path, PathBuf};

use deltarule_exercise::marking::{AnswerFormat, Marking, QuantityMarking, Verdict};
use deltarule_exercise::sheet;
use serde::Deserialize;

use crate::common::marked::{
    accuses, exercise, is_credited, is_off, marked, numbers, quantities, read, said,
};
use crate::common::naming::Names;

#[derive(Deserialize)]
struct Expected {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    answer: String,
    exercise: Option<String>,
    first: Option<String>,
    wrong: Option<Vec<String>>,
    #[serde(default)]
    must: Vec<String>,
    #[serde(default)]
    ids: Vec<String>,
    #[serde(default)]
    edit: Vec<String>,
    #[serde(default)]
    note: Vec<String>,
    named: Option<bool>,
    #[serde(default)]
    unsaid: Vec<String>,
    credited: Option<f64>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/marking-cases")
}

impl Case {
    fn exercise(&self) -> String {
        let name = self.exercise.clone().unwrap_or_else(|| self.answer.replace(".a.toml", ".toml"));
        match name.strip_prefix("sheet ") {
            Some(number) => sheet(number.parse().unwrap()).unwrap().to_string(),
            None => read(&folder().join(name)),
        }
    }

    fn marked(&self) -> Result<Marking, String> {
        let format = AnswerFormat::of_ending(&self.answer).unwrap();
        marked(&exercise(&self.exercise()), &read(&folder().join(&self.answer)), format)
    }

    fn names(&self) -> Names {
        Names { ids: self.ids.clone(), edit: self.edit.clone(), note: self.note.clone() }
    }

    /// What is not as it should be.
    fn complaints(&self, marking: &Marking) -> Vec<String> {
        if let Some(most) = self.credited {
            return nonsense(marking, most);
        }
        let names = self.names();
        let noted = names.is_noted(marking);
        let mut complaints = Vec::new();
        let is_wrong = |q: &QuantityMarking| q.verdict == Verdict::Wrong;
        let all = || quantities(marking).map(|(_, q)| (self.name_of(q), q));
        let first = all().find(|(_, q)| is_wrong(q));
        let may_be_wrong: Vec<String> =
            self.wrong.clone().unwrap_or_else(|| self.first.iter().cloned().collect());
        match (&self.first, &first) {
            (Some(expected), Some((found, _))) if expected != found => {
                complaints.push(format!("the first wrong quantity is {expected}, not {found}"));
            }
            (Some(expected), None) if !noted => {
                complaints.push(format!("{expected} is wrong, and nothing is called so"));
            }
            _ => {}
        }
        for (name, q) in all() {
            if is_wrong(q) && !may_be_wrong.contains(&name) {
                complaints.push(format!("{name} is called wrong: {}", numbers(q)));
            }
            if !is_wrong(q) && self.must.contains(&name) {
                complaints.push(format!("{name} is not called wrong: {}", numbers(q)));
            }
            let lost = |e: &_| !is_credited(e) && !is_wrong(q);
            if q.entries.iter().any(|e| e.written.is_some() && lost(e)) {
                complaints.push(format!("{name} earns nothing: {}", numbers(q)));
            }
            // What follows follows from something that is shown.
            let unshown = |e: &&_| is_off(e);
            if let Some(e) = q.entries.iter().find(unshown) {
                complaints.push(format!("{name} follows from {:.6}? {}", e.expected, numbers(q)));
            }
            for f in q.findings.iter().filter(|f| accuses(f) && !names.fits(f)) {
                complaints.push(format!("{name} is said to be {}: {}", f.rule.id(), f.sentence));
            }
        }
        let named = noted || all().any(|(_, q)| q.findings.iter().any(|f| names.fits(f)));
        let wants_a_name = self.named.unwrap_or(true)
            && !(self.ids.is_empty() && self.edit.is_empty() && self.note.is_empty());
        if wants_a_name && !named {
            complaints.push(format!("not named: {:?} {:?} {:?}", self.ids, self.edit, self.note));
        }
        let everything = said(marking).to_lowercase();
        for words in self.unsaid.iter().filter(|words| everything.contains(&words.to_lowercase())) {
            complaints.push(format!("says {words:?}"));
        }
        complaints
    }

    /// The quantity, with its step where the table has steps.
    fn name_of(&self, q: &QuantityMarking) -> String {
        match self.first.as_deref().unwrap_or_default().contains(" step ") {
            true => format!("{} step {}", q.quantity, q.step + 1),
            false => q.quantity.to_string(),
        }
    }
}

fn nonsense(marking: &Marking, most: f64) -> Vec<String> {
    let entries: Vec<_> = quantities(marking).flat_map(|(_, q)| &q.entries).collect();
    let of = entries.iter().filter(|e| e.written.is_some()).count();
    let credited = entries.iter().filter(|e| is_credited(e)).count();
    match credited as f64 > most * of as f64 {
        true => vec![format!("{credited} of {of} numbers are credited")],
        false => Vec::new(),
    }
}

#[test]
fn what_a_marking_once_got_wrong() {
    let path = folder().join("expected.toml");
    let cases = toml::from_str::<Expected>(&read(&path)).unwrap_or_else(|e| panic!("{e}")).case;
    for file in std::fs::read_dir(folder()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let is_answer = name.ends_with(".a.toml") || name.ends_with(".csv");
        assert!(!is_answer || cases.iter().any(|case| case.answer == name), "{name}: no case");
    }
    let mut report = String::new();
    let mut failed = 0;
    for case in &cases {
        let (complaints, marking) = match case.marked() {
            Ok(marking) => (case.complaints(&marking), said(&marking)),
            Err(error) => (vec!["cannot be read".to_string()], error),
        };
        if !complaints.is_empty() {
            failed += 1;
            report += &format!("{}\n  {}\n{marking}\n", case.answer, complaints.join("\n  "));
        }
    }
    println!(
        "\n{} of {} cases are marked as they should be\n{report}",
        cases.len() - failed,
        cases.len()
    );
    assert!(failed == 0, "{failed} of {} cases", cases.len());
}
