//! What a training reports: a record per epoch, and why it ended.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::metrics::Metric;

/// What happened in one epoch.
///
/// # Units
/// `loss` is the objective as the epoch saw it: the mean over the examples of the loss of each batch under the
/// parameters before that batch's update, with dropout, label smoothing and weights, plus ½λΣw² (scikit-learn's
/// `loss_curve_` is the same kind of mean). `validation_loss` is the plain mean loss of the validation examples under
/// the parameters after the epoch: no dropout, no smoothing, no weights, no penalty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// The number of the epoch, 1 being the first of the whole training, continuations included.
    pub epoch: usize,
    /// η in this epoch.
    pub learning_rate: f64,
    /// The objective, averaged over the epoch.
    pub loss: f64,
    /// The mean loss of the validation examples.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub validation_loss: Option<f64>,
    /// The chosen metrics on the training examples.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub metrics: Vec<(Metric, f64)>,
    /// The chosen metrics on the validation examples.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub validation_metrics: Vec<(Metric, f64)>,
}

/// Why a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// All epochs are done.
    Epochs,
    /// The monitored score did not improve for as many epochs as patience allows.
    EarlyStopping,
    /// The adaptive schedule reached its smallest learning rate, or the optimiser its tolerance.
    Converged,
    /// The line search of L-BFGS found no better point.
    LineSearch,
    /// The observer asked for it.
    Observer,
    /// A value stopped being finite, and [`super::NonFinite::Stop`] was chosen.
    NonFinite,
}

/// The course of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// One record per epoch, from the first of the whole training.
    pub epochs: Vec<EpochRecord>,
    /// Why the last run ended.
    pub stopped: StopReason,
    /// The epoch whose parameters the network has, when early stopping restored the best.
    pub best_epoch: Option<usize>,
    /// Updates made in the whole training.
    pub steps: u64,
}

/// Sees a training while it runs and may stop it.
///
/// Every closure `FnMut(&EpochRecord) -> ControlFlow<()>` is one.
pub trait Observer {
    /// After each epoch; `Break` ends the training in order.
    fn epoch(&mut self, record: &EpochRecord) -> ControlFlow<()>;

    /// After each step of an epoch; `Break` ends the training in order, without the rest of the epoch.
    fn step(&mut self, done: usize, of: usize) -> ControlFlow<()> {
        let _ = (done, of);
        ControlFlow::Continue(())
    }
}

impl<F: FnMut(&EpochRecord) -> ControlFlow<()>> Observer for F {
    fn epoch(&mut self, record: &EpochRecord) -> ControlFlow<()> {
        self(record)
    }
}
