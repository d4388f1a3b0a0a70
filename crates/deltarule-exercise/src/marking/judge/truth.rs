//! The right numbers of a part.

use super::{Judge, last_parameters};
use crate::marking::chain::{ApproxParameters, Conditions, PartRun, run_part};
use crate::marking::precision::WorkingPrecision;
use crate::marking::quantity::Quantity;
use crate::solve::Step;
use ndarray::Array2;
use std::cell::RefCell;

/// The right numbers, and how far rounding can move them: what the error bounds allow, but not much more than what happens
/// when a part is computed with rounded intermediate results. (Over many steps the bounds, which are for the worst case,
/// grow beyond every number.)
pub(super) struct Truth {
    plain: PartRun,
    rounded: Vec<PartRun>,
}

/// The parameters that each part ends with in the solution, as far off as rounding can make them; each is computed once.
#[derive(Default)]
pub(in crate::marking) struct Rightly(RefCell<Vec<(WorkingPrecision, Vec<ApproxParameters>)>>);

impl Rightly {
    /// Those of the parts before the one that is judged.
    fn ends(&self, judge: &Judge<'_>, precision: WorkingPrecision) -> Vec<ApproxParameters> {
        let mut known = self.0.borrow_mut();
        let at = known.iter().position(|(own, _)| *own == precision).unwrap_or_else(|| {
            known.push((precision, Vec::new()));
            known.len() - 1
        });
        let ends = &mut known[at].1;
        for index in ends.len()..judge.index {
            let until = Some(last_parameters(judge.exercise, &judge.exercise.parts[index]));
            let end = run_part(judge.exercise, index, ends, &right(judge, precision, until)).end;
            ends.push(end);
        }
        ends[..judge.index].to_vec()
    }
}

/// A right method, whatever was written.
fn right(
    judge: &Judge<'_>,
    precision: WorkingPrecision,
    until: Option<(usize, Quantity)>,
) -> Conditions<'static> {
    let options = judge.options;
    Conditions {
        deviations: &[],
        answers: None,
        precision,
        options,
        derivative_from_z: false,
        until,
    }
}

/// Other students round at other places than are tried: their errors may be larger by this factor.
const ROOM: f64 = 2.5;

impl Truth {
    pub(super) fn new(judge: &Judge<'_>, precision: WorkingPrecision) -> Self {
        let run = |precision: WorkingPrecision| {
            let ends = judge.rightly.ends(judge, precision);
            run_part(judge.exercise, judge.index, &ends, &right(judge, precision, None))
        };
        let rounded = precision
            .roundings()
            .into_iter()
            .map(|rounding| run(WorkingPrecision { rounding: Some(rounding), ..precision }));
        Self { plain: run(precision), rounded: rounded.collect() }
    }

    pub(super) fn drifts(&self, step: usize, quantity: Quantity) -> Array2<f64> {
        let plain = &self.plain.steps[step][&quantity].plain;
        let mut seen = 0.0_f64;
        for run in &self.rounded {
            for (rounded, plain) in run.steps[step][&quantity].plain.iter().zip(plain) {
                let moved = (rounded.value - plain.value).abs();
                seen = seen.max(if moved.is_finite() { moved } else { 0.0 });
            }
        }
        plain.mapv(|a| a.drift.min(ROOM * seen + 1e-12 * a.value.abs()))
    }
}

/// The numbers of a quantity in the solution, as they are shown.
pub(super) fn solved_values(step: &Step, quantity: Quantity) -> Array2<f64> {
    step.trace.get(quantity).map(|numbers| numbers.shown()).unwrap_or_default()
}
