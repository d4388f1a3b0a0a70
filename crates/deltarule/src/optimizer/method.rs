//! What a method of optimisation says of itself: its parameters and its memory.

use crate::error::{Result, check};
use crate::interval::Interval;

/// Who deals with a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterRole {
    /// A person: exercises have a key for it, the command a flag.
    Choice,
    /// Whoever asks for it in Rust or in JSON; reports of a training name it.
    Constant,
    /// Whoever asks for it in Rust or in JSON.
    Detail,
}

/// A parameter of an optimiser, without its value: the one row from which keys, flags, checks and documents are made.
///
/// Its default is its value in [`super::Optimizer::ALL`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OptimizerParameter {
    /// The name in code, files and JSON: `learning_rate`.
    pub key: &'static str,
    /// The letter of the formulas, in the notation of the documents: `β_1`.
    pub symbol: &'static str,
    /// What people call it.
    pub words: &'static str,
    /// What the engine takes.
    pub interval: Interval,
    /// What exercises and the command take, which is less where a limit makes no sense to a person.
    pub usual: Interval,
    /// Who deals with it.
    pub role: ParameterRole,
}

/// A parameter of one method, and where its value is.
pub(crate) struct Parameter<M> {
    pub(crate) about: OptimizerParameter,
    pub(crate) get: fn(&M) -> f64,
    /// Whether the value is one of this parameter's type.
    pub(crate) set: fn(&mut M, f64) -> bool,
}

/// The table of a method's parameters: field, letter, words, interval (and a narrower one for people), role.
macro_rules! parameters {
    (@usual $interval:expr) => { $interval };
    (@usual $interval:expr, $usual:expr) => { $usual };
    (@get f64, $value:expr) => { $value };
    (@get usize, $value:expr) => { $value as f64 };
    ($($field:ident: $type:ident, $symbol:literal, $words:literal, $role:ident, $interval:expr $(, people $usual:expr)?;)+) => {
        &[$($crate::optimizer::method::Parameter {
            about: $crate::optimizer::method::OptimizerParameter {
                key: stringify!($field),
                symbol: $symbol,
                words: $words,
                interval: $interval,
                usual: parameters!(@usual $interval $(, $usual)?),
                role: $crate::optimizer::method::ParameterRole::$role,
            },
            get: |of| parameters!(@get $type, of.$field),
            set: |of, value| {
                let is_whole = stringify!($type) == "f64" || value.fract() == 0.0;
                if is_whole {
                    of.$field = value as $type;
                }
                is_whole
            },
        }),+]
    };
}
pub(crate) use parameters;

/// A method with its options. Everything that anybody asks of an optimiser, and that is no text for people, is here.
pub(crate) trait Method: Copy + 'static {
    /// Its numbers.
    const PARAMETERS: &'static [Parameter<Self>];
    /// The parameter that is the size of its steps, if a person chooses one.
    const RATE: Option<&'static str> = Some("learning_rate");
    /// Whether each step needs all examples.
    const NEEDS_FULL_BATCH: bool = false;
    /// Whether a step is a function of one gradient.
    const TAKES_SINGLE_STEPS: bool = true;
    /// Whether the rule of a step depends on its objective, which then has to be known before anything is updated.
    const LOOKS_AT_OBJECTIVE: bool = false;
    /// Whether weights are updated in another way than biases.
    const TELLS_WEIGHTS_APART: bool = false;

    /// The rules of its steps.
    type Rules: Clone + std::fmt::Debug;

    /// The name as files, options and documents spell it.
    fn name(&self) -> &'static str;

    /// Whether these options make use of a parameter.
    fn uses(&self, _key: &str) -> bool {
        true
    }

    /// Checks what no parameter says alone.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Checks the options.
    fn validate(&self) -> Result<()> {
        self.check()?;
        Self::PARAMETERS.iter().try_for_each(|Parameter { about, get, .. }| {
            let interval = about.interval;
            check(about.key, get(self), &interval.to_string(), |value| interval.contains(value))
        })
    }

    /// The names of the vectors that it remembers; at most two.
    fn state_names(&self) -> &'static [&'static str] {
        &[]
    }

    /// What the vector of this index is filled with before the first step.
    fn initial_state(&self, _index: usize) -> f64 {
        0.0
    }

    /// The rules of one step after the other; `None` where it takes no single steps.
    fn rules(&self) -> Option<Self::Rules>;

    /// What a step with this gradient adds to a parameter as far as its new state says so: the state without which the
    /// same gradient would have led elsewhere.
    fn step_by_state(&self, step: u64, gradient: f64, state: &[f64]) -> f64;
}
