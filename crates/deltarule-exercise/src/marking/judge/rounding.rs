//! Intermediate results that were rounded too far.

use super::{Search, Subject};
use crate::marking::deviation::Deviation;
use crate::marking::precision::{Precision, Rounded, Rounding};
use crate::marking::quantity::Quantity;
use crate::marking::rule::Rule;
use crate::marking::verdict::{Finding, Verdict};

impl Search<'_> {
    pub(super) fn rounded(&mut self, key: (usize, Quantity)) -> (Verdict, Vec<Finding>) {
        if self.charged_structures.contains(&Rule::RoundedIntermediates) {
            return (Verdict::FollowThrough, Vec::new());
        }
        self.charged_structures.push(Rule::RoundedIntermediates);
        let deviation = Deviation::RoundedIntermediates(
            Rounding::Significant(self.typical.significant),
            Rounded::All,
        );
        (Verdict::FollowThrough, vec![self.finding(&deviation, key, false)])
    }

    /// Whether a quantity follows from intermediate results rounded as was found before.
    pub(super) fn follows_rounded(&mut self, subject: &Subject<'_>) -> bool {
        if self.rounded.is_none() {
            return false;
        }
        let precision = Precision { rounding: self.rounded, ..subject.precision };
        [false, true].into_iter().any(|from_z| {
            let run = self.judge.run(Some(self.answers), &self.adopted, precision, from_z);
            self.explained(subject, &run.steps[subject.step][&subject.quantity].plain)
        })
    }

    /// The number of digits to which intermediate results were rounded, if that explains a quantity.
    pub(super) fn rounding(&mut self, subject: &Subject<'_>) -> Option<(Rounding, Rounded)> {
        let Precision { significant, decimals, .. } = self.typical.or(&subject.precision);
        let by_significant = (1..significant.min(17)).rev().map(Rounding::Significant);
        let by_decimals = (1..decimals.min(17)).rev().map(Rounding::Decimals);
        let all = by_significant.chain(by_decimals);
        let all = all.flat_map(|rounding| Rounded::ALL.map(|which| (rounding, which)));
        let key = (subject.step, subject.quantity);
        let mut best = None;
        let mut most = None;
        for rounding in all {
            let precision = Precision { rounding: Some(rounding), ..subject.precision };
            for from_z in [false, true] {
                let adopted = self.adopted.clone();
                if !self.may_match(subject, &adopted, precision, from_z) {
                    continue;
                }
                let run = self.judge.run(Some(self.answers), &self.adopted, precision, from_z);
                if !self.matches(subject, run.steps[key.0][&key.1].computed()) {
                    continue;
                }
                let worth = self.worth(&run, key);
                if most.is_none_or(|most| worth > most) {
                    (best, most) = (Some(rounding), Some(worth));
                }
            }
        }
        best
    }
}
