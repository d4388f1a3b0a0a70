//! Training: the fast path against the reference, the same bits for any number of threads, continuation, stopping.

use std::ops::ControlFlow;

use crate::data::{matrix, one_hot};
use deltarule::trace::{Reduction, TraceOptions, Tracer};
use deltarule::{
    Activation, Adam, AdamW, EarlyStopping, EpochRecord, ErrorKind, Init, InstructionSet, Lbfgs,
    Loss, Metric, Network, NonFinite, Optimizer, Rmsprop, Rprop, Schedule, Sgd, StopReason,
    Trainer, TrainingState,
};
use ndarray::Array1;

fn network(hidden: Activation) -> Network<f64> {
    Network::builder(7)
        .layer(9, hidden)
        .layer(5, Activation::Tanh)
        .layer(3, Activation::Softmax)
        .init(Init::GlorotUniform { seed: 2 })
        .build()
        .unwrap()
}

fn optimizers() -> Vec<Optimizer> {
    vec![
        Sgd::default().into(),
        Sgd { momentum: 0.9, ..Sgd::default() }.into(),
        Sgd { momentum: 0.8, nesterov: true, learning_rate: 0.02 }.into(),
        Adam::default().into(),
        AdamW { weight_decay: 0.1, ..AdamW::default() }.into(),
        Rmsprop::default().into(),
        Rprop::default().into(),
    ]
}

fn close(a: &[f64], b: &[f64], tolerance: f64) {
    assert_eq!(a.len(), b.len());
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        assert!((a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1e-3), "{i}: {a} {b}");
    }
}

#[test]
fn ten_steps_of_every_optimizer_follow_the_reference() {
    let (x, t) = (matrix(23, 7, 1), one_hot(23, 3, 1));
    for optimizer in optimizers() {
        for l2 in [0.0, 0.1] {
            let mut fast = network(Activation::Sigmoid);
            let options = TraceOptions { reduction: Reduction::Mean, l2, train_biases: true };
            let mut tracer =
                Tracer::new(fast.clone(), Loss::CrossEntropy, optimizer, options).unwrap();
            let mut losses = Vec::new();
            for _ in 0..10 {
                let squares: f64 = (0..3)
                    .map(|l| tracer.network().weights(l).iter().map(|w| w * w).sum::<f64>())
                    .sum();
                let trace = tracer.step(x.view(), t.view()).unwrap();
                losses.push(trace.total_loss.unwrap() + 0.5 * l2 * squares);
            }
            let history = Trainer::new(Loss::CrossEntropy)
                .optimizer(optimizer)
                .l2(l2)
                .epochs(10)
                .batch_size(23)
                .shuffle(false)
                .fit(&mut fast, x.view(), t.view())
                .unwrap();
            let seen: Vec<f64> = history.epochs.iter().map(|r| r.loss).collect();
            close(&seen, &losses, 1e-12);
            close(fast.parameters(), tracer.network().parameters(), 1e-10);
        }
    }
}

/// Large enough for four threads to have work in a step.
fn all_settings(optimizer: Optimizer, threads: usize, set: InstructionSet) -> Network<f64> {
    let (x, t) = (matrix(61, 70, 1), one_hot(61, 3, 1));
    let weights = Array1::from_iter((0..61).map(|i| f64::from(1 + i % 3)));
    let mut trained = Network::builder(70)
        .layer(95, Activation::Mish)
        .layer(31, Activation::Tanh)
        .layer(3, Activation::Softmax)
        .init(Init::GlorotUniform { seed: 2 })
        .build()
        .unwrap();
    // The engine gives a thread half a million operations of a step at least.
    assert!(trained.parameter_count() * 48 * 6 >= 4 * 500_000);
    let dropout = if optimizer.needs_full_batch() { 0.0 } else { 0.3 };
    Trainer::new(Loss::CrossEntropy)
        .optimizer(optimizer)
        .l2(1e-3)
        .dropout(dropout)
        .label_smoothing(0.1)
        .sample_weights(weights.view())
        .class_weights(&[1.0, 2.0, 0.5])
        .epochs(4)
        .batch_size(48)
        .threads(threads)
        .instruction_set(set)
        .fit(&mut trained, x.view(), t.view())
        .unwrap();
    trained
}

#[test]
fn the_same_bits_for_any_number_of_threads_on_every_instruction_set() {
    for optimizer in optimizers().into_iter().chain([Lbfgs::default().into()]) {
        let one = all_settings(optimizer, 1, InstructionSet::Portable);
        for set in InstructionSet::available() {
            for threads in [1, 2, 3, 4] {
                let many = all_settings(optimizer, threads, set);
                let name = optimizer.name();
                assert_eq!(one.parameters(), many.parameters(), "{name} {set:?} {threads}");
            }
        }
    }
}

#[test]
fn few_parameters_and_many_examples_give_the_same_bits_too() {
    // Two threads add up two gradients here; one, three and four go another way.
    let (x, t) = (matrix(640, 28, 1).mapv(|v| v as f32), one_hot(640, 2, 1).mapv(|v| v as f32));
    let train = |threads: usize, set: InstructionSet| {
        let mut trained = Network::<f32>::builder(28)
            .layer(64, Activation::Relu)
            .layer(64, Activation::Tanh)
            .layer(2, Activation::Softmax)
            .build()
            .unwrap();
        Trainer::new(Loss::CrossEntropy)
            .l2(1e-3)
            .epochs(3)
            .batch_size(256)
            .threads(threads)
            .instruction_set(set)
            .fit(&mut trained, x.view(), t.view())
            .unwrap();
        trained
    };
    let one = train(1, InstructionSet::Portable);
    for set in InstructionSet::available() {
        for threads in [1, 2, 3, 4] {
            assert_eq!(one.parameters(), train(threads, set).parameters(), "{set:?} {threads}");
        }
    }
}

#[test]
fn ten_epochs_and_ten_more_give_the_bits_of_twenty() {
    let (x, t) = (matrix(61, 7, 1), one_hot(61, 3, 1));
    for optimizer in optimizers().into_iter().chain([Lbfgs::default().into()]) {
        let trainer = |epochs| {
            let dropout = if optimizer.needs_full_batch() { 0.0 } else { 0.2 };
            let schedule = if optimizer.needs_full_batch() {
                Schedule::Constant
            } else {
                "adaptive".parse().unwrap()
            };
            Trainer::new(Loss::CrossEntropy)
                .optimizer(optimizer)
                .schedule(schedule)
                .dropout(dropout)
                .hold_out(0.2, true)
                .early_stopping(EarlyStopping { patience: 50, ..EarlyStopping::default() })
                .epochs(epochs)
                .batch_size(16)
        };
        let mut at_once = network(Activation::Relu);
        let mut in_two = at_once.clone();
        let whole = trainer(20).fit(&mut at_once, x.view(), t.view()).unwrap();
        let mut state = TrainingState::new(&in_two, optimizer);
        trainer(10).resume(&mut in_two, &mut state, x.view(), t.view()).unwrap();
        let halves = trainer(10).resume(&mut in_two, &mut state, x.view(), t.view()).unwrap();
        assert_eq!(at_once.parameters(), in_two.parameters(), "{}", optimizer.name());
        assert_eq!(whole, halves);
    }
}

#[test]
fn the_gradient_is_that_of_the_reported_loss_for_any_number_of_outputs() {
    // scikit-learn's issue 8349: there the ratio is 1, 2 and 5.
    for outputs in [1, 2, 5] {
        let (x, t) = (matrix(11, 7, 1), matrix(11, outputs, 2));
        let start = Network::<f64>::builder(7)
            .layer(4, Activation::Tanh)
            .layer(outputs, Activation::Identity)
            .build()
            .unwrap();
        let loss_at = |parameters: &[f64]| {
            let mut at = start.clone();
            at.parameters_mut().copy_from_slice(parameters);
            let sgd = Sgd { learning_rate: 1e-12, ..Sgd::default() };
            let trainer = Trainer::new(Loss::MeanSquaredError).optimizer(sgd).epochs(1);
            trainer.fit(&mut at, x.view(), t.view()).unwrap().epochs[0].loss
        };
        let mut stepped = start.clone();
        let sgd = Sgd { learning_rate: 1.0, ..Sgd::default() };
        let trainer = Trainer::new(Loss::MeanSquaredError).optimizer(sgd).epochs(1);
        trainer.fit(&mut stepped, x.view(), t.view()).unwrap();
        for i in 0..start.parameter_count() {
            let analytic = start.parameters()[i] - stepped.parameters()[i];
            let mut shifted = start.parameters().to_vec();
            shifted[i] += 1e-5;
            let above = loss_at(&shifted);
            shifted[i] -= 2e-5;
            let numeric = (above - loss_at(&shifted)) / 2e-5;
            assert!((numeric - analytic).abs() < 1e-6, "{outputs}: {numeric} {analytic}");
        }
    }
}

#[test]
fn early_stopping_restores_the_best_parameters() {
    let (x, t) = (matrix(40, 7, 1), one_hot(40, 3, 1));
    let (x_val, t_val) = (matrix(20, 7, 8), one_hot(20, 3, 8));
    let mut trained = network(Activation::Relu);
    let history = Trainer::new(Loss::CrossEntropy)
        .optimizer(Adam { learning_rate: 0.02, ..Adam::default() })
        .epochs(200)
        .batch_size(8)
        .validation(x_val.view(), t_val.view())
        .early_stopping(EarlyStopping { metric: Metric::Loss, patience: 5, min_delta: 0.0 })
        .fit(&mut trained, x.view(), t.view())
        .unwrap();
    assert_eq!(history.stopped, StopReason::EarlyStopping);
    let best = history.best_epoch.unwrap();
    assert_eq!(history.epochs.len(), best + 5);
    let (_, losses) =
        trained.predictor(7).losses(Loss::CrossEntropy, x_val.view(), t_val.view()).unwrap();
    let mean = losses.iter().sum::<f64>() / 20.0;
    assert_eq!(Some(mean), history.epochs[best - 1].validation_loss);
    let lowest = history.epochs.iter().filter_map(|r| r.validation_loss).fold(f64::MAX, f64::min);
    assert_eq!(mean, lowest);
}

#[test]
fn a_callback_sees_every_epoch_and_may_stop() {
    let (x, t) = (matrix(40, 7, 1), one_hot(40, 3, 1));
    let mut seen = Vec::new();
    let mut callback = |record: &EpochRecord| {
        seen.push(record.epoch);
        if record.epoch == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let history = Trainer::new(Loss::CrossEntropy)
        .callback(&mut callback)
        .fit(&mut network(Activation::Relu), x.view(), t.view())
        .unwrap();
    assert_eq!(history.stopped, StopReason::Callback);
    assert_eq!(seen, [1, 2, 3]);
}

#[test]
fn a_training_that_explodes_says_where() {
    let (x, t) = (matrix(40, 7, 1) * 1e200, matrix(40, 2, 1));
    let start = || {
        let first = Network::<f64>::builder(7).layer(4, Activation::Relu);
        first.layer(2, Activation::Identity).build().unwrap()
    };
    let trainer = || Trainer::new(Loss::SquaredError).optimizer(Sgd::default()).batch_size(10);
    let mut failed = start();
    let error = trainer().fit(&mut failed, x.view(), t.view()).unwrap_err();
    let ErrorKind::NonFinite { layer, step, .. } = error.kind() else { panic!("{error}") };
    assert_eq!((*layer, *step), (Some(2), Some(1)), "{error}");
    assert_eq!(failed, start());
    let mut stopped = start();
    let history =
        trainer().non_finite(NonFinite::Stop).fit(&mut stopped, x.view(), t.view()).unwrap();
    assert_eq!(history.stopped, StopReason::NonFinite);
    assert!(stopped.parameters().iter().all(|p| p.is_finite()));
    // Nothing is done about it: the steps go on, and the parameters follow.
    let mut ignored = start();
    let history = trainer()
        .non_finite(NonFinite::Ignore)
        .epochs(3)
        .fit(&mut ignored, x.view(), t.view())
        .unwrap();
    assert_eq!((history.stopped, history.steps), (StopReason::Epochs, 12));
    assert!(ignored.parameters().iter().any(|p| !p.is_finite()));
}

#[test]
fn lbfgs_finds_the_least_squares_solution() {
    let (x, noise) = (matrix(50, 7, 1), matrix(50, 2, 9));
    let w = matrix(2, 7, 3);
    let t = x.dot(&w.t()) + 0.1 * &noise;
    let mut trained = Network::<f64>::builder(7).layer(2, Activation::Identity).build().unwrap();
    let history = Trainer::new(Loss::SquaredError)
        .optimizer(Lbfgs { gradient_tolerance: 1e-9, loss_tolerance: 0.0, ..Lbfgs::default() })
        .epochs(200)
        .fit(&mut trained, x.view(), t.view())
        .unwrap();
    assert!(matches!(history.stopped, StopReason::Converged | StopReason::LineSearch));
    // The normal equations: the residuals are orthogonal to the inputs and sum to 0.
    let residuals = trained.predict(x.view()).unwrap() - &t;
    assert!(residuals.t().dot(&x).iter().all(|v| v.abs() < 1e-6));
    assert!(residuals.sum_axis(ndarray::Axis(0)).iter().all(|v| v.abs() < 1e-6));
}

#[test]
fn settings_out_of_range_are_refused() {
    let (x, t) = (matrix(4, 7, 1), one_hot(4, 3, 1));
    type Change = fn(Trainer<'_, f64>) -> Trainer<'_, f64>;
    let cases: [(Change, &str); 9] = [
        (|t| t.epochs(0), "epochs is 0"),
        (|t| t.batch_size(0), "batch_size is 0"),
        (|t| t.threads(0), "threads is 0"),
        (|t| t.l2(-1.0), "l2 is -1"),
        (|t| t.dropout(1.0), "dropout is 1"),
        (
            |t| t.optimizer(Sgd { learning_rate: f64::NAN, ..Sgd::default() }),
            "learning_rate is NaN",
        ),
        (|t| t.optimizer(Rprop::default()).dropout(0.1), "dropout with rprop"),
        (|t| t.class_weights(&[1.0]), "class weights: expected 3"),
        (|t| t.schedule(Schedule::Step { every: 0, factor: 0.1 }), "every is 0"),
    ];
    for (change, expected) in cases {
        let trainer = change(Trainer::new(Loss::CrossEntropy));
        let error = trainer
            .fit(&mut network(Activation::Relu), x.view(), t.view())
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}
