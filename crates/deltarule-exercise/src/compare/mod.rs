//! What changes when the loss does: the same exercise with other outputs and another loss, one change at a time.

mod advice;
mod curves;
mod derivations;
mod distributions;
mod findings;
mod pages;
mod saturation;
mod table;

use std::fmt;

use deltarule::{Activation, Loss, Network, Optimizer, Sgd};
use deltarule_document::Document;
use deltarule_worked::{Style, loss_formulas};
use serde_json::{Value, json};

use crate::exercise::{Exercise, Mode, Part, Task};
use crate::json::to_json;
use crate::solve::{Solution, SolveError, solve};

use pages::Pages;
use saturation::Saturated;

/// How many updates the curves of the losses show.
const UPDATES: usize = 200;
/// Where an exercise has no learning rate of its own.
const LEARNING_RATE: f64 = 0.1;

/// An exercise under several losses and output activations.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The exercise that is compared.
    title: String,
    /// The part whose examples are used.
    part: String,
    cases: Vec<Case>,
}

/// One loss with one output activation.
#[derive(Clone, Debug)]
struct Case {
    loss: Loss,
    output: Activation,
    solution: Solution,
    /// The total loss before the first update and after each.
    curve: Vec<f64>,
    /// One example that is as wrong as can be: z, and what follows.
    saturated: Saturated,
}

/// Why an exercise cannot be compared.
#[derive(Debug)]
pub struct CompareError(String);

impl fmt::Display for CompareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CompareError {}

impl From<SolveError> for CompareError {
    fn from(error: SolveError) -> Self {
        Self(error.to_string())
    }
}

/// Solves the exercise under each of these losses and outputs, one change at a time: the first loss with every output
/// activation, then the other losses with the last. Where none are named, the losses are squared error and
/// cross-entropy, and the outputs those of the exercise, or of its hidden layers where these are softmax, and softmax.
///
/// The examples are those of the part that has the most with targets.
///
/// # Errors
/// When no example has targets, when outputs do not admit a loss, or when a number overflows.
///
/// # Example
///
/// ```
/// use deltarule_document::{TextOptions, render_text};
/// use deltarule_exercise::{Exercise, Style, compare, sheet};
///
/// let exercise = Exercise::parse(sheet(3).unwrap(), "exercise 3").unwrap();
/// let comparison = compare(&exercise, &[], &[])?;
/// let text = render_text(&comparison.to_document(&Style::default()), &TextOptions::default());
/// assert!(text.contains("cross-entropy with softmax"));
/// # Ok::<(), deltarule_exercise::CompareError>(())
/// ```
pub fn compare(
    exercise: &Exercise,
    losses: &[Loss],
    outputs: &[Activation],
) -> Result<Comparison, CompareError> {
    let with_targets = |part: &&Part| part.examples.iter().all(|example| example.t.is_some());
    // The first of the largest ones.
    let part = exercise
        .parts
        .iter()
        .filter(with_targets)
        .rev()
        .max_by_key(|part| part.examples.len())
        .ok_or_else(|| {
            CompareError("no part has examples with targets `t`: a loss needs them".into())
        })?;
    let losses = if losses.is_empty() { &[Loss::SquaredError, Loss::CrossEntropy] } else { losses };
    let given = exercise.network.output_activation();
    let hidden = exercise.network.layers().first().map_or(Activation::Tanh, |l| l.activation());
    let first = match (given, hidden) {
        (Activation::Softmax, Activation::Softmax) => Activation::Tanh,
        (Activation::Softmax, hidden) => hidden,
        (given, _) => given,
    };
    let standard = [first, Activation::Softmax];
    let outputs = if outputs.is_empty() { &standard } else { outputs };
    let mut pairs: Vec<(Loss, Activation)> = Vec::new();
    let last = outputs[outputs.len() - 1];
    let changes =
        outputs.iter().map(|f| (losses[0], *f)).chain(losses[1..].iter().map(|e| (*e, last)));
    for pair in changes {
        if !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    if pairs.len() < 2 {
        return Err(CompareError(
            "there is nothing to compare: name two losses or two outputs".into(),
        ));
    }
    let cases = pairs
        .into_iter()
        .map(|(loss, output)| Case::new(exercise, part, loss, output))
        .collect::<Result<_, _>>()?;
    Ok(Comparison { title: exercise.title.clone(), part: part.name.clone(), cases })
}

impl Case {
    fn new(
        exercise: &Exercise,
        part: &Part,
        loss: Loss,
        output: Activation,
    ) -> Result<Self, CompareError> {
        let invalid = |error: deltarule::Error| CompareError(error.to_string());
        loss.admits(output).map_err(invalid)?;
        let network = with_output(&exercise.network, output).map_err(invalid)?;
        let (rate, optimizer) = match part.task {
            Task::Update { optimizer, .. } => (optimizer.learning_rate(), optimizer),
            _ => (LEARNING_RATE, Sgd { learning_rate: LEARNING_RATE, ..Sgd::default() }.into()),
        };
        let one = |epochs: usize, optimizer: Optimizer| Exercise {
            title: format!("{} with {}", title(loss), output),
            network: network.clone(),
            loss,
            digits: exercise.digits,
            parts: vec![Part {
                name: part.name.clone(),
                task: Task::Update { optimizer, mode: Mode::Batch, epochs },
                start: None,
                examples: part.examples.clone(),
                options: part.options,
                digits: part.digits,
            }],
        };
        let solution = solve(&one(1, optimizer))?;
        let mut curve = Vec::with_capacity(UPDATES + 1);
        let descent = Sgd { learning_rate: rate, ..Sgd::default() };
        // A curve that leaves the numbers ends there.
        if let Ok(run) = solve(&one(UPDATES, descent.into())) {
            curve = losses(&run);
        }
        let saturated = Saturated::new(network.outputs(), loss, output).map_err(invalid)?;
        Ok(Self { loss, output, solution, curve, saturated })
    }

    fn name(&self) -> String {
        format!("{} with {}", title(self.loss), self.output)
    }
}

/// The total loss before the first update and after each.
fn losses(run: &Solution) -> Vec<f64> {
    let steps = run.parts.iter().flat_map(|part| &part.steps);
    let before = steps.clone().take(1).filter_map(|step| step.trace.total_loss);
    let after = steps.filter_map(|step| Some(step.trace.update.as_ref()?.total_loss_after));
    before.chain(after).collect()
}

/// The same parameters under another output activation.
fn with_output(network: &Network<f64>, output: Activation) -> deltarule::Result<Network<f64>> {
    let layers = network.layers();
    let mut builder = Network::builder(network.inputs());
    for (l, layer) in layers.iter().enumerate() {
        let f = if l + 1 == layers.len() { output } else { layer.activation() };
        builder = builder.layer(layer.units(), f);
    }
    let indices = 0..layers.len();
    builder
        .weights(indices.clone().map(|l| network.weights(l).to_owned()).collect())
        .biases(indices.map(|l| network.biases(l).to_owned()).collect())
        .build()
}

fn title(loss: Loss) -> &'static str {
    let title = loss_formulas(loss).title;
    title.split(',').next().unwrap_or(title)
}

impl Comparison {
    /// Every case solved, as JSON.
    pub fn to_json(&self) -> Value {
        let cases: Vec<Value> = self
            .cases
            .iter()
            .map(|case| {
                json!({
                    "loss": case.loss.name(),
                    "output_activation": case.output.name(),
                    "solution": to_json(&case.solution),
                    "total_loss_over_updates": case.curve,
                })
            })
            .collect();
        json!({ "format": "deltarule-comparison/1", "title": self.title, "cases": cases })
    }

    /// The comparison as a document.
    pub fn to_document(&self, style: &Style) -> Document {
        let mut document =
            Document::new(format!("What changes when the loss does: {}", self.title));
        let writer = Pages { comparison: self, style, document: &mut document };
        writer.write();
        document
    }
}

fn first_step(case: &Case) -> &crate::solve::Step {
    // A part with task `update` has at least one step.
    &case.solution.parts[0].steps[0]
}
