//! What a training reports: a record per epoch, and why it ended.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::float::Float;
use crate::metrics::Metric;
use crate::network::Network;

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
    /// The callback asked for it.
    Callback,
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

/// What happened in one step; the objective is that of the parameters before its update.
#[derive(Clone, Copy, Debug)]
pub struct StepRecord<'a> {
    /// Steps of the epoch that are done, this one included.
    pub done: usize,
    /// Steps of the epoch.
    pub of: usize,
    /// The rows of the examples of this step.
    pub rows: &'a [usize],
    /// Σ sᵢ Eᵢ / Σ sᵢ over these examples.
    pub loss: f64,
    /// ½λΣw²
    pub penalty: f64,
}

/// Sees a training while it runs, may stop it, and may choose the order of the examples and the learning rates.
///
/// Every closure `FnMut(&EpochRecord) -> ControlFlow<()>` is one.
///
/// # Example
///
/// ```
/// use std::ops::ControlFlow;
///
/// use deltarule::{Activation, Callback, EpochRecord, Loss, Network, Trainer};
/// use ndarray::array;
///
/// /// From the last example to the first, with half of the learning rate in each further epoch.
/// struct Backwards;
///
/// impl Callback<f64> for Backwards {
///     fn on_epoch_begin(&mut self, epoch: usize, rows: &mut [usize], learning_rate: f64) -> f64 {
///         rows.sort_by(|a, b| b.cmp(a));
///         learning_rate * 0.5_f64.powi(epoch as i32)
///     }
///
///     fn on_epoch_end(&mut self, _: &EpochRecord) -> ControlFlow<()> {
///         ControlFlow::Continue(())
///     }
/// }
///
/// let (x, t) = (array![[0.0], [1.0], [2.0]], array![[1.0], [0.0], [0.5]]);
/// let mut network = Network::builder(1).layer(1, Activation::Identity).build()?;
/// let trainer = Trainer::new(Loss::SquaredError).epochs(2).shuffle(false);
/// let history = trainer.callback(&mut Backwards).fit(&mut network, x.view(), t.view())?;
/// assert_eq!(history.epochs[1].learning_rate, 0.5 * history.epochs[0].learning_rate);
/// # Ok::<(), deltarule::Error>(())
/// ```
pub trait Callback<T: Float> {
    /// After each epoch; `Break` ends the training in order.
    fn on_epoch_end(&mut self, record: &EpochRecord) -> ControlFlow<()>;

    /// Before each epoch, which is counted from 0: returns its η, given that of the schedule, and may put the rows of the
    /// training examples into another order. They come in the order that the shuffle gave them; without
    /// [`super::Trainer::shuffle`], in that of the epoch before.
    fn on_epoch_begin(&mut self, epoch: usize, rows: &mut [usize], learning_rate: f64) -> f64 {
        let _ = (epoch, rows);
        learning_rate
    }

    /// After each step of an epoch; `Break` ends the training in order, without the rest of the epoch.
    fn on_step_end(&mut self, step: &StepRecord<'_>) -> ControlFlow<()> {
        let _ = step;
        ControlFlow::Continue(())
    }

    /// Whether [`Callback::on_network`] is to be called, for which the parameters have to be copied.
    fn wants_network(&self) -> bool {
        false
    }

    /// The network after an epoch, before [`Callback::on_epoch_end`].
    fn on_network(&mut self, network: &Network<T>) {
        let _ = network;
    }
}

impl<T: Float, F: FnMut(&EpochRecord) -> ControlFlow<()>> Callback<T> for F {
    fn on_epoch_end(&mut self, record: &EpochRecord) -> ControlFlow<()> {
        self(record)
    }
}
