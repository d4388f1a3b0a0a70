//! The time of a training, and the limit that it is held against.

use deltarule::Optimizer;
use ndarray::Axis;
use serde_json::{Value, json};

use crate::peak;
use crate::stopwatch::{MOST, SECONDS, Stopwatch, WARM_UP};
use crate::workload::{Data, Workload};

/// Measures the limit and then the training.
pub(crate) fn run(
    workload: &Workload,
    optimizer: Optimizer,
    threads: usize,
) -> Result<Value, Box<dyn std::error::Error>> {
    let data = repeated(workload);
    let peak = peak::measure(threads);
    let meeting = (threads > 1).then(peak::meeting);
    let stopwatch = time(workload, &data, optimizer, threads, SECONDS)?;
    Ok(json!({
        "workload": workload.name,
        "optimizer": optimizer.name(),
        "threads": threads,
        "seconds": stopwatch.seconds(),
        "final_loss": stopwatch.final_loss(),
        "samples": workload.samples,
        "repeats": workload.repeats,
        "operations": workload.operations(),
        "peak": peak,
        "meeting": meeting,
    }))
}

/// Times the epochs of a training on these data.
pub(crate) fn time(
    workload: &Workload,
    data: &Data,
    optimizer: Optimizer,
    threads: usize,
    seconds: f64,
) -> Result<Stopwatch, deltarule::Error> {
    let mut network = workload.network()?;
    let mut stopwatch = Stopwatch::start(workload.epochs, seconds);
    workload
        .trainer(optimizer, threads)
        .epochs(WARM_UP + MOST.max(workload.epochs))
        .callback(&mut stopwatch)
        .fit(&mut network, data.x.view(), data.t.view())?;
    Ok(stopwatch)
}

/// The examples of an epoch: each as often as the workload says.
pub(crate) fn repeated(workload: &Workload) -> Data {
    let data = workload.data();
    if workload.repeats == 1 {
        return data;
    }
    let rows: Vec<usize> = (0..workload.repeats).flat_map(|_| 0..data.x.len_of(Axis(0))).collect();
    data.select(&rows)
}
