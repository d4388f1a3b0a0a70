//! The buffers and phases of a training step, made once for a network, a batch size and a team.
//!
//! A step has two phases, because examples do not depend on each other up to their deltas,
//! and parameters do not depend on each other once the deltas are there:
//!
//! 1. each thread takes a share of the batch's examples: gather, forward, loss, output delta, backward;
//! 2. each thread takes a share of every layer's units: gradients, summed over the whole batch in order.
//!
//! No entry is a sum whose order depends on the shares, so the bits do not depend on the number of threads.

use std::ops::Range;

use crate::activation::Activation;
use crate::float::Float;
use crate::kernel::InstructionSet;
use crate::kernel::product::{Operand, Panel, Target, product};
use crate::kernel::team::{Shared, Team, share};
use crate::loss::Loss;
use crate::network::{Layer, Network};
use crate::random::{Purpose, Random};

/// The examples of one step: rows of the whole data.
pub(crate) struct Batch<'a, T> {
    /// All examples, row by row.
    pub(crate) x: &'a [T],
    /// All targets, row by row.
    pub(crate) t: &'a [T],
    /// The rows of this batch.
    pub(crate) rows: &'a [usize],
    /// What each row of the whole data counts; 1 if absent.
    pub(crate) weights: Option<&'a [T]>,
    /// How many examples the epoch has seen before this batch: where the random numbers of dropout go on.
    pub(crate) seen: usize,
    /// Which epoch this is, the first being 0.
    pub(crate) epoch: u64,
}

/// What a step computes besides the plain gradient.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StepOptions {
    pub(crate) loss: Loss,
    /// λ of ½λΣw² in the objective.
    pub(crate) l2: f64,
    /// The probability that a hidden unit is silenced.
    pub(crate) dropout: f64,
    /// How much of each target is spread over all outputs.
    pub(crate) label_smoothing: f64,
    /// The seed of dropout.
    pub(crate) seed: u64,
}

/// Everything that a step needs, allocated once.
pub(crate) struct Plan<T> {
    set: InstructionSet,
    options: StepOptions,
    layers: Vec<Layer>,
    /// Where each layer begins in `z`, `x` and `delta`.
    offsets: Vec<usize>,
    input: Vec<T>,
    targets: Vec<T>,
    /// z of all layers, replaced by f′(z) in hidden layers once x is known.
    z: Vec<T>,
    x: Vec<T>,
    delta: Vec<T>,
    losses: Vec<T>,
    scales: Vec<T>,
    gradient: Vec<T>,
    panels: Vec<Panel<T>>,
    /// The examples of the step before.
    rows: usize,
}

impl<T: Float> Plan<T> {
    pub(crate) fn new(
        network: &Network<T>,
        batch: usize,
        threads: usize,
        options: StepOptions,
        set: InstructionSet,
    ) -> Self {
        let buffer = |units: usize| vec![T::ZERO; batch * units];
        let mut offsets = Vec::new();
        let mut units = 0;
        for layer in network.layers() {
            offsets.push(batch * units);
            units += layer.units();
        }
        Self {
            set,
            options,
            layers: network.layers().to_vec(),
            offsets,
            input: buffer(network.inputs()),
            targets: buffer(network.outputs()),
            z: buffer(units),
            x: buffer(units),
            delta: buffer(units),
            losses: buffer(1),
            scales: buffer(1),
            gradient: vec![T::ZERO; network.parameter_count()],
            panels: (0..threads).map(|_| Panel::new()).collect(),
            rows: 0,
        }
    }

    /// The layers of the network.
    pub(crate) fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// ∂/∂w and ∂/∂b of the objective of the last step, laid out as the network's parameters.
    pub(crate) fn gradient(&self) -> &[T] {
        &self.gradient
    }

    /// One step without its update: the objective of the batch, Σ sᵢ Eᵢ / Σ sᵢ + ½λΣw², and its gradient.
    ///
    /// # Panics
    /// When the batch is larger than planned, which is an error in the caller.
    pub(crate) fn step(&mut self, team: &Team<'_>, parameters: &[T], batch: &Batch<'_, T>) -> f64 {
        let n = batch.rows.len();
        assert!(n <= self.losses.len(), "the batch is larger than the plan");
        self.rows = n;
        self.share_weights(batch);
        self.examples(team, parameters, batch);
        self.gradients(team, parameters);
        let mut objective = 0.0;
        for (loss, scale) in self.losses[..n].iter().zip(&self.scales) {
            objective += loss.to_f64() * scale.to_f64();
        }
        objective + self.penalty(parameters)
    }

    /// What each example's loss is multiplied by: its weight over the sum of the weights of the batch.
    fn share_weights(&mut self, batch: &Batch<'_, T>) {
        let scales = &mut self.scales[..batch.rows.len()];
        match batch.weights {
            None => scales.fill(T::from_f64(1.0 / batch.rows.len() as f64)),
            Some(weights) => {
                let total: f64 = batch.rows.iter().map(|&r| weights[r].to_f64()).sum();
                // A batch of examples that count nothing has no gradient.
                let factor = if total > 0.0 { 1.0 / total } else { 0.0 };
                for (scale, &row) in scales.iter_mut().zip(batch.rows) {
                    *scale = T::from_f64(weights[row].to_f64() * factor);
                }
            }
        }
    }

    /// Phase 1: forward, loss and deltas of every example.
    fn examples(&mut self, team: &Team<'_>, parameters: &[T], batch: &Batch<'_, T>) {
        let shared = Examples {
            set: self.set,
            options: self.options,
            layers: &self.layers,
            offsets: &self.offsets,
            scales: &self.scales,
            input: Shared::new(&mut self.input),
            targets: Shared::new(&mut self.targets),
            z: Shared::new(&mut self.z),
            x: Shared::new(&mut self.x),
            delta: Shared::new(&mut self.delta),
            losses: Shared::new(&mut self.losses),
        };
        let panels = Shared::new(&mut self.panels);
        team.run(&|thread| {
            let rows = share(batch.rows.len(), thread, team.threads());
            if rows.is_empty() {
                return;
            }
            // SAFETY: each thread has a panel of its own, and the shares of the threads are disjoint.
            unsafe {
                let panel = &mut panels.part(thread..thread + 1)[0];
                shared.forward(parameters, batch, rows.clone(), panel);
                shared.output(rows.clone());
                shared.backward(parameters, rows, panel);
            }
        });
    }

    /// Phase 2: ∂E/∂w^[l] = (δ^[l])ᵀ x^[l−1] + λ w^[l] and ∂E/∂b^[l] = Σ δ^[l] over the examples.
    fn gradients(&mut self, team: &Team<'_>, parameters: &[T]) {
        let n = self.rows;
        let l2 = T::from_f64(self.options.l2);
        let gradient = Shared::new(&mut self.gradient);
        let panels = Shared::new(&mut self.panels);
        let (set, layers, offsets) = (self.set, &self.layers, &self.offsets);
        let (input, x, delta) = (&self.input, &self.x, &self.delta);
        team.run(&|thread| {
            for (l, layer) in layers.iter().enumerate() {
                let units = share(layer.units(), thread, team.threads());
                if units.is_empty() {
                    continue;
                }
                let (inputs, weights) = (layer.inputs(), layer.weight_range().start);
                let range = weights + units.start * inputs..weights + units.end * inputs;
                let biases = layer.bias_range().start;
                // SAFETY: the shares of the threads are disjoint ranges of units, so disjoint rows of the weights and
                // disjoint biases; each thread has its own panel.
                let (grad_weights, grad_biases, panel) = unsafe {
                    (
                        gradient.part(range.clone()),
                        gradient.part(biases + units.start..biases + units.end),
                        &mut panels.part(thread..thread + 1)[0],
                    )
                };
                let below = if l == 0 { &input[..] } else { &x[offsets[l - 1]..] };
                let delta = &delta[offsets[l]..][..n * layer.units()];
                product(
                    set,
                    n,
                    Operand::transposed(&delta[units.start..], layer.units()),
                    Operand::rows(&below[..n * inputs], inputs),
                    Target::new(grad_weights, inputs),
                    panel,
                );
                if l2 != T::ZERO {
                    for (g, &w) in grad_weights.iter_mut().zip(&parameters[range]) {
                        *g += l2 * w;
                    }
                }
                grad_biases.fill(T::ZERO);
                for row in delta.chunks_exact(layer.units()) {
                    for (g, &d) in grad_biases.iter_mut().zip(&row[units.clone()]) {
                        *g += d;
                    }
                }
            }
        });
    }

    /// ½λΣw², in eight running sums so that the processor need not wait for one addition after another.
    fn penalty(&self, parameters: &[T]) -> f64 {
        if self.options.l2 == 0.0 {
            return 0.0;
        }
        let mut sums = [0.0; 8];
        for layer in &self.layers {
            for chunk in parameters[layer.weight_range()].chunks(8) {
                for (sum, w) in sums.iter_mut().zip(chunk) {
                    *sum += w.to_f64() * w.to_f64();
                }
            }
        }
        0.5 * self.options.l2 * sums.iter().sum::<f64>()
    }

    /// Where the last step stopped being finite: what, and in which layer (1 being the first).
    pub(crate) fn first_non_finite(&self, parameters: &[T]) -> (&'static str, Option<usize>) {
        let bad = |values: &[T]| values.iter().any(|v| !v.is_finite());
        for (l, layer) in self.layers.iter().enumerate() {
            let named = |what| (what, Some(l + 1));
            if bad(&parameters[layer.weight_range()]) {
                return named("a weight");
            }
            if bad(&parameters[layer.bias_range()]) {
                return named("a bias");
            }
            let values = self.offsets[l]..self.offsets[l] + self.rows * layer.units();
            if bad(&self.z[values.clone()]) || bad(&self.x[values]) {
                return named("an output");
            }
        }
        for (l, layer) in self.layers.iter().enumerate().rev() {
            if bad(&self.delta[self.offsets[l]..][..self.rows * layer.units()]) {
                return ("a delta", Some(l + 1));
            }
        }
        ("the loss", Some(self.layers.len()))
    }
}

/// z = w x + b and x = f(z) for some examples, a row each: the forward pass of one layer.
///
/// # Shapes
/// below: (rows, inputs); z, x: (rows, units)
pub(crate) fn forward_layer<T: Float>(
    set: InstructionSet,
    layer: &Layer,
    parameters: &[T],
    below: &[T],
    z: &mut [T],
    x: &mut [T],
    panel: &mut Panel<T>,
) {
    let (inputs, units) = (layer.inputs(), layer.units());
    product(
        set,
        inputs,
        Operand::rows(below, inputs),
        Operand::transposed(&parameters[layer.weight_range()], inputs),
        Target::new(z, units),
        panel,
    );
    let biases = &parameters[layer.bias_range()];
    for (z, x) in z.chunks_exact_mut(units).zip(x.chunks_exact_mut(units)) {
        for (z, &b) in z.iter_mut().zip(biases) {
            *z += b;
        }
        layer.activation().apply(z, x);
    }
}

/// Phase 1 as the threads see it: shared buffers, of which each thread touches the rows of its own examples.
struct Examples<'a, T> {
    set: InstructionSet,
    options: StepOptions,
    layers: &'a [Layer],
    offsets: &'a [usize],
    scales: &'a [T],
    input: Shared<'a, T>,
    targets: Shared<'a, T>,
    z: Shared<'a, T>,
    x: Shared<'a, T>,
    delta: Shared<'a, T>,
    losses: Shared<'a, T>,
}

/// The flat range of some rows of a matrix of this width.
fn flat(rows: &Range<usize>, width: usize) -> Range<usize> {
    rows.start * width..rows.end * width
}

impl<T: Float> Examples<'_, T> {
    /// Where these examples lie in the buffers of layer l.
    fn at(&self, l: usize, rows: &Range<usize>) -> Range<usize> {
        let range = flat(rows, self.layers[l].units());
        self.offsets[l] + range.start..self.offsets[l] + range.end
    }

    /// Gathers the examples and runs the forward pass.
    ///
    /// # Safety
    /// No other thread uses these rows.
    unsafe fn forward(
        &self,
        parameters: &[T],
        batch: &Batch<'_, T>,
        rows: Range<usize>,
        panel: &mut Panel<T>,
    ) {
        let (n_in, n_out) = (self.layers[0].inputs(), self.layers[self.layers.len() - 1].units());
        // SAFETY: the rows are this thread's, by the contract; input and targets are buffers of their own.
        let (input, targets) =
            unsafe { (self.input.part(flat(&rows, n_in)), self.targets.part(flat(&rows, n_out))) };
        for (i, &row) in batch.rows[rows.clone()].iter().enumerate() {
            input[i * n_in..][..n_in].copy_from_slice(&batch.x[row * n_in..][..n_in]);
            targets[i * n_out..][..n_out].copy_from_slice(&batch.t[row * n_out..][..n_out]);
        }
        if self.options.label_smoothing > 0.0 {
            self.smooth(targets, n_out);
        }
        for (l, layer) in self.layers.iter().enumerate() {
            // SAFETY: the rows are this thread's, and the parts of two layers do not overlap.
            let (below, z, x) = unsafe {
                let below = if l == 0 { &*input } else { &*self.x.part(self.at(l - 1, &rows)) };
                (below, self.z.part(self.at(l, &rows)), self.x.part(self.at(l, &rows)))
            };
            forward_layer(self.set, layer, parameters, below, z, x, panel);
            if l + 1 < self.layers.len() {
                layer.activation().slopes(z, x);
                if self.options.dropout > 0.0 {
                    self.drop_units(l, batch, &rows, z, x);
                }
            }
        }
    }

    /// t ← (1 − s) t + s / k, k being the number of classes that the target chooses from.
    fn smooth(&self, targets: &mut [T], outputs: usize) {
        let output = self.layers[self.layers.len() - 1].activation();
        // A sigmoid output chooses between two classes on its own.
        let classes = if output == Activation::Softmax { outputs as f64 } else { 2.0 };
        let s = self.options.label_smoothing;
        let (keep, spread) = (T::from_f64(1.0 - s), T::from_f64(s / classes));
        for t in targets {
            *t = keep * *t + spread;
        }
    }

    /// Silences units: x and f′ become 0 with probability p and grow by 1 / (1 − p) otherwise.
    ///
    /// The random number of a unit depends on the seed, the epoch, the place of the example in the epoch and the
    /// unit, so it is the same for any number of threads.
    fn drop_units(
        &self,
        l: usize,
        batch: &Batch<'_, T>,
        rows: &Range<usize>,
        slopes: &mut [T],
        x: &mut [T],
    ) {
        let hidden = &self.layers[..self.layers.len() - 1];
        let per_example: usize = hidden.iter().map(Layer::units).sum();
        let before: usize = hidden[..l].iter().map(Layer::units).sum();
        let units = self.layers[l].units();
        let p = self.options.dropout;
        let threshold = (p * (1u64 << 32) as f64) as u32;
        let grow = T::from_f64(1.0 / (1.0 - p));
        let mut random = Random::new(self.options.seed, Purpose::Dropout, batch.epoch);
        let examples = slopes.chunks_exact_mut(units).zip(x.chunks_exact_mut(units));
        for (row, (slopes, x)) in rows.clone().zip(examples) {
            let place = (batch.seen + row) as u128 * per_example as u128 + before as u128;
            random.seek(place);
            for (slope, x) in slopes.iter_mut().zip(x) {
                let factor = if random.next_u32() < threshold { T::ZERO } else { grow };
                *slope *= factor;
                *x *= factor;
            }
        }
    }

    /// The loss of each example and its share of δ^[L].
    ///
    /// # Safety
    /// No other thread uses these rows.
    unsafe fn output(&self, rows: Range<usize>) {
        let last = self.layers.len() - 1;
        let layer = &self.layers[last];
        let units = layer.units();
        // SAFETY: the rows are this thread's, by the contract, and these are buffers of their own.
        let (z, x, t, delta, losses) = unsafe {
            (
                self.z.part(self.at(last, &rows)),
                self.x.part(self.at(last, &rows)),
                self.targets.part(flat(&rows, units)),
                self.delta.part(self.at(last, &rows)),
                self.losses.part(rows.clone()),
            )
        };
        let (loss, output) = (self.options.loss, layer.activation());
        let of = |i: usize| i * units..(i + 1) * units;
        for (i, (value, &scale)) in losses.iter_mut().zip(&self.scales[rows]).enumerate() {
            let delta = &mut delta[of(i)];
            *value = loss.value(output, &z[of(i)], &x[of(i)], &t[of(i)]);
            loss.output_delta(output, &z[of(i)], &x[of(i)], &t[of(i)], delta);
            for d in delta {
                *d *= scale;
            }
        }
    }

    /// δ^[l] = (w^[l+1])ᵀ δ^[l+1] ∘ f′(z^[l]), from the last hidden layer to the first.
    ///
    /// # Safety
    /// No other thread uses these rows.
    unsafe fn backward(&self, parameters: &[T], rows: Range<usize>, panel: &mut Panel<T>) {
        for l in (0..self.layers.len() - 1).rev() {
            let above = &self.layers[l + 1];
            // SAFETY: the rows are this thread's, and the parts of two layers do not overlap.
            let (delta_above, delta, slopes) = unsafe {
                (
                    &*self.delta.part(self.at(l + 1, &rows)),
                    self.delta.part(self.at(l, &rows)),
                    self.z.part(self.at(l, &rows)),
                )
            };
            product(
                self.set,
                above.units(),
                Operand::rows(delta_above, above.units()),
                Operand::rows(&parameters[above.weight_range()], above.inputs()),
                Target::new(&mut *delta, above.inputs()),
                panel,
            );
            for (d, &slope) in delta.iter_mut().zip(&*slopes) {
                *d *= slope;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::team::with_team;
    use crate::{BiasInit, Init};

    fn data(count: usize) -> Vec<f64> {
        let mut random = Random::new(4, Purpose::Order, 2);
        (0..count).map(|_| random.normal()).collect()
    }

    /// Objective and gradient of a step.
    fn step(
        sizes: &[usize],
        rows: &[usize],
        threads: usize,
        set: InstructionSet,
    ) -> (f64, Vec<f64>) {
        let mut builder = Network::<f64>::builder(sizes[0]);
        for &units in &sizes[1..sizes.len() - 1] {
            builder = builder.layer(units, Activation::Gelu);
        }
        let outputs = sizes[sizes.len() - 1];
        let network = builder
            .layer(outputs, Activation::Softmax)
            .init(Init::HeNormal { seed: 1 })
            .bias_init(BiasInit::Drawn)
            .build()
            .unwrap();
        let (x, weights) =
            (data(50 * sizes[0]), data(50).iter().map(|w| w.abs()).collect::<Vec<_>>());
        let t: Vec<f64> = data(50 * outputs).iter().map(|t| t.abs()).collect();
        let options = StepOptions {
            loss: Loss::CrossEntropy,
            l2: 0.01,
            dropout: 0.25,
            label_smoothing: 0.1,
            seed: 3,
        };
        with_team(threads, |team| {
            let mut plan = Plan::new(&network, 50, team.threads(), options, set);
            let batch = Batch { x: &x, t: &t, rows, weights: Some(&weights), seen: 7, epoch: 2 };
            let objective = plan.step(team, network.parameters(), &batch);
            (objective, plan.gradient().to_vec())
        })
    }

    #[test]
    fn any_number_of_threads_and_any_instruction_set_give_the_same_bits() {
        let all: Vec<usize> = (0..50).rev().collect();
        for sizes in [&[3, 1][..], &[5, 3, 2], &[17, 33, 16, 4], &[64, 100, 10]] {
            // Fewer rows than threads, fewer units than threads, and a whole batch.
            for rows in [&all[..1], &all[..3], &all[..37], &all[..]] {
                let expected = step(sizes, rows, 1, InstructionSet::Portable);
                assert!(expected.0.is_finite());
                for set in InstructionSet::available() {
                    for threads in [1, 2, 3, 4, 7] {
                        let got = step(sizes, rows, threads, set);
                        assert_eq!(
                            got,
                            expected,
                            "{sizes:?}, {} rows, {set:?}, {threads}",
                            rows.len()
                        );
                    }
                }
            }
        }
    }
}
