//! A training step as all threads see it: its phases, and the pieces that they are cut into.

use std::ops::Range;
use std::sync::atomic::AtomicBool;

use crate::kernel::batch::{Batch, StepOptions};
use crate::kernel::layout::GradientRows;
use crate::kernel::pass::PassView;
use crate::kernel::step_buffers::StepBuffers;
use crate::kernel::team::{MAX_PIECES, partition};
use crate::kernel::tile::MAX_BLOCKS;
use crate::kernel::workspace::WorkspacePointers;
use crate::number::Number;
use crate::number::simd::lanes;
use crate::optimizer::UpdateRule;

/// Examples that go through a step at once: their panel is what a product reads over and over.
pub(crate) const MAX_ROWS_AT_ONCE: usize = 1024;

/// Weights whose squares are added up at a time.
pub(crate) const SQUARES_AT_ONCE: usize = 1 << 14;

/// Fewer examples than this are not worth two sums.
const FEWEST_TO_CUT: usize = 64;

/// Pieces of a phase that a thread has, if there is enough to do: a thread that comes late, or is slow, leaves some of
/// them to the others.
const PIECES: usize = 2;

/// Fewer examples than this are not worth a piece of their own: the weights are read anew for each.
const FEWEST_OF_A_PIECE: usize = 64;

/// How many pieces the second phase is cut into.
pub(crate) fn update_pieces(threads: usize) -> usize {
    if threads == 1 { 1 } else { (PIECES * threads).min(MAX_PIECES) }
}

/// One step, as all threads see it.
pub(crate) struct TrainingStep<'a, T: Number> {
    pub(crate) threads: usize,
    pub(crate) pass: PassView<'a, T>,
    pub(crate) options: &'a StepOptions,
    /// λ of this step.
    pub(crate) l2: f64,
    pub(crate) buffers: StepBuffers<T>,
    /// One of each thread.
    pub(crate) workspaces: &'a [WorkspacePointers<T>],
    pub(crate) batch: &'a Batch<'a, T>,
    /// The pieces of the second phase.
    pub(crate) update_rows: &'a [Vec<GradientRows>],
    pub(crate) goal: Goal,
    /// Set when a loss is not finite: then nothing is updated.
    pub(crate) failed: &'a AtomicBool,
}

// SAFETY: the pointers are to buffers of a plan that is borrowed mutably until the team has finished the step; pieces write
// to rows of their own, as `StepBuffers` says, and threads to workspaces of their own.
unsafe impl<T: Number> Sync for TrainingStep<'_, T> {}

/// A phase of a step.
#[derive(Clone, Debug)]
pub(crate) enum Phase {
    /// Examples forward and back.
    Examples,
    /// The same, and the gradient of half of the examples each.
    Halves,
    /// Gradients and update.
    Gradients,
    /// The update with two gradients.
    Sums,
}

/// What a step does with its gradient.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// Keeps it.
    Keep,
    /// Updates the parameters.
    Update(UpdateRule),
}

impl<T: Number> TrainingStep<'_, T> {
    /// The phase of this number, and its examples of the batch.
    pub(crate) fn phase(&self, number: usize) -> (Phase, Range<usize>) {
        let n = self.batch.rows.len();
        let start = number / 2 * MAX_ROWS_AT_ONCE;
        // Two threads with half of the examples each need not read the other's: they add up two gradients instead.
        let apart = self.threads == 2 && self.cut(n).is_some();
        let phase = match (number % 2, apart) {
            (0, false) => Phase::Examples,
            (0, true) => Phase::Halves,
            (_, false) => Phase::Gradients,
            (_, true) => Phase::Sums,
        };
        (phase, start..(start + MAX_ROWS_AT_ONCE).min(n))
    }

    /// How many pieces a phase of so many examples has.
    pub(crate) fn pieces_of(&self, phase: &Phase, examples: usize) -> usize {
        match phase {
            Phase::Examples if self.threads == 1 => 1,
            Phase::Examples => (examples / FEWEST_OF_A_PIECE)
                .clamp(self.threads, PIECES * self.threads)
                .min(examples)
                .min(MAX_PIECES),
            Phase::Halves => 2,
            Phase::Gradients | Phase::Sums => self.update_rows.len(),
        }
    }

    /// Where sums over this many examples are cut into two, if they are.
    ///
    /// Where a network has few parameters, threads that share its examples would spend their time reading each other's x
    /// and delta. Whether sums are cut must not depend on the number of threads, so that the bits do not either.
    pub(crate) fn cut(&self, examples: usize) -> Option<usize> {
        let blocks: usize = self
            .pass
            .layers
            .iter()
            .map(|layer| layer.input_blocks::<T>() + layer.unit_blocks::<T>())
            .sum();
        let numbers = examples * blocks * lanes::<T>();
        let cut = !self.buffers.halves.is_null()
            && examples >= FEWEST_TO_CUT
            && 4 * self.buffers.count <= numbers;
        // As the examples are shared by two threads.
        cut.then(|| partition(examples, 0, 2).end)
    }

    /// How many groups of gradients some pieces of the second phase have.
    pub(crate) fn groups(&self, pieces: Range<usize>) -> usize {
        let of = |range: &GradientRows| {
            let layer = &self.pass.layers[range.layer];
            let panels = layer.shape::<T>(layer.primary).1.div_ceil(MAX_BLOCKS);
            range.rows.len().div_ceil(lanes::<T>()) * panels
        };
        self.update_rows[pieces].iter().flatten().map(of).sum()
    }
}
