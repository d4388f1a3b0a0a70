//! What a training can be told, and what it does by itself when it is not told.

use std::collections::BTreeMap;

use deltarule::{Activation, Adam, Choice, Optimizer, Schedule};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::target::TaskChoice;

/// The type of the network's numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FloatType {
    /// Single precision.
    #[default]
    F32,
    /// Double precision.
    F64,
}

impl Choice for FloatType {
    const WHAT: &'static str = "precision";
    const CHOICES: &'static [Self] = &[Self::F32, Self::F64];

    fn choice_name(&self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

/// What the rows of each class count.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassWeight {
    /// Every row counts the same.
    #[default]
    None,
    /// Every class counts the same however many rows it has: n / (k · rows of the class), as in scikit-learn.
    Balanced,
    /// A weight for each of some classes, by label; the others count 1.
    Given(BTreeMap<String, f64>),
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
    /// The optimiser with its parameters.
    pub optimizer: Optimizer,
    /// How η changes.
    pub schedule: Schedule,
    /// Passes over the training rows.
    pub epochs: Option<usize>,
    /// Rows per update.
    pub batch_size: Option<usize>,
    /// λ in mean loss + ½λΣw²; if absent as [`FitOptions::penalty`] says.
    pub l2: Option<f64>,
    /// The probability that a hidden unit is silenced.
    pub dropout: f64,
    /// What the rows of each class count, multiplied with their own weights.
    pub class_weight: ClassWeight,
    /// Whether a tenth of the training rows decides when to stop.
    pub early_stopping: bool,
    /// Epochs without improvement before early stopping.
    pub patience: usize,
    /// Draws the hold-out, the initial parameters, the order of the rows and dropout.
    pub seed: u64,
    /// The type of the network's numbers.
    pub precision: FloatType,
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
            optimizer: Adam::default().into(),
            schedule: Schedule::Constant,
            epochs: None,
            batch_size: None,
            l2: None,
            dropout: 0.0,
            class_weight: ClassWeight::None,
            early_stopping: false,
            patience: 10,
            seed: 0,
            precision: FloatType::F32,
        }
    }
}

/// Updates that a training makes when epochs are not given.
const STEPS: usize = 4000;

/// λ where nothing else is said.
const L2: f64 = 1e-3;

impl FitOptions {
    /// Rows per update: as asked, else a fortieth of the rows, between 16 and 256.
    pub fn batch_size_for(&self, rows: usize) -> usize {
        self.batch_size.unwrap_or((rows / 40).clamp(16, 256)).min(rows.max(1))
    }

    /// Rows per update, all of them where the optimiser needs that.
    pub(crate) fn rows_per_update(&self, rows: usize) -> usize {
        if self.optimizer.needs_full_batch() { rows } else { self.batch_size_for(rows) }
    }

    /// Epochs: as asked, else as many as make about 4,000 updates, between 10 and 200; with L-BFGS and Rprop, whose
    /// epochs are single updates, 200.
    pub fn epochs_for(&self, rows: usize) -> usize {
        if let Some(epochs) = self.epochs {
            return epochs;
        }
        if self.optimizer.needs_full_batch() {
            return 200;
        }
        let steps = rows.div_ceil(self.batch_size_for(rows)).max(1);
        (STEPS / steps).clamp(10, 200)
    }

    /// λ of the penalty ½λΣw²: as asked, else 0.001; 0 with AdamW, whose weight decay takes the place of the penalty.
    pub fn penalty(&self) -> f64 {
        let usual = if self.optimizer.decays_weights() { 0.0 } else { L2 };
        self.l2.unwrap_or(usual)
    }

    /// Checks the options, and that they go with each other.
    ///
    /// # Errors
    /// When one is out of range, or was given though the optimiser does not have it.
    pub fn validate(&self) -> Result<()> {
        let fail = |name: &str, got: String, allowed: &str| {
            Err(Error::data(format!("{name} is {got}, allowed: {allowed}")))
        };
        if !(0.0..1.0).contains(&self.holdout) {
            return fail("holdout", self.holdout.to_string(), "at least 0 and below 1");
        }
        for (name, value) in [
            ("batch size", self.batch_size),
            ("epochs", self.epochs),
            ("patience", Some(self.patience)),
            ("hidden", self.hidden.iter().min().copied()),
        ] {
            if value == Some(0) {
                return fail(name, "0".into(), "at least 1");
            }
        }
        if self.activation == Activation::Softmax {
            return fail("activation", "softmax".into(), "any but softmax in hidden layers");
        }
        self.check_optimizer()
    }

    /// Checks the optimiser and what goes with it.
    ///
    /// # Errors
    /// When a parameter is out of range, or an option was given that the optimiser does not have.
    fn check_optimizer(&self) -> Result<()> {
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
        if self.optimizer.needs_full_batch() {
            refuse("batch size: it needs all rows in every step", self.batch_size.is_some())?;
            refuse("schedule: it finds its own steps", self.schedule != Schedule::Constant)?;
            refuse("dropout: it needs the same loss in every step", self.dropout > 0.0)?;
        }
        // The weights would decay twice.
        refuse(
            "l2: its weight decay takes the place of the penalty",
            self.optimizer.decays_weights() && self.penalty() != 0.0,
        )?;
        Ok(self.optimizer.validate()?)
    }
}
