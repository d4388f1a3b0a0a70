//! Gradients against central differences: every activation, admissible loss, width, batch and L2.
//! The network is never square, because a 2-2-2 one hides a transposed matrix.

use deltarule::random::{Purpose, Random};
use deltarule::trace::{Reduction, Trace, TraceOptions};
use deltarule::{Activation, Init, Loss, Network};
use ndarray::Array2;

fn random_matrix(rows: usize, columns: usize, seed: u64, low: f64, high: f64) -> Array2<f64> {
    let mut random = Random::new(seed, Purpose::Order, 7);
    Array2::from_shape_simple_fn((rows, columns), || low + (high - low) * random.uniform())
}

fn targets(loss: Loss, rows: usize, columns: usize) -> Array2<f64> {
    let (low, high) = crate::common::domain(loss);
    random_matrix(rows, columns, 5, low, high)
}

fn objective(network: &Network<f64>, loss: Loss, x: &Array2<f64>, t: &Array2<f64>, l2: f64) -> f64 {
    let trace = Trace::loss(network, loss, x.view(), t.view(), Reduction::Mean).unwrap();
    let squares: f64 = (0..network.layers().len())
        .map(|l| network.weights(l).iter().map(|w| w * w).sum::<f64>())
        .sum();
    trace.loss.unwrap().value.sum() / x.nrows() as f64 + 0.5 * l2 * squares
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
    let mut network = Network::<f64>::builder(3)
        .layer(4, hidden)
        .layer(outputs, output)
        .init(Init::GlorotUniform { seed: 11 })
        .build()
        .unwrap();
    // Net inputs of hidden units away from the kink at 0.
    let biases = [0.9, -0.8, 0.7, -1.1];
    network.biases_mut(0).iter_mut().zip(biases).for_each(|(b, v)| *b = v);
    let x = random_matrix(batch, 3, 3, -0.3, 0.3);
    let t = targets(loss, batch, outputs);
    let options = TraceOptions { reduction: Reduction::Mean, l2, ..TraceOptions::default() };
    let trace = Trace::gradient(&network, loss, x.view(), t.view(), &options).unwrap();
    let kink =
        |a: Activation| matches!(a, Activation::Relu | Activation::LeakyRelu | Activation::Selu);
    let last = trace.z.len() - 1;
    if kink(output) && trace.z[last].value.iter().any(|z| z.abs() < 1e-4) {
        panic!("the test has an output at a kink");
    }
    let backward = trace.backward.unwrap();
    let mut analytic = Vec::new();
    for (w, b) in backward.grad_weights.iter().zip(&backward.grad_biases) {
        analytic.extend(w.value.iter().chain(b.value.iter()).copied());
    }
    let scale = analytic.iter().fold(0.0_f64, |m, g| m.max(g.abs())).max(1e-3);
    for (i, &g) in analytic.iter().enumerate() {
        let h = 1e-5;
        let mut shifted = network.clone();
        shifted.parameters_mut()[i] += h;
        let above = objective(&shifted, loss, &x, &t, l2);
        shifted.parameters_mut()[i] -= 2.0 * h;
        let below = objective(&shifted, loss, &x, &t, l2);
        let numeric = (above - below) / (2.0 * h);
        let error = (numeric - g).abs() / g.abs().max(scale);
        assert!(
            error <= 1e-6,
            "{hidden} {output} {loss} outputs {outputs} batch {batch} l2 {l2}: parameter {i} \
             analytic {g} numeric {numeric}"
        );
    }
}

/// ∂ output / ∂ input against central differences, softmax and its coupled outputs included.
#[test]
fn how_sensitive_outputs_are_to_inputs() {
    for output in [Activation::Identity, Activation::Sigmoid, Activation::Softmax] {
        let network = Network::<f64>::builder(4)
            .layer(5, Activation::Tanh)
            .layer(3, output)
            .init(Init::GlorotUniform { seed: 3 })
            .build()
            .unwrap();
        let x = random_matrix(2, 4, 9, -1.0, 1.0);
        let trace = Trace::forward(&network, x.view()).unwrap();
        for unit in 0..3 {
            let slopes = trace.sensitivity(&network, unit);
            for (example, input) in (0..2).flat_map(|e| (0..4).map(move |i| (e, i))) {
                let at = |h: f64| {
                    let mut x = x.clone();
                    x[[example, input]] += h;
                    network.predict(x.view()).unwrap()[[example, unit]]
                };
                let difference = (at(1e-6) - at(-1e-6)) / 2e-6;
                let slope = slopes[[example, input]];
                assert!((difference - slope).abs() < 1e-8, "{output}: {difference} {slope}");
            }
        }
    }
}
