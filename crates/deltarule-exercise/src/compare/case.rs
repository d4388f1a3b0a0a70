//! What a comparison holds: one solution for each loss and output activation.

use std::fmt;

use deltarule::{Activation, Loss, Network, Optimizer, Sgd};
use deltarule_worked::{activation, loss_formulas};

use super::saturated::Saturated;
use crate::exercise::{Exercise, Mode, Part, Task, sums_to_one};
use crate::solve::{Solution, SolveError, solve};

/// How many updates the curves of the losses show.
pub(super) const UPDATES: usize = 200;
/// Where an exercise has no learning rate of its own.
const LEARNING_RATE: f64 = 0.1;

/// An exercise under several losses and output activations.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The exercise that is compared.
    pub(super) title: String,
    /// The part whose examples are used.
    pub(super) part: String,
    pub(super) cases: Vec<Case>,
}

/// One loss with one output activation.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) loss: Loss,
    pub(super) output: Activation,
    pub(super) solution: Solution,
    /// The total loss before the first update and after each.
    pub(super) curve: Vec<f64>,
    /// One example that is as wrong as can be: z, and what follows.
    pub(super) saturated: Saturated,
}

/// Why an exercise cannot be compared.
#[derive(Debug)]
pub struct CompareError(pub(super) String);

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

impl Case {
    pub(super) fn new(
        exercise: &Exercise,
        part: &Part,
        loss: Loss,
        output: Activation,
    ) -> Result<Self, CompareError> {
        let invalid = |error: deltarule::Error| CompareError(error.to_string());
        loss.admits(output).map_err(invalid)?;
        let network = with_output(&exercise.network, output).map_err(invalid)?;
        let usual = Sgd { learning_rate: LEARNING_RATE, ..Sgd::default() };
        let optimizer = part.task.optimizer().unwrap_or(usual.into());
        let rate = optimizer.learning_rate();
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

    pub(super) fn name(&self) -> String {
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

/// Whether the targets of every example sum to 1.
pub(super) fn targets_sum_to_one(case: &Case) -> bool {
    let examples = &case.solution.exercise.parts[0].examples;
    examples.iter().all(|example| example.t.as_deref().is_some_and(sums_to_one))
}

/// f′ of an activation by its name, since each case has an f of its own.
pub(super) fn derivative_name(f: Activation) -> String {
    let symbol = activation(f).symbol;
    // A name with an underscore in it is words, not a letter with an index.
    if symbol.contains('_') { format!("\"{symbol}\"'") } else { format!("{symbol}'") }
}

pub(super) fn title(loss: Loss) -> &'static str {
    let title = loss_formulas(loss).title;
    title.split(',').next().unwrap_or(title)
}

pub(super) fn first_step(case: &Case) -> &crate::solve::Step {
    // A part with task `update` has at least one step.
    &case.solution.parts[0].steps[0]
}
