//! The verdicts of a part: what agrees, what follows, and which rule explains the rest.

use ndarray::Array2;

use super::answers::Written;
use super::approx::{Approx, Matrix};
use super::chain::{Conditions, Node, Parameters, PartAnswers, PartRun, run_part};
use super::deviation::{Deviation, candidates};
use super::graph::{parents, touches};
use super::precision::{Digits, MarkingOptions, Precision, Rounded, Rounding, agrees};
use super::quantity::{Quantity, Shape, quantities, step_count};
use super::rule::Rule;
use super::sentences::sentence;
use super::verdict::{EntryMarking, Finding, QuantityMarking, Verdict};
use crate::exercise::{Exercise, Part, Task};
use crate::solve::{SolvedPart, Step};

/// What a part is judged by.
pub(super) struct Judge<'a> {
    pub(super) exercise: &'a Exercise,
    pub(super) index: usize,
    pub(super) solved: &'a SolvedPart,
    /// The parameters that the student's earlier parts ended with.
    pub(super) ends: &'a [Parameters],
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
const USUAL: Precision = Precision { decimals: 6, significant: 6, rounding: None };

/// Pairs of rules are tried only while that takes no longer than a reader waits: parameters × examples × steps.
const MOST_WORK_FOR_PAIRS: usize = 4_000;

/// Where a search stands.
struct Search<'a> {
    judge: &'a Judge<'a>,
    part: &'a Part,
    answers: &'a PartAnswers,
    /// The answered quantities in the order of computation.
    answered: Vec<(usize, Quantity)>,
    typical: Precision,
    digits: Digits,
    truth: Runs,
    base: Runs,
    /// With the deviations that were found.
    adopted: Vec<Deviation>,
    now: Runs,
    /// Formulas whose deviation has cost marks already.
    charged: Vec<(usize, Quantity)>,
    charged_structures: Vec<Rule>,
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
        let conditions =
            Conditions { deviations, answers, precision, options: self.options, derivative_from_z };
        run_part(self.exercise, self.index, self.ends, &conditions)
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
            answered,
            truth: Runs::default(),
            base: Runs::default(),
            adopted: Vec::new(),
            now: Runs::default(),
            charged: Vec::new(),
            charged_structures: Vec::new(),
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
    let typical =
        Precision { decimals: decimals[middle], significant: significant[middle], rounding: None };
    (typical, Digits::of(numbers.into_iter().flatten(), &typical))
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
struct Subject<'a> {
    step: usize,
    quantity: Quantity,
    written: &'a Array2<Option<Written>>,
    precision: Precision,
    /// Where the entry agrees with the solution.
    right: Array2<bool>,
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
        let (judge, answers, adopted) = (self.judge, self.answers, &self.adopted);
        self.now.get(precision, || judge.run(Some(answers), adopted, precision, false))
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
                self.agree(subject.quantity, &subject.written[at], *computed, &subject.precision)
            })
        })
    }

    /// Whether every entry is right or agrees with a computed matrix.
    fn explained(&self, subject: &Subject<'_>, computed: &Matrix) -> bool {
        self.agreement(subject, computed).iter().zip(&subject.right).all(|(a, right)| *a || *right)
    }

    /// Whether every entry agrees with a computed matrix, the right ones included.
    fn matches(&self, subject: &Subject<'_>, computed: &Matrix) -> bool {
        self.agreement(subject, computed).iter().all(|a| *a)
    }

    fn subject(&mut self, step: usize, quantity: Quantity) -> Option<Subject<'a>> {
        let answers = self.answers;
        let written = answers.get(&(step, quantity))?;
        let own = Precision::longest(written.iter().flatten());
        let precision = own.map_or(self.typical, |own| self.digits.only(own.or(&self.typical)));
        let judge = self.judge;
        let truth = self.truth.get(precision, || {
            let ends = judge.right_ends(precision);
            let conditions = Conditions {
                deviations: &[],
                answers: None,
                precision,
                options: judge.options,
                derivative_from_z: false,
            };
            run_part(judge.exercise, judge.index, &ends, &conditions)
        });
        let drifts = truth.steps[step][&quantity].plain.mapv(|a| a.drift);
        let values = self.judge.values(step, quantity);
        let right = Array2::from_shape_fn(written.dim(), |at| {
            let computed = Approx { value: values[at], drift: drifts[at] };
            self.agree(quantity, &written[at], computed, &precision)
        });
        Some(Subject { step, quantity, written, precision, right })
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
        let entries = Array2::from_shape_fn(subject.written.dim(), |at| {
            let written = subject.written[at].clone();
            let verdict = match (&written, subject.right[at], follows[at] || follows_base[at]) {
                (None, ..) => Verdict::Missing,
                (_, true, _) => Verdict::Correct,
                (_, _, true) if verdict != Verdict::Wrong => Verdict::FollowThrough,
                // Where the whole is wrong only because of what is not shown, no entry follows from anything shown.
                (_, _, true) if !findings.is_empty() && follows.iter().all(|f| *f) => {
                    Verdict::Wrong
                }
                (_, _, true) => Verdict::FollowThrough,
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
        if self.derivative_from_z(subject) {
            return (Verdict::FollowThrough, Vec::new());
        }
        (Verdict::Wrong, self.search(subject))
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

    /// The unanswered quantities that lead to one, itself among them.
    fn hidden_causes(&self, key: (usize, Quantity)) -> Vec<(usize, Quantity)> {
        let mut found = vec![key];
        let mut next = 0;
        while next < found.len() {
            let (step, quantity) = found[next];
            next += 1;
            for parent in parents(step, quantity, self.depth(), self.states()) {
                if !self.answered.contains(&parent) && !found.contains(&parent) {
                    found.push(parent);
                }
            }
        }
        found
    }

    /// Whether what a quantity is computed from holds a number that is not right, here or in an earlier part.
    fn has_visible_cause(&mut self, key: (usize, Quantity)) -> bool {
        let mut seen = vec![key];
        let mut next = 0;
        let mut reaches_start = false;
        while next < seen.len() {
            let (step, quantity) = seen[next];
            next += 1;
            let all = parents(step, quantity, self.depth(), self.states());
            reaches_start |= step == 0
                && matches!(
                    quantity,
                    Quantity::Z(_)
                        | Quantity::Delta(_)
                        | Quantity::Weights(_)
                        | Quantity::Biases(_)
                );
            for parent in all {
                if !seen.contains(&parent) {
                    seen.push(parent);
                }
            }
        }
        let start_differs = reaches_start && self.judge.start_differs();
        start_differs
            || seen.iter().skip(1).any(|(step, quantity)| {
                let subject = self.subject(*step, *quantity);
                subject.is_some_and(|s| !s.right.iter().all(|right| *right))
            })
    }

    /// A deviation among those found that a quantity suffers from and that has cost nothing yet.
    fn uncharged_cause(
        &mut self,
        key: (usize, Quantity),
        precision: Precision,
    ) -> Option<Deviation> {
        let depth = self.depth();
        let adopted = self.adopted.clone();
        let structure = adopted
            .iter()
            .find(|d| d.is_structural() && !self.charged_structures.contains(&d.rule()));
        if let Some(structure) = structure {
            return Some(*structure);
        }
        let hidden = self.hidden_causes(key);
        let charged = self.charged.clone();
        let run = self.now(precision);
        hidden.iter().skip(1).find_map(|cause| {
            if charged.contains(cause) {
                return None;
            }
            let node = run.steps[cause.0].get(&cause.1)?;
            if !node.is_touched() {
                return None;
            }
            adopted.iter().find(|d| touches(d, cause.1, depth)).copied()
        })
    }

    /// Notes that the marks for a deviation are lost here.
    fn charge(&mut self, deviation: &Deviation, key: (usize, Quantity), precision: Precision) {
        if deviation.is_structural() {
            self.charged_structures.push(deviation.rule());
            return;
        }
        let depth = self.depth();
        let hidden = self.hidden_causes(key);
        let run = self.now(precision);
        let touched: Vec<(usize, Quantity)> = hidden
            .into_iter()
            .filter(|(step, quantity)| {
                touches(deviation, *quantity, depth)
                    && run.steps[*step].get(quantity).is_some_and(Node::is_touched)
            })
            .collect();
        self.charged.extend(touched);
    }

    fn finding(&self, deviation: &Deviation, key: (usize, Quantity), together: bool) -> Finding {
        Finding {
            rule: deviation.rule(),
            sentence: sentence(self.judge.exercise, self.judge.index, deviation, key.1),
            together,
        }
    }

    fn rounded(&mut self, key: (usize, Quantity)) -> (Verdict, Vec<Finding>) {
        if self.charged_structures.contains(&Rule::RoundedIntermediates) {
            return (Verdict::FollowThrough, Vec::new());
        }
        self.charged_structures.push(Rule::RoundedIntermediates);
        let deviation = Deviation::RoundedIntermediates(
            Rounding::Significant(self.typical.significant),
            Rounded::All,
        );
        (Verdict::Wrong, vec![self.finding(&deviation, key, false)])
    }

    /// Whether a quantity follows when f′ is computed from z, although x was written otherwise.
    fn derivative_from_z(&mut self, subject: &Subject<'_>) -> bool {
        if !matches!(subject.quantity, Quantity::Delta(_)) {
            return false;
        }
        let run = self.judge.run(Some(self.answers), &self.adopted, subject.precision, true);
        self.explained(subject, &run.steps[subject.step][&subject.quantity].plain)
    }

    /// Finds what explains a quantity that nothing found so far explains.
    fn search(&mut self, subject: &Subject<'_>) -> Vec<Finding> {
        let key = (subject.step, subject.quantity);
        if let Some(found) = self.best(subject, &self.singles(key)) {
            return self.adopt(found, subject);
        }
        if let Some(rounding) = self.rounding(subject) {
            let deviation = Deviation::RoundedIntermediates(rounding.0, rounding.1);
            self.charged_structures.push(Rule::RoundedIntermediates);
            return vec![self.finding(&deviation, key, false)];
        }
        let wrong = self.mismatches(subject);
        let slip = wrong == 1;
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
        if slip {
            let sentence = super::sentences::slip(subject.quantity);
            return vec![Finding { rule: Rule::ArithmeticSlip, sentence, together: false }];
        }
        Vec::new()
    }

    fn work(&self) -> usize {
        let network = &self.judge.exercise.network;
        network.parameter_count() * self.part.examples.len() * step_count(self.part)
    }

    /// How many entries neither are right nor follow.
    fn mismatches(&mut self, subject: &Subject<'_>) -> usize {
        let plain =
            self.now(subject.precision).steps[subject.step][&subject.quantity].plain.clone();
        let agreement = self.agreement(subject, &plain);
        agreement.iter().zip(&subject.right).filter(|(a, right)| !**a && !**right).count()
    }

    /// The deviations that can reach a quantity, those of earlier parts first.
    fn reaching(&self, key: (usize, Quantity)) -> Vec<Deviation> {
        let depth = self.depth();
        let causes = self.hidden_causes(key);
        let known = self.judge.known.iter();
        let all = known.filter(|d| self.candidates.contains(d)).chain(&self.candidates);
        let mut reaching: Vec<Deviation> = Vec::new();
        for deviation in all {
            let reaches = deviation.is_structural()
                || causes.iter().any(|(_, quantity)| touches(deviation, *quantity, depth));
            if reaches && !reaching.contains(deviation) {
                reaching.push(*deviation);
            }
        }
        reaching
    }

    /// Each deviation beside those that were found, and on its own.
    fn singles(&self, key: (usize, Quantity)) -> Vec<Vec<Deviation>> {
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
    fn with(&self, more: &[Deviation]) -> Vec<Deviation> {
        let kept = self.adopted.iter().filter(|d| more.iter().all(|m| m.rule() != d.rule()));
        kept.chain(more).copied().collect()
    }

    /// Pairs of deviations that can reach a quantity.
    fn pairs(&self, key: (usize, Quantity)) -> Vec<Vec<Deviation>> {
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
    fn best(
        &mut self,
        subject: &Subject<'_>,
        sets: &[Vec<Deviation>],
    ) -> Option<Vec<Vec<Deviation>>> {
        let mut best: Vec<Vec<Deviation>> = Vec::new();
        let mut most = 0;
        for set in sets {
            let run = self.judge.run(Some(self.answers), set, subject.precision, false);
            let node = &run.steps[subject.step][&subject.quantity];
            if !self.matches(subject, node.computed()) {
                continue;
            }
            let explained = self.explained_by(&run, (subject.step, subject.quantity));
            if explained > most || best.is_empty() {
                best.clear();
                most = explained;
            }
            let rules = |set: &[Deviation]| -> Vec<Rule> { set.iter().map(|d| d.rule()).collect() };
            if explained == most && best.iter().all(|other| rules(other) != rules(set)) {
                best.push(set.clone());
            }
        }
        (!best.is_empty()).then_some(best)
    }

    /// How many answered quantities from one on a run explains.
    fn explained_by(&mut self, run: &PartRun, from: (usize, Quantity)) -> usize {
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
    fn adopt(&mut self, found: Vec<Vec<Deviation>>, subject: &Subject<'_>) -> Vec<Finding> {
        let key = (subject.step, subject.quantity);
        let before = self.adopted.clone();
        let new = |set: &[Deviation]| -> Vec<Deviation> {
            set.iter().filter(|d| !before.contains(d)).copied().collect()
        };
        let mut findings: Vec<Finding> = Vec::new();
        for set in &found {
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
            let added = new(&first);
            self.adopted = first;
            self.now = Runs::default();
            for deviation in &added {
                self.charge(deviation, key, subject.precision);
            }
        }
        findings
    }

    /// The number of digits to which intermediate results were rounded, if that explains a quantity.
    fn rounding(&mut self, subject: &Subject<'_>) -> Option<(Rounding, Rounded)> {
        let significant = subject.precision.significant;
        let decimals = subject.precision.decimals;
        let by_significant = (2..significant.min(17)).rev().map(Rounding::Significant);
        let by_decimals = (1..decimals.min(17)).rev().map(Rounding::Decimals);
        let all = by_significant.chain(by_decimals);
        let mut all = all.flat_map(|rounding| Rounded::ALL.map(|which| (rounding, which)));
        all.find(|rounding| {
            let precision = Precision { rounding: Some(*rounding), ..subject.precision };
            let run = self.judge.run(Some(self.answers), &self.adopted, precision, false);
            let node = &run.steps[subject.step][&subject.quantity];
            self.matches(subject, node.computed())
        })
    }
}

/// From this many significant digits on a match by a pair of rules is no accident.
const DIGITS_FOR_PAIRS: u32 = 4;

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
            };
            let end = run_part(self.exercise, index, &ends, &conditions).end;
            ends.push(end);
        }
        ends
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

/// The numbers of a quantity in the solution, as answers have them: a row per unit.
pub(super) fn solved_values(step: &Step, quantity: Quantity) -> Array2<f64> {
    let trace = &step.trace;
    let scalar = |value: Option<f64>| Array2::from_elem((1, 1), value.unwrap_or(f64::NAN));
    let turned = |b: Option<&deltarule::trace::Bounded>| {
        b.map_or_else(|| Array2::zeros((0, 0)), |b| b.shown().reversed_axes())
    };
    let upright = |b: Option<&deltarule::trace::Bounded>| {
        b.map_or_else(|| Array2::zeros((0, 0)), |b| b.shown())
    };
    let backward = trace.backward.as_ref();
    let update = step.update.as_ref();
    let state =
        |name: &str| update.and_then(|u| u.optimizer_state.iter().find(|(own, _, _)| own == name));
    match quantity {
        Quantity::Z(l) => turned(trace.z.get(l - 1)),
        Quantity::X(l) => turned(trace.x.get(l - 1)),
        Quantity::Loss => upright(trace.loss.as_ref()),
        Quantity::TotalLoss => scalar(trace.total_loss),
        Quantity::Delta(l) => turned(backward.and_then(|b| b.delta.get(l - 1))),
        Quantity::GradWeights(l) => upright(backward.and_then(|b| b.grad_weights.get(l - 1))),
        Quantity::GradBiases(l) => turned(backward.and_then(|b| b.grad_biases.get(l - 1))),
        Quantity::StateWeights(name, l) => upright(state(name).and_then(|s| s.1.get(l - 1))),
        Quantity::StateBiases(name, l) => turned(state(name).and_then(|s| s.2.get(l - 1))),
        Quantity::Weights(l) => upright(update.and_then(|u| u.weights.get(l - 1))),
        Quantity::Biases(l) => turned(update.and_then(|u| u.biases.get(l - 1))),
        Quantity::TotalLossAfter => scalar(update.map(|u| u.total_loss_after)),
        Quantity::Class => {
            let classes = step.classes.as_deref().unwrap_or(&[]);
            Array2::from_shape_fn((1, classes.len()), |(_, e)| classes[e] as f64)
        }
    }
}
