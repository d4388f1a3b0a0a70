//! A solution as JSON: `deltarule-solution/1`, with matrices that hold one column per example.
//!
//! The views here are written out as they are walked through: a large solution is never in memory twice.

use std::collections::BTreeMap;

use deltarule::trace::Bounded;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::exercise::{Exercise, Part};
use crate::solve::{Solution, SolvedPart, Step};

/// The solution as a JSON value. Keys that a task does not produce are absent; values within their rounding bound are 0.
///
/// # Example
///
/// ```
/// use deltarule_exercise::{Exercise, sheet, solve, to_json};
///
/// let exercise = Exercise::parse(sheet(1).unwrap(), "exercise 1").unwrap();
/// let json = to_json(&solve(&exercise)?);
/// assert_eq!(json["parts"][0]["steps"][0]["z"][0][0][0], 0.2);
/// # Ok::<(), deltarule_exercise::SolveError>(())
/// ```
pub fn to_json(solution: &Solution) -> Value {
    // Only maps whose keys are not text could fail to become a value; there are none.
    serde_json::to_value(SolutionView::of(solution)).unwrap_or(Value::Null)
}

/// Writes the solution as indented JSON, the same as [`to_json`] gives.
///
/// # Errors
/// When writing fails.
pub fn write_json(solution: &Solution, out: impl std::io::Write) -> std::io::Result<()> {
    serde_json::to_writer_pretty(out, &SolutionView::of(solution)).map_err(std::io::Error::from)
}

/// One step as a JSON value, with the keys that a step of [`to_json`] has: for a step that belongs to no exercise.
///
/// # Example
///
/// ```
/// use deltarule_exercise::{Exercise, sheet, solve, step_to_json, to_json};
///
/// let exercise = Exercise::parse(sheet(1).unwrap(), "exercise 1").unwrap();
/// let solution = solve(&exercise)?;
/// let step = step_to_json(&solution.parts[0].steps[0]);
/// assert_eq!(step, to_json(&solution)["parts"][0]["steps"][0]);
/// # Ok::<(), deltarule_exercise::SolveError>(())
/// ```
pub fn step_to_json(step: &Step) -> Value {
    serde_json::to_value(StepView::of(step)).unwrap_or(Value::Null)
}

#[derive(Serialize)]
struct SolutionView<'a> {
    format: &'static str,
    title: &'a str,
    layers: Vec<usize>,
    activations: Vec<&'static str>,
    loss: &'static str,
    parts: Vec<PartView<'a>>,
}

#[derive(Serialize)]
struct PartView<'a> {
    name: &'a str,
    task: &'static str,
    start: &'a str,
    steps: Vec<StepView<'a>>,
}

#[derive(Serialize)]
struct StepView<'a> {
    examples: &'a [usize],
    z: Vec<JsonColumns<'a>>,
    x: Vec<JsonColumns<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    loss: Option<JsonVector<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_loss: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<Vec<JsonColumns<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grad_weights: Option<Vec<JsonRows<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grad_biases: Option<Vec<JsonVector<'a>>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    optimizer_state: BTreeMap<String, JsonLayers<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weights: Option<Vec<JsonRows<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    biases: Option<Vec<JsonVector<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_loss_after: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<&'a [usize]>,
}

/// One matrix, or one vector, per layer.
#[derive(Serialize)]
#[serde(untagged)]
enum JsonLayers<'a> {
    Matrices(Vec<JsonRows<'a>>),
    Vectors(Vec<JsonVector<'a>>),
}

/// A matrix as it is: a row per unit.
struct JsonRows<'a>(&'a Bounded);
/// A matrix with a row per example, turned so that it has a column per example.
struct JsonColumns<'a>(&'a Bounded);
/// A vector.
struct JsonVector<'a>(&'a Bounded);

impl Serialize for JsonRows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.shown().rows().into_iter().map(|row| row.to_vec()))
    }
}

impl Serialize for JsonColumns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.shown().columns().into_iter().map(|column| column.to_vec()))
    }
}

impl Serialize for JsonVector<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.shown().iter())
    }
}

fn all<'a, V>(layers: &'a [Bounded], view: impl Fn(&'a Bounded) -> V) -> Vec<V> {
    layers.iter().map(view).collect()
}

impl<'a> SolutionView<'a> {
    fn of(solution: &'a Solution) -> Self {
        let exercise = &solution.exercise;
        let layers = exercise.network.layers();
        let parts = exercise.parts.iter().zip(&solution.parts);
        Self {
            format: "deltarule-solution/1",
            title: &exercise.title,
            layers: exercise.network.layer_sizes(),
            activations: layers.iter().map(|l| l.activation().name()).collect(),
            loss: exercise.loss.name(),
            parts: parts.map(|(part, solved)| PartView::of(exercise, part, solved)).collect(),
        }
    }
}

impl<'a> PartView<'a> {
    fn of(exercise: &'a Exercise, part: &'a Part, solved: &'a SolvedPart) -> Self {
        Self {
            name: &part.name,
            task: part.task.name(),
            start: part.start.map_or("initial", |i| exercise.parts[i].name.as_str()),
            steps: solved.steps.iter().map(StepView::of).collect(),
        }
    }
}

impl<'a> StepView<'a> {
    fn of(step: &'a Step) -> Self {
        let (trace, backward) = (&step.trace, step.trace.backward.as_ref());
        let update = step.update.as_ref();
        let mut optimizer_state = BTreeMap::new();
        for (name, weights, biases) in update.iter().flat_map(|u| &u.optimizer_state) {
            optimizer_state
                .insert(format!("{name}_weights"), JsonLayers::Matrices(all(weights, JsonRows)));
            optimizer_state
                .insert(format!("{name}_biases"), JsonLayers::Vectors(all(biases, JsonVector)));
        }
        Self {
            examples: &step.examples,
            z: all(&trace.z, JsonColumns),
            x: all(&trace.x, JsonColumns),
            loss: trace.loss.as_ref().map(JsonVector),
            total_loss: trace.total_loss,
            delta: backward.map(|b| all(&b.delta, JsonColumns)),
            grad_weights: backward.map(|b| all(&b.grad_weights, JsonRows)),
            grad_biases: backward.map(|b| all(&b.grad_biases, JsonVector)),
            optimizer_state,
            weights: update.map(|u| all(&u.weights, JsonRows)),
            biases: update.map(|u| all(&u.biases, JsonVector)),
            total_loss_after: update.map(|u| u.total_loss_after),
            class: step.classes.as_deref(),
        }
    }
}
