//! Optimisers: from a gradient to the next parameters.
//!
//! Each file has one method: its formula, its options with their table, its defaults, where they differ from other
//! libraries, and its rule for one number or a vector of them. `method.rs` says what a method has to say of itself,
//! `step.rs` what the rule of a step is; both lists are here. g is the gradient of the objective, the L2 term included; η
//! is the learning rate of the step.

mod adam;
mod lbfgs;
mod method;
mod powers;
mod rmsprop;
mod rprop;
mod rule;
mod sgd;
mod state;
mod step;
mod update;

pub use adam::{Adam, AdamW};
pub use lbfgs::{Lbfgs, LbfgsConvergence, LbfgsOutcome, LbfgsState};
pub use method::{OptimizerParameter, ParameterRole};
pub use rmsprop::Rmsprop;
pub use rprop::Rprop;
pub use sgd::Sgd;
pub use state::OptimizerState;
pub(crate) use step::{StepBound, StepRule, StepValues};

use serde::{Deserialize, Serialize};

use crate::choice::choice;
use crate::error::Result;
use crate::layer::Layer;
use crate::number::Number;
use adam::{AdamStep, AdamWStep};
use method::{Method, Parameter};
use rmsprop::RmspropStep;
use rprop::RpropStep;
use rule::rules;
use sgd::{DescentStep, VelocityStep};
use step::{StepContext, StepRules};

/// The methods that there are: each with its name in JSON, and its usual settings, which have names of their own.
macro_rules! methods {
    ($d:tt $($(#[doc = $doc:literal])+ $name:ident, $json:literal, [$($usual:ident),+];)+) => {
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
        /// assert_eq!(optimizer.get("beta1"), Some(0.9));
        /// let nesterov: Optimizer = "nesterov".parse()?;
        /// assert_eq!(nesterov.with_learning_rate(0.5).learning_rate(), 0.5);
        /// # Ok::<(), deltarule::Error>(())
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
        pub enum Optimizer {
            $($(#[doc = $doc])+ #[serde(rename = $json)] $name($name),)+
        }

        $(impl From<$name> for Optimizer {
            fn from(options: $name) -> Self {
                Self::$name(options)
            }
        })+

        impl Optimizer {
            /// Every optimiser that has a name, with its usual settings.
            pub const ALL: [Self; 0 $($(+ { let _ = $name::$usual; 1 })+)+] =
                [$($(Self::$name($name::$usual),)+)+];
        }

        /// The rules of one step after the other, by method.
        #[derive(Clone, Debug)]
        enum MethodRules {
            $($name(<$name as Method>::Rules),)+
        }

        impl MethodRules {
            fn new(optimizer: &Optimizer) -> Option<Self> {
                match optimizer {
                    $(Optimizer::$name(options) => options.rules().map(Self::$name),)+
                }
            }

            fn next(&mut self, at: StepContext<'_>) -> UpdateRule {
                match self {
                    $(Self::$name(rules) => rules.next(at),)+
                }
            }
        }

        /// The same text for each method; a constant of the method by the type that the last argument names.
        macro_rules! each_method {
            ($d optimizer:expr, $d options:ident => $d code:expr) => {
                match $d optimizer {
                    $(Optimizer::$name($d options) => $d code,)+
                }
            };
            ($d optimizer:expr, $d constant:ident) => {
                match $d optimizer {
                    $(Optimizer::$name(_) => <$name as Method>::$d constant,)+
                }
            };
        }
    };
}

methods! { $
    /// Gradient descent, with momentum if asked.
    Sgd, "sgd", [DEFAULT, MOMENTUM, NESTEROV];
    /// Adam.
    Adam, "adam", [DEFAULT];
    /// Adam with decoupled weight decay.
    AdamW, "adamw", [DEFAULT];
    /// RMSProp.
    Rmsprop, "rmsprop", [DEFAULT];
    /// iRprop+, for full batches.
    Rprop, "rprop", [DEFAULT];
    /// L-BFGS, for full batches.
    Lbfgs, "lbfgs", [DEFAULT];
}

rules! { $
    /// Gradient descent without momentum.
    Descent(DescentStep),
    /// Gradient descent with momentum; the state is the velocity.
    Velocity(VelocityStep),
    /// Adam; the state is m and v.
    Adam(AdamStep),
    /// AdamW on weights; the state is m and v.
    AdamW(AdamWStep),
    /// RMSProp; the state is v.
    Rmsprop(RmspropStep),
    /// iRprop+; the state is the step size and the gradient before.
    Rprop(RpropStep),
}

impl Optimizer {
    /// The name as files, options and documents spell it: momentum and Nesterov are variants of `sgd` with names of
    /// their own.
    pub fn name(&self) -> &'static str {
        each_method!(self, o => o.name())
    }

    /// The parameters that these options make use of, with their values.
    pub fn parameters(&self) -> Vec<(&'static OptimizerParameter, f64)> {
        fn used<M: Method>(options: &M) -> Vec<(&'static OptimizerParameter, f64)> {
            let used = M::PARAMETERS.iter().filter(|parameter| options.uses(parameter.about.key));
            used.map(|Parameter { about, get, .. }| (about, get(options))).collect()
        }
        each_method!(self, o => used(o))
    }

    /// The value of a parameter that these options make use of.
    pub fn get(&self, key: &str) -> Option<f64> {
        self.parameters().into_iter().find(|(about, _)| about.key == key).map(|(_, value)| value)
    }

    /// Sets a parameter of the method, of which [`Optimizer::validate`] looks whether it is in range; `false` where the
    /// method has none of this name, or it is a whole number and the value is not.
    pub fn set(&mut self, key: &str, value: f64) -> bool {
        fn set<M: Method>(options: &mut M, key: &str, value: f64) -> bool {
            let found = M::PARAMETERS.iter().find(|parameter| parameter.about.key == key);
            found.is_some_and(|parameter| (parameter.set)(options, value))
        }
        each_method!(self, o => set(o, key, value))
    }

    /// The key of the parameter that is the size of the steps: η, for Rprop that of the first steps, and none for
    /// L-BFGS, whose line search finds its own.
    pub fn rate_key(&self) -> Option<&'static str> {
        each_method!(self, RATE)
    }

    /// η before any schedule; for Rprop the first step size, and 1 for L-BFGS, whose line search finds its own.
    pub fn learning_rate(&self) -> f64 {
        self.rate_key().and_then(|key| self.get(key)).unwrap_or(1.0)
    }

    /// The same optimiser with another [`Optimizer::learning_rate`]; L-BFGS as it is.
    pub fn with_learning_rate(mut self, learning_rate: f64) -> Self {
        if let Some(key) = self.rate_key() {
            self.set(key, learning_rate);
        }
        self
    }

    /// Whether each step needs all examples: Rprop compares signs from step to step, L-BFGS builds a model of the
    /// curvature, and both are misled by batches that differ.
    pub fn needs_full_batch(&self) -> bool {
        each_method!(self, NEEDS_FULL_BATCH)
    }

    /// Whether a step is a function of one gradient. L-BFGS evaluates the loss several times a step: there is no single
    /// step of it to show.
    pub fn takes_single_steps(&self) -> bool {
        each_method!(self, TAKES_SINGLE_STEPS)
    }

    /// The optimisers whose steps can be shown: those of exercises.
    pub fn of_single_steps() -> impl Iterator<Item = Self> + Clone {
        Self::ALL.into_iter().filter(Self::takes_single_steps)
    }

    /// Whether weights decay beside the gradient, which takes the place of an L2 penalty.
    pub fn decays_weights(&self) -> bool {
        self.get("weight_decay").is_some()
    }

    /// Checks the options.
    ///
    /// # Errors
    /// `ErrorKind::Value` naming the first option that is out of range.
    pub fn validate(&self) -> Result<()> {
        each_method!(self, o => o.validate())
    }

    /// The names of the vectors that [`OptimizerState::vectors`] holds, in its order.
    pub fn state_names(&self) -> &'static [&'static str] {
        each_method!(self, o => o.state_names())
    }

    /// The state before the first step of a network with this many parameters.
    pub fn new_state<T: Number>(&self, parameters: usize) -> OptimizerState<T> {
        let initial = |index| each_method!(self, o => o.initial_state(index));
        let vector = |index| vec![T::from_f64(initial(index)); parameters];
        let lbfgs =
            if let Self::Lbfgs(o) = self { Some(LbfgsState::new(o, parameters)) } else { None };
        OptimizerState {
            step: 0,
            previous_loss: None,
            vectors: (0..self.state_names().len()).map(vector).collect(),
            lbfgs,
        }
    }

    /// One update of all parameters, in place, number by number: what solutions show.
    ///
    /// `objective` is the loss that the gradient belongs to, the L2 penalty included; only Rprop looks at it.
    /// L-BFGS evaluates the loss several times a step and is not run here: see [`LbfgsState::step`].
    ///
    /// # Shapes
    /// parameters, gradient: as [`crate::Network::parameters`]
    pub fn update<T: Number>(
        &self,
        state: &mut OptimizerState<T>,
        learning_rate: f64,
        objective: f64,
        layers: &[Layer],
        parameters: &mut [T],
        gradient: &[T],
    ) {
        let Some(mut rules) = UpdateRules::new(self) else { return };
        let OptimizerState { step, previous_loss, vectors, .. } = state;
        let rule = rules.next(step, previous_loss, learning_rate, Some(objective));
        rule.update(vectors, layers, parameters, gradient);
    }

    /// What the step of this number, with this gradient, adds to a parameter as far as its new state says so, an entry
    /// for each of [`Optimizer::state_names`]: how much of a step a mistake in the state explains.
    pub fn step_by_state(&self, step: u64, gradient: f64, state: &[f64]) -> f64 {
        each_method!(self, o => o.step_by_state(step, gradient, state))
    }
}

choice!(Optimizer, "optimizer");

/// The rules of one step after the other.
#[derive(Clone, Debug)]
pub(crate) struct UpdateRules {
    optimizer: Optimizer,
    rules: MethodRules,
}

impl UpdateRules {
    /// `None` for L-BFGS, whose steps are no function of one gradient.
    pub(crate) fn new(optimizer: &Optimizer) -> Option<Self> {
        Some(Self { optimizer: *optimizer, rules: MethodRules::new(optimizer)? })
    }

    /// Whether the rule of a step depends on its objective, which then has to be known before anything is updated.
    pub(crate) fn look_at_objective(&self) -> bool {
        each_method!(self.optimizer, LOOKS_AT_OBJECTIVE)
    }

    /// Whether weights are updated in another way than biases.
    pub(crate) fn tell_weights_apart(&self) -> bool {
        each_method!(self.optimizer, TELLS_WEIGHTS_APART)
    }

    /// The rule of the next step, which is counted; the objective where it is known before the update.
    pub(crate) fn next(
        &mut self,
        step: &mut u64,
        previous_loss: &mut Option<f64>,
        learning_rate: f64,
        objective: Option<f64>,
    ) -> UpdateRule {
        *step += 1;
        self.rules.next(StepContext { step: *step, learning_rate, objective, previous_loss })
    }
}
