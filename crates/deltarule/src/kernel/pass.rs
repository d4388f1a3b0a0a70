//! Examples on their way through the layers and back.
//!
//! ```text
//! forward:    x^[l] = f(w^[l] x^[l−1] + b^[l])             finished in the registers for ReLU and identity
//! backward:   δ^[l] = (w^[l+1])ᵀ δ^[l+1] ∘ f′(z^[l])       f′ from x for ReLU; else it waits where δ will lie
//! ```

use std::ops::Range;

use crate::activation::Activation;
use crate::kernel::buffer::Buffer;
use crate::kernel::examples::{Activate, Outputs};
use crate::kernel::layout::{LayerLayout, PackedWeights, example_stride};
use crate::kernel::product::{Destination, Left, Product, Right};
use crate::kernel::table::Kernels;
use crate::kernel::tile::{Finish, MAX_BLOCKS, MAX_ROWS};
use crate::kernel::workspace::WorkspacePointers;
use crate::number::Number;
use crate::number::simd::lanes;

/// x^[0] … x^[L−1] and δ^[1] … δ^[L] of some examples.
///
/// z^[L], and after it x^[L] where that is asked for, lies where δ^[L] will.
pub(crate) struct Pass<T: Number> {
    x: Buffer<T>,
    delta: Buffer<T>,
    block: usize,
}

/// A pass as a thread sees it: the buffers, of which each thread touches the rows of its own examples.
#[derive(Clone, Copy)]
pub(crate) struct PassView<'a, T: Number> {
    pub(crate) kernels: &'static Kernels<T>,
    pub(crate) layers: &'a [LayerLayout],
    pub(crate) weights: PackedWeights<T>,
    x: *mut T,
    delta: *mut T,
    /// From a block of units to the next, in numbers.
    pub(crate) block: usize,
}

/// How f′ of a hidden layer comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slopes {
    /// It is 1 everywhere.
    One,
    /// From the sign of x.
    Relu,
    /// The forward pass left it where delta will lie.
    Stored,
}

impl Slopes {
    fn of(activation: Activation, dropout: bool) -> Self {
        // What a product can finish by itself leaves no slopes.
        if dropout {
            Self::Stored
        } else if activation == Activation::Identity {
            Self::One
        } else if activation == Activation::Relu {
            Self::Relu
        } else {
            Self::Stored
        }
    }
}

/// What a forward pass is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PassMode {
    /// Outputs alone.
    Predict,
    /// A backward pass follows.
    Train {
        /// Whether δ holds a factor for each hidden unit.
        dropout: bool,
    },
}

impl<T: Number> Pass<T> {
    /// Buffers for up to this many examples.
    pub(crate) fn new(layers: &[LayerLayout], examples: usize) -> Self {
        let block = example_stride::<T>(examples) * lanes::<T>();
        let blocks = |of: fn(&LayerLayout) -> usize| layers.iter().map(of).sum::<usize>();
        // With addresses of 32 bits a product may be too large; no buffer has the largest number there is.
        Self {
            x: Buffer::zeros(blocks(LayerLayout::input_blocks::<T>).saturating_mul(block)),
            delta: Buffer::zeros(blocks(LayerLayout::unit_blocks::<T>).saturating_mul(block)),
            block,
        }
    }

    /// Whether these are buffers for as many examples of such a network.
    pub(crate) fn fits(&self, layers: &[LayerLayout], examples: usize) -> bool {
        let blocks = |of: fn(&LayerLayout) -> usize| layers.iter().map(of).sum::<usize>();
        self.block >= examples * lanes::<T>()
            && self.x.len() == blocks(LayerLayout::input_blocks::<T>) * self.block
            && self.delta.len() == blocks(LayerLayout::unit_blocks::<T>) * self.block
    }

    /// The pass with the weights that it goes through.
    pub(crate) fn view<'a>(
        &mut self,
        kernels: &'static Kernels<T>,
        layers: &'a [LayerLayout],
        weights: PackedWeights<T>,
    ) -> PassView<'a, T> {
        PassView {
            kernels,
            layers,
            weights,
            x: self.x.as_mut_ptr(),
            delta: self.delta.as_mut_ptr(),
            block: self.block,
        }
    }

    /// Whether the outputs of hidden layer `index` are finite for the first examples.
    pub(crate) fn outputs_are_finite(
        &self,
        layers: &[LayerLayout],
        index: usize,
        rows: usize,
    ) -> bool {
        // The outputs of a layer are the inputs of the next.
        layers.get(index + 1).is_none_or(|above| {
            self.rows_are_finite(&self.x[above.x * self.block..], above.input_blocks::<T>(), rows)
        })
    }

    /// Whether the deltas of layer `index` are finite for the first examples.
    pub(crate) fn deltas_are_finite(
        &self,
        layers: &[LayerLayout],
        index: usize,
        rows: usize,
    ) -> bool {
        let layer = &layers[index];
        let delta = &self.delta[layer.delta * self.block..];
        self.rows_are_finite(delta, layer.unit_blocks::<T>(), rows)
    }

    fn rows_are_finite(&self, from: &[T], blocks: usize, rows: usize) -> bool {
        let blocks = from.chunks(self.block).take(blocks);
        blocks.flat_map(|block| &block[..rows * lanes::<T>()]).all(|v| v.is_finite())
    }
}

impl<T: Number> PassView<'_, T> {
    /// x^[l−1] of layer `index`.
    pub(crate) fn x(&self, index: usize) -> *mut T {
        self.x.wrapping_add(self.layers[index].x * self.block)
    }

    /// δ^[l] of layer `index`.
    pub(crate) fn delta(&self, index: usize) -> *mut T {
        self.delta.wrapping_add(self.layers[index].delta * self.block)
    }

    /// How many parts the products of both passes have for so many rows.
    pub(crate) fn parts(&self, rows: usize) -> usize {
        let panels = |blocks: usize| blocks.div_ceil(MAX_BLOCKS);
        let forward: usize = self.layers.iter().map(|p| panels(p.unit_blocks::<T>())).sum();
        let backward: usize = self.layers[1..].iter().map(|p| panels(p.input_blocks::<T>())).sum();
        (forward + backward) * rows.div_ceil(MAX_ROWS)
    }

    /// Copies the features of an example into its layer.
    ///
    /// # Safety
    /// Nobody else uses this row, and there is one.
    pub(crate) unsafe fn gather(&self, row: usize, features: &[T]) {
        let l = lanes::<T>();
        let to = self.x(0).wrapping_add(row * l);
        let mut whole = features.chunks_exact(l);
        let mut block = 0;
        for chunk in &mut whole {
            // SAFETY: the caller vouches for the row. The first layer has a block for each LANES features, and this is a whole
            // one.
            unsafe {
                std::ptr::copy_nonoverlapping(chunk.as_ptr(), to.add(block * self.block), l);
            }
            block += 1;
        }
        for (lane, &value) in whole.remainder().iter().enumerate() {
            // SAFETY: the first layer has a last block for the features that remain, which are fewer than LANES.
            unsafe { *to.add(block * self.block + lane) = value }
        }
    }

    /// From x^[0] to z^[L]; `meanwhile` is called again and again, [`PassView::parts`] times in all with the backward pass.
    ///
    /// # Safety
    /// Nobody else uses these rows; the workspace is this thread's.
    pub(crate) unsafe fn forward(
        &self,
        rows: &Range<usize>,
        mode: PassMode,
        workspace: &WorkspacePointers<T>,
        meanwhile: &mut impl FnMut(),
    ) {
        for index in 0..self.layers.len() {
            // SAFETY: the caller is alone with these rows and this workspace, in every layer.
            unsafe { self.forward_layer(index, rows, mode, workspace, meanwhile) }
        }
    }

    /// One layer of [`PassView::forward`].
    ///
    /// # Safety
    /// As there.
    unsafe fn forward_layer(
        &self,
        index: usize,
        rows: &Range<usize>,
        mode: PassMode,
        workspace: &WorkspacePointers<T>,
        meanwhile: &mut impl FnMut(),
    ) {
        let l = lanes::<T>();
        let layer = &self.layers[index];
        let is_last = index + 1 == self.layers.len();
        let to = if is_last { self.delta(index) } else { self.x(index + 1) };
        let dropout = mode == PassMode::Train { dropout: true };
        let bias = self.weights.biases(layer);
        let (finish, remains) = match Slopes::of(layer.activation, dropout) {
            _ if is_last => (Finish::Bias(bias), false),
            Slopes::One => (Finish::Bias(bias), false),
            Slopes::Relu => (Finish::BiasRelu(bias), false),
            Slopes::Stored => (Finish::Bias(bias), true),
        };
        let blocks = layer.unit_blocks::<T>();
        let product = Product {
            a: Left::Examples { of: self.x(index), block: self.block },
            k: layer.inputs,
            b: Right::Panels { of: self.weights.upward(layer), rows: layer.inputs },
            blocks,
            c: Destination::Blocks { at: to, block: self.block },
            accumulate: false,
            finish,
            partial: workspace.partial,
            halves: None,
        };
        // SAFETY: the caller is alone with these rows of all buffers; x^[l−1] is only read and lies before x^[l], which is as
        // wide as the layer's units; the weights are only read in this phase; `partial` has a panel for the rows. A part
        // lies inside `to`, and so does its slope inside δ^[l].
        unsafe {
            product.run(self.kernels, rows.clone(), |part| {
                meanwhile();
                if remains {
                    let at = part.blocks.start * self.block + part.rows.start * l;
                    let slope = match mode {
                        PassMode::Predict => std::ptr::null_mut(),
                        PassMode::Train { .. } => self.delta(index).add(at),
                    };
                    let ends = part.blocks.end == blocks;
                    (self.kernels.activate)(&Activate {
                        activation: layer.activation,
                        z: to.add(at),
                        slope,
                        dropout,
                        block: self.block,
                        rows: part.rows.len(),
                        blocks: part.blocks.len(),
                        last: if ends { layer.units - (blocks - 1) * l } else { l },
                    });
                }
            });
        }
    }

    /// Calls `each` for LANES examples at a time with their outputs: z^[L] of all of them lies together.
    ///
    /// # Safety
    /// Nobody else uses these rows; the workspace is this thread's. `each` keeps to the outputs it is given.
    pub(crate) unsafe fn for_each_lane_group(
        &self,
        rows: &Range<usize>,
        workspace: &WorkspacePointers<T>,
        mut each: impl FnMut(&Outputs<T>, Range<usize>),
    ) {
        let l = lanes::<T>();
        let index = self.layers.len() - 1;
        let layer = &self.layers[index];
        let blocks = layer.unit_blocks::<T>();
        let z = self.delta(index);
        for start in rows.clone().step_by(l) {
            let group = start..(start + l).min(rows.end);
            let count = group.len();
            let own = z.wrapping_add(start * l);
            // The rows that fill up the lanes may be another thread's.
            let apart = count < l;
            let copy = |from: *const T, from_block: usize, to: *mut T, to_block: usize| {
                for block in 0..blocks {
                    // SAFETY: one side is the rows of this group in δ^[L], the other `tail`, a buffer with LANES rows in each
                    // block; the group has `count` rows, fewer than LANES.
                    unsafe {
                        std::ptr::copy_nonoverlapping(
                            from.add(block * from_block),
                            to.add(block * to_block),
                            count * l,
                        );
                    }
                }
            };
            if apart {
                copy(own, self.block, workspace.tail, l * l);
            }
            let outputs = Outputs {
                activation: layer.activation,
                units: layer.units,
                z: if apart { workspace.tail } else { own },
                block: if apart { l * l } else { self.block },
                lanes: workspace.outputs,
                losses: workspace.losses,
                scales: workspace.scales,
            };
            each(&outputs, group);
            if apart {
                copy(workspace.tail, l * l, own, self.block);
            }
        }
    }

    /// From δ^[L] to δ^[1].
    ///
    /// # Safety
    /// Nobody else uses these rows; the workspace is this thread's; `dropout` is that of the forward pass.
    pub(crate) unsafe fn backward(
        &self,
        rows: &Range<usize>,
        dropout: bool,
        workspace: &WorkspacePointers<T>,
        meanwhile: &mut impl FnMut(),
    ) {
        for index in (1..self.layers.len()).rev() {
            let (above, below) = (&self.layers[index], &self.layers[index - 1]);
            let finish = match Slopes::of(below.activation, dropout) {
                Slopes::One => Finish::Store,
                Slopes::Relu => Finish::ReluSlope(self.x(index).cast_const()),
                Slopes::Stored => Finish::Slope,
            };
            let product = Product {
                a: Left::Examples { of: self.delta(index), block: self.block },
                k: above.units,
                b: Right::Panels { of: self.weights.downward(above), rows: above.units },
                blocks: above.input_blocks::<T>(),
                c: Destination::Blocks { at: self.delta(index - 1), block: self.block },
                accumulate: false,
                finish,
                partial: workspace.partial,
                halves: None,
            };
            // SAFETY: the caller is alone with these rows of all buffers; δ^[l+1] is only read and lies after δ^[l], which is as
            // wide as the inputs of the layer above; f′ or x lie there as the forward pass left them; the weights are only
            // read in this phase.
            unsafe {
                product.run(self.kernels, rows.clone(), |_| meanwhile());
            }
        }
    }
}
