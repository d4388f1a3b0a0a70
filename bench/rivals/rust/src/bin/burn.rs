//! burn on its backend for processors, flex.

use burn::backend::{Autodiff, Flex};
use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::optim::adaptor::OptimizerAdaptor;
use burn::optim::{Adam, AdamConfig, GradientsParams, Optimizer, Sgd, SgdConfig};
use burn::tensor::activation::{relu, sigmoid, tanh};
use burn::tensor::{Int, Tensor, TensorData};
use deltarule_bench_rivals::{Rival, Work, run};

type Inner = Flex;
type B = Autodiff<Inner>;

#[derive(Module, Debug)]
struct Network<B: burn::tensor::backend::Backend> {
    layers: Vec<Linear<B>>,
}

enum Method {
    Sgd(OptimizerAdaptor<Sgd<Inner>, Network<B>, B>),
    Adam(OptimizerAdaptor<Adam, Network<B>, B>),
}

struct Burn {
    network: Option<Network<B>>,
    method: Method,
    loss: CrossEntropyLoss<B>,
    learning_rate: f64,
    hidden: String,
    output: String,
    x: Tensor<B, 2>,
    t: Tensor<B, 2>,
    labels: Tensor<B, 1, Int>,
}

fn activation(name: &str, z: Tensor<B, 2>) -> Tensor<B, 2> {
    match name {
        "relu" => relu(z),
        "tanh" => tanh(z),
        "sigmoid" => sigmoid(z),
        other => panic!("no activation {other}"),
    }
}

/// burn's weights are (units below, units).
fn transposed(weights: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let places = (0..columns).flat_map(|j| (0..rows).map(move |i| i * columns + j));
    places.map(|place| weights[place]).collect()
}

impl Rival for Burn {
    fn start(work: &Work) -> Self {
        let device = Default::default();
        let layers = work.layers.windows(2).zip(&work.parameters).map(|(sizes, (w, b))| {
            let w = TensorData::new(transposed(w, sizes[1], sizes[0]), [sizes[0], sizes[1]]);
            let b = TensorData::new(b.clone(), [sizes[1]]);
            Linear {
                weight: Param::from_data(w, &device),
                bias: Some(Param::from_data(b, &device)),
            }
        });
        let method = match work.optimizer.as_str() {
            "sgd" => Method::Sgd(SgdConfig::new().init()),
            _ => Method::Adam(AdamConfig::new().with_epsilon(1e-8).init()),
        };
        let matrix = |values: &[f32]| {
            let columns = values.len() / work.samples;
            Tensor::from_data(TensorData::new(values.to_vec(), [work.samples, columns]), &device)
        };
        let labels: Vec<i64> = work.labels.iter().map(|&label| i64::from(label)).collect();
        Self {
            network: Some(Network { layers: layers.collect() }),
            method,
            loss: CrossEntropyLossConfig::new().init(&device),
            learning_rate: work.learning_rate,
            hidden: work.hidden.clone(),
            output: work.output.clone(),
            x: matrix(&work.x),
            t: matrix(&work.t),
            labels: Tensor::from_data(TensorData::new(labels, [work.samples]), &device),
        }
    }

    fn step(&mut self, rows: Option<&[u32]>) -> f32 {
        let network = self.network.take().expect("a network");
        let (mut x, t, labels) = match rows {
            None => (self.x.clone(), self.t.clone(), self.labels.clone()),
            Some(rows) => {
                let rows: Vec<i64> = rows.iter().map(|&row| i64::from(row)).collect();
                let count = rows.len();
                let rows = TensorData::new(rows, [count]);
                let rows = Tensor::<B, 1, Int>::from_data(rows, &self.x.device());
                let t = if self.output == "softmax" {
                    self.t.clone()
                } else {
                    self.t.clone().select(0, rows.clone())
                };
                (self.x.clone().select(0, rows.clone()), t, self.labels.clone().select(0, rows))
            }
        };
        let (last, below) = network.layers.split_last().expect("a layer");
        for layer in below {
            x = activation(&self.hidden, layer.forward(x));
        }
        let z = last.forward(x);
        let loss = if self.output == "softmax" {
            self.loss.forward(z, labels)
        } else {
            let error = activation(&self.output, z) - t;
            let count = error.dims()[0] as f64;
            error.powi_scalar(2).sum().div_scalar(2.0 * count)
        };
        let value = loss.clone().into_scalar();
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        let rate = self.learning_rate;
        self.network = Some(match &mut self.method {
            Method::Sgd(method) => method.step(rate, network, gradients),
            Method::Adam(method) => method.step(rate, network, gradients),
        });
        value
    }
}

fn main() {
    run::<Burn>("burn", "0.21.0");
}
