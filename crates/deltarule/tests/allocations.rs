//! A training step allocates nothing: what is allocated does not grow with the number of steps.

use deltarule::{Activation, Adam, Loss, Network, Optimizer, Sgd, Trainer};
use ndarray::Array2;

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
