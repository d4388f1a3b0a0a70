//! The function that is a step of a small network: from the examples to the update, compiled for each instruction set.

use crate::activation::Activation;
use crate::kernel::batch::{Batch, StepOptions};
use crate::kernel::buffer::Buffer;
use crate::kernel::update::{UpdateSpan, update};
use crate::layer::Layer;
use crate::number::simd::lanes;
use crate::number::{Number, Vector};
use crate::optimizer::UpdateRule;

/// Parameters, state and the numbers of one example, and what a step goes by.
pub(crate) struct SmallNetwork<T: Number> {
    pub(crate) options: StepOptions,
    /// What each example of the batch counts.
    pub(crate) scales: Buffer<T>,
    pub(crate) layers: Vec<Layer>,
    /// Where x and delta of each layer begin.
    pub(crate) offsets: Vec<usize>,
    /// Flat, filled up to whole vectors, as are state and gradient.
    pub(crate) parameters: Buffer<T>,
    pub(crate) state: [Buffer<T>; 2],
    pub(crate) gradient: Buffer<T>,
    pub(crate) z: Buffer<T>,
    pub(crate) x: Buffer<T>,
    /// f′(z) of hidden layers, and then delta.
    pub(crate) delta: Buffer<T>,
}

impl<T: Number> SmallNetwork<T> {
    /// Buffers for batches of up to this many examples: parameters, state and gradient, and the units of each layer, fill
    /// whole vectors.
    pub(crate) fn new(layers: &[Layer], batch: usize, options: StepOptions) -> Self {
        let l = lanes::<T>();
        let layers = layers.to_vec();
        let mut units = 0;
        let offsets = layers
            .iter()
            .map(|layer| {
                units += layer.units().next_multiple_of(l);
                units - layer.units().next_multiple_of(l)
            })
            .collect();
        let padded = layers.last().map_or(0, |l| l.bias_range().end).next_multiple_of(l);
        let zeros = Buffer::zeros;
        Self {
            options,
            scales: zeros(batch),
            layers,
            offsets,
            parameters: zeros(padded),
            state: [zeros(padded), zeros(padded)],
            gradient: zeros(padded),
            z: zeros(units),
            x: zeros(units),
            delta: zeros(units),
        }
    }
}

/// The whole step: the objective Σ sᵢ Eᵢ, and the update, unless that is not finite and the options keep to finite ones.
///
/// # Safety
/// The processor has the instructions of V.
#[inline(always)]
pub(crate) unsafe fn small_step<V: Vector>(
    net: &mut SmallNetwork<V::Scalar>,
    batch: &Batch<'_, V::Scalar>,
    rule: UpdateRule,
) -> f64 {
    let last = net.layers.len() - 1;
    let (inputs, outputs) = (net.layers[0].inputs(), net.layers[last].units());
    let mut objective = 0.0;
    for (number, &row) in batch.rows.iter().enumerate() {
        let scale = net.scales[number];
        let input = &batch.x[row * inputs..][..inputs];
        let t = &batch.t[row * outputs..][..outputs];
        // SAFETY: the caller has the instructions of V.
        let value = unsafe { forward_and_loss::<V>(net, input, t) };
        objective += value.to_f64() * scale.to_f64();
        for delta in &mut net.delta[net.offsets[last]..][..outputs] {
            *delta *= scale;
        }
        backward(net, input, number == 0);
    }
    if !objective.is_finite() && net.options.keeps_finite {
        return objective;
    }
    let of = UpdateSpan {
        l2: V::Scalar::ZERO,
        is_weight: false,
        g: net.gradient.as_ptr(),
        g_rest: std::ptr::null(),
        w: net.parameters.as_mut_ptr(),
        state: [net.state[0].as_mut_ptr(), net.state[1].as_mut_ptr()],
        vectors: net.parameters.len() / V::LANES,
    };
    // SAFETY: `new` made gradient and state as long as the parameters, in whole vectors; `net` is borrowed mutably, and the
    // caller has the instructions of V.
    unsafe { update::<V>(&of, rule) }
    objective
}

/// One example from its features to its loss and output delta.
///
/// # Safety
/// As [`small_step`].
#[inline(always)]
unsafe fn forward_and_loss<V: Vector>(
    net: &mut SmallNetwork<V::Scalar>,
    input: &[V::Scalar],
    t: &[V::Scalar],
) -> V::Scalar {
    let last = net.layers.len() - 1;
    for index in 0..=last {
        let layer = net.layers[index];
        let (at, units, inputs) = (net.offsets[index], layer.units(), layer.inputs());
        let below = match index {
            0 => input,
            _ => &net.x[net.offsets[index - 1]..][..inputs],
        };
        let weights = &net.parameters[layer.weight_range()];
        let biases = &net.parameters[layer.bias_range()];
        let z = &mut net.z[at..][..units];
        for ((z, w), &b) in z.iter_mut().zip(weights.chunks_exact(inputs)).zip(biases) {
            let mut sum = V::Scalar::ZERO;
            for (&w, &x) in w.iter().zip(below) {
                sum = w.mul_add(x, sum);
            }
            *z = sum + b;
        }
        if index < last {
            let vectors = units.div_ceil(V::LANES);
            // SAFETY: `new` filled each layer's units up to whole vectors in all three buffers, which are not the same; the
            // caller has the instructions of V.
            unsafe {
                let (z, x, slope) = (
                    net.z.as_ptr().add(at),
                    net.x.as_mut_ptr().add(at),
                    net.delta.as_mut_ptr().add(at),
                );
                activate::<V>(layer.activation(), vectors, z, x, slope);
            }
        }
    }
    let output = net.layers[last].activation();
    let range = net.offsets[last]..net.offsets[last] + net.layers[last].units();
    let (z, x, delta) = (&net.z[range.clone()], &mut net.x[range.clone()], &mut net.delta[range]);
    output.apply_of(z, x);
    let StepOptions { loss, clip, .. } = net.options;
    loss.output_delta_of(output, z, x, t, delta);
    loss.value_of(output, z, x, t, clip)
}

/// x = f(z) and f′(z) of some vectors.
///
/// # Safety
/// As many vectors are readable and writable; the processor has the instructions of V.
#[inline(always)]
unsafe fn activate<V: Vector>(
    activation: Activation,
    vectors: usize,
    z: *const V::Scalar,
    x: *mut V::Scalar,
    slope: *mut V::Scalar,
) {
    for i in 0..vectors {
        // SAFETY: i is below the number of vectors, for which the caller vouches in all three buffers.
        unsafe {
            let (value, derivative) =
                activation.value_and_derivative_of(V::load(z.add(i * V::LANES)));
            value.store(x.add(i * V::LANES));
            derivative.store(slope.add(i * V::LANES));
        }
    }
}

/// From the output delta to all gradients, which are added to those of the examples before.
#[inline(always)]
fn backward<T: Number>(net: &mut SmallNetwork<T>, input: &[T], is_first: bool) {
    if is_first {
        net.gradient.fill(T::ZERO);
    }
    for index in (0..net.layers.len()).rev() {
        let layer = net.layers[index];
        let (at, units, inputs) = (net.offsets[index], layer.units(), layer.inputs());
        if index > 0 {
            // δ^[l−1] = (w^[l])ᵀ δ^[l] ∘ f′, each entry one sum over the units in their order.
            let below = net.offsets[index - 1];
            let (lower, upper) = net.delta.split_at_mut(at);
            let weights = &net.parameters[layer.weight_range()];
            for (j, slope) in lower[below..][..inputs].iter_mut().enumerate() {
                let mut sum = T::ZERO;
                for (i, &delta) in upper[..units].iter().enumerate() {
                    sum = delta.mul_add(weights[i * inputs + j], sum);
                }
                *slope = sum * *slope;
            }
        }
        let below = match index {
            0 => input,
            _ => &net.x[net.offsets[index - 1]..][..inputs],
        };
        let delta = &net.delta[at..][..units];
        let (weights, biases) = net.gradient[layer.weight_range().start..layer.bias_range().end]
            .split_at_mut(units * inputs);
        for ((row, bias), &delta) in weights.chunks_exact_mut(inputs).zip(biases).zip(delta) {
            for (g, &x) in row.iter_mut().zip(below) {
                *g = x.mul_add(delta, *g);
            }
            *bias += delta;
        }
    }
}
