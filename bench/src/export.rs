//! What the rivals start from: the data, the initial parameters, and the examples of the first steps, with our losses there.
//!
//! | file | type | shape |
//! |---|---|---|
//! | `x.f32` | f32 | a row of inputs per example |
//! | `t.f32` | f32 | a row of targets per example |
//! | `labels.u32` | u32 | the number of the target that is 1, per example |
//! | `parameters.f32` | f32 | for each layer its weights, a row per unit, then its biases |
//! | `order.u32` | u32 | the numbers of the examples of the first steps, from 0, step after step |
//!
//! All are little-endian and have no header; `workload.json` has the sizes and settings.

use std::path::Path;

use deltarule::{Network, Optimizer, TrainingState};
use serde_json::{Value, json};

use crate::stopwatch::{MOST, SECONDS, WARM_UP};
use crate::workload::{Data, Workload};

/// How many steps are compared.
const STEPS: usize = 10;

/// Writes the files and returns our losses.
pub(crate) fn run(
    workload: &Workload,
    optimizer: Optimizer,
    folder: &Path,
) -> Result<Value, Box<dyn std::error::Error>> {
    let (data, network) = (workload.data(), workload.network()?);
    let batches = first_batches(workload, STEPS);
    let order: Vec<u32> = batches.iter().flatten().map(|&row| row as u32).collect();
    write_floats(folder, "x.f32", data.x.iter())?;
    write_floats(folder, "t.f32", data.t.iter())?;
    write_floats(folder, "parameters.f32", network.parameters().iter())?;
    write(folder, "labels.u32", data.labels.iter().flat_map(|v| v.to_le_bytes()).collect())?;
    write(folder, "order.u32", order.iter().flat_map(|v| v.to_le_bytes()).collect())?;
    let settings = json!({
        "workload": workload.name,
        "samples": workload.samples,
        "repeats": workload.repeats,
        "layers": workload.layers,
        "hidden": workload.hidden.name(),
        "output": workload.output.name(),
        "loss": workload.loss.name(),
        "batch": workload.batch,
        "optimizer": optimizer.name(),
        "learning_rate": optimizer.learning_rate(),
        "steps": batches.iter().map(Vec::len).collect::<Vec<_>>(),
        "warm_up": WARM_UP,
        "epochs": workload.epochs,
        "seconds": SECONDS,
        "most": MOST,
    });
    write(folder, "workload.json", format!("{settings:#}\n").into_bytes())?;
    let losses = losses_of_steps(workload, optimizer, network, &data, &batches)?;
    Ok(json!({ "losses": losses }))
}

/// The rows of the first steps, in the order in which the trainer takes them.
fn first_batches(workload: &Workload, steps: usize) -> Vec<Vec<usize>> {
    let epochs = (0_u64..).map(|epoch| workload.order(epoch));
    let batches = epochs
        .flat_map(|order| order.chunks(workload.batch).map(<[usize]>::to_vec).collect::<Vec<_>>());
    batches.take(steps).collect()
}

/// The loss of each step, before its update: a training of one step at a time.
fn losses_of_steps(
    workload: &Workload,
    optimizer: Optimizer,
    mut network: Network<f32>,
    data: &Data,
    batches: &[Vec<usize>],
) -> Result<Vec<f64>, deltarule::Error> {
    let mut state = TrainingState::new(&network, optimizer);
    let mut losses = Vec::new();
    for rows in batches {
        let batch = data.select(rows);
        let trainer = workload.trainer(optimizer, 1).shuffle(false).epochs(1);
        let history = trainer.resume(&mut network, &mut state, batch.x.view(), batch.t.view())?;
        losses.extend(history.epochs.last().map(|record| record.loss));
    }
    Ok(losses)
}

pub(crate) fn write_floats<'a>(
    folder: &Path,
    name: &str,
    values: impl Iterator<Item = &'a f32>,
) -> Result<(), String> {
    write(folder, name, values.flat_map(|value| value.to_le_bytes()).collect())
}

pub(crate) fn write(folder: &Path, name: &str, bytes: Vec<u8>) -> Result<(), String> {
    let path = folder.join(name);
    std::fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::optimizer;

    /// A workload small enough for a test, with a ragged last batch.
    fn small() -> Workload {
        let digits = Workload::find("digits").unwrap();
        Workload { samples: 23, layers: &[5, 4, 3], batch: 7, ..digits }
    }

    #[test]
    fn the_batches_run_through_the_epochs_and_end_ragged() {
        let batches = first_batches(&small(), 6);
        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [7, 7, 7, 2, 7, 7]);
        let mut seen: Vec<usize> = batches[..4].concat();
        seen.sort_unstable();
        assert_eq!(seen, (0..23).collect::<Vec<_>>());
        assert_ne!(batches[0], batches[4]);
    }

    #[test]
    fn single_steps_are_those_of_the_timed_training() {
        let (workload, optimizer) = (small(), optimizer("adam").unwrap());
        let data = workload.data();
        let network = workload.network().unwrap();
        let batches = first_batches(&workload, 8);
        let losses =
            losses_of_steps(&workload, optimizer, network.clone(), &data, &batches).unwrap();
        let mut whole = network;
        let trainer = workload.trainer(optimizer, 2).epochs(2);
        let history = trainer.fit(&mut whole, data.x.view(), data.t.view()).unwrap();
        for (epoch, record) in history.epochs.iter().enumerate() {
            let steps = 4 * epoch..4 * epoch + 4;
            let sums = steps.map(|step| losses[step] * batches[step].len() as f64);
            let mean = sums.sum::<f64>() / workload.samples as f64;
            assert!((mean - record.loss).abs() <= 1e-12, "{mean} {}", record.loss);
        }
    }
}
