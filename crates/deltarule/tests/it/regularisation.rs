//! Regularisation and weights by what they mean: label smoothing is another target, a weight a row that stands several
//! times, dropout a network with some units silenced.

use std::ops::ControlFlow;

use deltarule::random::{Purpose, Random};
use deltarule::{Activation, EpochRecord, Init, Loss, Network, Optimizer, Sgd, Trainer};
use ndarray::{Array1, Array2, Axis};

fn matrix(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut random = Random::new(seed, Purpose::Order, 5);
    Array2::from_shape_simple_fn((rows, columns), || random.normal())
}

fn one_hot(rows: usize, classes: usize) -> Array2<f64> {
    Array2::from_shape_fn((rows, classes), |(i, j)| f64::from(u8::from(i * i % classes == j)))
}

fn network(outputs: usize, output: Activation) -> Network<f64> {
    Network::builder(5)
        .layer(7, Activation::Tanh)
        .layer(outputs, output)
        .init(Init::GlorotNormal { seed: 6 })
        .build()
        .unwrap()
}

fn trainer<'a>(loss: Loss, epochs: usize) -> Trainer<'a, f64> {
    let sgd: Optimizer = Sgd { learning_rate: 0.1, ..Sgd::default() }.into();
    Trainer::new(loss).optimizer(sgd).epochs(epochs).shuffle(false)
}

/// Losses of the epochs and the parameters at the end.
fn fitted(
    trainer: Trainer<'_, f64>,
    mut network: Network<f64>,
    x: &Array2<f64>,
    t: &Array2<f64>,
) -> Vec<f64> {
    let history = trainer.fit(&mut network, x.view(), t.view()).unwrap();
    history.epochs.iter().map(|r| r.loss).chain(network.parameters().iter().copied()).collect()
}

#[track_caller]
fn close(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= 1e-12 * a.abs().max(1.0), "{a} and {b}");
    }
}

#[test]
fn label_smoothing_is_training_on_smoothed_targets() {
    let x = matrix(12, 5, 1);
    for (loss, output, outputs, classes) in [
        (Loss::CrossEntropy, Activation::Softmax, 3, 3.0),
        // Each sigmoid output decides between two classes.
        (Loss::BinaryCrossEntropy, Activation::Sigmoid, 1, 2.0),
        (Loss::BinaryCrossEntropy, Activation::Sigmoid, 3, 2.0),
    ] {
        let t = one_hot(12, 3).slice_move(ndarray::s![.., ..outputs]);
        let smooth = t.mapv(|t| 0.8 * t + 0.2 / classes);
        let ours = fitted(trainer(loss, 5).label_smoothing(0.2), network(outputs, output), &x, &t);
        let expected = fitted(trainer(loss, 5), network(outputs, output), &x, &smooth);
        close(&ours, &expected);
        let plain = fitted(trainer(loss, 5), network(outputs, output), &x, &t);
        assert!((ours[0] - plain[0]).abs() > 1e-3, "{loss}: smoothing changed nothing");
    }
}

#[test]
fn a_weight_counts_as_a_row_that_stands_so_many_times() {
    let (x, t) = (matrix(10, 5, 2), one_hot(10, 3));
    let times = [1, 3, 0, 2, 1, 1, 4, 0, 2, 1];
    let weights = Array1::from_iter(times.map(|n| n as f64));
    let rows: Vec<usize> = times.iter().enumerate().flat_map(|(row, n)| vec![row; *n]).collect();
    let (xs, ts) = (x.select(Axis(0), &rows), t.select(Axis(0), &rows));
    let start = network(3, Activation::Softmax);
    // The penalty counts once however much the rows do.
    let weighted = trainer(Loss::CrossEntropy, 6).l2(0.05).sample_weights(weights.view());
    let ours = fitted(weighted, start.clone(), &x, &t);
    close(&ours, &fitted(trainer(Loss::CrossEntropy, 6).l2(0.05), start, &xs, &ts));
}

#[test]
fn class_weights_are_the_weights_of_the_rows_of_a_class() {
    let (x, t) = (matrix(10, 5, 3), one_hot(10, 3));
    let of_class = [0.5, 2.0, 3.0];
    let given = Array1::from_iter((0..10).map(|i| f64::from(1 + i % 4)));
    let product = Array1::from_shape_fn(10, |i| {
        let class = (0..3).find(|c| t[[i, *c]] == 1.0).unwrap();
        given[i] * of_class[class]
    });
    let start = network(3, Activation::Softmax);
    let both = trainer(Loss::CrossEntropy, 4).sample_weights(given.view()).class_weights(&of_class);
    let alone = trainer(Loss::CrossEntropy, 4).sample_weights(product.view());
    assert_eq!(fitted(both, start.clone(), &x, &t), fitted(alone, start, &x, &t));
}

/// Identity units of weight 1 that are averaged: the output is the share of the units that stayed, over 1 − p.
#[test]
fn dropout_silences_the_share_it_says_and_lets_the_others_grow() {
    const UNITS: usize = 20_000;
    for p in [0.1, 0.5, 0.9] {
        let mut network = Network::<f64>::builder(1)
            .layer(UNITS, Activation::Identity)
            .layer(1, Activation::Identity)
            .init(Init::Constant(1.0))
            .build()
            .unwrap();
        network.weights_mut(1).fill(1.0 / UNITS as f64);
        let (x, t) = (Array2::ones((1, 1)), Array2::zeros((1, 1)));
        let untouched = Sgd { learning_rate: 1e-300, ..Sgd::default() };
        let mut kept = Vec::new();
        let mut see = |record: &EpochRecord| {
            kept.push((2.0 * record.loss).sqrt() * UNITS as f64 * (1.0 - p));
            ControlFlow::Continue(())
        };
        Trainer::new(Loss::SquaredError)
            .optimizer(untouched)
            .epochs(5)
            .dropout(p)
            .callback(&mut see)
            .fit(&mut network, x.view(), t.view())
            .unwrap();
        let deviation = (UNITS as f64 * p * (1.0 - p)).sqrt();
        for &kept in &kept {
            assert!((kept - kept.round()).abs() < 1e-6, "{p}: {kept} units");
            let expected = UNITS as f64 * (1.0 - p);
            assert!((kept - expected).abs() < 5.0 * deviation, "{p}: {kept} units");
        }
        // Other units every epoch, and all of them in prediction.
        assert!(kept.windows(2).any(|k| k[0] != k[1]), "{kept:?}");
        let whole = network.predict(x.view()).unwrap()[[0, 0]];
        assert!((whole - 1.0).abs() < 1e-9, "{whole}");
    }
}

#[test]
fn dropout_steps_along_the_gradient_of_the_loss_that_it_reports() {
    let (x, t) = (matrix(9, 5, 4), one_hot(9, 3));
    let start = Network::<f64>::builder(5)
        .layer(6, Activation::Gelu)
        .layer(4, Activation::Sigmoid)
        .layer(3, Activation::Softmax)
        .build()
        .unwrap();
    // The units that are silenced depend on seed and epoch alone: the first epoch always has the same ones.
    let first = |parameters: &[f64], learning_rate: f64| {
        let mut at = start.clone();
        at.parameters_mut().copy_from_slice(parameters);
        let sgd = Sgd { learning_rate, ..Sgd::default() };
        let trainer = Trainer::new(Loss::CrossEntropy).optimizer(sgd).epochs(1).dropout(0.4);
        let loss = trainer.l2(0.1).fit(&mut at, x.view(), t.view()).unwrap().epochs[0].loss;
        (loss, at)
    };
    let (_, stepped) = first(start.parameters(), 1.0);
    for i in 0..start.parameter_count() {
        let analytic = start.parameters()[i] - stepped.parameters()[i];
        let at = |h: f64| {
            let mut shifted = start.parameters().to_vec();
            shifted[i] += h;
            first(&shifted, 1e-12).0
        };
        let numeric = (at(1e-5) - at(-1e-5)) / 2e-5;
        assert!((numeric - analytic).abs() < 1e-8, "parameter {i}: {numeric} {analytic}");
    }
}
