//! A step of a network of a few units on a few examples, where everything around the arithmetic costs more than the
//! arithmetic: no blocks, no panels, no threads, but the parameters in their flat order and one function from the
//! examples to the update.
//!
//! Every sum is the same chain as in the kernels for large networks, so the bits are the same.

use crate::finite::all_finite;
use crate::float::Float;
use crate::kernel::InstructionSet;
use crate::kernel::batch::{Batch, ObjectiveParts, StepOptions, set_scales};
use crate::kernel::plan::Plan;
use crate::kernel::small_step::SmallNetwork;
use crate::kernel::table::Kernels;
use crate::kernel::team::Team;
use crate::network::Network;
use crate::optimizer::{OptimizerState, UpdateRule};

/// More examples than this in a batch are a matter for the products.
const MAX_EXAMPLES: usize = 8;
/// And so are more parameters.
const MAX_PARAMETERS: usize = 512;

/// A training of a small network: its numbers, and the kernels that step through them.
pub(crate) struct Small<T: Float> {
    kernels: &'static Kernels<T>,
    network: SmallNetwork<T>,
}

impl<T: Float> Small<T> {
    /// Whether a training is one for this path.
    pub(crate) fn suits(network: &Network<T>, batch: usize, options: &StepOptions) -> bool {
        batch <= MAX_EXAMPLES
            && network.layers().last().is_some_and(|l| l.bias_range().end <= MAX_PARAMETERS)
            // What treats weights and biases, or units, differently.
            && options.l2.strength == 0.0
            && options.dropout == 0.0
            && options.label_smoothing == 0.0
    }

    pub(crate) fn new(
        network: &Network<T>,
        batch: usize,
        options: StepOptions,
        set: InstructionSet,
    ) -> Self {
        let network = SmallNetwork::new(network.layers(), batch, options);
        Self { kernels: T::kernels(set), network }
    }
}

impl<T: Float> Plan<T> for Small<T> {
    fn load(&mut self, flat: &[T]) {
        self.network.parameters[..flat.len()].copy_from_slice(flat);
    }

    fn store(&self, flat: &mut [T]) {
        flat.copy_from_slice(&self.network.parameters[..flat.len()]);
    }

    fn load_state(&mut self, state: &mut OptimizerState<T>) {
        for (own, flat) in self.network.state.iter_mut().zip(&state.vectors) {
            own[..flat.len()].copy_from_slice(flat);
        }
    }

    fn store_state(&mut self, state: &mut OptimizerState<T>) {
        for (own, flat) in self.network.state.iter().zip(&mut state.vectors) {
            let count = flat.len();
            flat.copy_from_slice(&own[..count]);
        }
    }

    fn parameter_count(&self) -> usize {
        self.network.layers.last().map_or(0, |layer| layer.bias_range().end)
    }

    fn is_finite(&self) -> bool {
        all_finite(&self.network.parameters)
    }

    fn keeps_finite(&self) -> bool {
        self.network.options.keeps_finite
    }

    fn first_non_finite(&self) -> (&'static str, Option<usize>) {
        let bad = |values: &[T]| values.iter().any(|v| !v.is_finite());
        for (index, (layer, &at)) in
            self.network.layers.iter().zip(&self.network.offsets).enumerate()
        {
            let named = |what| (what, Some(index + 1));
            if bad(&self.network.parameters[layer.weight_range()]) {
                return named("a weight");
            }
            if bad(&self.network.parameters[layer.bias_range()]) {
                return named("a bias");
            }
            if bad(&self.network.z[at..at + layer.units()])
                || bad(&self.network.x[at..at + layer.units()])
            {
                return named("an output");
            }
        }
        ("the loss", Some(self.network.layers.len()))
    }

    fn step(
        &mut self,
        _team: &Team<'_>,
        batch: &Batch<'_, T>,
        rule: &mut dyn FnMut(Option<f64>) -> UpdateRule,
    ) -> ObjectiveParts {
        set_scales(&mut self.network.scales, batch);
        // SAFETY: `InstructionSet::available` names a set only where the processor has it.
        let loss = unsafe { (self.kernels.small_step)(&mut self.network, batch, rule(None)) };
        ObjectiveParts { loss, penalty: 0.0 }
    }
}
