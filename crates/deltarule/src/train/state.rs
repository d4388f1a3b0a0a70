//! Everything that a training needs to go on where it stopped.

use serde::{Deserialize, Serialize};

use super::history::EpochRecord;
use crate::float::Float;
use crate::network::Network;
use crate::number::cast;
use crate::optimizer::{Optimizer, OptimizerState};
use crate::schedule::ScheduleState;

/// The state of a training between two runs: parameters, optimiser, schedule, patience and history.
///
/// Random numbers need no state of their own: those of an epoch follow from the seed and the number of the epoch.
/// Ten epochs and then ten more therefore give the bits of twenty, if the trainer's settings are the same and its
/// schedule does not depend on the number of epochs planned (the cosine does: plan all twenty).
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingState<T> {
    /// The parameters after the last step; the network itself may hold the best ones instead.
    pub parameters: Vec<T>,
    /// The optimiser this state belongs to.
    pub optimizer: Optimizer,
    /// What the optimiser remembers.
    pub optimizer_state: OptimizerState<T>,
    /// Counters and history.
    pub progress: TrainingProgress,
    /// The parameters of the best epoch, with early stopping.
    pub best_parameters: Option<Vec<T>>,
}

/// The part of a [`TrainingState`] that does not depend on the number type.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct TrainingProgress {
    /// Epochs done.
    pub epoch: usize,
    /// A record for each of them, unless the caller has removed those that it does not need any more.
    pub records: Vec<EpochRecord>,
    /// What the schedule remembers.
    pub schedule: ScheduleState,
    /// The best monitored score so far.
    pub best_score: Option<f64>,
    /// The epoch of the best score.
    pub best_epoch: Option<usize>,
    /// Epochs since the best score improved.
    pub without_improvement: usize,
}

impl<T: Float> TrainingState<T> {
    /// The state before the first epoch.
    pub fn new(network: &Network<T>, optimizer: impl Into<Optimizer>) -> Self {
        let optimizer = optimizer.into();
        Self {
            parameters: network.parameters().to_vec(),
            optimizer,
            optimizer_state: optimizer.new_state(network.parameter_count()),
            progress: TrainingProgress::default(),
            best_parameters: None,
        }
    }

    /// The same state in another number type.
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule::{Activation, Adam, Network, TrainingState};
    ///
    /// let network = Network::<f32>::builder(3).layer(2, Activation::Tanh).build()?;
    /// let state = TrainingState::new(&network, Adam::default());
    /// let wide: TrainingState<f64> = state.cast();
    /// assert_eq!(wide.cast::<f32>(), state);
    /// # Ok::<(), deltarule::Error>(())
    /// ```
    pub fn cast<U: Float>(&self) -> TrainingState<U> {
        TrainingState {
            parameters: cast(&self.parameters),
            optimizer: self.optimizer,
            optimizer_state: self.optimizer_state.cast(),
            progress: self.progress.clone(),
            best_parameters: self.best_parameters.as_deref().map(cast),
        }
    }
}
