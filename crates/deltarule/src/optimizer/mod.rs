//! Optimisers: from a gradient to the next parameters.
//!
//! Each file has one method: its formula, its options, its defaults and where they differ from other libraries.
//! g is the gradient of the objective, the L2 term included; η is the learning rate of the step.

mod adam;
mod intermediate;
mod lbfgs;
mod rprop;
mod rule;
mod sgd;

pub use adam::{Adam, AdamW};
pub use lbfgs::{Lbfgs, LbfgsConvergence, LbfgsOutcome, LbfgsState};
pub use rprop::Rprop;
pub(crate) use rule::{UpdateRule, UpdateRules};
pub use sgd::Sgd;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::float::Float;
use crate::network::Layer;

/// A choice of optimiser with its options.
///
#[doc = include_str!("../../docs/optimizers.md")]
///
/// # Example
///
/// ```
/// use deltarule::{Adam, Optimizer};
///
/// let optimizer = Optimizer::from(Adam { learning_rate: 0.01, ..Adam::default() });
/// assert_eq!(optimizer.name(), "adam");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Optimizer {
    /// Gradient descent, with momentum if asked.
    Sgd(Sgd),
    /// Adam.
    Adam(Adam),
    /// Adam with decoupled weight decay.
    #[serde(rename = "adamw")]
    AdamW(AdamW),
    /// iRprop+, for full batches.
    Rprop(Rprop),
    /// L-BFGS, for full batches.
    Lbfgs(Lbfgs),
}

macro_rules! from {
    ($($name:ident),*) => {$(
        impl From<$name> for Optimizer {
            fn from(options: $name) -> Self {
                Self::$name(options)
            }
        }
    )*};
}
from!(Sgd, Adam, AdamW, Rprop, Lbfgs);

impl Optimizer {
    /// The name as files, options and documents spell it: momentum and Nesterov are variants of `sgd` with names of
    /// their own.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sgd(Sgd { momentum: 0.0, .. }) => "sgd",
            Self::Sgd(Sgd { nesterov: true, .. }) => "nesterov",
            Self::Sgd(_) => "momentum",
            Self::Adam(_) => "adam",
            Self::AdamW(_) => "adamw",
            Self::Rprop(_) => "rprop",
            Self::Lbfgs(_) => "lbfgs",
        }
    }

    /// η before any schedule; for Rprop the first step size, and 1 for L-BFGS, whose line search finds its own.
    pub fn learning_rate(&self) -> f64 {
        match self {
            Self::Sgd(o) => o.learning_rate,
            Self::Adam(o) => o.learning_rate,
            Self::AdamW(o) => o.learning_rate,
            Self::Rprop(o) => o.initial_step,
            Self::Lbfgs(_) => 1.0,
        }
    }

    /// Whether each step needs all examples: Rprop compares signs from step to step, L-BFGS builds a model of the
    /// curvature, and both are misled by batches that differ.
    pub fn needs_full_batch(&self) -> bool {
        match self {
            Self::Sgd(_) | Self::Adam(_) | Self::AdamW(_) => false,
            Self::Rprop(_) | Self::Lbfgs(_) => true,
        }
    }

    /// Checks the options.
    ///
    /// # Errors
    /// `ErrorKind::Value` naming the first option that is out of range.
    pub fn validate(&self) -> Result<()> {
        match self {
            Self::Sgd(o) => o.validate(),
            Self::Adam(o) => o.validate(),
            Self::AdamW(o) => o.validate(),
            Self::Rprop(o) => o.validate(),
            Self::Lbfgs(o) => o.validate(),
        }
    }

    /// The names of the vectors that [`OptimizerState::vectors`] holds, in its order.
    pub fn state_names(&self) -> &'static [&'static str] {
        match self {
            Self::Sgd(Sgd { momentum: 0.0, .. }) | Self::Lbfgs(_) => &[],
            Self::Sgd(_) => &["velocity"],
            Self::Adam(_) | Self::AdamW(_) => &["m", "v"],
            Self::Rprop(_) => &["step_size", "previous_gradient"],
        }
    }

    /// The state before the first step of a network with this many parameters.
    pub fn new_state<T: Float>(&self, parameters: usize) -> OptimizerState<T> {
        let zeros = || vec![T::ZERO; parameters];
        let vectors = match self {
            Self::Rprop(o) => vec![vec![T::from_f64(o.initial_step); parameters], zeros()],
            _ => self.state_names().iter().map(|_| zeros()).collect(),
        };
        let lbfgs = match self {
            Self::Lbfgs(o) => Some(LbfgsState::new(o, parameters)),
            _ => None,
        };
        OptimizerState { step: 0, previous_loss: None, vectors, lbfgs }
    }

    /// One update of all parameters, in place, number by number: what solutions show.
    ///
    /// `objective` is the loss that the gradient belongs to, the L2 penalty included; only Rprop looks at it.
    /// L-BFGS evaluates the loss several times a step and is not run here: see [`LbfgsState::step`].
    ///
    /// # Shapes
    /// parameters, gradient: as [`crate::Network::parameters`]
    pub fn update<T: Float>(
        &self,
        state: &mut OptimizerState<T>,
        learning_rate: f64,
        objective: f64,
        layers: &[Layer],
        parameters: &mut [T],
        gradient: &[T],
    ) {
        let Some(mut rules) = UpdateRules::new(self) else { return };
        let rule = rules.next(&mut state.step, &mut state.previous_loss, learning_rate, objective);
        for layer in layers {
            for (range, is_weight) in [(layer.weight_range(), true), (layer.bias_range(), false)] {
                for i in range {
                    let mut of = [T::ZERO; 2];
                    for (value, vector) in of.iter_mut().zip(&state.vectors) {
                        *value = vector[i];
                    }
                    parameters[i] = rule.apply(&mut of, parameters[i], gradient[i], is_weight);
                    for (value, vector) in of.iter().zip(&mut state.vectors) {
                        vector[i] = *value;
                    }
                }
            }
        }
    }
}

/// What an optimiser remembers from step to step: everything that a continuation needs.
#[derive(Clone, Debug, PartialEq)]
pub struct OptimizerState<T> {
    /// Updates made so far.
    pub step: u64,
    /// The objective of the last step, which Rprop compares.
    pub previous_loss: Option<f64>,
    /// Vectors as long as the parameters, named by [`Optimizer::state_names`].
    pub vectors: Vec<Vec<T>>,
    /// The memory of L-BFGS.
    pub lbfgs: Option<LbfgsState<T>>,
}
