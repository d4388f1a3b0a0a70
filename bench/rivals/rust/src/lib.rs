//! What both rivals do alike: read the files, compare ten steps, time the epochs, print JSON a line.

use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

/// A workload: its settings and its arrays, as `bench/src/export.rs` describes them.
pub struct Work {
    pub samples: usize,
    pub repeats: usize,
    pub layers: Vec<usize>,
    pub hidden: String,
    pub output: String,
    pub loss: String,
    pub batch: usize,
    pub optimizer: String,
    pub learning_rate: f64,
    pub x: Vec<f32>,
    pub t: Vec<f32>,
    pub labels: Vec<u32>,
    /// Weights (units, units below) and biases of each layer.
    pub parameters: Vec<(Vec<f32>, Vec<f32>)>,
    /// The examples of the first steps.
    steps: Vec<Vec<u32>>,
    warm_up: usize,
    epochs: usize,
    seconds: f64,
    most: usize,
}

/// A library that trains.
pub trait Rival {
    /// Initial parameters and optimiser.
    fn start(work: &Work) -> Self;
    /// One step on these examples, or on all of them; returns the loss before the update.
    fn step(&mut self, rows: Option<&[u32]>) -> f32;
}

impl Work {
    fn read(folder: &Path) -> Self {
        let read = |name: &str| std::fs::read(folder.join(name)).expect(name);
        let words = |name: &str| {
            let bytes = read(name);
            bytes.chunks_exact(4).map(|b| [b[0], b[1], b[2], b[3]]).collect::<Vec<_>>()
        };
        let floats = |name: &str| words(name).into_iter().map(f32::from_le_bytes).collect();
        let counts = |name: &str| words(name).into_iter().map(u32::from_le_bytes).collect();
        let settings: Value = serde_json::from_slice(&read("workload.json")).expect("JSON");
        let count = |name: &str| settings[name].as_u64().expect(name) as usize;
        let list = |name: &str| -> Vec<usize> {
            let list = settings[name].as_array().expect(name).iter();
            list.map(|v| v.as_u64().expect(name) as usize).collect()
        };
        let text = |name: &str| settings[name].as_str().expect(name).to_string();
        let layers = list("layers");
        let flat: Vec<f32> = floats("parameters.f32");
        let mut rest = flat.as_slice();
        let mut take = |count: usize| {
            let (taken, left) = rest.split_at(count);
            rest = left;
            taken.to_vec()
        };
        let parameters = layers.windows(2).map(|l| (take(l[0] * l[1]), take(l[1]))).collect();
        let order: Vec<u32> = counts("order.u32");
        let mut rest = order.as_slice();
        let steps = list("steps")
            .into_iter()
            .map(|count| {
                let (taken, left) = rest.split_at(count);
                rest = left;
                taken.to_vec()
            })
            .collect();
        Self {
            samples: count("samples"),
            repeats: count("repeats"),
            layers,
            hidden: text("hidden"),
            output: text("output"),
            loss: text("loss"),
            batch: count("batch"),
            optimizer: text("optimizer"),
            learning_rate: settings["learning_rate"].as_f64().expect("learning_rate"),
            x: floats("x.f32"),
            t: floats("t.f32"),
            labels: counts("labels.u32"),
            parameters,
            steps,
            warm_up: count("warm_up"),
            epochs: count("epochs"),
            seconds: settings["seconds"].as_f64().expect("seconds"),
            most: count("most"),
        }
    }
}

/// Compares, times and prints.
pub fn run<R: Rival>(program: &str, version: &str) {
    let folder = std::env::args_os().nth(1).expect("a folder");
    let work = Work::read(Path::new(&folder));
    let mut rival = R::start(&work);
    let losses: Vec<f32> = work.steps.iter().map(|rows| rival.step(Some(rows))).collect();
    println!("{}", json!({ "program": program, "version": version, "losses": losses }));
    let mut rival = R::start(&work);
    let mut order: Vec<u32> = (0..work.samples as u32).collect();
    let mut random = 0_u64;
    let (mut times, mut final_loss) = (Vec::new(), f64::NAN);
    while times.len() < work.warm_up + work.epochs
        || (times[work.warm_up..].iter().sum::<f64>() < work.seconds
            && times.len() < work.warm_up + work.most)
    {
        let start = Instant::now();
        let loss = epoch(&mut rival, &work, &mut order, &mut random);
        times.push(start.elapsed().as_secs_f64());
        if times.len() == work.warm_up + work.epochs {
            final_loss = loss;
        }
    }
    let seconds = median(&mut times[work.warm_up..]);
    println!("{}", json!({ "program": program, "seconds": seconds, "final_loss": final_loss }));
}

/// One epoch in an order of its own; returns the mean loss.
fn epoch<R: Rival>(rival: &mut R, work: &Work, order: &mut [u32], random: &mut u64) -> f64 {
    if work.samples == 1 {
        let total: f64 = (0..work.repeats).map(|_| f64::from(rival.step(None))).sum();
        return total / work.repeats as f64;
    }
    for i in (1..order.len()).rev() {
        order.swap(i, (split_mix(random) % (i as u64 + 1)) as usize);
    }
    let batches = order.chunks(work.batch);
    let total: f64 = batches.map(|b| f64::from(rival.step(Some(b))) * b.len() as f64).sum();
    total / work.samples as f64
}

/// SplitMix64.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    let n = times.len();
    if n % 2 == 1 { times[n / 2] } else { (times[n / 2 - 1] + times[n / 2]) / 2.0 }
}
