//! candle on the processor.

use candle_core::{Device, Result, Tensor, Var};
use candle_nn::loss::cross_entropy;
use candle_nn::{AdamW, Linear, Module, Optimizer, ParamsAdamW, SGD};
use deltarule_bench_rivals::{Rival, Work, run};

enum Method {
    Sgd(SGD),
    Adam(AdamW),
}

struct Candle {
    layers: Vec<Linear>,
    method: Method,
    hidden: String,
    output: String,
    x: Tensor,
    t: Tensor,
    labels: Tensor,
}

fn activation(name: &str, z: &Tensor) -> Result<Tensor> {
    match name {
        "relu" => z.relu(),
        "tanh" => z.tanh(),
        "sigmoid" => candle_nn::ops::sigmoid(z),
        other => panic!("no activation {other}"),
    }
}

impl Candle {
    fn new(work: &Work) -> Result<Self> {
        let device = Device::Cpu;
        let (mut layers, mut variables) = (Vec::new(), Vec::new());
        for (sizes, (weights, biases)) in work.layers.windows(2).zip(&work.parameters) {
            let weights = Var::from_slice(weights, (sizes[1], sizes[0]), &device)?;
            let biases = Var::from_slice(biases, sizes[1], &device)?;
            let (w, b) = (weights.as_tensor().clone(), biases.as_tensor().clone());
            layers.push(Linear::new(w, Some(b)));
            variables.extend([weights, biases]);
        }
        let method = match work.optimizer.as_str() {
            "sgd" => Method::Sgd(SGD::new(variables, work.learning_rate)?),
            // AdamW without decay is Adam.
            _ => Method::Adam(AdamW::new(
                variables,
                ParamsAdamW { lr: work.learning_rate, weight_decay: 0.0, ..Default::default() },
            )?),
        };
        let outputs = work.t.len() / work.samples;
        Ok(Self {
            layers,
            method,
            hidden: work.hidden.clone(),
            output: work.output.clone(),
            x: Tensor::from_slice(&work.x, (work.samples, work.layers[0]), &device)?,
            t: Tensor::from_slice(&work.t, (work.samples, outputs), &device)?,
            labels: Tensor::from_slice(&work.labels, work.samples, &device)?,
        })
    }

    fn update(&mut self, rows: Option<&[u32]>) -> Result<f32> {
        let take = |tensor: &Tensor| match rows {
            None => Ok(tensor.clone()),
            Some(rows) => {
                tensor.index_select(&Tensor::from_slice(rows, rows.len(), &Device::Cpu)?, 0)
            }
        };
        let (last, below) = self.layers.split_last().expect("a layer");
        let mut x = take(&self.x)?;
        for layer in below {
            x = activation(&self.hidden, &layer.forward(&x)?)?;
        }
        let z = last.forward(&x)?;
        let loss = if self.output == "softmax" {
            cross_entropy(&z, &take(&self.labels)?)?
        } else {
            let error = (activation(&self.output, &z)? - take(&self.t)?)?;
            (error.sqr()?.sum_all()? / (2.0 * error.dim(0)? as f64))?
        };
        match &mut self.method {
            Method::Sgd(method) => method.backward_step(&loss)?,
            Method::Adam(method) => method.backward_step(&loss)?,
        }
        loss.to_scalar()
    }
}

impl Rival for Candle {
    fn start(work: &Work) -> Self {
        Self::new(work).expect("a network")
    }

    fn step(&mut self, rows: Option<&[u32]>) -> f32 {
        self.update(rows).expect("a step")
    }
}

fn main() {
    run::<Candle>("candle", "0.11.1");
}
