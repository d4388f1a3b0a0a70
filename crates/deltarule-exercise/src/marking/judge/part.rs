//! The part that is judged: what it is judged by, and how it is computed again.

use std::borrow::Cow;
use std::cell::RefCell;

use crate::exercise::{Exercise, Part};
use crate::marking::agreement::MarkingOptions;
use crate::marking::approx::ApproxMatrix;
use crate::marking::chain::{ApproxParameters, Conditions, PartAnswers, PartRun, run_part};
use crate::marking::deviation::{Deviation, candidates};
use crate::marking::edit::Edit;
use crate::marking::effort::Effort;
use crate::marking::precision::WorkingPrecision;
use crate::marking::quantity::{Quantity, step_count};
use crate::solve::SolvedPart;

/// What a part is judged by.
pub(in crate::marking) struct Judge<'a> {
    pub(in crate::marking) exercise: &'a Exercise,
    pub(in crate::marking) index: usize,
    pub(in crate::marking) solved: &'a SolvedPart,
    /// The parameters that the student's earlier parts ended with.
    pub(in crate::marking) ends: &'a [ApproxParameters],
    /// The same by a right method from what the student wrote, without the mistakes that were found.
    pub(in crate::marking) right_ends: &'a [ApproxParameters],
    /// Which earlier parts were answered at all.
    pub(in crate::marking) answered: &'a [bool],
    pub(in crate::marking) options: MarkingOptions,
    /// The deviations found in earlier parts, which are the likeliest here.
    pub(in crate::marking) known: &'a [Deviation],
    /// Every change of a formula.
    pub(in crate::marking) edits: &'a [Edit],
    /// The digits that the exercise asks for.
    pub(in crate::marking) digits: Option<usize>,
    pub(in crate::marking) rightly: &'a Rightly,
    pub(in crate::marking) effort: Effort,
    /// Whether the student has one bias for all units of a layer.
    pub(in crate::marking) shared_biases: bool,
    /// The numbers on the way that the student names, each with its step.
    pub(in crate::marking) named: &'a [(usize, Quantity)],
}

/// The digits assumed where an answer shows none.
pub(super) const USUAL: WorkingPrecision = WorkingPrecision::of_digits(6, 6);

impl Judge<'_> {
    pub(super) fn part(&self) -> &Part {
        &self.exercise.parts[self.index]
    }

    /// The same for somebody who has one bias for all units of a layer.
    pub(in crate::marking) fn with_shared_biases<'b>(&'b self, rightly: &'b Rightly) -> Judge<'b> {
        Judge { shared_biases: true, rightly, effort: Effort::of(self.exercise), ..*self }
    }

    pub(super) fn run(
        &self,
        answers: Option<&PartAnswers>,
        deviations: &[Deviation],
        precision: WorkingPrecision,
        derivative_from_z: bool,
    ) -> PartRun {
        self.run_until(answers, deviations, precision, derivative_from_z, None)
    }

    pub(super) fn run_until(
        &self,
        answers: Option<&PartAnswers>,
        deviations: &[Deviation],
        precision: WorkingPrecision,
        derivative_from_z: bool,
        until: Option<(usize, Quantity)>,
    ) -> PartRun {
        let options = self.options;
        let conditions = Conditions {
            deviations,
            answers,
            precision,
            options,
            derivative_from_z,
            until,
            shared_biases: self.shared_biases,
            named: self.named,
        };
        let ends = self.ends_under(&conditions);
        let steps = until.map_or_else(|| step_count(self.part()), |(last, _)| last + 1);
        self.effort.spend(self.exercise, self.part(), steps, &precision);
        run_part(self.exercise, self.index, &ends, &conditions)
    }

    /// A quantity under a deviation of its own formula, from a run that is known.
    pub(super) fn formula(
        &self,
        answers: Option<&PartAnswers>,
        deviations: &[Deviation],
        precision: WorkingPrecision,
        known: &PartRun,
        (step, quantity): (usize, Quantity),
    ) -> Option<ApproxMatrix> {
        let conditions = Conditions {
            deviations,
            answers,
            precision,
            options: self.options,
            derivative_from_z: false,
            until: None,
            shared_biases: self.shared_biases,
            named: self.named,
        };
        known.formula(self.exercise, self.index, &conditions, step, quantity)
    }

    /// The parameters that the earlier parts ended with. Who shows nothing of a part has computed it in the same way.
    pub(super) fn ends_under(&self, conditions: &Conditions<'_>) -> Cow<'_, [ApproxParameters]> {
        let is_as_found =
            conditions.deviations.is_empty() && conditions.precision.rounding.is_none();
        if is_as_found || !self.start_is_hidden() {
            return Cow::Borrowed(self.ends);
        }
        let mut ends = self.ends.to_vec();
        let mut wanted = self.part().start;
        let mut hidden = Vec::new();
        while let Some(earlier) = wanted.filter(|earlier| !self.answered[*earlier]) {
            hidden.push(earlier);
            wanted = self.exercise.parts[earlier].start;
        }
        for earlier in hidden.into_iter().rev() {
            let part = &self.exercise.parts[earlier];
            let possible = candidates(self.exercise, earlier);
            let own: Vec<Deviation> =
                conditions.deviations.iter().filter(|d| possible.contains(d)).copied().collect();
            let until = Some(last_parameters(self.exercise, part));
            let conditions =
                Conditions { deviations: &own, answers: None, until, named: &[], ..*conditions };
            self.effort.spend(self.exercise, part, step_count(part), &conditions.precision);
            ends[earlier] = run_part(self.exercise, earlier, &ends, &conditions).end;
        }
        Cow::Owned(ends)
    }

    /// Whether the search may look at so many runs of some steps, with something left for what comes after it.
    pub(super) fn affords(&self, runs: usize, steps: usize) -> bool {
        let precision = USUAL.quick();
        self.effort.affords(self.exercise, self.part(), steps.saturating_mul(runs), &precision)
    }

    /// Whether the parameters of the start are the result of a part that the student shows nothing of.
    pub(super) fn start_is_hidden(&self) -> bool {
        self.part().start.is_some_and(|earlier| !self.answered[earlier])
    }
}

/// The parameters that each part ends with in the solution, as far off as rounding can make them; each is computed once.
#[derive(Default)]
pub(in crate::marking) struct Rightly(RefCell<Vec<(WorkingPrecision, Vec<ApproxParameters>)>>);

impl Rightly {
    /// Those of the parts before the one that is judged.
    pub(super) fn ends(
        &self,
        judge: &Judge<'_>,
        precision: WorkingPrecision,
    ) -> Vec<ApproxParameters> {
        let mut known = self.0.borrow_mut();
        let at = known.iter().position(|(own, _)| *own == precision).unwrap_or_else(|| {
            known.push((precision, Vec::new()));
            known.len() - 1
        });
        let ends = &mut known[at].1;
        for index in ends.len()..judge.index {
            let until = Some(last_parameters(judge.exercise, &judge.exercise.parts[index]));
            let conditions = Conditions { named: &[], ..right(judge, precision, until) };
            let end = run_part(judge.exercise, index, ends, &conditions).end;
            ends.push(end);
        }
        ends[..judge.index].to_vec()
    }
}

/// A right method, whatever was written.
pub(super) fn right<'a>(
    judge: &Judge<'a>,
    precision: WorkingPrecision,
    until: Option<(usize, Quantity)>,
) -> Conditions<'a> {
    let options = judge.options;
    Conditions {
        deviations: &[],
        answers: None,
        precision,
        options,
        derivative_from_z: false,
        until,
        shared_biases: judge.shared_biases,
        named: judge.named,
    }
}

/// The quantity after which a part has its last parameters.
pub(super) fn last_parameters(exercise: &Exercise, part: &Part) -> (usize, Quantity) {
    (step_count(part).saturating_sub(1), Quantity::Biases(exercise.network.layers().len()))
}
