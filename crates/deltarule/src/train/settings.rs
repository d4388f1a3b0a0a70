//! What a training is told, and whether it goes together.

use std::borrow::Cow;

use ndarray::{ArrayView1, ArrayView2};

use crate::error::{Error, Result, check};
use crate::float::Float;
use crate::kernel::InstructionSet;
use crate::kernel::batch::{Penalty, StepOptions};
use crate::loss::{Clip, Loss};
use crate::metrics::Metric;
use crate::network::Network;
use crate::optimizer::{Adam, Optimizer};
use crate::schedule::{LearningRate, Schedule};
use crate::train::history::Callback;
use crate::train::state::TrainingState;

/// When to stop before all epochs are done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EarlyStopping {
    /// What is watched, on the validation examples if there are any, else on the training examples.
    pub metric: Metric,
    /// How many epochs in a row may pass without an improvement.
    pub patience: usize,
    /// The least change that counts as an improvement.
    pub min_delta: f64,
}

impl Default for EarlyStopping {
    /// The loss, with patience 10 and no least change.
    fn default() -> Self {
        Self { metric: Metric::Loss, patience: 10, min_delta: 0.0 }
    }
}

/// What happens when a loss or a parameter stops being finite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NonFinite {
    /// The training fails with an error that names layer and step.
    #[default]
    Error,
    /// The training ends; the network gets the parameters from after the last epoch that was finite (the best ones with
    /// early stopping).
    Stop,
    /// Nothing.
    Ignore,
}

/// Where validation examples come from.
pub(super) enum Validation<'a, T> {
    None,
    Given(ArrayView2<'a, T>, ArrayView2<'a, T>),
    HoldOut { fraction: f64, stratify: bool },
}

/// Trains a network: settings first, then [`Trainer::fit`].
///
/// An epoch shuffles the examples, cuts them into batches (the last may be smaller) and makes a step for each:
/// gather, forward, output delta, backward, update. The objective of a batch is Σ sᵢ Eᵢ / Σ sᵢ + ½λΣw² with the weights
/// sᵢ of its examples (1 if not given), so that its gradient is that of the loss which is reported, for any number of
/// outputs (scikit-learn's is not: its issue 8349).
///
/// # Shapes
/// Examples and targets have a row per example; classes are one-hot, or one 0/1 column for a single sigmoid output.
///
/// # Units
/// The defaults: Adam with η = 0.001, 100 epochs, batches of 200, shuffled with seed 0, one thread, no regularisation.
///
/// # Example
///
/// ```
/// use deltarule::{Activation, EarlyStopping, Loss, Metric, Network, Trainer};
/// use ndarray::Array2;
///
/// let x = Array2::from_shape_fn((200, 3), |(i, j)| ((i * 7 + j * 3) % 11) as f32 / 11.0);
/// let t = x.rows().into_iter().map(|r| r.sum()).collect::<Vec<_>>();
/// let t = Array2::from_shape_vec((200, 1), t).unwrap();
/// let mut network = Network::<f32>::builder(3)
///     .layer(16, Activation::Relu)
///     .layer(1, Activation::Identity)
///     .build()?;
/// let history = Trainer::new(Loss::SquaredError)
///     .epochs(30)
///     .batch_size(20)
///     .hold_out(0.2, false)
///     .early_stopping(EarlyStopping { metric: Metric::R2, patience: 5, min_delta: 0.0 })
///     .fit(&mut network, x.view(), t.view())?;
/// assert!(history.best_epoch.is_some());
/// # Ok::<(), deltarule::Error>(())
/// ```
#[must_use = "nothing is trained before `fit`"]
pub struct Trainer<'a, T: Float> {
    pub(super) loss: Loss,
    pub(super) optimizer: Optimizer,
    pub(super) schedule: LearningRate,
    pub(super) epochs: usize,
    pub(super) batch_size: usize,
    pub(super) shuffle: bool,
    pub(super) seed: u64,
    pub(super) threads: usize,
    pub(super) l2: Penalty,
    pub(super) dropout: f64,
    pub(super) label_smoothing: f64,
    pub(super) clip_probabilities: f64,
    pub(super) sample_weights: Option<Cow<'a, [T]>>,
    pub(super) class_weights: Option<Vec<f64>>,
    pub(super) validation: Validation<'a, T>,
    pub(super) early_stopping: Option<EarlyStopping>,
    pub(super) metrics: Vec<Metric>,
    pub(super) non_finite: NonFinite,
    pub(super) callback: Option<&'a mut dyn Callback<T>>,
    pub(super) instruction_set: Option<InstructionSet>,
}

impl<'a, T: Float> Trainer<'a, T> {
    /// A trainer with the defaults.
    pub fn new(loss: Loss) -> Self {
        Self {
            loss,
            optimizer: Adam::default().into(),
            schedule: LearningRate::default(),
            epochs: 100,
            batch_size: 200,
            shuffle: true,
            seed: 0,
            threads: 1,
            l2: Penalty::default(),
            dropout: 0.0,
            label_smoothing: 0.0,
            clip_probabilities: 0.0,
            sample_weights: None,
            class_weights: None,
            validation: Validation::None,
            early_stopping: None,
            metrics: Vec::new(),
            non_finite: NonFinite::default(),
            callback: None,
            instruction_set: None,
        }
    }

    /// The optimiser; Adam if not said.
    pub fn optimizer(mut self, optimizer: impl Into<Optimizer>) -> Self {
        self.optimizer = optimizer.into();
        self
    }

    /// How the learning rate changes; constant if not said.
    pub fn schedule(mut self, schedule: impl Into<LearningRate>) -> Self {
        self.schedule = schedule.into();
        self
    }

    /// How many passes over the examples; for L-BFGS, how many iterations.
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.epochs = epochs;
        self
    }

    /// Examples per update; never more than there are. Rprop and L-BFGS take all of them whatever is said here.
    pub fn batch_size(mut self, examples: usize) -> Self {
        self.batch_size = examples;
        self
    }

    /// Whether each epoch has an order of its own; yes if not said.
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// The seed of the order of examples, of dropout and of the hold-out; see [`crate::random`].
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// At most how many threads; fewer are used where a step has too little work for them. The result has the same bits
    /// for any number.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// λ in mean loss + ½λΣw²; biases are not penalised.
    pub fn l2(mut self, lambda: f64) -> Self {
        self.l2 = Penalty { strength: lambda, is_divided: false };
        self
    }

    /// The penalty as scikit-learn counts it: λ = α / Σ sᵢ, the sum being over the examples of a batch, so that a smaller
    /// last batch is penalised more.
    pub fn l2_alpha(mut self, alpha: f64) -> Self {
        self.l2 = Penalty { strength: alpha, is_divided: true };
        self
    }

    /// Takes probabilities as at least ε and at most 1 − ε in the cross-entropies that are reported, as scikit-learn
    /// does; gradients are those of the exact loss. 0, the default, changes nothing.
    pub fn clip_probabilities(mut self, epsilon: f64) -> Self {
        self.clip_probabilities = epsilon;
        self
    }

    /// The probability p that a hidden unit is silenced in a step; the others grow by 1/(1 − p).
    ///
    /// # Source
    /// Srivastava et al. (2014), in the inverted form that leaves prediction as it is.
    pub fn dropout(mut self, probability: f64) -> Self {
        self.dropout = probability;
        self
    }

    /// Spreads a part s of each target over all classes: t ← (1 − s) t + s/k. For classification losses only.
    ///
    /// # Source
    /// Szegedy et al. (2016).
    pub fn label_smoothing(mut self, part: f64) -> Self {
        self.label_smoothing = part;
        self
    }

    /// What each example counts; 1 each if not said.
    pub fn sample_weights(mut self, weights: ArrayView1<'a, T>) -> Self {
        self.sample_weights = Some(match weights.to_slice() {
            Some(slice) => Cow::Borrowed(slice),
            None => Cow::Owned(weights.to_vec()),
        });
        self
    }

    /// What the examples of each class count, multiplied with their own weights.
    pub fn class_weights(mut self, weights: &[f64]) -> Self {
        self.class_weights = Some(weights.to_vec());
        self
    }

    /// Validation examples and their targets.
    pub fn validation(mut self, x: ArrayView2<'a, T>, t: ArrayView2<'a, T>) -> Self {
        self.validation = Validation::Given(x, t);
        self
    }

    /// Holds out a part of the examples for validation, drawn by the seed; `stratify` keeps the shares of the classes.
    pub fn hold_out(mut self, fraction: f64, stratify: bool) -> Self {
        self.validation = Validation::HoldOut { fraction, stratify };
        self
    }

    /// Stops when a metric no longer improves, and restores the best parameters.
    pub fn early_stopping(mut self, early_stopping: EarlyStopping) -> Self {
        self.early_stopping = Some(early_stopping);
        self
    }

    /// Metrics to record after each epoch, on the training and the validation examples.
    pub fn metrics(mut self, metrics: &[Metric]) -> Self {
        self.metrics = metrics.to_vec();
        self
    }

    /// What happens when a value stops being finite.
    pub fn non_finite(mut self, choice: NonFinite) -> Self {
        self.non_finite = choice;
        self
    }

    /// The vector instructions to use instead of the best that the processor has; the bits are the same.
    ///
    /// # Errors
    /// [`Trainer::fit`] refuses a set that the processor does not have.
    pub fn instruction_set(mut self, set: InstructionSet) -> Self {
        self.instruction_set = Some(set);
        self
    }

    /// Sees every step and epoch, may stop the training, and may direct it: see [`Callback`].
    pub fn callback(mut self, callback: &'a mut dyn Callback<T>) -> Self {
        self.callback = Some(callback);
        self
    }

    /// How many threads a step of so many examples is given.
    pub(super) fn threads_for(&self, network: &Network<T>, batch: usize) -> usize {
        self.threads.max(1).min(useful_threads(network.parameter_count(), batch))
    }

    /// The instructions to use.
    pub(super) fn instructions(&self) -> InstructionSet {
        self.instruction_set.unwrap_or_else(InstructionSet::detect)
    }

    /// What a step computes.
    pub(super) fn step_options(&self) -> StepOptions {
        StepOptions {
            loss: self.loss,
            l2: self.l2,
            clip: Clip::new(self.clip_probabilities),
            dropout: self.dropout,
            label_smoothing: self.label_smoothing,
            seed: self.seed,
            keeps_finite: self.non_finite != NonFinite::Ignore,
        }
    }

    pub(super) fn validate_loss(&self, network: &Network<T>) -> Result<()> {
        self.loss.admits(network.output_activation())?;
        if let Some(set) = self.instruction_set
            && !InstructionSet::available().contains(&set)
        {
            let sets = InstructionSet::available();
            return Err(Error::value("instruction set", format!("{set:?}"), format!("{sets:?}")));
        }
        check("l2", self.l2.strength, "at least 0", |v| v >= 0.0)?;
        check("clip_probabilities", self.clip_probabilities, "at least 0 and below 0.5", |v| {
            (0.0..0.5).contains(&v)
        })?;
        check("dropout", self.dropout, "at least 0 and below 1", |v| (0.0..1.0).contains(&v))?;
        check("label_smoothing", self.label_smoothing, "at least 0 and below 1", |v| {
            (0.0..1.0).contains(&v)
        })?;
        if self.label_smoothing > 0.0 && !self.loss.is_of_classes() {
            let of_classes = Loss::ALL.into_iter().filter(|loss| loss.is_of_classes());
            let allowed = of_classes.map(Loss::name).collect::<Vec<_>>().join(" or ");
            return Err(Error::value("loss with label_smoothing", self.loss, allowed));
        }
        Ok(())
    }

    pub(super) fn validate(&self, network: &Network<T>, state: &TrainingState<T>) -> Result<()> {
        let optimizer = self.optimizer.name();
        self.optimizer.validate()?;
        self.schedule.validate()?;
        for (name, value) in
            [("epochs", self.epochs), ("batch_size", self.batch_size), ("threads", self.threads)]
        {
            if value == 0 {
                return Err(Error::value(name, 0, "at least 1"));
            }
        }
        self.validate_loss(network)?;
        if self.optimizer.needs_full_batch() {
            if self.schedule.schedule != Schedule::Constant || self.schedule.warmup_epochs > 0 {
                return Err(Error::value(
                    format!("schedule with {optimizer}"),
                    "given",
                    "none, because it finds its own step sizes",
                ));
            }
            if self.dropout > 0.0 {
                return Err(Error::value(
                    format!("dropout with {optimizer}"),
                    self.dropout,
                    "0, because it needs the same loss in every step",
                ));
            }
        }
        if std::mem::discriminant(&self.optimizer) != std::mem::discriminant(&state.optimizer) {
            let before = state.optimizer.name();
            return Err(Error::value(
                "optimizer",
                optimizer,
                format!("{before}, as in the earlier run"),
            ));
        }
        if state.parameters.len() != network.parameter_count()
            || state.optimizer_state.vectors.len() != self.optimizer.state_names().len()
            || state.optimizer_state.vectors.iter().any(|v| v.len() != state.parameters.len())
        {
            return Err(Error::shape(
                "training state",
                format!("that of {} parameters under {optimizer}", network.parameter_count()),
                format!("that of {} parameters", state.parameters.len()),
            ));
        }
        Ok(())
    }
}

/// The arithmetic of a step below which a further thread costs more in meeting the others than it takes off them.
const WORK_PER_THREAD: usize = 500_000;

/// How many threads a step has work for; the bits do not depend on it.
///
/// A step takes some 6 operations per parameter and example: 2 each for forward, backward and gradient.
fn useful_threads(parameters: usize, batch: usize) -> usize {
    let work = parameters.saturating_mul(batch).saturating_mul(6);
    (work / WORK_PER_THREAD).clamp(1, batch.max(1))
}
