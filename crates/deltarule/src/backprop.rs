//! Backpropagation in plain loops: the textbook, and the reference that every fast path is tested against.
//!
//! A batch is a row per example. The letters are those of the whole project:
//!
//! ```text
//! forward:    z^[l] = w^[l] x^[l−1] + b^[l],  x^[l] = f(z^[l])
//! output:     δ^[L] = ∂E/∂z^[L]
//! backward:   δ^[l] = (w^[l+1])ᵀ δ^[l+1] ∘ f′(z^[l])
//! gradients:  ∂E/∂w^[l] = δ^[l] (x^[l−1])ᵀ  and  ∂E/∂b^[l] = δ^[l],  summed over the examples
//! ```
//!
//! Every sum runs in index order with a fused multiply-add, so that the kernels can give the same bits.

use ndarray::{Array1, Array2, ArrayView2};

use crate::float::Float;
use crate::loss::Loss;
use crate::network::Network;

/// Net inputs and outputs of every layer.
///
/// # Shapes
/// z\[l\], x\[l\]: (batch, units of layer l + 1)
#[derive(Clone, Debug)]
pub struct Forward<T> {
    /// z^\[1\] … z^\[L\]
    pub z: Vec<Array2<T>>,
    /// x^\[1\] … x^\[L\]
    pub x: Vec<Array2<T>>,
}

/// Deltas and gradients of every layer.
#[derive(Clone, Debug)]
pub struct Backward<T> {
    /// δ^\[1\] … δ^\[L\]: (batch, units)
    pub delta: Vec<Array2<T>>,
    /// ∂E/∂w, summed over the examples: (units, inputs)
    pub grad_weights: Vec<Array2<T>>,
    /// ∂E/∂b, summed over the examples: (units)
    pub grad_biases: Vec<Array1<T>>,
}

/// The forward pass: z = w x + b and x = f(z), layer by layer.
///
/// # Shapes
/// input: (batch, inputs)
///
/// # Panics
/// When the input does not have a column per input of the network.
pub fn forward<T: Float>(network: &Network<T>, input: ArrayView2<'_, T>) -> Forward<T> {
    let batch = input.nrows();
    let mut pass = Forward { z: Vec::new(), x: Vec::new() };
    for (l, layer) in network.layers().iter().enumerate() {
        let (w, b) = (network.weights(l), network.biases(l));
        let below = if l == 0 { input } else { pass.x[l - 1].view() };
        let mut z = Array2::from_elem((batch, layer.units()), T::ZERO);
        let mut x = z.clone();
        for e in 0..batch {
            for i in 0..layer.units() {
                let mut sum = T::ZERO;
                for j in 0..layer.inputs() {
                    sum = w[[i, j]].mul_add(below[[e, j]], sum);
                }
                z[[e, i]] = sum + b[i];
            }
            let (z, mut x) = (z.row(e).to_vec(), x.row_mut(e));
            let mut out = vec![T::ZERO; z.len()];
            layer.activation().apply(&z, &mut out);
            x.iter_mut().zip(out).for_each(|(x, out)| *x = out);
        }
        pass.z.push(z);
        pass.x.push(x);
    }
    pass
}

/// The loss of each example.
///
/// # Shapes
/// t: (batch, outputs); result: (batch)
pub fn losses<T: Float>(
    network: &Network<T>,
    loss: Loss,
    pass: &Forward<T>,
    t: ArrayView2<'_, T>,
) -> Array1<T> {
    let (z, x) = outputs(pass);
    (0..t.nrows())
        .map(|e| {
            let (z, x, t) = (z.row(e).to_vec(), x.row(e).to_vec(), t.row(e).to_vec());
            loss.value(network.output_activation(), &z, &x, &t)
        })
        .collect()
}

/// δ^\[L\] of each example.
///
/// # Shapes
/// t, result: (batch, outputs)
pub fn output_delta<T: Float>(
    network: &Network<T>,
    loss: Loss,
    pass: &Forward<T>,
    t: ArrayView2<'_, T>,
) -> Array2<T> {
    let (z, x) = outputs(pass);
    let mut delta = Array2::from_elem(t.dim(), T::ZERO);
    for e in 0..t.nrows() {
        let (z, x, t) = (z.row(e).to_vec(), x.row(e).to_vec(), t.row(e).to_vec());
        let mut row = vec![T::ZERO; t.len()];
        loss.output_delta(network.output_activation(), &z, &x, &t, &mut row);
        delta.row_mut(e).iter_mut().zip(row).for_each(|(d, r)| *d = r);
    }
    delta
}

fn outputs<T>(pass: &Forward<T>) -> (&Array2<T>, &Array2<T>) {
    let last = pass.z.len() - 1;
    (&pass.z[last], &pass.x[last])
}

/// The backward pass: deltas from the last layer to the first, and the gradients summed over the examples.
///
/// # Shapes
/// input: (batch, inputs); delta: (batch, outputs), of [`output_delta`]
///
/// # Panics
/// When the shapes are not those of the forward pass.
pub fn backward<T: Float>(
    network: &Network<T>,
    input: ArrayView2<'_, T>,
    pass: &Forward<T>,
    delta: Array2<T>,
) -> Backward<T> {
    let layers = network.layers();
    let batch = input.nrows();
    let mut deltas = vec![delta];
    for l in (0..layers.len() - 1).rev() {
        let w = network.weights(l + 1);
        let above = &deltas[deltas.len() - 1];
        let mut delta = Array2::from_elem((batch, layers[l].units()), T::ZERO);
        for e in 0..batch {
            for j in 0..layers[l].units() {
                let mut sum = T::ZERO;
                for i in 0..layers[l + 1].units() {
                    sum = w[[i, j]].mul_add(above[[e, i]], sum);
                }
                let slope = layers[l].activation().derivative(pass.z[l][[e, j]], pass.x[l][[e, j]]);
                delta[[e, j]] = sum * slope;
            }
        }
        deltas.push(delta);
    }
    deltas.reverse();

    let (mut grad_weights, mut grad_biases) = (Vec::new(), Vec::new());
    for (l, layer) in layers.iter().enumerate() {
        let below = if l == 0 { input } else { pass.x[l - 1].view() };
        let delta = &deltas[l];
        grad_weights.push(Array2::from_shape_fn((layer.units(), layer.inputs()), |(i, j)| {
            (0..batch).fold(T::ZERO, |sum, e| delta[[e, i]].mul_add(below[[e, j]], sum))
        }));
        grad_biases.push(Array1::from_shape_fn(layer.units(), |i| {
            (0..batch).fold(T::ZERO, |sum, e| sum + delta[[e, i]])
        }));
    }
    Backward { delta: deltas, grad_weights, grad_biases }
}
