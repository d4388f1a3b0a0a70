//! Whether an answer shows work: numbers that somebody computed, and not the same digit in every place.

use std::collections::HashSet;

use ndarray::Array2;

use super::shown::{Place, Work, is_enough, is_idle};
use super::state::{Search, Subject};
use crate::marking::agreement::{is_coarse, is_exact};
use crate::marking::answers::Written;
use crate::marking::approx::ApproxMatrix;
use crate::marking::quantity::Quantity;

impl Search<'_> {
    /// Looks whether the part shows work, and trusts numbers of one digit if it does.
    pub(super) fn look_for_work(&mut self) {
        let (mut good, mut all) = (0, 0);
        for (step, quantity) in self.answered.clone() {
            let Some(subject) = self.subject(step, quantity) else { continue };
            if quantity == Quantity::Class {
                continue;
            }
            let base = self.base(subject.precision).steps[step][&quantity].plain.clone();
            let follows = self.agreement(&subject, &base);
            let values = self.judge.values(step, quantity);
            for (at, written) in subject.written.indexed_iter() {
                let Some(written) = written.as_ref() else { continue };
                if is_idle_in(written, &subject, at) {
                    // What takes no work, in the place of what takes some, shows that none was done.
                    all += usize::from(!subject.right[at]);
                    continue;
                }
                all += 1;
                let earned = follows[at] && !self.is_copy(step, quantity, written);
                // A single digit shows work only where it is no rounding: z = 0.2 may be all there is to write.
                let is_good = if is_coarse(written) {
                    is_exact(written, values[at]) || earned && is_exact(written, base[at].value)
                } else {
                    subject.right[at] || earned
                };
                good += usize::from(is_good);
            }
        }
        self.work = match all {
            0 => Work::NothingToShow,
            all if is_enough(good, all) => Work::Shown,
            _ => Work::NotShown,
        };
        if self.work == Work::Shown {
            self.typical.trusts_coarse = true;
            self.usual.trusts_coarse = true;
            self.subjects.clear();
        }
    }

    /// Whether a number stands as it is in what it is computed from.
    fn is_copy(&self, step: usize, quantity: Quantity, written: &Written) -> bool {
        let mut sources = self.parents(step, quantity).into_iter();
        sources.any(|source| {
            let numbers = self.answers.get(&source);
            numbers.is_some_and(|n| n.iter().flatten().any(|other| other.value == written.value))
        })
    }

    /// The places of numbers that take no work: zeros, single digits, copies, and what was there before.
    pub(super) fn trivial(&mut self) -> HashSet<Place> {
        let mut all = HashSet::new();
        for (step, quantity) in self.answered.clone() {
            let Some(subject) = self.subject(step, quantity) else { continue };
            for (at, written) in subject.written.indexed_iter() {
                let Some(written) = written else { continue };
                if !tells(written, &subject, at) || self.is_copy(step, quantity, written) {
                    all.insert((step, quantity, at));
                }
            }
        }
        all
    }

    /// Whether some number of a quantity can show work.
    pub(super) fn tells(&self, subject: &Subject<'_>) -> bool {
        subject.written.indexed_iter().any(|(at, written)| {
            written.as_ref().is_some_and(|written| {
                tells(written, subject, at)
                    && !self.is_copy(subject.step, subject.quantity, written)
            })
        })
    }

    /// What parameters were before a step.
    pub(super) fn old(&mut self, step: usize, quantity: Quantity) -> Option<Array2<f64>> {
        let layer = quantity.layer()?;
        let is_weights = match quantity {
            Quantity::Weights(_) => true,
            Quantity::Biases(_) => false,
            _ => return None,
        };
        let values = |numbers: &ApproxMatrix| numbers.mapv(|a| a.value);
        if let Some(before) = step.checked_sub(1) {
            let typical = self.typical;
            return Some(values(&self.base(typical).steps[before].get(&quantity)?.used));
        }
        let start = self.judge.start();
        let all = if is_weights { start.weights } else { start.biases };
        all.get(layer - 1).map(values)
    }
}

/// Whether a number takes no work at all.
fn is_idle_in(written: &Written, subject: &Subject<'_>, at: (usize, usize)) -> bool {
    is_idle(written.value, subject.old.as_ref().map(|old| old[at]))
}

/// Whether a number alone can show work: it takes some, and has more than one digit.
fn tells(written: &Written, subject: &Subject<'_>, at: (usize, usize)) -> bool {
    !is_idle_in(written, subject, at) && !is_coarse(written)
}
