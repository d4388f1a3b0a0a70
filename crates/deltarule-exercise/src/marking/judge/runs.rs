//! Runs that a search keeps.

use std::rc::Rc;

use crate::marking::chain::PartRun;
use crate::marking::precision::WorkingPrecision;

/// Runs that differ only in their precision, and in where f′ is taken.
#[derive(Default)]
pub(super) struct Runs(Vec<(WorkingPrecision, bool, Rc<PartRun>)>);

impl Runs {
    pub(super) fn get(
        &mut self,
        precision: WorkingPrecision,
        from_z: bool,
        make: impl FnOnce() -> PartRun,
    ) -> &Rc<PartRun> {
        let is_it = |(own, own_z, _): &(WorkingPrecision, bool, Rc<PartRun>)| {
            *own == precision && *own_z == from_z
        };
        let at = match self.0.iter().position(is_it) {
            Some(at) => at,
            None => {
                self.0.push((precision, from_z, Rc::new(make())));
                self.0.len() - 1
            }
        };
        &self.0[at].2
    }
}
