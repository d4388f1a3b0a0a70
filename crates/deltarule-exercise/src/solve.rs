//! From an exercise to its solution, on the engine's reference path.

use std::fmt;

use deltarule::trace::{ParameterKind, Quantity, Trace, Tracer};
use deltarule::{Loss, Network};
use ndarray::Array2;

use crate::exercise::{Example, Exercise, Mode, Part, Task};

/// The solution of an exercise: every number of every step.
#[derive(Clone, Debug)]
pub struct Solution {
    /// The exercise.
    pub exercise: Exercise,
    /// One per part of the exercise.
    pub parts: Vec<SolvedPart>,
}

/// The solution of a part.
#[derive(Clone, Debug)]
pub struct SolvedPart {
    /// The network that the part started from.
    pub start: Network<f64>,
    /// The steps: one per update, and one for the tasks without updates.
    pub steps: Vec<Step>,
    /// The network that the part ended with.
    pub end: Network<f64>,
}

/// One step of a part.
#[derive(Clone, Debug)]
pub struct Step {
    /// Which examples it uses, 1 being the first.
    pub examples: Vec<usize>,
    /// The parameters it starts from.
    pub network: Network<f64>,
    /// Every number: net inputs, outputs, loss, deltas, gradients; under task `update` the new parameters, under task
    /// `classify` the classes.
    pub trace: Trace,
}

/// A solution that cannot be written down, because a number overflowed, or an exercise that is too large to be marked.
#[derive(Debug)]
pub struct SolveError(String);

impl SolveError {
    pub(crate) fn new(message: String) -> Self {
        Self(message)
    }
}

impl fmt::Display for SolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SolveError {}

/// Solves an exercise.
///
/// # Errors
/// When a number overflows: which, in which part, step and layer.
///
/// # Example
///
/// ```
/// use deltarule_exercise::{Exercise, sheet, solve};
///
/// let exercise = Exercise::parse(sheet(1).unwrap(), "exercise 1").unwrap();
/// let solution = solve(&exercise)?;
/// assert_eq!(solution.parts[1].steps[0].trace.classes, Some(vec![1]));
/// # Ok::<(), deltarule_exercise::SolveError>(())
/// ```
pub fn solve(exercise: &Exercise) -> Result<Solution, SolveError> {
    let mut parts: Vec<SolvedPart> = Vec::with_capacity(exercise.parts.len());
    for part in &exercise.parts {
        let start = match part.start {
            None => exercise.network.clone(),
            Some(earlier) => parts[earlier].end.clone(),
        };
        let solved = solve_part(exercise.loss, part, start)
            .map_err(|e| SolveError(format!("part {}: {e}", part.name)))?;
        check_finite(part, &solved)?;
        parts.push(solved);
    }
    Ok(Solution { exercise: exercise.clone(), parts })
}

fn solve_part(loss: Loss, part: &Part, start: Network<f64>) -> deltarule::Result<SolvedPart> {
    let all: Vec<usize> = (0..part.examples.len()).collect();
    if let Task::Update { optimizer, mode, epochs } = part.task {
        let mut tracer = Tracer::new(start.clone(), loss, optimizer, part.options)?;
        let mut steps = Vec::new();
        for _ in 0..epochs {
            let groups: Vec<Vec<usize>> = match mode {
                Mode::Batch => vec![all.clone()],
                Mode::Online => all.iter().map(|&i| vec![i]).collect(),
            };
            for group in groups {
                let network = tracer.network().clone();
                let (x, t) = matrices(&part.examples, &group, network.inputs(), network.outputs());
                let trace = tracer.step(x.view(), t.view())?;
                let examples = group.iter().map(|i| i + 1).collect();
                steps.push(Step { examples, network, trace });
            }
        }
        return Ok(SolvedPart { start, steps, end: tracer.into_network() });
    }
    let (x, t) = matrices(&part.examples, &all, start.inputs(), start.outputs());
    let has_targets = part.examples.iter().all(|example| example.t.is_some());
    let trace = match part.task {
        Task::Gradient => Trace::gradient(&start, loss, x.view(), t.view(), &part.options)?,
        Task::Forward | Task::Classify | Task::Update { .. } if has_targets => {
            Trace::loss(&start, loss, x.view(), t.view(), part.options.reduction)?
        }
        Task::Forward | Task::Classify | Task::Update { .. } => Trace::forward(&start, x.view())?,
    };
    let trace = if part.task == Task::Classify { trace.classified() } else { trace };
    let examples = all.iter().map(|i| i + 1).collect();
    let step = Step { examples, network: start.clone(), trace };
    Ok(SolvedPart { start: start.clone(), steps: vec![step], end: start })
}

/// The chosen examples, a row each; targets that are not given are 0 and not looked at.
fn matrices(
    examples: &[Example],
    rows: &[usize],
    inputs: usize,
    outputs: usize,
) -> (Array2<f64>, Array2<f64>) {
    let x = Array2::from_shape_fn((rows.len(), inputs), |(i, j)| examples[rows[i]].x[j]);
    let t = Array2::from_shape_fn((rows.len(), outputs), |(i, j)| {
        examples[rows[i]].t.as_ref().map_or(0.0, |t| t[j])
    });
    (x, t)
}

/// JSON and documents hold finite numbers only.
fn check_finite(part: &Part, solved: &SolvedPart) -> Result<(), SolveError> {
    for (number, step) in solved.steps.iter().enumerate() {
        let is_infinite = |quantity: &Quantity| {
            let numbers = step.trace.get(*quantity);
            numbers.is_some_and(|numbers| numbers.value.iter().any(|v| !v.is_finite()))
        };
        // The first one in the order of computation is the cause; what comes after it only carries it on.
        if let Some(quantity) = step.trace.quantities().into_iter().find(is_infinite) {
            let layer = quantity.layer().map_or(String::new(), |l| format!(" of layer {l}"));
            return Err(SolveError(format!(
                "part {}, step {}: {}{layer} is too large for a double-precision number",
                part.name,
                number + 1,
                in_words(quantity)
            )));
        }
    }
    Ok(())
}

/// What an error calls a quantity.
fn in_words(quantity: Quantity) -> String {
    let state = |name: &str, kind: ParameterKind| {
        format!("{} of the {}", name.replace('_', " "), kind.name())
    };
    match quantity {
        Quantity::Z(_) | Quantity::X(_) | Quantity::Delta(_) | Quantity::Class => quantity.family(),
        Quantity::Loss | Quantity::TotalLoss | Quantity::TotalLossAfter => "the loss".into(),
        Quantity::Derivative(_) => "the derivative of an activation".into(),
        Quantity::GradWeights(_) => "the gradient of the weights".into(),
        Quantity::GradBiases(_) => "the gradient of the biases".into(),
        Quantity::StateWeights(name, _) => state(name, ParameterKind::Weights),
        Quantity::StateBiases(name, _) => state(name, ParameterKind::Biases),
        Quantity::CorrectedWeights(name, _) => {
            format!("the corrected {}", state(name, ParameterKind::Weights))
        }
        Quantity::CorrectedBiases(name, _) => {
            format!("the corrected {}", state(name, ParameterKind::Biases))
        }
        Quantity::Weights(_) => "an updated weight".into(),
        Quantity::Biases(_) => "an updated bias".into(),
    }
}
