//! The closed sets: names lead to their members, tables to the options they speak of, rows to what the formulas do.

use deltarule::{
    Activation, Choice, Lbfgs, Loss, Metric, Network, Optimizer, ParameterRole, Schedule, Trainer,
    TrainingState,
};
use ndarray::array;

fn names_lead_back<C: Choice + std::fmt::Debug + PartialEq>() {
    let mut seen = Vec::new();
    for choice in C::CHOICES {
        let name = choice.choice_name();
        assert_eq!(C::of_name(name).unwrap(), *choice);
        assert!(!seen.contains(&name), "{name} twice");
        seen.push(name);
    }
    let error = C::of_name("nothing").unwrap_err().to_string();
    assert_eq!(error, format!("{} is \"nothing\", allowed: {}", C::WHAT, seen.join(", ")));
}

#[test]
fn every_name_leads_back_to_its_member() {
    names_lead_back::<Activation>();
    names_lead_back::<Loss>();
    names_lead_back::<Metric>();
    names_lead_back::<Optimizer>();
    names_lead_back::<Schedule>();
    names_lead_back::<deltarule::trace::Reduction>();
}

/// Keys are those of JSON, values are where the keys say, and ranges are those that are checked.
#[test]
fn tables_of_optimizers_speak_of_their_options() {
    for optimizer in Optimizer::ALL {
        let name = optimizer.name();
        optimizer.validate().unwrap();
        let json = serde_json::to_value(optimizer).unwrap();
        let own = json.as_object().unwrap().values().next().unwrap();
        for (about, value) in optimizer.parameters() {
            let at = || format!("{name}: {}", about.key);
            assert_eq!(own[about.key].as_f64(), Some(value), "{}", at());
            assert_eq!(optimizer.get(about.key), Some(value), "{}", at());
            for interval in [about.interval, about.usual] {
                assert!(interval.contains(value), "{}", at());
            }
            let mut other = optimizer;
            // Another number that is allowed for all of them: 2.5 for what is above 1, a half of what there is otherwise.
            let whole = about.key == "memory" || about.key == "max_evaluations";
            let changed = if about.interval.low >= 1.0 { 2.5 } else { value * 0.5 };
            // A number with a fraction is no count, and leaves the one that is there.
            assert_eq!(other.set(about.key, changed), !whole, "{}", at());
            assert_eq!(other.get(about.key), Some(if whole { value } else { changed }), "{}", at());
            other.set(about.key, about.interval.low - 1.0);
            let error = other.validate().unwrap_err().to_string();
            assert!(error.starts_with(about.key), "{}: {error}", at());
        }
        let mut same = optimizer;
        assert!(!same.set("nothing", 1.0));
        assert_eq!(same, optimizer);
        assert_eq!(optimizer.get("nothing"), None);
    }
}

#[test]
fn another_learning_rate_changes_nothing_else() {
    for optimizer in Optimizer::ALL {
        let other = optimizer.with_learning_rate(0.625);
        let rate = if optimizer.rate_key().is_some() { 0.625 } else { 1.0 };
        assert_eq!(other.learning_rate(), rate, "{optimizer}");
        assert_eq!(other.with_learning_rate(optimizer.learning_rate()), optimizer);
        assert_eq!(other.state_names(), optimizer.state_names());
        let chosen = |o: &Optimizer| {
            let all = o.parameters().into_iter();
            let others = all.filter(|(about, _)| o.rate_key() != Some(about.key));
            others
                .map(|(about, value)| (about.role == ParameterRole::Choice, value))
                .collect::<Vec<_>>()
        };
        assert_eq!(chosen(&other), chosen(&optimizer));
    }
}

/// What a row says of range, kinks and flat ends is what f and f′ do.
#[test]
fn rows_of_activations_are_those_of_their_formulas() {
    let z = || (-4000..=4000).map(|i| f64::from(i) / 100.0);
    for f in Activation::ALL.into_iter().filter(|f| f.is_elementwise()) {
        let (low, high) = f.range();
        let values: Vec<f64> = z().map(|z| f.value(z)).collect();
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        match low {
            Some(low) => assert!(lowest >= low - 1e-12 && lowest < low + 1e-3, "{f}: {lowest}"),
            None => assert!(lowest < -0.3, "{f}: {lowest}"),
        }
        match high {
            Some(high) => assert!(highest <= high && highest > high - 1e-3, "{f}: {highest}"),
            None => assert!(highest > 30.0, "{f}: {highest}"),
        }
        let slope = |z: f64| f.derivative(z, f.value(z));
        let jumps =
            z().filter(|z| z.abs() < 5.0 && (slope(z + 1e-9) - slope(z - 1e-9)).abs() > 1e-3);
        for jump in jumps {
            assert!(f.kinks().iter().any(|kink| (kink - jump).abs() < 1e-6), "{f}: {jump}");
        }
        let Some(saturation) = f.saturation() else { continue };
        assert!(slope(saturation.deep).abs() < 0.05 * saturation.steepest, "{f}");
        assert!(saturation.deep < saturation.below, "{f}");
        assert_eq!(saturation.both_ends, slope(30.0) < 1e-6, "{f}");
        let steepest = z().filter(|z| *z <= 0.0).map(slope).fold(0.0, f64::max);
        assert!(steepest <= 1.001 * saturation.steepest, "{f}: {steepest}");
    }
}

#[test]
fn losses_are_defined_for_the_outputs_of_their_rows() {
    for loss in Loss::ALL {
        for output in Activation::ALL {
            let allowed = loss.outputs().is_none_or(|outputs| outputs.contains(&output));
            assert_eq!(loss.admits(output).is_ok(), allowed, "{loss} {output}");
        }
    }
    let error = Loss::Poisson.admits(Activation::Tanh).unwrap_err().to_string();
    assert!(error.contains("exp or softplus, because ln x needs positive outputs"), "{error}");
}

/// A training goes on in double precision from what it remembered in single precision.
#[test]
fn a_training_goes_on_in_another_number_type() {
    let x = array![[0.0, 1.0], [1.0, 0.5], [0.25, 0.5]];
    let t = array![[1.0], [0.0], [0.5]];
    for optimizer in Optimizer::ALL {
        let mut network = Network::<f32>::builder(2)
            .layer(3, Activation::Tanh)
            .layer(1, Activation::Identity)
            .build()
            .unwrap();
        let mut state = TrainingState::new(&network, optimizer);
        let (x32, t32) = (x.mapv(|v: f64| v as f32), t.mapv(|v: f64| v as f32));
        Trainer::new(Loss::SquaredError)
            .optimizer(optimizer)
            .epochs(3)
            .resume(&mut network, &mut state, x32.view(), t32.view())
            .unwrap();
        let mut wide: TrainingState<f64> = state.cast();
        assert_eq!(wide.cast::<f32>(), state, "{optimizer}");
        let mut network = network.cast::<f64>();
        let history = Trainer::new(Loss::SquaredError)
            .optimizer(optimizer)
            .epochs(2)
            .resume(&mut network, &mut wide, x.view(), t.view())
            .unwrap();
        assert!(history.epochs.iter().all(|record| record.loss.is_finite()), "{optimizer}");
    }
    let network = Network::<f64>::builder(2).layer(1, Activation::Identity).build().unwrap();
    let state = TrainingState::new(&network, Lbfgs::default());
    assert!(state.cast::<f32>().optimizer_state.lbfgs.is_some());
}
