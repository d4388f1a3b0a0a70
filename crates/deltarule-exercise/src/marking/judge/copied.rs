//! A number of the exercise that was copied wrongly: found by solving for it.

use super::search::Way;
use super::state::{Search, Subject};

impl Search<'_> {
    /// The number of the exercise that, read otherwise, explains a quantity.
    pub(super) fn copied(&mut self, _subject: &Subject<'_>, _tried: usize) -> Option<Way> {
        None
    }
}
