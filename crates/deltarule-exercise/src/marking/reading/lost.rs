//! What cannot be read, thing by thing.

use std::collections::HashSet;
use std::ops::Range;

use super::super::answers::Unread;
use crate::diagnostic::{Mistake, Mistakes, Parsed};

/// So much of a text is shown.
const LONGEST: usize = 40;

/// Gathers what cannot be read.
pub(super) struct Lost<'a> {
    text: &'a str,
    /// Where lines end.
    ends: Vec<usize>,
    unread: Vec<(usize, Unread)>,
    /// A row of a table names its part once more: that there is no such part is said once.
    said: HashSet<(String, String)>,
    mistakes: Mistakes,
}

impl<'a> Lost<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            ends: Vec::new(),
            unread: Vec::new(),
            said: HashSet::new(),
            mistakes: Mistakes::default(),
        }
    }

    /// Notes a mistake in something that has this place.
    pub(super) fn add(&mut self, place: String, mistake: Mistake) {
        let problem = mistake.in_a_line();
        self.note(place, problem, mistake);
    }

    /// Notes that a number cannot be read.
    pub(super) fn number(&mut self, place: String, mistake: Mistake) {
        self.note(place, "is not a number".to_string(), mistake);
    }

    fn note(&mut self, place: String, problem: String, mistake: Mistake) {
        if !self.said.insert((place.clone(), problem.clone())) {
            return;
        }
        let span = mistake.span();
        let (line, text) = (Some(self.line(span.start)), shown(self.text, &span));
        self.unread.push((span.start, Unread { place, line, text, problem }));
        self.mistakes.push(mistake);
    }

    /// The line of a place, 1 being the first.
    fn line(&mut self, at: usize) -> usize {
        if self.ends.is_empty() {
            self.ends = self.text.match_indices('\n').map(|(end, _)| end).collect();
        }
        1 + self.ends.partition_point(|end| *end < at)
    }

    /// What was lost, in the order of the file; as mistakes, where there is nothing else.
    pub(super) fn finish(mut self, nothing_else: bool) -> Parsed<Vec<Unread>> {
        if nothing_else {
            self.mistakes.end()?;
        }
        self.unread.sort_by_key(|(at, _)| *at);
        Ok(self.unread.into_iter().map(|(_, unread)| unread).collect())
    }
}

/// What stands at a place, on one line and without quotes, cut where it is long.
fn shown(text: &str, span: &Range<usize>) -> String {
    let text = text.get(span.clone()).unwrap_or_default().trim();
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let text = inner.unwrap_or(text);
    let mut shown: String =
        text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
