//! Which plan a training is given, its steps, and its end.

use crate::float::Float;
use crate::kernel::InstructionSet;
use crate::kernel::batch::{Batch, ObjectiveParts, StepOptions};
use crate::kernel::blocks::Blocks;
use crate::kernel::plan::Plan;
use crate::kernel::small::Small;
use crate::kernel::team::Team;
use crate::network::Network;
use crate::optimizer::{OptimizerState, UpdateRules};

/// A plan for batches of up to this many examples.
pub(crate) fn plan<T: Float>(
    network: &Network<T>,
    batch: usize,
    threads: usize,
    options: StepOptions,
    rules: &UpdateRules,
    set: InstructionSet,
) -> Box<dyn Plan<T>> {
    let by_objective = rules.look_at_objective();
    let is_small = Small::suits(network, batch, &options);
    if is_small && !by_objective && !rules.tell_weights_apart() {
        return Box::new(Small::new(network, batch, options, set));
    }
    Box::new(Blocks::new(network, batch, threads, options, by_objective, set))
}

/// One step: the objective of the batch before the update, which is counted unless it left the parameters as they were.
pub(crate) fn step<T: Float>(
    plan: &mut dyn Plan<T>,
    team: &Team<'_>,
    batch: &Batch<'_, T>,
    rules: &mut UpdateRules,
    state: &mut OptimizerState<T>,
    learning_rate: f64,
) -> ObjectiveParts {
    let before = state.step;
    let (count, previous) = (&mut state.step, &mut state.previous_loss);
    let objective = plan
        .step(team, batch, &mut |objective| rules.next(count, previous, learning_rate, objective));
    if !objective.total().is_finite() && plan.keeps_finite() {
        state.step = before;
    }
    objective
}

/// Gives parameters and state back after the last step. Copies of them are made one after the other, and what has been
/// copied is freed, so that the end of a training needs no more memory than its steps.
pub(crate) fn give_back<T: Float>(
    plan: &mut dyn Plan<T>,
    state: &mut OptimizerState<T>,
    take_parameters: impl FnOnce(&dyn Plan<T>),
) {
    plan.release();
    take_parameters(plan);
    plan.release_parameters();
    plan.store_state(state);
}

#[cfg(test)]
mod tests;
