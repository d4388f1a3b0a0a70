//! What an answer shows of the work behind it.

use crate::marking::quantity::Quantity;

/// A number of an answer: its step, its quantity, its row and column.
pub(in crate::marking) type Place = (usize, Quantity, (usize, usize));

/// What an answer shows of the work behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::marking) enum Work {
    Shown,
    /// There are numbers that could show it, and they do not.
    NotShown,
    /// There is nothing but what is so without any work.
    NothingToShow,
}
