//! The verdicts of a part: what agrees, what follows, and which rule explains the rest.

mod cause;
mod rounding;
mod search;
mod truth;

use std::collections::HashMap;
use std::rc::Rc;

use ndarray::Array2;

use crate::exercise::{Exercise, Part, Task};
use crate::marking::answers::Written;
use crate::marking::approx::{Approx, Matrix};
use crate::marking::chain::{Conditions, Node, Parameters, PartAnswers, PartRun, run_part};
use crate::marking::deviation::{Deviation, candidates};
use crate::marking::graph::touches;
use crate::marking::precision::{Digits, MarkingOptions, Precision, Rounded, Rounding, agrees};
use crate::marking::quantity::{Quantity, Shape, quantities, step_count};
use crate::marking::rule::Rule;
use crate::marking::sentences::sentence;
use crate::marking::verdict::{EntryMarking, Finding, QuantityMarking, Verdict};
use crate::solve::SolvedPart;

use truth::{Truth, solved_values};

/// What a part is judged by.
pub(super) struct Judge<'a> {
    pub(super) exercise: &'a Exercise,
    pub(super) index: usize,
    pub(super) solved: &'a SolvedPart,
    /// The parameters that the student's earlier parts ended with.
    pub(super) ends: &'a [Parameters],
    /// Which earlier parts were answered at all.
    pub(super) answered: &'a [bool],
    pub(super) options: MarkingOptions,
    /// The deviations found in earlier parts, which are the likeliest here.
    pub(super) known: &'a [Deviation],
    /// The digits that the exercise asks for.
    pub(super) digits: Option<usize>,
}

/// The verdicts of a part.
pub(super) struct Judgement {
    pub(super) quantities: Vec<QuantityMarking>,
    /// The deviations that the student's numbers were found to follow.
    pub(super) adopted: Vec<Deviation>,
    pub(super) end: Parameters,
    /// The total loss before and after each step, as the student has it.
    pub(super) losses: Vec<(f64, f64)>,
}

impl Judgement {
    /// How many quantities are wrong.
    pub(super) fn wrong(&self) -> usize {
        self.quantities.iter().filter(|q| q.verdict == Verdict::Wrong).count()
    }
}

/// The digits assumed where an answer shows none.
const USUAL: Precision = Precision { decimals: 6, significant: 6, rounding: None, errors: true };

/// Where a search stands.
struct Search<'a> {
    judge: &'a Judge<'a>,
    part: &'a Part,
    answers: &'a PartAnswers,
    /// The answered quantities in the order of computation.
    answered: Vec<(usize, Quantity)>,
    typical: Precision,
    digits: Digits,
    /// What is known of the answered quantities.
    subjects: HashMap<(usize, Quantity), Subject<'a>>,
    truths: Vec<(Precision, Truth)>,
    base: Runs,
    /// With the deviations that were found.
    adopted: Vec<Deviation>,
    now: Runs,
    /// Formulas whose deviation has cost marks already.
    charged: Vec<(usize, Quantity)>,
    charged_structures: Vec<Rule>,
    /// How intermediate results were found to be rounded.
    rounded: Option<(Rounding, Rounded)>,
    /// Whether f′ is taken at z although x was found not to be f(z).
    from_z: bool,
    candidates: Vec<Deviation>,
}

/// Runs that differ in their precision only.
#[derive(Default)]
struct Runs(Vec<(Precision, PartRun)>);

impl Judge<'_> {
    fn part(&self) -> &Part {
        &self.exercise.parts[self.index]
    }

    fn run(
        &self,
        answers: Option<&PartAnswers>,
        deviations: &[Deviation],
        precision: Precision,
        derivative_from_z: bool,
    ) -> PartRun {
        self.run_until(answers, deviations, precision, derivative_from_z, None)
    }

    fn run_until(
        &self,
        answers: Option<&PartAnswers>,
        deviations: &[Deviation],
        precision: Precision,
        derivative_from_z: bool,
        until: Option<(usize, Quantity)>,
    ) -> PartRun {
        let options = self.options;
        let conditions =
            Conditions { deviations, answers, precision, options, derivative_from_z, until };
        run_part(self.exercise, self.index, &self.ends_under(&conditions), &conditions)
    }

    /// The parameters that the earlier parts ended with. Who shows nothing of a part has computed it in the same way.
    fn ends_under(&self, conditions: &Conditions<'_>) -> Vec<Parameters> {
        let mut ends = self.ends.to_vec();
        if conditions.deviations.is_empty() && conditions.precision.rounding.is_none() {
            return ends;
        }
        let mut wanted = self.part().start;
        let mut hidden = Vec::new();
        while let Some(earlier) = wanted.filter(|earlier| !self.answered[*earlier]) {
            hidden.push(earlier);
            wanted = self.exercise.parts[earlier].start;
        }
        for earlier in hidden.into_iter().rev() {
            let possible = candidates(self.exercise, earlier);
            let own: Vec<Deviation> =
                conditions.deviations.iter().filter(|d| possible.contains(d)).copied().collect();
            let conditions =
                Conditions { deviations: &own, answers: None, until: None, ..*conditions };
            ends[earlier] = run_part(self.exercise, earlier, &ends, &conditions).end;
        }
        ends
    }

    /// Whether the parameters of the start are the result of a part that the student shows nothing of.
    fn start_is_hidden(&self) -> bool {
        self.part().start.is_some_and(|earlier| !self.answered[earlier])
    }

    /// Judges what a student wrote in the part.
    pub(super) fn judge(&self, answers: &PartAnswers) -> Judgement {
        let part = self.part();
        let shapes = quantities(self.exercise, part);
        let steps = step_count(part);
        let all = (0..steps).flat_map(|step| shapes.iter().map(move |shape| (step, *shape)));
        let is_answered = |(step, shape): &(usize, Shape)| {
            answers.get(&(*step, shape.quantity)).is_some_and(|a| a.iter().any(Option::is_some))
        };
        let answered = all.clone().filter(is_answered).map(|(s, shape)| (s, shape.quantity));
        let answered: Vec<(usize, Quantity)> = answered.collect();
        let (typical, digits) = typical(answers, &answered);
        let mut search = Search {
            judge: self,
            part,
            answers,
            typical: digits.only(typical),
            digits,
            subjects: HashMap::new(),
            answered,
            truths: Vec::new(),
            base: Runs::default(),
            adopted: Vec::new(),
            now: Runs::default(),
            charged: Vec::new(),
            charged_structures: Vec::new(),
            rounded: None,
            from_z: false,
            candidates: candidates(self.exercise, self.index),
        };
        let mut marked = Vec::new();
        for (step, shape) in all {
            marked.push(search.quantity(step, shape));
        }
        let end = search.now(search.typical).end.clone();
        let losses = search
            .now(search.typical)
            .steps
            .iter()
            .filter_map(|run| {
                let value = |q| run.get(&q).map(|n: &Node| n.used[[0, 0]].value);
                Some((value(Quantity::TotalLoss)?, value(Quantity::TotalLossAfter)?))
            })
            .collect();
        Judgement { quantities: marked, adopted: search.adopted, end, losses }
    }
}

/// The digits of most quantities of an answer: the lower median of the longest number of each.
fn typical(answers: &PartAnswers, answered: &[(usize, Quantity)]) -> (Precision, Digits) {
    let numbers = answered.iter().filter(|(_, quantity)| *quantity != Quantity::Class);
    let numbers: Vec<_> = numbers.map(|key| answers[key].iter().flatten()).collect();
    let longest: Vec<Precision> =
        numbers.iter().filter_map(|numbers| Precision::longest(numbers.clone())).collect();
    if longest.is_empty() {
        return (USUAL, Digits::Either);
    }
    let middle = (longest.len() - 1) / 2;
    let mut decimals: Vec<i32> = longest.iter().map(|p| p.decimals).collect();
    let mut significant: Vec<u32> = longest.iter().map(|p| p.significant).collect();
    decimals.sort_unstable();
    significant.sort_unstable();
    let typical = Precision {
        decimals: decimals[middle],
        significant: significant[middle],
        rounding: None,
        errors: true,
    };
    (typical, Digits::of(numbers.into_iter().flatten()))
}

impl Runs {
    fn get(&mut self, precision: Precision, make: impl FnOnce() -> PartRun) -> &PartRun {
        let at = match self.0.iter().position(|(own, _)| *own == precision) {
            Some(at) => at,
            None => {
                self.0.push((precision, make()));
                self.0.len() - 1
            }
        };
        &self.0[at].1
    }
}

/// A quantity that is being judged.
#[derive(Clone)]
struct Subject<'a> {
    step: usize,
    quantity: Quantity,
    written: &'a Array2<Option<Written>>,
    precision: Precision,
    /// Where the entry agrees with the solution.
    right: Rc<Array2<bool>>,
    /// Whether a short number stands for all the digits that the others have.
    in_full: bool,
}

impl<'a> Search<'a> {
    fn base(&mut self, precision: Precision) -> &PartRun {
        let (judge, answers) = (self.judge, self.answers);
        self.base.get(precision, || judge.run(Some(answers), &[], precision, false))
    }

    fn now(&mut self, precision: Precision) -> &PartRun {
        if self.adopted.is_empty() {
            return self.base(precision);
        }
        let (judge, answers, from_z) = (self.judge, self.answers, self.from_z);
        let adopted = &self.adopted;
        self.now.get(precision, || judge.run(Some(answers), adopted, precision, from_z))
    }

    fn agree(
        &self,
        quantity: Quantity,
        written: &Option<Written>,
        computed: Approx,
        precision: &Precision,
    ) -> bool {
        let Some(written) = written else { return true };
        if quantity == Quantity::Class {
            return written.value == computed.value;
        }
        agrees(written, computed, precision, &self.judge.options)
    }

    /// Where the entries agree with a computed matrix.
    fn agreement(&self, subject: &Subject<'_>, computed: &Matrix) -> Array2<bool> {
        Array2::from_shape_fn(subject.written.dim(), |at| {
            computed.get(at).is_some_and(|computed| {
                if subject.in_full {
                    return is_near(&subject.written[at], *computed, &subject.precision);
                }
                self.agree(subject.quantity, &subject.written[at], *computed, &subject.precision)
            })
        })
    }

    /// Whether every entry is right or agrees with a computed matrix.
    fn explained(&self, subject: &Subject<'_>, computed: &Matrix) -> bool {
        self.agreement(subject, computed)
            .iter()
            .zip(subject.right.iter())
            .all(|(a, right)| *a || *right)
    }

    /// Whether every entry agrees with a computed matrix, the right ones included.
    fn matches(&self, subject: &Subject<'_>, computed: &Matrix) -> bool {
        self.agreement(subject, computed).iter().all(|a| *a)
    }

    fn subject(&mut self, step: usize, quantity: Quantity) -> Option<Subject<'a>> {
        let key = (step, quantity);
        if let Some(known) = self.subjects.get(&key) {
            return Some(known.clone());
        }
        let answers = self.answers;
        let written = answers.get(&key)?;
        let own = Precision::longest(written.iter().flatten());
        let precision = own.map_or(self.typical, |own| self.digits.only(own.or(&self.typical)));
        let judge = self.judge;
        if self.truths.iter().all(|(own, _)| *own != precision) {
            self.truths.push((precision, Truth::new(judge, precision)));
        }
        let truth = self.truths.iter().find(|(own, _)| *own == precision);
        let drifts = truth.map(|(_, truth)| truth.drifts(step, quantity))?;
        let values = self.judge.values(step, quantity);
        let right = Array2::from_shape_fn(written.dim(), |at| {
            let computed = Approx { value: values[at], drift: drifts[at] };
            self.agree(quantity, &written[at], computed, &precision)
        });
        let right = Rc::new(right);
        let mut subject = Subject { step, quantity, written, precision, right, in_full: false };
        let near = Array2::from_shape_fn(written.dim(), |at| {
            is_near(&written[at], Approx { value: values[at], drift: drifts[at] }, &precision)
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
        let answered = self.answered.contains(&(step, shape.quantity));
        let Some(subject) = answered.then(|| self.subject(step, shape.quantity)).flatten() else {
            let entry = |at| EntryMarking {
                written: None,
                verdict: Verdict::Missing,
                right: values[at],
                expected: values[at],
            };
            return QuantityMarking {
                step,
                quantity: shape.quantity,
                verdict: Verdict::Missing,
                findings: Vec::new(),
                entries: Array2::from_shape_fn(values.dim(), entry),
                too_short: false,
            };
        };
        let (verdict, findings) = self.verdict(&subject);
        let expected = self.now(subject.precision).steps[step][&shape.quantity].plain.clone();
        let follows = self.agreement(&subject, &expected);
        let base = self.base(subject.precision).steps[step][&shape.quantity].plain.clone();
        let follows_base = self.agreement(&subject, &base);
        let all_follow = follows.iter().all(|follows| *follows);
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
            EntryMarking { written, verdict, right: values[at], expected: expected[at].value }
        });
        let too_short = self.judge.digits.is_some_and(|digits| {
            entries.iter().any(|entry| {
                entry.written.as_ref().is_some_and(|written| is_short(written, entry.right, digits))
            })
        });
        QuantityMarking { step, quantity: shape.quantity, verdict, findings, entries, too_short }
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
        let is_rounded = findings.iter().any(|f| f.rule == Rule::RoundedIntermediates);
        (if is_rounded { Verdict::FollowThrough } else { Verdict::Wrong }, findings)
    }

    fn depth(&self) -> usize {
        self.judge.exercise.network.layers().len()
    }

    fn states(&self) -> &'static [&'static str] {
        match &self.part.task {
            Task::Update { optimizer, .. } => optimizer.state_names(),
            _ => &[],
        }
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
        if !matches!(subject.quantity, Quantity::Delta(_)) {
            return false;
        }
        let run = self.judge.run(Some(self.answers), &self.adopted, subject.precision, true);
        self.explained(subject, &run.steps[subject.step][&subject.quantity].plain)
    }
}

/// Whether a number agrees with a computed one to the digits that the student keeps elsewhere.
fn is_near(written: &Option<Written>, computed: Approx, precision: &Precision) -> bool {
    let allowed = computed.drift + 2.0 * precision.half_unit(computed.value);
    written.as_ref().is_none_or(|written| (written.value - computed.value).abs() <= allowed)
}

/// Whether a number has fewer digits than are asked for, and the right one does not end there.
fn is_short(written: &Written, right: f64, digits: usize) -> bool {
    let digits = u32::try_from(digits).unwrap_or(u32::MAX);
    let kept = Rounding::Decimals(written.decimals).apply(right);
    written.significant < digits
        && written.value != 0.0
        && (kept - right).abs() > 1e-12 * right.abs()
}

impl Judge<'_> {
    /// The solution's numbers of a quantity.
    pub(super) fn values(&self, step: usize, quantity: Quantity) -> Array2<f64> {
        solved_values(&self.solved.steps[step], quantity)
    }

    /// The parameters that the earlier parts end with in the solution, as far off as rounding can make them.
    fn right_ends(&self, precision: Precision) -> Vec<Parameters> {
        let mut ends: Vec<Parameters> = Vec::new();
        for index in 0..self.index {
            let conditions = Conditions {
                deviations: &[],
                answers: None,
                precision,
                options: self.options,
                derivative_from_z: false,
                until: None,
            };
            let end = run_part(self.exercise, index, &ends, &conditions).end;
            ends.push(end);
        }
        ends
    }

    /// The deviations of the earlier parts that lead to this one.
    fn hidden_candidates(&self) -> Vec<Deviation> {
        self.part().start.map_or_else(Vec::new, |earlier| candidates(self.exercise, earlier))
    }

    /// Whether the student's part starts from other parameters than the solution's.
    fn start_differs(&self) -> bool {
        let Some(start) = self.part().start else { return false };
        let right = Parameters::initial(&self.solved.start);
        let own = &self.ends[start];
        let differ = |(a, b): (&Approx, &Approx)| {
            (a.value - b.value).abs() > a.drift + b.drift + 1e-12 * b.value.abs()
        };
        let weights = own.weights.iter().zip(&right.weights);
        let biases = own.biases.iter().zip(&right.biases);
        weights.chain(biases).any(|(own, right)| own.iter().zip(right).any(differ))
    }
}
