//! A solution as JSON: `deltarule-solution/1`, with matrices that hold one column per example.
//!
//! The views here are written out as they are walked through: a large solution is never in memory twice.

use std::collections::BTreeMap;

use deltarule::trace::{Quantity, Trace};
use serde::ser::SerializeMap as _;
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
    serde_json::to_value(StepView(step)).unwrap_or(Value::Null)
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

/// A step, family by family of its quantities.
struct StepView<'a>(&'a Step);

/// What an optimiser remembers, by name.
struct StateView<'a> {
    trace: &'a Trace,
    families: BTreeMap<String, Vec<Quantity>>,
}

/// The quantities of one name: one of each layer, or the only one.
struct FamilyView<'a> {
    trace: &'a Trace,
    quantities: &'a [Quantity],
}

/// The numbers of a quantity.
struct QuantityView<'a> {
    trace: &'a Trace,
    quantity: Quantity,
}

/// Quantities by name, in the order in which the names come up; layers in their order.
fn families(quantities: Vec<Quantity>) -> Vec<(String, Vec<Quantity>)> {
    let mut all: Vec<(String, Vec<Quantity>)> = Vec::new();
    for quantity in quantities {
        let family = quantity.family();
        match all.iter_mut().find(|(known, _)| *known == family) {
            Some((_, layers)) => layers.push(quantity),
            None => all.push((family, vec![quantity])),
        }
    }
    for (_, layers) in &mut all {
        layers.sort_by_key(|quantity| quantity.layer());
    }
    all
}

impl Serialize for StepView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Step { examples, trace, .. } = self.0;
        let is_state =
            |q: &Quantity| matches!(q, Quantity::StateWeights(..) | Quantity::StateBiases(..));
        let (state, others) = trace.quantities().into_iter().partition(is_state);
        let state = StateView { trace, families: families(state).into_iter().collect() };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("examples", examples)?;
        for (family, quantities) in &families(others) {
            if matches!(quantities[0], Quantity::Weights(_)) && !state.families.is_empty() {
                map.serialize_entry("optimizer_state", &state)?;
            }
            map.serialize_entry(family, &FamilyView { trace, quantities })?;
        }
        map.end()
    }
}

impl Serialize for StateView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.families.len()))?;
        for (family, quantities) in &self.families {
            map.serialize_entry(family, &FamilyView { trace: self.trace, quantities })?;
        }
        map.end()
    }
}

impl Serialize for FamilyView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let trace = self.trace;
        let view = |&quantity: &Quantity| QuantityView { trace, quantity };
        match self.quantities {
            [whole] if whole.layer().is_none() => view(whole).serialize(serializer),
            layers => serializer.collect_seq(layers.iter().map(view)),
        }
    }
}

impl Serialize for QuantityView<'_> {
    /// A matrix as its rows, what has only one row or column as a vector, a total as a number, classes as whole numbers.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(numbers) = self.trace.get(self.quantity) else {
            return serializer.serialize_none();
        };
        let shown = numbers.shown();
        match self.quantity {
            Quantity::Class => serializer.collect_seq(shown.iter().map(|&class| class as usize)),
            Quantity::TotalLoss | Quantity::TotalLossAfter => shown[[0, 0]].serialize(serializer),
            Quantity::Loss => serializer.collect_seq(shown.iter()),
            biases if biases.is_like_biases() => serializer.collect_seq(shown.iter()),
            _ => serializer.collect_seq(shown.rows().into_iter().map(|row| row.to_vec())),
        }
    }
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
            steps: solved.steps.iter().map(StepView).collect(),
        }
    }
}
