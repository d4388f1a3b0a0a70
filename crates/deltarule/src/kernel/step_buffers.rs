//! The buffers of a step, as all threads see them.

use crate::kernel::cache::prefetch;
use crate::kernel::layout::{LayerLayout, at};
use crate::kernel::product::PanelPart;
use crate::kernel::update::UpdateSpan;
use crate::number::Number;
use crate::number::simd::lanes;

/// The buffers of a plan. A piece of the first phase writes to its own rows of the pass and of the losses, and one of the
/// second to its own rows of parameters, state, transposed weights and gradient; everything else they only read.
#[derive(Clone, Copy)]
pub(crate) struct StepBuffers<T> {
    pub(crate) parameters: *mut T,
    /// The weights in their other layout.
    pub(crate) transposed: *mut T,
    /// Null where the optimiser has none.
    pub(crate) state: [*mut T; 2],
    /// Null where it is not kept.
    pub(crate) gradient: *mut T,
    /// Two gradients, each of half of the examples, laid out as the parameters; null where sums are not cut.
    pub(crate) halves: *mut T,
    /// How many parameters there are, padding included.
    pub(crate) count: usize,
    /// How many numbers the other layout has.
    pub(crate) transposed_count: usize,
    pub(crate) losses: *mut T,
    pub(crate) scales: *const T,
    pub(crate) squares: *mut f64,
    /// How many weights there are, padding included.
    pub(crate) weights: usize,
}

impl<T: Number> StepBuffers<T> {
    /// One of the two gradients of half of the examples.
    pub(crate) fn half(&self, number: usize) -> *mut T {
        self.halves.wrapping_add(number * self.count)
    }

    /// Fetches the weights of a small network, half of which another thread has just written.
    pub(crate) fn fetch_weights(&self) {
        for (of, count) in [(self.parameters, self.count), (self.transposed, self.transposed_count)]
        {
            for at in (0..count).step_by(lanes::<T>()) {
                prefetch(of.wrapping_add(at).cast_const());
            }
        }
    }

    /// Where a part of w lies, and whatever is laid out like it.
    pub(crate) fn part_of(&self, layer: &LayerLayout, part: &PanelPart) -> usize {
        let (rows, blocks) = layer.shape::<T>(layer.primary);
        layer.weights + at::<T>(rows, blocks, part.rows.start, part.blocks.start)
    }

    /// Fetches some parameters and their state, which come next.
    pub(crate) fn fetch(&self, at: usize, vectors: usize) {
        for of in [self.parameters, self.state[0], self.state[1]] {
            if !of.is_null() {
                for vector in 0..vectors {
                    prefetch(of.wrapping_add(at + vector * lanes::<T>()).cast_const());
                }
            }
        }
    }

    /// The update of some weights.
    pub(crate) fn weights_at(&self, at: usize, g: *const T, vectors: usize) -> UpdateSpan<T> {
        UpdateSpan {
            l2: T::ZERO,
            is_weight: true,
            g,
            g_rest: std::ptr::null(),
            w: self.parameters.wrapping_add(at),
            state: self.state.map(|state| state.wrapping_add(at)),
            vectors,
        }
    }

    /// The update of a layer's biases.
    pub(crate) fn biases_of(&self, layer: &LayerLayout, g: *const T) -> UpdateSpan<T> {
        let vectors = layer.unit_blocks::<T>();
        UpdateSpan { is_weight: false, ..self.weights_at(layer.biases, g, vectors) }
    }
}
