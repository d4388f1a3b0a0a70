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
