//! The search for the rule, or the two rules, that explain a quantity.

use super::evidence::{Evidence, Predictions};
use super::runs::Runs;
use super::shown::Work;
use super::slip::slip_of;
use super::state::{Search, Subject, is_near};
use crate::marking::approx::{Approx, ApproxMatrix, exact};
use crate::marking::chain::PartRun;
use crate::marking::deviation::{Deviation, Scope};
use crate::marking::edit::Edit;
use crate::marking::formula::Formula;
use crate::marking::graph::{touches, uses_parameters};
use crate::marking::precision::{Rounded, Rounding, WorkingPrecision};
use crate::marking::quantity::{Quantity, step_count};
use crate::marking::rule::WrongRule;
use crate::marking::sentences::sentence;
use crate::marking::verdict::Finding;
use deltarule_document::Prose;
use std::cmp::Reverse;
use std::rc::Rc;

/// What a quick look at a quantity goes by.
pub(super) struct Near {
    /// Its precision, without errors (but for what may be rounded either way, where something is rounded).
    pub(super) quick: WorkingPrecision,
    /// How far off the values may be.
    room: f64,
}

/// What every change of a formula is tried on.
struct Ground {
    near: Near,
    /// What is known, at a quick look.
    known: Rc<PartRun>,
    /// The unanswered quantities that lead to the one that is looked at, itself among them.
    causes: Vec<(usize, Quantity)>,
    /// The only unit that has wrong numbers, where that is no digit exchanged for another.
    unit: Option<usize>,
}

impl Near {
    /// Numbers with the errors that they may have.
    fn widened(&self, computed: &ApproxMatrix) -> ApproxMatrix {
        computed.mapv(|a| {
            let of_digits = ANY_UNITS * self.quick.half_unit(a.value);
            // No clamp: under a wrong rule a value may be no number at all.
            let other = of_digits.max(NOISE * a.value.abs()).min(ANY_ERROR * a.value.abs());
            Approx { value: a.value, drift: a.drift + self.room + other }
        })
    }

    /// The same where intermediate results are rounded.
    pub(super) fn rounded(&self, rounding: (Rounding, Rounded)) -> Self {
        Self { quick: WorkingPrecision { rounding: Some(rounding), ..self.quick }, room: self.room }
    }
}

/// A way to explain a quantity.
pub(super) struct Way {
    pub(super) set: Vec<Deviation>,
    pub(super) from_z: bool,
}

impl Way {
    /// How much rarer it is that somebody makes a mistake for one unit alone.
    fn rarity(&self) -> usize {
        let is_of_unit = |d: &Deviation| matches!(d, Deviation::Edit(edit) if edit.unit.is_some());
        if self.set.iter().any(is_of_unit) { 3 } else { 1 }
    }
}

/// What speaks for an explanation; the first that differs decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Worth {
    /// Whether it gives what was written to as many digits as the rest of the answer has: among numbers of six digits a 1 is 1,
    /// and 0.94 only if nothing else will do.
    in_full: bool,
    /// How many answered quantities from the explained one on follow.
    explained: usize,
    /// How many it contradicts, those before included. (What was answered takes the place of what a rule would have given, so
    /// that a rule can explain the rest although it is not what was done.)
    contradicted: Reverse<usize>,
}

/// A rounding of intermediate results that explains a quantity.
#[derive(Clone, Copy, Debug)]
pub(super) struct FoundRounding {
    pub(super) rounding: (Rounding, Rounded),
    pub(super) worth: Worth,
}

/// Whether a change of a formula has no name.
fn is_nameless(deviation: &Deviation) -> bool {
    matches!(deviation, Deviation::Edit(edit) if edit.rule() == WrongRule::Edit)
}

/// How far the changes of formulas of a way go.
fn distance(way: &Way) -> usize {
    let of = |d: &Deviation| if let Deviation::Edit(edit) = d { edit.distance() } else { 0 };
    way.set.iter().map(of).sum()
}

/// Of explanations the heaviest, one for each combination of rules.
fn strongest(mut all: Vec<FoundReason>) -> Vec<Way> {
    let rules = |set: &[Deviation]| -> Vec<WrongRule> { set.iter().map(|d| d.rule()).collect() };
    // Stable: of equals the likelier comes first.
    all.sort_by(|a, b| {
        let by_worth = b.worth.cmp(&a.worth);
        let by_digits = || b.evidence.digits.total_cmp(&a.evidence.digits);
        let differ = (a.evidence.digits - b.evidence.digits).abs() > EQUALLY;
        if differ { by_digits() } else { by_worth.then(distance(&a.way).cmp(&distance(&b.way))) }
    });
    let Some(first) = all.first() else { return Vec::new() };
    let (digits, worth, nearest) = (first.evidence.digits, first.worth, distance(&first.way));
    let mut ways: Vec<Way> = Vec::new();
    for FoundReason { way, evidence, worth: own } in all {
        let as_well =
            digits - evidence.digits <= EQUALLY && own >= worth && distance(&way) <= nearest;
        if as_well && ways.len() < TOLD && ways.iter().all(|w| rules(&w.set) != rules(&way.set)) {
            ways.push(way);
        }
    }
    ways
}

/// How much larger than the known errors of a quantity those under another rule may be.
const OTHER_ERRORS: f64 = 20.0;
/// Relative errors that are always looked at closely: those of a number of six digits, a hundred thousand units of which are
/// more than any rule makes of its errors.
const ANY_ERROR: f64 = 1e-3;
/// The same in half units of the last digit, for numbers of more digits.
const ANY_UNITS: f64 = 2e3;
/// No error of double precision is larger than this after a few layers.
const NOISE: f64 = 1e-9;

/// An explanation that agrees with everything that hangs on it.
struct FoundReason {
    way: Way,
    worth: Worth,
    evidence: Evidence,
}

/// So many explanations of equal weight are told at most.
const TOLD: usize = 3;

/// Two mistakes at once are looked for in so many quantities of a part: who makes more has no method that could be found.
const PAIRED: usize = 2;

/// Explanations whose digits differ by less than this explain equally well.
const EQUALLY: f64 = 0.5;

impl Search<'_> {
    /// Finds what explains a quantity that nothing found so far explains.
    pub(super) fn search(&mut self, subject: &Subject<'_>) -> Vec<Finding> {
        let key = (subject.step, subject.quantity);
        if let Some(stayed) = self.not_updated(subject) {
            return self.adopt(vec![Way { set: self.with(&[stayed]), from_z: false }], subject);
        }
        if self.work != Work::Shown && !self.tells(subject) {
            // Digits that nobody computed have no reason.
            return Vec::new();
        }
        let mut tried = Predictions::default();
        let mut doubtful: Vec<FoundReason> = Vec::new();
        let (named, others) = self.edits_reaching(key);
        for sets in [self.singles(key), named, others] {
            let found = self.explanations(subject, &sets, &mut tried);
            let (told, weak): (Vec<FoundReason>, Vec<FoundReason>) = found
                .into_iter()
                .partition(|e| e.evidence.outweighs(e.way.rarity() * tried.count()));
            doubtful.extend(weak);
            if told.is_empty() {
                continue;
            }
            // A sign or a point that got lost is likelier than a change of a formula that has no name.
            let is_unnamed = |e: &FoundReason| e.way.set.iter().any(is_nameless);
            if told.iter().all(is_unnamed) && self.is_of_pen(subject) {
                return vec![slip_of(subject)];
            }
            return self.adopt(strongest(told), subject);
        }
        if let Some(found) = self.copied(subject, tried.count()) {
            return self.adopt(vec![found], subject);
        }
        if let Some(found) = self.rounding(subject) {
            return self.adopt_rounding(found.rounding, key);
        }
        let wrong = self.mismatches(subject);
        let answered = subject.written.iter().flatten().count();
        self.unexplained += 1;
        let worth_pairs = (wrong > 1 || answered == 1) && self.unexplained <= PAIRED;
        let pairs = if worth_pairs { self.pairs(key) } else { Vec::new() };
        if !pairs.is_empty() && self.judge.affords(pairs.len(), subject.step + 1) {
            let found = self.explanations(subject, &pairs, &mut tried);
            let count = tried.count().max(pairs.len());
            let told: Vec<FoundReason> =
                found.into_iter().filter(|e| e.evidence.outweighs(count)).collect();
            if !told.is_empty() {
                return self.adopt(strongest(told), subject);
            }
        }
        if !doubtful.is_empty() && !self.is_of_pen(subject) {
            let sets: Vec<Vec<Deviation>> =
                strongest(doubtful).into_iter().map(|way| way.set).collect();
            self.note_doubt(key, &sets);
            return Vec::new();
        }
        if wrong == 1 {
            return vec![slip_of(subject)];
        }
        Vec::new()
    }

    /// The deviation of parameters that are still what they were before the step.
    fn not_updated(&mut self, subject: &Subject<'_>) -> Option<Deviation> {
        let old = subject.old.as_ref()?;
        let mut entries = subject.written.indexed_iter();
        let stays = entries.all(|(at, written)| {
            written.as_ref().is_none_or(|written| {
                subject.right[at] || (written.value - old[at]).abs() <= 1e-12 * old[at].abs()
            })
        });
        let layer = subject.quantity.layer()?;
        if !stays {
            return None;
        }
        let stayed = |edit: &&Edit| edit.rule() == WrongRule::NotUpdated && edit.layer.is_none();
        let edit = match subject.quantity {
            Quantity::Biases(_) => {
                return Some(Deviation::BiasNotUpdated(Scope::Only(layer)));
            }
            _ => self
                .judge
                .edits
                .iter()
                .filter(|e| e.touches(subject.quantity, self.depth()))
                .find(stayed)?,
        };
        Some(Deviation::Edit(edit.narrower(Some(layer), Some(subject.step))))
    }

    /// The changes of formulas that can reach a quantity: those that have a name, and the others.
    fn edits_reaching(&self, key: (usize, Quantity)) -> (Vec<Vec<Deviation>>, Vec<Vec<Deviation>>) {
        let depth = self.depth();
        let causes = self.hidden_causes(key);
        let touched = |edit: &Edit| -> usize {
            causes.iter().filter(|(_, quantity)| edit.touches(*quantity, depth)).count()
        };
        let mut all = (Vec::new(), Vec::new());
        for edit in self.judge.edits {
            let count = touched(edit);
            // In one layer alone it differs only where it can show in several.
            let anywhere = Edit { layer: None, ..*edit };
            if count == 0 || edit.layer.is_some() && touched(&anywhere) == count {
                continue;
            }
            let set = self.with(&[Deviation::Edit(*edit)]);
            if edit.rule() == WrongRule::Edit { all.1.push(set) } else { all.0.push(set) }
        }
        all
    }

    /// Those of some sets of deviations that explain a quantity and are contradicted by no number, the heaviest first.
    fn explanations(
        &mut self,
        subject: &Subject<'_>,
        sets: &[Vec<Deviation>],
        tried: &mut Predictions,
    ) -> Vec<FoundReason> {
        let mut found: Vec<FoundReason> = Vec::new();
        let near = self.near(subject);
        let known = Rc::clone(self.now(near.quick));
        let causes = self.hidden_causes((subject.step, subject.quantity));
        let ground = Ground { near, known, causes, unit: self.only_unit(subject) };
        for set in sets {
            if !self.judge.effort.allows_more() {
                break;
            }
            // Who leaves f out of x may still take f′ at z.
            let leaves_out = set.iter().any(|d| matches!(d, Deviation::ActivationMissing(_)));
            let ways: &[bool] = if leaves_out { &[false, true] } else { &[false] };
            for &from_z in ways {
                let roughly = self.roughly_on(subject, set, &ground, from_z);
                if self.keeps_right(subject, &roughly) {
                    tried.note(&roughly);
                }
                if !self.matches(subject, &roughly) {
                    // For one unit only: another's weight, the output of the one beside it.
                    found.extend(self.in_one_unit(subject, set, &ground, tried));
                    continue;
                }
                // In every layer and step; or in this one only, where other numbers show that it was not.
                let mut narrower = self.narrower(set, &ground.causes).into_iter();
                found.extend(narrower.find_map(|set| self.explanation(subject, set, from_z)));
            }
        }
        found
    }

    /// The only unit that has wrong numbers, where a method for it alone may be the reason.
    fn only_unit(&self, subject: &Subject<'_>) -> Option<usize> {
        let rows = subject.right.rows().into_iter().enumerate();
        let mut wrong = rows.filter(|(_, row)| row.iter().any(|right| !right));
        let (Some((unit, _)), None) = (wrong.next(), wrong.next()) else { return None };
        (subject.right.nrows() > 1 && !self.is_digit_exchanged(subject)).then_some(unit)
    }

    /// A change of a formula that was made for one unit only, the one that has the wrong numbers.
    fn in_one_unit(
        &mut self,
        subject: &Subject<'_>,
        set: &[Deviation],
        ground: &Ground,
        tried: &mut Predictions,
    ) -> Option<FoundReason> {
        let (Deviation::Edit(edit), before) = set.split_last()? else { return None };
        let unit = ground.unit?;
        if edit.unit.is_some() || !edit.touches(subject.quantity, self.depth()) {
            return None;
        }
        let edit = Edit { unit: Some(unit), ..edit.narrower(subject.quantity.layer(), None) };
        let set: Vec<Deviation> = before.iter().copied().chain([Deviation::Edit(edit)]).collect();
        let roughly = self.roughly_on(subject, &set, ground, false);
        tried.note(&roughly);
        if !self.matches(subject, &roughly) {
            return None;
        }
        self.explanation(subject, set, false)
    }

    fn explanation(
        &mut self,
        subject: &Subject<'_>,
        set: Vec<Deviation>,
        from_z: bool,
    ) -> Option<FoundReason> {
        let run = self.judge.run(Some(self.answers), &set, subject.precision, from_z);
        let node = &run.steps[subject.step][&subject.quantity];
        if !self.matches(subject, node.computed()) || !self.leaves_right(subject, node.computed()) {
            return None;
        }
        let evidence = self.evidence(&run, subject)?;
        let worth = self.worth(&run, subject);
        Some(FoundReason { way: Way { set, from_z }, worth, evidence })
    }

    /// A set as it is, and with its changes of formulas in one layer and one step only: those in which they lead to a quantity.
    fn narrower(&self, set: &[Deviation], causes: &[(usize, Quantity)]) -> Vec<Vec<Deviation>> {
        let mut all = vec![set.to_vec()];
        let Some((Deviation::Edit(edit), before)) = set.split_last() else { return all };
        let mut places: Vec<(Option<usize>, usize)> = Vec::new();
        for (step, quantity) in causes {
            let place = (quantity.layer(), *step);
            if edit.touches(*quantity, self.depth()) && !places.contains(&place) {
                places.push(place);
            }
        }
        let several = step_count(self.part) > 1;
        let of_layers = places.iter().map(|(layer, _)| edit.narrower(*layer, None));
        let of_steps = places.iter().map(|(layer, step)| edit.narrower(*layer, Some(*step)));
        let of_steps = of_steps.filter(|_| several);
        for edit in of_layers.chain(of_steps) {
            let narrowed: Vec<Deviation> =
                before.iter().copied().chain([Deviation::Edit(edit)]).collect();
            if !all.contains(&narrowed) {
                all.push(narrowed);
            }
        }
        all
    }

    /// What would give the numbers of a quantity that has too few digits to tell.
    fn note_doubt(&mut self, key: (usize, Quantity), sets: &[Vec<Deviation>]) {
        let (exercise, index) = (self.judge.exercise, self.judge.index);
        let new = |set: &Vec<Deviation>| -> Option<Deviation> {
            set.iter().find(|d| !self.adopted.contains(d)).copied()
        };
        let mut words =
            Prose::text("There are too few digits to tell why. What would fit, beside a slip: ");
        for (i, deviation) in sets.iter().filter_map(new).enumerate() {
            words = words.and(if i == 0 { "" } else { " Or: " });
            words = words.and_prose(sentence(exercise, index, &deviation, key.1));
        }
        self.doubts.insert(key, words);
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
        let replaces =
            |m: &Deviation, d: &Deviation| m.rule() == d.rule() && m.rule() != WrongRule::Edit;
        let kept = self.adopted.iter().filter(|d| !more.iter().any(|m| replaces(m, d)));
        kept.chain(more).copied().collect()
    }

    /// Pairs of deviations that can reach a quantity.
    pub(super) fn pairs(&self, key: (usize, Quantity)) -> Vec<Vec<Deviation>> {
        let mut useful = self.reaching(key);
        let (named, _) = self.edits_reaching(key);
        for deviation in named.into_iter().flatten() {
            let is_new = !useful.contains(&deviation) && !self.adopted.contains(&deviation);
            if is_new && matches!(deviation, Deviation::Edit(edit) if edit.layer.is_none()) {
                useful.push(deviation);
            }
        }
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

    /// Whether numbers that are shorter than the others of an answer, and right as far as they go, are exactly what a wrong
    /// rule gives: a bias of 0.4 that was not updated is no short way to write 0.38.
    pub(super) fn is_exactly_wrong(&mut self, subject: &Subject<'_>) -> bool {
        let key = (subject.step, subject.quantity);
        let quick = subject.precision.quick();
        self.reaching(key).into_iter().any(|deviation| {
            if !self.judge.effort.allows_more() {
                return false;
            }
            let (answers, set) = (Some(self.answers), [deviation]);
            let run = self.judge.run_until(answers, &set, quick, false, Some(key));
            let computed = run.steps[key.0][&key.1].computed();
            subject.written.iter().zip(computed).all(|(written, computed)| {
                // 0.4 is what 0.399999997 is with the digits of the others.
                let allowed =
                    quick.half_unit(computed.value).max(1e-9 * (1.0 + computed.value.abs()));
                written
                    .as_ref()
                    .is_none_or(|written| (written.value - computed.value).abs() <= allowed)
            })
        })
    }

    /// Whether entries that are right to the last digit come out so under an explanation as well. A short number agrees with
    /// much: 0.7 is right in full where 0.7 is right, and is no 0.742.
    pub(super) fn leaves_right(&self, subject: &Subject<'_>, computed: &ApproxMatrix) -> bool {
        let values = self.judge.values(subject.step, subject.quantity);
        let (precision, options) = (&subject.precision, &self.judge.options);
        subject.written.indexed_iter().zip(computed).all(|((at, written), computed)| {
            let allowed = options.absolute + options.relative * computed.value.abs();
            let computed = Approx { drift: computed.drift + allowed, ..*computed };
            !is_near(written, exact(values[at]), precision) || is_near(written, computed, precision)
        })
    }

    /// What a quick look at a quantity goes by.
    pub(super) fn near(&mut self, subject: &Subject<'_>) -> Near {
        let known = &self.now(subject.precision).steps[subject.step][&subject.quantity].plain;
        let known = known.iter().map(|a| a.drift).fold(0.0, f64::max);
        let quick = subject.precision.quick();
        Near { quick, room: OTHER_ERRORS * known }
    }

    /// Whether a run can match a quantity: a quick look at the values alone, with the errors that the quantity has as far as
    /// it is known, and room for others.
    pub(super) fn may_match(
        &self,
        subject: &Subject<'_>,
        set: &[Deviation],
        near: &Near,
        from_z: bool,
    ) -> bool {
        self.matches(subject, &self.roughly(subject, set, near, from_z))
    }

    /// What a quick look sees of a quantity.
    fn roughly(
        &self,
        subject: &Subject<'_>,
        set: &[Deviation],
        near: &Near,
        from_z: bool,
    ) -> ApproxMatrix {
        let (step, quantity) = (subject.step, subject.quantity);
        let until = Some((step, quantity));
        let run = self.judge.run_until(Some(self.answers), set, near.quick, from_z, until);
        near.widened(run.steps[step][&quantity].computed())
    }

    /// The same from what is known, where only the formula of the quantity itself is changed.
    fn roughly_on(
        &self,
        subject: &Subject<'_>,
        set: &[Deviation],
        ground: &Ground,
        from_z: bool,
    ) -> ApproxMatrix {
        let own = if from_z { None } else { self.own_formula(subject, set, ground) };
        match own {
            Some(computed) => ground.near.widened(&computed),
            None => self.roughly(subject, set, &ground.near, from_z),
        }
    }

    /// A quantity under a change of its own formula, where nothing before it changes.
    fn own_formula(
        &self,
        subject: &Subject<'_>,
        set: &[Deviation],
        ground: &Ground,
    ) -> Option<ApproxMatrix> {
        let (last, before) = set.split_last()?;
        let Deviation::Edit(edit) = last else { return None };
        let key = (subject.step, subject.quantity);
        let depth = self.depth();
        Formula::of(subject.quantity, depth, self.states())?;
        let mut touched =
            ground.causes.iter().filter(|(_, quantity)| edit.touches(*quantity, depth));
        let is_own = (touched.next(), touched.next()) == (Some(&key), None);
        if !is_own || before != self.adopted || before.iter().any(Deviation::is_structural) {
            return None;
        }
        self.judge.formula(Some(self.answers), &[*last], ground.near.quick, &ground.known, key)
    }

    /// Whether the entries that are right come out so.
    fn keeps_right(&self, subject: &Subject<'_>, computed: &ApproxMatrix) -> bool {
        let agreement = self.agreement(subject, computed);
        subject.right.iter().zip(&agreement).all(|(right, agrees)| !right || *agrees)
    }

    /// What speaks for a run that explains a quantity.
    pub(super) fn worth(&mut self, run: &PartRun, subject: &Subject<'_>) -> Worth {
        let key = (subject.step, subject.quantity);
        let mut entries = subject.written.iter().zip(run.steps[key.0][&key.1].computed());
        let in_full =
            entries.all(|(written, computed)| is_near(written, *computed, &subject.precision));
        let answered = self.answered.clone();
        let contradicted = answered
            .iter()
            .filter(|(step, quantity)| {
                let subject = self.subject(*step, *quantity);
                subject.is_some_and(|s| !self.matches(&s, run.steps[*step][quantity].computed()))
            })
            .count();
        let explained = self.explained_by(run, key);
        Worth { in_full, explained, contradicted: Reverse(contradicted) }
    }

    /// How many answered quantities from one on a run explains.
    pub(super) fn explained_by(&mut self, run: &PartRun, from: (usize, Quantity)) -> usize {
        let start = self.places.get(&from).copied().unwrap_or(0);
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

    /// Takes it that intermediate results were rounded.
    fn adopt_rounding(
        &mut self,
        rounding: (Rounding, Rounded),
        key: (usize, Quantity),
    ) -> Vec<Finding> {
        self.rounded = Some(rounding);
        self.charged_structures.push(WrongRule::RoundedIntermediates);
        vec![self.finding(&Deviation::RoundedIntermediates(rounding.0, rounding.1), key, false)]
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
