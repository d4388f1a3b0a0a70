//! What an exercise is to be about as a person says it: what is left out is chosen, and what would change nothing is refused.

use deltarule::trace::{Reduction, TraceOptions};
use deltarule::{Activation, Choice, Loss, Optimizer, Sgd};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::exercise::{Mode, PartTask, Task};
use crate::hint::ExerciseHint;

use super::recipe::{Feature, Recipe, RecipeError, StartFrom};
use super::search::{GenerateError, Generated, generate};

/// The options of a new exercise; those of `deltarule new` and of `Exercise.new` in Python.
///
/// # Example
///
/// ```
/// use deltarule_exercise::generate::{RecipeOptions, exercise_file};
///
/// let options = RecipeOptions { layers: vec![2, 2, 1], seed: 7, ..RecipeOptions::default() };
/// let file = exercise_file(&options)?;
/// assert!(file.starts_with("# Made by: deltarule new --layers 2,2,1 "));
/// # Ok::<(), deltarule_exercise::generate::GenerateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecipeOptions {
    /// Units per layer, inputs first.
    pub layers: Vec<usize>,
    /// The activation of the hidden layers, and of the outputs where nothing else is said.
    pub activation: Activation,
    /// The activation of the outputs: that of the hidden layers, or the one that the loss is made for.
    pub output_activation: Option<Activation>,
    /// The loss.
    pub loss: Loss,
    /// What the parts ask for; without any an update and, with several outputs, a classification.
    pub parts: Vec<PartTask>,
    /// Which parameters the later parts start from.
    pub start: StartFrom,
    /// Examples per part; a classification has one.
    pub examples: usize,
    /// The optimiser of the updates, one that takes single steps; by its name in JSON.
    #[serde(with = "optimizer_name")]
    pub optimizer: Optimizer,
    /// The learning rate: 0.5 for sgd, 0.2 for momentum and nesterov, else 0.1.
    pub learning_rate: Option<f64>,
    /// The momentum of momentum and nesterov: 0.9.
    pub momentum: Option<f64>,
    /// Whether losses and gradients of the examples are added up or averaged.
    #[serde(with = "choice_name")]
    pub reduction: Reduction,
    /// One joint update of all examples, or one per example.
    pub mode: Mode,
    /// How often an update goes through its examples: once, or twice where a first step has no memory to show.
    pub epochs: Option<usize>,
    /// Whether updates change the biases.
    pub train_biases: bool,
    /// Whether the units have biases other than 0.
    pub biases: bool,
    /// λ of the penalty ½λΣw² on the weights.
    pub l2: f64,
    /// Show a saturated unit.
    pub saturated: bool,
    /// Show a dead ReLU unit.
    pub dead_unit: bool,
    /// Significant digits that answers should have.
    pub digits: Option<usize>,
    /// The title: what the exercise is about.
    pub title: Option<String>,
    /// Draws the numbers.
    pub seed: u64,
}

/// A choice by its name, for types that the engine has no file format for.
mod choice_name {
    use super::*;

    pub(super) fn serialize<C: Choice, S: Serializer>(
        choice: &C,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(choice.choice_name())
    }

    pub(super) fn deserialize<'de, C: Choice, D: Deserializer<'de>>(
        from: D,
    ) -> Result<C, D::Error> {
        one_of(C::CHOICES.iter().copied(), from)
    }

    /// A choice out of a part of its set.
    pub(super) fn one_of<'de, C: Choice, D: Deserializer<'de>>(
        all: impl Iterator<Item = C> + Clone,
        from: D,
    ) -> Result<C, D::Error> {
        let name = String::deserialize(from)?;
        all.clone().find(|choice| choice.choice_name() == name).ok_or_else(|| {
            let names: Vec<String> =
                all.map(|choice| format!("`{}`", choice.choice_name())).collect();
            let expected = match names.as_slice() {
                [one, other] => format!("{one} or {other}"),
                names => format!("one of {}", names.join(", ")),
            };
            serde::de::Error::custom(format!("unknown variant `{name}`, expected {expected}"))
        })
    }
}

/// The name of an optimiser of exercises.
mod optimizer_name {
    pub(super) use super::choice_name::serialize;
    use super::*;

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Optimizer, D::Error> {
        choice_name::one_of(Optimizer::of_single_steps(), from)
    }
}

impl Default for RecipeOptions {
    fn default() -> Self {
        let Recipe { layers, activation, loss, start, examples, biases, seed, .. } =
            Recipe::default();
        let TraceOptions { reduction, l2, train_biases } = TraceOptions::default();
        Self {
            layers,
            activation,
            output_activation: None,
            loss,
            parts: Vec::new(),
            start,
            examples,
            optimizer: Sgd::default().into(),
            learning_rate: None,
            momentum: None,
            reduction,
            mode: Mode::Batch,
            epochs: None,
            train_biases,
            biases,
            l2,
            saturated: false,
            dead_unit: false,
            digits: None,
            title: None,
            seed,
        }
    }
}

impl RecipeOptions {
    /// The options of an object in JSON, with the names of the fields.
    ///
    /// # Errors
    /// When it is no object, an option is unknown, or a value is not one of that option: which.
    pub fn from_json(value: &Value) -> Result<Self, RecipeError> {
        let Value::Object(given) = value else {
            return Err(RecipeError::new("the options of an exercise are an object"));
        };
        // One after the other: then the message can say which one it is.
        for (name, value) in given {
            let alone = Value::Object([(name.clone(), value.clone())].into_iter().collect());
            Self::deserialize(&alone).map_err(|error| {
                let message = error.to_string();
                let known = message.starts_with("unknown field");
                RecipeError::new(if known { message } else { format!("{name}: {message}") })
            })?;
        }
        Self::deserialize(value).map_err(|error| RecipeError::new(error.to_string()))
    }

    /// The recipe, with everything that was left out.
    ///
    /// # Errors
    /// When an option would change nothing: that is a misunderstanding. What cannot go together is found by
    /// [`Recipe::validate`].
    pub fn recipe(&self) -> Result<Recipe, RecipeError> {
        let optimizer = self.optimizer()?;
        let kinds: &[PartTask] = match (self.parts.as_slice(), self.layers.last()) {
            ([], Some(1)) => &[PartTask::Update],
            ([], _) => &[PartTask::Update, PartTask::Classify],
            (parts, _) => parts,
        };
        self.refuse_unused(kinds)?;
        let remembers = !optimizer.state_names().is_empty();
        let epochs = self.epochs.unwrap_or(if remembers { 2 } else { 1 });
        let task = |kind: &PartTask| match kind {
            PartTask::Forward => Task::Forward,
            PartTask::Gradient => Task::Gradient,
            PartTask::Update => Task::Update { optimizer, mode: self.mode, epochs },
            PartTask::Classify => Task::Classify,
        };
        Ok(Recipe {
            title: self.title.clone(),
            layers: self.layers.clone(),
            activation: self.activation,
            output_activation: self.output_activation.unwrap_or_else(|| self.partner()),
            loss: self.loss,
            tasks: kinds.iter().map(task).collect(),
            start: self.start,
            examples: self.examples,
            options: TraceOptions {
                reduction: self.reduction,
                l2: self.l2,
                train_biases: self.train_biases,
            },
            biases: self.biases,
            digits: self.digits,
            feature: match (self.saturated, self.dead_unit) {
                (true, true) => {
                    return Err(RecipeError::new(
                        "an exercise shows a saturated unit or a dead one, not both",
                    ));
                }
                (true, false) => Some(Feature::Saturated),
                (false, true) => Some(Feature::DeadUnit),
                (false, false) => None,
            },
            seed: self.seed,
        })
    }

    fn optimizer(&self) -> Result<Optimizer, RecipeError> {
        let name = self.optimizer.name();
        if Optimizer::of_single_steps().any(|usual| usual.name() == name && usual != self.optimizer)
        {
            let message = format!(
                "{name} has settings of its own; a new exercise takes the usual ones, with the learning rate and the momentum of the options"
            );
            return Err(RecipeError::new(message));
        }
        let remembers = !self.optimizer.state_names().is_empty();
        // Large enough that a step shows; a velocity adds up several of them, and what scales its steps makes them all as
        // large as the rate.
        let rate = match (remembers, self.optimizer.get("momentum")) {
            (false, _) => 0.5,
            (true, Some(_)) => 0.2,
            (true, None) => 0.1,
        };
        let mut optimizer = self.optimizer.with_learning_rate(self.learning_rate.unwrap_or(rate));
        let Some(momentum) = self.momentum else { return Ok(optimizer) };
        let parameters = optimizer.parameters();
        let Some((about, _)) = parameters.iter().find(|(about, _)| about.key == "momentum") else {
            let owners: Vec<&str> = Optimizer::of_single_steps()
                .filter(|other| other.get("momentum").is_some())
                .map(|other| other.name())
                .collect();
            let owners = owners.join(" and ");
            let message = format!("momentum is for the optimisers {owners}; {name} has none");
            return Err(RecipeError::with_hint(message, ExerciseHint::NeedsMomentum));
        };
        if !about.usual.contains(momentum) {
            return Err(RecipeError::new(format!(
                "the momentum is {momentum}, expected {}",
                about.usual
            )));
        }
        optimizer.set(about.key, momentum);
        Ok(optimizer)
    }

    /// The outputs that go with the loss, where nothing is said about them.
    fn partner(&self) -> Activation {
        self.loss
            .outputs()
            .and_then(|made_for| made_for.first().copied())
            .unwrap_or(self.activation)
    }

    /// An option that would change nothing is a misunderstanding, and is named.
    fn refuse_unused(&self, kinds: &[PartTask]) -> Result<(), RecipeError> {
        let updates = kinds.contains(&PartTask::Update);
        let gradients = updates || kinds.contains(&PartTask::Gradient);
        let for_updates = [
            ("optimizer", "an optimiser", self.optimizer.name() != "sgd"),
            ("learning_rate", "a learning rate", self.learning_rate.is_some()),
            ("mode", "the mode online", self.mode != Mode::Batch),
            ("epochs", "a number of epochs", self.epochs.is_some()),
        ];
        let used = |given: &&(&str, &str, bool)| given.2;
        if let Some((option, what, _)) = for_updates.iter().find(used).filter(|_| !updates) {
            let message = format!("{what} is for updates, and no part has one");
            return Err(RecipeError::with_hint(message, ExerciseHint::NeedsUpdate { option }));
        }
        let for_gradients = [
            ("l2", "a penalty on the weights", self.l2 != 0.0),
            ("train_biases", "that biases are not trained", !self.train_biases),
        ];
        if let Some((option, what, _)) = for_gradients.iter().find(used).filter(|_| !gradients) {
            let message = format!("{what} is for gradients and updates, and no part has one");
            return Err(RecipeError::with_hint(message, ExerciseHint::NeedsGradient { option }));
        }
        Ok(())
    }

    /// The command that makes this exercise again.
    fn command(&self) -> String {
        let mut words = vec!["deltarule new".to_string()];
        let mut say = |option: &str, value: &dyn std::fmt::Display| {
            words.push(format!("--{option} {value}"));
        };
        let layers: Vec<String> = self.layers.iter().map(usize::to_string).collect();
        say("layers", &layers.join(","));
        say("activation", &self.activation);
        if let Some(activation) = self.output_activation {
            say("output-activation", &activation);
        }
        say("loss", &self.loss);
        say("optimizer", &self.optimizer.name());
        say("examples", &self.examples);
        if !self.parts.is_empty() {
            let parts: Vec<&str> = self.parts.iter().map(|kind| kind.name()).collect();
            say("parts", &parts.join(","));
        }
        for (option, value) in [("learning-rate", self.learning_rate), ("momentum", self.momentum)]
        {
            if let Some(value) = value {
                say(option, &value);
            }
        }
        for (option, value) in [("epochs", self.epochs), ("digits", self.digits)] {
            if let Some(value) = value {
                say(option, &value);
            }
        }
        if self.l2 != 0.0 {
            say("l2", &self.l2);
        }
        let flags = [
            ("--start initial", self.start == StartFrom::Initial),
            ("--reduction mean", self.reduction == Reduction::Mean),
            ("--mode online", self.mode == Mode::Online),
            ("--train-biases false", !self.train_biases),
            ("--no-biases", !self.biases),
            ("--saturated", self.saturated),
            ("--dead-unit", self.dead_unit),
        ];
        words.extend(flags.iter().filter(|(_, given)| *given).map(|(flag, _)| (*flag).to_string()));
        words.push(format!("--seed {}", self.seed));
        words.extend(self.title.as_ref().map(|title| format!("--title {}", quoted(title))));
        words.join(" ")
    }
}

/// A word as a shell reads it, in one line.
fn quoted(word: &str) -> String {
    let word: String = word.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("'{}'", word.replace('\'', "'\\''"))
}

impl Generated {
    /// The exercise file, which begins with the command that makes it again and with the mistakes that it cannot tell apart.
    pub fn to_file(&self, options: &RecipeOptions) -> String {
        let mut text = format!("# Made by: {}\n", options.command());
        for pair in &self.alike {
            text += &format!("# Give the same answer: {pair}\n");
        }
        text + "\n" + &self.exercise.to_toml()
    }
}

/// The file of the exercise that these options make.
///
/// # Errors
/// When the options do not go together, or no numbers were found that meet every demand.
pub fn exercise_file(options: &RecipeOptions) -> Result<String, GenerateError> {
    Ok(generate(&options.recipe()?)?.to_file(options))
}
