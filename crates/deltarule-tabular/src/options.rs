//! What a training can be told, and what it does by itself when it is not told.

use deltarule::{Activation, Adam, AdamW, Lbfgs, Optimizer, Rprop, Schedule, Sgd};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::target::TaskChoice;

/// The type of the network's numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Single precision.
    #[default]
    F32,
    /// Double precision.
    F64,
}

/// An optimiser by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptimizerName {
    /// Gradient descent.
    Sgd,
    /// Gradient descent with Nesterov momentum.
    Nesterov,
    /// Adam.
    #[default]
    Adam,
    /// Adam with decoupled weight decay.
    #[serde(rename = "adamw")]
    AdamW,
    /// iRprop+ on full batches.
    Rprop,
    /// L-BFGS on full batches.
    Lbfgs,
}

impl OptimizerName {
    /// Every optimiser.
    pub const ALL: [Self; 6] =
        [Self::Sgd, Self::Nesterov, Self::Adam, Self::AdamW, Self::Rprop, Self::Lbfgs];

    /// The name as options spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sgd => "sgd",
            Self::Nesterov => "nesterov",
            Self::Adam => "adam",
            Self::AdamW => "adamw",
            Self::Rprop => "rprop",
            Self::Lbfgs => "lbfgs",
        }
    }
}

/// The options of a training, as the flags of `deltarule train`.
///
/// What is `None` follows from the data: see [`FitOptions::batch_size_for`] and [`FitOptions::epochs_for`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitOptions {
    /// The columns to predict; the last one if empty. What is no column's name is several, with commas; quotes keep a
    /// comma inside a name.
    pub targets: Vec<String>,
    /// Columns that are not read, named like the targets.
    pub drop: Vec<String>,
    /// Classes or numbers.
    pub task: TaskChoice,
    /// The most distinct values of a text column.
    pub categories: usize,
    /// The part of the rows kept for testing, 0 for none.
    pub holdout: f64,
    /// Units of each hidden layer; none for a linear model.
    pub hidden: Vec<usize>,
    /// The activation of the hidden layers.
    pub activation: Activation,
    /// The optimiser.
    pub optimizer: OptimizerName,
    /// η; that of the optimiser's paper if absent.
    pub learning_rate: Option<f64>,
    /// μ of `sgd` and `nesterov`.
    pub momentum: Option<f64>,
    /// How η changes.
    pub schedule: Schedule,
    /// Passes over the training rows.
    pub epochs: Option<usize>,
    /// Rows per update.
    pub batch_size: Option<usize>,
    /// λ in mean loss + ½λΣw².
    pub l2: f64,
    /// The probability that a hidden unit is silenced.
    pub dropout: f64,
    /// Whether each class counts the same however many rows it has.
    pub balanced: bool,
    /// Whether a tenth of the training rows decides when to stop.
    pub early_stopping: bool,
    /// Epochs without improvement before early stopping.
    pub patience: usize,
    /// Draws the hold-out, the initial parameters, the order of the rows and dropout.
    pub seed: u64,
    /// The type of the network's numbers.
    pub precision: Precision,
}

impl Default for FitOptions {
    fn default() -> Self {
        Self {
            targets: Vec::new(),
            drop: Vec::new(),
            task: TaskChoice::Auto,
            categories: 256,
            holdout: 0.2,
            hidden: vec![100],
            activation: Activation::Relu,
            optimizer: OptimizerName::Adam,
            learning_rate: None,
            momentum: None,
            schedule: Schedule::Constant,
            epochs: None,
            batch_size: None,
            l2: 1e-3,
            dropout: 0.0,
            balanced: false,
            early_stopping: false,
            patience: 10,
            seed: 0,
            precision: Precision::F32,
        }
    }
}

/// Updates that a training makes when epochs are not given.
const STEPS: usize = 4000;

impl FitOptions {
    /// Rows per update: as asked, else a fortieth of the rows, between 16 and 256.
    pub fn batch_size_for(&self, rows: usize) -> usize {
        self.batch_size.unwrap_or((rows / 40).clamp(16, 256)).min(rows.max(1))
    }

    /// Epochs: as asked, else as many as make about 4,000 updates, between 10 and 200; with L-BFGS and Rprop, whose
    /// epochs are single updates, 200.
    pub fn epochs_for(&self, rows: usize) -> usize {
        if let Some(epochs) = self.epochs {
            return epochs;
        }
        if self.full_batch() {
            return 200;
        }
        let steps = rows.div_ceil(self.batch_size_for(rows)).max(1);
        (STEPS / steps).clamp(10, 200)
    }

    fn full_batch(&self) -> bool {
        matches!(self.optimizer, OptimizerName::Rprop | OptimizerName::Lbfgs)
    }

    /// The optimiser with its options.
    ///
    /// # Errors
    /// When an option was given that the optimiser does not have.
    pub(crate) fn optimizer(&self) -> Result<Optimizer> {
        let name = self.optimizer.name();
        let refuse = |option: &str, given: bool| {
            if given {
                Err(Error::data(format!(
                    "the optimizer {name} has no {option}; leave the option out"
                )))
            } else {
                Ok(())
            }
        };
        let momentum_free = !matches!(self.optimizer, OptimizerName::Sgd | OptimizerName::Nesterov);
        refuse("momentum", momentum_free && self.momentum.is_some())?;
        if self.full_batch() {
            refuse("batch size: it needs all rows in every step", self.batch_size.is_some())?;
            refuse("schedule: it finds its own steps", self.schedule != Schedule::Constant)?;
            refuse("dropout: it needs the same loss in every step", self.dropout > 0.0)?;
        }
        let is_lbfgs = self.optimizer == OptimizerName::Lbfgs;
        refuse(
            "learning rate: its line search finds the step",
            is_lbfgs && self.learning_rate.is_some(),
        )?;
        let rate = |default: f64| self.learning_rate.unwrap_or(default);
        Ok(match self.optimizer {
            OptimizerName::Sgd => Sgd {
                learning_rate: rate(Sgd::default().learning_rate),
                momentum: self.momentum.unwrap_or(0.0),
                nesterov: false,
            }
            .into(),
            OptimizerName::Nesterov => Sgd {
                learning_rate: rate(Sgd::default().learning_rate),
                momentum: self.momentum.unwrap_or(0.9),
                nesterov: true,
            }
            .into(),
            OptimizerName::Adam => {
                Adam { learning_rate: rate(Adam::default().learning_rate), ..Adam::default() }
                    .into()
            }
            OptimizerName::AdamW => {
                AdamW { learning_rate: rate(AdamW::default().learning_rate), ..AdamW::default() }
                    .into()
            }
            OptimizerName::Rprop => {
                Rprop { initial_step: rate(Rprop::default().initial_step), ..Rprop::default() }
                    .into()
            }
            OptimizerName::Lbfgs => Lbfgs::default().into(),
        })
    }
}
