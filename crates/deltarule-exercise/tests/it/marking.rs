//! Answers with known mistakes, made by another program (`oracle/marking.py`), and published ones: what marking says of each.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use deltarule_exercise::Exercise;
use deltarule_exercise::marking::{
    AnswerFormat, Answers, Marking, MarkingOptions, QuantityMarking, Verdict, WrongRule, mark,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Expected {
    entries: Vec<Entry>,
}

/// What the program that made an answer knows of it.
#[derive(Deserialize)]
struct Entry {
    answers: String,
    exercise: String,
    kind: String,
    mistakes: Vec<String>,
    /// Other mistakes that give the same numbers.
    #[serde(default)]
    same: Vec<String>,
    /// Other mistakes that give the same numbers to the digits written.
    #[serde(default)]
    close: Vec<String>,
    #[serde(default)]
    also_allowed: Vec<String>,
    first: Option<Place>,
    also_first: Option<Place>,
    verdicts: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Place {
    part: String,
    quantity: String,
    step: usize,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../oracle/values/marking")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn entries() -> Vec<Entry> {
    let only = std::env::var("ONLY").unwrap_or_default();
    let expected: Expected = serde_json::from_str(&read(&folder().join("expected.json"))).unwrap();
    let entries: Vec<Entry> = expected.entries;
    entries.into_iter().filter(|entry| entry.answers.contains(&only)).collect()
}

/// Every answer with its marking; each is marked once for all tests.
fn all() -> &'static [(Entry, Marking)] {
    static ALL: LazyLock<Vec<(Entry, Marking)>> = LazyLock::new(|| {
        let mut entries = entries();
        let second = entries.split_off(entries.len() / 2);
        let marked = |entries: Vec<Entry>| -> Vec<(Entry, Marking)> {
            let each = entries.into_iter().map(|entry| {
                let marking = marked(&entry);
                (entry, marking)
            });
            each.collect()
        };
        std::thread::scope(|scope| {
            let other = scope.spawn(move || marked(second));
            let mut all = marked(entries);
            all.extend(other.join().unwrap());
            all
        })
    });
    &ALL
}

fn marked(entry: &Entry) -> Marking {
    let exercise = Exercise::parse(&read(&folder().join(&entry.exercise)), &entry.exercise)
        .unwrap_or_else(|d| panic!("{}", d.render(100)));
    let path = folder().join(&entry.answers);
    let format = AnswerFormat::of_ending(&entry.answers).unwrap();
    let answers = Answers::parse(&exercise, &read(&path), &entry.answers, format)
        .unwrap_or_else(|d| panic!("{}", d.render(100)));
    mark(&exercise, &answers, &MarkingOptions::default()).unwrap()
}

/// "z[1]" is the last step, "z[1] step 2" the second.
fn find<'a>(marking: &'a Marking, part: &str, name: &str) -> &'a QuantityMarking {
    let part = marking.parts.iter().find(|p| p.name == part).unwrap();
    let (name, step) = match name.split_once(" step ") {
        Some((name, step)) => (name, step.parse::<usize>().unwrap() - 1),
        None => (name, part.quantities.iter().map(|q| q.step).max().unwrap()),
    };
    part.quantities.iter().find(|q| q.step == step && q.quantity.to_string() == name).unwrap()
}

/// Whether all numbers are within some units of the right ones: units of the last digit of the shortest.
fn within(q: &QuantityMarking, units: f64) -> bool {
    let decimals = q.entries.iter().filter_map(|e| Some(e.written.as_ref()?.decimals)).min();
    let unit = 10.0_f64.powi(-decimals.unwrap_or(0));
    q.entries.iter().all(|entry| {
        let written = entry.written.as_ref();
        written.is_none_or(|written| (written.value - entry.right).abs() <= units * unit)
    })
}

fn named(marking: &Marking) -> Vec<WrongRule> {
    let mut rules: Vec<WrongRule> = Vec::new();
    for finding in marking.parts.iter().flat_map(|p| &p.quantities).flat_map(|q| &q.findings) {
        if !rules.contains(&finding.rule) {
            rules.push(finding.rule);
        }
    }
    rules
}

/// What else gives the numbers of an answer.
const ALSO: [(&str, WrongRule); 2] = [
    // Twice the delta and η = ½ are the whole gradient.
    ("loss_factor/2-3-2-tanh-softmax-2-delta.toml", WrongRule::LearningRateMissing),
    // The one delta that is negative.
    ("slips/2-3-2-sigmoid-delta2-sign.toml", WrongRule::SignLost),
];

/// A number of three digits that is what is left of larger ones, rounded, which are not written: it is further off than rounding
/// is believed to lead.
const LEFT_OF_LARGER: (&str, &str) =
    ("pairs/missing_hidden_derivative-and-loss_before_for_after-2-3-2-tanh-softmax.toml", "z[2]");

/// Everything in a marking that is not as it should be.
fn complaints(entry: &Entry, marking: &Marking) -> Vec<String> {
    let rule = |id: &String| id.parse::<WrongRule>().unwrap();
    let planted: Vec<WrongRule> = entry.mistakes.iter().map(rule).collect();
    let others = entry.same.iter().chain(&entry.close).chain(&entry.also_allowed);
    let others: Vec<WrongRule> = others.map(rule).collect();
    let named = named(marking);
    let mut complaints = Vec::new();
    for planted in &planted {
        // Whoever writes a number down and goes on with fewer digits, or rounds so far that nothing is left of it, is not
        // excused; that no method is blamed for it is looked at below.
        if *planted == WrongRule::RoundedIntermediates {
            continue;
        }
        let also = |rule: &&WrongRule| {
            ALSO.iter().any(|(answer, also)| entry.answers.ends_with(answer) && *rule == also)
        };
        let explained = named.contains(planted)
            || named.iter().any(|n| others.contains(n))
            || named.iter().any(|n| also(&n));
        if !explained {
            complaints.push(format!("{planted} is not named, but {named:?}"));
        }
    }
    // Nobody can tell how the sign went wrong who sees neither the deltas nor the gradients.
    let signs = [WrongRule::UpdateSign, WrongRule::DeltaSign];
    let signs_alike = planted.iter().any(|rule| signs.contains(rule));
    let known = |rule: &WrongRule| {
        planted.contains(rule)
            || others.contains(rule)
            || (signs_alike && signs.contains(rule))
            || (planted == [WrongRule::RoundedIntermediates]
                && *rule == WrongRule::ArithmeticSlip)
            || ALSO.iter().any(|(answer, also)| entry.answers.ends_with(answer) && rule == also)
            // For two mistakes at once it is not known what else gives the same numbers.
            || (planted.len() > 1 && *rule != WrongRule::ArithmeticSlip)
            || entry.answers.ends_with(LEFT_OF_LARGER.0)
    };
    if let Some(foreign) = named.iter().find(|rule| !known(rule)) {
        complaints.push(format!("{foreign} is named, planted {planted:?}, allowed {others:?}"));
    }
    let is_first = |part: &str, q: &QuantityMarking| {
        let same = |place: &Option<Place>| {
            place.as_ref().is_some_and(|place| {
                place.part == part
                    && place.step == q.step + 1
                    && place.quantity == q.quantity.to_string()
            })
        };
        (same(&entry.first), same(&entry.also_first))
    };
    for (part, quantities) in &entry.verdicts {
        for (name, expected) in quantities {
            let q = find(marking, part, name);
            let (first, also_first) = is_first(part, q);
            let allowed: &[Verdict] = match expected.as_str() {
                "correct" => &[Verdict::Correct],
                // A few units of the last digit may come from rounding as well.
                "follow_through" if within(q, 10.0) => &[Verdict::Correct, Verdict::FollowThrough],
                "follow_through" => &[Verdict::FollowThrough],
                "not_wrong" => &[Verdict::Correct, Verdict::FollowThrough],
                // So may what is wrong by as little.
                "wrong" if within(q, 10.0) => {
                    &[Verdict::Wrong, Verdict::FollowThrough, Verdict::Correct]
                }
                // The method is right where intermediate results were rounded too far.
                "wrong" if planted == [WrongRule::RoundedIntermediates] => {
                    &[Verdict::Wrong, Verdict::FollowThrough]
                }
                "wrong" if first && entry.also_first.is_none() => &[Verdict::Wrong],
                // A mistake that shows first in something unwritten costs marks once.
                "wrong" => &[Verdict::Wrong, Verdict::FollowThrough],
                other => panic!("unknown verdict {other}"),
            };
            let is_left = entry.answers.ends_with(LEFT_OF_LARGER.0) && name == LEFT_OF_LARGER.1;
            if !allowed.contains(&q.verdict) && !also_first && !is_left {
                let written: Vec<String> = q
                    .entries
                    .iter()
                    .map(|e| {
                        let written = e.written.as_ref().map_or("?", |w| w.text.as_str());
                        format!("{written} ({}, {})", e.right, e.expected)
                    })
                    .collect();
                complaints.push(format!(
                    "part {part} {name}: {} for {expected}: {} {:?}",
                    q.verdict.id(),
                    written.join(" "),
                    q.findings.iter().map(|f| f.rule.id()).collect::<Vec<_>>()
                ));
            }
        }
    }
    complaints
}

/// δ as t − x with a plus in the update is no pair of mistakes but another way of writing.
fn two_signs(entry: &Entry) -> bool {
    entry.mistakes == ["delta_sign", "update_sign"]
}

fn check(kinds: &[&str]) {
    let mut report = String::new();
    let (mut count, mut failed) = (0, 0);
    for (entry, marking) in all().iter().filter(|(e, _)| kinds.contains(&e.kind.as_str())) {
        if two_signs(entry) {
            continue;
        }
        count += 1;
        let complaints = complaints(entry, marking);
        if !complaints.is_empty() {
            failed += 1;
            let _ = writeln!(report, "{}", entry.answers);
            for complaint in complaints {
                let _ = writeln!(report, "    {complaint}");
            }
        }
    }
    assert!(count > 0);
    assert!(failed == 0, "{failed} of {count}\n{report}");
}

#[test]
fn the_mistake_of_each_answer_is_named() {
    check(&["mistake"]);
}

#[test]
fn slips_are_found() {
    check(&["slip"]);
}

#[test]
fn right_answers_in_every_way_of_writing_are_right() {
    check(&["right"]);
}

#[test]
fn published_answers_are_marked() {
    check(&["published"]);
}

#[test]
fn two_mistakes_at_once_are_named() {
    check(&["pair"]);
}

/// `docs/mistakes.md`: every rule, and what is named for answers that were made under it. Run with DELTARULE_WRITE=1 to write it.
#[test]
fn the_table_of_mistakes_in_the_documentation_is_what_marking_finds() {
    let mut named_for: BTreeMap<WrongRule, BTreeMap<WrongRule, usize>> = BTreeMap::new();
    let mut answers_of: BTreeMap<WrongRule, usize> = BTreeMap::new();
    let of_rules = all().iter().filter(|(e, _)| e.kind == "mistake" || e.kind == "slip");
    for (entry, marking) in of_rules {
        let [planted] = entry.mistakes.as_slice() else { continue };
        let planted: WrongRule = planted.parse().unwrap();
        *answers_of.entry(planted).or_default() += 1;
        for rule in named(marking) {
            *named_for.entry(planted).or_default().entry(rule).or_default() += 1;
        }
    }
    let mut page = String::from(PAGE);
    let (with_answers, others): (Vec<&WrongRule>, Vec<&WrongRule>) =
        WrongRule::ALL.iter().partition(|rule| answers_of.contains_key(rule));
    for rule in with_answers {
        let named = named_for.get(rule);
        let count = |other: &WrongRule| named.and_then(|n| n.get(other)).copied().unwrap_or(0);
        let others: Vec<String> = WrongRule::ALL
            .iter()
            .filter(|other| *other != rule && count(other) > 0)
            .map(|other| format!("`{other}` {}", count(other)))
            .collect();
        let _ = writeln!(
            page,
            "| `{rule}` | {} | {} | {} | {} |",
            rule.description(),
            answers_of.get(rule).copied().unwrap_or(0),
            count(rule),
            others.join(", ")
        );
    }
    page.push_str(OTHERS);
    for rule in others {
        let _ = writeln!(page, "| `{rule}` | {} |", rule.description());
    }
    page.push_str(FIGURES);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/mistakes.md");
    if std::env::var_os("DELTARULE_WRITE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(
        read(&path),
        page,
        "docs/mistakes.md is not what marking finds: run with DELTARULE_WRITE=1"
    );
}

const PAGE: &str = "\
# The mistakes that `deltarule check` knows

What a student wrote is compared with what a right method gives from the numbers before it. Where it is something else, the
formulas of the step are computed again with one change: an operand, a term, a factor or a function left out or doubled, a
sign turned, a matrix transposed, another quantity, function or constant in the place of the right one; in every layer, or in
one layer, step or unit. A change that has a name is told by it, any other one by its formula (`edit`).

A reason is told only if it agrees with every answered number that hangs on the same value, and if the digits that it explains
outweigh the number of changes that were tried by a factor of ten. Two changes at once need the digits for both. Where there
are too few digits, the marking says so and what would fit.

## Answers made under these rules

The table is written by a test. The answers come from a program of its own (`oracle/marking.py`), which knows nothing of the
marking: it works exercises out under one rule, in several variants, and rounds as a student would. *Named* counts the answers
for which the rule was named; *also named* the other rules that were named for some of them. This shows that the rules are
recognised, not that students make these mistakes and no others: the figures for that are further down.

- An update with the wrong sign and a delta with the wrong sign give the same parameters; only deltas or gradients tell.
- `missing_output_derivative` leaves x − t for the squared error, which is the delta of another loss (`delta_of_other_loss`).
- A factor of the loss (`loss_factor`), a division by the number of examples (`mean_for_sum`, `sum_for_mean`) and a forgotten
  learning rate (`learning_rate_missing`) give the same parameters where the factor happens to be the same number.
- x (1 − x) for a layer of softmax outputs is the diagonal of its Jacobian (`softmax_jacobian_diagonal`).
- Who writes a number down and goes on with fewer digits (`rounded_intermediates`) is not excused by it: of these answers
  those are named whose rounding shows in numbers that were not written.

| rule | what was done | answers | named | also named |
|---|---|---:|---:|---|
";

const OTHERS: &str = "
These are told as well:

| rule | what was done |
|---|---|
";

/// Measured with `tests/it/figures.rs` and `bars.rs`, which assert bars near them.
const FIGURES: &str = "
## Answers made by rules of others

Sixty wrong rules (`oracle/wrong_list.py`) were written down by somebody who had not seen the marking, before the changes of
formulas were thought of, and students each worked a random exercise by them (120 answers of the 360), with three to six digits. Another 300 answers
have one wrong number, drawn at random. `tests/it/figures.rs` marks them.

| | |
|---|---:|
| first wrong quantity placed rightly | 100 % |
| named as what it is, by its name or its formula | 93 % |
| named as something else | 3 % |
| not named | 3 % |
| a method accused for a random number, of 150 answers with 3 digits | 0 % |
| the same of 150 answers with 4 digits | 0 % |
| time per answer, median and slowest, in an unoptimised build on a busy machine | 0.1 s, 2.3 s |

Of 320 honest answers with 2 to 6 digits or decimals, rounded at every step or only at the end (`oracle/honest.py`), all get full
marks. Of sixty mistakes written with one decimal (`oracle/one_decimal.py`) all are found. The same digit in every place (1, 0, 0.5,
−1, 1e3) or the initial parameters earn at most a tenth of the numbers that are not that value, in every exercise of the repository.
";
