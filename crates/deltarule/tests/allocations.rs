//! A training step allocates nothing: what is allocated does not grow with the number of steps.

use deltarule::{Activation, Adam, Loss, Network, Optimizer, Sgd, Trainer};
use ndarray::{Array2, s};

fn allocations(optimizer: Optimizer, batch: usize, dropout: f64) -> u64 {
    let x = Array2::from_shape_fn((400, 7), |(i, j)| ((i * 5 + j * 3) % 11) as f32 / 11.0);
    let t = Array2::from_shape_fn((400, 3), |(i, j)| if i % 3 == j { 1.0 } else { 0.0 });
    let mut network = Network::<f32>::builder(7)
        .layer(20, Activation::Relu)
        .layer(9, Activation::Tanh)
        .layer(3, Activation::Softmax)
        .build()
        .unwrap();
    let measured = allocation_counter::measure(|| {
        Trainer::new(Loss::CrossEntropy)
            .optimizer(optimizer)
            .batch_size(batch)
            .dropout(dropout)
            .l2(1e-3)
            .label_smoothing(0.1)
            .epochs(2)
            .fit(&mut network, x.view(), t.view())
            .unwrap();
    });
    measured.count_total
}

#[test]
fn eight_steps_and_eight_hundred_allocate_the_same_number_of_times() {
    for optimizer in [Adam::default().into(), Sgd { momentum: 0.9, ..Sgd::default() }.into()] {
        for dropout in [0.0, 0.3] {
            let (few, many) =
                (allocations(optimizer, 100, dropout), allocations(optimizer, 1, dropout));
            assert!(few > 0);
            assert_eq!(few, many, "{} dropout {dropout}", optimizer.name());
        }
    }
}

#[test]
fn steps_of_a_small_network_allocate_nothing() {
    let x = Array2::from_shape_fn((400, 5), |(i, j)| ((i * 5 + j * 3) % 11) as f32 / 11.0);
    let t = Array2::from_shape_fn((400, 2), |(i, j)| if i % 2 == j { 1.0 } else { 0.0 });
    let count = |examples: usize| {
        let mut network = Network::<f32>::builder(5)
            .layer(3, Activation::Sigmoid)
            .layer(2, Activation::Sigmoid)
            .build()
            .unwrap();
        let (x, t) = (x.slice(s![..examples, ..]), t.slice(s![..examples, ..]));
        let trainer = Trainer::new(Loss::SquaredError).batch_size(1).epochs(2);
        let fit = || trainer.fit(&mut network, x, t).map(|_| ()).unwrap();
        allocation_counter::measure(fit).count_total
    };
    assert!(count(4) > 0);
    assert_eq!(count(4), count(400));
}

#[test]
fn a_prediction_into_given_memory_allocates_nothing() {
    let network = Network::<f32>::builder(64)
        .layer(100, Activation::Gelu)
        .layer(10, Activation::Softmax)
        .build()
        .unwrap();
    for batch in [1, 7, 300] {
        let predictor = network.predictor(batch);
        let mut workspace = predictor.workspace();
        let (x, mut outputs) = (vec![0.5; 64 * batch], vec![0.0; 10 * batch]);
        let predict = || predictor.predict_into(&mut workspace, &x, &mut outputs).unwrap();
        assert_eq!(allocation_counter::measure(predict).count_total, 0, "{batch}");
    }
}
