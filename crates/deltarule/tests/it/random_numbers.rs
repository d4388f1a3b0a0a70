//! What a seed draws, against an independent ChaCha8 that was checked with published test vectors.

use deltarule::random::{Purpose, Random};
use deltarule::{Activation, BiasInit, Init, Network};
use serde_json::Value;

fn entries() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../oracle/values/random.json");
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let json: Value = serde_json::from_str(&text).unwrap();
    json["entries"].as_array().unwrap().clone()
}

fn purpose(stream: u64) -> Purpose {
    [Purpose::Parameters, Purpose::Order, Purpose::Dropout, Purpose::HoldOut][stream as usize % 16]
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

#[test]
fn what_a_seed_draws() {
    let mut kinds = Vec::new();
    for entry in entries() {
        let seed = entry["seed"].as_u64().unwrap();
        let kind = entry["kind"].as_str().unwrap();
        kinds.push(kind.to_string());
        match kind {
            "u64" => {
                let stream = entry["stream"].as_u64().unwrap();
                let mut random = Random::new(seed, purpose(stream), stream / 16);
                for expected in entry["u64"].as_array().unwrap() {
                    assert_eq!(random.next_u64().to_string(), expected.as_str().unwrap());
                }
                let mut random = Random::new(seed, purpose(stream), stream / 16);
                for expected in numbers(&entry["uniform"]) {
                    assert_eq!(random.uniform(), expected);
                }
            }
            "normal" => {
                let mut random = Random::new(seed, Purpose::Parameters, 0);
                for expected in numbers(&entry["values"]) {
                    assert!((random.normal() - expected).abs() < 1e-14);
                }
            }
            "shuffle" => {
                let n = entry["n"].as_u64().unwrap() as usize;
                let mut order: Vec<usize> = (0..n).collect();
                let epoch = entry["epoch"].as_u64().unwrap();
                Random::new(seed, Purpose::Order, epoch).shuffle(&mut order);
                let expected: Vec<usize> =
                    numbers(&entry["order"]).into_iter().map(|v| v as usize).collect();
                assert_eq!(order, expected);
            }
            name => parameters(&entry, initialisation(name, seed)),
        }
    }
    let initialisations = [
        "glorot_uniform",
        "glorot_normal",
        "he_uniform",
        "he_normal",
        "lecun_uniform",
        "lecun_normal",
    ];
    for kind in ["u64", "normal", "shuffle"].into_iter().chain(initialisations) {
        assert!(kinds.iter().any(|k| k == kind), "{kind}");
    }
}

fn initialisation(name: &str, seed: u64) -> Init {
    match name {
        "glorot_uniform" => Init::GlorotUniform { seed },
        "glorot_normal" => Init::GlorotNormal { seed },
        "he_uniform" => Init::HeUniform { seed },
        "he_normal" => Init::HeNormal { seed },
        "lecun_uniform" => Init::LecunUniform { seed },
        "lecun_normal" => Init::LecunNormal { seed },
        other => panic!("{other}"),
    }
}

fn parameters(entry: &Value, init: Init) {
    let layers = numbers(&entry["layers"]);
    let drawn = entry["drawn_biases"].as_bool().unwrap();
    let mut builder = Network::<f64>::builder(layers[0] as usize).init(init);
    if drawn {
        builder = builder.bias_init(BiasInit::Drawn);
    }
    for units in &layers[1..] {
        builder = builder.layer(*units as usize, Activation::Tanh);
    }
    let network = builder.build().unwrap();
    for l in 0..network.layers().len() {
        let expected: Vec<f64> =
            entry["weights"][l].as_array().unwrap().iter().flat_map(numbers).collect();
        for (ours, expected) in network.weights(l).iter().zip(expected) {
            assert!((ours - expected).abs() <= 1e-15, "{init:?}: {ours} {expected}");
        }
        // Biases that are not drawn are 0.
        for (ours, expected) in network.biases(l).iter().zip(numbers(&entry["biases"][l])) {
            assert!((ours - expected).abs() <= 1e-15, "{init:?}: {ours} {expected}");
        }
    }
}
