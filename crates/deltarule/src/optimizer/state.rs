//! What an optimiser remembers from step to step.

use super::LbfgsState;
use crate::number::{Number, cast};

/// What an optimiser remembers from step to step: everything that a continuation needs.
#[derive(Clone, Debug, PartialEq)]
pub struct OptimizerState<T> {
    /// Updates made so far.
    pub step: u64,
    /// The objective of the last step, which Rprop compares.
    pub previous_loss: Option<f64>,
    /// Vectors as long as the parameters, named by [`Optimizer::state_names`](super::Optimizer::state_names).
    pub vectors: Vec<Vec<T>>,
    /// The memory of L-BFGS.
    pub lbfgs: Option<LbfgsState<T>>,
}

impl<T: Number> OptimizerState<T> {
    /// The same memory in another number type.
    pub fn cast<U: Number>(&self) -> OptimizerState<U> {
        OptimizerState {
            step: self.step,
            previous_loss: self.previous_loss,
            vectors: self.vectors.iter().map(|vector| cast(vector)).collect(),
            lbfgs: self.lbfgs.as_ref().map(LbfgsState::cast),
        }
    }
}
