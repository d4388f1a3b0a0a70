//! One step of the trainer against the reference: every activation, admissible loss, width, batch and penalty, the
//! gradient as well as the objective.

use deltarule::random::{Purpose, Random};
use deltarule::trace::{Reduction, Trace, TraceOptions};
use deltarule::{Activation, Float, Init, Loss, Network, Sgd, Trainer};
use ndarray::Array2;

fn matrix(rows: usize, columns: usize, seed: u64, low: f64, high: f64) -> Array2<f64> {
    let mut random = Random::new(seed, Purpose::Order, 8);
    Array2::from_shape_simple_fn((rows, columns), || low + (high - low) * random.uniform())
}

/// What a step takes from each parameter when η = 1, and the objective that it reports.
fn step<T: Float>(
    start: &Network<f64>,
    loss: Loss,
    x: &Array2<f64>,
    t: &Array2<f64>,
    l2: f64,
) -> (Vec<f64>, f64) {
    let mut network: Network<T> = start.cast();
    let (x, t) = (x.mapv(T::from_f64), t.mapv(T::from_f64));
    let history = Trainer::new(loss)
        .optimizer(Sgd { learning_rate: 1.0, ..Sgd::default() })
        .epochs(1)
        .batch_size(x.nrows())
        .shuffle(false)
        .l2(l2)
        .fit(&mut network, x.view(), t.view())
        .unwrap();
    let pairs = start.parameters().iter().zip(network.parameters());
    (pairs.map(|(before, after)| before - after.to_f64()).collect(), history.epochs[0].loss)
}

#[test]
fn every_activation_loss_width_batch_and_penalty() {
    crate::common::every_case(check);
}

fn check(
    hidden: Activation,
    output: Activation,
    loss: Loss,
    outputs: usize,
    batch: usize,
    l2: f64,
) {
    let mut start = Network::<f64>::builder(3)
        .layer(4, hidden)
        .layer(outputs, output)
        .init(Init::GlorotUniform { seed: 12 })
        .build()
        .unwrap();
    // Numbers that single precision holds, so that both types start from the same place.
    start.parameters_mut().iter_mut().for_each(|w| *w = f64::from(*w as f32));
    let narrow = |m: Array2<f64>| m.mapv(|v| f64::from(v as f32));
    let x = narrow(matrix(batch, 3, 1, -1.0, 1.0));
    let (low, high) = crate::common::domain(loss);
    let t = narrow(matrix(batch, outputs, 2, low, high));
    let options = TraceOptions { reduction: Reduction::Mean, l2, ..TraceOptions::default() };
    let trace = Trace::gradient(&start, loss, x.view(), t.view(), &options).unwrap();
    let squares: f64 = (0..2).map(|l| start.weights(l).iter().map(|w| w * w).sum::<f64>()).sum();
    let objective = trace.total_loss.unwrap() + 0.5 * l2 * squares;
    let backward = trace.backward.unwrap();
    let layers = backward.grad_weights.iter().zip(&backward.grad_biases);
    let expected: Vec<f64> =
        layers.flat_map(|(w, b)| w.value.iter().chain(b.value.iter())).copied().collect();
    let place = format!("{hidden} {output} {loss}, {outputs} outputs, batch {batch}, l2 {l2}");
    // A few roundings of the largest of the numbers that were added up: parameters, entries of the gradient.
    let largest = expected.iter().fold(1.0_f64, |m, g| m.max(g.abs()));
    for (roundings, (moved, reported)) in [
        (64.0 * f64::EPSILON, step::<f64>(&start, loss, &x, &t, l2)),
        (64.0 * f64::from(f32::EPSILON), step::<f32>(&start, loss, &x, &t, l2)),
    ] {
        assert_eq!(moved.len(), expected.len());
        for (i, (moved, expected)) in moved.iter().zip(&expected).enumerate() {
            let error = (moved - expected).abs();
            assert!(error <= roundings * largest, "{place}: {i} moved {moved}, not {expected}");
        }
        let error = (reported - objective).abs();
        assert!(error <= roundings * objective.abs().max(1.0), "{place}: {reported}, {objective}");
    }
}
