//! Markings of answers that another program made, and what is asked of them.

use std::path::{Path, PathBuf};

use deltarule_exercise::Exercise;
use deltarule_exercise::marking::{
    AnswerFormat, Answers, EntryMarking, Finding, Marking, MarkingOptions, QuantityMarking,
    Verdict, mark,
};

/// A path from the root of the repository.
pub(crate) fn from_root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

pub(crate) fn exercise(text: &str) -> Exercise {
    Exercise::parse(text, "exercise").unwrap_or_else(|d| panic!("{}", d.render(100)))
}

/// The marking, or why the answer could not be read.
pub(crate) fn marked(
    exercise: &Exercise,
    answers: &str,
    format: AnswerFormat,
) -> Result<Marking, String> {
    let answers =
        Answers::parse(exercise, answers, "answers", format).map_err(|d| d.render(100))?;
    Ok(mark(exercise, &answers, &MarkingOptions::default()).unwrap())
}

/// Whether everything is to be looked at, which takes a minute.
pub(crate) fn takes_all() -> bool {
    std::env::var("FIGURES").is_ok_and(|figures| figures == "all")
}

/// One item in so many, or all of them ([`takes_all`]).
pub(crate) fn thinned<T>(items: Vec<T>, keep: usize) -> Vec<T> {
    items.into_iter().step_by(if takes_all() { 1 } else { keep }).collect()
}

/// `function` of each item, on two threads.
pub(crate) fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    function: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let half = items.len().div_ceil(2);
    let (first, second) = items.split_at(half);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| second.iter().map(&function).collect::<Vec<_>>());
        let mut all: Vec<R> = first.iter().map(&function).collect();
        all.extend(other.join().unwrap());
        all
    })
}

/// The quantities of all parts, each with the name of its part.
pub(crate) fn quantities(marking: &Marking) -> impl Iterator<Item = (&str, &QuantityMarking)> {
    marking.parts.iter().flat_map(|part| part.quantities.iter().map(|q| (part.name.as_str(), q)))
}

/// Whether the number earns marks.
pub(crate) fn is_credited(entry: &EntryMarking) -> bool {
    matches!(entry.verdict, Verdict::Correct | Verdict::FollowThrough) && entry.counted
}

/// Whether a finding says that the method is wrong, and not that a number was worked out, rounded or copied badly.
pub(crate) fn accuses(finding: &Finding) -> bool {
    const HARMLESS: [&str; 4] =
        ["arithmetic_slip", "rounded_intermediates", "too_few_digits", "copied_wrongly"];
    !HARMLESS.contains(&finding.rule.id())
}

/// The numbers of a quantity: as written, the right one, the one expected.
pub(crate) fn numbers(q: &QuantityMarking) -> String {
    let of_entry = |e: &EntryMarking| {
        let written = e.written.as_ref().map_or("?", |w| w.text.as_str());
        format!("{written} ({:.6} → {:.6}) {}", e.right, e.expected, e.verdict.id())
    };
    q.entries.iter().map(of_entry).collect::<Vec<_>>().join(", ")
}

/// Every quantity that is wrong or of which something is said, a line each, and the notes.
pub(crate) fn said(marking: &Marking) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (part, q) in quantities(marking) {
        if q.verdict != Verdict::Wrong && q.findings.is_empty() {
            continue;
        }
        let place = format!("part {part} step {} {}", q.step + 1, q.quantity);
        lines.push(format!("    {place}: {}", numbers(q)));
        for f in &q.findings {
            let together = if f.together { " (together)" } else { "" };
            lines.push(format!("        {}{together}: {}", f.rule.id(), f.sentence));
        }
        lines.extend(q.likeness.iter().map(|words| format!("        likeness: {words}")));
    }
    let notes = marking.parts.iter().flat_map(|part| &part.notes);
    lines.extend(notes.map(|note| format!("    note: {note}")));
    lines.join("\n")
}

/// Whether a number is said to follow that is not the one expected, and not what a mistake named before gives.
pub(crate) fn is_off(entry: &EntryMarking) -> bool {
    let Some(written) = &entry.written else { return false };
    let unit = 10_f64.powi(-written.decimals);
    let near = |value: f64| (written.value - value).abs() <= 2.0 * unit + 0.02 * value.abs();
    entry.verdict == Verdict::FollowThrough
        && !near(entry.expected)
        && !entry.explained.is_some_and(near)
}
