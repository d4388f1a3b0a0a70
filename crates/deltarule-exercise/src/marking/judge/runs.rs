//! The runs that a search keeps: from what was written, rightly, and under what was found.

use super::Search;
use crate::marking::chain::{Conditions, PartRun, run_part};
use crate::marking::precision::WorkingPrecision;

/// Runs that differ only in their precision, and in where f′ is taken.
#[derive(Default)]
pub(super) struct Runs(Vec<(WorkingPrecision, bool, PartRun)>);

impl Runs {
    fn get(
        &mut self,
        precision: WorkingPrecision,
        from_z: bool,
        make: impl FnOnce() -> PartRun,
    ) -> &PartRun {
        let is_it = |(own, own_z, _): &(WorkingPrecision, bool, PartRun)| {
            *own == precision && *own_z == from_z
        };
        let at = match self.0.iter().position(is_it) {
            Some(at) => at,
            None => {
                self.0.push((precision, from_z, make()));
                self.0.len() - 1
            }
        };
        &self.0[at].2
    }
}

impl Search<'_> {
    /// From what was written, under no deviation.
    pub(super) fn base(&mut self, precision: WorkingPrecision) -> &PartRun {
        let (judge, answers) = (self.judge, self.answers);
        self.base.get(precision, false, || judge.run(Some(answers), &[], precision, false))
    }

    /// The same where earlier parts are computed rightly as well, as far as they were not written.
    pub(super) fn rightly_from_written(&mut self, precision: WorkingPrecision) -> &PartRun {
        if self.judge.starts_rightly() {
            return self.base(precision);
        }
        let (judge, answers) = (self.judge, self.answers);
        self.from_written.get(precision, false, || {
            let conditions = Conditions {
                deviations: &[],
                answers: Some(answers),
                precision,
                options: judge.options,
                derivative_from_z: false,
                until: None,
            };
            run_part(judge.exercise, judge.index, judge.right_ends, &conditions)
        })
    }

    /// From what was written, under the deviations that were found.
    pub(super) fn now(&mut self, precision: WorkingPrecision) -> &PartRun {
        if self.adopted.is_empty() {
            return self.base(precision);
        }
        self.now_at(precision, self.from_z)
    }

    pub(super) fn now_at(&mut self, precision: WorkingPrecision, from_z: bool) -> &PartRun {
        let (judge, answers) = (self.judge, self.answers);
        let adopted = &self.adopted;
        self.now.get(precision, from_z, || judge.run(Some(answers), adopted, precision, from_z))
    }
}
