//! What one thread writes to beside the shared buffers.

use crate::kernel::buffer::Buffer;
use crate::kernel::layout::LayerLayout;
use crate::kernel::product::{group_size, stretch};
use crate::kernel::tile::{MAX_BLOCKS, MAX_ROWS};
use crate::number::Number;
use crate::number::simd::lanes;

/// The working memory of one thread.
pub(crate) struct ThreadWorkspace<T: Number> {
    buffer: Buffer<T>,
    parts: [usize; 11],
}

/// Where the parts of a [`ThreadWorkspace`] lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WorkspacePointers<T> {
    /// Sums between two stretches of k: MAX_BLOCKS vectors per example.
    pub(crate) partial: *mut T,
    /// Two groups of gradients.
    pub(crate) group: *mut T,
    /// Two squares of LANES × LANES.
    pub(crate) squares: *mut T,
    /// Two vectors per block of units of the widest layer.
    pub(crate) biases: *mut T,
    /// z, x, t and delta of the outputs with an example per lane: a vector for each output, filled up to whole blocks.
    pub(crate) outputs: [*mut T; 4],
    /// z of the last examples, where they do not fill a vector: LANES vectors per block of outputs.
    pub(crate) tail: *mut T,
    /// A vector.
    pub(crate) losses: *mut T,
    /// A vector.
    pub(crate) scales: *mut T,
}

// SAFETY: to have the addresses is to have nothing: only unsafe code reads or writes there, and has to see to it that
// nobody else does. So a plan, which keeps them beside its workspaces, can go from one thread to another.
unsafe impl<T: Number> Send for WorkspacePointers<T> {}
// SAFETY: a shared reference gives the addresses and nothing else, as said for `Send`.
unsafe impl<T: Number> Sync for WorkspacePointers<T> {}

impl<T: Number> ThreadWorkspace<T> {
    /// For passes of up to this many examples.
    pub(crate) fn new(layers: &[LayerLayout], examples: usize) -> Self {
        let (parts, total) = Self::parts_for(layers, examples);
        Self { buffer: Buffer::zeros(total), parts }
    }

    /// Whether it is one for as many examples of such a network.
    pub(crate) fn fits(&self, layers: &[LayerLayout], examples: usize) -> bool {
        (self.parts, self.buffer.len()) == Self::parts_for(layers, examples)
    }

    /// Where each part begins, and how many numbers there are in all.
    fn parts_for(layers: &[LayerLayout], examples: usize) -> ([usize; 11], usize) {
        let l = lanes::<T>();
        let widest = layers.iter().map(LayerLayout::unit_blocks::<T>).max().unwrap_or(0);
        let outputs = layers.last().map_or(0, LayerLayout::unit_blocks::<T>) * l * l;
        let partial = (examples + MAX_ROWS) * MAX_BLOCKS * l;
        let sizes = [
            if has_long_sums::<T>(layers) { partial } else { 0 },
            2 * group_size::<T>(),
            2 * l * l,
            2 * widest * l,
            outputs,
            outputs,
            outputs,
            outputs,
            outputs,
            l,
            l,
        ];
        let mut total = 0;
        let parts = sizes.map(|size| {
            total += size;
            total - size
        });
        (parts, total)
    }

    pub(crate) fn pointers(&mut self) -> WorkspacePointers<T> {
        let start = self.buffer.as_mut_ptr();
        let [partial, group, squares, biases, z, x, t, delta, tail, losses, scales] =
            self.parts.map(|at| start.wrapping_add(at));
        WorkspacePointers {
            partial,
            group,
            squares,
            biases,
            outputs: [z, x, t, delta],
            tail,
            losses,
            scales,
        }
    }
}

impl<T: Number> WorkspacePointers<T> {
    /// Puts the targets of an example into a lane of t.
    ///
    /// # Safety
    /// The workspace is the caller's alone; there are as many targets as outputs, and the lane exists.
    pub(crate) unsafe fn put_targets(&self, lane: usize, targets: &[T]) {
        let t = self.outputs[2];
        for (output, &target) in targets.iter().enumerate() {
            // SAFETY: t has a vector for each output of the network, and the lane is inside it; the caller is alone with it.
            unsafe { *t.add(output * lanes::<T>() + lane) = target }
        }
    }
}

/// Whether sums of this network are cut, so that a workspace has to hold them.
fn has_long_sums<T>(layers: &[LayerLayout]) -> bool {
    layers.iter().any(|p| p.inputs.max(p.units) > stretch::<T>())
}
