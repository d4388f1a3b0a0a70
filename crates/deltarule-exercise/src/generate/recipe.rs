//! What an exercise is to be about, and what cannot go together.

use std::fmt;

use deltarule::random::{Purpose, Random};
use deltarule::trace::TraceOptions;
use deltarule::{Activation, Choice, Loss, Sgd};
use serde::{Deserialize, Serialize};

use crate::exercise::{Mode, Task};
use crate::hint::ExerciseHint;

use super::unit;

/// More parameters are no exercise for a person.
const MAX_PARAMETERS: usize = 500;
/// More examples in a part are no exercise for a person.
const MAX_EXAMPLES: usize = 20;
/// More steps in a part are no exercise for a person.
const MAX_STEPS: usize = 20;

/// What an exercise is to be about.
///
/// # Example
///
/// ```
/// use deltarule::{Activation, Loss};
/// use deltarule_exercise::generate::{Recipe, generate};
///
/// let recipe = Recipe {
///     layers: vec![3, 4, 2],
///     output_activation: Activation::Softmax,
///     loss: Loss::CrossEntropy,
///     seed: 7,
///     ..Recipe::default()
/// };
/// let generated = generate(&recipe)?;
/// assert_eq!(generated.exercise.network.layer_sizes(), [3, 4, 2]);
/// # Ok::<(), deltarule_exercise::generate::GenerateError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// The title; without one it says what the exercise is about.
    pub title: Option<String>,
    /// Units per layer, inputs first.
    pub layers: Vec<usize>,
    /// The activation of the hidden layers.
    pub activation: Activation,
    /// The activation of the outputs.
    pub output_activation: Activation,
    /// The loss.
    pub loss: Loss,
    /// What the parts ask for.
    pub tasks: Vec<Task>,
    /// Which parameters the later parts start from.
    pub start: StartFrom,
    /// How many examples a part has; a classification has one.
    pub examples: usize,
    /// Sum or mean, L2, and whether biases are trained.
    pub options: TraceOptions,
    /// Whether the units have biases other than 0.
    pub biases: bool,
    /// How many significant digits answers should have, where that is to be said.
    pub digits: Option<usize>,
    /// What the network is to show.
    pub feature: Option<Feature>,
    /// Draws the numbers.
    pub seed: u64,
}

/// A 3-2-2 network of sigmoid units with the squared error, ½ included: an update with two examples, and a query.
impl Default for Recipe {
    fn default() -> Self {
        let optimizer = Sgd { learning_rate: 0.5, ..Sgd::default() }.into();
        Self {
            title: None,
            layers: vec![3, 2, 2],
            activation: Activation::Sigmoid,
            output_activation: Activation::Sigmoid,
            loss: Loss::SquaredError,
            tasks: vec![Task::Update { optimizer, mode: Mode::Batch, epochs: 1 }, Task::Classify],
            start: StartFrom::Trained,
            examples: 2,
            options: TraceOptions::default(),
            biases: true,
            digits: None,
            feature: None,
            seed: 0,
        }
    }
}

/// Which parameters a part starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartFrom {
    /// Those that the last update before it ended with.
    Trained,
    /// The initial ones.
    Initial,
}

impl Choice for StartFrom {
    const WHAT: &'static str = "start";
    const CHOICES: &'static [Self] = &[Self::Trained, Self::Initial];

    fn choice_name(&self) -> &'static str {
        match self {
            Self::Trained => "trained",
            Self::Initial => "initial",
        }
    }
}

/// What a network can be made to show, beyond the usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// A unit whose f′ is nearly 0.
    Saturated,
    /// A ReLU unit whose output is 0 for every example that the network is trained with.
    DeadUnit,
}

/// A recipe that cannot be followed: what is wrong, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipeError {
    message: String,
    hint: Option<ExerciseHint>,
}

impl RecipeError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    pub(super) fn with_hint(message: impl Into<String>, hint: ExerciseHint) -> Self {
        Self { message: message.into(), hint: Some(hint) }
    }

    /// What can be done about it, where that has another name in each face.
    pub fn hint(&self) -> Option<&ExerciseHint> {
        self.hint.as_ref()
    }
}

impl fmt::Display for RecipeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RecipeError {}

impl Recipe {
    /// The activation of each layer after the inputs.
    pub fn activations(&self) -> Vec<Activation> {
        let layers = self.layers.len().saturating_sub(1);
        let mut all = vec![self.activation; layers];
        if let Some(last) = all.last_mut() {
            *last = self.output_activation;
        }
        all
    }

    /// The title, or what the exercise is about in words.
    pub fn title(&self) -> String {
        if let Some(title) = &self.title {
            return title.clone();
        }
        let sizes: Vec<String> = self.layers.iter().map(usize::to_string).collect();
        let (hidden, outputs) = (self.activation.name(), self.output_activation.name());
        let units = match self.layers.len() {
            2 => format!("{outputs} outputs"),
            _ if hidden == outputs => format!("{hidden} units"),
            _ => format!("{hidden} units and {outputs} outputs"),
        };
        let loss = deltarule_worked::loss_formulas(self.loss).title;
        let loss = loss.split(", ").next().unwrap_or(loss);
        format!("A {} network of {} and the {loss}", sizes.join("-"), units.replace('_', " "))
    }

    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        self.layers.last().copied().unwrap_or(0)
    }

    /// Checks that everything in the recipe goes together.
    ///
    /// # Errors
    /// The first thing that does not, with what is allowed.
    pub fn validate(&self) -> Result<(), RecipeError> {
        self.check_network()?;
        self.check_parts()?;
        match self.feature {
            Some(Feature::Saturated) if !self.activations().into_iter().any(unit::can_saturate) => {
                let flat = Activation::ALL.into_iter().filter(|f| unit::can_saturate(*f));
                let names: Vec<&str> = flat.map(Activation::name).collect();
                let (last, others) = names.split_last().unwrap_or((&"", &[]));
                refuse(format!(
                    "a saturated unit needs an activation that goes flat, and {} does not: {} or {last} do",
                    self.activation,
                    others.join(", ")
                ))
            }
            Some(Feature::DeadUnit) if !self.activations().contains(&Activation::Relu) => {
                refuse(format!(
                    "a dead unit needs the activation relu; this network has {} units and {} outputs",
                    self.activation, self.output_activation
                ))
            }
            _ => Ok(()),
        }
    }

    fn check_network(&self) -> Result<(), RecipeError> {
        if self.layers.len() < 2 {
            return refuse(
                "a network needs its inputs and at least one layer: layers such as 3, 2 and 2"
                    .into(),
            );
        }
        if let Some(l) = self.layers.iter().position(|units| *units == 0) {
            return refuse(format!("layer {l} has no units; every layer needs at least 1"));
        }
        let pairs = self.layers.windows(2);
        let parameters = pairs.fold(0_usize, |sum, pair| {
            sum.saturating_add(pair[0].saturating_add(1).saturating_mul(pair[1]))
        });
        if parameters > MAX_PARAMETERS {
            return refuse(format!(
                "the network has {parameters} parameters, and an exercise for a person at most {MAX_PARAMETERS}"
            ));
        }
        if self.activation == Activation::Softmax && self.layers.len() > 2 {
            return refuse("softmax is for outputs only, not for hidden layers".into());
        }
        if let Err(error) = self.loss.admits(self.output_activation) {
            return refuse(error.to_string());
        }
        if self.output_activation == Activation::Softmax && self.outputs() == 1 {
            return refuse(
                "a softmax of one output is always 1; it needs at least 2 outputs, or sigmoid for one".into(),
            );
        }
        Ok(())
    }

    fn check_parts(&self) -> Result<(), RecipeError> {
        if !(0.0..=f64::MAX).contains(&self.options.l2) {
            return refuse(format!(
                "λ of the penalty on the weights is {}, expected a number of at least 0",
                self.options.l2
            ));
        }
        if self.digits.is_some_and(|digits| digits == 0 || digits > 17) {
            return refuse("answers have 1 to 17 significant digits".into());
        }
        if self.tasks.is_empty() {
            return refuse("an exercise needs at least one part".into());
        }
        if self.tasks.len() > 26 {
            return refuse("an exercise has at most 26 parts, one per letter".into());
        }
        if self.examples == 0 || self.examples > MAX_EXAMPLES {
            return refuse(format!(
                "{} examples in a part; an exercise for a person has 1 to {MAX_EXAMPLES}",
                self.examples
            ));
        }
        for task in &self.tasks {
            match task {
                Task::Classify if self.outputs() == 1 => {
                    return refuse(
                        "with one output there is one class only; the part classify needs at least 2 outputs".into(),
                    );
                }
                Task::Update { optimizer, mode, epochs } => {
                    if let Err(error) = optimizer.validate() {
                        return refuse(error.to_string());
                    }
                    let each = if *mode == Mode::Online { self.examples } else { 1 };
                    let steps = epochs.saturating_mul(each);
                    if steps == 0 || steps > MAX_STEPS {
                        return refuse(format!(
                            "an update of {steps} steps; an exercise for a person has 1 to {MAX_STEPS}"
                        ));
                    }
                    if *mode == Mode::Online && optimizer.needs_full_batch() {
                        return refuse(format!(
                            "{} compares one step with the next and needs all examples in each: mode batch, not online",
                            optimizer.name()
                        ));
                    }
                }
                Task::Classify | Task::Forward | Task::Gradient => {}
            }
        }
        Ok(())
    }
}

fn refuse(message: String) -> Result<(), RecipeError> {
    Err(RecipeError::new(message))
}

/// The seeds of the variants of an exercise: 32-bit numbers, no two of them the same, of which more variants only add more.
///
/// # Example
///
/// ```
/// use deltarule_exercise::generate::variant_seeds;
///
/// assert_eq!(variant_seeds(0, 30)[..5], variant_seeds(0, 5));
/// ```
pub fn variant_seeds(seed: u64, count: usize) -> Vec<u64> {
    let mut random = Random::new(seed, Purpose::Variants, 0);
    let mut seeds: Vec<u64> = Vec::with_capacity(count);
    while seeds.len() < count {
        let drawn = random.next_u64() >> 32;
        if !seeds.contains(&drawn) {
            seeds.push(drawn);
        }
    }
    seeds
}
