//! The numbers of a step by the name of their quantity, in the shape in which answers are given.

use deltarule::trace::Bounded;
use ndarray::Array2;

use crate::marking::Quantity;
use crate::solve::Step;

/// Values as they are shown, and the bounds of their rounding errors.
pub(super) struct ShownNumbers {
    pub(super) values: Array2<f64>,
    pub(super) bounds: Array2<f64>,
}

impl ShownNumbers {
    fn of(bounded: &Bounded) -> Self {
        Self { values: bounded.shown(), bounds: bounded.bound.clone() }
    }

    /// Traces have a row per example, answers a column.
    fn turned(bounded: &Bounded) -> Self {
        let Self { values, bounds } = Self::of(bounded);
        Self { values: values.reversed_axes(), bounds: bounds.reversed_axes() }
    }

    fn one(value: f64, bound: f64) -> Self {
        Self { values: Array2::from_elem((1, 1), value), bounds: Array2::from_elem((1, 1), bound) }
    }
}

/// The numbers of a quantity; none when the step does not have it.
pub(super) fn numbers(step: &Step, quantity: Quantity) -> Option<ShownNumbers> {
    let trace = &step.trace;
    let layer = quantity.layer().map_or(0, |l| l - 1);
    let backward = trace.backward.as_ref();
    let update = step.update.as_ref();
    let state = |name: &str| {
        let vectors = &update?.optimizer_state;
        vectors.iter().find(|(other, ..)| other == name)
    };
    // The loss of the examples together is as uncertain as they are.
    let loss_bound = || trace.loss.as_ref().map_or(0.0, |loss| loss.bound.sum());
    Some(match quantity {
        Quantity::Z(_) => ShownNumbers::turned(trace.z.get(layer)?),
        Quantity::X(_) => ShownNumbers::turned(trace.x.get(layer)?),
        Quantity::Loss => ShownNumbers::of(trace.loss.as_ref()?),
        Quantity::TotalLoss => ShownNumbers::one(trace.total_loss?, loss_bound()),
        Quantity::Delta(_) => ShownNumbers::turned(backward?.delta.get(layer)?),
        Quantity::GradWeights(_) => ShownNumbers::of(backward?.grad_weights.get(layer)?),
        Quantity::GradBiases(_) => ShownNumbers::turned(backward?.grad_biases.get(layer)?),
        Quantity::StateWeights(name, _) => ShownNumbers::of(state(name)?.1.get(layer)?),
        Quantity::StateBiases(name, _) => ShownNumbers::turned(state(name)?.2.get(layer)?),
        Quantity::Weights(_) => ShownNumbers::of(update?.weights.get(layer)?),
        Quantity::Biases(_) => ShownNumbers::turned(update?.biases.get(layer)?),
        // Its own bound is not part of the trace; the parameters are less certain than before.
        Quantity::TotalLossAfter => ShownNumbers::one(update?.total_loss_after, 2.0 * loss_bound()),
        Quantity::Class => {
            let classes = step.classes.as_ref()?;
            let values = Array2::from_shape_fn((1, classes.len()), |(_, i)| classes[i] as f64);
            ShownNumbers { bounds: Array2::zeros(values.dim()), values }
        }
    })
}
