//! Traced updates: several steps in a row, with the optimiser's state and the bounds of the parameters kept.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2};

use super::TraceOptions;
use super::bounded::Bounded;
use super::bounds::{ParameterBounds, as_row};
use super::quantity::ParameterKind;
use super::values::{StateVector, Trace, UpdateTrace};
use crate::error::{Error, Result};
use crate::loss::Loss;
use crate::network::Network;
use crate::optimizer::{Adam, Optimizer, OptimizerState, StepBound, UpdateRule, UpdateRules};
use crate::rounding::{BoundedNumber, ROUNDOFF};

/// The most that a parameter's bound carries over from earlier steps, relative to the largest parameter of its layer.
///
/// A bound is for the worst case, which multiplies from step to step although the errors do not: after some dozens of
/// steps it would be larger than every value, and all of them would count as zero but for rounding.
const CARRIED: f64 = 1.0 / (1_u64 << 34) as f64;

/// Traces one update after another.
///
/// # Example
///
/// ```
/// use deltarule::trace::{Quantity, TraceOptions, Tracer};
/// use deltarule::{Activation, Init, Loss, Network, Sgd};
/// use ndarray::array;
///
/// let network = Network::<f64>::builder(5)
///     .layer(3, Activation::Sigmoid)
///     .layer(2, Activation::Sigmoid)
///     .init(Init::Constant(0.1))
///     .build()?;
/// let sgd = Sgd { learning_rate: 1.0, ..Sgd::default() };
/// let mut tracer = Tracer::new(network, Loss::SquaredError, sgd, TraceOptions::default())?;
/// let trace =
///     tracer.step(array![[1.0, 1.0, 0.0, 0.0, 0.0]].view(), array![[1.0, 0.0]].view())?;
/// let weights = trace.get(Quantity::Weights(2)).unwrap();
/// assert_eq!(format!("{:.6}", weights.value[[0, 0]]), "0.162647");
/// # Ok::<(), deltarule::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Tracer {
    network: Network<f64>,
    loss: Loss,
    optimizer: Optimizer,
    options: TraceOptions,
    state: OptimizerState<f64>,
    /// The state as it is shown.
    remembered: Arc<[StateVector]>,
    parameters: ParameterBounds,
    /// The bounds of the state's vectors.
    state_bounds: Vec<ParameterBounds>,
}

impl Tracer {
    /// Starts from a network with a fresh optimiser.
    ///
    /// # Errors
    /// `ErrorKind::Value` when an option is out of range, the outputs do not admit the loss, or the optimiser is
    /// L-BFGS, which has no single step to show: its line search evaluates the loss several times; or Adam with
    /// `epsilon_hat`, whose steps are shown by way of [`Adam::at_step`].
    pub fn new(
        network: Network<f64>,
        loss: Loss,
        optimizer: impl Into<Optimizer>,
        options: TraceOptions,
    ) -> Result<Self> {
        let optimizer = optimizer.into();
        optimizer.validate()?;
        loss.admits(network.output_activation())?;
        if !optimizer.takes_single_steps() {
            return Err(without_steps(&optimizer));
        }
        if let Optimizer::Adam(Adam { epsilon_hat: true, .. }) = optimizer {
            return Err(Error::value("epsilon_hat of a trace", true, "false (see Adam::at_step)"));
        }
        let state = optimizer.new_state(network.parameter_count());
        let parameters = ParameterBounds::of(&network);
        let exact = ParameterBounds {
            weights: parameters.weights.iter().map(|w| Array2::zeros(w.dim())).collect(),
            biases: parameters.biases.iter().map(|b| Array2::zeros(b.dim())).collect(),
        };
        let state_bounds = vec![exact; state.vectors.len()];
        let remembered = Arc::from([]);
        let mut tracer =
            Self { network, loss, optimizer, options, state, remembered, parameters, state_bounds };
        tracer.remembered = tracer.named_state();
        Ok(tracer)
    }

    /// Goes on with what an optimiser remembers from earlier steps. Parameters and state count as exact.
    ///
    /// # Errors
    /// As [`Tracer::new`]; `ErrorKind::Shape` when the state is not one of this optimiser and network.
    pub fn resume(
        network: Network<f64>,
        loss: Loss,
        optimizer: impl Into<Optimizer>,
        options: TraceOptions,
        state: OptimizerState<f64>,
    ) -> Result<Self> {
        let mut tracer = Self::new(network, loss, optimizer, options)?;
        let shape = |state: &OptimizerState<f64>| -> Vec<usize> {
            state.vectors.iter().map(Vec::len).collect()
        };
        let (expected, got) = (shape(&tracer.state), shape(&state));
        if expected != got {
            return Err(Error::shape(
                "optimizer state",
                format!("{expected:?}"),
                format!("{got:?}"),
            ));
        }
        tracer.state = state;
        tracer.remembered = tracer.named_state();
        Ok(tracer)
    }

    /// The network as it is now.
    pub fn network(&self) -> &Network<f64> {
        &self.network
    }

    /// The network as it is now, taken out.
    pub fn into_network(self) -> Network<f64> {
        self.network
    }

    /// One step: forward, loss, backward, update.
    ///
    /// # Shapes
    /// x: (examples, inputs); t: (examples, outputs)
    ///
    /// # Errors
    /// As [`Trace::gradient`].
    pub fn step(&mut self, x: ArrayView2<'_, f64>, t: ArrayView2<'_, f64>) -> Result<Trace> {
        let reduction = self.options.reduction;
        self.limit_bounds();
        let mut trace =
            Trace::gradient_with(&self.parameters, &self.network, self.loss, x, t, &self.options)?;
        let Some(backward) = &trace.backward else {
            return Err(Error::value("trace", "without gradients", "with gradients"));
        };
        let mut gradient = Vec::with_capacity(self.network.parameter_count());
        let mut bounds = ParameterBounds { weights: Vec::new(), biases: Vec::new() };
        for (w, b) in backward.grad_weights.iter().zip(&backward.grad_biases) {
            gradient.extend(w.value.iter());
            bounds.weights.push(w.bound.clone());
            // A frozen bias has no gradient as far as the optimiser is concerned.
            let trained = if self.options.train_biases { 1.0 } else { 0.0 };
            gradient.extend(b.value.iter().map(|g| g * trained));
            bounds.biases.push(&b.bound * trained);
        }
        let objective = trace.total_loss.unwrap_or(0.0) + self.penalty();
        let before = self.network.clone();
        let previous_loss = self.state.previous_loss;
        let Some(mut rules) = UpdateRules::new(&self.optimizer) else {
            return Err(without_steps(&self.optimizer));
        };
        let OptimizerState { step, previous_loss: previous, vectors, .. } = &mut self.state;
        let rule = rules.next(step, previous, self.optimizer.learning_rate(), Some(objective));
        rule.update(vectors, before.layers(), self.network.parameters_mut(), &gradient);
        self.carry_bounds(&rule, &before, &gradient, &bounds);
        let after = Trace::loss_with(&self.parameters, &self.network, self.loss, x, t, reduction)?;
        let state = self.named_state();
        let state_before = std::mem::replace(&mut self.remembered, Arc::clone(&state));
        trace.update = Some(UpdateTrace {
            optimizer: self.optimizer,
            step: self.state.step,
            previous_loss,
            state_before,
            state,
            weights: self.of_weights(self.network.parameters(), &self.parameters),
            biases: self.of_biases(self.network.parameters(), &self.parameters),
            total_loss_after: after.total_loss.unwrap_or(0.0),
            total_bound_after: after.total_bound,
            rule,
            trains_biases: self.options.train_biases,
        });
        Ok(trace)
    }

    /// ½λΣw²
    fn penalty(&self) -> f64 {
        let squares: f64 = (0..self.network.layers().len())
            .map(|l| self.network.weights(l).iter().map(|w| w * w).sum::<f64>())
            .sum();
        0.5 * self.options.l2 * squares
    }

    /// Cuts what the parameters' bounds carry over from earlier steps.
    fn limit_bounds(&mut self) {
        for (l, layer) in self.network.layers().iter().enumerate() {
            let both = layer.weight_range().chain(layer.bias_range());
            let size = both.map(|i| self.network.parameters()[i].abs()).fold(0.0, f64::max);
            let limit = |e: &mut f64| *e = e.min(CARRIED * size);
            self.parameters.weights[l].iter_mut().for_each(limit);
            self.parameters.biases[l].iter_mut().for_each(limit);
        }
    }

    /// The bounds of the new parameters and of the new state.
    fn carry_bounds(
        &mut self,
        rule: &UpdateRule,
        before: &Network<f64>,
        gradient: &[f64],
        e_gradient: &ParameterBounds,
    ) {
        let step = self.state.step;
        for (l, layer) in before.layers().iter().enumerate() {
            for part in ParameterKind::BOTH {
                let range = match part {
                    ParameterKind::Weights => layer.weight_range(),
                    ParameterKind::Biases => layer.bias_range(),
                };
                let (old, new) = (
                    &before.parameters()[range.clone()],
                    &self.network.parameters()[range.clone()],
                );
                let vectors: Vec<&[f64]> =
                    self.state.vectors.iter().map(|v| &v[range.clone()]).collect();
                let mut e_state: Vec<&mut Array2<f64>> =
                    self.state_bounds.iter_mut().map(|p| part.of_mut(p, l)).collect();
                let e_g = part.of(e_gradient, l);
                let e_w = part.of_mut(&mut self.parameters, l);
                for (i, (e_w, &e_g)) in e_w.iter_mut().zip(e_g).enumerate() {
                    let g = gradient[range.start + i];
                    let state: Vec<f64> = vectors.iter().map(|v| v[i]).collect();
                    let columns = e_state.first().map_or(1, |e| e.ncols());
                    let mut e_vector: Vec<&mut f64> =
                        e_state.iter_mut().map(|e| &mut e[[i / columns, i % columns]]).collect();
                    let e_step = rule.of(part == ParameterKind::Weights).bound(&mut StepBound {
                        step,
                        g: BoundedNumber { value: g, bound: e_g },
                        state: &state,
                        e_state: &mut e_vector,
                    });
                    let moved = (new[i] - old[i]).abs();
                    let rounding =
                        if moved == 0.0 { 0.0 } else { ROUNDOFF * (old[i].abs() + moved) };
                    *e_w += e_step + rounding;
                }
            }
        }
    }

    fn of_weights(&self, flat: &[f64], bounds: &ParameterBounds) -> Vec<Bounded> {
        self.network
            .layers()
            .iter()
            .zip(&bounds.weights)
            .map(|(layer, bound)| {
                let mut value = Array2::zeros((layer.units(), layer.inputs()));
                value.iter_mut().zip(&flat[layer.weight_range()]).for_each(|(v, &w)| *v = w);
                Bounded { value, bound: bound.clone() }
            })
            .collect()
    }

    fn of_biases(&self, flat: &[f64], bounds: &ParameterBounds) -> Vec<Bounded> {
        self.network
            .layers()
            .iter()
            .zip(&bounds.biases)
            .map(|(layer, bound)| Bounded {
                value: as_row(flat[layer.bias_range()].iter().copied().collect()),
                bound: bound.clone(),
            })
            .collect()
    }

    fn named_state(&self) -> Arc<[StateVector]> {
        let names = self.optimizer.state_names().iter();
        names
            .zip(self.state.vectors.iter().zip(&self.state_bounds))
            .map(|(&name, (flat, bounds))| StateVector {
                name,
                weights: self.of_weights(flat, bounds),
                biases: self.of_biases(flat, bounds),
            })
            .collect()
    }
}

/// The refusal of an optimiser without single steps.
fn without_steps(optimizer: &Optimizer) -> Error {
    let names: Vec<_> = Optimizer::of_single_steps().map(|known| known.name()).collect();
    Error::value("optimizer of a trace", optimizer, names.join(", "))
}

impl ParameterKind {
    fn of(self, parameters: &ParameterBounds, l: usize) -> &Array2<f64> {
        match self {
            Self::Weights => &parameters.weights[l],
            Self::Biases => &parameters.biases[l],
        }
    }

    fn of_mut(self, parameters: &mut ParameterBounds, l: usize) -> &mut Array2<f64> {
        match self {
            Self::Weights => &mut parameters.weights[l],
            Self::Biases => &mut parameters.biases[l],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Activation, Init, Rmsprop, Rprop, Sgd};
    use ndarray::{Zip, array};

    #[test]
    fn bounds_have_the_shapes_of_their_values() {
        let network = Network::<f64>::builder(4)
            .layer(3, Activation::Tanh)
            .layer(2, Activation::Softmax)
            .init(Init::GlorotUniform { seed: 3 })
            .build()
            .unwrap();
        let momentum = Sgd { momentum: 0.9, ..Sgd::default() };
        let mut tracer =
            Tracer::new(network, Loss::CrossEntropy, momentum, TraceOptions::default()).unwrap();
        let (x, t) = (array![[1.0, 0.5, -1.0, 0.2]], array![[0.0, 1.0]]);
        let trace = tracer.step(x.view(), t.view()).unwrap();
        let update = trace.update.unwrap();
        for layers in [&update.weights, &update.biases, &update.state[0].weights] {
            for b in layers {
                assert_eq!(b.value.dim(), b.bound.dim());
                Zip::from(&b.value).and(&b.bound).for_each(|v, e| {
                    assert!(*e < 1e-14 && v.is_finite());
                });
            }
        }
    }

    #[test]
    fn numbers_on_the_way_make_the_step() {
        let network = Network::<f64>::builder(3)
            .layer(2, Activation::Tanh)
            .layer(1, Activation::Identity)
            .init(Init::GlorotUniform { seed: 5 })
            .build()
            .unwrap();
        let (x, t) = (array![[1.0, -0.5, 0.25], [0.0, 2.0, 1.0]], array![[1.0], [-3.0]]);
        let steps = |optimizer: Optimizer| -> Vec<(Network<f64>, Trace)> {
            let options = TraceOptions::default();
            let mut tracer =
                Tracer::new(network.clone(), Loss::SquaredError, optimizer, options).unwrap();
            (0..6)
                .map(|_| (tracer.network().clone(), tracer.step(x.view(), t.view()).unwrap()))
                .collect()
        };
        let moved = |before: &Network<f64>, trace: &Trace, kind: ParameterKind, layer: usize| {
            let after = trace.get(kind.updated(layer)).unwrap().value.to_owned();
            let old = match kind {
                ParameterKind::Weights => before.weights(layer - 1).to_owned(),
                ParameterKind::Biases => {
                    before.biases(layer - 1).to_owned().insert_axis(ndarray::Axis(1))
                }
            };
            after - old
        };
        let eta = 0.05;
        let (mut turned, mut grown) = (false, false);
        let adam = Adam { learning_rate: eta, ..Adam::default() };
        let rprop = Rprop { initial_step: 0.3, ..Rprop::default() };
        let rmsprop = Rmsprop { learning_rate: eta, ..Rmsprop::default() };
        for (optimizer, name, scale) in [
            (adam.into(), "adam_step", -eta),
            (rmsprop.into(), "rmsprop_step", -eta),
            (rprop.into(), "rprop_step", 1.0),
        ] {
            for (before, trace) in steps(optimizer) {
                for (kind, layer) in [1, 2].map(|l| ParameterKind::BOTH.map(|k| (k, l))).concat() {
                    let get = |name: &str| trace.intermediate(name, kind, layer).unwrap();
                    let step = get(name);
                    Zip::from(&moved(&before, &trace, kind, layer))
                        .and(&step.value)
                        .and(&step.bound)
                        .for_each(|moved, s, e| {
                            assert!((moved - scale * s).abs() <= 1e-15, "{name}: {moved} {s}");
                            assert!(*e < 1e-9 && *e >= 0.0);
                        });
                    if name == "rprop_step" {
                        let size = trace.get(kind.state("step_size", layer)).unwrap();
                        assert_eq!(get("unlimited_size").value, size.value);
                        turned |= get("agreement").value.iter().any(|a| *a < 0.0);
                        grown |= get("size_factor").value.iter().any(|f| *f > 1.0);
                    }
                }
            }
        }
        assert!(turned && grown);
    }
}
