//! Intermediate results that were rounded too far.

use super::search::FoundRounding;
use super::state::{Search, Subject, is_near};
use crate::marking::agreement::CAP;
use crate::marking::approx::{Approx, ApproxMatrix};
use crate::marking::deviation::Deviation;
use crate::marking::graph::{parents, uses_parameters};
use crate::marking::precision::{Digits, Rounded, Rounding, WorkingPrecision};
use crate::marking::quantity::Quantity;
use crate::marking::rule::WrongRule;
use crate::marking::verdict::{Finding, Verdict};

/// The most digits of a rounded intermediate result that are tried: nobody who writes numbers down by hand keeps more. An
/// answer with more digits comes from a program, which rounds nothing on the way, and what a ninth digit moves is no mistake
/// worth a name. Without the bound, an answer of 17 digits has twice as many ways to be tried, and most of them move it by so
/// little that each has to be computed in full.
const MOST_DIGITS: u32 = 8;

impl<'a> Search<'a> {
    pub(super) fn rounded(&mut self, key: (usize, Quantity)) -> (Verdict, Vec<Finding>) {
        if self.charged_structures.contains(&WrongRule::RoundedIntermediates) {
            return (Verdict::FollowThrough, Vec::new());
        }
        self.charged_structures.push(WrongRule::RoundedIntermediates);
        let kept = match self.digits {
            Digits::Decimals => Rounding::Decimals(self.usual.decimals),
            Digits::Significant | Digits::Either => Rounding::Significant(self.usual.significant),
        };
        let deviation = Deviation::RoundedIntermediates(kept, Rounded::All);
        (Verdict::FollowThrough, vec![self.finding(&deviation, key, false)])
    }

    /// Whether a quantity follows from intermediate results rounded as was found before.
    pub(super) fn follows_rounded(&mut self, subject: &Subject<'_>) -> bool {
        if self.rounded.is_none() {
            return false;
        }
        let precision = WorkingPrecision { rounding: self.rounded, ..subject.precision };
        [false, true].into_iter().any(|from_z| {
            let run = self.now_at(precision, from_z);
            let plain = run.steps[subject.step][&subject.quantity].plain.clone();
            self.explained(subject, &plain)
        })
    }

    /// The rounding of intermediate results that explains a quantity, if there is one; of several the one of most worth.
    pub(super) fn rounding(&mut self, subject: &Subject<'_>) -> Option<FoundRounding> {
        let WorkingPrecision { significant, decimals, .. } = self.typical.or(&subject.precision);
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
        let mut best: Option<FoundRounding> = None;
        'search: for rounding in
            all.flat_map(|rounding| ways.iter().map(move |which| (rounding, *which)))
        {
            let precision = WorkingPrecision { rounding: Some(rounding), ..subject.precision };
            let near = near.rounded(rounding);
            for &from_z in slopes {
                if !self.judge.effort.allows_more() {
                    break 'search;
                }
                if !self.may_match(subject, &adopted, &near, from_z) {
                    continue;
                }
                let run = self.judge.run(Some(self.answers), &adopted, precision, from_z);
                let computed = run.steps[key.0][&key.1].computed();
                let known = as_known(computed, &subject.precision);
                if !self.matches(subject, computed)
                    || !self.leaves_right(subject, &known)
                    || !self.is_honest(subject)
                {
                    continue;
                }
                let is_narrow = self.is_narrow(subject, computed, &known);
                if !is_narrow && !self.tells_something(subject, computed) {
                    continue;
                }
                let Some(evidence) = self.evidence_of_habit(&run, subject) else { continue };
                if !evidence.outweighs(ways.len() * slopes.len()) {
                    continue;
                }
                let worth = self.worth(&run, subject);
                if best.is_none_or(|best| worth > best.worth) {
                    best = Some(FoundRounding { rounding, worth });
                }
            }
        }
        best
    }

    /// Whether numbers are no further from what follows than honest rounding can lead.
    fn is_honest(&mut self, subject: &Subject<'_>) -> bool {
        let plain =
            self.now(subject.precision).steps[subject.step][&subject.quantity].plain.clone();
        subject.written.indexed_iter().zip(&plain).all(|((at, written), plain)| {
            let Some(written) = written else { return true };
            let off = (written.value - plain.value).abs();
            let unit = 10.0_f64.powi(-written.decimals);
            subject.right[at] || off <= CAP * plain.value.abs() + 0.5 * unit
        })
    }

    /// Whether a rounding is known well enough to explain anything: in an interval much wider than the error lies every slip.
    fn tells_something(&self, subject: &Subject<'_>, computed: &ApproxMatrix) -> bool {
        let values = self.judge.values(subject.step, subject.quantity);
        subject.written.indexed_iter().zip(computed).all(|((at, written), computed)| {
            let error = written.as_ref().map_or(0.0, |written| (written.value - values[at]).abs());
            written.is_none() || subject.right[at] || computed.drift <= MUCH_WIDER * error
        })
    }

    /// Whether a rounding gives what was written. Where a number may be rounded to either side, what follows is the middle of
    /// the interval or one of its ends (which one, an interval does not say), and nothing in between.
    fn is_narrow(
        &self,
        subject: &Subject<'_>,
        computed: &ApproxMatrix,
        known: &ApproxMatrix,
    ) -> bool {
        let entries = computed.iter().zip(known).zip(&*subject.right);
        subject.written.iter().zip(entries).all(|(written, ((computed, known), right))| {
            let ends = [0.0, -computed.drift, computed.drift];
            *right
                || ends.into_iter().any(|off| {
                    let end = Approx { value: computed.value + off, drift: known.drift };
                    is_near(written, end, &subject.precision)
                })
        })
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

/// The same numbers with errors no larger than written digits lead to. One in the middle between two of fewer digits may be
/// rounded to either, and what follows from it is known to an interval only: a slip can lie in it.
fn as_known(computed: &ApproxMatrix, precision: &WorkingPrecision) -> ApproxMatrix {
    computed.mapv(|a| {
        let most = ANY_DRIFT * precision.half_unit(a.value) + NOISE;
        Approx { drift: a.drift.min(most), ..a }
    })
}

/// Errors of so many half units of the last digit come from the digits that were written.
const ANY_DRIFT: f64 = 20.0;

/// An interval so many times as wide as an error explains nothing.
const MUCH_WIDER: f64 = 10.0;

/// No error of double precision is larger than this where the result is 0.
const NOISE: f64 = 1e-14;

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
