//! The workloads: networks, sizes of data and settings of a training, and what an epoch costs in arithmetic.
//!
//! Data, labels and weights come out of seed 0; the learning rate is the optimiser's customary one; there is no L2.

use deltarule::random::{Purpose, Random};
use deltarule::{Activation, Adam, Init, Loss, Network, Optimizer, Sgd, Trainer};
use ndarray::{Array2, Axis};

/// The seed of everything that is drawn.
const SEED: u64 = 0;

/// A training to be timed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    /// Examples that differ.
    pub(crate) samples: usize,
    /// How often an epoch sees each of them.
    pub(crate) repeats: usize,
    /// Units per layer, inputs first.
    pub(crate) layers: &'static [usize],
    pub(crate) hidden: Activation,
    pub(crate) output: Activation,
    pub(crate) loss: Loss,
    pub(crate) batch: usize,
    /// Epochs that are timed at least; the final loss is that of the last of them.
    pub(crate) epochs: usize,
}

const CLASSIFIER: Workload = Workload {
    name: "",
    samples: 0,
    repeats: 1,
    layers: &[],
    hidden: Activation::Relu,
    output: Activation::Softmax,
    loss: Loss::CrossEntropy,
    batch: 0,
    epochs: 5,
};

/// Every workload, the smallest network first.
pub(crate) const WORKLOADS: [Workload; 5] = [
    Workload {
        name: "step",
        samples: 1,
        repeats: 100_000,
        layers: &[5, 3, 2],
        hidden: Activation::Sigmoid,
        output: Activation::Sigmoid,
        loss: Loss::SquaredError,
        batch: 1,
        epochs: 1,
    },
    Workload {
        name: "digits",
        samples: 1_797,
        layers: &[64, 100, 10],
        batch: 200,
        epochs: 20,
        ..CLASSIFIER
    },
    Workload {
        name: "tabular",
        samples: 200_000,
        layers: &[28, 64, 64, 2],
        batch: 256,
        ..CLASSIFIER
    },
    Workload {
        name: "mnist",
        samples: 60_000,
        layers: &[784, 512, 512, 10],
        batch: 128,
        ..CLASSIFIER
    },
    Workload {
        name: "wide",
        samples: 4_096,
        layers: &[1024, 4096, 4096, 1000],
        hidden: Activation::Tanh,
        batch: 1024,
        epochs: 3,
        ..CLASSIFIER
    },
];

/// Examples, their targets, and the number of the target that is 1.
pub(crate) struct Data {
    pub(crate) x: Array2<f32>,
    pub(crate) t: Array2<f32>,
    pub(crate) labels: Vec<u32>,
}

impl Data {
    /// These rows, in this order.
    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        Self {
            x: self.x.select(Axis(0), rows),
            t: self.t.select(Axis(0), rows),
            labels: rows.iter().map(|&row| self.labels[row]).collect(),
        }
    }
}

impl Workload {
    pub(crate) fn find(name: &str) -> Result<Self, String> {
        WORKLOADS.into_iter().find(|workload| workload.name == name).ok_or_else(|| {
            let names = WORKLOADS.map(|workload| workload.name).join(", ");
            format!("there is no workload {name}; there are {names}")
        })
    }

    /// Floating-point operations of an epoch over n examples: 6·P·n − 2·P₁·n.
    ///
    /// A weight takes a product and a sum in the forward pass, in the backward pass and in its gradient; the first layer
    /// hands no delta down. P weights in all, P₁ of them in the first layer; biases and activations are not counted.
    pub(crate) fn operations(&self) -> f64 {
        let weights = |layer: &[usize]| (layer[0] * layer[1]) as f64;
        let all: f64 = self.layers.windows(2).map(weights).sum();
        let n = (self.samples * self.repeats) as f64;
        6.0 * all * n - 2.0 * weights(self.layers) * n
    }

    /// The network before training: Glorot uniform weights, zero biases.
    pub(crate) fn network(&self) -> Result<Network<f32>, deltarule::Error> {
        let mut builder = Network::<f32>::builder(self.layers[0]);
        for (l, &units) in self.layers.iter().enumerate().skip(1) {
            let last = l + 1 == self.layers.len();
            builder = builder.layer(units, if last { self.output } else { self.hidden });
        }
        builder.init(Init::GlorotUniform { seed: SEED }).build()
    }

    /// Inputs from N(0, 1) and uniform labels; a single example has the label 0, which is the target (1, 0).
    pub(crate) fn data(&self) -> Data {
        // A training that holds nothing out draws nothing from this stream.
        let mut random = Random::new(SEED, Purpose::HoldOut, 0);
        let (inputs, outputs) = (self.layers[0], self.layers[self.layers.len() - 1]);
        let x = Array2::from_shape_simple_fn((self.samples, inputs), || random.normal() as f32);
        let mut draw = || if self.samples == 1 { 0 } else { random.below(outputs) as u32 };
        let labels: Vec<u32> = (0..self.samples).map(|_| draw()).collect();
        let t = one_hot(&labels, outputs);
        Data { x, t, labels }
    }

    /// The order of the examples in an epoch, from 0: the trainer's own.
    pub(crate) fn order(&self, epoch: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.samples).collect();
        Random::new(SEED, Purpose::Order, epoch).shuffle(&mut order);
        order
    }

    /// A trainer with the workload's settings.
    pub(crate) fn trainer<'a>(&self, optimizer: Optimizer, threads: usize) -> Trainer<'a, f32> {
        Trainer::new(self.loss)
            .optimizer(optimizer)
            .batch_size(self.batch)
            .shuffle(self.samples > 1)
            .seed(SEED)
            .threads(threads)
    }
}

fn one_hot(labels: &[u32], classes: usize) -> Array2<f32> {
    Array2::from_shape_fn((labels.len(), classes), |(row, class)| {
        f32::from(labels[row] as usize == class)
    })
}

/// The optimiser of this name, with the learning rate that the benchmark gives it.
pub(crate) fn optimizer(name: &str) -> Result<Optimizer, String> {
    match name {
        "sgd" => Ok(Sgd { learning_rate: 1e-2, ..Sgd::default() }.into()),
        "adam" => Ok(Adam { learning_rate: 1e-3, ..Adam::default() }.into()),
        other => {
            Err(format!("there is no optimizer {other} in the benchmark; there are sgd, adam"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_counted_product_by_product() {
        // Every product of a step is (rows × n) · (n × columns), 2 operations an entry and term.
        for workload in WORKLOADS {
            let mut expected = 0.0;
            for (l, pair) in workload.layers.windows(2).enumerate() {
                let product = 2.0 * (pair[0] * pair[1]) as f64;
                let (forward, gradient, backward) = (1.0, 1.0, if l == 0 { 0.0 } else { 1.0 });
                expected += (forward + gradient + backward) * product;
            }
            expected *= (workload.samples * workload.repeats) as f64;
            assert_eq!(workload.operations(), expected, "{}", workload.name);
        }
    }

    #[test]
    fn a_name_that_is_not_there_is_told_those_that_are() {
        let error = Workload::find("minst").unwrap_err();
        assert!(error.contains("minst") && error.contains("mnist"), "{error}");
        assert!(optimizer("lion").unwrap_err().contains("lion"));
        assert_eq!(Workload::find("wide").unwrap().batch, 1024);
    }

    #[test]
    fn the_data_are_what_the_benchmark_says() {
        let digits = Workload::find("digits").unwrap();
        let data = digits.data();
        let n = data.x.len() as f32;
        let mean = data.x.sum() / n;
        let variance = data.x.mapv(|v| (v - mean).powi(2)).sum() / n;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
        assert!(data.t.sum_axis(Axis(0)).iter().all(|&count| (120.0..=240.0).contains(&count)));
        assert!(data.t.sum_axis(Axis(1)).iter().all(|&sum| sum == 1.0));
        let step = Workload::find("step").unwrap().data();
        assert_eq!(step.t.as_slice().unwrap(), [1.0, 0.0]);
    }
}
