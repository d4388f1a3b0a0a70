//! The two phases of a training step, piece by piece.

use std::ops::Range;
use std::sync::atomic::Ordering;

use crate::activation::Activation;
use crate::kernel::layout::{GradientRows, Primary};
use crate::kernel::pass::PassMode;
use crate::kernel::phases::{Goal, MAX_ROWS_AT_ONCE, Phase, SQUARES_AT_ONCE, TrainingStep};
use crate::kernel::prefetch::Prefetcher;
use crate::kernel::product::{Destination, Left, Product, Right, group_size};
use crate::kernel::reduce::ColumnSum;
use crate::kernel::team::{PhasedWork, partition};
use crate::kernel::tile::Finish;
use crate::kernel::update::UpdateSpan;
use crate::kernel::updating::Updating;
use crate::number::Number;
use crate::number::simd::lanes;
use crate::optimizer::UpdateRule;
use crate::random;

/// Two phases for each stretch of the batch.
impl<T: Number> PhasedWork for TrainingStep<'_, T> {
    fn phases(&self) -> usize {
        2 * self.batch.rows.len().div_ceil(MAX_ROWS_AT_ONCE)
    }

    fn pieces(&self, phase: usize) -> usize {
        let (phase, stretch) = self.phase(phase);
        self.pieces_of(&phase, stretch.len())
    }

    unsafe fn piece(&self, thread: usize, phase: usize, piece: usize) {
        let (phase, stretch) = self.phase(phase);
        let mut prefetcher = Prefetcher::new(self, &phase, stretch.len(), piece);
        let rows = || partition(stretch.len(), piece, self.pieces_of(&phase, stretch.len()));
        // SAFETY: `partition` gives each piece examples of its own, and `update_rows` rows of weights of its own; nobody else has
        // this piece or this thread's workspace, and the phases before are finished, as the caller vouches.
        unsafe {
            match phase {
                Phase::Examples => {
                    self.examples(thread, stretch.start, &rows(), &mut prefetcher);
                    self.squares(&stretch, piece);
                }
                Phase::Halves => {
                    self.buffers.fetch_weights();
                    self.examples(thread, stretch.start, &rows(), &mut prefetcher);
                    self.squares(&stretch, piece);
                    self.half_of_gradients(piece, &rows(), &mut prefetcher);
                }
                Phase::Gradients => self.gradients(thread, piece, &stretch, &mut prefetcher),
                Phase::Sums => self.add_halves(thread, piece),
            }
        }
    }
}

impl<T: Number> TrainingStep<'_, T> {
    /// The first phase: gather, forward, loss, output delta, backward.
    ///
    /// # Safety
    /// The rows are this thread's.
    unsafe fn examples(
        &self,
        thread: usize,
        first: usize,
        rows: &Range<usize>,
        prefetcher: &mut Prefetcher<'_, T>,
    ) {
        let l = lanes::<T>();
        let workspace = &self.workspaces[thread];
        let (batch, pass) = (self.batch, &self.pass);
        let inputs = pass.layers[0].inputs;
        let outputs = pass.layers[pass.layers.len() - 1].units;
        let dropout = self.options.dropout > 0.0;
        // SAFETY: the caller is alone with these rows and with the workspace of this thread. A group has at most LANES examples,
        // each with a lane in t, scales and losses; losses and scales of the step have an entry for each row of the batch.
        unsafe {
            for row in rows.clone() {
                let from = batch.rows[first + row] * inputs;
                pass.gather(row, &batch.x[from..from + inputs]);
            }
            if dropout {
                self.draw_factors(first, rows);
            }
            pass.forward(rows, PassMode::Train { dropout }, workspace, &mut || {
                prefetcher.next_lines();
            });
            let targets = workspace.outputs[2];
            let smoothing = self.smoothing();
            pass.for_each_lane_group(rows, workspace, |of, group| {
                for (lane, row) in group.clone().enumerate() {
                    let from = batch.rows[first + row] * outputs;
                    workspace.put_targets(lane, &batch.t[from..from + outputs]);
                    *workspace.scales.add(lane) = *self.buffers.scales.add(first + row);
                }
                if let Some((keep, spread)) = smoothing {
                    for i in 0..outputs * l {
                        *targets.add(i) = keep * *targets.add(i) + spread;
                    }
                }
                (pass.kernels.output_deltas)(of, self.options.loss, self.options.clip);
                let mut finite = true;
                for (lane, row) in group.enumerate() {
                    let loss = *workspace.losses.add(lane);
                    *self.buffers.losses.add(first + row) = loss;
                    finite &= (loss * *workspace.scales.add(lane)).is_finite();
                }
                if !finite && self.options.keeps_finite {
                    self.failed.store(true, Ordering::Relaxed);
                }
            });
            pass.backward(rows, dropout, workspace, &mut || prefetcher.next_lines());
        }
    }

    /// 1 − s and s / k of label smoothing, t ← (1 − s) t + s / k, k being the number of classes that a target chooses from.
    fn smoothing(&self) -> Option<(T, T)> {
        let s = self.options.label_smoothing;
        let last = &self.pass.layers[self.pass.layers.len() - 1];
        // A sigmoid output chooses between two classes on its own.
        let classes = if last.activation == Activation::Softmax { last.units as f64 } else { 2.0 };
        (s > 0.0).then(|| (T::from_f64(1.0 - s), T::from_f64(s / classes)))
    }

    /// What dropout multiplies each hidden unit with: 0 with probability p, and 1 / (1 − p) otherwise.
    ///
    /// The random number of a unit depends on the seed, the epoch, the number of the example in the epoch and the
    /// unit, so it is the same for any number of threads.
    ///
    /// # Safety
    /// The rows are this thread's.
    unsafe fn draw_factors(&self, first: usize, rows: &Range<usize>) {
        let l = lanes::<T>();
        let hidden = &self.pass.layers[..self.pass.layers.len() - 1];
        let per_example: usize = hidden.iter().map(|layer| layer.units).sum();
        let p = self.options.dropout;
        let threshold = (p * (1u64 << 32) as f64) as u32;
        let grow = T::from_f64(1.0 / (1.0 - p));
        let purpose = random::Purpose::Dropout;
        let mut random = random::Random::new(self.options.seed, purpose, self.batch.epoch);
        for row in rows.clone() {
            random.seek((self.batch.seen + first + row) as u128 * per_example as u128);
            for (index, layer) in hidden.iter().enumerate() {
                let to = self.pass.delta(index).wrapping_add(row * l);
                for unit in 0..layer.units {
                    let factor = if random.next_u32() < threshold { T::ZERO } else { grow };
                    // SAFETY: the caller is alone with this row, which has a lane for each unit of the layer.
                    unsafe { *to.add(unit / l * self.pass.block + unit % l) = factor }
                }
            }
        }
    }

    /// Sums of squares of the weights, which nobody changes in this phase.
    ///
    /// # Safety
    /// The piece is this thread's.
    unsafe fn squares(&self, stretch: &Range<usize>, piece: usize) {
        if stretch.start > 0 || self.l2 == 0.0 {
            return;
        }
        let pieces = self.pieces(0);
        let parts = self.buffers.weights.div_ceil(SQUARES_AT_ONCE);
        for part in partition(parts, piece, pieces) {
            let start = part * SQUARES_AT_ONCE;
            let count = SQUARES_AT_ONCE.min(self.buffers.weights - start);
            // SAFETY: start + count ends with the weights; there is a sum for each part, and this part is this piece's alone.
            unsafe {
                *self.buffers.squares.add(part) =
                    (self.pass.kernels.sum_of_squares)(self.buffers.parameters.add(start), count);
            }
        }
    }

    /// The second phase: ∂E/∂w^[l] = δ^[l] (x^[l−1])ᵀ + λ w^[l] and ∂E/∂b^[l] = Σ δ^[l] over the examples, and the update.
    ///
    /// # Safety
    /// The first phase is over, and the piece is this thread's.
    unsafe fn gradients(
        &self,
        thread: usize,
        piece: usize,
        stretch: &Range<usize>,
        prefetcher: &mut Prefetcher<'_, T>,
    ) {
        let is_last = stretch.end == self.batch.rows.len();
        let failed = self.failed.load(Ordering::Relaxed);
        if failed && self.buffers.gradient.is_null() {
            return;
        }
        let rule = match self.goal {
            Goal::Update(rule) if is_last && !failed => Some(rule),
            Goal::Update(_) | Goal::Keep => None,
        };
        for range in &self.update_rows[piece] {
            // SAFETY: the first phase is over, so x and δ are only read; `update_rows` gives these rows to no other piece, and
            // the workspace is this thread's.
            unsafe {
                self.gradient_of(thread, range, stretch, is_last, rule, prefetcher);
            }
        }
    }

    /// The gradient of some rows of a layer.
    ///
    /// # Safety
    /// As [`TrainingStep::gradients`].
    unsafe fn gradient_of(
        &self,
        thread: usize,
        range: &GradientRows,
        stretch: &Range<usize>,
        is_last: bool,
        rule: Option<UpdateRule>,
        prefetcher: &mut Prefetcher<'_, T>,
    ) {
        let (pass, buffers, workspace) = (&self.pass, &self.buffers, &self.workspaces[thread]);
        let layer = &pass.layers[range.layer];
        let rows = layer.shape::<T>(layer.primary).0;
        let kept = !buffers.gradient.is_null();
        let cut = if kept { None } else { self.cut(stretch.len()) };
        let accumulate = kept && stretch.start > 0;
        let l2 = T::from_f64(self.l2);
        let c = if kept {
            Destination::Panels { at: buffers.gradient.wrapping_add(layer.weights), rows }
        } else {
            Destination::Group(workspace.group)
        };
        let product =
            Product { accumulate, halves: cut, ..self.product_of(range.layer, stretch.len(), c) };
        // SAFETY: x and δ have so many examples; the rows of w, its gradient and state are the caller's alone. Their parts end
        // with the layer, a group holds one part (two, where sums are cut), and one range of a layer's rows has its
        // biases, for which the workspace has two vectors per block.
        unsafe {
            product.run(pass.kernels, range.rows.clone(), |part| {
                prefetcher.next_lines();
                if !is_last {
                    return;
                }
                let at = buffers.part_of(layer, &part);
                let g = if kept { buffers.gradient.wrapping_add(at) } else { workspace.group };
                let mut of = UpdateSpan { l2, ..buffers.weights_at(at, g, part.vectors()) };
                if cut.is_some() {
                    of.g_rest = workspace.group.add(group_size::<T>());
                }
                match rule {
                    Some(rule) => {
                        (pass.kernels.update)(&of, rule);
                        buffers.fetch(at + part.vectors() * lanes::<T>(), part.vectors());
                        pass.weights.update_transposed(
                            pass.kernels,
                            layer,
                            &part,
                            workspace.squares,
                        );
                    }
                    None if l2 != T::ZERO => (pass.kernels.penalize)(&of),
                    None => {}
                }
            });
            if range.biases {
                let to = if kept { buffers.gradient.add(layer.biases) } else { workspace.biases };
                let rest = to.add(layer.unit_blocks::<T>() * lanes::<T>());
                let end = cut.unwrap_or(stretch.len());
                self.sum_deltas(range.layer, 0..end, to, accumulate);
                let mut of = buffers.biases_of(layer, to);
                if cut.is_some() {
                    self.sum_deltas(range.layer, end..stretch.len(), rest, false);
                    of.g_rest = rest;
                }
                if let Some(rule) = rule {
                    (pass.kernels.update)(&of, rule);
                }
            }
        }
    }

    /// ∂E/∂w of a layer as a product.
    fn product_of(&self, index: usize, examples: usize, c: Destination<T>) -> Product<T> {
        let pass = &self.pass;
        let layer = &pass.layers[index];
        let (x, delta) = (pass.x(index).cast_const(), pass.delta(index).cast_const());
        let (a, b) = match layer.primary {
            Primary::Upward => (x, delta),
            Primary::Downward => (delta, x),
        };
        Product {
            a: Left::Units { of: a, block: pass.block },
            k: examples,
            b: Right::Blocks { of: b, block: pass.block },
            blocks: layer.shape::<T>(layer.primary).1,
            c,
            accumulate: false,
            finish: Finish::Store,
            partial: std::ptr::null_mut(),
            halves: None,
        }
    }

    /// ∂E/∂b of a layer for some examples.
    ///
    /// # Safety
    /// Nobody else uses `to`, which has a vector for each block of units.
    unsafe fn sum_deltas(
        &self,
        index: usize,
        examples: Range<usize>,
        to: *mut T,
        accumulate: bool,
    ) {
        let column = ColumnSum {
            from: self.pass.delta(index).wrapping_add(examples.start * lanes::<T>()),
            examples: examples.len(),
            block: self.pass.block,
            blocks: self.pass.layers[index].unit_blocks::<T>(),
            to,
            accumulate,
        };
        // SAFETY: δ has these examples in all blocks of the layer and is only read now; the caller vouches for `to`.
        unsafe { (self.pass.kernels.sum_column)(&column) }
    }

    /// The gradient of all parameters over one half of the examples.
    ///
    /// # Safety
    /// The piece is this thread's, and these are its examples.
    unsafe fn half_of_gradients(
        &self,
        piece: usize,
        examples: &Range<usize>,
        prefetcher: &mut Prefetcher<'_, T>,
    ) {
        let half = self.buffers.half(piece);
        for (index, layer) in self.pass.layers.iter().enumerate() {
            let rows = layer.shape::<T>(layer.primary).0;
            let c = Destination::Panels { at: half.wrapping_add(layer.weights), rows };
            let product = self.product_of(index, examples.end, c).of_examples(examples.clone());
            // SAFETY: each piece has a half of its own, as large as all parameters, and just computed x and δ of its examples,
            // which nobody else writes.
            unsafe {
                product.run(self.pass.kernels, 0..rows, |_| prefetcher.next_lines());
                self.sum_deltas(index, examples.clone(), half.add(layer.biases), false);
            }
        }
    }

    /// The update of a piece's rows with the sum of both halves.
    ///
    /// # Safety
    /// Both halves of the gradients are there, and the piece is this thread's.
    unsafe fn add_halves(&self, thread: usize, piece: usize) {
        let Goal::Update(rule) = self.goal else { return };
        if self.failed.load(Ordering::Relaxed) {
            return;
        }
        let updating = Updating {
            kernels: self.pass.kernels,
            layers: self.pass.layers,
            buffers: self.buffers,
            weights: self.pass.weights,
            workspaces: self.workspaces,
            update_rows: self.update_rows,
            rule,
            l2: T::from_f64(self.l2),
            gradients: [self.buffers.half(0), self.buffers.half(1)],
        };
        // SAFETY: both halves are there, as the caller vouches, who alone has this piece and this thread's workspace.
        unsafe { updating.piece(thread, 0, piece) }
    }
}
