//! The update of all parameters with gradients that lie in memory: a kept one, or two of half of the examples each.

use crate::float::Float;
use crate::kernel::layout::{Place, Share, Weights, lanes};
use crate::kernel::product::whole_parts;
use crate::kernel::room::RoomParts;
use crate::kernel::simd::{prefetch_near, prefetch_to_write};
use crate::kernel::step::Memory;
use crate::kernel::table::Kernels;
use crate::kernel::team::PhasedWork;
use crate::kernel::update::Update;
use crate::optimizer::Rule;

/// One update, as all threads see it.
pub(crate) struct Updating<'a, T: Float> {
    pub(crate) kernels: &'static Kernels<T>,
    pub(crate) places: &'a [Place],
    pub(crate) memory: Memory<T>,
    pub(crate) weights: Weights<T>,
    pub(crate) rooms: &'a [RoomParts<T>],
    pub(crate) shares: &'a [Vec<Share>],
    pub(crate) rule: Rule,
    /// λ, unless the gradient holds the L2 term already.
    pub(crate) l2: T,
    /// What is added up, laid out as the parameters; the second may be null.
    pub(crate) gradients: [*const T; 2],
}

// SAFETY: the pointers are to buffers of a plan that is borrowed mutably; pieces have disjoint
// shares, and threads rooms of their own.
unsafe impl<T: Float> Sync for Updating<'_, T> {}

/// One phase, when the gradients are there.
impl<T: Float> PhasedWork for Updating<'_, T> {
    fn phases(&self) -> usize {
        1
    }

    fn pieces(&self, _: usize) -> usize {
        self.shares.len()
    }

    unsafe fn piece(&self, thread: usize, _: usize, piece: usize) {
        let memory = &self.memory;
        for share in &self.shares[piece] {
            let place = &self.places[share.layer];
            let blocks = place.shape::<T>(place.primary).1;
            let mut parts = whole_parts::<T>(&share.rows, blocks).peekable();
            while let Some(part) = parts.next() {
                if let Some(next) = parts.peek() {
                    self.fetch(memory.part_of(place, next), next.vectors());
                }
                let at = memory.part_of(place, &part);
                let of = memory.weights_at(at, self.gradients[0].wrapping_add(at), part.vectors());
                let of = Update { l2: self.l2, g_rest: self.rest(at), ..of };
                // SAFETY: the share is this piece's, and the room this thread's.
                unsafe {
                    (self.kernels.update)(&of, self.rule);
                    let room = self.rooms[thread].square;
                    self.weights.mirror(self.kernels, place, &part, room);
                }
            }
            if share.biases {
                let of = memory.biases_of(place, self.gradients[0].wrapping_add(place.biases));
                let of = Update { g_rest: self.rest(place.biases), ..of };
                // SAFETY: one share of a layer has its biases.
                unsafe { (self.kernels.update)(&of, self.rule) }
            }
        }
    }
}

impl<T: Float> Updating<'_, T> {
    /// Fetches what the next part needs of what another thread wrote, or has read.
    fn fetch(&self, at: usize, vectors: usize) {
        for vector in 0..vectors {
            let at = at + vector * lanes::<T>();
            for gradient in self.gradients {
                prefetch_near(gradient.wrapping_add(at));
            }
            prefetch_to_write(self.memory.parameters.wrapping_add(at).cast_const());
        }
    }

    /// The second gradient from this place on, or null.
    fn rest(&self, at: usize) -> *const T {
        let second = self.gradients[1];
        if second.is_null() { second } else { second.wrapping_add(at) }
    }
}
