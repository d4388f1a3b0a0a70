//! A solution as JSON: `deltarule-solution/1`, with matrices that hold one column per example.

use deltarule::trace::Bounded;
use serde_json::{Map, Value, json};

use crate::solve::{Solution, SolvedPart, Step};

/// The solution as JSON. Keys that a task does not produce are absent; values within their rounding bound are 0.
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
    let exercise = &solution.exercise;
    let layers = exercise.network.layers();
    let activations: Vec<&str> = layers.iter().map(|l| l.activation().name()).collect();
    let parts: Vec<Value> = exercise
        .parts
        .iter()
        .zip(&solution.parts)
        .map(|(part, solved)| {
            let start = part.start.map_or("initial", |i| exercise.parts[i].name.as_str());
            json!({
                "name": part.name,
                "task": part.task.name(),
                "start": start,
                "steps": steps(solved),
            })
        })
        .collect();
    json!({
        "format": "deltarule-solution/1",
        "title": exercise.title,
        "layers": exercise.network.layer_sizes(),
        "activations": activations,
        "loss": exercise.loss.name(),
        "parts": parts,
    })
}

fn steps(solved: &SolvedPart) -> Vec<Value> {
    solved.steps.iter().map(step).collect()
}

fn step(step: &Step) -> Value {
    let trace = &step.trace;
    let mut out = Map::new();
    out.insert("examples".into(), json!(step.examples));
    out.insert("z".into(), columns(&trace.z));
    out.insert("x".into(), columns(&trace.x));
    if let Some(loss) = &trace.loss {
        out.insert("loss".into(), vector(loss));
    }
    if let Some(total) = trace.total_loss {
        out.insert("total_loss".into(), json!(total));
    }
    if let Some(backward) = &trace.backward {
        out.insert("delta".into(), columns(&backward.delta));
        out.insert("grad_weights".into(), rows(&backward.grad_weights));
        out.insert("grad_biases".into(), vectors(&backward.grad_biases));
    }
    if let Some(update) = &step.update {
        if !update.optimizer_state.is_empty() {
            let mut state = Map::new();
            for (name, weights, biases) in &update.optimizer_state {
                state.insert(format!("{name}_weights"), rows(weights));
                state.insert(format!("{name}_biases"), vectors(biases));
            }
            out.insert("optimizer_state".into(), Value::Object(state));
        }
        out.insert("weights".into(), rows(&update.weights));
        out.insert("biases".into(), vectors(&update.biases));
        out.insert("total_loss_after".into(), json!(update.total_loss_after));
    }
    if let Some(classes) = &step.classes {
        out.insert("class".into(), json!(classes));
    }
    Value::Object(out)
}

/// A row per example becomes a column per example.
fn columns(layers: &[Bounded]) -> Value {
    let turned = |b: &Bounded| {
        let shown = b.shown();
        let columns: Vec<Vec<f64>> =
            shown.columns().into_iter().map(|column| column.to_vec()).collect();
        json!(columns)
    };
    Value::Array(layers.iter().map(turned).collect())
}

fn rows(layers: &[Bounded]) -> Value {
    let plain = |b: &Bounded| {
        let rows: Vec<Vec<f64>> = b.shown().rows().into_iter().map(|row| row.to_vec()).collect();
        json!(rows)
    };
    Value::Array(layers.iter().map(plain).collect())
}

fn vectors(layers: &[Bounded]) -> Value {
    Value::Array(layers.iter().map(vector).collect())
}

fn vector(row: &Bounded) -> Value {
    json!(row.shown().iter().collect::<Vec<_>>())
}
