//! Inference: the forward pass alone, a few examples at a time.

use ndarray::{Array2, ArrayView2};

use crate::error::{Error, Result};
use crate::float::Float;
use crate::kernel::InstructionSet;
use crate::kernel::plan::forward_layer;
use crate::kernel::product::Panel;
use crate::loss::Loss;
use crate::metrics::argmax;
use crate::network::Network;

/// A network ready to be asked; made by [`Network::predictor`].
///
/// # Shapes
/// Examples come in and outputs go out with a row per example.
#[derive(Debug)]
pub struct Predictor<'a, T> {
    network: &'a Network<T>,
    batch: usize,
    set: InstructionSet,
}

impl<'a, T: Float> Predictor<'a, T> {
    pub(crate) fn new(network: &'a Network<T>, batch: usize) -> Self {
        Self { network, batch: batch.max(1), set: InstructionSet::detect() }
    }

    /// The outputs x^\[L\] of the examples.
    ///
    /// # Errors
    /// `ErrorKind::Shape` when the examples do not have as many columns as the network has inputs.
    pub fn predict(&self, x: ArrayView2<'_, T>) -> Result<Array2<T>> {
        let mut outputs = Vec::with_capacity(x.nrows() * self.network.outputs());
        self.for_each_batch(x, |_, _, x| outputs.extend_from_slice(x))?;
        Array2::from_shape_vec((x.nrows(), self.network.outputs()), outputs)
            .map_err(|e| Error::shape("outputs", "a row per example", e))
    }

    /// The class of each example: the number of its largest output, from 0, the first on a tie.
    ///
    /// # Errors
    /// As [`Predictor::predict`].
    pub fn argmax(&self, x: ArrayView2<'_, T>) -> Result<Vec<usize>> {
        Ok(self.predict(x)?.rows().into_iter().map(argmax).collect())
    }

    /// The outputs of the examples and the loss of each of them.
    ///
    /// # Errors
    /// `ErrorKind::Shape` when examples or targets do not fit; `ErrorKind::Value` when the network's outputs do not
    /// admit the loss.
    pub fn losses(
        &self,
        loss: Loss,
        x: ArrayView2<'_, T>,
        t: ArrayView2<'_, T>,
    ) -> Result<(Array2<T>, Vec<T>)> {
        loss.admits(self.network.output_activation())?;
        self.network.check_targets(x, t)?;
        let (units, output) = (self.network.outputs(), self.network.output_activation());
        let t = t.as_standard_layout();
        let targets = t.as_slice().unwrap_or_default();
        let mut outputs = Vec::with_capacity(x.nrows() * units);
        let mut losses = Vec::with_capacity(x.nrows());
        self.for_each_batch(x, |first, z, x| {
            outputs.extend_from_slice(x);
            let rows = z.chunks_exact(units).zip(x.chunks_exact(units));
            for ((z, x), t) in rows.zip(targets[first * units..].chunks_exact(units)) {
                losses.push(loss.value(output, z, x, t));
            }
        })?;
        let outputs = Array2::from_shape_vec((x.nrows(), units), outputs)
            .map_err(|e| Error::shape("outputs", "a row per example", e))?;
        Ok((outputs, losses))
    }

    /// Hands the number of the first example, z^\[L\] and x^\[L\] of every batch to `take`.
    fn for_each_batch(
        &self,
        x: ArrayView2<'_, T>,
        mut take: impl FnMut(usize, &[T], &[T]),
    ) -> Result<()> {
        self.network.check_examples(x)?;
        let standard = x.as_standard_layout();
        let data = standard.as_slice().unwrap_or_default();
        let layers = self.network.layers();
        let widest = layers.iter().map(|l| l.units()).max().unwrap_or(0);
        let batch = self.batch.min(x.nrows());
        let buffer = || vec![T::ZERO; batch * widest];
        let (mut z, mut out, mut below) = (buffer(), buffer(), buffer());
        let mut panel = Panel::new();
        let inputs = self.network.inputs();
        for (number, input) in data.chunks(self.batch * inputs).enumerate() {
            let rows = input.len() / inputs;
            for (l, layer) in layers.iter().enumerate() {
                let source = if l == 0 { input } else { &below[..rows * layer.inputs()] };
                let size = rows * layer.units();
                forward_layer(
                    self.set,
                    layer,
                    self.network.parameters(),
                    source,
                    &mut z[..size],
                    &mut out[..size],
                    &mut panel,
                );
                std::mem::swap(&mut out, &mut below);
            }
            let size = rows * self.network.outputs();
            take(number * self.batch, &z[..size], &below[..size]);
        }
        Ok(())
    }
}
