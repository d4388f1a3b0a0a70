//! What a quantity that is not right may come from, and what has cost marks already.

use super::state::Search;
use crate::marking::chain::ChainValue;
use crate::marking::deviation::Deviation;
use crate::marking::graph::{touches, uses_parameters};
use crate::marking::precision::WorkingPrecision;
use crate::marking::quantity::Quantity;
use std::collections::HashSet;

impl Search<'_> {
    /// The unanswered quantities that lead to one, itself among them.
    pub(super) fn hidden_causes(&self, key: (usize, Quantity)) -> Vec<(usize, Quantity)> {
        let mut found = vec![key];
        let mut seen = HashSet::from([key]);
        let mut next = 0;
        while next < found.len() {
            let (step, quantity) = found[next];
            next += 1;
            for parent in self.parents(step, quantity) {
                if !self.is_answered(&parent) && seen.insert(parent) {
                    found.push(parent);
                }
            }
        }
        found
    }

    /// Whether what a quantity is computed from holds a number that is not right, here or in an earlier part.
    pub(super) fn has_visible_cause(&mut self, key: (usize, Quantity)) -> bool {
        let start_differs = self.judge.start_differs();
        let mut waiting = vec![key];
        let mut seen = HashSet::from([key]);
        while let Some((step, quantity)) = waiting.pop() {
            if start_differs && step == 0 && uses_parameters(quantity) {
                return true;
            }
            for parent in self.parents(step, quantity) {
                if self.clean.contains(&parent) || !seen.insert(parent) {
                    continue;
                }
                let subject = self.subject(parent.0, parent.1);
                if subject.is_some_and(|s| !s.right.iter().all(|right| *right)) {
                    return true;
                }
                waiting.push(parent);
            }
        }
        // Nothing wrong leads to any of these; the next ones need not go back further.
        self.clean.extend(seen.into_iter().filter(|seen| *seen != key));
        false
    }

    /// A deviation among those found that a quantity suffers from and that has cost nothing yet.
    pub(super) fn uncharged_cause(
        &mut self,
        key: (usize, Quantity),
        precision: WorkingPrecision,
    ) -> Option<Deviation> {
        let depth = self.depth();
        let adopted = self.adopted.clone();
        let structure = adopted
            .iter()
            .find(|d| d.is_structural() && !self.charged_structures.contains(&d.rule()));
        if let Some(structure) = structure {
            return Some(*structure);
        }
        let hidden = self.hidden_causes(key);
        let charged = self.charged.clone();
        let run = self.now(precision);
        hidden.iter().skip(1).find_map(|cause| {
            if charged.contains(cause) {
                return None;
            }
            let node = run.steps[cause.0].get(&cause.1)?;
            if !node.is_touched() {
                return None;
            }
            adopted.iter().find(|d| touches(d, cause.1, depth)).copied()
        })
    }

    /// Notes that the marks for a deviation are lost here.
    pub(super) fn charge(
        &mut self,
        deviation: &Deviation,
        key: (usize, Quantity),
        precision: WorkingPrecision,
    ) {
        if deviation.is_structural() {
            self.charged_structures.push(deviation.rule());
            return;
        }
        let depth = self.depth();
        let hidden = self.hidden_causes(key);
        let run = self.now(precision);
        let touched: Vec<(usize, Quantity)> = hidden
            .into_iter()
            .filter(|(step, quantity)| {
                touches(deviation, *quantity, depth)
                    && run.steps[*step].get(quantity).is_some_and(ChainValue::is_touched)
            })
            .collect();
        self.charged.extend(touched);
    }
}
