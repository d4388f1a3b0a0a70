//! The examples of the next batch on their way from memory, while this one is computed.

use crate::float::Float;
use crate::kernel::layout::lanes;
use crate::kernel::plan::Batch;
use crate::kernel::simd::prefetch;
use crate::kernel::step::Step;
use crate::kernel::team::share;

/// What one thread fetches, a few lines after each part of a product: all of them at once would only wait for each other.
pub(crate) struct Ahead<'a, T> {
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
}

impl<'a, T: Float> Ahead<'a, T> {
    pub(crate) fn new(step: &Step<'a, T>, thread: usize, threads: usize) -> Self {
        let places = step.flow.places;
        let (inputs, outputs) = (places[0].inputs, places[places.len() - 1].units);
        let Batch { x, t, rows: now, next, .. } = *step.batch;
        let rows = &next[share(next.len(), thread, threads)];
        let parts = step.flow.parts(now.len() / threads) + step.groups(thread);
        let lines = (rows.len() * Self::lines_of(inputs, outputs)).div_ceil(parts.max(1));
        Self { x, t, inputs, outputs, rows, row: 0, line: 0, lines }
    }

    /// Lines that the features of a row may touch.
    fn lines_of_inputs(inputs: usize) -> usize {
        (inputs * size_of::<T>()).div_ceil(64) + 1
    }

    fn lines_of(inputs: usize, outputs: usize) -> usize {
        Self::lines_of_inputs(inputs) + (outputs * size_of::<T>()).div_ceil(64) + 1
    }

    /// The next few.
    pub(crate) fn some(&mut self) {
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
