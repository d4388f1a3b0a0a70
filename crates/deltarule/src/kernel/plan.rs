//! A training step, planned once for a network, a batch size and a team.

use crate::float::Float;
use crate::kernel::InstructionSet;
use crate::kernel::blocks::Blocks;
use crate::kernel::small::Small;
use crate::kernel::team::Team;
use crate::loss::{Clip, Loss};
use crate::network::Network;
use crate::optimizer::{OptimizerState, UpdateRules};

/// The examples of one step: rows of the whole data.
#[derive(Clone, Copy)]
pub(crate) struct Batch<'a, T> {
    /// All examples, row by row.
    pub(crate) x: &'a [T],
    /// All targets, row by row.
    pub(crate) t: &'a [T],
    /// The rows of this batch.
    pub(crate) rows: &'a [usize],
    /// The rows of the next one, which are fetched from memory meanwhile.
    pub(crate) next: &'a [usize],
    /// What each row of the whole data counts; 1 if absent.
    pub(crate) weights: Option<&'a [T]>,
    /// How many examples the epoch has seen before this batch: where the random numbers of dropout go on.
    pub(crate) seen: usize,
    /// Which epoch this is, the first being 0.
    pub(crate) epoch: u64,
}

/// λ of ½λΣw² in the objective.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Penalty {
    /// λ, or λ times the sum of the weights of a batch.
    pub(crate) strength: f64,
    /// Whether it is the latter.
    pub(crate) is_divided: bool,
}

impl Penalty {
    /// λ of a step.
    pub(crate) fn of<T: Float>(self, batch: &Batch<'_, T>) -> f64 {
        if !self.is_divided || self.strength == 0.0 {
            return self.strength;
        }
        let weight = batch.weight();
        // A batch of examples that count nothing has no penalty either.
        if weight > 0.0 { self.strength / weight } else { 0.0 }
    }
}

/// The objective of a step, in its two parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ObjectiveParts {
    /// Σ sᵢ Eᵢ / Σ sᵢ
    pub(crate) loss: f64,
    /// ½λΣw²
    pub(crate) penalty: f64,
}

impl ObjectiveParts {
    pub(crate) fn total(self) -> f64 {
        self.loss + self.penalty
    }
}

impl<T: Float> Batch<'_, T> {
    /// Σ sᵢ
    pub(crate) fn weight(&self) -> f64 {
        match self.weights {
            None => self.rows.len() as f64,
            Some(weights) => self.rows.iter().map(|&row| weights[row].to_f64()).sum(),
        }
    }
}

/// What a step computes besides the plain gradient.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StepOptions {
    pub(crate) loss: Loss,
    pub(crate) l2: Penalty,
    pub(crate) clip: Clip,
    /// The probability that a hidden unit is silenced.
    pub(crate) dropout: f64,
    /// How much of each target is spread over all outputs.
    pub(crate) label_smoothing: f64,
    /// The seed of dropout.
    pub(crate) seed: u64,
    /// Whether a step whose loss is not finite leaves the parameters as they are.
    pub(crate) keeps_finite: bool,
}

/// Everything that a step needs, allocated once. It holds the parameters while it is in use.
pub(crate) enum Plan<T: Float> {
    /// For a network of a few units on a few examples.
    Small(Small<T>),
    /// For any other.
    Blocks(Blocks<T>),
}

/// The same call on either plan.
macro_rules! either {
    ($plan:expr, $of:ident => $call:expr) => {
        match $plan {
            Plan::Small($of) => $call,
            Plan::Blocks($of) => $call,
        }
    };
}

impl<T: Float> Plan<T> {
    /// A plan for batches of up to this many examples; without rules, for [`Plan::evaluate`].
    pub(crate) fn new(
        network: &Network<T>,
        batch: usize,
        threads: usize,
        options: StepOptions,
        rules: Option<&UpdateRules>,
        set: InstructionSet,
    ) -> Self {
        let keeps_gradient = rules.is_none_or(UpdateRules::look_at_objective);
        let treats_all_alike = rules.is_some_and(|rules| !rules.tell_weights_apart());
        if !keeps_gradient && treats_all_alike && Small::suits(network, batch, &options) {
            return Self::Small(Small::new(network, batch, options, set));
        }
        Self::Blocks(Blocks::new(network, batch, threads, options, keeps_gradient, set))
    }

    /// Takes over the parameters of a network.
    pub(crate) fn load(&mut self, flat: &[T]) {
        either!(self, plan => plan.load(flat));
    }

    /// Copies the parameters into a network's flat order.
    pub(crate) fn store(&self, flat: &mut [T]) {
        either!(self, plan => plan.store(flat));
    }

    /// Takes over an optimiser's state, which may be left empty until [`Plan::store_state`].
    pub(crate) fn load_state(&mut self, state: &mut OptimizerState<T>) {
        either!(self, plan => plan.load_state(state));
    }

    /// Gives the optimiser's state back.
    pub(crate) fn store_state(&mut self, state: &mut OptimizerState<T>) {
        either!(self, plan => plan.store_state(state));
    }

    /// How many parameters the network has.
    pub(crate) fn parameter_count(&self) -> usize {
        either!(self, plan => plan.parameter_count())
    }

    /// Whether every parameter is finite.
    pub(crate) fn is_finite(&self) -> bool {
        either!(self, plan => plan.is_finite())
    }

    /// Where the last step stopped being finite: what, and in which layer (1 being the first).
    pub(crate) fn first_non_finite(&self) -> (&'static str, Option<usize>) {
        either!(self, plan => plan.first_non_finite())
    }

    /// Gives parameters and state back after the last step. Copies of them are made one after the other, and what has been
    /// copied is freed, so that the end of a training needs no more memory than its steps.
    pub(crate) fn give_back(
        &mut self,
        state: &mut OptimizerState<T>,
        take_parameters: impl FnOnce(&Self),
    ) {
        if let Self::Blocks(blocks) = self {
            blocks.release();
        }
        take_parameters(self);
        if let Self::Blocks(blocks) = self {
            blocks.release_parameters();
        }
        self.store_state(state);
    }

    /// One step of an optimiser: the objective of the batch, Σ sᵢ Eᵢ / Σ sᵢ + ½λΣw², before the update.
    ///
    /// Where the objective is not finite, no parameter is changed if the options say so.
    ///
    /// # Panics
    /// When the batch is larger than planned, or for Rprop when the plan keeps no gradient: errors in the caller.
    pub(crate) fn step(
        &mut self,
        team: &Team<'_>,
        batch: &Batch<'_, T>,
        rules: &mut UpdateRules,
        state: &mut OptimizerState<T>,
        learning_rate: f64,
    ) -> ObjectiveParts {
        let (count, previous) = (&mut state.step, &mut state.previous_loss);
        if let Self::Blocks(blocks) = self
            && rules.look_at_objective()
        {
            let rule = |objective| rules.next(count, previous, learning_rate, Some(objective));
            return blocks.step_by_objective(team, batch, rule);
        }
        let before = *count;
        let rule = rules.next(count, previous, learning_rate, None);
        let objective = match self {
            Self::Small(small) => small.step(batch, rule),
            Self::Blocks(blocks) => blocks.step(team, batch, rule),
        };
        if !objective.total().is_finite() && either!(self, plan => plan.options.keeps_finite) {
            *count = before;
        }
        objective
    }

    /// The objective of the batch at these parameters, and its gradient, in a network's flat order.
    ///
    /// # Panics
    /// As [`Plan::step`], and when the plan was made with rules.
    pub(crate) fn evaluate(
        &mut self,
        team: &Team<'_>,
        batch: &Batch<'_, T>,
        parameters: &[T],
        gradient: &mut [T],
    ) -> f64 {
        match self {
            Self::Blocks(blocks) => blocks.evaluate(team, batch, parameters, gradient).total(),
            Self::Small(_) => unreachable!("a plan without rules is one on blocks"),
        }
    }
}

#[cfg(test)]
mod tests;
