//! Every path gives the bits that single numbers give: elementary functions, activations, derivatives, losses.

use super::FUNCTIONS;
use super::paths::{LaneFunction, Paths, lanes};
use crate::activation::Activation;
use crate::loss::{Clip, Loss};
use crate::number::{Number, Vector};

/// An f32 in so many is compared. (Each is computed a hundred times, and single numbers are slow.)
const STEP: usize = if cfg!(exhaustive) { 1021 } else { 65_521 };
/// Outputs of the losses and of softmax.
const WIDTH: usize = 3;

/// f and f′, apart and together, and δ = g ∘ f′ for a g of 3.
struct Unit(Activation);

impl LaneFunction for Unit {
    fn shape(&self) -> [usize; 2] {
        [1, 5]
    }
    #[inline(always)]
    fn run<V: Vector>(&self, z: &[V], outputs: &mut [V]) {
        let x = self.0.value_of(z[0]);
        let both = self.0.value_and_derivative_of(z[0]);
        let mut delta = [V::constant(3.0)];
        self.0.backward_of(z, &[x], &mut delta);
        outputs.copy_from_slice(&[x, self.0.derivative_of(z[0], x), both.0, both.1, delta[0]]);
    }
}

/// Inputs z and t; outputs x, E and δ.
struct OutputLayer(Loss, Activation);

impl LaneFunction for OutputLayer {
    fn shape(&self) -> [usize; 2] {
        [2 * WIDTH, 2 * WIDTH + 1]
    }
    #[inline(always)]
    fn run<V: Vector>(&self, inputs: &[V], outputs: &mut [V]) {
        let (z, t) = inputs.split_at(WIDTH);
        let (x, rest) = outputs.split_at_mut(WIDTH);
        let Self(loss, output) = *self;
        if output == Activation::Softmax {
            crate::activation::softmax(z, x);
        } else {
            for (x, &z) in x.iter_mut().zip(z) {
                *x = output.value_of(z);
            }
        }
        rest[0] = loss.value_of(output, z, x, t, Clip::NONE);
        loss.output_delta_of(output, z, x, t, &mut rest[1..]);
    }
}

/// Compares all paths with the last, that of single numbers.
fn agree<T: Paths>(task: &impl LaneFunction, inputs: &[T], name: &str) -> Vec<T> {
    let [n_in, n_out] = task.shape();
    let names = T::names();
    let (last, others) = names.split_last().unwrap();
    let mut expected = vec![T::ZERO; inputs.len() / n_in * n_out];
    T::run(last, task, inputs, &mut expected);
    let mut ours = vec![T::ZERO; expected.len()];
    for path in others {
        ours.fill(T::ONE);
        T::run(path, task, inputs, &mut ours);
        for (i, (&a, &b)) in ours.iter().zip(&expected).enumerate() {
            let (a, b) = (a.to_f64(), b.to_f64());
            if a.to_bits() != b.to_bits() && !(a.is_nan() && b.is_nan()) {
                let block = i / (n_out * lanes::<T>());
                let at: Vec<T> = (0..n_in)
                    .map(|k| inputs[(block * n_in + k) * lanes::<T>() + i % lanes::<T>()])
                    .collect();
                panic!("{name} of {at:?} on {path}: {a:e}, but {b:e} as a single number");
            }
        }
    }
    expected
}

/// f32 all over the range, to a whole number of blocks.
fn sample_f32() -> Vec<f32> {
    let all: Vec<f32> = (0..=u32::MAX).step_by(STEP).map(f32::from_bits).collect();
    all[..all.len() / (2 * WIDTH * 16) * (2 * WIDTH * 16)].to_vec()
}

/// f64 with bits at random, and as many of moderate size.
fn sample_f64() -> Vec<f64> {
    let mut state = 1_u64;
    let mut next = || {
        // A linear congruential generator; its high bits into the low ones.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state ^ (state >> 32)
    };
    (0..2 * WIDTH * 8 * 3000)
        .map(|i| {
            let bits = next();
            match i % 3 {
                0 => f64::from_bits(bits),
                // Between 2⁻⁶⁴ and 2¹⁰, with either sign.
                _ => f64::from_bits(
                    bits & 0x800f_ffff_ffff_ffff
                        | (1023 - 64 + (bits >> 54 & 63) + (bits >> 60 & 7) + 4) << 52,
                ),
            }
        })
        .collect()
}

/// z as they come, and targets that are often 0 or 1.
fn layer_inputs<T: Number>(sample: &[T]) -> Vec<T> {
    let lanes = lanes::<T>();
    let targets = [0.0, 1.0, 0.25, 0.0, 3.0, -0.0, 1.0];
    sample
        .iter()
        .enumerate()
        .map(|(i, &v)| {
            let row = i / lanes % (2 * WIDTH);
            let chosen = targets[(i / lanes + i % lanes) % targets.len()];
            if row < WIDTH || i % 11 == 0 { v } else { T::from_f64(chosen) }
        })
        .collect()
}

fn check<T: Paths>(sample: &[T]) {
    assert!(T::names().len() >= 2);
    for (function, name, _) in FUNCTIONS {
        agree(&function, sample, name);
    }
    for f in Activation::ALL {
        let lanes = lanes::<T>();
        let outputs = agree(&Unit(f), sample, f.name());
        for (block, of) in outputs.chunks_exact(5 * lanes).enumerate() {
            for lane in 0..lanes {
                let z = sample[block * lanes + lane];
                let [x, slope, x_too, slope_too] = [0, 1, 2, 3].map(|k| of[k * lanes + lane]);
                let same = |a: T, b: T| {
                    a.to_f64().to_bits() == b.to_f64().to_bits() || a.is_nan() && b.is_nan()
                };
                assert!(
                    same(x, x_too) && same(slope, slope_too),
                    "{f} and its derivative at {z:?}"
                );
                assert!(same(x, f.value(z)) && same(slope, f.derivative(z, x)), "{f} at {z:?}");
            }
        }
    }
    let inputs = layer_inputs(sample);
    for loss in Loss::ALL {
        for output in Activation::ALL {
            if loss.admits(output).is_ok() {
                agree(&OutputLayer(loss, output), &inputs, &format!("{loss} with {output}"));
            }
        }
    }
}

#[test]
fn all_paths_agree_in_single_precision() {
    check(&sample_f32());
}

#[test]
fn all_paths_agree_in_double_precision() {
    check(&sample_f64());
}
