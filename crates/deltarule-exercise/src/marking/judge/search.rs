//! The search for the rule, or the two rules, that explain a quantity.

use super::cause::uses_parameters;
use super::{Runs, Search, Subject};
use crate::marking::approx::Approx;
use crate::marking::chain::PartRun;
use crate::marking::deviation::Deviation;
use crate::marking::graph::touches;
use crate::marking::precision::Precision;
use crate::marking::quantity::{Quantity, step_count};
use crate::marking::rule::Rule;
use crate::marking::sentences::slip;
use crate::marking::verdict::Finding;
use std::cmp::Reverse;

/// Pairs of rules are tried only while that takes no longer than a reader waits: parameters × examples × steps.
const MOST_WORK_FOR_PAIRS: usize = 4_000;

/// From this many significant digits on a match by a pair of rules is no accident.
const DIGITS_FOR_PAIRS: u32 = 4;

/// A way to explain a quantity.
pub(super) struct Way {
    pub(super) set: Vec<Deviation>,
    pub(super) from_z: bool,
}

/// How much larger than the known errors of a quantity those under another rule may be.
const OTHER_ERRORS: f64 = 20.0;
/// Relative errors that are always looked at closely.
const ANY_ERROR: f64 = 1e-3;

impl Search<'_> {
    /// Finds what explains a quantity that nothing found so far explains.
    pub(super) fn search(&mut self, subject: &Subject<'_>) -> Vec<Finding> {
        let key = (subject.step, subject.quantity);
        if let Some(found) = self.best(subject, &self.singles(key)) {
            return self.adopt(found, subject);
        }
        if let Some(rounding) = self.rounding(subject) {
            self.rounded = Some(rounding);
            let deviation = Deviation::RoundedIntermediates(rounding.0, rounding.1);
            self.charged_structures.push(Rule::RoundedIntermediates);
            return vec![self.finding(&deviation, key, false)];
        }
        let wrong = self.mismatches(subject);
        let is_slip = wrong == 1;
        let answered = subject.written.iter().flatten().count();
        let longest = subject.written.iter().flatten().map(|w| w.significant).max();
        // A single number of few digits is soon met by some pair of rules.
        let worth_pairs = (wrong > 1 || answered == 1)
            && longest.is_some_and(|digits| digits >= DIGITS_FOR_PAIRS);
        if worth_pairs && self.work() <= MOST_WORK_FOR_PAIRS {
            let pairs = self.pairs(key);
            if let Some(found) = self.best(subject, &pairs) {
                return self.adopt(found, subject);
            }
        }
        if is_slip {
            let sentence = slip(subject.quantity);
            return vec![Finding { rule: Rule::ArithmeticSlip, sentence, together: false }];
        }
        Vec::new()
    }

    pub(super) fn work(&self) -> usize {
        let network = &self.judge.exercise.network;
        network.parameter_count() * self.part.examples.len() * step_count(self.part)
    }

    /// How many entries neither are right nor follow.
    pub(super) fn mismatches(&mut self, subject: &Subject<'_>) -> usize {
        let plain =
            self.now(subject.precision).steps[subject.step][&subject.quantity].plain.clone();
        let agreement = self.agreement(subject, &plain);
        agreement.iter().zip(subject.right.iter()).filter(|(a, right)| !**a && !**right).count()
    }

    /// The deviations that can reach a quantity, those of earlier parts first.
    pub(super) fn reaching(&self, key: (usize, Quantity)) -> Vec<Deviation> {
        let depth = self.depth();
        let causes = self.hidden_causes(key);
        // What a hidden part did wrong shows where its results are used first.
        let from_start = self.judge.start_is_hidden()
            && causes.iter().any(|(step, quantity)| *step == 0 && uses_parameters(*quantity));
        let known = self.judge.known.iter();
        let all = known.filter(|d| self.candidates.contains(d)).chain(&self.candidates);
        let earlier = if from_start { self.judge.hidden_candidates() } else { Vec::new() };
        let all = all.chain(&earlier);
        let mut reaching: Vec<Deviation> = Vec::new();
        for deviation in all {
            let reaches = deviation.is_structural()
                || from_start
                || causes.iter().any(|(_, quantity)| touches(deviation, *quantity, depth));
            if reaches && !reaching.contains(deviation) {
                reaching.push(*deviation);
            }
        }
        reaching
    }

    /// Each deviation beside those that were found, and on its own.
    pub(super) fn singles(&self, key: (usize, Quantity)) -> Vec<Vec<Deviation>> {
        let mut sets: Vec<Vec<Deviation>> = Vec::new();
        for deviation in self.reaching(key) {
            for set in [self.with(&[deviation]), vec![deviation]] {
                if !sets.contains(&set) {
                    sets.push(set);
                }
            }
        }
        sets
    }

    /// The deviations found, with some more; variants of the same rule replace each other.
    pub(super) fn with(&self, more: &[Deviation]) -> Vec<Deviation> {
        let kept = self.adopted.iter().filter(|d| more.iter().all(|m| m.rule() != d.rule()));
        kept.chain(more).copied().collect()
    }

    /// Pairs of deviations that can reach a quantity.
    pub(super) fn pairs(&self, key: (usize, Quantity)) -> Vec<Vec<Deviation>> {
        let useful = self.reaching(key);
        let mut sets = Vec::new();
        for (i, first) in useful.iter().enumerate() {
            for second in &useful[i + 1..] {
                if first.rule() != second.rule() {
                    sets.push(self.with(&[*first, *second]));
                }
            }
        }
        sets
    }

    /// Of some sets of deviations those that explain a quantity, and of these those that explain most of the answer; one for
    /// each combination of rules.
    pub(super) fn best(
        &mut self,
        subject: &Subject<'_>,
        sets: &[Vec<Deviation>],
    ) -> Option<Vec<Way>> {
        let mut best: Vec<Way> = Vec::new();
        let mut most = None;
        for set in sets {
            // Who leaves f out of x may still take f′ at z.
            let leaves_out = set.iter().any(|d| matches!(d, Deviation::ActivationMissing(_)));
            let ways: &[bool] = if leaves_out { &[false, true] } else { &[false] };
            for &from_z in ways {
                if !self.may_match(subject, set, subject.precision, from_z) {
                    continue;
                }
                let run = self.judge.run(Some(self.answers), set, subject.precision, from_z);
                let node = &run.steps[subject.step][&subject.quantity];
                if !self.matches(subject, node.computed()) {
                    continue;
                }
                let worth = self.worth(&run, (subject.step, subject.quantity));
                if most.is_none_or(|most| worth > most) {
                    best.clear();
                    most = Some(worth);
                }
                let rules =
                    |set: &[Deviation]| -> Vec<Rule> { set.iter().map(|d| d.rule()).collect() };
                if most == Some(worth) && best.iter().all(|other| rules(&other.set) != rules(set)) {
                    best.push(Way { set: set.clone(), from_z });
                }
            }
        }
        (!best.is_empty()).then_some(best)
    }

    /// Whether numbers that are shorter than the others of an answer, and right as far as they go, are exactly what a wrong
    /// rule gives: a bias of 0.4 that was not updated is no short way to write 0.38.
    pub(super) fn is_exactly_wrong(&mut self, subject: &Subject<'_>) -> bool {
        let key = (subject.step, subject.quantity);
        let quick = Precision { errors: false, ..subject.precision };
        self.reaching(key).into_iter().any(|deviation| {
            let (answers, set) = (Some(self.answers), [deviation]);
            let run = self.judge.run_until(answers, &set, quick, false, Some(key));
            let computed = run.steps[key.0][&key.1].computed();
            subject.written.iter().zip(computed).all(|(written, computed)| {
                written.as_ref().is_none_or(|written| {
                    (written.value - computed.value).abs() <= 1e-9 * (1.0 + computed.value.abs())
                })
            })
        })
    }

    /// Whether a run can match a quantity: a quick look at the values alone, with the errors that the quantity has as far as
    /// it is known, and room for others.
    pub(super) fn may_match(
        &mut self,
        subject: &Subject<'_>,
        set: &[Deviation],
        precision: Precision,
        from_z: bool,
    ) -> bool {
        let key = subject.quantity;
        let known = self.now(subject.precision).steps[subject.step][&key].plain.clone();
        let known = known.iter().map(|a| a.drift).fold(0.0, f64::max);
        let quick = Precision { errors: false, ..precision };
        let (answers, step) = (Some(self.answers), subject.step);
        let run = self.judge.run_until(answers, set, quick, from_z, Some((step, key)));
        let roughly = run.steps[step][&key].computed().mapv(|a| Approx {
            value: a.value,
            drift: OTHER_ERRORS * known + ANY_ERROR * a.value.abs(),
        });
        self.matches(subject, &roughly)
    }

    /// What speaks for a run: how many answered quantities from one on it explains, and how few it contradicts, those before
    /// included. (What was answered takes the place of what a rule would have given, so that a rule can explain the rest
    /// although it is not what was done.)
    pub(super) fn worth(
        &mut self,
        run: &PartRun,
        from: (usize, Quantity),
    ) -> (usize, Reverse<usize>) {
        let answered = self.answered.clone();
        let contradicted = answered
            .into_iter()
            .filter(|(step, quantity)| {
                let subject = self.subject(*step, *quantity);
                subject.is_some_and(|s| !self.matches(&s, run.steps[*step][quantity].computed()))
            })
            .count();
        (self.explained_by(run, from), Reverse(contradicted))
    }

    /// How many answered quantities from one on a run explains.
    pub(super) fn explained_by(&mut self, run: &PartRun, from: (usize, Quantity)) -> usize {
        let start = self.answered.iter().position(|key| *key == from).unwrap_or(0);
        let later: Vec<(usize, Quantity)> = self.answered[start..].to_vec();
        later
            .into_iter()
            .filter(|(step, quantity)| {
                let Some(subject) = self.subject(*step, *quantity) else { return false };
                let node = &run.steps[*step][quantity];
                self.explained(&subject, &node.plain) || self.explained(&subject, node.computed())
            })
            .count()
    }

    /// Takes over the first of the sets that explain a quantity, and names all of them.
    pub(super) fn adopt(&mut self, found: Vec<Way>, subject: &Subject<'_>) -> Vec<Finding> {
        let key = (subject.step, subject.quantity);
        let before = self.adopted.clone();
        let new = |set: &[Deviation]| -> Vec<Deviation> {
            set.iter().filter(|d| !before.contains(d)).copied().collect()
        };
        let mut findings: Vec<Finding> = Vec::new();
        for Way { set, .. } in &found {
            let added = new(set);
            // A set without anything new explains by what was found before.
            let named = if added.is_empty() { set.clone() } else { added };
            let together = named.len() > 1;
            for deviation in named {
                if findings.iter().all(|f| f.rule != deviation.rule()) {
                    findings.push(self.finding(&deviation, key, together));
                }
            }
        }
        if let Some(first) = found.into_iter().next() {
            let added = new(&first.set);
            self.adopted = first.set;
            self.from_z = first.from_z;
            self.now = Runs::default();
            for deviation in &added {
                self.charge(deviation, key, subject.precision);
            }
        }
        findings
    }
}
