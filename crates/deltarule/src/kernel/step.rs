//! The two phases of a training step, piece by piece.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::activation::Activation;
use crate::float::Float;
use crate::kernel::ahead::Ahead;
use crate::kernel::blocks::{Goal, MAX_ROWS_AT_ONCE, SQUARES_AT_ONCE};
use crate::kernel::layout::{Place, Primary, Share, at, lanes};
use crate::kernel::pass::{Flow, Purpose};
use crate::kernel::plan::{Batch, StepOptions};
use crate::kernel::product::{Left, Part, Product, Right, Target, group_size};
use crate::kernel::reduce::Column;
use crate::kernel::room::RoomParts;
use crate::kernel::simd::prefetch;
use crate::kernel::team::{MAX_PIECES, PhasedWork, partition};
use crate::kernel::tile::{Finish, MAX_BLOCKS};
use crate::kernel::update::Update;
use crate::kernel::updating::Updating;
use crate::optimizer::Rule;
use crate::random;

/// The buffers of a plan. A piece of the first phase writes to its own rows of the pass and of the losses, and one of the
/// second to its own shares of parameters, state, mirrors and gradient; everything else they only read.
#[derive(Clone, Copy)]
pub(crate) struct Memory<T> {
    pub(crate) parameters: *mut T,
    /// The weights in their other layout.
    pub(crate) mirrors: *mut T,
    /// Null where the optimiser has none.
    pub(crate) state: [*mut T; 2],
    /// Null where it is not kept.
    pub(crate) gradient: *mut T,
    /// Two gradients, each of half of the examples, laid out as the parameters; null where sums are not cut.
    pub(crate) halves: *mut T,
    /// How many parameters there are, padding included.
    pub(crate) count: usize,
    /// How many numbers the other layout has.
    pub(crate) mirror_count: usize,
    pub(crate) losses: *mut T,
    pub(crate) scales: *const T,
    pub(crate) squares: *mut f64,
    /// How many weights there are, padding included.
    pub(crate) weights: usize,
}

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
pub(crate) struct Step<'a, T: Float> {
    pub(crate) threads: usize,
    pub(crate) flow: Flow<'a, T>,
    pub(crate) options: &'a StepOptions,
    /// λ of this step.
    pub(crate) l2: f64,
    pub(crate) memory: Memory<T>,
    /// One of each thread.
    pub(crate) rooms: &'a [RoomParts<T>],
    pub(crate) batch: &'a Batch<'a, T>,
    /// The pieces of the second phase.
    pub(crate) shares: &'a [Vec<Share>],
    pub(crate) goal: Goal,
    /// Set when a loss is not finite: then nothing is updated.
    pub(crate) failed: &'a AtomicBool,
}

// SAFETY: the pointers are to buffers that outlive the step, and the threads keep apart as `Memory` says.
unsafe impl<T: Float> Sync for Step<'_, T> {}

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

/// Two phases for each stretch of the batch.
impl<T: Float> PhasedWork for Step<'_, T> {
    fn phases(&self) -> usize {
        2 * self.batch.rows.len().div_ceil(MAX_ROWS_AT_ONCE)
    }

    fn pieces(&self, phase: usize) -> usize {
        let (phase, stretch) = self.phase(phase);
        self.pieces_of(&phase, stretch.len())
    }

    unsafe fn piece(&self, thread: usize, phase: usize, piece: usize) {
        let (phase, stretch) = self.phase(phase);
        let mut ahead = Ahead::new(self, &phase, stretch.len(), piece);
        let rows = || partition(stretch.len(), piece, self.pieces_of(&phase, stretch.len()));
        // SAFETY: the rows and shares of different pieces are disjoint, and the phases before are finished.
        unsafe {
            match phase {
                Phase::Examples => {
                    self.examples(thread, stretch.start, &rows(), &mut ahead);
                    self.squares(&stretch, piece);
                }
                Phase::Halves => {
                    self.memory.fetch_weights();
                    self.examples(thread, stretch.start, &rows(), &mut ahead);
                    self.squares(&stretch, piece);
                    self.half_of_gradients(piece, &rows(), &mut ahead);
                }
                Phase::Gradients => self.gradients(thread, piece, &stretch, &mut ahead),
                Phase::Sums => self.add_halves(thread, piece),
            }
        }
    }
}

impl<T: Float> Step<'_, T> {
    /// The phase of this number, and its examples of the batch.
    fn phase(&self, number: usize) -> (Phase, Range<usize>) {
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
            Phase::Gradients | Phase::Sums => self.shares.len(),
        }
    }

    /// Where sums over this many examples are cut into two, if they are.
    ///
    /// Where a network has few parameters, threads that share its examples would spend their time reading each other's x
    /// and delta. Whether sums are cut must not depend on the number of threads, so that the bits do not either.
    fn cut(&self, examples: usize) -> Option<usize> {
        let blocks: usize = self
            .flow
            .places
            .iter()
            .map(|place| place.input_blocks::<T>() + place.unit_blocks::<T>())
            .sum();
        let numbers = examples * blocks * lanes::<T>();
        let cut = !self.memory.halves.is_null()
            && examples >= FEWEST_TO_CUT
            && 4 * self.memory.count <= numbers;
        // As the examples are shared by two threads.
        cut.then(|| partition(examples, 0, 2).end)
    }

    /// The first phase: gather, forward, loss, output delta, backward.
    ///
    /// # Safety
    /// The rows are this thread's.
    unsafe fn examples(
        &self,
        thread: usize,
        first: usize,
        rows: &Range<usize>,
        ahead: &mut Ahead<'_, T>,
    ) {
        let l = lanes::<T>();
        let room = &self.rooms[thread];
        let (batch, flow) = (self.batch, &self.flow);
        let inputs = flow.places[0].inputs;
        let outputs = flow.places[flow.places.len() - 1].units;
        let dropout = self.options.dropout > 0.0;
        // SAFETY: by the contract; the targets' room is this thread's.
        unsafe {
            for row in rows.clone() {
                let from = batch.rows[first + row] * inputs;
                flow.gather(row, &batch.x[from..from + inputs]);
            }
            if dropout {
                self.draw_factors(first, rows);
            }
            flow.forward(rows, Purpose::Train { dropout }, room, &mut || ahead.some());
            let targets = room.outputs[2];
            let smoothing = self.smoothing();
            flow.for_few(rows, room, |of, few| {
                for (lane, row) in few.clone().enumerate() {
                    let from = batch.rows[first + row] * outputs;
                    room.put_targets(lane, &batch.t[from..from + outputs]);
                    *room.scales.add(lane) = *self.memory.scales.add(first + row);
                }
                if let Some((keep, spread)) = smoothing {
                    for i in 0..outputs * l {
                        *targets.add(i) = keep * *targets.add(i) + spread;
                    }
                }
                (flow.kernels.output_deltas)(of, self.options.loss, self.options.clip);
                let mut finite = true;
                for (lane, row) in few.enumerate() {
                    let loss = *room.losses.add(lane);
                    *self.memory.losses.add(first + row) = loss;
                    finite &= (loss * *room.scales.add(lane)).is_finite();
                }
                if !finite && self.options.keeps_finite {
                    self.failed.store(true, Ordering::Relaxed);
                }
            });
            flow.backward(rows, dropout, room, &mut || ahead.some());
        }
    }

    /// 1 − s and s / k of label smoothing, t ← (1 − s) t + s / k, k being the number of classes that a target chooses from.
    fn smoothing(&self) -> Option<(T, T)> {
        let s = self.options.label_smoothing;
        let last = &self.flow.places[self.flow.places.len() - 1];
        // A sigmoid output chooses between two classes on its own.
        let classes = if last.activation == Activation::Softmax { last.units as f64 } else { 2.0 };
        (s > 0.0).then(|| (T::from_f64(1.0 - s), T::from_f64(s / classes)))
    }

    /// What dropout multiplies each hidden unit with: 0 with probability p, and 1 / (1 − p) otherwise.
    ///
    /// The random number of a unit depends on the seed, the epoch, the place of the example in the epoch and the
    /// unit, so it is the same for any number of threads.
    ///
    /// # Safety
    /// The rows are this thread's.
    unsafe fn draw_factors(&self, first: usize, rows: &Range<usize>) {
        let l = lanes::<T>();
        let hidden = &self.flow.places[..self.flow.places.len() - 1];
        let per_example: usize = hidden.iter().map(|place| place.units).sum();
        let p = self.options.dropout;
        let threshold = (p * (1u64 << 32) as f64) as u32;
        let grow = T::from_f64(1.0 / (1.0 - p));
        let purpose = random::Purpose::Dropout;
        let mut random = random::Random::new(self.options.seed, purpose, self.batch.epoch);
        for row in rows.clone() {
            random.seek((self.batch.seen + first + row) as u128 * per_example as u128);
            for (index, place) in hidden.iter().enumerate() {
                let to = self.flow.delta(index).wrapping_add(row * l);
                for unit in 0..place.units {
                    let factor = if random.next_u32() < threshold { T::ZERO } else { grow };
                    // SAFETY: the unit's place in this thread's row.
                    unsafe { *to.add(unit / l * self.flow.block + unit % l) = factor }
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
        let parts = self.memory.weights.div_ceil(SQUARES_AT_ONCE);
        for part in partition(parts, piece, pieces) {
            let start = part * SQUARES_AT_ONCE;
            let count = SQUARES_AT_ONCE.min(self.memory.weights - start);
            // SAFETY: inside the weights; the sum is this piece's.
            unsafe {
                *self.memory.squares.add(part) =
                    (self.flow.kernels.sum_of_squares)(self.memory.parameters.add(start), count);
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
        ahead: &mut Ahead<'_, T>,
    ) {
        let is_last = stretch.end == self.batch.rows.len();
        let failed = self.failed.load(Ordering::Relaxed);
        if failed && self.memory.gradient.is_null() {
            return;
        }
        let rule = match self.goal {
            Goal::Update(rule) if is_last && !failed => Some(rule),
            _ => None,
        };
        for share in &self.shares[piece] {
            // SAFETY: by the contract; shares of different pieces are disjoint.
            unsafe {
                self.gradient_of(thread, share, stretch, is_last, rule, ahead);
            }
        }
    }

    /// How many groups of gradients some pieces of the second phase have.
    pub(crate) fn groups(&self, pieces: Range<usize>) -> usize {
        let of = |share: &Share| {
            let place = &self.flow.places[share.layer];
            let panels = place.shape::<T>(place.primary).1.div_ceil(MAX_BLOCKS);
            share.rows.len().div_ceil(lanes::<T>()) * panels
        };
        self.shares[pieces].iter().flatten().map(of).sum()
    }

    /// The gradient of one share of a layer.
    ///
    /// # Safety
    /// As [`Step::gradients`].
    unsafe fn gradient_of(
        &self,
        thread: usize,
        share: &Share,
        stretch: &Range<usize>,
        is_last: bool,
        rule: Option<Rule>,
        ahead: &mut Ahead<'_, T>,
    ) {
        let (flow, memory, room) = (&self.flow, &self.memory, &self.rooms[thread]);
        let place = &flow.places[share.layer];
        let rows = place.shape::<T>(place.primary).0;
        let kept = !memory.gradient.is_null();
        let cut = if kept { None } else { self.cut(stretch.len()) };
        let goes_on = kept && stretch.start > 0;
        let l2 = T::from_f64(self.l2);
        let c = if kept {
            Target::Panels { at: memory.gradient.wrapping_add(place.weights), rows }
        } else {
            Target::Group(room.group)
        };
        let product =
            Product { goes_on, halves: cut, ..self.product_of(share.layer, stretch.len(), c) };
        // SAFETY: the rows of the share are this thread's, by the contract.
        unsafe {
            product.run(flow.kernels, share.rows.clone(), |part| {
                ahead.some();
                if !is_last {
                    return;
                }
                let at = memory.part_of(place, &part);
                let g = if kept { memory.gradient.wrapping_add(at) } else { room.group };
                let mut of = Update { l2, ..memory.weights_at(at, g, part.vectors()) };
                if cut.is_some() {
                    of.g_rest = room.group.add(group_size::<T>());
                }
                match rule {
                    Some(rule) => {
                        (flow.kernels.update)(&of, rule);
                        memory.fetch(at + part.vectors() * lanes::<T>(), part.vectors());
                        flow.weights.mirror(flow.kernels, place, &part, room.square);
                    }
                    None if l2 != T::ZERO => (flow.kernels.penalize)(&of),
                    None => {}
                }
            });
            if share.biases {
                let to = if kept { memory.gradient.add(place.biases) } else { room.biases };
                let rest = to.add(place.unit_blocks::<T>() * lanes::<T>());
                let end = cut.unwrap_or(stretch.len());
                self.sum_deltas(share.layer, 0..end, to, goes_on);
                let mut of = memory.biases_of(place, to);
                if cut.is_some() {
                    self.sum_deltas(share.layer, end..stretch.len(), rest, false);
                    of.g_rest = rest;
                }
                if let Some(rule) = rule {
                    (flow.kernels.update)(&of, rule);
                }
            }
        }
    }

    /// ∂E/∂w of a layer as a product.
    fn product_of(&self, layer: usize, examples: usize, c: Target<T>) -> Product<T> {
        let flow = &self.flow;
        let place = &flow.places[layer];
        let (x, delta) = (flow.x(layer).cast_const(), flow.delta(layer).cast_const());
        let (a, b) = match place.primary {
            Primary::Upward => (x, delta),
            Primary::Downward => (delta, x),
        };
        Product {
            a: Left::Units { of: a, block: flow.block },
            k: examples,
            b: Right::Blocks { of: b, block: flow.block },
            blocks: place.shape::<T>(place.primary).1,
            c,
            goes_on: false,
            finish: Finish::Store,
            partial: std::ptr::null_mut(),
            halves: None,
        }
    }

    /// ∂E/∂b of a layer for some examples.
    ///
    /// # Safety
    /// Nobody else uses `to`, which has a vector for each block of units.
    unsafe fn sum_deltas(&self, layer: usize, examples: Range<usize>, to: *mut T, goes_on: bool) {
        let column = Column {
            from: self.flow.delta(layer).wrapping_add(examples.start * lanes::<T>()),
            examples: examples.len(),
            block: self.flow.block,
            blocks: self.flow.places[layer].unit_blocks::<T>(),
            to,
            goes_on,
        };
        // SAFETY: by the contract.
        unsafe { (self.flow.kernels.sum_column)(&column) }
    }

    /// The gradient of all parameters over one half of the examples.
    ///
    /// # Safety
    /// The piece is this thread's, and these are its examples.
    unsafe fn half_of_gradients(
        &self,
        piece: usize,
        examples: &Range<usize>,
        ahead: &mut Ahead<'_, T>,
    ) {
        let half = self.memory.half(piece);
        for (layer, place) in self.flow.places.iter().enumerate() {
            let rows = place.shape::<T>(place.primary).0;
            let c = Target::Panels { at: half.wrapping_add(place.weights), rows };
            let product = self.product_of(layer, examples.end, c).of_examples(examples.clone());
            // SAFETY: each piece has a half of its own, and the examples are its own.
            unsafe {
                product.run(self.flow.kernels, 0..rows, |_| ahead.some());
                self.sum_deltas(layer, examples.clone(), half.add(place.biases), false);
            }
        }
    }

    /// The update of a piece's shares with the sum of both halves.
    ///
    /// # Safety
    /// Both halves of the gradients are there, and the piece is this thread's.
    unsafe fn add_halves(&self, thread: usize, piece: usize) {
        let Goal::Update(rule) = self.goal else { return };
        if self.failed.load(Ordering::Relaxed) {
            return;
        }
        let updating = Updating {
            kernels: self.flow.kernels,
            places: self.flow.places,
            memory: self.memory,
            weights: self.flow.weights,
            rooms: self.rooms,
            shares: self.shares,
            rule,
            l2: T::from_f64(self.l2),
            gradients: [self.memory.half(0), self.memory.half(1)],
        };
        // SAFETY: by the contract.
        unsafe { updating.piece(thread, 0, piece) }
    }
}

impl<T: Float> Memory<T> {
    /// One of the two gradients of half of the examples.
    pub(crate) fn half(&self, number: usize) -> *mut T {
        self.halves.wrapping_add(number * self.count)
    }

    /// Fetches the weights of a small network, half of which another thread has just written.
    fn fetch_weights(&self) {
        for (of, count) in [(self.parameters, self.count), (self.mirrors, self.mirror_count)] {
            for at in (0..count).step_by(lanes::<T>()) {
                prefetch(of.wrapping_add(at).cast_const());
            }
        }
    }

    /// Where a part of w lies, and whatever is laid out like it.
    pub(crate) fn part_of(&self, place: &Place, part: &Part) -> usize {
        let (rows, blocks) = place.shape::<T>(place.primary);
        place.weights + at::<T>(rows, blocks, part.rows.start, part.blocks.start)
    }

    /// Fetches some parameters and their state, which come next.
    fn fetch(&self, at: usize, vectors: usize) {
        for of in [self.parameters, self.state[0], self.state[1]] {
            if !of.is_null() {
                for vector in 0..vectors {
                    prefetch(of.wrapping_add(at + vector * lanes::<T>()).cast_const());
                }
            }
        }
    }

    /// The update of some weights.
    pub(crate) fn weights_at(&self, at: usize, g: *const T, vectors: usize) -> Update<T> {
        Update {
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
    pub(crate) fn biases_of(&self, place: &Place, g: *const T) -> Update<T> {
        let vectors = place.unit_blocks::<T>();
        Update { is_weight: false, ..self.weights_at(place.biases, g, vectors) }
    }
}
