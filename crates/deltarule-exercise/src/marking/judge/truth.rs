//! The right numbers of a part.

use super::part::{Judge, right};
use crate::marking::chain::{PartRun, run_part};
use crate::marking::precision::WorkingPrecision;
use crate::marking::quantity::Quantity;
use crate::solve::Step;
use ndarray::Array2;

/// The right numbers, and how far rounding can move them: what the error bounds allow, but not much more than what happens
/// when a part is computed with rounded intermediate results. (Over many steps the bounds, which are for the worst case,
/// grow beyond every number.)
pub(super) struct Truth {
    plain: PartRun,
    rounded: Vec<PartRun>,
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
