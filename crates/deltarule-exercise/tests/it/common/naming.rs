//! What a mistake may be called.

use deltarule_exercise::marking::{Finding, Marking};
use serde::Deserialize;

/// The names that fit a mistake.
///
/// A fragment fits a text that contains it, without regard to capitals; `#` in it stands for a digit and ` … ` for any words.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Names {
    /// The identifiers of findings.
    #[serde(default)]
    pub(crate) ids: Vec<String>,
    /// Fragments of the sentence of a finding, which says in a formula what was computed.
    #[serde(default)]
    pub(crate) edit: Vec<String>,
    /// Fragments of the notes of a part, where the mistake may pass as another convention.
    #[serde(default)]
    pub(crate) note: Vec<String>,
}

impl Names {
    pub(crate) fn fits(&self, finding: &Finding) -> bool {
        let id = finding.rule.id();
        let sentence = || finding.sentence.to_string();
        self.ids.iter().any(|name| name == id)
            || self.edit.iter().any(|fragment| contains(&sentence(), fragment))
    }

    /// Whether a note says it.
    pub(crate) fn is_noted(&self, marking: &Marking) -> bool {
        let mut notes = marking.parts.iter().flat_map(|part| &part.notes);
        notes.any(|note| self.note.iter().any(|fragment| contains(note, fragment)))
    }

    /// Its own names and those of another.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        self.ids.extend(other.ids.iter().cloned());
        self.edit.extend(other.edit.iter().cloned());
        self.note.extend(other.note.iter().cloned());
        self
    }
}

fn contains(text: &str, fragment: &str) -> bool {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let mut rest = text.as_slice();
    for piece in fragment.to_lowercase().split('…') {
        let piece: Vec<char> = piece.trim().chars().collect();
        let is_here = |window: &[char]| {
            window.iter().zip(&piece).all(|(c, p)| c == p || *p == '#' && c.is_ascii_digit())
        };
        if piece.is_empty() {
            continue;
        }
        let Some(place) = rest.windows(piece.len()).position(is_here) else { return false };
        rest = &rest[place + piece.len()..];
    }
    true
}

#[test]
fn fragments() {
    assert!(contains("The inputs x^[0] came in", "X^[#] … in"));
    assert!(!contains("The inputs x^[0] came in", "in … x^[#] … inputs"));
    assert!(!contains("x^[l]", "x^[#]"));
}
