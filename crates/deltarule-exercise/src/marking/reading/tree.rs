//! The layout of answers in TOML and JSON, and that of a solution in JSON.

use super::super::quantity::{Quantity, of_any_step};
use super::collector::Collector;
use super::name::Name;
use super::node::{Entry, Node, NodeKind};
use super::shape;
use crate::diagnostic::{Parsed, WithHelp, mistake, nearest};
use crate::hint::ExerciseHint;

/// What a solution calls itself.
const SOLUTION: &str = "deltarule-solution/1";

/// What a part of the answers has.
const KEYS: [&str; 2] = ["name", "answers"];

/// Takes in a file: answers, or a solution.
pub(super) fn collect(root: &Node, collector: &mut Collector<'_>) -> Parsed<()> {
    let top = root.table("the file", "a table with the key part")?;
    if let Some(format) = get(top, "format") {
        return match &format.value.kind {
            NodeKind::Text(text) if text == SOLUTION => solution(root, top, collector),
            _ => mistake(
                format.value.span.clone(),
                format!("the format is not {SOLUTION:?}"),
                "not known",
            )
            .help("answers have no format; only a solution names its own"),
        };
    }
    known_keys(top, "the answers", &["part"], collector);
    let Some(parts) = get(top, "part") else {
        return missing(root, "part", "the answers").hint(ExerciseHint::Template { csv: false });
    };
    for (i, part) in
        parts.value.list("part", "a list of tables: write [[part]]")?.iter().enumerate()
    {
        if let Err(mistake) = answers(part, collector) {
            collector.lost.add(format!("[[part]] number {}", i + 1), *mistake);
        }
    }
    Ok(())
}

/// Takes in the answers to a part.
fn answers(part: &Node, collector: &mut Collector<'_>) -> Parsed<()> {
    let table = part.table("a part", "a table with name and answers")?;
    known_keys(table, "[[part]]", &KEYS, collector);
    let Some(name) = get(table, "name").or_else(|| meant(table, "name", &KEYS)) else {
        let first = &collector.exercise.parts[0].name;
        return missing(part, "name", "[[part]]").help(format!("for example: name = {first:?}"));
    };
    let index = collector.part(name.value.name("name")?, name.value.span.clone())?;
    let answers = get(table, "answers").or_else(|| meant(table, "answers", &KEYS));
    let Some(answers) = answers else { return Ok(()) };
    for entry in answers.value.table("answers", "a table: write [part.answers]")? {
        let place = entry.key_span.clone();
        let read = Name::parse(&entry.key, place.clone())
            .and_then(|name| quantity(collector, index, &name, place, &entry.value));
        if let Err(mistake) = read {
            collector.lose(index, entry.key.trim(), *mistake);
        }
    }
    Ok(())
}

/// Takes in one quantity; the name stands at a place.
fn quantity(
    collector: &mut Collector<'_>,
    part: usize,
    name: &Name,
    place: std::ops::Range<usize>,
    value: &Node,
) -> Parsed<()> {
    let found = collector.find(part, name, place.clone())?;
    let what = collector.name_of(found);
    let mut unread = Vec::new();
    let shaped = shape::read(value, &collector.shape(found), &what, &mut unread)?;
    for (what, mistake) in unread {
        let place = format!("{}, {what}", collector.part_in_words(part));
        collector.lost.number(place, *mistake);
    }
    collector.add(found, shaped, place)
}

/// Takes in a solution: a list of steps per part, a list of layers per quantity.
fn solution(root: &Node, top: &[Entry], collector: &mut Collector<'_>) -> Parsed<()> {
    let Some(parts) = get(top, "parts") else { return missing(root, "parts", "the solution") };
    for (i, part) in parts.value.list("parts", "a list of parts")?.iter().enumerate() {
        if let Err(mistake) = solved(part, collector) {
            collector.lost.add(format!("part number {}", i + 1), *mistake);
        }
    }
    Ok(())
}

/// Takes in a part of a solution.
fn solved(part: &Node, collector: &mut Collector<'_>) -> Parsed<()> {
    let table = part.table("a part", "a table with name and steps")?;
    let Some(name) = get(table, "name") else { return missing(part, "name", "the part") };
    let index = collector.part(name.value.name("name")?, name.value.span.clone())?;
    let Some(steps) = get(table, "steps") else { return missing(part, "steps", "the part") };
    for (i, step) in steps.value.list("steps", "a list of steps")?.iter().enumerate() {
        if let Err(mistake) = collector.check_step(index, i + 1, step.span.clone()) {
            collector.lose(index, &format!("step {}", i + 1), *mistake);
            break;
        }
        for entry in step.table("a step", "a table of quantities")? {
            match entry.key.as_str() {
                "examples" => {}
                "optimizer_state" => {
                    let what = "optimizer_state";
                    for entry in entry.value.table(what, "a table of quantities")? {
                        of_solution(collector, index, i + 1, entry);
                    }
                }
                _ => of_solution(collector, index, i + 1, entry),
            }
        }
    }
    Ok(())
}

/// Takes in one quantity of a solution, layer by layer where it has such.
fn of_solution(collector: &mut Collector<'_>, part: usize, step: usize, entry: &Entry) {
    let name = |layer| Name { family: entry.key.clone(), layer, step: Some(step) };
    let is_whole = |known: &Quantity| known.layer().is_none() && known.family() == entry.key;
    let place = format!("step {step}, {}", entry.key);
    if of_any_step().iter().any(is_whole) {
        if let Err(mistake) =
            quantity(collector, part, &name(None), entry.key_span.clone(), &entry.value)
        {
            collector.lose(part, &place, *mistake);
        }
        return;
    }
    match entry.value.list(&entry.key, "a list with an entry per layer") {
        Err(mistake) => collector.lose(part, &place, *mistake),
        Ok(layers) => {
            for (l, layer) in layers.iter().enumerate() {
                let name = name(Some(l + 1));
                if let Err(mistake) = quantity(collector, part, &name, layer.span.clone(), layer) {
                    collector.lose(part, &format!("{place}[{}]", l + 1), *mistake);
                }
            }
        }
    }
}

fn get<'a>(entries: &'a [Entry], key: &str) -> Option<&'a Entry> {
    entries.iter().find(|entry| entry.key == key)
}

/// The entry of a key that probably means this one. That it is no key is said all the same.
fn meant<'a>(entries: &'a [Entry], key: &str, known: &[&str]) -> Option<&'a Entry> {
    entries.iter().find(|entry| {
        let name = entry.key.as_str();
        !known.contains(&name) && nearest(name, known.iter().copied()) == Some(key)
    })
}

/// Notes keys that mean nothing, and such that stand there twice.
fn known_keys(entries: &[Entry], what: &str, known: &[&str], collector: &mut Collector<'_>) {
    for (i, entry) in entries.iter().enumerate() {
        if let Err(mistake) = known_key(entry, &entries[..i], what, known) {
            collector.lost.add(what.to_string(), *mistake);
        }
    }
}

fn known_key(entry: &Entry, before: &[Entry], what: &str, known: &[&str]) -> Parsed<()> {
    let (key, span) = (&entry.key, entry.key_span.clone());
    if !known.contains(&key.as_str()) {
        let unknown = mistake(span, format!("unknown key {key:?} in {what}"), "not known here");
        return match nearest(key, known.iter().copied()) {
            Some(near) => unknown.help(format!("did you mean {near}?")),
            None => unknown.help(format!("known keys: {}", known.join(", "))),
        };
    }
    if before.iter().any(|earlier| earlier.key == *key) {
        return mistake(span, format!("{key} stands twice in {what}"), "once more");
    }
    Ok(())
}

fn missing<T>(node: &Node, key: &str, what: &str) -> Parsed<T> {
    // The whole of a long table would say less than its beginning.
    let start = node.span.start;
    let span = start..node.span.end.min(start + 1);
    mistake(span, format!("{key} is missing in {what}"), format!("{key} is missing"))
}
