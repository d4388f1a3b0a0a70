//! The examples of the next batch on their way from memory, while this one is computed.

use crate::kernel::batch::Batch;
use crate::kernel::cache::{prefetch, prefetch_to_write};
use crate::kernel::phases::{Phase, TrainingStep};
use crate::kernel::team::{owner_of, partition};
use crate::number::Number;
use crate::number::simd::lanes;

/// What a piece fetches, a few lines after each part of a product: all of them at once would only wait for each other.
pub(crate) struct Prefetcher<'a, T> {
    x: &'a [T],
    t: &'a [T],
    inputs: usize,
    outputs: usize,
    rows: &'a [usize],
    /// Which row is next, and which line of it.
    row: usize,
    line: usize,
    /// Lines at a time.
    lines: usize,
    /// What this piece will write and another thread has read: the rest of it, and how much at a time.
    to_write: (*const T, usize),
    claims: usize,
}

impl<'a, T: Number> Prefetcher<'a, T> {
    /// What a piece of a phase of so many examples fetches: a part of the rows that its thread will gather.
    pub(crate) fn new(
        step: &TrainingStep<'a, T>,
        phase: &Phase,
        examples: usize,
        piece: usize,
    ) -> Self {
        let layers = step.pass.layers;
        let (inputs, outputs) = (layers[0].inputs, layers[layers.len() - 1].units);
        let Batch { x, t, next, .. } = *step.batch;
        let (first, second) = match phase {
            Phase::Examples | Phase::Gradients => (Phase::Examples, Phase::Gradients),
            Phase::Halves | Phase::Sums => (Phase::Halves, Phase::Sums),
        };
        let firsts = step.pieces_of(&first, examples);
        let seconds = step.pieces_of(&second, examples);
        let is_first = matches!(phase, Phase::Examples | Phase::Halves);
        let owner = owner_of(if is_first { firsts } else { seconds }, piece, step.threads);
        let (own, updates) =
            (partition(firsts, owner, step.threads), partition(seconds, owner, step.threads));
        let rows = partition(next.len(), own.start, firsts).start
            ..partition(next.len(), own.end, firsts).start;
        let rows = &next[rows];
        // Parts of a product that fetch something: in each piece of the first phase, and in this thread's others.
        let (each, others) = match first {
            Phase::Halves => (step.pass.parts(examples / firsts) + step.groups(0..seconds), 0),
            Phase::Examples | Phase::Gradients | Phase::Sums => {
                (step.pass.parts(examples / firsts), step.groups(updates.clone()))
            }
        };
        let parts = own.len() * each + others;
        let before = if is_first {
            (piece - own.start) * each
        } else {
            own.len() * each + step.groups(updates.start..piece)
        };
        let in_row = Self::lines_of(inputs, outputs);
        let lines = (rows.len() * in_row).div_ceil(parts.max(1));
        let (row, line) = (before * lines / in_row, before * lines % in_row);
        let (mut to_write, mut claims) = ((std::ptr::null(), 0), 0);
        if let Phase::Halves = phase {
            let buffers = &step.buffers;
            to_write = (buffers.half(piece).cast_const(), buffers.count / lanes::<T>());
            claims = to_write.1.div_ceil(step.pass.parts(examples / firsts));
        }
        Self { x, t, inputs, outputs, rows, row, line, lines, to_write, claims }
    }

    /// Lines that the features of a row may touch.
    fn lines_of_inputs(inputs: usize) -> usize {
        (inputs * size_of::<T>()).div_ceil(64) + 1
    }

    fn lines_of(inputs: usize, outputs: usize) -> usize {
        Self::lines_of_inputs(inputs) + (outputs * size_of::<T>()).div_ceil(64) + 1
    }

    /// The next few.
    pub(crate) fn next_lines(&mut self) {
        let (at, left) = &mut self.to_write;
        for _ in 0..self.claims.min(*left) {
            prefetch_to_write(*at);
            *at = at.wrapping_add(lanes::<T>());
        }
        *left = left.saturating_sub(self.claims);
        for _ in 0..self.lines {
            let Some(&row) = self.rows.get(self.row) else { return };
            let inputs = Self::lines_of_inputs(self.inputs);
            let at = if self.line < inputs {
                let line = self.line * lanes::<T>();
                self.x.as_ptr().wrapping_add(row * self.inputs + line.min(self.inputs - 1))
            } else {
                let line = (self.line - inputs) * lanes::<T>();
                self.t.as_ptr().wrapping_add(row * self.outputs + line.min(self.outputs - 1))
            };
            prefetch(at);
            self.line += 1;
            if self.line == Self::lines_of(self.inputs, self.outputs) {
                self.line = 0;
                self.row += 1;
            }
        }
    }
}
