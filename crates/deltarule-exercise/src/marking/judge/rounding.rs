//! Intermediate results that were rounded too far.

use super::cause::uses_parameters;
use super::{Search, Subject};
use crate::marking::deviation::Deviation;
use crate::marking::graph::parents;
use crate::marking::precision::{Precision, Rounded, Rounding};
use crate::marking::quantity::Quantity;
use crate::marking::rule::Rule;
use crate::marking::verdict::{Finding, Verdict};

/// The most digits of a rounded intermediate result that are tried: nobody who writes numbers down by hand keeps more. An
/// answer with more digits comes from a program, which rounds nothing on the way, and what a ninth digit moves is no mistake
/// worth a name. Without the bound, an answer of 17 digits has twice as many ways to be tried, and most of them move it by so
/// little that each has to be computed in full.
const MOST_DIGITS: u32 = 8;

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
            let run = self.now_at(precision, from_z);
            let plain = run.steps[subject.step][&subject.quantity].plain.clone();
            self.explained(subject, &plain)
        })
    }

    /// The number of digits to which intermediate results were rounded, if that explains a quantity.
    pub(super) fn rounding(&mut self, subject: &Subject<'_>) -> Option<(Rounding, Rounded)> {
        let Precision { significant, decimals, .. } = self.typical.or(&subject.precision);
        let by_significant = (1..=MOST_DIGITS.min(significant.saturating_sub(1))).rev();
        let by_decimals = (1..=(MOST_DIGITS as i32).min(decimals.saturating_sub(1))).rev();
        let all =
            by_significant.map(Rounding::Significant).chain(by_decimals.map(Rounding::Decimals));
        let key = (subject.step, subject.quantity);
        let used = self.used_for(key);
        let ways = used.ways();
        // f′ can be taken at z or at x only where a delta is computed.
        let slopes: &[bool] = if used.computes_delta { &[false, true] } else { &[false] };
        let near = self.near(subject);
        let adopted = self.adopted.clone();
        let mut best = None;
        let mut most = None;
        for rounding in all.flat_map(|rounding| ways.iter().map(move |which| (rounding, *which))) {
            let precision = Precision { rounding: Some(rounding), ..subject.precision };
            let near = near.rounded(rounding);
            for &from_z in slopes {
                if !self.judge.effort.allows_more() {
                    return best;
                }
                if !self.may_match(subject, &adopted, &near, from_z) {
                    continue;
                }
                let run = self.judge.run(Some(self.answers), &adopted, precision, from_z);
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

    /// What a quantity is computed from without anything written in between that was not rounded itself.
    fn used_for(&self, key: (usize, Quantity)) -> Used {
        let computed = self.hidden_causes(key);
        let start = self.judge.start_is_hidden()
            && computed.iter().any(|(step, quantity)| *step == 0 && uses_parameters(*quantity));
        let mut used = Used {
            // A hidden part before this one has outputs and deltas of its own.
            outputs: start,
            deltas: start,
            computes_delta: start
                || computed.iter().any(|(_, quantity)| matches!(quantity, Quantity::Delta(_))),
        };
        for (step, quantity) in computed {
            for (_, parent) in parents(step, quantity, self.depth(), self.states()) {
                used.outputs |= matches!(parent, Quantity::X(_));
                used.deltas |= matches!(parent, Quantity::Delta(_));
            }
        }
        used
    }
}

/// Which rounded intermediate results can show in a quantity.
struct Used {
    outputs: bool,
    deltas: bool,
    computes_delta: bool,
}

impl Used {
    /// The ways of rounding that differ from each other, and from not rounding at all.
    fn ways(&self) -> &'static [Rounded] {
        match (self.outputs, self.deltas) {
            (true, true) => &Rounded::ALL,
            (true, false) => &[Rounded::All, Rounded::Outputs],
            (false, true) => &[Rounded::All, Rounded::Deltas],
            (false, false) => &[Rounded::All],
        }
    }
}
