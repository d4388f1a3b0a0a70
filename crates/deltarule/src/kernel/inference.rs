//! Inference: the forward pass alone, with the kernels of training.

use crate::float::Float;
use crate::kernel::InstructionSet;
use crate::kernel::buffer::Buffer;
use crate::kernel::layout::{NetworkLayout, PackedWeights};
use crate::kernel::pass::{Pass, PassMode};
use crate::kernel::table::Kernels;
use crate::kernel::workspace::ThreadWorkspace;
use crate::loss::Loss;
use crate::network::Network;
use crate::number::simd::lanes;

/// A network's parameters in the layout of the kernels; several threads may use it at once, each with its own
/// [`Workspace`].
#[derive(Debug)]
pub(crate) struct Inference<T: Float> {
    kernels: &'static Kernels<T>,
    layout: NetworkLayout,
    parameters: Buffer<T>,
    at_once: usize,
}

/// The memory of one thread's predictions; made by [`Predictor::workspace`](crate::Predictor::workspace).
pub struct Workspace<T: Float> {
    pass: Pass<T>,
    thread: ThreadWorkspace<T>,
}

impl<T: Float> std::fmt::Debug for Workspace<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Workspace")
    }
}

impl<T: Float> Inference<T> {
    /// For so many examples at once.
    pub(crate) fn new(network: &Network<T>, at_once: usize, set: InstructionSet) -> Self {
        let layout = NetworkLayout::new::<T>(network.layers(), false);
        let mut parameters = Buffer::zeros(layout.parameters);
        layout.pack(network.layers(), network.parameters(), &mut parameters);
        Self { kernels: T::kernels(set), layout, parameters, at_once }
    }

    /// How many examples go through the network together.
    pub(crate) fn at_once(&self) -> usize {
        self.at_once
    }

    pub(crate) fn workspace(&self) -> Workspace<T> {
        Workspace {
            pass: Pass::new(&self.layout.layers, self.at_once),
            thread: ThreadWorkspace::new(&self.layout.layers, self.at_once),
        }
    }

    /// Writes the outputs of the examples, and, where targets are given, the loss of each of them.
    ///
    /// # Shapes
    /// x: (examples, inputs), outputs and targets: (examples, outputs), losses: (examples), all row by row
    ///
    /// # Panics
    /// When a length does not fit or the workspace is that of another network: errors in the caller.
    pub(crate) fn run(
        &self,
        workspace: &mut Workspace<T>,
        x: &[T],
        outputs: &mut [T],
        mut losses: Option<(Loss, &[T], &mut [T])>,
    ) {
        let l = lanes::<T>();
        let layers = &self.layout.layers;
        let (inputs, units) = (layers[0].inputs, layers[layers.len() - 1].units);
        let n = x.len() / inputs;
        assert!(x.len() == n * inputs && outputs.len() == n * units, "a length does not fit");
        if let Some((_, t, losses)) = &losses {
            assert!(t.len() == n * units && losses.len() == n, "a length does not fit");
        }
        let fits = workspace.pass.fits(layers, self.at_once)
            && workspace.thread.fits(layers, self.at_once);
        assert!(fits, "a workspace of another network");
        let weights = PackedWeights {
            // Only read: a forward pass writes to its own buffers alone.
            parameters: self.parameters.as_ptr().cast_mut(),
            transposed: std::ptr::null_mut(),
        };
        let pass = workspace.pass.view(self.kernels, layers, weights);
        let pointers = workspace.thread.pointers();
        let last = layers.len() - 1;
        for first in (0..n).step_by(self.at_once) {
            let rows = 0..self.at_once.min(n - first);
            // SAFETY: the workspace is borrowed mutably, and `fits` saw that it is of this network and has `at_once` rows, of
            // which these are the first. The lengths of x, t, outputs and losses were checked above. The closure writes a
            // lane for each example of its group, and reads as many losses.
            unsafe {
                for row in rows.clone() {
                    pass.gather(row, &x[(first + row) * inputs..][..inputs]);
                }
                pass.forward(&rows, PassMode::Predict, &pointers, &mut || {});
                pass.for_each_lane_group(&rows, &pointers, |of, group| {
                    let example = first + group.start;
                    let loss = losses.as_ref().map(|(loss, t, _)| {
                        let t = &t[example * units..][..group.len() * units];
                        for (lane, targets) in t.chunks_exact(units).enumerate() {
                            pointers.put_targets(lane, targets);
                        }
                        *loss
                    });
                    (self.kernels.outputs)(of, loss);
                    if let Some((_, _, losses)) = &mut losses {
                        for (lane, loss) in
                            losses[example..].iter_mut().take(group.len()).enumerate()
                        {
                            *loss = *pointers.losses.add(lane);
                        }
                    }
                });
                let from = pass.delta(last);
                for row in rows {
                    let to = &mut outputs[(first + row) * units..][..units];
                    for (block, to) in to.chunks_mut(l).enumerate() {
                        let from = from.add(block * pass.block + row * l);
                        to.as_mut_ptr().copy_from_nonoverlapping(from, to.len());
                    }
                }
            }
        }
    }
}
