//! The rounding-error bounds of a trace.
//!
//! Notation: e(v) is the bound of v and u the unit roundoff with a safety factor. A sum s of n products a·b has
//! e(s) = Σ (|a| e(b) + |b| e(a)) + (n + 1) u Σ |a b|.

use ndarray::{Array2, ArrayView2};

use super::bounded::Bounded;
use super::values::{BackwardTrace, Trace};
use crate::activation::Activation;
use crate::backprop::{Backward, Forward, losses as reference_losses};
use crate::loss::Loss;
use crate::network::Network;
use crate::rounding::ROUNDOFF;

/// The bound of a number that was written in decimal and rounded when it was read; integers are exact.
fn representation(value: f64) -> f64 {
    if value.fract() == 0.0 { 0.0 } else { value.abs() * ROUNDOFF }
}

/// The bounds of a network's parameters.
#[derive(Clone, Debug)]
pub(super) struct ParameterBounds {
    pub(super) weights: Vec<Array2<f64>>,
    /// (1, units)
    pub(super) biases: Vec<Array2<f64>>,
}

impl ParameterBounds {
    /// ParameterBounds as given.
    pub(super) fn of(network: &Network<f64>) -> Self {
        let layers = 0..network.layers().len();
        Self {
            weights: layers.clone().map(|l| network.weights(l).mapv(representation)).collect(),
            biases: layers.map(|l| as_row(network.biases(l).mapv(representation))).collect(),
        }
    }
}

/// A vector as a matrix of one row.
pub(super) fn as_row(vector: ndarray::Array1<f64>) -> Array2<f64> {
    vector.insert_axis(ndarray::Axis(0))
}

/// z and x of every layer.
pub(super) fn forward(
    network: &Network<f64>,
    parameters: &ParameterBounds,
    input: ArrayView2<'_, f64>,
    pass: &Forward<f64>,
) -> (Vec<Bounded>, Vec<Bounded>) {
    let (mut zs, mut xs): (Vec<Bounded>, Vec<Bounded>) = (Vec::new(), Vec::new());
    for (l, layer) in network.layers().iter().enumerate() {
        let below = match l {
            0 => Bounded { value: input.to_owned(), bound: input.mapv(representation) },
            _ => xs[l - 1].clone(),
        };
        let weights =
            Bounded { value: network.weights(l).to_owned(), bound: parameters.weights[l].clone() };
        let mut z_bound = product(&below, &weights.transposed());
        for mut row in z_bound.rows_mut() {
            for (i, e) in row.iter_mut().enumerate() {
                *e += parameters.biases[l][[0, i]] + ROUNDOFF * network.biases(l)[i].abs();
            }
        }
        let z = Bounded { value: pass.z[l].clone(), bound: z_bound };
        let x = pass.x[l].clone();
        let bound = outputs(layer.activation(), &z, &x);
        xs.push(Bounded { value: x, bound });
        zs.push(z);
    }
    (zs, xs)
}

impl Bounded {
    fn transposed(&self) -> Self {
        Self { value: self.value.t().to_owned(), bound: self.bound.t().to_owned() }
    }
}

/// The bound of a·b.
fn product(a: &Bounded, b: &Bounded) -> Array2<f64> {
    let (a_size, b_size) = (a.value.mapv(f64::abs), b.value.mapv(f64::abs));
    let operations = (a.value.ncols() + 1) as f64;
    multiply(&a_size, &b.bound)
        + multiply(&a.bound, &b_size)
        + multiply(&a_size, &b_size) * (operations * ROUNDOFF)
}

/// a·b in plain loops: a matrix-product library would add up in another order on another processor.
fn multiply(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    let mut out = Array2::zeros((a.nrows(), b.ncols()));
    for i in 0..a.nrows() {
        let mut row = out.row_mut(i);
        for k in 0..a.ncols() {
            row.scaled_add(a[[i, k]], &b.row(k));
        }
    }
    out
}

/// The bound of x = f(z).
fn outputs(f: Activation, z: &Bounded, x: &Array2<f64>) -> Array2<f64> {
    let mut bound = Array2::zeros(x.dim());
    for e in 0..x.nrows() {
        let (z_row, z_bound, x_row) = (z.value.row(e), z.bound.row(e), x.row(e));
        if f == Activation::Softmax {
            let largest = z_row.fold(f64::NEG_INFINITY, |a, &b| a.max(b));
            let mean: f64 = x_row.iter().zip(&z_bound).map(|(x, e)| x * e).sum();
            let n = x_row.len() as f64;
            for i in 0..x_row.len() {
                let exponent = (z_row[i] - largest).abs();
                bound[[e, i]] = x_row[i] * (z_bound[i] + mean + ROUNDOFF * (n + 4.0 + exponent));
            }
            continue;
        }
        let rounding = f.value_error() * ROUNDOFF;
        for i in 0..x_row.len() {
            let (z, e_z) = (z_row[i], z_bound[i]);
            let slope = [z - e_z, z, z + e_z]
                .map(|z| f.derivative(z, f.value(z)).abs())
                .into_iter()
                .fold(0.0, f64::max);
            bound[[e, i]] = slope * e_z + rounding * x_row[i].abs();
        }
    }
    bound
}

/// The bound of f′(z).
fn slope_bound(f: Activation, z: f64, e_z: f64, x: f64, e_x: f64) -> f64 {
    let slope = f.derivative(z, x);
    // What a shift of z by its bound changes, on the same side of 0 and of every kink.
    let same_side =
        |shifted: f64| [0.0].iter().chain(f.kinks()).all(|kink| (shifted > *kink) == (z > *kink));
    let shift = [z - e_z, z + e_z]
        .into_iter()
        .filter(|shifted| same_side(*shifted))
        .map(|shifted| (f.derivative(shifted, f.value(shifted)) - slope).abs())
        .fold(0.0, f64::max);
    f.derivative_error(z, (x, e_x), shift, ROUNDOFF)
}

/// f′(z) of a layer, counted from 0, where it is a number for each unit.
fn derivative(f: Activation, trace: &Trace, layer: usize) -> Bounded {
    let (z, x) = (&trace.z[layer], &trace.x[layer]);
    let value = Array2::from_shape_fn(z.value.dim(), |at| f.derivative(z.value[at], x.value[at]));
    let bound = Array2::from_shape_fn(z.value.dim(), |at| {
        slope_bound(f, z.value[at], z.bound[at], x.value[at], x.bound[at])
    });
    Bounded { value, bound }
}

/// E of each example with its bound.
pub(super) fn losses(
    network: &Network<f64>,
    loss: Loss,
    trace: &Trace,
    t: ArrayView2<'_, f64>,
) -> Bounded {
    let pass = trace.pass();
    let value = as_row(reference_losses(network, loss, &pass, t));
    let last = trace.z.len() - 1;
    let (z, x) = (&trace.z[last], &trace.x[last]);
    let delta = crate::backprop::output_delta(network, loss, &pass, t);
    let n = t.ncols() as f64;
    let mut bound = Array2::zeros(value.dim());
    for e in 0..t.nrows() {
        let mut sum = (n + 6.0) * ROUNDOFF * value[[0, e]].abs();
        for i in 0..t.ncols() {
            let (e_z, e_x, d) = (z.bound[[e, i]], x.bound[[e, i]], x.value[[e, i]] - t[[e, i]]);
            let e_d = e_x + representation(t[[e, i]]);
            sum += match loss {
                Loss::SquaredError | Loss::SumSquaredError | Loss::MeanSquaredError => {
                    2.0 * d.abs() * e_d + e_d * e_d
                }
                Loss::AbsoluteError | Loss::Huber => e_d,
                // From z: the slope ∂E/∂z, and the terms ±t z that cancel.
                Loss::CrossEntropy | Loss::BinaryCrossEntropy | Loss::Poisson => {
                    let terms = z.value[[e, i]].abs() * t[[e, i]].abs();
                    delta[[e, i]].abs() * e_z + e_z * e_z + 4.0 * ROUNDOFF * terms
                }
            };
        }
        bound[[0, e]] = sum;
    }
    Bounded { value, bound }
}

/// δ^[L] of each example.
fn output_delta(
    network: &Network<f64>,
    loss: Loss,
    trace: &Trace,
    t: ArrayView2<'_, f64>,
    delta: &Array2<f64>,
) -> Array2<f64> {
    let last = trace.z.len() - 1;
    let (z, x) = (&trace.z[last], &trace.x[last]);
    let f = network.output_activation();
    let u = ROUNDOFF;
    let mut bound = Array2::zeros(delta.dim());
    for e in 0..t.nrows() {
        let row: Vec<BoundedOutput> = (0..t.ncols())
            .map(|i| BoundedOutput {
                z: z.value[[e, i]],
                e_z: z.bound[[e, i]],
                x: x.value[[e, i]],
                e_x: x.bound[[e, i]],
                t: t[[e, i]],
                e_t: representation(t[[e, i]]),
                delta: delta[[e, i]],
            })
            .collect();
        let total: f64 = row.iter().map(|o| o.t.abs()).sum();
        for (i, o) in row.iter().enumerate() {
            bound[[e, i]] = match (loss, f) {
                (Loss::CrossEntropy, Activation::Softmax) => {
                    total * o.e_x + o.e_t + u * (2.0 * (o.x * total).abs() + o.t.abs())
                }
                (Loss::CrossEntropy, _) => {
                    o.t.abs() * o.x * (1.0 - o.x) * o.e_z + o.e_t + 4.0 * u * o.delta.abs()
                }
                (Loss::BinaryCrossEntropy, _) | (Loss::Poisson, Activation::Exp) => {
                    o.e_x + o.e_t + u * (o.x.abs() + o.t.abs())
                }
                // σ(z) − t σ(z) / softplus(z): both terms change by at most e(z) each, relatively.
                (Loss::Poisson, _) => (1.0 + o.t.abs()) * (o.e_z + 4.0 * u) + o.e_t,
                (_, f) if !f.is_elementwise() => softmax_delta(loss, &row, i),
                (
                    Loss::SquaredError
                    | Loss::SumSquaredError
                    | Loss::MeanSquaredError
                    | Loss::AbsoluteError
                    | Loss::Huber,
                    f,
                ) => {
                    let (g, e_g) = o.gradient(loss, row.len());
                    let slope = f.derivative(o.z, o.x);
                    slope.abs() * e_g
                        + g.abs() * slope_bound(f, o.z, o.e_z, o.x, o.e_x)
                        + u * o.delta.abs()
                }
            };
        }
    }
    bound
}

/// One output of one example, with bounds.
struct BoundedOutput {
    z: f64,
    e_z: f64,
    x: f64,
    e_x: f64,
    t: f64,
    e_t: f64,
    delta: f64,
}

impl BoundedOutput {
    /// ∂E/∂x and its bound, for the losses without a logarithm.
    fn gradient(&self, loss: Loss, outputs: usize) -> (f64, f64) {
        let d = self.x - self.t;
        let e_d = self.e_x + self.e_t + ROUNDOFF * d.abs();
        match loss {
            Loss::SumSquaredError => (2.0 * d, 2.0 * e_d),
            Loss::MeanSquaredError => (2.0 * d / outputs as f64, 2.0 * e_d / outputs as f64),
            Loss::AbsoluteError => (if d == 0.0 { 0.0 } else { d.signum() }, 0.0),
            Loss::Huber => (d.clamp(-1.0, 1.0), e_d),
            Loss::SquaredError | Loss::CrossEntropy | Loss::BinaryCrossEntropy | Loss::Poisson => {
                (d, e_d)
            }
        }
    }
}

/// δᵢ = xᵢ (gᵢ − Σⱼ xⱼ gⱼ)
fn softmax_delta(loss: Loss, row: &[BoundedOutput], i: usize) -> f64 {
    let u = ROUNDOFF;
    let (mut dot, mut size, mut e_dot) = (0.0, 0.0, 0.0);
    for o in row {
        let (g, e_g) = o.gradient(loss, row.len());
        dot += o.x * g;
        size += (o.x * g).abs();
        e_dot += o.x * e_g + g.abs() * o.e_x;
    }
    e_dot += (row.len() + 1) as f64 * u * size;
    let o = &row[i];
    let (g, e_g) = o.gradient(loss, row.len());
    o.x * (e_g + e_dot + u * (g.abs() + dot.abs())) + (g - dot).abs() * o.e_x + u * o.delta.abs()
}

/// Deltas and gradients of every layer; the values are given, with reduction and λw already in them.
#[expect(
    clippy::too_many_arguments,
    reason = "one call, from the only place that has all of these"
)]
pub(super) fn backward(
    network: &Network<f64>,
    parameters: &ParameterBounds,
    loss: Loss,
    trace: &Trace,
    t: ArrayView2<'_, f64>,
    values: Backward<f64>,
    divisor: f64,
    l2: f64,
) -> BackwardTrace {
    let layers = network.layers();
    let last = layers.len() - 1;
    let slopes = |l: usize| derivative(layers[l].activation(), trace, l);
    // Only the outputs can have an activation without a slope for each unit.
    let hidden: Vec<Bounded> = (0..last).map(slopes).collect();
    let mut bounds = vec![output_delta(network, loss, trace, t, &values.delta[last])];
    for l in (0..last).rev() {
        let above =
            Bounded { value: values.delta[l + 1].clone(), bound: bounds[bounds.len() - 1].clone() };
        let weights = Bounded {
            value: network.weights(l + 1).to_owned(),
            bound: parameters.weights[l + 1].clone(),
        };
        let sum = multiply(&above.value, &weights.value);
        let e_sum = product(&above, &weights);
        let slope = &hidden[l];
        bounds.push(Array2::from_shape_fn(sum.dim(), |at| {
            slope.value[at].abs() * e_sum[at]
                + sum[at].abs() * slope.bound[at]
                + ROUNDOFF * values.delta[l][at].abs()
        }));
    }
    bounds.reverse();
    let delta: Vec<Bounded> = values
        .delta
        .into_iter()
        .zip(bounds)
        .map(|(value, bound)| Bounded { value, bound })
        .collect();

    let (mut grad_weights, mut grad_biases) = (Vec::new(), Vec::new());
    for (l, (gw, gb)) in values.grad_weights.into_iter().zip(values.grad_biases).enumerate() {
        let below = match l {
            0 => Bounded { value: trace.input.clone(), bound: trace.input.mapv(representation) },
            _ => trace.x[l - 1].clone(),
        };
        let mut bound = product(&delta[l].transposed(), &below);
        ndarray::Zip::from(&mut bound)
            .and(&network.weights(l))
            .and(&parameters.weights[l])
            .for_each(|e, &w, &e_w| {
                *e = *e / divisor + l2 * (e_w + 2.0 * ROUNDOFF * w.abs());
            });
        grad_weights.push(Bounded { value: gw, bound });
        let n = delta[l].value.nrows() as f64;
        let bound = (delta[l].bound.sum_axis(ndarray::Axis(0))
            + delta[l].value.mapv(f64::abs).sum_axis(ndarray::Axis(0)) * (n * ROUNDOFF))
            / divisor;
        grad_biases.push(Bounded { value: as_row(gb), bound: as_row(bound) });
    }
    let of_outputs = network.output_activation().is_elementwise().then(|| slopes(last));
    let derivative = hidden.into_iter().map(Some).chain([of_outputs]).collect();
    BackwardTrace { derivative, delta, grad_weights, grad_biases }
}
