//! What marking has to hold: nonsense earns nothing, honest answers earn everything, what exceeds the rounding is found.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use deltarule_exercise::Exercise;
use deltarule_exercise::marking::{
    AnswerFormat, Answers, Given, Marking, MarkingOptions, Quantity, QuantityMarking, Verdict,
    Written, mark,
};
use ndarray::Array2;
use serde::Deserialize;

use crate::common::marked::{
    accuses, exercise, from_root, in_parallel, is_credited, marked, numbers,
    quantities as marked_quantities, read, thinned,
};

/// How much of what is not so nonsense may earn. A single number may always be credited.
const NONSENSE: f64 = 0.1;

/// How many failures are shown.
const SHOWN: usize = 40;

const FOLDERS: [&str; 4] = [
    "oracle/values/marking/exercises",
    "crates/deltarule-exercise/exercises",
    "crates/deltarule-exercise/tests/gallery",
    "crates/deltarule-exercise/tests/marking-cases",
];

/// Every exercise of the repository.
fn exercises() -> Vec<(String, Exercise)> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for folder in FOLDERS {
        let folder = from_root(folder);
        let files =
            std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        paths.extend(files.map(|file| file.unwrap().path()));
    }
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    paths.retain(|path| {
        let name = name(path);
        name.ends_with(".toml") && !name.ends_with(".a.toml") && name != "expected.toml"
    });
    paths.sort();
    // The cases share a handful of exercises.
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for path in &paths {
        texts.entry(read(path)).or_insert_with(|| name(path));
    }
    texts.into_iter().map(|(text, name)| (name, exercise(&text))).collect()
}

/// Answers that somebody writes who knows nothing.
enum Nonsense {
    /// The same number in every place.
    Everywhere(&'static str),
    /// The initial weights and biases as the new ones, and in every other place one of the initial weights, in order.
    InitialParameters,
}

impl Nonsense {
    const ALL: [Self; 6] = [
        Self::Everywhere("1"),
        Self::Everywhere("0"),
        Self::Everywhere("0.5"),
        Self::Everywhere("-1"),
        Self::Everywhere("1e3"),
        Self::InitialParameters,
    ];

    fn name(&self) -> String {
        match self {
            Self::Everywhere(number) => format!("{number} everywhere"),
            Self::InitialParameters => "the initial parameters".into(),
        }
    }

    fn answers(&self, exercise: &Exercise) -> Answers {
        let network = &exercise.network;
        let layers = 0..network.layers().len();
        let initial: Vec<f64> =
            layers.flat_map(|l| network.weights(l).iter().copied().collect::<Vec<_>>()).collect();
        let mut next = initial.iter().cycle();
        let mut number = |quantity: Quantity, at: (usize, usize)| {
            let value = match (self, quantity) {
                (Self::Everywhere(number), _) => return Written::parse(number),
                (_, Quantity::Weights(l)) => network.weights(l - 1)[at],
                (_, Quantity::Biases(l)) => network.biases(l - 1)[at.0],
                _ => *next.next()?,
            };
            Written::parse(&value.to_string())
        };
        let empty = mark(exercise, &Answers::default(), &MarkingOptions::default()).unwrap();
        let parts = empty.parts.iter().map(|part| {
            let given = part.quantities.iter().map(|q| Given {
                step: q.step,
                quantity: q.quantity,
                entries: Array2::from_shape_fn(q.entries.dim(), |at| number(q.quantity, at)),
                transposed: false,
                one_for_layer: false,
            });
            given.collect()
        });
        Answers { parts: parts.collect(), ..Answers::default() }
    }
}

/// How many numbers are not what was written, and for how many of those there are marks.
fn credited(marking: &Marking) -> (usize, usize) {
    let entries = marked_quantities(marking).flat_map(|(_, q)| &q.entries);
    let false_ones: Vec<_> = entries
        .filter(|e| {
            let apart = |w: &Written| (w.value - e.right).abs() > 1e-9 * e.right.abs().max(1.0);
            e.written.as_ref().is_some_and(apart)
        })
        .collect();
    (false_ones.len(), false_ones.iter().filter(|e| is_credited(e)).count())
}

/// What came of nonsense.
struct Earned {
    /// Which of [`Nonsense::ALL`].
    kind: usize,
    exercise: String,
    of: usize,
    credited: usize,
    /// The quantities that earn something.
    by: String,
}

/// 1 in every place was right once, because rounding explained it. Each exercise meets one kind, or all of them.
#[test]
fn nonsense_earns_nothing() {
    let exercises = exercises();
    assert!(exercises.len() >= 70, "{}", exercises.len());
    let kinds = Nonsense::ALL.len();
    let pairs = (0..exercises.len()).flat_map(|i| (0..kinds).map(move |k| (i, (i + k) % kinds)));
    let pairs: Vec<(usize, usize)> = thinned(pairs.collect(), kinds);
    let all = in_parallel(&pairs, |(i, kind)| {
        let (name, exercise) = &exercises[*i];
        let answers = Nonsense::ALL[*kind].answers(exercise);
        let marking = mark(exercise, &answers, &MarkingOptions::default()).unwrap();
        let (of, credited) = credited(&marking);
        let earns = |q: &QuantityMarking| q.entries.iter().any(is_credited);
        let mut by: Vec<String> = marked_quantities(&marking)
            .filter(|(_, q)| earns(q))
            .map(|(_, q)| q.quantity.to_string())
            .collect();
        by.dedup();
        by.truncate(8);
        Earned { kind: *kind, exercise: name.clone(), of, credited, by: by.join(", ") }
    });
    let share = |earned: &Earned| earned.credited as f64 / earned.of.max(1) as f64;
    let fails = |earned: &&Earned| share(earned) > NONSENSE && earned.credited > 1;
    let mut table = String::from(
        "\n| nonsense | numbers | credited | exercises over the bar |\n|---|---:|---:|---:|\n",
    );
    for (kind, nonsense) in Nonsense::ALL.iter().enumerate() {
        let mine: Vec<&Earned> = all.iter().filter(|earned| earned.kind == kind).collect();
        let of: usize = mine.iter().map(|earned| earned.of).sum();
        let credited: usize = mine.iter().map(|earned| earned.credited).sum();
        let _ = writeln!(
            table,
            "| {} | {of} | {:.1} % | {} of {} |",
            nonsense.name(),
            100.0 * credited as f64 / of as f64,
            mine.iter().copied().filter(fails).count(),
            mine.len()
        );
    }
    let mut failures: Vec<&Earned> = all.iter().filter(fails).collect();
    failures.sort_by(|a, b| share(b).total_cmp(&share(a)));
    for e in failures.iter().take(SHOWN) {
        let _ = writeln!(
            table,
            "  {:.0} % credited: {}, {}: {} of {} numbers; {}",
            100.0 * share(e),
            e.exercise,
            Nonsense::ALL[e.kind].name(),
            e.credited,
            e.of,
            e.by
        );
    }
    println!("{table}");
    assert!(failures.is_empty(), "{} answers of nonsense earn more than a tenth", failures.len());
}

#[derive(Deserialize)]
struct Honest {
    honest: Vec<HonestAnswer>,
}

/// An answer without a mistake (`oracle/honest.py`).
#[derive(Deserialize)]
struct HonestAnswer {
    way: String,
    written: String,
    digits: usize,
    counted: String,
    exercise: String,
    answer: String,
}

/// What is held against an honest answer.
fn complaints(entry: &HonestAnswer) -> Vec<String> {
    let marking = match marked(&exercise(&entry.exercise), &entry.answer, AnswerFormat::Toml) {
        Ok(marking) => marking,
        Err(error) => return vec![error],
    };
    let mut complaints = Vec::new();
    for (part, q) in marked_quantities(&marking) {
        let unfair = q.entries.iter().any(|e| e.written.is_some() && !is_credited(e));
        if unfair {
            complaints.push(format!(
                "part {part} step {} {}: {}",
                q.step + 1,
                q.quantity,
                numbers(q)
            ));
        }
        for f in q.findings.iter().filter(|f| accuses(f)) {
            complaints.push(format!("part {part} {}: {}: {}", q.quantity, f.rule.id(), f.sentence));
        }
    }
    complaints
}

/// Two to six digits, rounded at every step or in the end, in part or in full.
#[test]
fn honest_answers_get_full_marks() {
    let path = from_root("oracle/values/honest.json");
    let entries = serde_json::from_str::<Honest>(&read(&path)).unwrap().honest;
    assert!(entries.len() >= 300);
    let all = in_parallel(&entries, complaints);
    let mut table =
        String::from("\n| honest answers | answers | without full marks |\n|---|---:|---:|\n");
    let mut rows: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (entry, complaints) in entries.iter().zip(&all) {
        let row = [
            format!("{}, {}", entry.way, entry.written),
            format!(
                "{} {}",
                entry.digits,
                if entry.counted == "decimals" { "decimals" } else { "significant digits" }
            ),
            "~ all".into(),
        ];
        for row in row {
            let (count, failed) = rows.entry(row).or_default();
            *count += 1;
            *failed += usize::from(!complaints.is_empty());
        }
    }
    for (row, (count, failed)) in rows {
        let _ = writeln!(table, "| {} | {count} | {failed} |", row.trim_start_matches("~ "));
    }
    let failed: Vec<usize> = (0..all.len()).filter(|i| !all[*i].is_empty()).collect();
    for i in failed.iter().take(SHOWN) {
        let e = &entries[*i];
        let title = e.exercise.lines().next().unwrap_or_default();
        let _ = writeln!(
            table,
            "  entry {i} ({}, {}, {} {}; {title})\n      {}",
            e.way,
            e.written,
            e.digits,
            e.counted,
            all[*i].iter().take(2).cloned().collect::<Vec<_>>().join("\n      ")
        );
    }
    println!("{table}");
    assert!(failed.is_empty(), "{} of {} honest answers lose marks", failed.len(), entries.len());
}

#[derive(Deserialize)]
struct OneDecimal {
    rules: Vec<OneDecimalAnswer>,
}

/// An answer with a number that no rounding explains (`oracle/one_decimal.py`).
#[derive(Deserialize)]
struct OneDecimalAnswer {
    rule: String,
    says: String,
    way: String,
    part: String,
    first: String,
    step: usize,
    right: f64,
    written: f64,
    exercise: String,
    answer: String,
}

/// What is wrong by more than rounding is wrong with one decimal too.
#[test]
fn mistakes_are_found_with_one_decimal() {
    let path = from_root("oracle/values/one_decimal.json");
    let entries = serde_json::from_str::<OneDecimal>(&read(&path)).unwrap().rules;
    assert!(entries.len() >= 55);
    let found = in_parallel(&entries, |entry| {
        let marking =
            marked(&exercise(&entry.exercise), &entry.answer, AnswerFormat::Toml).unwrap();
        let is_wrong = |q: &QuantityMarking| q.verdict == Verdict::Wrong;
        let at_first = marked_quantities(&marking).any(|(part, q)| {
            is_wrong(q)
                && part == entry.part
                && q.step + 1 == entry.step
                && q.quantity.to_string() == entry.first
        });
        (marked_quantities(&marking).any(|(_, q)| is_wrong(q)), at_first)
    });
    let mut table = format!(
        "\n| mistakes written with one decimal | {} |\n|---|---:|\n| found | {} |\n| found where they begin | {} |\n",
        entries.len(),
        found.iter().filter(|f| f.0).count(),
        found.iter().filter(|f| f.1).count()
    );
    for (e, _) in entries.iter().zip(&found).filter(|(_, found)| !found.0) {
        let _ = writeln!(
            table,
            "  not found: {} ({}): {} is {} for {}, rounded {}",
            e.rule, e.says, e.first, e.written, e.right, e.way
        );
    }
    println!("{table}");
    let missed = found.iter().filter(|f| !f.0).count();
    assert!(missed == 0, "{missed} mistakes pass as rounding");
}
