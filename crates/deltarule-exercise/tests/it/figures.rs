//! How well mistakes are named that nobody had in mind: the answers of `oracle/wrong_rules.py`, judged by `wrong-names.toml`.
//!
//! `cargo test -p deltarule-exercise --test it figures -- --nocapture` prints the figures and what was missed.
//! With `FIGURES=all` it looks at every answer and not at every third. With `ONLY=z-inputs-again` (a rule) or `ONLY=random` it
//! prints the marking of each such answer in full.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use deltarule_exercise::marking::{
    AnswerFormat, Finding, Marking, Quantity, QuantityMarking, Verdict,
};
use serde::Deserialize;

use crate::common::marked::{
    accuses, exercise, from_root, in_parallel, marked, quantities, read, said, thinned,
};
use crate::common::naming::Names;

// The bars, as shares.

/// Of the answers by a wrong rule: the first wrong quantity is the one in which the rule first shows.
const PLACED: f64 = 0.95;
/// The reason that is given is what was done.
const NAMED: f64 = 0.85;
/// The reason that is given is another method.
const NAMED_AS_SOMETHING_ELSE: f64 = 0.05;
/// Of the answers with one wrong number at random: a method is called wrong, with 3 and with 4 significant digits.
const ACCUSED: [(usize, f64); 2] = [(3, 0.05), (4, 0.02)];

/// The wrong number is called wrong. It differs by at least five times what rounding can do.
const CAUGHT: f64 = 0.98;

/// How many misses are shown.
const SHOWN: usize = 40;

#[derive(Deserialize)]
struct Values {
    rules: Vec<ByRule>,
    random: Vec<Random>,
}

/// An answer by a wrong rule.
#[derive(Deserialize)]
struct ByRule {
    rule: String,
    says: String,
    part: String,
    step: usize,
    first: String,
    #[serde(default)]
    same_as: Vec<String>,
    exercise: String,
    answer: String,
}

/// An answer with one wrong number.
#[derive(Deserialize)]
struct Random {
    digits: usize,
    follows: bool,
    part: String,
    step: usize,
    quantity: String,
    place: Vec<usize>,
    right: String,
    wrong: String,
    exercise: String,
    answer: String,
}

fn values() -> Values {
    serde_json::from_str(&read(&from_root("oracle/values/wrong_rules.json"))).unwrap()
}

fn timed(exercise_text: &str, answer: &str) -> (Marking, Duration) {
    let exercise = exercise(exercise_text);
    let start = Instant::now();
    let marking = marked(&exercise, answer, AnswerFormat::Toml).unwrap_or_else(|e| panic!("{e}"));
    (marking, start.elapsed())
}

fn is_at(part: &str, q: &QuantityMarking, place: (&str, usize, &str)) -> bool {
    (part, q.step + 1, q.quantity.to_string().as_str()) == place
}

/// What was made of the reason, best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Naming {
    Right,
    Nothing,
    SomethingElse,
}

/// What marking made of an answer by a wrong rule.
struct Outcome {
    placed: bool,
    naming: Naming,
    /// Whether a method is called wrong besides that has nothing to do with it.
    besides: bool,
    /// In short.
    found: String,
    time: Duration,
}

/// The first quantity that is called wrong, or of which a method is said to be; with the name of its part.
fn first_wrong(marking: &Marking) -> Option<(&str, &QuantityMarking)> {
    quantities(marking).find(|(_, q)| q.verdict == Verdict::Wrong || q.findings.iter().any(accuses))
}

/// The reason that a reader meets first: the findings of the first quantity with an accusation.
fn reason(marking: &Marking) -> Vec<&Finding> {
    let accusing = |(_, q): (_, &'_ QuantityMarking)| q.findings.iter().any(accuses);
    let q = quantities(marking).find(|at| accusing(*at));
    q.map(|(_, q)| q.findings.iter().filter(|f| accuses(f)).collect()).unwrap_or_default()
}

fn naming(marking: &Marking, names: &Names) -> Naming {
    let reason = reason(marking);
    let fits = reason.iter().filter(|f| names.fits(f)).count();
    // Of several that explain it equally well one must fit, of several that explain it together all.
    let is_right = fits > 0 && (fits == reason.len() || reason.iter().all(|f| !f.together));
    match () {
        () if is_right || reason.is_empty() && names.is_noted(marking) => Naming::Right,
        () if reason.is_empty() => Naming::Nothing,
        () => Naming::SomethingElse,
    }
}

fn outcome(entry: &ByRule, names: &Names) -> Outcome {
    let (marking, time) = timed(&entry.exercise, &entry.answer);
    if std::env::var("ONLY").is_ok_and(|only| only == entry.rule) {
        println!(
            "=== {}: {}\n{}\n{}\n{}\n",
            entry.rule,
            entry.says,
            entry.exercise,
            entry.answer,
            said(&marking)
        );
    }
    let place = (entry.part.as_str(), entry.step, entry.first.as_str());
    let first = first_wrong(&marking);
    let naming = naming(&marking, names);
    let placed = match first {
        Some((part, q)) => is_at(part, q, place),
        // Another convention costs nothing, and nothing is wrong.
        None => naming == Naming::Right,
    };
    let mut all = quantities(&marking).flat_map(|(_, q)| &q.findings);
    let besides = naming == Naming::Right && all.any(|f| accuses(f) && !names.fits(f));
    let mut found = match first {
        None => "nothing wrong".to_string(),
        Some(_) if placed => String::new(),
        Some((part, q)) => format!("first in {part} {} step {}: ", q.quantity, q.step + 1),
    };
    let mut names_found: Vec<String> = Vec::new();
    let reasons = reason(&marking);
    for f in if reasons.is_empty() {
        first.map(|(_, q)| q.findings.iter().collect()).unwrap_or_default()
    } else {
        reasons
    } {
        let words = if f.rule.id() == "edit" { format!(": {}", f.sentence) } else { String::new() };
        names_found.push(format!("{}{words}", f.rule.id()));
    }
    found += &match (names_found.is_empty(), first) {
        (true, Some(_)) => "no reason".to_string(),
        _ => names_found.join(" + "),
    };
    Outcome { placed, naming, besides, found, time }
}

fn share(count: usize, of: usize) -> f64 {
    count as f64 / of.max(1) as f64
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn times(times: impl Iterator<Item = Duration>) -> String {
    let mut times: Vec<Duration> = times.collect();
    times.sort();
    let ms = |t: &Duration| format!("{:.1} ms", 1e3 * t.as_secs_f64());
    format!("median {}, slowest {}", ms(&times[times.len() / 2]), ms(&times[times.len() - 1]))
}

/// (rule, what was found) → where: the misses of the same kind together, the worst kind first.
fn misses(entries: &[ByRule], outcomes: &[Outcome]) -> String {
    let mut kinds: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (index, (entry, outcome)) in entries.iter().zip(outcomes).enumerate() {
        if outcome.naming != Naming::Right || !outcome.placed {
            kinds.entry((&entry.rule, &outcome.found)).or_default().push(index);
        }
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, indices)| {
        (std::cmp::Reverse(outcomes[indices[0]].naming), std::cmp::Reverse(indices.len()))
    });
    let mut text = String::new();
    for ((rule, found), indices) in kinds.iter().take(SHOWN) {
        let (entry, outcome) = (&entries[indices[0]], &outcomes[indices[0]]);
        let kind = match outcome.naming {
            Naming::SomethingElse => "something else",
            Naming::Nothing => "not named",
            Naming::Right => "placed elsewhere",
        };
        let _ = writeln!(
            text,
            "  {kind} ×{}: {rule} in {} ({})\n      found: {found}",
            indices.len(),
            entry.first,
            entry.says
        );
    }
    if kinds.len() > SHOWN {
        let _ = writeln!(text, "  … and {} kinds more", kinds.len() - SHOWN);
    }
    text
}

fn names() -> BTreeMap<String, Names> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wrong-names.toml");
    toml::from_str(&read(&path)).unwrap_or_else(|e| panic!("{e}"))
}

/// Sixty wrong rules, two answers each, or six.
#[test]
fn wrong_rules_are_named_as_what_they_are() {
    let entries = thinned(values().rules, 3);
    let names = names();
    let outcomes = in_parallel(&entries, |entry| {
        let own = names.get(&entry.rule).unwrap_or_else(|| panic!("no names for {}", entry.rule));
        let same = entry.same_as.iter().filter_map(|rule| names.get(rule));
        outcome(entry, &same.fold(own.clone(), Names::and))
    });
    let count = |what: &dyn Fn(&Outcome) -> bool| outcomes.iter().filter(|o| what(o)).count();
    let all = outcomes.len();
    let placed = share(count(&|o| o.placed), all);
    let right = share(count(&|o| o.naming == Naming::Right), all);
    let other = share(count(&|o| o.naming == Naming::SomethingElse), all);
    let mut rules: BTreeMap<&str, bool> = BTreeMap::new();
    for (entry, outcome) in entries.iter().zip(&outcomes) {
        *rules.entry(&entry.rule).or_insert(true) &= outcome.naming == Naming::Right;
    }
    let whole = rules.values().filter(|all_right| **all_right).count();
    let table = format!(
        "\n| {all} answers by {} wrong rules | found | bar |\n|---|---:|---:|\n\
         | first wrong quantity placed rightly | {} | at least {} |\n\
         | named as what it is | {} | at least {} |\n\
         | … and another method called wrong besides | {} | |\n\
         | named as something else | {} | at most {} |\n\
         | not named | {} | |\n\
         | rules named rightly in all their answers | {whole} of {} | |\n\
         | time | {} | |\n",
        rules.len(),
        percent(placed),
        percent(PLACED),
        percent(right),
        percent(NAMED),
        percent(share(count(&|o| o.besides), all)),
        percent(other),
        percent(NAMED_AS_SOMETHING_ELSE),
        percent(share(count(&|o| o.naming == Naming::Nothing), all)),
        rules.len(),
        times(outcomes.iter().map(|o| o.time)),
    );
    println!("{table}\n{}", misses(&entries, &outcomes));
    assert!(placed >= PLACED, "placed rightly: {}", percent(placed));
    assert!(right >= NAMED, "named as what it is: {}", percent(right));
    assert!(other <= NAMED_AS_SOMETHING_ELSE, "named as something else: {}", percent(other));
}

/// What marking made of one wrong number.
struct Alone {
    caught: bool,
    accused: Vec<String>,
    time: Duration,
}

/// Where the number stands: a list is a row of losses, or a column.
fn place_of(entry: &Random, q: &QuantityMarking) -> (usize, usize) {
    match entry.place[..] {
        [] => (0, 0),
        [i] if q.quantity == Quantity::Loss => (0, i - 1),
        [i] => (i - 1, 0),
        [i, j, ..] => (i - 1, j - 1),
    }
}

fn alone(entry: &Random) -> Alone {
    let (marking, time) = timed(&entry.exercise, &entry.answer);
    let place = (entry.part.as_str(), entry.step, entry.quantity.as_str());
    let q = quantities(&marking).find(|(part, q)| is_at(part, q, place));
    let (_, q) = q.unwrap_or_else(|| panic!("no {place:?}"));
    let caught = q.entries[place_of(entry, q)].verdict == Verdict::Wrong;
    let mut accused = Vec::new();
    for (_, q) in quantities(&marking) {
        for f in q.findings.iter().filter(|f| accuses(f)) {
            accused.push(format!("{}: {}: {}", q.quantity, f.rule.id(), f.sentence));
        }
    }
    if std::env::var("ONLY").is_ok_and(|only| only == "random") && (!caught || !accused.is_empty())
    {
        println!("=== {place:?}\n{}\n{}\n{}\n", entry.exercise, entry.answer, said(&marking));
    }
    Alone { caught, accused, time }
}

/// Three hundred answers with one wrong number at random: no method leads to it, and none may be called wrong.
#[test]
fn a_number_at_random_is_no_method() {
    let entries = values().random;
    let outcomes = in_parallel(&entries, alone);
    let mut table = format!(
        "\n| {} answers with one wrong number | answers | called wrong | a method accused | bar |\n|---|---:|---:|---:|---:|\n",
        entries.len()
    );
    let mut too_many = Vec::new();
    for (digits, bar) in ACCUSED {
        for follows in [None, Some(true), Some(false)] {
            let is_meant = |e: &Random| {
                e.digits == digits && follows.is_none_or(|follows| e.follows == follows)
            };
            let of: Vec<&Alone> = entries
                .iter()
                .zip(&outcomes)
                .filter(|(entry, _)| is_meant(entry))
                .map(|(_, outcome)| outcome)
                .collect();
            let caught = of.iter().filter(|o| o.caught).count();
            let accused = of.iter().filter(|o| !o.accused.is_empty()).count();
            let what = match follows {
                None => format!("{digits} digits"),
                Some(true) => "… the rest follows from it".into(),
                Some(false) => "… the rest is right".into(),
            };
            let limit = follows.map_or(format!("at most {}", percent(bar)), |_| String::new());
            let _ = writeln!(
                table,
                "| {what} | {} | {} | {} | {limit} |",
                of.len(),
                percent(share(caught, of.len())),
                percent(share(accused, of.len())),
            );
            if follows.is_none() && share(accused, of.len()) > bar {
                too_many.push(format!("{digits} digits: {}", percent(share(accused, of.len()))));
            }
        }
    }
    let _ = writeln!(table, "| bar | | at least {} | | |", percent(CAUGHT));
    let _ = writeln!(table, "| time | {} | | | |", times(outcomes.iter().map(|o| o.time)));
    let about = |entry: &Random| {
        let follows = if entry.follows { ", the rest follows" } else { "" };
        format!(
            "{} step {} is {} for {} ({} digits{follows})",
            entry.quantity, entry.step, entry.wrong, entry.right, entry.digits
        )
    };
    let accused = entries.iter().zip(&outcomes).filter(|(_, o)| !o.accused.is_empty());
    for (entry, outcome) in accused.take(SHOWN) {
        let _ = writeln!(table, "  accused: {}\n      found: {}", about(entry), outcome.accused[0]);
    }
    let missed = entries.iter().zip(&outcomes).filter(|(_, o)| !o.caught);
    for (entry, _) in missed.take(SHOWN) {
        let _ = writeln!(table, "  not called wrong: {}", about(entry));
    }
    println!("{table}");
    let caught = share(outcomes.iter().filter(|o| o.caught).count(), outcomes.len());
    assert!(caught >= CAUGHT, "wrong numbers called wrong: {}", percent(caught));
    assert!(too_many.is_empty(), "a method is accused too often: {too_many:?}");
}
