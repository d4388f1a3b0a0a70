//! A training that somebody else directs: the order of its examples, its learning rates, its penalty, its objective.

use std::ops::ControlFlow;

use crate::data::{matrix, one_hot};
use deltarule::{
    Activation, Adam, Callback, EpochRecord, Init, Loss, Network, NonFinite, Optimizer, Sgd,
    StepRecord, Trainer, TrainingState, backprop,
};
use ndarray::Axis;

fn network(output: Activation) -> Network<f64> {
    let builder = Network::builder(7).layer(5, Activation::Tanh).layer(3, output);
    builder.init(Init::GlorotUniform { seed: 4 }).build().unwrap()
}

/// Turns the rows round in each epoch, halves the rate, and notes everything.
#[derive(Default)]
struct Director {
    steps: Vec<(Vec<usize>, f64, f64)>,
    losses: Vec<f64>,
    parameters: Vec<Vec<f64>>,
}

impl Callback<f64> for Director {
    fn on_epoch_begin(&mut self, epoch: usize, rows: &mut [usize], learning_rate: f64) -> f64 {
        rows.reverse();
        learning_rate / (epoch + 1) as f64
    }

    fn on_step_end(&mut self, step: &StepRecord<'_>) -> ControlFlow<()> {
        self.steps.push((step.rows.to_vec(), step.loss, step.penalty));
        ControlFlow::Continue(())
    }

    fn wants_network(&self) -> bool {
        true
    }

    fn on_network(&mut self, network: &Network<f64>) {
        self.parameters.push(network.parameters().to_vec());
    }

    fn on_epoch_end(&mut self, record: &EpochRecord) -> ControlFlow<()> {
        self.losses.push(record.loss);
        ControlFlow::Continue(())
    }
}

/// The same by the textbook: plain loops over the batches that the director named, λ = α / Σ s, and any optimiser.
fn by_hand(
    director: &Director,
    optimizer: &Optimizer,
    weights: &[f64],
    alpha: f64,
    steps_per_epoch: usize,
) -> Network<f64> {
    let (x, t) = (matrix(23, 7, 1), one_hot(23, 3, 2));
    let mut network = network(Activation::Softmax);
    let mut state = optimizer.new_state(network.parameter_count());
    for (number, (rows, loss, penalty)) in director.steps.iter().enumerate() {
        let (x, t) = (x.select(Axis(0), rows), t.select(Axis(0), rows));
        let pass = backprop::forward(&network, x.view());
        let total: f64 = rows.iter().map(|&row| weights[row]).sum();
        let losses = backprop::losses(&network, Loss::CrossEntropy, &pass, t.view());
        let mut delta = backprop::output_delta(&network, Loss::CrossEntropy, &pass, t.view());
        let mut mean = 0.0;
        for (i, &row) in rows.iter().enumerate() {
            delta.row_mut(i).mapv_inplace(|d| d * weights[row] / total);
            mean += losses[i] * weights[row] / total;
        }
        let back = backprop::backward(&network, x.view(), &pass, delta);
        let (mut gradient, mut squares) = (Vec::new(), 0.0);
        for (l, (of_weights, of_biases)) in
            back.grad_weights.iter().zip(&back.grad_biases).enumerate()
        {
            let weights = network.weights(l);
            squares += weights.iter().map(|w| w * w).sum::<f64>();
            gradient.extend(of_weights.iter().zip(weights).map(|(g, w)| g + alpha / total * w));
            gradient.extend(of_biases);
        }
        assert!((loss - mean).abs() < 1e-13, "{loss} {mean}");
        assert!((penalty - 0.5 * alpha / total * squares).abs() < 1e-13);
        let rate = optimizer.learning_rate() / (number / steps_per_epoch + 1) as f64;
        let layers = network.layers().to_vec();
        optimizer.update(&mut state, rate, 0.0, &layers, network.parameters_mut(), &gradient);
    }
    network
}

#[test]
fn order_rate_weights_and_shared_penalty_are_as_by_hand() {
    let (x, t) = (matrix(23, 7, 1), one_hot(23, 3, 2));
    let weights: Vec<f64> = (0..23).map(|i| 0.5 + (i % 4) as f64).collect();
    let optimizers: [Optimizer; 3] = [
        Sgd { learning_rate: 0.1, momentum: 0.9, nesterov: true }.into(),
        Sgd { learning_rate: 0.01, momentum: 1.0, nesterov: false }.into(),
        Adam { learning_rate: 0.01, epsilon: 1e-3, epsilon_hat: true, ..Adam::default() }.into(),
    ];
    for optimizer in optimizers {
        for threads in [1, 2] {
            let mut director = Director::default();
            let mut trained = network(Activation::Softmax);
            Trainer::new(Loss::CrossEntropy)
                .optimizer(optimizer)
                .epochs(3)
                .batch_size(10)
                .shuffle(false)
                .threads(threads)
                .l2_alpha(0.7)
                .sample_weights(ndarray::aview1(&weights))
                .callback(&mut director)
                .fit(&mut trained, x.view(), t.view())
                .unwrap();
            assert_eq!(director.steps.len(), 9);
            assert_eq!(director.steps[0].0, (13..23).rev().collect::<Vec<_>>());
            assert_eq!(director.steps[3].0, (0..10).collect::<Vec<_>>());
            let expected = by_hand(&director, &optimizer, &weights, 0.7, 3);
            for (got, expected) in trained.parameters().iter().zip(expected.parameters()) {
                assert!((got - expected).abs() < 1e-12, "{} {got} {expected}", optimizer.name());
            }
            assert_eq!(director.parameters.last().unwrap(), trained.parameters());
            assert_ne!(director.parameters[0], director.parameters[1]);
        }
    }
}

#[test]
fn adam_with_another_place_of_epsilon_is_adam_with_another_epsilon_in_each_step() {
    let (x, t) = (matrix(8, 7, 1), one_hot(8, 3, 2));
    let hat = Adam { epsilon: 0.01, epsilon_hat: true, ..Adam::default() };
    let (mut one, mut other) = (network(Activation::Softmax), network(Activation::Softmax));
    let mut states = [TrainingState::new(&one, hat), TrainingState::new(&other, hat)];
    for step in 1..=5 {
        let trainer =
            |adam: Adam| Trainer::new(Loss::CrossEntropy).optimizer(adam).epochs(1).shuffle(false);
        trainer(hat).resume(&mut one, &mut states[0], x.view(), t.view()).unwrap();
        trainer(hat.at_step(step)).resume(&mut other, &mut states[1], x.view(), t.view()).unwrap();
        for (one, other) in one.parameters().iter().zip(other.parameters()) {
            assert!((one - other).abs() <= 1e-15, "{step}");
        }
    }
}

#[test]
fn a_clipped_loss_stops_at_the_logarithm_of_epsilon_and_its_gradient_does_not_change() {
    let (x, t) = (matrix(6, 7, 1) * 1e4, one_hot(6, 3, 2));
    for (output, loss) in [
        (Activation::Softmax, Loss::CrossEntropy),
        (Activation::Sigmoid, Loss::CrossEntropy),
        (Activation::Sigmoid, Loss::BinaryCrossEntropy),
    ] {
        let run = |clip: f64| {
            let mut network = network(output);
            network.weights_mut(1).mapv_inplace(|w| w * 1e3);
            let history = Trainer::new(loss)
                .optimizer(Sgd { learning_rate: 1e-3, ..Sgd::default() })
                .epochs(1)
                .clip_probabilities(clip)
                .fit(&mut network, x.view(), t.view())
                .unwrap();
            (history.epochs[0].loss, network)
        };
        let ((exact, one), (clipped, other)) = (run(0.0), run(1e-6));
        assert_eq!(one, other);
        // Some targets are hit and some missed for certain: −ln ε for each of these, in place of a number of hundreds.
        let missed = (clipped / -(1e-6_f64.ln()) * 6.0).round();
        assert!(exact > 100.0 && missed >= 1.0, "{output} {exact} {clipped}");
        assert!((clipped * 6.0 / missed + 1e-6_f64.ln()).abs() < 1e-4, "{output} {clipped}");
    }
}

#[test]
fn the_objective_is_that_of_a_training() {
    let (x, t) = (matrix(40, 7, 1), one_hot(40, 3, 2));
    let weights: Vec<f64> = (0..40).map(|i| (i % 3) as f64).collect();
    let start = network(Activation::Softmax);
    let settings = || Trainer::new(Loss::CrossEntropy).l2_alpha(0.3).label_smoothing(0.1);
    let rate = 0.25;
    for threads in [1, 2] {
        let mut objective = settings().threads(threads).objective(&start, 40).unwrap();
        let mut gradient = vec![0.0; start.parameter_count()];
        let weights = ndarray::aview1(&weights);
        let value = objective
            .evaluate(x.view(), t.view(), Some(weights), start.parameters(), &mut gradient)
            .unwrap();
        let mut stepped = start.clone();
        let history = settings()
            .optimizer(Sgd { learning_rate: rate, ..Sgd::default() })
            .epochs(1)
            .batch_size(40)
            .sample_weights(weights)
            .fit(&mut stepped, x.view(), t.view())
            .unwrap();
        assert!((history.epochs[0].loss - value).abs() < 1e-14);
        for ((before, after), g) in
            start.parameters().iter().zip(stepped.parameters()).zip(&gradient)
        {
            assert!((before - rate * g - after).abs() < 1e-14);
        }
        // Asked again, it says the same; asked wrongly, it says what is wrong.
        let again = objective.evaluate(
            x.view(),
            t.view(),
            Some(weights),
            start.parameters(),
            &mut gradient,
        );
        assert_eq!(again.unwrap(), value);
        let short = objective.evaluate(x.view(), t.view(), None, &[0.0], &mut gradient);
        assert!(short.unwrap_err().to_string().contains("parameters: expected 58"));
        let mut below = weights.to_owned();
        below[3] = -1.0;
        let below = objective.evaluate(
            x.view(),
            t.view(),
            Some(below.view()),
            start.parameters(),
            &mut gradient,
        );
        assert!(below.unwrap_err().to_string().contains("sample weight is -1"));
    }
    let dropout = settings().dropout(0.5).objective(&start, 40);
    assert!(dropout.is_err_and(|error| error.to_string().contains("dropout")));
}

#[test]
fn a_batch_that_counts_nothing_changes_nothing() {
    let (x, t) = (matrix(4, 7, 1), one_hot(4, 3, 2));
    let mut trained = network(Activation::Softmax);
    let before = trained.clone();
    Trainer::new(Loss::CrossEntropy)
        .optimizer(Sgd::default())
        .epochs(1)
        .batch_size(2)
        .shuffle(false)
        .l2_alpha(1.0)
        .non_finite(NonFinite::Error)
        .sample_weights(ndarray::aview1(&[0.0, 0.0, 1.0, 1.0]))
        .fit(&mut trained, x.view(), t.view())
        .unwrap();
    assert_ne!(trained, before);
    assert!(trained.parameters().iter().all(|p| p.is_finite()));
}
