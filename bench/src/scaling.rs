//! How the time of an epoch grows with the examples, the parameters and the size of a batch.

use deltarule::{Activation, Loss, Optimizer};
use serde_json::{Value, json};

use crate::peak;
use crate::train::time;
use crate::workload::Workload;

/// How long the epochs of a point are timed at least.
const SECONDS: f64 = 0.3;

/// A network of the middle size; each series changes one thing.
const BASE: Workload = Workload {
    name: "",
    samples: 8_192,
    repeats: 1,
    layers: &[64, 256, 256, 10],
    hidden: Activation::Relu,
    output: Activation::Softmax,
    loss: Loss::CrossEntropy,
    batch: 256,
    epochs: 3,
};

/// Networks with hidden layers of a power of two units.
static WIDTHS: [[usize; 4]; 8] = [
    [64, 16, 16, 10],
    [64, 32, 32, 10],
    [64, 64, 64, 10],
    [64, 128, 128, 10],
    [64, 256, 256, 10],
    [64, 512, 512, 10],
    [64, 1024, 1024, 10],
    [64, 2048, 2048, 10],
];

/// Times every point of the three series.
pub(crate) fn run(optimizer: Optimizer, threads: usize) -> Result<Value, deltarule::Error> {
    let mut points = Vec::new();
    let peak = peak::measure(threads);
    let mut point = |series: &str, value: usize, workload: &Workload| {
        let stopwatch = time(workload, &workload.data(), optimizer, threads, SECONDS)?;
        points.push(json!({
            "series": series,
            "value": value,
            "seconds": stopwatch.seconds(),
            "samples": workload.samples,
            "operations": workload.operations(),
        }));
        Ok::<(), deltarule::Error>(())
    };
    for samples in powers(10, 17) {
        point("samples", samples, &Workload { samples, ..BASE })?;
    }
    for layers in &WIDTHS {
        let workload = Workload { samples: 2_048, layers, ..BASE };
        point("parameters", workload.network()?.parameter_count(), &workload)?;
    }
    for batch in powers(4, 12) {
        point("batch", batch, &Workload { batch, ..BASE })?;
    }
    Ok(json!({ "peak": peak, "threads": threads, "points": points }))
}

/// The powers of two from 2^first to 2^last.
fn powers(first: u32, last: u32) -> impl Iterator<Item = usize> {
    (first..=last).map(|exponent| 1 << exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_go_from_16_to_4096() {
        let batches: Vec<usize> = powers(4, 12).collect();
        assert_eq!(batches, [16, 32, 64, 128, 256, 512, 1024, 2048, 4096]);
        assert!(batches.iter().all(|&batch| batch <= BASE.samples));
    }
}
