//! L-BFGS on functions with known minima, its line search's conditions, and its continuation.

use deltarule::{
    Activation, AnyModelFile, Error, ErrorKind, Float, Lbfgs, LbfgsConvergence, LbfgsOutcome,
    LbfgsState, Loss, ModelFile, Network, Result, Trainer, TrainingState,
};
use ndarray::Array2;

/// Rosenbrock's function Σ 100 (wᵢ₊₁ − wᵢ²)² + (1 − wᵢ)² and its gradient; lowest at (1, …, 1).
fn rosenbrock<T: Float>(w: &[T], g: &mut [T]) -> Result<f64> {
    let mut loss = 0.0;
    g.fill(T::ZERO);
    for i in 0..w.len() - 1 {
        let (a, b) = (w[i].to_f64(), w[i + 1].to_f64());
        let (u, v) = (1.0 - a, b - a * a);
        loss += 100.0 * v * v + u * u;
        g[i] += T::from_f64(-400.0 * a * v - 2.0 * u);
        g[i + 1] += T::from_f64(200.0 * v);
    }
    Ok(loss)
}

/// The start that is usual for it: −1.2, 1, −1.2, 1, …
fn rosenbrock_start(n: usize) -> Vec<f64> {
    (0..n).map(|i| if i % 2 == 0 { -1.2 } else { 1.0 }).collect()
}

/// ½ Σ cᵢ (wᵢ − 1)², cᵢ from 1 to 1e6.
fn ill_conditioned(w: &[f64], g: &mut [f64]) -> Result<f64> {
    let n = w.len() as f64 - 1.0;
    let mut loss = 0.0;
    for (i, (w, g)) in w.iter().zip(g).enumerate() {
        let c = 10_f64.powf(6.0 * i as f64 / n);
        *g = c * (w - 1.0);
        loss += 0.5 * c * (w - 1.0) * (w - 1.0);
    }
    Ok(loss)
}

/// Logistic regression with L2: mean of ln(1 + eᶻ) − t z, plus 0.005 ‖w‖², z = a w.
fn logistic_regression(w: &[f64], g: &mut [f64]) -> Result<f64> {
    let mut loss = 0.005 * w.iter().map(|w| w * w).sum::<f64>();
    g.iter_mut().zip(w).for_each(|(g, w)| *g = 0.01 * w);
    for i in 0..40_u32 {
        let t = f64::from(u8::from((i * i + 3 * i) % 7 < 3));
        let column = |step: u32, of: u32| f64::from(i * step % of) / f64::from(of) - 0.5;
        let a = [1.0, column(7, 11), column(5, 13), column(3, 17)];
        let z: f64 = a.iter().zip(w).map(|(a, w)| a * w).sum();
        loss += (z.max(0.0) + (-z.abs()).exp().ln_1p() - t * z) / 40.0;
        let error = 1.0 / (1.0 + (-z).exp()) - t;
        g.iter_mut().zip(a).for_each(|(g, a)| *g += error * a / 40.0);
    }
    Ok(loss)
}

/// Options that go on until rounding errors stop them.
fn to_the_end() -> Lbfgs {
    Lbfgs { gradient_tolerance: 1e-9, loss_tolerance: 0.0, ..Lbfgs::default() }
}

/// Runs to the end; the outcome, the number of steps and of evaluations.
fn minimise<T: Float>(
    options: &Lbfgs,
    w: &mut [T],
    mut f: impl FnMut(&[T], &mut [T]) -> Result<f64>,
) -> (LbfgsOutcome, usize, usize) {
    let mut state = LbfgsState::new(options, w.len());
    let mut evaluations = 0;
    let mut counted = |w: &[T], g: &mut [T]| {
        evaluations += 1;
        f(w, g)
    };
    for step in 1..=20_000 {
        let outcome = state.step(options, w, &mut counted).unwrap();
        if !matches!(outcome, LbfgsOutcome::Progress { .. }) {
            return (outcome, step, evaluations);
        }
    }
    panic!("no end after 20,000 steps");
}

#[test]
fn rosenbrock_in_2_and_20_dimensions() {
    for n in [2, 20] {
        let mut w = rosenbrock_start(n);
        let (outcome, steps, evaluations) = minimise(&to_the_end(), &mut w, rosenbrock);
        assert!(matches!(outcome, LbfgsOutcome::Converged { .. }), "{n}: {outcome:?}");
        assert!(w.iter().all(|w| (w - 1.0).abs() < 1e-8), "{n}: {w:?}");
        assert!(steps < 60 * n && evaluations < 2 * steps + 20, "{n}: {steps}, {evaluations}");
    }
}

/// SciPy 1.17.1's L-BFGS-B takes 5,261 steps and 5,662 evaluations here (gtol=1e-5, ftol=0, maxcor=10).
#[test]
fn a_quadratic_with_condition_number_1e6() {
    let options = Lbfgs { loss_tolerance: 0.0, ..Lbfgs::default() };
    let mut w = vec![0.0; 30];
    let (outcome, steps, evaluations) = minimise(&options, &mut w, ill_conditioned);
    assert!(matches!(outcome, LbfgsOutcome::Converged { .. }), "{outcome:?}");
    assert!(w.iter().all(|w| (w - 1.0).abs() < 2e-5), "{w:?}");
    assert!(steps < 10_000 && evaluations < steps + steps / 2, "{steps}, {evaluations}");
}

// Expected: SciPy 1.17.1, minimize(f, zeros(4), jac=True, method="L-BFGS-B", options=dict(gtol=1e-10, ftol=0)), then
// five Newton steps in NumPy 2.4.6, repr of each.
#[test]
fn logistic_regression_as_in_scipy() {
    let mut w = [0.0; 4];
    let (outcome, ..) = minimise(&to_the_end(), &mut w, logistic_regression);
    assert!(matches!(outcome, LbfgsOutcome::Converged { .. }), "{outcome:?}");
    let expected =
        [-0.7964299553048961, 0.5047872925603386, -0.4215626599032969, 0.7256882293358972];
    for (w, expected) in w.iter().zip(expected) {
        assert!((w - expected).abs() < 1e-7, "{w} and {expected}");
    }
    let loss = logistic_regression(&w, &mut [0.0; 4]).unwrap();
    assert!((loss - 0.6032175566443473).abs() < 1e-14, "{loss}");
}

#[test]
fn every_step_meets_the_strong_wolfe_conditions() {
    type Function = fn(&[f64], &mut [f64]) -> Result<f64>;
    let functions: [(Function, Vec<f64>); 4] = [
        (rosenbrock, rosenbrock_start(2)),
        (rosenbrock, rosenbrock_start(20)),
        (ill_conditioned, vec![0.0; 30]),
        (logistic_regression, vec![3.0; 4]),
    ];
    for (f, start) in functions {
        for c2 in [0.9, 0.3] {
            let options = Lbfgs { c2, ..Lbfgs::default() };
            let mut state = LbfgsState::new(&options, start.len());
            let mut w = start.clone();
            let (mut before, mut g_before) = (w.clone(), vec![0.0; w.len()]);
            let mut g = g_before.clone();
            for step in 0..500 {
                before.copy_from_slice(&w);
                let loss_before = f(&before, &mut g_before).unwrap();
                let outcome = state.step(&options, &mut w, &mut |w, g| f(w, g)).unwrap();
                let loss = f(&w, &mut g).unwrap();
                if before == w {
                    break;
                }
                // α d = s, so that the conditions can be asked of s; in α they are the same.
                let along = |g: &[f64]| -> f64 {
                    g.iter().zip(w.iter().zip(&before)).map(|(g, (a, b))| g * (a - b)).sum()
                };
                let (slope_before, slope) = (along(&g_before), along(&g));
                // A little room for the rounding of s.
                let room = 1e-9 * slope_before.abs() + 4.0 * f64::EPSILON * loss_before;
                assert!(slope_before < 0.0, "step {step}");
                assert!(loss <= loss_before + options.c1 * slope_before + room, "step {step}");
                assert!(slope.abs() <= c2 * slope_before.abs() + room, "step {step}");
                if !matches!(outcome, LbfgsOutcome::Progress { .. }) {
                    break;
                }
            }
        }
    }
}

/// The inverse Hessian that pairs (s, y) imply, oldest first, as the whole matrix that BFGS updates:
/// H ← (I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ with ρ = 1 / sᵀy, from γI with γ = sᵀy / yᵀy of the newest pair.
fn inverse_hessian(n: usize, pairs: &[(Vec<f64>, Vec<f64>)]) -> Array2<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let gamma = pairs.last().map_or(1.0, |(s, y)| dot(s, y) / dot(y, y));
    let mut h = Array2::eye(n) * gamma;
    for (s, y) in pairs {
        let rho = 1.0 / dot(s, y);
        let left =
            Array2::from_shape_fn((n, n), |(i, j)| f64::from(u8::from(i == j)) - rho * s[i] * y[j]);
        h = left.dot(&h).dot(&left.t()) + Array2::from_shape_fn((n, n), |(i, j)| rho * s[i] * s[j]);
    }
    h
}

/// With the line search's conditions, tested above, this is all that makes a step.
#[test]
fn every_step_goes_where_the_inverse_hessian_of_bfgs_points() {
    type Function = fn(&[f64], &mut [f64]) -> Result<f64>;
    let functions: [(Function, Vec<f64>); 3] = [
        (rosenbrock, rosenbrock_start(6)),
        (ill_conditioned, vec![0.0; 5]),
        (logistic_regression, vec![3.0; 4]),
    ];
    for (f, start) in functions {
        for memory in [1, 3, 10] {
            let n = start.len();
            let options = Lbfgs { memory, ..to_the_end() };
            let mut state = LbfgsState::new(&options, n);
            let (mut w, mut g) = (start.clone(), vec![0.0; n]);
            f(&w, &mut g).unwrap();
            let mut pairs: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
            for step in 1..=10 {
                let (w_before, g_before) = (w.clone(), g.clone());
                let outcome = state.step(&options, &mut w, &mut |w, g| f(w, g)).unwrap();
                assert!(matches!(outcome, LbfgsOutcome::Progress { .. }), "{outcome:?}");
                f(&w, &mut g).unwrap();
                let minus = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect();
                let (s, y): (Vec<f64>, Vec<f64>) = (minus(&w, &w_before), minus(&g, &g_before));
                let d = -inverse_hessian(n, &pairs).dot(&ndarray::Array1::from(g_before));
                let length = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>().sqrt();
                let alpha = length(&s) / length(d.as_slice().unwrap());
                for (s, d) in s.iter().zip(&d) {
                    let off = (s - alpha * d).abs() / length(&w_before).max(length(&w));
                    assert!(off < 1e-12, "memory {memory}, step {step}: {s} and {}", alpha * d);
                }
                pairs.push((s, y));
                if pairs.len() > memory {
                    pairs.remove(0);
                }
            }
        }
    }
}

/// ‖g‖∞ ≤ tolerance, and a loss that falls by no more than its tolerance in parts of it: each ends it by itself, not
/// before it is met.
#[test]
fn the_two_rules_for_the_end() {
    let slow = Lbfgs { gradient_tolerance: 0.0, loss_tolerance: 1e-3, ..Lbfgs::default() };
    let steep = Lbfgs { gradient_tolerance: 0.05, loss_tolerance: 0.0, ..Lbfgs::default() };
    for (options, expected) in [(slow, LbfgsConvergence::Loss), (steep, LbfgsConvergence::Gradient)]
    {
        let mut state = LbfgsState::new(&options, 20);
        let mut w = rosenbrock_start(20);
        let mut before = rosenbrock(&w, &mut [0.0; 20]).unwrap();
        loop {
            let outcome = state.step(&options, &mut w, &mut rosenbrock).unwrap();
            let mut g = [0.0; 20];
            let loss = rosenbrock(&w, &mut g).unwrap();
            let is_flat = g.iter().all(|g| g.abs() <= 0.05);
            let fell = before - loss;
            let has_ended = match expected {
                LbfgsConvergence::Loss => fell <= 1e-3 * before.max(loss).max(1.0),
                _ => is_flat,
            };
            if let LbfgsOutcome::Converged { reason, .. } = outcome {
                assert!(reason == expected && has_ended, "{reason:?}, fell {fell}, {g:?}");
                break;
            }
            assert!(matches!(outcome, LbfgsOutcome::Progress { .. }), "{outcome:?}");
            assert!(!has_ended, "{expected:?} was met and did not end it");
            before = loss;
        }
    }
}

#[test]
fn single_precision_ends_near_the_minimum() {
    let mut w: Vec<f32> = rosenbrock_start(10).iter().map(|w| *w as f32).collect();
    let options = Lbfgs { gradient_tolerance: 1e-3, ..Lbfgs::default() };
    let (outcome, ..) = minimise(&options, &mut w, rosenbrock::<f32>);
    assert!(matches!(outcome, LbfgsOutcome::Converged { .. }), "{outcome:?}");
    assert!(w.iter().all(|w| (w - 1.0).abs() < 1e-2), "{w:?}");
}

#[test]
fn a_tolerance_that_is_met_ends_it_at_once() {
    let mut w = [1.0; 5];
    let (outcome, steps, evaluations) = minimise(&Lbfgs::default(), &mut w, rosenbrock);
    assert!(matches!(outcome, LbfgsOutcome::Converged { loss: 0.0, .. }), "{outcome:?}");
    assert_eq!((w, steps, evaluations), ([1.0; 5], 1, 1));
}

#[test]
fn a_region_that_is_not_finite_is_avoided() {
    // −ln w + w, lowest at 1, defined above 0 only; the first step from 0.001 or 30 would leave that or go far.
    for beyond in [f64::NAN, f64::INFINITY] {
        for start in [0.001, 0.9, 30.0] {
            let mut w = [start];
            let (outcome, ..) = minimise(&Lbfgs::default(), &mut w, |w: &[f64], g: &mut [f64]| {
                g[0] = if w[0] > 0.0 { 1.0 - 1.0 / w[0] } else { beyond };
                Ok(if w[0] > 0.0 { w[0] - w[0].ln() } else { beyond })
            });
            assert!(matches!(outcome, LbfgsOutcome::Converged { .. }), "{outcome:?}");
            assert!((w[0] - 1.0).abs() < 1e-4, "{start}: {w:?}");
        }
    }
}

#[test]
fn a_start_that_is_not_finite_is_an_error() {
    let options = Lbfgs::default();
    for (loss, gradient) in [(f64::NAN, 0.0), (f64::INFINITY, 0.0), (1.0, f64::NAN)] {
        let mut w = [2.0, 3.0];
        let error = LbfgsState::new(&options, 2)
            .step(&options, &mut w, &mut |_, g| {
                g.fill(gradient);
                Ok(loss)
            })
            .unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::NonFinite { .. }), "{error}");
        assert_eq!(w, [2.0, 3.0]);
    }
}

#[test]
fn a_gradient_that_lies_leaves_the_parameters_where_they_were() {
    // The gradient of another function: no direction that it points to leads down.
    let mut w = [1.0, 2.0];
    let (outcome, ..) = minimise(&Lbfgs::default(), &mut w, |w: &[f64], g: &mut [f64]| {
        g.copy_from_slice(&[-1.0, -1.0]);
        Ok(w[0] + w[1])
    });
    assert!(matches!(outcome, LbfgsOutcome::LineSearchFailed { .. }), "{outcome:?}");
    assert_eq!(w, [1.0, 2.0]);
}

#[test]
fn an_error_of_the_loss_comes_through_and_leaves_the_parameters() {
    let options = Lbfgs::default();
    let mut state = LbfgsState::new(&options, 2);
    let mut w = [-1.2, 1.0];
    let mut calls = 0;
    let error = state
        .step(&options, &mut w, &mut |w, g| {
            calls += 1;
            if calls == 2 {
                return Err(Error::value("batch", "lost", "there"));
            }
            rosenbrock(w, g)
        })
        .unwrap_err();
    assert_eq!(error.to_string(), "batch is lost, allowed: there");
    assert_eq!(w, [-1.2, 1.0]);
    // And the state goes on from there.
    assert!(state.step(&options, &mut w, &mut rosenbrock).is_ok());
    assert_ne!(w, [-1.2, 1.0]);
}

#[test]
fn parameters_of_another_length_are_refused() {
    let options = Lbfgs::default();
    let mut state = LbfgsState::new(&options, 3);
    let error = state.step(&options, &mut [0.0, 0.0], &mut rosenbrock).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Shape { .. }), "{error}");
}

fn examples(n: usize) -> (Array2<f64>, Array2<f64>) {
    let x = Array2::from_shape_fn((n, 3), |(i, j)| ((i * 7 + j * 5) % 13) as f64 / 13.0 - 0.5);
    let t = Array2::from_shape_fn((n, 2), |(i, j)| (x[[i, j]] * 3.0).sin() * x[[i, j + 1]]);
    (x, t)
}

fn network() -> Network<f64> {
    Network::builder(3).layer(6, Activation::Tanh).layer(2, Activation::Identity).build().unwrap()
}

fn trainer(epochs: usize) -> Trainer<'static, f64> {
    let options =
        Lbfgs { memory: 4, loss_tolerance: 0.0, gradient_tolerance: 0.0, ..Lbfgs::default() };
    Trainer::new(Loss::SquaredError).optimizer(options).epochs(epochs)
}

fn state_for(network: &Network<f64>) -> TrainingState<f64> {
    TrainingState::new(network, Lbfgs { memory: 4, ..Lbfgs::default() })
}

/// Before the memory is full, when it just is, and after; in memory and through a model file.
#[test]
fn parts_of_a_training_give_the_bits_of_the_whole() {
    let (x, t) = examples(30);
    for (first, second) in [(1, 11), (4, 8), (9, 3), (6, 6)] {
        let mut whole = network();
        let mut whole_state = state_for(&whole);
        trainer(first + second).resume(&mut whole, &mut whole_state, x.view(), t.view()).unwrap();
        for through_file in [false, true] {
            let mut parts = network();
            let mut state = state_for(&parts);
            trainer(first).resume(&mut parts, &mut state, x.view(), t.view()).unwrap();
            if through_file {
                let mut file = ModelFile::new(parts.clone());
                file.training = Some(state.clone());
                let mut bytes = Vec::new();
                file.write(&mut bytes).unwrap();
                let AnyModelFile::F64(read) = AnyModelFile::read(bytes.as_slice()).unwrap() else {
                    panic!("the number type changed");
                };
                assert_eq!(read.training.as_ref(), Some(&state), "the state as it was written");
                (parts, state) = (read.network, read.training.unwrap());
            }
            trainer(second).resume(&mut parts, &mut state, x.view(), t.view()).unwrap();
            let bits =
                |n: &Network<f64>| n.parameters().iter().map(|p| p.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&parts), bits(&whole), "{first} and {second}, file: {through_file}");
        }
    }
}

/// The loss of the last point belongs to the old examples: compared with it, every step on harder ones would be refused.
#[test]
fn a_continuation_on_other_examples_learns_them() {
    let (x, t) = examples(30);
    let harder = t.mapv(|t| 20.0 * t + 5.0);
    let mut network = network();
    let mut state = state_for(&network);
    trainer(20).resume(&mut network, &mut state, x.view(), t.view()).unwrap();
    let history = trainer(20).resume(&mut network, &mut state, x.view(), harder.view()).unwrap();
    let losses: Vec<f64> = history.epochs[20..].iter().map(|e| e.loss).collect();
    assert_eq!(losses.len(), 20, "{:?}", history.stopped);
    assert!(losses[19] < 0.2 * losses[0], "{losses:?}");
}

#[test]
fn options_out_of_range_are_refused() {
    let default = Lbfgs::default();
    let cases = [
        (Lbfgs { memory: 0, ..default }, "memory is 0"),
        (Lbfgs { memory: usize::MAX, ..default }, "memory is 18446744073709551615"),
        (Lbfgs { max_evaluations: 0, ..default }, "max_evaluations is 0"),
        (Lbfgs { c1: 0.0, ..default }, "c1 is 0"),
        (Lbfgs { c1: 0.95, ..default }, "c"),
        (Lbfgs { c2: 1.0, ..default }, "c2 is 1"),
        (Lbfgs { gradient_tolerance: -1.0, ..default }, "gradient_tolerance is -1"),
        (Lbfgs { loss_tolerance: f64::NAN, ..default }, "loss_tolerance is NaN"),
    ];
    let (x, t) = examples(5);
    for (options, expected) in cases {
        let trainer = Trainer::new(Loss::SquaredError).optimizer(options);
        let error = trainer.fit(&mut network(), x.view(), t.view()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Value { .. }), "{error}");
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}
