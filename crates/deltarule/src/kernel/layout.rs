//! Where the numbers of a layer lie.
//!
//! Everything is cut into blocks of LANES units, a block being as wide as a vector. A matrix with a row per unit lies as
//!
//! ```text
//! examples:   [block of units][example][LANES]                       x and δ
//! upward:     [panel of units][input][block of the panel][LANES]     w for the forward pass: k runs over inputs
//! downward:   [panel of inputs][unit][block of the panel][LANES]     w for the backward pass: k runs over units
//! ```
//!
//! A panel is as many blocks as the widest tile has, or what is left of them. So a microkernel reads w from one address
//! on while k runs, and the optimiser goes through w and its state from one end to the other. The gradient of w comes
//! out of its product in one of the two layouts of w; the optimiser works there (the primary layout), and the other
//! one, where it is needed, is copied from it right after, square by square, as its transpose.

use std::ops::Range;

use crate::activation::Activation;
use crate::kernel::product::PanelPart;
use crate::kernel::table::Kernels;
use crate::kernel::team::partition;
use crate::kernel::tile::MAX_BLOCKS;
use crate::layer::Layer;
use crate::number::Number;
use crate::number::simd::lanes;

/// The layout of w in which the optimiser works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Primary {
    /// A vector holds units: the gradient is xᵀδ.
    Upward,
    /// A vector holds inputs: the gradient is δᵀx. Better where the units do not fill a block.
    Downward,
}

impl Primary {
    fn other(self) -> Self {
        match self {
            Self::Upward => Self::Downward,
            Self::Downward => Self::Upward,
        }
    }
}

/// One layer, and where its parts begin in the buffers of all layers. Counted in numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayerLayout {
    pub(crate) inputs: usize,
    pub(crate) units: usize,
    pub(crate) activation: Activation,
    pub(crate) primary: Primary,
    /// The weights, in the primary layout, in the buffer of parameters.
    pub(crate) weights: usize,
    /// The biases, filled up to whole blocks, in the buffer of parameters.
    pub(crate) biases: usize,
    /// The weights in the other layout, in the buffer of transposed weights.
    pub(crate) transposed: Option<usize>,
    /// Blocks of x before this layer's inputs.
    pub(crate) x: usize,
    /// Blocks of delta before this layer's.
    pub(crate) delta: usize,
}

/// The layers of a network in blocks.
#[derive(Clone, Debug)]
pub(crate) struct NetworkLayout {
    pub(crate) layers: Vec<LayerLayout>,
    /// Numbers in the buffer of parameters: all weights, and then all biases.
    pub(crate) parameters: usize,
    /// How many of them are weights (and padding).
    pub(crate) weights: usize,
    /// Numbers in the buffer of transposed weights.
    pub(crate) transposed: usize,
}

impl LayerLayout {
    /// Blocks of the inputs.
    pub(crate) fn input_blocks<T>(&self) -> usize {
        self.inputs.div_ceil(lanes::<T>())
    }

    /// Blocks of the units.
    pub(crate) fn unit_blocks<T>(&self) -> usize {
        self.units.div_ceil(lanes::<T>())
    }

    /// Rows and blocks of w in a layout: a vector for each row in each block.
    pub(crate) fn shape<T>(&self, layout: Primary) -> (usize, usize) {
        match layout {
            Primary::Upward => (self.inputs, self.unit_blocks::<T>()),
            Primary::Downward => (self.units, self.input_blocks::<T>()),
        }
    }

    /// Where the weights of a unit lie in the primary layout, from the beginning of w on: runs of inputs, each with the
    /// offset of its first one, and how far it is from one to the next.
    fn runs<T>(&self, unit: usize) -> impl Iterator<Item = (Range<usize>, usize, usize)> {
        let l = lanes::<T>();
        let (rows, blocks) = self.shape::<T>(self.primary);
        let inputs = self.inputs;
        let (is_upward, run) = match self.primary {
            Primary::Upward => (true, inputs),
            Primary::Downward => (false, l),
        };
        (0..inputs).step_by(run).map(move |first| {
            let run = first..(first + run).min(inputs);
            if is_upward {
                let block = unit / l;
                (run, at::<T>(rows, blocks, 0, block) + unit % l, panel_of(block, blocks).1 * l)
            } else {
                (run, at::<T>(rows, blocks, unit, first / l), 1)
            }
        })
    }
}

/// The panel that a block lies in: its first block, and how many blocks it has.
#[inline]
pub(crate) fn panel_of(block: usize, blocks: usize) -> (usize, usize) {
    let first = block / MAX_BLOCKS * MAX_BLOCKS;
    (first, MAX_BLOCKS.min(blocks - first))
}

/// Where the vector of a row and a block lies in a matrix of this shape, cut into panels.
#[inline]
pub(crate) fn at<T>(rows: usize, blocks: usize, row: usize, block: usize) -> usize {
    let (first, width) = panel_of(block, blocks);
    (first * rows + row * width + block - first) * lanes::<T>()
}

impl NetworkLayout {
    /// Lays out the layers; for a training also what the backward pass needs.
    pub(crate) fn new<T: Number>(layers: &[Layer], training: bool) -> Self {
        let l = lanes::<T>();
        let (mut weights, mut transposed, mut x, mut delta) = (0, 0, 0, 0);
        let mut layouts: Vec<LayerLayout> = Vec::with_capacity(layers.len());
        for (index, layer) in layers.iter().enumerate() {
            let mut layout = LayerLayout {
                inputs: layer.inputs(),
                units: layer.units(),
                activation: layer.activation(),
                primary: Primary::Upward,
                weights,
                biases: 0,
                transposed: None,
                x,
                delta,
            };
            x += layout.input_blocks::<T>();
            delta += layout.unit_blocks::<T>();
            let size = |(rows, blocks): (usize, usize)| rows * blocks;
            let (up, down) = (
                size(layout.shape::<T>(Primary::Upward)),
                size(layout.shape::<T>(Primary::Downward)),
            );
            if training {
                // Few units fill few lanes: then the gradient takes less time with the inputs in the lanes.
                if 4 * down <= 3 * up {
                    layout.primary = Primary::Downward;
                }
                let size_transposed = match layout.primary {
                    // The first layer passes nothing on.
                    Primary::Upward if index == 0 => 0,
                    Primary::Upward => down,
                    Primary::Downward => up,
                };
                if size_transposed > 0 {
                    layout.transposed = Some(transposed);
                    transposed += size_transposed * l;
                }
            }
            weights += l * if layout.primary == Primary::Upward { up } else { down };
            layouts.push(layout);
        }
        let mut parameters = weights;
        for layout in &mut layouts {
            layout.biases = parameters;
            parameters += layout.unit_blocks::<T>() * l;
        }
        Self { layers: layouts, parameters, weights, transposed }
    }

    /// Copies a network's flat parameters into the blocks of the primary layout.
    pub(crate) fn pack<T: Number>(&self, layers: &[Layer], flat: &[T], blocks: &mut [T]) {
        for (layout, layer) in self.layers.iter().zip(layers) {
            let weights = &flat[layer.weight_range()];
            let to = &mut blocks[layout.weights..];
            for (unit, row) in weights.chunks_exact(layout.inputs).enumerate() {
                for (inputs, at, step) in layout.runs::<T>(unit) {
                    for (to, &w) in to[at..].iter_mut().step_by(step).zip(&row[inputs]) {
                        *to = w;
                    }
                }
            }
            blocks[layout.biases..][..layout.units].copy_from_slice(&flat[layer.bias_range()]);
        }
    }

    /// Copies blocks of the primary layout back into the flat order of a network.
    pub(crate) fn unpack<T: Number>(&self, layers: &[Layer], blocks: &[T], flat: &mut [T]) {
        for (layout, layer) in self.layers.iter().zip(layers) {
            let from = &blocks[layout.weights..];
            let weights = &mut flat[layer.weight_range()];
            for (unit, row) in weights.chunks_exact_mut(layout.inputs).enumerate() {
                for (inputs, at, step) in layout.runs::<T>(unit) {
                    for (&from, w) in from[at..].iter().step_by(step).zip(&mut row[inputs]) {
                        *w = from;
                    }
                }
            }
            flat[layer.bias_range()].copy_from_slice(&blocks[layout.biases..][..layout.units]);
        }
    }
}

/// The weights and biases of all layers in both layouts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PackedWeights<T> {
    pub(crate) parameters: *mut T,
    pub(crate) transposed: *mut T,
}

impl<T: Number> PackedWeights<T> {
    /// b^[l], filled up to whole blocks.
    pub(crate) fn biases(&self, layer: &LayerLayout) -> *const T {
        self.parameters.wrapping_add(layer.biases)
    }

    /// w^[l] for the forward pass.
    pub(crate) fn upward(&self, layer: &LayerLayout) -> *const T {
        self.in_layout(layer, Primary::Upward)
    }

    /// w^[l] for the backward pass: of a plan for training, and not of the first layer.
    pub(crate) fn downward(&self, layer: &LayerLayout) -> *const T {
        self.in_layout(layer, Primary::Downward)
    }

    fn in_layout(&self, layer: &LayerLayout, layout: Primary) -> *const T {
        if layer.primary == layout {
            self.parameters.wrapping_add(layer.weights)
        } else {
            self.transposed.wrapping_add(layer.transposed.unwrap_or(0))
        }
    }

    /// Copies a part of the primary layout, LANES rows (or the last ones) of one panel, into the other one.
    ///
    /// # Safety
    /// Nobody else uses this part in either layout; `squares` is writable for two squares of LANES × LANES.
    pub(crate) unsafe fn update_transposed(
        &self,
        kernels: &Kernels<T>,
        layer: &LayerLayout,
        part: &PanelPart,
        squares: *mut T,
    ) {
        let Some(transposed) = layer.transposed else { return };
        let l = lanes::<T>();
        let (rows, blocks) = layer.shape::<T>(layer.primary);
        let (columns, row_blocks) = layer.shape::<T>(layer.primary.other());
        let row_block = part.rows.start / l;
        let (from_row, to_row) =
            (panel_of(part.blocks.start, blocks).1 * l, panel_of(row_block, row_blocks).1 * l);
        for block in part.blocks.clone() {
            let used = l.min(columns - block * l);
            let from = layer.weights + at::<T>(rows, blocks, part.rows.start, block);
            let to = transposed + at::<T>(columns, row_blocks, block * l, row_block);
            // SAFETY: the part is inside its layer, whose rows and columns both layouts fill up to whole vectors, and the caller
            // is alone with it. Where a square has fewer than LANES rows or columns that exist, only those are read and
            // written, by way of the two squares.
            unsafe {
                let (from, to) = (self.parameters.add(from), self.transposed.add(to));
                if part.rows.len() == l && used == l {
                    (kernels.transpose)(from, from_row, to, to_row);
                } else {
                    let (square, square_transposed) = (squares, squares.add(l * l));
                    square.write_bytes(0, l * l);
                    for row in 0..part.rows.len() {
                        square.add(row * l).copy_from_nonoverlapping(from.add(row * from_row), l);
                    }
                    (kernels.transpose)(square, l, square_transposed, l);
                    for row in 0..used {
                        to.add(row * to_row)
                            .copy_from_nonoverlapping(square_transposed.add(row * l), l);
                    }
                }
            }
        }
    }
}

/// Examples between one block of units and the next: an odd number of cache lines, because blocks a power of two apart
/// would compete for the same places in the cache.
pub(crate) fn example_stride<T>(examples: usize) -> usize {
    examples.next_multiple_of(lanes::<T>()) | 1
}

/// A range of rows of the gradient of one layer's weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GradientRows {
    pub(crate) layer: usize,
    pub(crate) rows: Range<usize>,
    /// Whether the layer's biases go with it.
    pub(crate) biases: bool,
}

impl NetworkLayout {
    /// Cuts the gradients of all layers into so many pieces of nearly equal work.
    pub(crate) fn partition_gradients<T: Number>(&self, pieces: usize) -> Vec<Vec<GradientRows>> {
        let l = lanes::<T>();
        let work = |layer: &LayerLayout| layer.shape::<T>(layer.primary);
        let total: usize = self.layers.iter().map(|p| work(p).0 * work(p).1).sum();
        let mut rows_of_piece = vec![Vec::new(); pieces];
        let (mut piece, mut done) = (0, 0);
        for (index, layer) in self.layers.iter().enumerate() {
            let (rows, blocks) = work(layer);
            // Rows of a layer that has a transpose are copied a whole block at a time.
            let grain = if layer.transposed.is_some() { l } else { 2 };
            let mut start = 0;
            while start < rows {
                let until = partition(total, piece, pieces).end;
                let wanted = until.saturating_sub(done).div_ceil(blocks);
                let whole = (wanted + grain / 2) / grain * grain;
                let end = if piece + 1 == pieces { rows } else { (start + whole).min(rows) };
                if end > start {
                    let biases = start == 0;
                    rows_of_piece[piece].push(GradientRows {
                        layer: index,
                        rows: start..end,
                        biases,
                    });
                    done += (end - start) * blocks;
                    start = end;
                }
                if start < rows {
                    piece += 1;
                }
            }
        }
        rows_of_piece
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Network;

    fn network(sizes: &[usize]) -> Network<f32> {
        let mut builder = Network::builder(sizes[0]);
        for &units in &sizes[1..] {
            builder = builder.layer(units, Activation::Tanh);
        }
        builder.build().unwrap()
    }

    #[test]
    fn packing_and_unpacking_give_the_parameters_back() {
        for sizes in [&[1, 1][..], &[5, 3, 2], &[17, 33, 16, 4], &[64, 100, 10], &[28, 64, 64, 2]] {
            let network = network(sizes);
            for training in [false, true] {
                let layout = NetworkLayout::new::<f32>(network.layers(), training);
                let mut blocks = vec![0.0; layout.parameters];
                layout.pack(network.layers(), network.parameters(), &mut blocks);
                let mut flat = vec![9.0; network.parameter_count()];
                layout.unpack(network.layers(), &blocks, &mut flat);
                assert_eq!(flat, network.parameters(), "{sizes:?}");
                let padding = blocks.iter().filter(|b| **b == 0.0).count();
                let zeros = network.parameters().iter().filter(|b| **b == 0.0).count();
                assert_eq!(padding - zeros, layout.parameters - network.parameter_count());
            }
        }
    }

    #[test]
    fn every_row_belongs_to_one_piece() {
        for sizes in
            [&[1, 1][..], &[5, 3, 2], &[64, 100, 10], &[28, 64, 64, 2], &[784, 512, 512, 10]]
        {
            let layout = NetworkLayout::new::<f32>(network(sizes).layers(), true);
            for threads in [1, 2, 3, 4, 7] {
                let pieces_of_rows = layout.partition_gradients::<f32>(threads);
                assert_eq!(pieces_of_rows.len(), threads);
                let all: Vec<&GradientRows> = pieces_of_rows.iter().flatten().collect();
                for (index, layer) in layout.layers.iter().enumerate() {
                    let mut next = 0;
                    for range in all.iter().filter(|s| s.layer == index) {
                        assert_eq!((range.rows.start, range.biases), (next, next == 0));
                        next = range.rows.end;
                    }
                    assert_eq!(next, layer.shape::<f32>(layer.primary).0);
                }
            }
        }
    }
}
