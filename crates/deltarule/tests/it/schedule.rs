//! Schedules: their formulas, the course of the adaptive one, and exact continuation.

use deltarule::{ErrorKind, LearningRate, Schedule, ScheduleState};

fn rates(schedule: impl Into<LearningRate>, base: f64, epochs: usize) -> Vec<f64> {
    let (schedule, state) = (schedule.into(), ScheduleState::default());
    schedule.validate().unwrap();
    (0..epochs).map(|epoch| schedule.rate(base, epoch, epochs, &state)).collect()
}

fn close(got: &[f64], expected: &[f64]) {
    assert_eq!(got.len(), expected.len());
    for (g, e) in got.iter().zip(expected) {
        assert!((g - e).abs() <= 1e-15 * e.abs().max(1e-3), "{got:?} and {expected:?}");
    }
}

#[test]
fn the_formulas() {
    assert_eq!(rates(Schedule::Constant, 0.3, 3), [0.3; 3]);
    let inverse = rates(Schedule::InverseScaling { power: 0.5 }, 1.0, 9);
    close(&[inverse[0], inverse[3], inverse[8]], &[1.0, 1.0 / 2.0, 1.0 / 3.0]);
    let step = rates(Schedule::Step { every: 2, factor: 0.5 }, 0.8, 6);
    close(&step, &[0.8, 0.8, 0.4, 0.4, 0.2, 0.2]);
    let decay = rates(Schedule::Exponential { decay: 0.5 }, 0.8, 4);
    close(&decay, &[0.8, 0.4, 0.2, 0.1]);
    // cos 0, cos 60°, cos 120° of the way from 1 to 0.2
    let cosine = rates(Schedule::Cosine { floor: 0.2 }, 1.0, 3);
    close(&cosine, &[1.0, 0.2 + 0.8 * 0.75, 0.2 + 0.8 * 0.25]);
}

#[test]
fn every_schedule_starts_at_the_base_and_never_exceeds_it() {
    for schedule in Schedule::ALL {
        for warmup_epochs in [0, 3] {
            let rates = rates(LearningRate { schedule, warmup_epochs }, 0.01, 100);
            assert_eq!(rates[warmup_epochs], 0.01, "{schedule}");
            assert!(rates.iter().all(|r| *r > 0.0 && *r <= 0.01), "{schedule}");
            let (up, down) = rates.split_at(warmup_epochs);
            assert!(up.is_sorted_by(|a, b| a < b), "{schedule}");
            assert!(down.is_sorted_by(|a, b| a >= b), "{schedule}");
        }
    }
}

#[test]
fn a_warm_up_delays_the_schedule() {
    let schedule = Schedule::Cosine { floor: 0.0 };
    let warm = rates(LearningRate { schedule, warmup_epochs: 4 }, 0.5, 24);
    assert_eq!(warm[4..], rates(schedule, 0.5, 20));
    let steps: Vec<f64> = warm[..4].windows(2).map(|w| w[1] - w[0]).collect();
    close(&steps, &[warm[0]; 3]);
    // A warm-up as long as the training, or longer, divides by nothing that is 0.
    let all = rates(LearningRate { schedule, warmup_epochs: 9 }, 0.5, 5);
    assert!(all.iter().all(|r| *r > 0.0 && *r < 0.5));
}

#[test]
fn a_cosine_beyond_its_plan_stays_at_the_floor() {
    let schedule = LearningRate::from(Schedule::Cosine { floor: 0.25 });
    let state = ScheduleState::default();
    assert_eq!(schedule.rate(1.0, 10, 10, &state), 0.25);
    assert_eq!(schedule.rate(1.0, 500, 10, &state), 0.25);
    assert!(schedule.rate(1.0, 0, 0, &state).is_finite());
}

/// Follows scikit-learn's `_update_no_improvement_count` and `trigger_stopping`, written down again.
#[test]
fn adaptive_is_that_of_scikit_learn() {
    let (factor, patience, min_delta, min_learning_rate) = (5.0, 2, 1e-2, 1e-3);
    let schedule =
        LearningRate::from(Schedule::Adaptive { factor, patience, min_delta, min_learning_rate });
    let mut state = ScheduleState::default();
    let (mut best, mut count, mut rate, mut ended) = (f64::INFINITY, 0, 0.1_f64, None);
    // Falls, then creeps by less than min_delta, with a rise now and then.
    let loss = |epoch: usize| {
        1.0 / (1.0 + epoch as f64) + if epoch.is_multiple_of(7) { 0.02 } else { 0.0 }
    };
    for epoch in 0..100 {
        assert!((schedule.rate(0.1, epoch, 100, &state) - rate).abs() < 1e-15, "epoch {epoch}");
        let is_over = schedule.observe(&mut state, 0.1, loss(epoch));
        count = if loss(epoch) > best - min_delta { count + 1 } else { 0 };
        best = best.min(loss(epoch));
        let mut over = false;
        if count > patience {
            if rate <= min_learning_rate {
                over = true;
            } else {
                rate /= factor;
                count = 0;
            }
        }
        assert_eq!(is_over, over, "epoch {epoch}");
        if over {
            ended = Some(epoch);
            break;
        }
    }
    assert!(ended.is_some_and(|epoch| epoch > 15), "{ended:?}");
    assert!(rate <= min_learning_rate);
}

/// Half of a training, its state through a file, and the other half, give the same rates as the whole.
#[test]
fn the_state_is_everything() {
    for schedule in Schedule::ALL {
        let schedule = LearningRate { schedule, warmup_epochs: 5 };
        let run = |state: &mut ScheduleState, epochs: std::ops::Range<usize>| -> Vec<(u64, bool)> {
            epochs
                .map(|epoch| {
                    let rate = schedule.rate(0.1, epoch, 80, state);
                    let loss = 1.0 / (1.0 + epoch.min(20) as f64);
                    (rate.to_bits(), schedule.observe(state, 0.1, loss))
                })
                .collect()
        };
        let whole = run(&mut ScheduleState::default(), 0..80);
        for half in [0, 3, 31, 33] {
            let mut state = ScheduleState::default();
            let mut parts = run(&mut state, 0..half);
            let json = serde_json::to_string(&state).unwrap();
            let mut read = serde_json::from_str(&json).unwrap();
            assert_eq!(state, read);
            parts.extend(run(&mut read, half..80));
            assert_eq!(parts, whole, "{} after {half}", schedule.schedule);
        }
    }
}

/// NaN compares with nothing: remembered as the best loss, it would never be bettered, and JSON has no way to write it.
#[test]
fn a_loss_that_is_not_finite_is_no_improvement() {
    let schedule =
        Schedule::Adaptive { factor: 5.0, patience: 2, min_delta: 0.0, min_learning_rate: 0.0 };
    let schedule = LearningRate::from(schedule);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut state = ScheduleState::default();
        schedule.observe(&mut state, 0.1, bad);
        assert_eq!((state.best_loss, state.without_improvement), (None, 1), "{bad}");
        schedule.observe(&mut state, 0.1, 1.0);
        assert_eq!((state.best_loss, state.without_improvement), (Some(1.0), 0));
        schedule.observe(&mut state, 0.1, bad);
        assert_eq!((state.best_loss, state.without_improvement), (Some(1.0), 1));
    }
}

#[test]
fn parameters_out_of_range_are_refused() {
    let adaptive = |factor, min_delta, min_learning_rate| Schedule::Adaptive {
        factor,
        patience: 1,
        min_delta,
        min_learning_rate,
    };
    let cases = [
        (Schedule::InverseScaling { power: -0.5 }, "power is -0.5"),
        (Schedule::InverseScaling { power: f64::NAN }, "power is NaN"),
        (adaptive(1.0, 0.0, 0.0), "factor is 1,"),
        (adaptive(2.0, -1.0, 0.0), "min_delta is -1"),
        (adaptive(2.0, 0.0, f64::INFINITY), "min_learning_rate is inf"),
        (Schedule::Step { every: 0, factor: 0.5 }, "every is 0"),
        (Schedule::Step { every: 1, factor: 0.0 }, "factor is 0"),
        (Schedule::Exponential { decay: 1.5 }, "decay is 1.5"),
        (Schedule::Cosine { floor: -0.1 }, "floor is -0.1"),
    ];
    for (schedule, expected) in cases {
        let error = LearningRate::from(schedule).validate().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Value { .. }));
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

#[test]
fn names_are_those_of_files_and_options() {
    let names = ["constant", "inverse_scaling", "adaptive", "step", "exponential", "cosine"];
    for (schedule, name) in Schedule::ALL.into_iter().zip(names) {
        assert_eq!(schedule.name(), name);
        assert_eq!(schedule.to_string(), name);
        assert_eq!(name.parse::<Schedule>().unwrap(), schedule);
        assert!(LearningRate::from(schedule).validate().is_ok());
        let json = serde_json::to_string(&schedule).unwrap();
        assert_eq!(serde_json::from_str::<Schedule>(&json).unwrap(), schedule);
    }
    let error = "linear".parse::<Schedule>().unwrap_err().to_string();
    assert!(
        error.starts_with("schedule is \"linear\", allowed: constant, inverse_scaling,"),
        "{error}"
    );
}
