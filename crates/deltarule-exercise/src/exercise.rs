//! An exercise: a network, a loss, and what to do with them part by part.

use deltarule::trace::TraceOptions;
use deltarule::{Choice, Loss, Network, Optimizer};
use serde::{Deserialize, Serialize};

/// An exercise, validated.
///
/// # Example
///
/// ```
/// use deltarule_exercise::{Exercise, sheet};
///
/// let exercise = Exercise::parse(sheet(1).unwrap(), "exercise 1").unwrap();
/// assert_eq!(exercise.network.layer_sizes(), [5, 3, 2]);
/// assert_eq!(exercise.parts.len(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct Exercise {
    /// The title.
    pub title: String,
    /// The network with its initial parameters.
    pub network: Network<f64>,
    /// The loss.
    pub loss: Loss,
    /// How many significant digits answers should have, where the exercise says so.
    pub digits: Option<usize>,
    /// The parts in their order; there is at least one.
    pub parts: Vec<Part>,
}

/// One part of an exercise.
#[derive(Clone, Debug)]
pub struct Part {
    /// The name, unique in the exercise.
    pub name: String,
    /// What to do.
    pub task: Task,
    /// Which parameters it starts from: the initial ones, or those that the part with this index ended with.
    pub start: Option<usize>,
    /// The examples; there is at least one. Either all have targets or none has.
    pub examples: Vec<Example>,
    /// Sum or mean, L2, and whether biases are trained.
    pub options: TraceOptions,
    /// How many significant digits answers to this part should have: its own number, or that of the exercise.
    pub digits: Option<usize>,
}

/// What a part asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Task {
    /// The forward pass.
    Forward,
    /// Forward and backward pass.
    Gradient,
    /// Forward and backward pass, and the update.
    Update {
        /// The optimiser with its parameters.
        optimizer: Optimizer,
        /// One joint update, or one per example.
        mode: Mode,
        /// How often all examples are gone through.
        epochs: usize,
    },
    /// The forward pass and the class.
    Classify,
}

impl Task {
    /// Which of the tasks it is.
    pub fn kind(&self) -> PartTask {
        match self {
            Self::Forward => PartTask::Forward,
            Self::Gradient => PartTask::Gradient,
            Self::Update { .. } => PartTask::Update,
            Self::Classify => PartTask::Classify,
        }
    }

    /// The name as files spell it.
    pub fn name(&self) -> &'static str {
        self.kind().name()
    }

    /// The optimiser, where there is an update.
    pub fn optimizer(&self) -> Option<Optimizer> {
        let Self::Update { optimizer, .. } = self else { return None };
        Some(*optimizer)
    }

    /// Whether each example has an update of its own.
    pub(crate) fn is_online(&self) -> bool {
        matches!(self, Self::Update { mode: Mode::Online, .. })
    }
}

/// The tasks, without what belongs to one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartTask {
    /// The forward pass.
    Forward,
    /// Forward and backward pass.
    Gradient,
    /// Forward and backward pass, and the update.
    Update,
    /// The forward pass and the class.
    Classify,
}

impl PartTask {
    /// Every task.
    pub const ALL: [Self; 4] = [Self::Forward, Self::Gradient, Self::Update, Self::Classify];

    /// The name as files spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Gradient => "gradient",
            Self::Update => "update",
            Self::Classify => "classify",
        }
    }
}

impl Choice for PartTask {
    const WHAT: &'static str = "task";
    const CHOICES: &'static [Self] = &Self::ALL;

    fn choice_name(&self) -> &'static str {
        self.name()
    }
}

/// How examples become updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// One joint update of all examples.
    Batch,
    /// One update per example, in order.
    Online,
}

impl Choice for Mode {
    const WHAT: &'static str = "mode";
    const CHOICES: &'static [Self] = &[Self::Batch, Self::Online];

    fn choice_name(&self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Online => "online",
        }
    }
}

/// An example: inputs and, where given, targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// One number per input.
    pub x: Vec<f64>,
    /// One number per output.
    pub t: Option<Vec<f64>>,
}

/// Whether the targets of an example sum to 1; those such as 0.1, 0.2 and 0.7 do but for rounding.
pub(crate) fn sums_to_one(targets: &[f64]) -> bool {
    (targets.iter().sum::<f64>() - 1.0).abs() < 1e-9
}

/// The text of the sheet's exercise with this number, 1 to 3.
pub fn sheet(number: usize) -> Option<&'static str> {
    match number {
        1 => Some(include_str!("../exercises/1-sigmoid-squared-error.toml")),
        2 => Some(include_str!("../exercises/2-tanh-squared-error.toml")),
        3 => Some(include_str!("../exercises/3-softmax-cross-entropy.toml")),
        _ => None,
    }
}
