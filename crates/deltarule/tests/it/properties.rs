//! What must hold for any network: permuted units, parts of a batch, types, and the fast path against the reference.

use deltarule::trace::{Trace, TraceOptions};
use deltarule::{Activation, BiasInit, Init, Loss, Network, Sgd, Trainer, backprop};
use ndarray::{Array2, Axis};
use proptest::prelude::*;

fn any_activation() -> impl Strategy<Value = Activation> {
    prop::sample::select(
        Activation::ALL.into_iter().filter(|a| *a != Activation::Softmax).collect::<Vec<_>>(),
    )
}

fn network(sizes: &[usize], hidden: Activation, output: Activation, seed: u64) -> Network<f64> {
    let mut builder = Network::builder(sizes[0]);
    for (l, &units) in sizes[1..].iter().enumerate() {
        builder = builder.layer(units, if l + 2 == sizes.len() { output } else { hidden });
    }
    builder.init(Init::LecunNormal { seed }).bias_init(BiasInit::Drawn).build().unwrap()
}

fn examples(rows: usize, columns: usize, salt: u64) -> Array2<f64> {
    let mut random = deltarule::random::Random::new(salt, deltarule::random::Purpose::Order, 9);
    Array2::from_shape_simple_fn((rows, columns), || random.normal())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn permuted_hidden_units_give_the_same_outputs(
        units in 2usize..9, inputs in 1usize..6, f in any_activation(), seed in 0u64..1000,
    ) {
        let straight = network(&[inputs, units, 3], f, Activation::Softmax, seed);
        let mut turned = straight.clone();
        let from = |i: usize| (i + 1) % units;
        for i in 0..units {
            turned.weights_mut(0).row_mut(i).assign(&straight.weights(0).row(from(i)));
            turned.biases_mut(0)[i] = straight.biases(0)[from(i)];
            turned.weights_mut(1).column_mut(i).assign(&straight.weights(1).column(from(i)));
        }
        let x = examples(4, inputs, seed);
        let (a, b) = (straight.predict(x.view()).unwrap(), turned.predict(x.view()).unwrap());
        for (a, b) in a.iter().zip(&b) {
            prop_assert!((a - b).abs() < 1e-12);
        }
    }

    #[test]
    fn the_gradient_of_a_batch_is_the_sum_of_its_parts(
        rows in 2usize..9, f in any_activation(), seed in 0u64..1000,
    ) {
        let network = network(&[3, 5, 2], f, Activation::Tanh, seed);
        let (x, t) = (examples(rows, 3, seed), examples(rows, 2, seed + 1));
        let gradient = |x: Array2<f64>, t: Array2<f64>| {
            let options = TraceOptions::default();
            let trace = Trace::gradient(&network, Loss::SquaredError, x.view(), t.view(), &options);
            trace.unwrap().backward.unwrap().grad_weights
        };
        let whole = gradient(x.clone(), t.clone());
        for (l, whole) in whole.iter().enumerate() {
            let mut sum = Array2::<f64>::zeros(whole.value.dim());
            for row in 0..rows {
                let one = |m: &Array2<f64>| m.select(Axis(0), &[row]);
                sum += &gradient(one(&x), one(&t))[l].value;
            }
            for (a, b) in whole.value.iter().zip(&sum) {
                prop_assert!((a - b).abs() <= 1e-12 * a.abs().max(1.0));
            }
        }
    }

    #[test]
    fn predictions_have_the_bits_of_the_reference(
        rows in 1usize..40, inputs in 1usize..40, units in 1usize..40, f in any_activation(),
        seed in 0u64..1000,
    ) {
        let network = network(&[inputs, units, 4], f, Activation::Softmax, seed);
        let x = examples(rows, inputs, seed);
        let reference = backprop::forward(&network, x.view());
        prop_assert_eq!(&network.predict(x.view()).unwrap(), &reference.x[1]);
        prop_assert_eq!(&network.predictor(7).predict(x.view()).unwrap(), &reference.x[1]);
        let narrow: Network<f32> = network.cast();
        let x = x.mapv(|v| v as f32);
        let reference = backprop::forward(&narrow, x.view());
        prop_assert_eq!(&narrow.predict(x.view()).unwrap(), &reference.x[1]);
    }

    #[test]
    fn a_step_moves_the_parameters_by_the_reference_gradient(
        rows in 1usize..20, sizes in prop::collection::vec(1usize..20, 2..5), f in any_activation(),
        seed in 0u64..1000,
    ) {
        let before = network(&sizes, f, Activation::Identity, seed);
        let (x, t) = (examples(rows, sizes[0], seed), examples(rows, sizes[sizes.len() - 1], seed + 1));
        let trace = before.trace(Loss::SquaredError, x.view(), t.view()).unwrap();
        let backward = trace.backward.unwrap();
        let mut after = before.clone();
        Trainer::new(Loss::SquaredError)
            .optimizer(Sgd { learning_rate: 1.0, ..Sgd::default() })
            .epochs(1)
            .batch_size(rows)
            .shuffle(false)
            .fit(&mut after, x.view(), t.view())
            .unwrap();
        for l in 0..before.layers().len() {
            let moved = &before.weights(l) - &after.weights(l);
            for (m, g) in moved.iter().zip(&backward.grad_weights[l].value) {
                let g = g / rows as f64;
                prop_assert!((m - g).abs() <= 1e-11 * g.abs().max(1.0), "{} {}", m, g);
            }
        }
    }
}

#[test]
fn outputs_stay_finite_for_large_net_inputs() {
    for f in Activation::ALL {
        let mut x = [0.0_f64; 3];
        for z in [[1e4, -1e4, 0.0], [1e4; 3], [-1e4; 3]] {
            f.apply(&z, &mut x);
            let overflows = f == Activation::Exp && z.contains(&1e4);
            assert!(overflows || x.iter().all(|x| x.is_finite()), "{f} {z:?} {x:?}");
        }
    }
}

#[test]
fn not_a_number_in_not_a_number_out() {
    for f in Activation::ALL {
        assert!(f.value(f64::NAN).is_nan(), "{f}");
        let mut x = [0.0_f32; 2];
        f.apply(&[f32::NAN, 1.0], &mut x);
        assert!(x[0].is_nan(), "{f}");
    }
}
