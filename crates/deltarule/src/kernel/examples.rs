//! What happens to examples beside the products: activations that do not fit into a product's finish, and loss and
//! output delta.
//!
//! Activations are vectorised over the units of a layer. Losses are vectorised over examples: the sums of a softmax and
//! of a loss run over the outputs in index order, so a block of outputs is transposed, an example per lane, and the
//! formulas of `loss.rs` run on whole vectors.

use crate::activation::{Activation, each_activation};
use crate::loss::{Clip, Loss};
use crate::number::Number;
use crate::number::Vector;

/// Vectors of a layer's units: `rows` examples, one after the other, in each of some blocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Activate<T> {
    pub(crate) activation: Activation,
    /// z, which becomes x.
    pub(crate) z: *mut T,
    /// Where f′(z) goes, or null; under dropout it holds the factor of each unit.
    pub(crate) slope: *mut T,
    /// Whether there are such factors.
    pub(crate) dropout: bool,
    /// From a block to the next.
    pub(crate) block: usize,
    pub(crate) rows: usize,
    pub(crate) blocks: usize,
    /// Units in the last of these blocks: beyond them, x stays 0.
    pub(crate) last: usize,
}

/// x = f(z), and f′(z) beside it.
///
/// # Safety
/// z, and the slopes unless null, are writable for all blocks and rows; the processor has the instructions of V.
#[inline(always)]
pub(crate) unsafe fn activate<V: Vector>(a: &Activate<V::Scalar>) {
    // The choice is made once, and each loop compiled with its own formula.
    // SAFETY: z and slopes are those that the caller vouches for, as for the instructions.
    each_activation!(a.activation, f => unsafe { each_vector::<V>(a, f) });
}

/// # Safety
/// As [`activate`].
#[inline(always)]
unsafe fn each_vector<V: Vector>(a: &Activate<V::Scalar>, activation: Activation) {
    for block in 0..a.blocks {
        for row in 0..a.rows {
            let at = block * a.block + row * V::LANES;
            // SAFETY: block and row are among those that the caller vouches for, in z and, unless null, in the slopes.
            unsafe {
                let z = V::load(a.z.add(at));
                let mut x;
                if a.slope.is_null() {
                    x = activation.value_of(z);
                } else {
                    let mut slope;
                    (x, slope) = activation.value_and_derivative_of(z);
                    if a.dropout {
                        let factor = V::load(a.slope.add(at));
                        x = x * factor;
                        slope = slope * factor;
                    }
                    slope.store(a.slope.add(at));
                }
                x.store(a.z.add(at));
            }
        }
    }
    // Units that do not exist must not count: f(0) may be anything.
    if a.last < V::LANES && a.blocks > 0 {
        for row in 0..a.rows {
            for lane in a.last..V::LANES {
                // SAFETY: a lane of a row of the last block, which z has.
                unsafe {
                    *a.z.add((a.blocks - 1) * a.block + row * V::LANES + lane) = V::Scalar::ZERO;
                }
            }
        }
    }
}

/// The outputs of at most LANES examples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outputs<T> {
    pub(crate) activation: Activation,
    pub(crate) units: usize,
    /// z of the first of these examples: a vector per example in each block of units. It becomes the delta.
    pub(crate) z: *mut T,
    /// From a block to the next.
    pub(crate) block: usize,
    /// Room for z, x, t and delta with an example per lane: each `padded units` vectors. t is filled in.
    pub(crate) lanes: [*mut T; 4],
    /// The loss of each example: a vector.
    pub(crate) losses: *mut T,
    /// What each example's delta is multiplied by: a vector.
    pub(crate) scales: *const T,
}

/// Transposes z of the examples: an example per lane, a vector per output.
///
/// # Safety
/// As [`output_deltas`].
#[inline(always)]
unsafe fn transpose_z<V: Vector>(o: &Outputs<V::Scalar>, to: *mut V::Scalar) {
    for block in 0..o.units.div_ceil(V::LANES) {
        // SAFETY: the caller vouches for LANES examples of z in each block, and `to` has a whole vector for each output of
        // a block, whether it exists or not.
        unsafe {
            let to = to.add(block * V::LANES * V::LANES);
            V::transpose(o.z.add(block * o.block), V::LANES, to, V::LANES);
        }
    }
}

/// The loss of each example and its output delta, times its scale.
///
/// # Safety
/// z is writable for LANES examples (whatever their number) in every block; `lanes` is as large as it says; losses and
/// scales have LANES entries; the processor has the instructions of V.
#[inline(always)]
pub(crate) unsafe fn output_deltas<V: Vector>(o: &Outputs<V::Scalar>, loss: Loss, clip: Clip) {
    let [z, x, t, delta] = o.lanes;
    // SAFETY: a `Vector` in memory is LANES numbers. Each of the four buffers of `lanes` has `units` of them (filled up to whole
    // blocks, which the transposes use), begins on a cache line, and is another than the rest. z, losses and scales are the
    // caller's.
    unsafe {
        transpose_z::<V>(o, z);
        let vectors = |of: *mut V::Scalar| std::slice::from_raw_parts_mut(of.cast::<V>(), o.units);
        let (z, x, t, delta) = (vectors(z), vectors(x), vectors(t), vectors(delta));
        o.activation.apply_of(z, x);
        loss.value_of(o.activation, z, x, t, clip).store(o.losses);
        loss.output_delta_of(o.activation, z, x, t, delta);
        let scale = V::load(o.scales);
        for delta in delta.iter_mut() {
            *delta = *delta * scale;
        }
        for block in 0..o.units.div_ceil(V::LANES) {
            let from = o.lanes[3].add(block * V::LANES * V::LANES);
            V::transpose(from, V::LANES, o.z.add(block * o.block), V::LANES);
        }
    }
}

/// z of the examples becomes x^[L]; with a loss, the loss of each example too.
///
/// # Safety
/// As [`output_deltas`], but for scales, and for losses where there is no loss.
#[inline(always)]
pub(crate) unsafe fn outputs<V: Vector>(o: &Outputs<V::Scalar>, loss: Option<Loss>) {
    let [z, x, t, _] = o.lanes;
    // SAFETY: z, x and t of `lanes` are three buffers of `units` vectors, filled up to whole blocks, each on a cache line; the
    // slices of x are made one after the other. z, and the losses where there is a loss, are the caller's.
    unsafe {
        transpose_z::<V>(o, z);
        let vectors = |of: *mut V::Scalar| std::slice::from_raw_parts_mut(of.cast::<V>(), o.units);
        let (z, t) = (vectors(z), vectors(t));
        o.activation.apply_of(z, vectors(x));
        if let Some(loss) = loss {
            loss.value_of(o.activation, z, vectors(x), t, Clip::NONE).store(o.losses);
        }
        for block in 0..o.units.div_ceil(V::LANES) {
            let from = x.add(block * V::LANES * V::LANES);
            V::transpose(from, V::LANES, o.z.add(block * o.block), V::LANES);
        }
    }
}
