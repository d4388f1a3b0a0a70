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
    known_keys(top, "the answers", &["part"])?;
    let Some(parts) = get(top, "part") else {
        return missing(root, "part", "the answers").hint(ExerciseHint::Template { csv: false });
    };
    for part in parts.value.list("part", "a list of tables: write [[part]]")? {
        let table = part.table("a part", "a table with name and answers")?;
        known_keys(table, "[[part]]", &["name", "answers"])?;
        let Some(name) = get(table, "name") else {
            let first = &collector.exercise.parts[0].name;
            return missing(part, "name", "[[part]]")
                .help(format!("for example: name = {first:?}"));
        };
        let index = collector.part(name.value.name("name")?, name.value.span.clone())?;
        let Some(answers) = get(table, "answers") else { continue };
        let answers = answers.value.table("answers", "a table: write [part.answers]")?;
        for entry in answers {
            let name = Name::parse(&entry.key, entry.key_span.clone())?;
            quantity(collector, index, &name, entry.key_span.clone(), &entry.value)?;
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
    let (entries, transposed) = shape::read(value, &collector.shape(found), &what)?;
    collector.add(found, entries, transposed, place)
}

/// Takes in a solution: a list of steps per part, a list of layers per quantity.
fn solution(root: &Node, top: &[Entry], collector: &mut Collector<'_>) -> Parsed<()> {
    let Some(parts) = get(top, "parts") else { return missing(root, "parts", "the solution") };
    for part in parts.value.list("parts", "a list of parts")? {
        let table = part.table("a part", "a table with name and steps")?;
        let Some(name) = get(table, "name") else { return missing(part, "name", "the part") };
        let index = collector.part(name.value.name("name")?, name.value.span.clone())?;
        let Some(steps) = get(table, "steps") else { return missing(part, "steps", "the part") };
        for (i, step) in steps.value.list("steps", "a list of steps")?.iter().enumerate() {
            for entry in step.table("a step", "a table of quantities")? {
                match entry.key.as_str() {
                    "examples" => {}
                    "optimizer_state" => {
                        let what = "optimizer_state";
                        for entry in entry.value.table(what, "a table of quantities")? {
                            of_solution(collector, index, i + 1, entry)?;
                        }
                    }
                    _ => of_solution(collector, index, i + 1, entry)?,
                }
            }
        }
    }
    Ok(())
}

/// Takes in one quantity of a solution, layer by layer where it has such.
fn of_solution(
    collector: &mut Collector<'_>,
    part: usize,
    step: usize,
    entry: &Entry,
) -> Parsed<()> {
    let mut of_layer = |layer, place, value: &Node| {
        let name = Name { family: entry.key.clone(), layer, step: Some(step) };
        quantity(collector, part, &name, place, value)
    };
    let is_whole = |known: &Quantity| known.layer().is_none() && known.family() == entry.key;
    if of_any_step().iter().any(is_whole) {
        return of_layer(None, entry.key_span.clone(), &entry.value);
    }
    let layers = entry.value.list(&entry.key, "a list with an entry per layer")?;
    for (l, layer) in layers.iter().enumerate() {
        of_layer(Some(l + 1), layer.span.clone(), layer)?;
    }
    Ok(())
}

fn get<'a>(entries: &'a [Entry], key: &str) -> Option<&'a Entry> {
    entries.iter().find(|entry| entry.key == key)
}

/// Refuses keys that mean nothing, and such that stand there twice.
fn known_keys(entries: &[Entry], what: &str, known: &[&str]) -> Parsed<()> {
    for (i, entry) in entries.iter().enumerate() {
        let (key, span) = (&entry.key, entry.key_span.clone());
        if !known.contains(&key.as_str()) {
            let unknown = mistake(span, format!("unknown key {key:?} in {what}"), "not known here");
            return match nearest(key, known.iter().copied()) {
                Some(near) => unknown.help(format!("did you mean {near}?")),
                None => unknown.help(format!("known keys: {}", known.join(", "))),
            };
        }
        if entries[..i].iter().any(|earlier| earlier.key == *key) {
            return mistake(span, format!("{key} stands twice in {what}"), "once more");
        }
    }
    Ok(())
}

fn missing<T>(node: &Node, key: &str, what: &str) -> Parsed<T> {
    // The whole of a long table would say less than its beginning.
    let start = node.span.start;
    let span = start..node.span.end.min(start + 1);
    mistake(span, format!("{key} is missing in {what}"), format!("{key} is missing"))
}
