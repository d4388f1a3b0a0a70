//! Predictions: the same bits for any number of threads and examples at once, whoever asks at the same time.

use crate::data::{matrix, one_hot};
use deltarule::{Activation, ErrorKind, Init, Loss, Network, backprop};
use ndarray::Array2;

fn network() -> Network<f64> {
    Network::builder(7)
        .layer(2000, Activation::Tanh)
        .layer(3, Activation::Softmax)
        .init(Init::LecunNormal { seed: 1 })
        .build()
        .unwrap()
}

/// The outputs of the reference.
fn expected(network: &Network<f64>, x: &Array2<f64>) -> Array2<f64> {
    backprop::forward(network, x.view()).x.pop().unwrap()
}

#[test]
fn bits_do_not_depend_on_how_the_examples_are_shared() {
    let network = network();
    for rows in [0, 1, 63, 200, 315] {
        let x = matrix(rows, 7, 5);
        let expected = expected(&network, &x);
        for (batch, threads) in [(1, 1), (7, 2), (96, 3), (256, 2)] {
            let predictor = network.predictor(batch).threads(threads);
            // The second time in memory that was used before.
            for _ in 0..2 {
                assert_eq!(predictor.predict(x.view()).unwrap(), expected, "{rows} {batch}");
            }
            assert_eq!(predictor.predict_finite(x.view()).unwrap(), expected, "{rows} {batch}");
        }
    }
}

#[test]
fn several_may_ask_at_the_same_time() {
    let network = network();
    let predictor = network.predictor(16).threads(2);
    std::thread::scope(|scope| {
        for seed in 0..4 {
            let (network, predictor) = (&network, &predictor);
            scope.spawn(move || {
                let x = matrix(300, 7, seed);
                let expected = expected(network, &x);
                for _ in 0..20 {
                    assert_eq!(predictor.predict(x.view()).unwrap(), expected);
                }
            });
        }
    });
}

#[test]
fn numbers_that_are_not_finite_are_refused_where_that_is_asked_for() {
    let network = network();
    let predictor = network.predictor(32).threads(2);
    let x = matrix(300, 7, 5);
    let bad = [((0, 0), f64::NAN), ((131, 3), f64::INFINITY), ((299, 6), -f64::INFINITY)];
    for (at, value) in bad {
        let mut bad = x.clone();
        bad[at] = value;
        let error = predictor.predict_finite(bad.view()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::NonFinite { .. }));
        let (row, column) = at;
        let place = format!("{value} in row {row}, column {column} (from 0) of the examples");
        assert!(error.to_string().contains(&place), "{error}");
        // Columns one after the other in memory.
        let mut turned = Array2::zeros((7, 300)).reversed_axes();
        turned.assign(&bad);
        let error = predictor.predict_finite(turned.view()).unwrap_err();
        assert!(error.to_string().contains(&place), "{error}");
        predictor.predict(bad.view()).unwrap();
        assert_eq!(predictor.predict_finite(x.view()).unwrap(), expected(&network, &x));
    }
}

#[test]
fn losses_are_those_of_the_outputs() {
    let network = network();
    let predictor = network.predictor(32);
    let (x, t) = (matrix(100, 7, 5), one_hot(100, 3, 5));
    for _ in 0..2 {
        let (outputs, losses) = predictor.losses(Loss::CrossEntropy, x.view(), t.view()).unwrap();
        assert_eq!(outputs, expected(&network, &x));
        for ((x, t), loss) in outputs.rows().into_iter().zip(t.rows()).zip(losses) {
            assert!((loss + x.dot(&t).ln()).abs() < 1e-12);
        }
    }
}
