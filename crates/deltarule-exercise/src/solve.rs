//! From an exercise to its solution, on the engine's reference path.

use std::fmt;

use deltarule::trace::{Bounded, Trace, Tracer, UpdateTrace};
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
    /// Net inputs, outputs, loss, deltas, gradients.
    pub trace: Trace,
    /// The new parameters, under task `update`.
    pub update: Option<UpdateTrace>,
    /// The class of each example, 1 being the first, under task `classify`.
    pub classes: Option<Vec<usize>>,
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
/// assert_eq!(solution.parts[1].steps[0].classes, Some(vec![1]));
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
                let (trace, update) = tracer.step(x.view(), t.view())?;
                let examples = group.iter().map(|i| i + 1).collect();
                steps.push(Step { examples, network, trace, update: Some(update), classes: None });
            }
        }
        return Ok(SolvedPart { start, steps, end: tracer.into_network() });
    }
    let (x, t) = matrices(&part.examples, &all, start.inputs(), start.outputs());
    let has_targets = part.examples.iter().all(|example| example.t.is_some());
    let trace = match part.task {
        Task::Gradient => Trace::gradient(&start, loss, x.view(), t.view(), &part.options)?,
        _ if has_targets => Trace::loss(&start, loss, x.view(), t.view(), part.options.reduction)?,
        _ => Trace::forward(&start, x.view())?,
    };
    let classes = (part.task == Task::Classify).then(|| classes(&trace));
    let examples = all.iter().map(|i| i + 1).collect();
    let step = Step { examples, network: start.clone(), trace, update: None, classes };
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

/// The number of the largest output of each example, 1 being the first; outputs that differ by no more than rounding
/// are a tie, which the first wins.
fn classes(trace: &Trace) -> Vec<usize> {
    let Some(outputs) = trace.x.last() else { return Vec::new() };
    outputs
        .value
        .rows()
        .into_iter()
        .zip(outputs.bound.rows())
        .map(|(x, bound)| {
            let best = deltarule::metrics::argmax(x);
            let ties = |i: &usize| x[best] - x[*i] <= bound[best] + bound[*i];
            1 + (0..x.len()).find(ties).unwrap_or(best)
        })
        .collect()
}

/// JSON and documents hold finite numbers only.
fn check_finite(part: &Part, solved: &SolvedPart) -> Result<(), SolveError> {
    for (number, step) in solved.steps.iter().enumerate() {
        let fail = |what: &str, layer: Option<usize>| {
            let layer = layer.map_or(String::new(), |l| format!(" of layer {}", l + 1));
            Err(SolveError(format!(
                "part {}, step {}: {what}{layer} is too large for a double-precision number",
                part.name,
                number + 1
            )))
        };
        // The first one in the order of computation is the cause; what comes after it only carries it on.
        for (what, layer, values) in quantities(step) {
            if values.value.iter().any(|v| !v.is_finite()) {
                return fail(&what, layer);
            }
        }
        let after = step.update.as_ref().map(|update| update.total_loss_after);
        if step.trace.total_loss.into_iter().chain(after).any(|loss| !loss.is_finite()) {
            return fail("the loss", None);
        }
    }
    Ok(())
}

/// Every quantity of a step in the order of computation: the name that an error calls it by, the index of its layer where
/// it has one, the values.
fn quantities(step: &Step) -> Vec<(String, Option<usize>, &Bounded)> {
    let trace = &step.trace;
    let mut all: Vec<(String, Option<usize>, &Bounded)> = Vec::new();
    for (l, (z, x)) in trace.z.iter().zip(&trace.x).enumerate() {
        all.push(("z".into(), Some(l), z));
        all.push(("x".into(), Some(l), x));
    }
    all.extend(trace.loss.as_ref().map(|loss| ("the loss".into(), None, loss)));
    if let Some(backward) = &trace.backward {
        for (l, delta) in backward.delta.iter().enumerate().rev() {
            all.push(("delta".into(), Some(l), delta));
        }
        let gradients = backward.grad_weights.iter().zip(&backward.grad_biases).enumerate();
        for (l, (weights, biases)) in gradients {
            all.push(("the gradient of the weights".into(), Some(l), weights));
            all.push(("the gradient of the biases".into(), Some(l), biases));
        }
    }
    if let Some(update) = &step.update {
        for (name, weights, biases) in &update.optimizer_state {
            let name = name.replace('_', " ");
            for (l, (weights, biases)) in weights.iter().zip(biases).enumerate() {
                all.push((format!("{name} of the weights"), Some(l), weights));
                all.push((format!("{name} of the biases"), Some(l), biases));
            }
        }
        for (l, (weights, biases)) in update.weights.iter().zip(&update.biases).enumerate() {
            all.push(("an updated weight".into(), Some(l), weights));
            all.push(("an updated bias".into(), Some(l), biases));
        }
    }
    all
}
