//! What a step computed, and each of its quantities by name.

use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayView1, Axis};

use super::bounded::{Bounded, BoundedView};
use super::quantity::{ParameterKind, Quantity, StepOutline};
use crate::backprop;
use crate::optimizer::{Optimizer, StepValues, UpdateRule};
use crate::rounding::BoundedNumber;

/// Every number of a forward pass and, where asked, of the loss, the backward pass, the update and the classification.
///
/// [`Trace::get`] has each of them by its name, as answers spell it and in the shape that answers have.
///
/// # Shapes
/// The fields have a row per example, a column per unit; vectors are one row.
///
/// # Example
///
/// ```
/// use deltarule::{Activation, Init, Loss, Network};
/// use ndarray::array;
///
/// let network = Network::<f64>::builder(5)
///     .layer(3, Activation::Sigmoid)
///     .layer(2, Activation::Sigmoid)
///     .init(Init::Constant(0.1))
///     .build()?;
/// let x = array![[1.0, 1.0, 0.0, 0.0, 0.0]];
/// let t = array![[1.0, 0.0]];
/// let trace = network.trace(Loss::SquaredError, x.view(), t.view())?;
/// let backward = trace.backward.unwrap();
/// assert_eq!(format!("{:.6}", backward.delta[1].value[[0, 0]]), "-0.113937");
/// # Ok::<(), deltarule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// x^\[0\]: (examples, inputs)
    pub input: Array2<f64>,
    /// z^\[1\] … z^\[L\]: (examples, units)
    pub z: Vec<Bounded>,
    /// x^\[1\] … x^\[L\]: (examples, units)
    pub x: Vec<Bounded>,
    /// E of each example: (1, examples); absent without targets.
    pub loss: Option<Bounded>,
    /// The sum or mean of the losses, without the L2 penalty; 0 when within its bound.
    pub total_loss: Option<f64>,
    /// The bound of the total loss.
    pub(super) total_bound: f64,
    /// Deltas and gradients; absent unless asked for.
    pub backward: Option<BackwardTrace>,
    /// The new parameters and what the optimiser remembers; absent unless asked for.
    pub update: Option<UpdateTrace>,
    /// The class of each example, 1 being the first; absent unless asked for.
    pub classes: Option<Vec<usize>>,
}

/// Deltas and gradients of a [`Trace`].
#[derive(Clone, Debug, PartialEq)]
pub struct BackwardTrace {
    /// f′(z^\[1\]) … f′(z^\[L\]) of each example: (examples, units); none for softmax, whose derivative is a matrix.
    pub derivative: Vec<Option<Bounded>>,
    /// δ^\[1\] … δ^\[L\] of each example: (examples, units)
    pub delta: Vec<Bounded>,
    /// ∂E/∂w^\[l\], with the reduction and λw: (units, inputs)
    pub grad_weights: Vec<Bounded>,
    /// ∂E/∂b^\[l\], with the reduction: (1, units)
    pub grad_biases: Vec<Bounded>,
}

/// What an update computed.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateTrace {
    /// The optimiser.
    pub optimizer: Optimizer,
    /// The number of the update since the optimiser began, 1 being the first.
    pub step: u64,
    /// The objective of the step before, which Rprop compares.
    pub previous_loss: Option<f64>,
    /// What the optimiser remembered before the update.
    pub state_before: Arc<[StateVector]>,
    /// What it remembers after it.
    pub state: Arc<[StateVector]>,
    /// w^\[1\] … w^\[L\]: (units, inputs)
    pub weights: Vec<Bounded>,
    /// b^\[1\] … b^\[L\]: (1, units)
    pub biases: Vec<Bounded>,
    /// The total loss of the same examples under the new parameters, without the L2 penalty; 0 when within its bound.
    pub total_loss_after: f64,
    /// The bound of the total loss under the new parameters.
    pub(super) total_bound_after: f64,
    /// How the optimiser makes this step of a gradient.
    pub(super) rule: UpdateRule,
    /// Whether the biases are trained.
    pub(super) trains_biases: bool,
}

/// One of the vectors that an optimiser remembers, such as the velocity.
#[derive(Clone, Debug, PartialEq)]
pub struct StateVector {
    /// Its name: one of [`Optimizer::state_names`].
    pub name: &'static str,
    /// Its part for the weights of each layer: (units, inputs)
    pub weights: Vec<Bounded>,
    /// Its part for the biases of each layer: (1, units)
    pub biases: Vec<Bounded>,
}

impl StateVector {
    /// Its part for the weights or for the biases of each layer.
    pub fn of(&self, kind: ParameterKind) -> &[Bounded] {
        match kind {
            ParameterKind::Weights => &self.weights,
            ParameterKind::Biases => &self.biases,
        }
    }
}

impl Trace {
    /// The same with the class of each example: the number of its largest output, 1 being the first. Outputs that differ
    /// by no more than rounding are a tie, which the first wins.
    #[must_use]
    pub fn classified(self) -> Self {
        let classes = self.x.last().map(|outputs| {
            let examples = outputs.value.rows().into_iter().zip(outputs.bound.rows());
            let class = |(x, bound): (ArrayView1<'_, f64>, ArrayView1<'_, f64>)| {
                let best = crate::metrics::argmax(x);
                let ties = |i: &usize| x[best] - x[*i] <= bound[best] + bound[*i];
                1 + (0..x.len()).find(ties).unwrap_or(best)
            };
            examples.map(class).collect()
        });
        Self { classes, ..self }
    }

    /// The quantities that it has, in the order of computation.
    pub fn quantities(&self) -> Vec<Quantity> {
        let outline = StepOutline {
            targets: self.loss.is_some(),
            gradients: self.backward.is_some(),
            optimizer: self.update.as_ref().map(|update| update.optimizer),
            classes: self.classes.is_some(),
        };
        Quantity::of_step(self.z.len(), &outline)
    }

    /// The numbers of a quantity, as answers have them; none when this step does not have it.
    ///
    /// # Shapes
    /// As [`Quantity::shape`] says.
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule::trace::{Quantity, Trace};
    /// use deltarule::{Activation, Init, Network};
    /// use ndarray::array;
    ///
    /// let network = Network::<f64>::builder(2)
    ///     .layer(1, Activation::Identity)
    ///     .init(Init::Constant(0.5))
    ///     .build()?;
    /// let trace = Trace::forward(&network, array![[1.0, 2.0], [0.0, 0.0]].view())?;
    /// let x = trace.get(Quantity::X(1)).unwrap();
    /// assert_eq!(x.shown(), array![[1.5, 0.0]]);
    /// assert!(trace.get(Quantity::Delta(1)).is_none());
    /// # Ok::<(), deltarule::Error>(())
    /// ```
    pub fn get(&self, quantity: Quantity) -> Option<BoundedView<'_>> {
        let (backward, update) = (self.backward.as_ref(), self.update.as_ref());
        let turned = |layers, l| of_layer(layers, l).map(BoundedView::turned);
        let upright = |layers, l| of_layer(layers, l).map(BoundedView::upright);
        match quantity {
            Quantity::Z(l) => turned(&self.z, l),
            Quantity::X(l) => turned(&self.x, l),
            Quantity::Loss => self.loss.as_ref().map(BoundedView::upright),
            Quantity::TotalLoss => {
                self.total_loss.map(|total| BoundedView::number(total, self.total_bound))
            }
            Quantity::Derivative(l) => {
                backward?.derivative.get(l.checked_sub(1)?)?.as_ref().map(BoundedView::turned)
            }
            Quantity::Delta(l) => turned(&backward?.delta, l),
            Quantity::GradWeights(l) => upright(&backward?.grad_weights, l),
            Quantity::GradBiases(l) => turned(&backward?.grad_biases, l),
            Quantity::StateWeights(..) | Quantity::StateBiases(..) => {
                of_state(&update?.state, quantity)
            }
            Quantity::CorrectedWeights(name, l) => {
                self.intermediate(&format!("{name}_corrected"), ParameterKind::Weights, l)
            }
            Quantity::CorrectedBiases(name, l) => {
                self.intermediate(&format!("{name}_corrected"), ParameterKind::Biases, l)
            }
            Quantity::Weights(l) => upright(&update?.weights, l),
            Quantity::Biases(l) => turned(&update?.biases, l),
            Quantity::TotalLossAfter => {
                update.map(|u| BoundedView::number(u.total_loss_after, u.total_bound_after))
            }
            Quantity::Class => {
                let classes: Array1<f64> =
                    self.classes.as_ref()?.iter().map(|&class| class as f64).collect();
                let value = classes.insert_axis(Axis(0));
                let bound = Array2::zeros(value.dim());
                Some(BoundedView::owned(Bounded { value, bound }))
            }
        }
    }

    /// What the optimiser remembered before the update; none for any other quantity.
    pub fn before(&self, quantity: Quantity) -> Option<BoundedView<'_>> {
        of_state(&self.update.as_ref()?.state_before, quantity)
    }

    /// A number on the way from the gradient to the new parameters, for each parameter, by the name that the optimiser has
    /// for it; none where it has no such number, or the parameters are not trained.
    ///
    /// The options of each optimiser say which it has: [`crate::Adam`] and its like.
    ///
    /// # Shapes
    /// As the parameters in [`Trace::get`].
    pub fn intermediate(
        &self,
        name: &str,
        kind: ParameterKind,
        layer: usize,
    ) -> Option<BoundedView<'_>> {
        let update = self.update.as_ref()?;
        if kind == ParameterKind::Biases && !update.trains_biases {
            return None;
        }
        let place = update.intermediate_names().iter().position(|known| *known == name)?;
        let gradient = self.get(kind.gradient(layer))?;
        let vectors = |state: &'_ [StateVector]| -> Option<Vec<Bounded>> {
            let own = state.iter().map(|vector| of_layer(vector.of(kind), layer).cloned());
            own.collect()
        };
        let (before, after) = (vectors(&update.state_before)?, vectors(&update.state)?);
        let rule = update.rule.of(kind == ParameterKind::Weights);
        let mut numbers = Bounded {
            value: Array2::zeros(gradient.value.dim()),
            bound: Array2::zeros(gradient.value.dim()),
        };
        for (i, (&value, &bound)) in gradient.value.iter().zip(&gradient.bound).enumerate() {
            let at = |vectors: &[Bounded]| pair(vectors, i);
            let g = BoundedNumber { value, bound };
            let numbers_of_step = StepValues { before: at(&before), after: at(&after), g };
            let all = rule.intermediates(&numbers_of_step);
            let at = (i / gradient.value.ncols(), i % gradient.value.ncols());
            let BoundedNumber { value, bound } = all[place].number;
            (numbers.value[at], numbers.bound[at]) = (value, bound);
        }
        Some(BoundedView::owned(numbers))
    }
}

impl UpdateTrace {
    /// The names of the numbers on the way to the new parameters, in the order of computation: those of
    /// [`Trace::intermediate`].
    pub fn intermediate_names(&self) -> Vec<&'static str> {
        let g = BoundedNumber::exact(0.0);
        let nothing = StepValues { before: [g; 2], after: [g; 2], g };
        self.rule.intermediates(&nothing).iter().map(|number| number.name).collect()
    }
}

/// Layers count from 1.
fn of_layer(layers: &[Bounded], layer: usize) -> Option<&Bounded> {
    layers.get(layer.checked_sub(1)?)
}

/// A part of one of an optimiser's vectors.
fn of_state(state: &[StateVector], quantity: Quantity) -> Option<BoundedView<'_>> {
    let vector = |name: &str| state.iter().find(|vector| vector.name == name);
    if let Quantity::StateWeights(name, l) = quantity {
        return of_layer(&vector(name)?.weights, l).map(BoundedView::upright);
    }
    let Quantity::StateBiases(name, l) = quantity else { return None };
    of_layer(&vector(name)?.biases, l).map(BoundedView::turned)
}

/// The numbers at one place of an optimiser's vectors, in the order of their memory; it has two at most.
fn pair(vectors: &[Bounded], place: usize) -> [BoundedNumber; 2] {
    let mut numbers = [BoundedNumber::exact(0.0); 2];
    for (number, vector) in numbers.iter_mut().zip(vectors) {
        let at = (place / vector.value.ncols(), place % vector.value.ncols());
        *number = BoundedNumber { value: vector.value[at], bound: vector.bound[at] };
    }
    numbers
}

impl Trace {
    /// The values as the reference path has them.
    pub(super) fn pass(&self) -> backprop::Forward<f64> {
        let values = |layers: &[Bounded]| layers.iter().map(|b| b.value.clone()).collect();
        backprop::Forward { z: values(&self.z), x: values(&self.x) }
    }
}
