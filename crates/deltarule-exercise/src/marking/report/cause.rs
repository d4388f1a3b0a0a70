//! Whether a number that follows has a mistake before it to follow from, or only the rounding of the student's own numbers.

use crate::exercise::Exercise;
use crate::marking::verdict::{Marking, QuantityMarking, Verdict};

/// Where each part goes wrong first.
pub(super) struct Causes {
    /// For each part its first wrong quantity.
    first: Vec<Option<usize>>,
    /// Whether a part begins with what another one got wrong.
    inherited: Vec<bool>,
}

impl Causes {
    pub(super) fn of(exercise: &Exercise, marking: &Marking) -> Self {
        let first: Vec<Option<usize>> = marking
            .parts
            .iter()
            .map(|part| part.quantities.iter().position(QuantityMarking::is_wrong))
            .collect();
        let mut inherited: Vec<bool> = Vec::new();
        for part in &exercise.parts {
            let is_wrong = |start: usize| {
                first.get(start).is_some_and(Option::is_some)
                    || inherited.get(start).is_some_and(|inherited| *inherited)
            };
            inherited.push(part.start.is_some_and(is_wrong));
        }
        Self { first, inherited }
    }

    /// Whether something is wrong before a quantity.
    pub(super) fn precede(&self, part: usize, quantity: usize) -> bool {
        let before = self.first.get(part).copied().flatten().is_some_and(|first| first < quantity);
        before || self.inherited.get(part).is_some_and(|inherited| *inherited)
    }

    /// Whether a quantity follows from nothing but the rounding of what was written.
    pub(super) fn is_rounding(
        &self,
        part: usize,
        quantity: usize,
        marking: &QuantityMarking,
    ) -> bool {
        let explained = marking.entries.iter().any(|entry| entry.explained.is_some());
        marking.verdict == Verdict::FollowThrough && !explained && !self.precede(part, quantity)
    }
}
