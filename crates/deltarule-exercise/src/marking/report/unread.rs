//! What could not be read, for people and for programs.

use deltarule_document::{Document, Prose};
use serde_json::{Value, json};

use crate::marking::answers::Unread;

/// So many things are listed for people; who has more has a file that is read otherwise.
const LISTED: usize = 12;

/// The section of a report; none where everything could be read.
pub(super) fn section(document: &mut Document, unread: &[Unread]) {
    if unread.is_empty() {
        return;
    }
    document.heading(1, "What could not be read");
    document.paragraph("It counts as not answered. Everything else is marked.");
    let mut items: Vec<Prose> = unread.iter().take(LISTED).map(item).collect();
    if unread.len() > LISTED {
        items.push(Prose::text(format!("and {} more", unread.len() - LISTED)));
    }
    document.list(items);
}

/// "Line 4, part "a", entry 2 of z[1]: “#NAME?” is not a number"
fn item(unread: &Unread) -> Prose {
    let Unread { place, text, problem, .. } = unread;
    let line = unread.line.map_or(String::new(), |line| format!("Line {line}, "));
    let is_named = text.is_empty() || place.contains(text) || problem.contains(text);
    Prose::text(match is_named && !problem.starts_with("is ") {
        true => format!("{line}{place}: {problem}"),
        false => format!("{line}{place}: “{text}” {problem}"),
    })
}

/// `place`, `line`, `text` and `problem` of each.
pub(super) fn json(unread: &[Unread]) -> Value {
    let item = |unread: &Unread| {
        json!({
            "place": unread.place,
            "line": unread.line,
            "text": unread.text,
            "problem": unread.problem,
        })
    };
    unread.iter().map(item).collect()
}
