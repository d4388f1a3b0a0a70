//! What an exercise must be like to teach something, looked at number by number in its solution.

use std::fmt;

use deltarule::trace::Bounded;
use deltarule::{Activation, Network};
use ndarray::{Array2, ArrayView1};

use crate::exercise::{Exercise, Task};
use crate::solve::{Solution, SolvedPart, Step};

use super::draw::Special;
use super::recipe::Feature;
use super::unit::{FLAT, VERY_FLAT, on_kink, slope_share};

/// Gradients and deltas that are not 0 are at least this large, so that four decimals show them.
const SMALLEST_GRADIENT: f64 = 5e-4;
/// Every number is at most this large.
const LARGEST: f64 = 50.0;
/// Net inputs that are not 0 are at least this large.
const SMALLEST_Z: f64 = 5e-3;
/// Losses are at least this large.
const SMALLEST_LOSS: f64 = 1e-3;
/// Outputs and deltas of two units of a layer differ by at least this much.
const APART: f64 = 2e-4;
/// The two largest outputs of a classification differ by at least this much.
const NO_TIE: f64 = 0.02;
/// The loss after an update is at most this share of the loss before.
const FALLS_TO: f64 = 0.999;

/// A demand on an exercise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Demand {
    /// Nothing overflows.
    Solvable,
    /// Examples and units differ from one another.
    Different,
    /// No net input is on a kink of its activation.
    OffKinks,
    /// No unit is saturated, but for the one that is to be.
    Saturation,
    /// No unit is dead, but for the one that is to be.
    Dead,
    /// Every number can be read and written with a few digits.
    Readable,
    /// No two units of a layer compute the same.
    Asymmetric,
    /// Every update lowers the loss.
    LossFalls,
    /// Classes are clear.
    NoTie,
}

impl Demand {
    /// Every demand.
    pub const ALL: [Self; 9] = [
        Self::Solvable,
        Self::Different,
        Self::OffKinks,
        Self::Saturation,
        Self::Dead,
        Self::Readable,
        Self::Asymmetric,
        Self::LossFalls,
        Self::NoTie,
    ];

    /// What can be done when it cannot be met.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::Solvable | Self::LossFalls => "A smaller learning rate or fewer steps may help",
            Self::Different | Self::OffKinks | Self::NoTie => "Fewer examples may help",
            Self::Saturation | Self::Dead => "Fewer units or fewer examples may help",
            Self::Readable | Self::Asymmetric => "Fewer units, layers or examples may help",
        }
    }
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Solvable => "no number overflows",
            Self::Different => "all examples, and all units of a layer, have different numbers",
            Self::OffKinks => "no net input lies on a kink of its activation",
            Self::Saturation => "no unit is saturated, unless one is asked for, which then is",
            Self::Dead => "no unit is dead, unless one is asked for, which then is",
            Self::Readable => "no number is too small or too large to be read with a few digits",
            Self::Asymmetric => "no two units of a layer have the same outputs or deltas",
            Self::LossFalls => "every update lowers the loss",
            Self::NoTie => "the two largest outputs of a classification differ clearly",
        })
    }
}

/// What can be seen without solving: examples and units that differ.
pub(super) fn check_given(exercise: &Exercise) -> Result<(), Demand> {
    let demand = |met| if met { Ok(()) } else { Err(Demand::Different) };
    let inputs: Vec<&[f64]> =
        exercise.parts.iter().flat_map(|p| &p.examples).map(|example| &*example.x).collect();
    demand(all_differ(&inputs))?;
    let flat = |x: &[f64]| x.len() > 1 && x.iter().all(|v| *v == x[0]);
    demand(!inputs.iter().any(|x| flat(x)))?;
    let network = &exercise.network;
    for l in 0..network.layers().len() {
        let (w, b) = (network.weights(l), network.biases(l));
        let rows: Vec<Vec<f64>> =
            (0..w.nrows()).map(|i| w.row(i).iter().copied().chain([b[i]]).collect()).collect();
        demand(all_differ(&rows))?;
        let columns: Vec<Vec<f64>> = w.columns().into_iter().map(|c| c.to_vec()).collect();
        demand(w.nrows() == 1 || all_differ(&columns))?;
        // A symmetric matrix hides a transposed one.
        demand(w.nrows() == 1 || !w.is_square() || w != w.t())?;
    }
    // All targets 0 make counts that teach nothing.
    let targets = exercise.parts.iter().flat_map(|p| &p.examples).filter_map(|e| e.t.as_ref());
    demand(targets.into_iter().all(|t| t.len() == 1 || t.iter().any(|v| *v != 0.0)))
}

fn all_differ<T: PartialEq>(items: &[T]) -> bool {
    items.iter().enumerate().all(|(i, item)| !items[..i].contains(item))
}

/// The first demand that the solution fails, in the order of [`Demand::ALL`] for each part.
pub(super) fn check(
    solution: &Solution,
    feature: Option<Feature>,
    special: Option<Special>,
) -> Result<(), Demand> {
    let marked = |wanted: Feature| special.filter(|_| feature == Some(wanted));
    let saturated = marked(Feature::Saturated);
    let dead = marked(Feature::DeadUnit);
    for (part, solved) in solution.exercise.parts.iter().zip(&solution.parts) {
        let trains = matches!(part.task, Task::Update { .. } | Task::Gradient);
        let steps = || solved.steps.iter();
        demand(Demand::OffKinks, steps().all(off_kinks))?;
        demand(Demand::Saturation, steps().all(|step| saturation(step, saturated)))?;
        demand(Demand::Dead, dead_units(solved, trains, dead))?;
        demand(Demand::Readable, steps().all(|step| readable(step, special)))?;
        demand(Demand::Asymmetric, steps().all(asymmetric))?;
        demand(Demand::LossFalls, steps().all(loss_falls))?;
        demand(Demand::NoTie, part.task != Task::Classify || steps().all(no_tie))?;
    }
    let first = solution.parts.first().and_then(|part| part.steps.first());
    let shown = saturated
        .is_none_or(|special| first.is_some_and(|step| lowest_share(step, special) < VERY_FLAT));
    demand(Demand::Saturation, shown)
}

fn demand(demand: Demand, met: bool) -> Result<(), Demand> {
    if met { Ok(()) } else { Err(demand) }
}

/// Every unit of a step: layer, unit, activation, z and x with an entry per example.
fn units(
    step: &Step,
) -> impl Iterator<Item = (Special, Activation, ArrayView1<'_, f64>, ArrayView1<'_, f64>)> {
    step.network.layers().iter().enumerate().flat_map(move |(l, layer)| {
        (0..layer.units()).map(move |i| {
            let z = step.trace.z[l].value.column(i);
            let x = step.trace.x[l].value.column(i);
            (Special { layer: l, unit: i }, layer.activation(), z, x)
        })
    })
}

fn off_kinks(step: &Step) -> bool {
    units(step).all(|(_, f, z, _)| !z.iter().any(|z| on_kink(f, *z)))
}

/// The smallest slope of a unit over the examples, as a share of the largest that there is.
fn lowest_share(step: &Step, which: Special) -> f64 {
    let of = |(_, f, z, x): (Special, Activation, ArrayView1<'_, f64>, ArrayView1<'_, f64>)| {
        z.iter().zip(x).map(|(z, x)| slope_share(f, *z, *x)).fold(f64::INFINITY, f64::min)
    };
    units(step).find(|(place, ..)| *place == which).map_or(1.0, of)
}

fn saturation(step: &Step, wanted: Option<Special>) -> bool {
    units(step).all(|(place, f, z, x)| {
        // A softmax is saturated as a whole.
        let own = wanted.is_some_and(|special| {
            place == special || f == Activation::Softmax && place.layer == special.layer
        });
        own || z.iter().zip(x).all(|(z, x)| slope_share(f, *z, *x) >= FLAT)
    })
}

/// Every ReLU unit is active for an example of a part that trains, and in every layer one is for every example; the one that
/// is to be dead never is.
fn dead_units(solved: &SolvedPart, trains: bool, wanted: Option<Special>) -> bool {
    let Some(first) = solved.steps.first() else { return true };
    let active = |place: Special| {
        let mut values = solved
            .steps
            .iter()
            .flat_map(|step| step.trace.z[place.layer].value.column(place.unit).to_vec());
        values.any(|z| z > 0.0)
    };
    let alive =
        units(first).filter(|(_, f, ..)| *f == Activation::Relu).all(|(place, ..)| match wanted {
            Some(special) if special == place => !active(place),
            _ => !trains || active(place),
        });
    let layers_pass = solved.steps.iter().all(|step| {
        step.network.layers().iter().zip(&step.trace.z).all(|(layer, z)| {
            layer.activation() != Activation::Relu
                || z.value.rows().into_iter().all(|z| z.iter().any(|z| *z > 0.0))
        })
    });
    alive && layers_pass
}

/// Sizes that can be read. Numbers that are exactly 0 are so for a reason that can be seen, such as an inactive unit; what
/// is 0 but for rounding is left over from terms that cancel.
fn readable(step: &Step, special: Option<Special>) -> bool {
    let size =
        |value: f64, smallest: f64| value == 0.0 || (smallest..=LARGEST).contains(&value.abs());
    let all = |values: &Bounded, smallest: f64| values.value.iter().all(|v| size(*v, smallest));
    let trace = &step.trace;
    let losses = trace
        .loss
        .as_ref()
        .is_none_or(|loss| loss.value.iter().all(|v| (SMALLEST_LOSS..=LARGEST).contains(&v.abs())));
    if !losses || !trace.z.iter().all(|z| z.value.iter().all(|v| size(*v, SMALLEST_Z) && *v != 0.0))
    {
        return false;
    }
    if !trace.x.iter().all(|x| all(x, SMALLEST_Z) || special.is_some()) {
        return false;
    }
    let Some(backward) = &trace.backward else { return true };
    (0..backward.delta.len()).all(|l| {
        // The deltas and gradients of the special unit are what it is there to show.
        let spared = |unit: usize| {
            special
                .is_some_and(|s| s.layer == l && (s.unit == unit || is_softmax(&step.network, l)))
        };
        let by_unit = |values: &Array2<f64>, units_in_rows: bool| {
            values.indexed_iter().all(|((row, column), v)| {
                let unit = if units_in_rows { row } else { column };
                spared(unit) || size(*v, SMALLEST_GRADIENT)
            })
        };
        let delta = &backward.delta[l].value;
        let grad_weights = &backward.grad_weights[l].value;
        by_unit(delta, false)
            && by_unit(grad_weights, true)
            && by_unit(&backward.grad_biases[l].value, false)
            && grad_weights.iter().any(|v| *v != 0.0)
            && delta.rows().into_iter().all(|delta| delta.iter().any(|v| *v != 0.0))
    })
}

fn is_softmax(network: &Network<f64>, layer: usize) -> bool {
    network.layers()[layer].activation() == Activation::Softmax
}

/// The outputs of the units of a layer differ for every example, and so do the deltas of hidden units; those that are 0 for
/// a reason may be so together.
fn asymmetric(step: &Step) -> bool {
    let apart = |values: ArrayView1<'_, f64>| {
        values.iter().enumerate().all(|(i, a)| {
            values.iter().take(i).all(|b| (a - b).abs() >= APART || *a == 0.0 && *b == 0.0)
        })
    };
    let rows = |values: &Bounded| values.value.rows().into_iter().all(apart);
    let outputs = step.trace.x.iter().all(rows);
    let hidden = step.trace.backward.as_ref().is_none_or(|backward| {
        let (_, below) = backward.delta.split_last().unzip();
        below.unwrap_or_default().iter().all(rows)
    });
    outputs && hidden
}

fn loss_falls(step: &Step) -> bool {
    match (&step.trace.update, step.trace.total_loss) {
        (Some(update), Some(before)) => update.total_loss_after <= FALLS_TO * before,
        _ => true,
    }
}

fn no_tie(step: &Step) -> bool {
    step.trace.x.last().is_none_or(|x| {
        x.value.rows().into_iter().all(|x| {
            let mut sorted = x.to_vec();
            sorted.sort_by(|a, b| b.total_cmp(a));
            sorted.len() < 2 || sorted[0] - sorted[1] >= NO_TIE
        })
    })
}
