//! A training step on blocks: buffers, layouts and who does what.
//!
//! A step has two phases, because examples do not depend on each other up to their deltas,
//! and parameters do not depend on each other once the deltas are there:
//!
//! 1. each piece takes a share of the examples: gather, forward, loss, output delta, backward (see [`super::pass`]);
//! 2. each piece takes a share of the rows of every layer's weights: gradient, L2, update.
//!
//! A phase begins when the one before is finished (see [`super::team`]). No sum is cut by the update_rows, so the bits depend
//! neither on the number of threads nor on who does which piece. A batch of more than [`MAX_ROWS_AT_ONCE`] examples goes
//! through both phases in stretches, the gradient being kept in between; its sums run on in the order of the examples.

use std::sync::atomic::AtomicBool;

use crate::finite::all_finite;
use crate::float::Float;
use crate::kernel::InstructionSet;
use crate::kernel::batch::{Batch, ObjectiveParts, StepOptions, set_scales};
use crate::kernel::buffer::Buffer;
use crate::kernel::layout::{GradientRows, NetworkLayout, PackedWeights};
use crate::kernel::pass::Pass;
use crate::kernel::phases::{Goal, MAX_ROWS_AT_ONCE, SQUARES_AT_ONCE, TrainingStep, update_pieces};
use crate::kernel::plan::Plan;
use crate::kernel::product::whole_parts;
use crate::kernel::step_buffers::StepBuffers;
use crate::kernel::table::Kernels;
use crate::kernel::team::Team;
use crate::kernel::updating::Updating;
use crate::kernel::workspace::{ThreadWorkspace, WorkspacePointers};
use crate::layer::Layer;
use crate::network::Network;
use crate::number::simd::lanes;
use crate::optimizer::{OptimizerState, UpdateRule};

/// More parameters than this are never worth two gradients: there are fewer numbers in the examples of a step.
const MOST_IN_HALVES: usize = 1 << 17;

/// Everything that a step needs, allocated once.
pub(crate) struct Blocks<T: Float> {
    kernels: &'static Kernels<T>,
    options: StepOptions,
    /// Whether the rule of a step depends on its objective.
    by_objective: bool,
    layers: Vec<Layer>,
    layout: NetworkLayout,
    parameters: Buffer<T>,
    transposed: Buffer<T>,
    /// The optimiser's state, laid out as the parameters.
    state: [Buffer<T>; 2],
    /// Laid out as the parameters; empty where an update follows from the sums at once.
    gradient: Buffer<T>,
    /// Two gradients of half of the examples each; empty where the gradient is kept, or there are many parameters.
    halves: Buffer<T>,
    pass: Pass<T>,
    /// Of each example of the batch.
    losses: Buffer<T>,
    scales: Buffer<T>,
    workspaces: Vec<ThreadWorkspace<T>>,
    /// Where they lie, for the threads.
    workspace_pointers: Vec<WorkspacePointers<T>>,
    /// The pieces of an update.
    update_rows: Vec<Vec<GradientRows>>,
    squares: Vec<f64>,
    /// Examples of the step before, as far as they are still in the buffers.
    rows: usize,
}

impl<T: Float> Blocks<T> {
    /// Of a plan for batches of up to this many examples. The gradient is kept where its objective has to be known before
    /// anything is updated, and where the examples pass in several stretches.
    pub(crate) fn new(
        network: &Network<T>,
        batch: usize,
        threads: usize,
        options: StepOptions,
        by_objective: bool,
        set: InstructionSet,
    ) -> Self {
        let layout = NetworkLayout::new::<T>(network.layers(), true);
        let at_once = batch.min(MAX_ROWS_AT_ONCE);
        let mut workspaces: Vec<_> =
            (0..threads).map(|_| ThreadWorkspace::new(&layout.layers, at_once)).collect();
        let kept = by_objective || batch > at_once;
        let zeros = Buffer::zeros;
        Self {
            kernels: T::kernels(set),
            options,
            by_objective,
            layers: network.layers().to_vec(),
            parameters: zeros(layout.parameters),
            transposed: zeros(layout.transposed),
            state: [zeros(0), zeros(0)],
            gradient: zeros(if kept { layout.parameters } else { 0 }),
            halves: zeros(if kept || layout.parameters > MOST_IN_HALVES {
                0
            } else {
                2 * layout.parameters
            }),
            pass: Pass::new(&layout.layers, at_once),
            losses: zeros(batch),
            scales: zeros(batch),
            workspace_pointers: workspaces.iter_mut().map(ThreadWorkspace::pointers).collect(),
            workspaces,
            update_rows: layout.partition_gradients::<T>(update_pieces(threads)),
            squares: vec![0.0; layout.weights.div_ceil(SQUARES_AT_ONCE)],
            layout,
            rows: 0,
        }
    }

    /// The objective of the batch at these parameters, and its gradient, in a network's flat order.
    ///
    /// # Panics
    /// As [`Plan::step`], and when the plan keeps no gradient.
    pub(crate) fn evaluate(
        &mut self,
        team: &Team<'_>,
        batch: &Batch<'_, T>,
        parameters: &[T],
        gradient: &mut [T],
    ) -> ObjectiveParts {
        self.load(parameters);
        let objective = self.run(team, batch, Goal::Keep);
        self.layout.unpack(&self.layers, &self.gradient, gradient);
        objective
    }

    fn run(&mut self, team: &Team<'_>, batch: &Batch<'_, T>, goal: Goal) -> ObjectiveParts {
        let n = batch.rows.len();
        assert!(n <= self.losses.len(), "the batch is larger than the plan");
        assert!(self.workspaces.len() == team.threads(), "the plan is for another team");
        assert!(
            matches!(goal, Goal::Update(_)) || !self.gradient.is_empty(),
            "a plan without a gradient"
        );
        set_scales(&mut self.scales, batch);
        let l2 = self.options.l2.of(batch);
        let failed = AtomicBool::new(false);
        let buffers = self.buffers();
        let weights = self.weights();
        let workspaces = &self.workspace_pointers;
        let step = TrainingStep {
            threads: team.threads(),
            pass: self.pass.view(self.kernels, &self.layout.layers, weights),
            options: &self.options,
            l2,
            buffers,
            workspaces,
            batch,
            update_rows: &self.update_rows,
            goal,
            failed: &failed,
        };
        // The buffers are this plan's, which is borrowed mutably until the work is done.
        team.run(&step);
        self.rows = n - (n.max(1) - 1) / MAX_ROWS_AT_ONCE * MAX_ROWS_AT_ONCE;
        self.objective(n, l2)
    }

    /// Σ sᵢ Eᵢ / Σ sᵢ + ½λΣw², in an order that depends on the number of examples alone.
    fn objective(&self, n: usize, l2: f64) -> ObjectiveParts {
        let mut sums = [0.0; 8];
        for (losses, scales) in self.losses[..n].chunks(8).zip(self.scales[..n].chunks(8)) {
            for ((sum, loss), scale) in sums.iter_mut().zip(losses).zip(scales) {
                *sum += loss.to_f64() * scale.to_f64();
            }
        }
        let penalty = if l2 == 0.0 { 0.0 } else { 0.5 * l2 * self.squares.iter().sum::<f64>() };
        ObjectiveParts { loss: sums.iter().sum(), penalty }
    }

    /// Updates all parameters with the gradient that was kept.
    fn apply(&mut self, team: &Team<'_>, rule: UpdateRule) {
        let (buffers, weights) = (self.buffers(), self.weights());
        let updating = Updating {
            kernels: self.kernels,
            layers: &self.layout.layers,
            buffers,
            weights,
            workspaces: &self.workspace_pointers,
            update_rows: &self.update_rows,
            rule,
            // It is in the gradient already.
            l2: T::ZERO,
            gradients: [buffers.gradient, std::ptr::null()],
        };
        team.run(&updating);
    }

    fn weights(&mut self) -> PackedWeights<T> {
        PackedWeights {
            parameters: self.parameters.as_mut_ptr(),
            transposed: self.transposed.as_mut_ptr(),
        }
    }

    /// The buffers as the threads see them.
    fn buffers(&mut self) -> StepBuffers<T> {
        let optional = |buffer: &mut Buffer<T>| {
            if buffer.is_empty() { std::ptr::null_mut() } else { buffer.as_mut_ptr() }
        };
        let [first, second] = &mut self.state;
        StepBuffers {
            parameters: self.parameters.as_mut_ptr(),
            transposed: self.transposed.as_mut_ptr(),
            state: [optional(first), optional(second)],
            gradient: optional(&mut self.gradient),
            halves: optional(&mut self.halves),
            count: self.layout.parameters,
            transposed_count: self.layout.transposed,
            losses: self.losses.as_mut_ptr(),
            scales: self.scales.as_ptr(),
            squares: self.squares.as_mut_ptr(),
            weights: self.layout.weights,
        }
    }
}

impl<T: Float> Plan<T> for Blocks<T> {
    fn load(&mut self, flat: &[T]) {
        self.layout.pack(&self.layers, flat, &mut self.parameters);
        let weights = self.weights();
        let squares = self.workspaces[0].pointers().squares;
        for layer in &self.layout.layers {
            let (rows, blocks) = layer.shape::<T>(layer.primary);
            for part in whole_parts::<T>(&(0..rows), blocks) {
                // SAFETY: `whole_parts` stays inside the shape of the layer; both buffers and the squares are those of `self`,
                // which is borrowed mutably.
                unsafe { weights.update_transposed(self.kernels, layer, &part, squares) }
            }
        }
    }

    fn store(&self, flat: &mut [T]) {
        self.layout.unpack(&self.layers, &self.parameters, flat);
    }

    fn load_state(&mut self, state: &mut OptimizerState<T>) {
        for (blocks, flat) in self.state.iter_mut().zip(&mut state.vectors) {
            *blocks = Buffer::zeros(self.layout.parameters);
            self.layout.pack(&self.layers, flat, blocks);
            *flat = Vec::new();
        }
    }

    fn store_state(&mut self, state: &mut OptimizerState<T>) {
        let count = self.parameter_count();
        for (blocks, flat) in self.state.iter_mut().zip(&mut state.vectors) {
            *flat = vec![T::ZERO; count];
            self.layout.unpack(&self.layers, blocks, flat);
            *blocks = Buffer::zeros(0);
        }
    }

    fn parameter_count(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.bias_range().end)
    }

    fn is_finite(&self) -> bool {
        all_finite(&self.parameters)
    }

    fn keeps_finite(&self) -> bool {
        self.options.keeps_finite
    }

    fn first_non_finite(&self) -> (&'static str, Option<usize>) {
        let l = lanes::<T>();
        for (index, layer) in self.layout.layers.iter().enumerate() {
            let named = |what| (what, Some(index + 1));
            let (rows, blocks) = layer.shape::<T>(layer.primary);
            if !all_finite(&self.parameters[layer.weights..][..rows * blocks * l]) {
                return named("a weight");
            }
            if !all_finite(&self.parameters[layer.biases..][..layer.units]) {
                return named("a bias");
            }
            if !self.pass.outputs_are_finite(&self.layout.layers, index, self.rows) {
                return named("an output");
            }
        }
        for index in (0..self.layout.layers.len()).rev() {
            if !self.pass.deltas_are_finite(&self.layout.layers, index, self.rows) {
                return ("a delta", Some(index + 1));
            }
        }
        ("the loss", Some(self.layout.layers.len()))
    }

    fn release(&mut self) {
        self.transposed = Buffer::zeros(0);
        self.gradient = Buffer::zeros(0);
        self.pass = Pass::new(&[], 0);
    }

    fn release_parameters(&mut self) {
        self.parameters = Buffer::zeros(0);
    }

    fn step(
        &mut self,
        team: &Team<'_>,
        batch: &Batch<'_, T>,
        rule: &mut dyn FnMut(Option<f64>) -> UpdateRule,
    ) -> ObjectiveParts {
        if !self.by_objective {
            return self.run(team, batch, Goal::Update(rule(None)));
        }
        let objective = self.run(team, batch, Goal::Keep);
        let total = objective.total();
        if total.is_finite() || !self.options.keeps_finite {
            self.apply(team, rule(Some(total)));
        }
        objective
    }
}
