//! How the learning rate changes from epoch to epoch.

use serde::{Deserialize, Serialize};

use crate::choice::choice;
use crate::error::{Error, Result, check};

/// A learning-rate schedule: η of epoch e = 0, 1, …, given η₀.
///
/// | name | η |
/// |---|---|
/// | `constant` | η₀ |
/// | `inverse_scaling` | η₀ / (e + 1)^power |
/// | `adaptive` | η₀ / factor^k, k being how often patience ran out |
/// | `step` | η₀ · factor^⌊e / every⌋ |
/// | `exponential` | η₀ · decayᵉ |
/// | `cosine` | η₀ · (floor + (1 − floor) · ½ (1 + cos(π e / E))), E being the number of epochs planned |
///
/// # Units
/// One rate per epoch. scikit-learn's `invscaling` divides by (samples seen)^power after the first epoch, so its rates
/// fall much faster. `adaptive` is scikit-learn's: divided by 5 when the training loss did not fall by 1e-4 for more
/// than 10 epochs in a row, and the training ends when the rate is 1e-6 or less.
///
/// # Source
/// Cosine: Loshchilov and Hutter (2017), without restarts.
///
/// # Example
///
/// ```
/// use deltarule::{LearningRate, Schedule, ScheduleState};
///
/// let halved = LearningRate::from(Schedule::Step { every: 10, factor: 0.5 });
/// assert_eq!(halved.rate(0.1, 25, 100, &ScheduleState::default()), 0.025);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// η₀
    #[default]
    Constant,
    /// η₀ / (e + 1)^power
    InverseScaling {
        /// The exponent, above 0.
        power: f64,
    },
    /// Divided by a factor whenever patience runs out.
    Adaptive {
        /// What the rate is divided by, above 1.
        factor: f64,
        /// How many epochs in a row may pass without an improvement.
        patience: usize,
        /// The least fall of the training loss that counts as an improvement.
        min_delta: f64,
        /// The training ends when the rate is this or less.
        min_learning_rate: f64,
    },
    /// η₀ · factor^⌊e / every⌋
    Step {
        /// Epochs between two changes, at least 1.
        every: usize,
        /// What the rate is multiplied by, between 0 and 1.
        factor: f64,
    },
    /// η₀ · decayᵉ
    Exponential {
        /// What the rate is multiplied by after each epoch, between 0 and 1.
        decay: f64,
    },
    /// Half a wave from η₀ down to floor · η₀.
    Cosine {
        /// The share of η₀ that is left at the end, from 0 to below 1.
        floor: f64,
    },
}

impl Schedule {
    /// Every schedule with its default parameters.
    pub const ALL: [Self; 6] = [
        Self::Constant,
        Self::InverseScaling { power: 0.5 },
        Self::Adaptive { factor: 5.0, patience: 10, min_delta: 1e-4, min_learning_rate: 1e-6 },
        Self::Step { every: 30, factor: 0.1 },
        Self::Exponential { decay: 0.95 },
        Self::Cosine { floor: 0.0 },
    ];

    /// The name as files and options spell it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::InverseScaling { .. } => "inverse_scaling",
            Self::Adaptive { .. } => "adaptive",
            Self::Step { .. } => "step",
            Self::Exponential { .. } => "exponential",
            Self::Cosine { .. } => "cosine",
        }
    }
}

choice!(Schedule, "schedule");

/// A schedule with an optional warm-up: in the first W epochs η is η₀ (e + 1) / (W + 1), and the schedule itself
/// begins after them, with the epochs that are left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LearningRate {
    /// The schedule after the warm-up.
    pub schedule: Schedule,
    /// W, the epochs of the warm-up.
    pub warmup_epochs: usize,
}

impl From<Schedule> for LearningRate {
    fn from(schedule: Schedule) -> Self {
        Self { schedule, warmup_epochs: 0 }
    }
}

/// What the adaptive schedule remembers from epoch to epoch; the others are formulas.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScheduleState {
    /// How often the rate was divided.
    pub divisions: u32,
    /// The lowest training loss so far.
    pub best_loss: Option<f64>,
    /// Epochs in a row without an improvement.
    pub without_improvement: usize,
}

impl LearningRate {
    /// Checks the parameters.
    ///
    /// # Errors
    /// `ErrorKind::Value` naming the first that is out of range.
    pub fn validate(&self) -> Result<()> {
        let share = |v: f64| v > 0.0 && v < 1.0;
        match self.schedule {
            Schedule::Constant => Ok(()),
            Schedule::InverseScaling { power } => check("power", power, "above 0", |v| v > 0.0),
            Schedule::Adaptive { factor, min_delta, min_learning_rate, .. } => {
                check("factor", factor, "above 1", |v| v > 1.0)?;
                check("min_delta", min_delta, "at least 0", |v| v >= 0.0)?;
                check("min_learning_rate", min_learning_rate, "at least 0", |v| v >= 0.0)
            }
            Schedule::Step { every: 0, .. } => Err(Error::value("every", 0, "at least 1")),
            Schedule::Step { factor, .. } => check("factor", factor, "between 0 and 1", share),
            Schedule::Exponential { decay } => check("decay", decay, "between 0 and 1", share),
            Schedule::Cosine { floor } => {
                check("floor", floor, "at least 0 and below 1", |v| (0.0..1.0).contains(&v))
            }
        }
    }

    /// η of an epoch, counted from 0, of a training of `planned` epochs.
    pub fn rate(&self, base: f64, epoch: usize, planned: usize, state: &ScheduleState) -> f64 {
        if epoch < self.warmup_epochs {
            return base * (epoch + 1) as f64 / (self.warmup_epochs + 1) as f64;
        }
        let e = (epoch - self.warmup_epochs) as f64;
        match self.schedule {
            Schedule::Constant => base,
            Schedule::InverseScaling { power } => base / libm::pow(e + 1.0, power),
            Schedule::Adaptive { factor, .. } => {
                base / libm::pow(factor, f64::from(state.divisions))
            }
            Schedule::Step { every, factor } => {
                base * libm::pow(factor, (e / every.max(1) as f64).floor())
            }
            Schedule::Exponential { decay } => base * libm::pow(decay, e),
            Schedule::Cosine { floor } => {
                let all = planned.saturating_sub(self.warmup_epochs).max(1) as f64;
                let wave = 0.5 * (1.0 + libm::cos(std::f64::consts::PI * (e / all).min(1.0)));
                base * (floor + (1.0 - floor) * wave)
            }
        }
    }

    /// Takes note of an epoch's training loss; says whether the training should end.
    pub fn observe(&self, state: &mut ScheduleState, base: f64, loss: f64) -> bool {
        let Schedule::Adaptive { factor, patience, min_delta, min_learning_rate } = self.schedule
        else {
            return false;
        };
        // NaN compares with nothing, and as the best loss it would never be bettered.
        let is_finite = loss.is_finite();
        if is_finite && state.best_loss.is_none_or(|best| loss <= best - min_delta) {
            state.without_improvement = 0;
        } else {
            state.without_improvement += 1;
        }
        if is_finite && state.best_loss.is_none_or(|best| loss < best) {
            state.best_loss = Some(loss);
        }
        if state.without_improvement <= patience {
            return false;
        }
        state.without_improvement = 0;
        if base / libm::pow(factor, f64::from(state.divisions)) <= min_learning_rate {
            return true;
        }
        state.divisions += 1;
        false
    }
}
