//! A training step, planned once for a network, a batch size and a team.

use crate::float::Float;
use crate::kernel::batch::{Batch, ObjectiveParts};
use crate::kernel::team::Team;
use crate::optimizer::{OptimizerState, UpdateRule};

/// Everything that a step needs, allocated once. It holds the parameters while it is in use.
pub(crate) trait Plan<T: Float> {
    /// Takes over the parameters of a network.
    fn load(&mut self, flat: &[T]);

    /// Copies the parameters into a network's flat order.
    fn store(&self, flat: &mut [T]);

    /// Takes over an optimiser's state, which may be left empty until [`Plan::store_state`].
    fn load_state(&mut self, state: &mut OptimizerState<T>);

    /// Gives the optimiser's state back.
    fn store_state(&mut self, state: &mut OptimizerState<T>);

    /// How many parameters the network has.
    fn parameter_count(&self) -> usize;

    /// Whether every parameter is finite.
    fn is_finite(&self) -> bool;

    /// Whether a step whose objective is not finite leaves the parameters as they are.
    fn keeps_finite(&self) -> bool;

    /// Where the last step stopped being finite: what, and in which layer (1 being the first).
    fn first_non_finite(&self) -> (&'static str, Option<usize>);

    /// Frees what only a step needs, before other copies of the parameters are made.
    fn release(&mut self) {}

    /// Frees the parameters too.
    fn release_parameters(&mut self) {}

    /// One step of an optimiser: the objective of the batch, Σ sᵢ Eᵢ / Σ sᵢ + ½λΣw², before the update.
    ///
    /// The rule of the step is asked for once, with the objective where the plan was made for rules that look at it; not at
    /// all where that is not finite and the parameters are to stay as they are.
    ///
    /// # Panics
    /// When the batch is larger than planned, or the team another one: errors in the caller.
    fn step(
        &mut self,
        team: &Team<'_>,
        batch: &Batch<'_, T>,
        rule: &mut dyn FnMut(Option<f64>) -> UpdateRule,
    ) -> ObjectiveParts;
}
