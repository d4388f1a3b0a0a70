//! The update of all parameters with gradients that lie in memory: a kept one, or two of half of the examples each.

use crate::kernel::cache::{prefetch_near, prefetch_to_write};
use crate::kernel::layout::{GradientRows, LayerLayout, PackedWeights};
use crate::kernel::product::whole_parts;
use crate::kernel::step_buffers::StepBuffers;
use crate::kernel::table::Kernels;
use crate::kernel::team::PhasedWork;
use crate::kernel::update::UpdateSpan;
use crate::kernel::workspace::WorkspacePointers;
use crate::number::Number;
use crate::number::simd::lanes;
use crate::optimizer::UpdateRule;

/// One update, as all threads see it.
pub(crate) struct Updating<'a, T: Number> {
    pub(crate) kernels: &'static Kernels<T>,
    pub(crate) layers: &'a [LayerLayout],
    pub(crate) buffers: StepBuffers<T>,
    pub(crate) weights: PackedWeights<T>,
    pub(crate) workspaces: &'a [WorkspacePointers<T>],
    pub(crate) update_rows: &'a [Vec<GradientRows>],
    pub(crate) rule: UpdateRule,
    /// λ, unless the gradient holds the L2 term already.
    pub(crate) l2: T,
    /// What is added up, laid out as the parameters; the second may be null.
    pub(crate) gradients: [*const T; 2],
}

// SAFETY: the pointers are to buffers of a plan that is borrowed mutably until the team has finished the update; pieces write
// to rows of their own, threads to workspaces of their own, and the gradients are only read.
unsafe impl<T: Number> Sync for Updating<'_, T> {}

/// One phase, when the gradients are there.
impl<T: Number> PhasedWork for Updating<'_, T> {
    fn phases(&self) -> usize {
        1
    }

    fn pieces(&self, _: usize) -> usize {
        self.update_rows.len()
    }

    unsafe fn piece(&self, thread: usize, _: usize, piece: usize) {
        let buffers = &self.buffers;
        for range in &self.update_rows[piece] {
            let layer = &self.layers[range.layer];
            let blocks = layer.shape::<T>(layer.primary).1;
            let mut parts = whole_parts::<T>(&range.rows, blocks).peekable();
            while let Some(part) = parts.next() {
                if let Some(next) = parts.peek() {
                    self.fetch(buffers.part_of(layer, next), next.vectors());
                }
                let at = buffers.part_of(layer, &part);
                let of = buffers.weights_at(at, self.gradients[0].wrapping_add(at), part.vectors());
                let of = UpdateSpan { l2: self.l2, g_rest: self.rest(at), ..of };
                // SAFETY: the caller alone has this piece, whose rows no other has, and this thread's workspace; a part ends
                // with the rows and the layer, in the gradients as in the parameters.
                unsafe {
                    (self.kernels.update)(&of, self.rule);
                    let squares = self.workspaces[thread].squares;
                    self.weights.update_transposed(self.kernels, layer, &part, squares);
                }
            }
            if range.biases {
                let of = buffers.biases_of(layer, self.gradients[0].wrapping_add(layer.biases));
                let of = UpdateSpan { g_rest: self.rest(layer.biases), ..of };
                // SAFETY: one range of rows of a layer has its biases, and it is this piece's; the gradients hold biases too.
                unsafe { (self.kernels.update)(&of, self.rule) }
            }
        }
    }
}

impl<T: Number> Updating<'_, T> {
    /// Fetches what the next part needs of what another thread wrote, or has read.
    fn fetch(&self, at: usize, vectors: usize) {
        for vector in 0..vectors {
            let at = at + vector * lanes::<T>();
            for gradient in self.gradients {
                prefetch_near(gradient.wrapping_add(at));
            }
            prefetch_to_write(self.buffers.parameters.wrapping_add(at).cast_const());
        }
    }

    /// The second gradient from this one on, or null.
    fn rest(&self, at: usize) -> *const T {
        let second = self.gradients[1];
        if second.is_null() { second } else { second.wrapping_add(at) }
    }
}
