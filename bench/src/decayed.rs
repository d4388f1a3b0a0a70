//! A training whose gradients have decayed to subnormal numbers, which processors may handle slowly.
//!
//! Every example has the first class, and the bias of that class lies so far above the others that their probabilities, and
//! with them all deltas and gradients, are subnormal: a training that has converged. The ordinary one has the same network
//! and data with biases of 0.

use deltarule::{Network, Optimizer};
use ndarray::{ArrayView2, s};
use serde_json::{Value, json};

use crate::stopwatch::{MOST, SECONDS, Stopwatch, WARM_UP, median};
use crate::workload::{Data, Workload};

/// The bias of the class that all examples have: e⁻⁹² is about 1e-40, below the smallest normal number of 1.2e-38.
const BIAS: f32 = 92.0;
/// How often each of the two is timed, in turn: a machine whose speed changes in between slows either.
const ROUNDS: usize = 3;
/// Examples whose gradients are looked at.
const LOOKED_AT: usize = 32;

/// Times both trainings.
pub(crate) fn run(
    workload: &Workload,
    optimizer: Optimizer,
    threads: usize,
) -> Result<Value, Box<dyn std::error::Error>> {
    let mut data = workload.data();
    data.t.fill(0.0);
    data.t.column_mut(0).fill(1.0);
    let ordinary = workload.network()?;
    let decayed = decayed(workload)?;
    let rows = data.x.nrows().min(LOOKED_AT);
    let share = subnormal_share(
        workload,
        &decayed,
        data.x.slice(s![..rows, ..]),
        data.t.slice(s![..rows, ..]),
    )?;
    let (mut ordinaries, mut decayeds) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ordinaries.push(time(workload, ordinary.clone(), &data, optimizer, threads)?);
        decayeds.push(time(workload, decayed.clone(), &data, optimizer, threads)?);
    }
    Ok(json!({
        "workload": workload.name,
        "optimizer": optimizer.name(),
        "threads": threads,
        "ordinary": median(&ordinaries),
        "decayed": median(&decayeds),
        "subnormal_share": share,
    }))
}

/// The workload's network with a large bias for the first class.
fn decayed(workload: &Workload) -> Result<Network<f32>, deltarule::Error> {
    let mut network = workload.network()?;
    let last = network.layers().len() - 1;
    network.biases_mut(last)[0] = BIAS;
    Ok(network)
}

/// Which part of the gradient's numbers that are not zero is subnormal, on the reference path.
fn subnormal_share(
    workload: &Workload,
    network: &Network<f32>,
    x: ArrayView2<'_, f32>,
    t: ArrayView2<'_, f32>,
) -> Result<f64, deltarule::Error> {
    let trace = network.trace(workload.loss, x, t)?;
    let gradients = trace.backward.iter().flat_map(|backward| &backward.grad_weights);
    let gradients = gradients.flat_map(|gradient| &gradient.value);
    let gradients = gradients.map(|gradient| (gradient / x.nrows() as f64) as f32);
    let (mut subnormal, mut all) = (0_usize, 0_usize);
    for gradient in gradients.filter(|gradient| *gradient != 0.0) {
        subnormal += usize::from(gradient.is_subnormal());
        all += 1;
    }
    Ok(subnormal as f64 / all.max(1) as f64)
}

fn time(
    workload: &Workload,
    mut network: Network<f32>,
    data: &Data,
    optimizer: Optimizer,
    threads: usize,
) -> Result<f64, deltarule::Error> {
    let mut stopwatch = Stopwatch::start(workload.epochs, SECONDS);
    workload
        .trainer(optimizer, threads)
        .epochs(WARM_UP + MOST.max(workload.epochs))
        .callback(&mut stopwatch)
        .fit(&mut network, data.x.view(), data.t.view())?;
    Ok(stopwatch.seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradients_of_the_decayed_training_are_subnormal() {
        let workload = Workload::find("digits").unwrap();
        let mut data = workload.data().select(&[0, 1, 2]);
        data.t.fill(0.0);
        data.t.column_mut(0).fill(1.0);
        let share = |network: &Network<f32>| {
            subnormal_share(&workload, network, data.x.view(), data.t.view()).unwrap()
        };
        assert!(share(&decayed(&workload).unwrap()) > 0.5);
        assert_eq!(share(&workload.network().unwrap()), 0.0);
    }
}
