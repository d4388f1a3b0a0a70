//! The engine's closed sets, so that Python types none of their names, defaults and ranges again.

use deltarule::{Activation, Interval, Loss, Optimizer, ParameterRole, Schedule};
use pyo3::prelude::*;
use serde_json::{Map, Value, json};

use crate::failure::value_error;

/// Activations, losses, schedules and optimisers, as JSON.
#[pyfunction]
pub(crate) fn tables() -> PyResult<String> {
    let tables = json!({
        "activations": Activation::ALL.map(activation),
        "losses": Loss::ALL.map(loss),
        "schedules": Schedule::ALL
            .iter()
            .map(|schedule| (schedule.name().to_string(), json!(schedule)))
            .collect::<Map<_, _>>(),
        "optimizers": Optimizer::ALL.iter().map(optimizer).collect::<Vec<_>>(),
    });
    serde_json::to_string(&tables).map_err(value_error)
}

fn activation(f: Activation) -> Value {
    json!({ "name": f.name(), "is_elementwise": f.is_elementwise() })
}

fn loss(loss: Loss) -> Value {
    let outputs = loss.outputs();
    json!({
        "name": loss.name(),
        "outputs": outputs.map(|all| all.iter().map(|f| f.name()).collect::<Vec<_>>()),
    })
}

fn optimizer(optimizer: &Optimizer) -> Value {
    let chosen = optimizer.parameters().into_iter();
    let chosen = chosen.filter(|(about, _)| about.role == ParameterRole::Choice);
    json!({
        "name": optimizer.name(),
        "options": optimizer,
        "rate": optimizer.rate_key(),
        "needs_full_batch": optimizer.needs_full_batch(),
        "takes_single_steps": optimizer.takes_single_steps(),
        "parameters": chosen
            .map(|(about, _)| (about.key.to_string(), interval(about.interval)))
            .collect::<Map<_, _>>(),
    })
}

/// An interval as scikit-learn's `Interval` takes it.
fn interval(interval: Interval) -> Value {
    let Interval { low, includes_low, high, includes_high } = interval;
    let closed = match (includes_low, includes_high) {
        (true, true) => "both",
        (true, false) => "left",
        (false, true) => "right",
        (false, false) => "neither",
    };
    json!({ "left": low, "right": high.is_finite().then_some(high), "closed": closed })
}
