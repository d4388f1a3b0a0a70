//! The time of a forward pass.

use std::hint::black_box;
use std::path::Path;

use deltarule::{Activation, Loss, Network, Predictor, Workspace};
use ndarray::{ArrayView2, s};
use serde_json::{Value, json};

use crate::export::{write, write_floats};
use crate::stopwatch::time;
use crate::workload::Workload;

/// How long a measurement takes.
const SECONDS: f64 = 1.0;

const CLASSIFIER: Workload = Workload {
    name: "",
    samples: 4_096,
    repeats: 1,
    layers: &[],
    hidden: Activation::Relu,
    output: Activation::Softmax,
    loss: Loss::CrossEntropy,
    batch: 4_096,
    epochs: 1,
};

/// The networks that are asked.
pub(crate) const NETWORKS: [Workload; 2] = [
    Workload { name: "64-100-10", layers: &[64, 100, 10], ..CLASSIFIER },
    Workload { name: "784-512-512-10", layers: &[784, 512, 512, 10], ..CLASSIFIER },
];

/// A network made ready for a batch size: the one place that knows how the engine is asked.
struct Asked<'n> {
    predictor: Predictor<'n, f32>,
    workspace: Workspace<f32>,
    threads: usize,
}

impl<'n> Asked<'n> {
    fn new(network: &'n Network<f32>, batch: usize, threads: usize) -> Self {
        let predictor = network.predictor(batch).threads(threads);
        Self { workspace: predictor.workspace(), predictor, threads }
    }

    /// Writes the outputs of the examples, row after row.
    fn outputs(&mut self, x: ArrayView2<'_, f32>, out: &mut [f32]) -> Result<(), deltarule::Error> {
        match x.to_slice() {
            // One example is no work for two threads.
            Some(slice) if self.threads == 1 || x.nrows() == 1 => {
                self.predictor.predict_into(&mut self.workspace, slice, out)
            }
            _ => {
                out.copy_from_slice(self.predictor.predict(x)?.as_slice().unwrap_or_default());
                Ok(())
            }
        }
    }
}

/// Times one call with this many examples.
pub(crate) fn run(
    workload: &Workload,
    batch: usize,
    threads: usize,
) -> Result<Value, Box<dyn std::error::Error>> {
    let (network, data) = (workload.network()?, workload.data());
    if batch > workload.samples {
        return Err(format!("--batch is {batch}, expected at most {}", workload.samples).into());
    }
    let x = data.x.slice(s![..batch, ..]);
    let mut out = vec![0.0; batch * network.outputs()];
    let mut asked = Asked::new(&network, batch, threads);
    asked.outputs(x, &mut out)?;
    let mut failed = false;
    let seconds =
        time(|| failed |= asked.outputs(black_box(x), black_box(&mut out)).is_err(), SECONDS);
    if failed {
        return Err("a forward pass failed".into());
    }
    Ok(json!({
        "network": workload.name,
        "batch": batch,
        "threads": threads,
        "seconds": seconds,
    }))
}

/// Writes examples, parameters and our outputs of all examples, as [`crate::export`] does.
pub(crate) fn export(
    workload: &Workload,
    folder: &Path,
) -> Result<Value, Box<dyn std::error::Error>> {
    let (network, data) = (workload.network()?, workload.data());
    let mut out = vec![0.0; workload.samples * network.outputs()];
    Asked::new(&network, workload.batch, 1).outputs(data.x.view(), &mut out)?;
    write_floats(folder, "x.f32", data.x.iter())?;
    write_floats(folder, "parameters.f32", network.parameters().iter())?;
    write_floats(folder, "outputs.f32", out.iter())?;
    let settings = json!({
        "network": workload.name,
        "samples": workload.samples,
        "layers": workload.layers,
        "hidden": workload.hidden.name(),
        "output": workload.output.name(),
        "seconds": SECONDS,
    });
    write(folder, "network.json", format!("{settings:#}\n").into_bytes())?;
    Ok(settings)
}
