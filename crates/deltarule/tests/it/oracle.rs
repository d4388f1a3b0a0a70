//! Values from `oracle/`: activations, losses and gradients to many digits from mpmath, and ten steps of every optimiser.

use deltarule::metrics::ConfusionMatrix;
use deltarule::trace::{Reduction, Trace, TraceOptions};
use deltarule::{
    Activation, Adam, AdamW, Loss, Metric, Network, Optimizer, Rmsprop, Rprop, Sgd, Trainer,
};
use ndarray::{Array1, Array2};
use serde_json::Value;

fn entries(name: &str) -> Vec<Value> {
    let path = format!("{}/../../oracle/values/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let json: Value = serde_json::from_str(&text).unwrap();
    json["entries"].as_array().unwrap().clone()
}

/// Numbers; null, which stands for what is too large for a double, becomes NaN.
fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = value.as_array().unwrap().iter().map(numbers).collect();
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
}

fn network(entry: &Value) -> Network<f64> {
    let list = |key: &str| entry[key].as_array().unwrap().clone();
    let weights: Vec<Array2<f64>> = list("weights").iter().map(matrix).collect();
    let biases: Vec<Array1<f64>> =
        list("biases").iter().map(|b| Array1::from_vec(numbers(b))).collect();
    let mut builder = Network::builder(weights[0].ncols());
    for (w, f) in weights.iter().zip(list("activations")) {
        builder = builder.layer(w.nrows(), f.as_str().unwrap().parse().unwrap());
    }
    builder.weights(weights).biases(biases).build().unwrap()
}

#[track_caller]
fn close(ours: f64, expected: f64, relative: f64, absolute: f64, place: &str) {
    if expected.is_nan() {
        assert!(!ours.is_finite(), "{place}: {ours} should have overflowed");
        return;
    }
    let error = (ours - expected).abs();
    assert!(
        error <= relative * expected.abs() || error <= absolute,
        "{place}: {ours:e}, expected {expected:e}"
    );
}

#[test]
fn activations() {
    let mut seen = Vec::new();
    for entry in entries("activations") {
        let name = entry["activation"].as_str().unwrap();
        let f: Activation = name.parse().unwrap();
        seen.push(f);
        let (z, expected) = (numbers(&entry["z"]), numbers(&entry["f"]));
        if f == Activation::Softmax {
            let mut x = vec![0.0; z.len()];
            f.apply(&z, &mut x);
            for (x, e) in x.iter().zip(expected) {
                close(*x, e, 1e-15 * z.len() as f64, 1e-300, name);
            }
            continue;
        }
        for ((&z, f_true), df_true) in z.iter().zip(expected).zip(numbers(&entry["df"])) {
            let x = f.value(z);
            // The exponents of e^(−z²/2) and of erfc grow with z², and with them what the rounding of z² does.
            let gelu = if f == Activation::Gelu { 1.0 + z * z } else { 1.0 };
            // Below the smallest normal number there are fewer digits.
            close(x, f_true, 4e-15 * gelu, 1e-300, &format!("{name}({z:e})"));
            // From x, 1 − x² and 1 − x carry the rounding of x.
            let place = format!("{name}′({z:e})");
            close(f.derivative(z, x), df_true, 2e-14 * gelu, 2.3e-16, &place);
        }
    }
    for f in Activation::ALL {
        assert!(seen.contains(&f), "{f} has no oracle values");
    }
}

#[test]
fn losses_and_output_deltas() {
    let mut pairs = Vec::new();
    for entry in entries("losses") {
        let (loss, f): (Loss, Activation) = (
            entry["loss"].as_str().unwrap().parse().unwrap(),
            entry["output"].as_str().unwrap().parse().unwrap(),
        );
        pairs.push((loss, f));
        let (z, t) = (numbers(&entry["z"]), numbers(&entry["t"]));
        let mut x = vec![0.0; z.len()];
        f.apply(&z, &mut x);
        let place = format!("{loss} of {f} at {z:?}");
        let value = loss.value(f, &z, &x, &t);
        close(value, entry["value"].as_f64().unwrap_or(f64::NAN), 1e-13, 1e-15, &place);
        let mut delta = vec![0.0; z.len()];
        loss.output_delta(f, &z, &x, &t, &mut delta);
        let largest = x.iter().chain(&t).fold(1.0_f64, |m, v| m.max(v.abs()));
        for (d, e) in delta.iter().zip(numbers(&entry["delta"])) {
            close(*d, e, 1e-12, 1e-15 * largest, &format!("δ, {place}"));
        }
    }
    for loss in Loss::ALL {
        for f in Activation::ALL.into_iter().filter(|&f| loss.admits(f).is_ok()) {
            assert!(pairs.contains(&(loss, f)), "{loss} with {f} has no oracle values");
        }
    }
}

#[test]
fn gradients() {
    let all = entries("gradients");
    assert!(all.len() > 500);
    for entry in all {
        let network = network(&entry);
        let loss: Loss = entry["loss"].as_str().unwrap().parse().unwrap();
        let options = TraceOptions { l2: entry["l2"].as_f64().unwrap(), ..TraceOptions::default() };
        let (x, t) = (matrix(&entry["x"]), matrix(&entry["t"]));
        let trace = Trace::gradient(&network, loss, x.view(), t.view(), &options).unwrap();
        let backward = trace.backward.unwrap();
        for (l, layer) in network.layers().iter().enumerate() {
            let place = format!("{loss} layer {} {}", l + 1, layer.activation());
            let expected = matrix(&entry["grad_weights"][l]);
            let pairs = backward.grad_weights[l].value.iter().zip(&expected);
            let biases = numbers(&entry["grad_biases"][l]);
            let scale = expected.iter().chain(&biases).fold(0.0_f64, |m, g| m.max(g.abs()));
            for (ours, e) in pairs.chain(backward.grad_biases[l].value.iter().zip(&biases)) {
                close(*ours, *e, 1e-11, 1e-13 * scale.max(1.0), &place);
            }
        }
    }
}

fn optimizer(entry: &Value) -> Optimizer {
    let option = |key: &str, default: f64| entry["options"][key].as_f64().unwrap_or(default);
    let learning_rate = entry["learning_rate"].as_f64().unwrap();
    let (beta1, beta2) = (option("beta1", 0.9), option("beta2", 0.999));
    let epsilon = option("epsilon", 1e-8);
    match entry["optimizer"].as_str().unwrap() {
        "sgd" => Sgd { learning_rate, ..Sgd::default() }.into(),
        "momentum" => {
            Sgd { learning_rate, momentum: option("momentum", 0.9), nesterov: false }.into()
        }
        "nesterov" => {
            Sgd { learning_rate, momentum: option("momentum", 0.9), nesterov: true }.into()
        }
        "adam" => Adam { learning_rate, beta1, beta2, epsilon, ..Adam::default() }.into(),
        "adamw" => {
            let weight_decay = option("weight_decay", 0.01);
            AdamW { learning_rate, beta1, beta2, epsilon, weight_decay }.into()
        }
        "rmsprop" => Rmsprop { learning_rate, rho: option("rho", 0.9), epsilon }.into(),
        "rprop" => Rprop { initial_step: learning_rate, ..Rprop::default() }.into(),
        other => panic!("{other}"),
    }
}

#[test]
fn ten_steps_of_every_optimizer() {
    let all = entries("trajectories");
    for name in ["sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "rprop"] {
        assert!(all.iter().any(|e| e["optimizer"] == name), "{name}");
    }
    for entry in all {
        let mut network = network(&entry);
        let optimizer = optimizer(&entry);
        let (x, t) = (matrix(&entry["x"]), matrix(&entry["t"]));
        let history = Trainer::new(entry["loss"].as_str().unwrap().parse().unwrap())
            .optimizer(optimizer)
            .l2(entry["l2"].as_f64().unwrap())
            .epochs(10)
            .batch_size(x.nrows())
            .shuffle(false)
            .fit(&mut network, x.view(), t.view())
            .unwrap();
        let place = format!("{} η {}", entry["optimizer"], entry["learning_rate"]);
        for (record, expected) in history.epochs.iter().zip(numbers(&entry["objectives"])) {
            close(record.loss, expected, 1e-9, 0.0, &place);
        }
        for l in 0..network.layers().len() {
            let expected = matrix(&entry["weights_after"][l]);
            for (w, e) in network.weights(l).iter().zip(&expected) {
                close(*w, *e, 1e-8, 1e-9, &place);
            }
            for (b, e) in network.biases(l).iter().zip(numbers(&entry["biases_after"][l])) {
                close(*b, e, 1e-8, 1e-9, &place);
            }
        }
        let last = Trace::loss(
            &network,
            entry["loss"].as_str().unwrap().parse().unwrap(),
            x.view(),
            t.view(),
            Reduction::Mean,
        )
        .unwrap();
        let expected = numbers(&entry["losses"])[10];
        close(last.total_loss.unwrap(), expected, 1e-8, 1e-12, &place);
    }
}

#[test]
fn metrics() {
    let mut kinds = [0, 0];
    for entry in entries("metrics") {
        let (x, t) = (matrix(&entry["outputs"]), matrix(&entry["targets"]));
        let place = format!("{} {}", entry["kind"], entry["case"]);
        let names = match entry["kind"].as_str().unwrap() {
            "classes" => {
                kinds[0] += 1;
                let confusion = ConfusionMatrix::new(x.view(), t.view()).unwrap();
                let expected = matrix(&entry["confusion"]).mapv(|v| v as u64);
                assert_eq!(confusion.counts, expected, "{place}");
                &["accuracy", "balanced_accuracy", "f1_macro", "log_loss", "roc_auc"][..]
            }
            _ => {
                kinds[1] += 1;
                &["r2", "rmse", "mae"]
            }
        };
        for name in names {
            let metric: Metric = name.parse().unwrap();
            match (metric.evaluate(x.view(), t.view()), entry[name].as_f64()) {
                (Ok(ours), Some(expected)) => {
                    close(ours, expected, 1e-13, 1e-15, &format!("{place} {name}"));
                }
                // Where scikit-learn's definition gives no number.
                (_, None) => assert_eq!(*name, "roc_auc", "{place}"),
                (Err(error), _) => panic!("{place} {name}: {error}"),
            }
        }
    }
    assert!(kinds.iter().all(|k| *k > 5), "{kinds:?}");
}
