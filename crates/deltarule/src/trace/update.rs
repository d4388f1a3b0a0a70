//! Traced updates: several steps in a row, with the optimiser's state and the bounds of the parameters kept.

use ndarray::{Array2, ArrayView2};

use super::bounds::{ParameterBounds, ROUNDOFF, as_row};
use super::{Bounded, ParameterKind, Trace, TraceOptions};
use crate::error::{Error, Result};
use crate::loss::Loss;
use crate::network::Network;
use crate::optimizer::{Adam, Optimizer, OptimizerState, StepBound};

/// ParameterBounds and optimiser state after an update.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateTrace {
    /// w^\[1\] … w^\[L\]: (units, inputs)
    pub weights: Vec<Bounded>,
    /// b^\[1\] … b^\[L\]: (1, units)
    pub biases: Vec<Bounded>,
    /// The total loss of the same examples under the new parameters, without the L2 penalty.
    pub total_loss_after: f64,
    /// What the optimiser remembers, by name: its part for the weights and its part for the biases of each layer.
    pub optimizer_state: Vec<(String, Vec<Bounded>, Vec<Bounded>)>,
}

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
/// use deltarule::trace::{TraceOptions, Tracer};
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
/// let (_, update) =
///     tracer.step(array![[1.0, 1.0, 0.0, 0.0, 0.0]].view(), array![[1.0, 0.0]].view())?;
/// assert_eq!(format!("{:.6}", update.weights[1].value[[0, 0]]), "0.162647");
/// # Ok::<(), deltarule::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Tracer {
    network: Network<f64>,
    loss: Loss,
    optimizer: Optimizer,
    options: TraceOptions,
    state: OptimizerState<f64>,
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
            let names: Vec<_> = Optimizer::of_single_steps().map(|known| known.name()).collect();
            return Err(Error::value("optimizer of a trace", optimizer, names.join(", ")));
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
        Ok(Self { network, loss, optimizer, options, state, parameters, state_bounds })
    }

    /// Goes on with what an optimiser remembers from earlier steps. ParameterBounds and state count as exact.
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
        Ok(tracer)
    }

    /// How many steps the optimiser has made.
    pub fn steps(&self) -> u64 {
        self.state.step
    }

    /// What the optimiser remembers, by name: its part for the weights and its part for the biases of each layer.
    pub fn optimizer_state(&self) -> Vec<(String, Vec<Bounded>, Vec<Bounded>)> {
        self.named_state()
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
    pub fn step(
        &mut self,
        x: ArrayView2<'_, f64>,
        t: ArrayView2<'_, f64>,
    ) -> Result<(Trace, UpdateTrace)> {
        let reduction = self.options.reduction;
        self.limit_bounds();
        let trace =
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
        self.optimizer.update(
            &mut self.state,
            self.optimizer.learning_rate(),
            objective,
            before.layers(),
            self.network.parameters_mut(),
            &gradient,
        );
        self.carry_bounds(&before, &gradient, &bounds);
        let after = Trace::loss_with(&self.parameters, &self.network, self.loss, x, t, reduction)?;
        let update = UpdateTrace {
            weights: self.of_weights(self.network.parameters(), &self.parameters),
            biases: self.of_biases(self.network.parameters(), &self.parameters),
            total_loss_after: after.total_loss.unwrap_or(0.0),
            optimizer_state: self.named_state(),
        };
        Ok((trace, update))
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
        before: &Network<f64>,
        gradient: &[f64],
        e_gradient: &ParameterBounds,
    ) {
        let (optimizer, step) = (self.optimizer, self.state.step);
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
                    let e_step = optimizer.step_bound(StepBound {
                        step,
                        g,
                        e_g,
                        state: &state,
                        e_state: &mut e_vector,
                        u: ROUNDOFF,
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

    fn named_state(&self) -> Vec<(String, Vec<Bounded>, Vec<Bounded>)> {
        let names = self.optimizer.state_names().iter();
        names
            .zip(self.state.vectors.iter().zip(&self.state_bounds))
            .map(|(name, (flat, bounds))| {
                (name.to_string(), self.of_weights(flat, bounds), self.of_biases(flat, bounds))
            })
            .collect()
    }
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
    use crate::{Activation, Init, Sgd};
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
        let (_, update) = tracer.step(x.view(), t.view()).unwrap();
        for layers in [&update.weights, &update.biases, &update.optimizer_state[0].1] {
            for b in layers {
                assert_eq!(b.value.dim(), b.bound.dim());
                Zip::from(&b.value).and(&b.bound).for_each(|v, e| {
                    assert!(*e < 1e-14 && v.is_finite());
                });
            }
        }
    }
}
