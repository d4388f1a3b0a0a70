//! What an answer shows of the work behind it.

use std::collections::{HashMap, HashSet};

use ndarray::Array2;

use crate::marking::quantity::Quantity;

/// A number of an answer: its step, its quantity, its row and column.
pub(super) type Place = (usize, Quantity, (usize, usize));

/// What an answer shows of the work behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::marking) enum Work {
    Shown,
    /// There are numbers that could show it, and they do not.
    NotShown,
    /// There is nothing but what is so without any work.
    NothingToShow,
}

/// What a part shows, number by number.
pub(in crate::marking) struct WorkShown {
    pub(in crate::marking) work: Work,
    /// The answered parameters as they were before the step.
    pub(super) old: HashMap<(usize, Quantity), Array2<f64>>,
    /// The places of numbers that take no work.
    pub(super) trivial: HashSet<Place>,
}

/// Whether a number takes no work at all: a 0, and what was there before.
pub(super) fn is_idle(written: f64, before: Option<f64>) -> bool {
    written == 0.0 || before == Some(written)
}

impl WorkShown {
    /// What a parameter was before its step.
    pub(in crate::marking) fn before(
        &self,
        step: usize,
        quantity: Quantity,
        at: (usize, usize),
    ) -> Option<f64> {
        self.old.get(&(step, quantity))?.get(at).copied()
    }

    /// Whether a number is a 0, or was there before its step.
    pub(in crate::marking) fn is_idle(
        &self,
        step: usize,
        quantity: Quantity,
        at: (usize, usize),
        written: f64,
    ) -> bool {
        is_idle(written, self.before(step, quantity, at))
    }

    /// Whether a number takes no work.
    pub(in crate::marking) fn is_trivial(
        &self,
        step: usize,
        quantity: Quantity,
        at: (usize, usize),
    ) -> bool {
        self.trivial.contains(&(step, quantity, at))
    }
}

/// Of the numbers that can show work so many have to be right, or to follow: one in this many.
const ONE_IN: usize = 3;

/// Whether so many good numbers among so many show work.
pub(in crate::marking) fn is_enough(good: usize, all: usize) -> bool {
    good > 0 && ONE_IN * good >= all
}
