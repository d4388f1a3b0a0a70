//! The verdicts of a part: what agrees, what follows, and which rule explains the rest.

mod cause;
mod copied;
mod evidence;
mod part;
mod rounding;
mod runs;
mod search;
mod shown;
mod slip;
mod start;
mod state;
mod truth;
mod work;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use ndarray::Array2;

use crate::marking::agreement::ends_there;
use crate::marking::answers::Written;
use crate::marking::approx::Approx;
use crate::marking::chain::{ApproxParameters, ChainValue, PartAnswers, StepRun};
use crate::marking::deviation::{Deviation, candidates};
use crate::marking::graph::touches;
use crate::marking::precision::{Digits, Rounding, WorkingPrecision};
use crate::marking::quantity::{Quantity, Shape, answerable, step_count};
use crate::marking::rule::WrongRule;
use crate::marking::sentences::sentence;
use crate::marking::verdict::{EntryMarking, Finding, QuantityMarking, Verdict};

use part::USUAL;
use runs::Runs;
use state::{Search, Subject, is_near};
use truth::Truth;

pub(super) use part::{Judge, Rightly};
pub(super) use shown::{Work, WorkShown, is_enough};

/// The verdicts of a part.
pub(super) struct Judgement {
    pub(super) quantities: Vec<QuantityMarking>,
    /// The deviations that the student's numbers were found to follow.
    pub(super) adopted: Vec<Deviation>,
    /// The parameters that the part ends with, as the student has them.
    pub(super) end: ApproxParameters,
    /// The same by a right method from what was written.
    pub(super) right_end: ApproxParameters,
    /// Whether some mistakes were not looked for, because that would have taken too long.
    pub(super) gave_up: bool,
    /// The total loss before and after each step, as the student has it.
    pub(super) losses: Vec<(f64, f64)>,
    pub(super) shown: WorkShown,
}

impl Judgement {
    /// How many quantities are wrong.
    pub(super) fn wrong(&self) -> usize {
        self.quantities.iter().filter(|q| q.verdict == Verdict::Wrong).count()
    }
}

impl Judge<'_> {
    /// Judges what a student wrote in the part.
    pub(super) fn judge(&self, answers: &PartAnswers) -> Judgement {
        let mut search = self.search(answers);
        let all = self.all();
        let marked = all.into_iter().map(|(step, shape)| search.quantity(step, shape)).collect();
        search.judgement(marked)
    }

    /// Judges what a student wrote in the part, if fewer quantities than this are wrong. The rest is left unread where they
    /// are not: the search for the mistakes of an answer in a way of writing that is not the student's takes longest.
    pub(super) fn judge_if(&self, answers: &PartAnswers, fewer: usize) -> Option<Judgement> {
        let mut search = self.search(answers);
        let (mut marked, mut wrong) = (Vec::new(), 0);
        for (step, shape) in self.all() {
            let quantity = search.quantity(step, shape);
            wrong += usize::from(quantity.verdict == Verdict::Wrong);
            if wrong >= fewer {
                return None;
            }
            marked.push(quantity);
        }
        Some(search.judgement(marked))
    }

    /// Every quantity of the part in the order of computation, with its step; of the numbers on the way those that are named.
    fn all(&self) -> Vec<(usize, Shape)> {
        let shapes = answerable(self.exercise, self.part());
        let steps = 0..step_count(self.part());
        let all = steps.flat_map(|step| shapes.iter().map(move |shape| (step, *shape)));
        let is_judged = |(step, shape): &(usize, Shape)| {
            !shape.quantity.is_on_the_way() || self.named.contains(&(*step, shape.quantity))
        };
        all.filter(is_judged).collect()
    }

    /// A search that begins.
    fn search<'a>(&'a self, answers: &'a PartAnswers) -> Search<'a> {
        self.effort.begin();
        let is_answered = |(step, shape): &(usize, Shape)| {
            answers.get(&(*step, shape.quantity)).is_some_and(|a| a.iter().any(Option::is_some))
        };
        let answered =
            self.all().into_iter().filter(is_answered).map(|(s, shape)| (s, shape.quantity));
        let answered: Vec<(usize, Quantity)> = answered.collect();
        let (typical, digits) = self.typical(answers, &answered);
        let mut search = Search {
            judge: self,
            part: self.part(),
            answers,
            typical: digits.only(typical),
            usual: typical,
            digits,
            subjects: HashMap::new(),
            places: answered.iter().enumerate().map(|(at, key)| (*key, at)).collect(),
            answered,
            clean: HashSet::new(),
            truths: Vec::new(),
            base: Runs::default(),
            from_written: Runs::default(),
            adopted: Vec::new(),
            now: Runs::default(),
            charged: Vec::new(),
            charged_structures: Vec::new(),
            rounded: None,
            from_z: false,
            candidates: candidates(self.exercise, self.index),
            doubts: HashMap::new(),
            work: Work::NothingToShow,
            unexplained: 0,
        };
        search.look_for_work();
        search
    }

    /// The digits of most quantities of an answer: the lower median of the longest number of each. A number that is right
    /// exactly just ends there, and says nothing of the digits that are kept, and neither does what was there before.
    fn typical(
        &self,
        answers: &PartAnswers,
        answered: &[(usize, Quantity)],
    ) -> (WorkingPrecision, Digits) {
        let all = answered.iter().filter(|(_, quantity)| *quantity != Quantity::Class);
        let numbers: Vec<Vec<&Written>> =
            all.clone().map(|key| answers[key].iter().flatten().collect()).collect();
        let start = self.start();
        let cut: Vec<Vec<&Written>> = all
            .map(|key| {
                let values = self.values(key.0, key.1);
                let old = match key.1 {
                    Quantity::Weights(layer) => start.weights.get(layer - 1),
                    Quantity::Biases(layer) => start.biases.get(layer - 1),
                    _ => None,
                };
                let written = answers[key].indexed_iter().zip(&values);
                let cut = written.filter_map(|((at, written), value)| {
                    let is_old = |written: &Written| {
                        old.and_then(|old| old.get(at)).is_some_and(|o| o.value == written.value)
                    };
                    let cut = |w: &&Written| !ends_there(w, *value) && !is_old(w);
                    written.as_ref().filter(cut)
                });
                cut.collect()
            })
            .collect();
        let longest = |numbers: &[Vec<&Written>]| -> Vec<WorkingPrecision> {
            let all = numbers.iter();
            all.filter_map(|numbers| WorkingPrecision::longest(numbers.iter().copied())).collect()
        };
        let mut telling = longest(&cut);
        if telling.is_empty() {
            telling = longest(&numbers);
        }
        if telling.is_empty() {
            return (USUAL, Digits::Either);
        }
        let middle = (telling.len() - 1) / 2;
        let mut decimals: Vec<i32> = telling.iter().map(|p| p.decimals).collect();
        let mut significant: Vec<u32> = telling.iter().map(|p| p.significant).collect();
        decimals.sort_unstable();
        significant.sort_unstable();
        let typical = WorkingPrecision::of_digits(decimals[middle], significant[middle]);
        (typical, Digits::of(numbers.into_iter().flatten()))
    }
}

impl<'a> Search<'a> {
    fn judgement(mut self, quantities: Vec<QuantityMarking>) -> Judgement {
        let value = |run: &StepRun, quantity| {
            run.get(&quantity).map(|node: &ChainValue| node.used[[0, 0]].value)
        };
        let now = self.now(self.typical);
        let end = now.end.clone();
        let losses = now.steps.iter().filter_map(|run| {
            Some((value(run, Quantity::TotalLoss)?, value(run, Quantity::TotalLossAfter)?))
        });
        let losses = losses.collect();
        let right_end = self.rightly_from_written(self.typical).end.clone();
        let gave_up = self.judge.effort.gave_up();
        // Numbers that a rounding explains were computed.
        let work = if self.rounded.is_some() { Work::Shown } else { self.work };
        let trivial = self.trivial();
        let mut old = HashMap::new();
        for (step, quantity) in self.answered.clone() {
            if let Some(values) = self.old(step, quantity) {
                old.insert((step, quantity), values);
            }
        }
        let shown = WorkShown { work, old, trivial };
        Judgement { quantities, adopted: self.adopted, end, right_end, gave_up, losses, shown }
    }

    fn subject(&mut self, step: usize, quantity: Quantity) -> Option<Subject<'a>> {
        let key = (step, quantity);
        if let Some(known) = self.subjects.get(&key) {
            return Some(known.clone());
        }
        let answers = self.answers;
        let written = answers.get(&key)?;
        let own = WorkingPrecision::longest(written.iter().flatten());
        let precision = own.map_or(self.typical, |own| self.digits.only(own.or(&self.typical)));
        let judge = self.judge;
        // The truth does not depend on where written numbers end.
        let of_truth = WorkingPrecision { kept: 0, trusts_coarse: false, ..precision };
        if self.truths.iter().all(|(own, _)| *own != of_truth) {
            self.truths.push((of_truth, Truth::new(judge, of_truth)));
        }
        let truth = self.truths.iter().find(|(own, _)| *own == of_truth);
        let drifts = truth.map(|(_, truth)| truth.drifts(step, quantity))?;
        let values = self.judge.values(step, quantity);
        let nothing = Rc::new(Array2::from_elem(written.dim(), false));
        let old = self.old(step, quantity).map(Rc::new);
        let in_full = false;
        let from_written = self.is_from_written(step, quantity);
        let mut subject = Subject {
            step,
            quantity,
            written,
            precision,
            right: nothing,
            in_full,
            old,
            from_written,
        };
        let right = Array2::from_shape_fn(written.dim(), |at| {
            let computed = Approx { value: values[at], drift: drifts[at] };
            let size = subject.size(at, computed);
            self.agree(quantity, &written[at], computed, size, &precision)
                && !subject.is_not_updated(at, computed)
        });
        subject.right = Rc::new(right);
        // Beside −6.03857e-10 a 0.8 has as many significant digits, not as many decimals.
        let significant = own.map_or(self.usual, |own| own.or(&self.usual));
        let significant = Digits::Significant.only(significant);
        let near = Array2::from_shape_fn(written.dim(), |at| {
            let computed = Approx { value: values[at], drift: drifts[at] };
            is_near(&written[at], computed, &precision)
                || is_near(&written[at], computed, &significant)
        });
        let is_short = subject.right.iter().all(|right| *right) && near.iter().any(|near| !near);
        if is_short && self.is_exactly_wrong(&subject) {
            subject.right = Rc::new(near);
            subject.in_full = true;
        }
        self.subjects.insert(key, subject.clone());
        Some(subject)
    }

    /// The verdict of a quantity.
    fn quantity(&mut self, step: usize, shape: Shape) -> QuantityMarking {
        let values = self.judge.values(step, shape.quantity);
        let answered = self.is_answered(&(step, shape.quantity));
        let Some(subject) = answered.then(|| self.subject(step, shape.quantity)).flatten() else {
            let expected = self.rightly_from_written(self.typical).steps[step].get(&shape.quantity);
            let expected = expected.map(|node| &node.plain);
            let entry = |at| EntryMarking {
                written: None,
                verdict: Verdict::Missing,
                right: values[at],
                expected: expected.map_or(values[at], |e| shown(e[at].value, values[at])),
                explained: None,
                counted: true,
            };
            return QuantityMarking {
                step,
                quantity: shape.quantity,
                verdict: Verdict::Missing,
                findings: Vec::new(),
                entries: Array2::from_shape_fn(values.dim(), entry),
                too_short: false,
                likeness: None,
                transposed: false,
            };
        };
        let (verdict, findings) = self.verdict(&subject);
        let now = self.now(subject.precision).steps[step][&shape.quantity].plain.clone();
        let follows = self.agreement(&subject, &now);
        let base = self.base(subject.precision).steps[step][&shape.quantity].plain.clone();
        let follows_base = self.agreement(&subject, &base);
        let all_follow = follows.iter().all(|follows| *follows);
        let expected =
            self.rightly_from_written(subject.precision).steps[step][&shape.quantity].plain.clone();
        let entries = Array2::from_shape_fn(subject.written.dim(), |at| {
            let written = subject.written[at].clone();
            let verdict = match (&written, subject.right[at], follows[at] || follows_base[at]) {
                (None, ..) => Verdict::Missing,
                (_, true, _) => Verdict::Correct,
                _ if verdict == Verdict::FollowThrough => Verdict::FollowThrough,
                // Where the whole is wrong only because of what is not shown, no entry follows from anything shown.
                (_, _, true) if findings.is_empty() || !all_follow => Verdict::FollowThrough,
                _ => Verdict::Wrong,
            };
            let by_mistake = verdict == Verdict::FollowThrough && follows[at] && !follows_base[at];
            let explained = by_mistake.then(|| now[at].value);
            let (right, expected) = (values[at], shown(expected[at].value, values[at]));
            EntryMarking { written, verdict, right, expected, explained, counted: true }
        });
        let too_short = self.judge.digits.is_some_and(|digits| {
            entries.iter().any(|entry| {
                entry.written.as_ref().is_some_and(|written| is_short(written, entry.right, digits))
            })
        });
        QuantityMarking {
            step,
            quantity: shape.quantity,
            verdict,
            findings,
            entries,
            too_short,
            likeness: self.doubts.remove(&(step, shape.quantity)),
            transposed: false,
        }
    }

    fn verdict(&mut self, subject: &Subject<'_>) -> (Verdict, Vec<Finding>) {
        if subject.right.iter().all(|right| *right) {
            return (Verdict::Correct, Vec::new());
        }
        let key = (subject.step, subject.quantity);
        let base = self.base(subject.precision).steps[subject.step][&subject.quantity].clone();
        let now = self.now(subject.precision).steps[subject.step][&subject.quantity].clone();
        let follows_base = self.explained(subject, &base.plain);
        let follows_now = !self.adopted.is_empty() && self.explained(subject, &now.plain);
        if follows_base && self.has_visible_cause(key) {
            return (Verdict::FollowThrough, Vec::new());
        }
        if follows_now {
            if let Some(deviation) = self.uncharged_cause(key, subject.precision) {
                self.charge(&deviation, key, subject.precision);
                return (Verdict::Wrong, vec![self.finding(&deviation, key, false)]);
            }
            return (Verdict::FollowThrough, Vec::new());
        }
        if follows_base {
            // Everything it was computed from is right as far as it was written: it was written with too few digits.
            return self.rounded(key);
        }
        if !self.adopted.is_empty() && self.matches(subject, now.computed()) && now.is_touched() {
            let depth = self.depth();
            let touching: Vec<Deviation> =
                self.adopted.iter().filter(|d| touches(d, key.1, depth)).copied().collect();
            let together = touching.len() > 1;
            for deviation in &touching {
                self.charge(deviation, key, subject.precision);
            }
            let findings = touching.iter().map(|d| self.finding(d, key, together)).collect();
            return (Verdict::Wrong, findings);
        }
        if self.follows_rounded(subject) {
            return (Verdict::FollowThrough, Vec::new());
        }
        if self.derivative_from_z(subject) {
            return (Verdict::FollowThrough, Vec::new());
        }
        let findings = self.search(subject);
        // Who rounded too early did nothing wrong: the method is right, and the numbers are the student's own.
        let is_rounded = findings.iter().any(|f| f.rule == WrongRule::RoundedIntermediates);
        (if is_rounded { Verdict::FollowThrough } else { Verdict::Wrong }, findings)
    }

    fn finding(&self, deviation: &Deviation, key: (usize, Quantity), together: bool) -> Finding {
        Finding {
            rule: deviation.rule(),
            sentence: sentence(self.judge.exercise, self.judge.index, deviation, key.1),
            together,
        }
    }

    /// Whether a quantity follows when f′ is computed from z, although x was written otherwise.
    fn derivative_from_z(&mut self, subject: &Subject<'_>) -> bool {
        if !matches!(subject.quantity, Quantity::Delta(_) | Quantity::Derivative(_)) {
            return false;
        }
        let run = self.now_at(subject.precision, true);
        let plain = run.steps[subject.step][&subject.quantity].plain.clone();
        self.explained(subject, &plain)
    }
}

/// What is shown of a number that follows from others: the solution's own where the two are the same but for rounding.
fn shown(expected: f64, right: f64) -> f64 {
    let noise = if right == 0.0 { 1e-14 } else { 1e-12 * right.abs() };
    if (expected - right).abs() <= noise { right } else { expected }
}

/// Whether a number has fewer digits than are asked for, and the right one does not end there.
fn is_short(written: &Written, right: f64, digits: usize) -> bool {
    let digits = u32::try_from(digits).unwrap_or(u32::MAX);
    let kept = Rounding::Decimals(written.decimals).apply(right);
    written.significant < digits
        && written.value != 0.0
        && (kept - right).abs() > 1e-12 * right.abs()
}
