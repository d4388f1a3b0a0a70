//! Inference: the forward pass alone, compiled once and asked as often as wanted.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use ndarray::{Array2, ArrayView2};

use crate::error::{Error, Result};
use crate::finite::{all_finite, check_finite};
use crate::float::Float;
use crate::kernel::InstructionSet;
use crate::kernel::inference::{Inference, Workspace};
use crate::loss::Loss;
use crate::metrics::argmax;
use crate::network::Network;

/// A network ready to be asked; made by [`Network::predictor`].
///
/// Its parameters are copied once into the layout of the kernels. Several threads may ask it at the same time. Between
/// calls it keeps the memory that they worked in; with a [`Workspace`] of the caller's, [`Predictor::predict_into`]
/// allocates nothing.
///
/// # Shapes
/// Examples come in and outputs go out with a row per example.
#[derive(Debug)]
pub struct Predictor<'a, T: Float> {
    network: Cow<'a, Network<T>>,
    inference: Inference<T>,
    threads: usize,
    /// What no call is using: memory that is new costs more than many a prediction.
    idle: Mutex<Vec<Workspace<T>>>,
}

/// Fewer examples than this are not handed out by themselves.
const FEWEST: usize = 64;

/// Fewer multiply-adds than this take less time than to start a thread for them.
const WORTH_A_THREAD: usize = 1 << 20;

/// Workspaces that are kept between calls: those of the machines that have no memory to spare.
const KEPT: usize = 2;

impl<T: Float> Network<T> {
    /// The outputs x^\[L\] of the examples, a row per example.
    ///
    /// # Shapes
    /// x: (examples, inputs); result: (examples, outputs)
    ///
    /// # Errors
    /// `ErrorKind::Shape` when the examples do not have as many columns as the network has inputs.
    pub fn predict(&self, x: ArrayView2<'_, T>) -> Result<Array2<T>> {
        self.predictor(x.nrows().clamp(1, 256)).predict(x)
    }

    /// Inference with buffers made once, for this many examples at a time.
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule::{Activation, Network};
    /// use ndarray::array;
    ///
    /// let network = Network::<f32>::builder(2).layer(3, Activation::Softmax).build()?;
    /// let classes = network.predictor(1).argmax(array![[0.5, -0.5]].view())?;
    /// assert_eq!(classes.len(), 1);
    /// # Ok::<(), deltarule::Error>(())
    /// ```
    pub fn predictor(&self, batch: usize) -> Predictor<'_, T> {
        Predictor::new(Cow::Borrowed(self), batch)
    }

    /// As [`Network::predictor`], for those who want to keep it longer than the network.
    pub fn into_predictor(self, batch: usize) -> Predictor<'static, T> {
        Predictor::new(Cow::Owned(self), batch)
    }
}

impl<'a, T: Float> Predictor<'a, T> {
    pub(crate) fn new(network: Cow<'a, Network<T>>, batch: usize) -> Self {
        let inference = Inference::new(&network, batch.clamp(1, 256), InstructionSet::detect());
        Self { network, inference, threads: 1, idle: Mutex::default() }
    }

    /// At most how many threads share the examples of one call; 1 if not said. The bits are the same for any number.
    #[must_use = "the number of threads is that of the predictor that comes back"]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// Memory for [`Predictor::predict_into`], one for each thread that calls it.
    pub fn workspace(&self) -> Workspace<T> {
        self.inference.workspace()
    }

    /// Writes the outputs x^\[L\] of the examples, on the calling thread and without an allocation.
    ///
    /// # Shapes
    /// x: (examples, inputs), outputs: (examples, outputs), both row by row
    ///
    /// # Errors
    /// `ErrorKind::Shape` when x has no whole number of examples or the outputs are not as many as they need.
    ///
    /// # Panics
    /// When the workspace is that of a predictor of another network or batch.
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule::{Activation, Network};
    ///
    /// let network = Network::<f32>::builder(2).layer(3, Activation::Softmax).build()?;
    /// let predictor = network.predictor(1);
    /// let (mut workspace, mut outputs) = (predictor.workspace(), [0.0; 3]);
    /// predictor.predict_into(&mut workspace, &[0.5, -0.5], &mut outputs)?;
    /// assert!((outputs.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    /// # Ok::<(), deltarule::Error>(())
    /// ```
    pub fn predict_into(
        &self,
        workspace: &mut Workspace<T>,
        x: &[T],
        outputs: &mut [T],
    ) -> Result<()> {
        self.check(x, outputs.len())?;
        self.inference.run(workspace, x, outputs, None);
        Ok(())
    }

    /// How many examples there are.
    fn check(&self, x: &[T], outputs: usize) -> Result<usize> {
        let (inputs, units) = (self.network.inputs(), self.network.outputs());
        let n = x.len() / inputs;
        if x.len() != n * inputs {
            let expected = format!("a multiple of {inputs} numbers (one per input)");
            return Err(Error::shape("examples", expected, x.len()));
        }
        if outputs != n * units {
            let expected = format!("{} numbers ({units} per example)", n * units);
            return Err(Error::shape("outputs", expected, outputs));
        }
        Ok(n)
    }

    /// The outputs x^\[L\] of the examples.
    ///
    /// # Errors
    /// `ErrorKind::Shape` when the examples do not have as many columns as the network has inputs.
    pub fn predict(&self, x: ArrayView2<'_, T>) -> Result<Array2<T>> {
        self.predict_where(x, |_| true)
    }

    /// The outputs x^\[L\] of examples all of whose numbers are finite, which is looked at on the way.
    ///
    /// # Errors
    /// As [`Predictor::predict`]; `ErrorKind::NonFinite` when a number is not.
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule::{Activation, Network};
    /// use ndarray::array;
    ///
    /// let network = Network::<f64>::builder(2).layer(1, Activation::Relu).build()?;
    /// let predictor = network.predictor(8);
    /// assert!(predictor.predict_finite(array![[0.5, -0.5]].view()).is_ok());
    /// assert!(predictor.predict_finite(array![[0.5, f64::NAN]].view()).is_err());
    /// # Ok::<(), deltarule::Error>(())
    /// ```
    pub fn predict_finite(&self, x: ArrayView2<'_, T>) -> Result<Array2<T>> {
        self.predict_where(x, all_finite)
    }

    /// The outputs; nothing is computed for a piece that has a number that is not `is_accepted`.
    fn predict_where(
        &self,
        x: ArrayView2<'_, T>,
        is_accepted: impl Fn(&[T]) -> bool + Sync,
    ) -> Result<Array2<T>> {
        self.predict_on(x, is_accepted, thread::Builder::new)
    }

    /// [`Predictor::predict_where`] on the calling thread and on those that `builder` starts.
    fn predict_on(
        &self,
        x: ArrayView2<'_, T>,
        is_accepted: impl Fn(&[T]) -> bool + Sync,
        builder: impl Fn() -> thread::Builder,
    ) -> Result<Array2<T>> {
        self.network.check_examples(x)?;
        let standard = x.as_standard_layout();
        let data = standard.as_slice().unwrap_or_default();
        let (inputs, units) = (self.network.inputs(), self.network.outputs());
        let mut outputs = vec![T::ZERO; x.nrows() * units];
        let (threads, share) = self.split(x.nrows());
        // Whoever is free takes the next ones: a thread may be sent away at any time.
        let pieces = data.chunks(share * inputs).zip(outputs.chunks_mut(share * units));
        let (pieces, refused) = (Mutex::new(pieces), AtomicBool::new(false));
        let work = || {
            self.with_workspace(|workspace| {
                while !refused.load(Ordering::Relaxed) {
                    let Some((x, outputs)) = locked(&pieces).next() else { break };
                    if is_accepted(x) {
                        self.inference.run(workspace, x, outputs, None);
                    } else {
                        refused.store(true, Ordering::Relaxed);
                    }
                }
            });
        };
        thread::scope(|scope| {
            for _ in 1..threads {
                // A machine that gives no more threads leaves more pieces to those that it gave, the calling one at least.
                if builder().spawn_scoped(scope, work).is_err() {
                    break;
                }
            }
            work();
        });
        if refused.into_inner() {
            check_finite("examples", x)?;
            // Somebody has written over it meanwhile.
            return Err(Error::non_finite("a number of the examples", None, None));
        }
        Array2::from_shape_vec((x.nrows(), units), outputs)
            .map_err(|e| Error::shape("outputs", "a row per example", e))
    }

    /// How many threads share so many examples, and how many of these are handed out at a time: about as many as go
    /// through the network together, and the same number to every thread.
    fn split(&self, examples: usize) -> (usize, usize) {
        let work = examples.saturating_mul(self.network.parameters().len());
        let threads = self.threads.min(examples / FEWEST).min(work / WORTH_A_THREAD).max(1);
        let most = self.inference.at_once().max(FEWEST);
        let rounds = examples.div_ceil(threads).div_ceil(most).max(1);
        (threads, examples.div_ceil(threads * rounds).max(1))
    }

    /// Memory to work in, for as long as `work` takes.
    fn with_workspace(&self, work: impl FnOnce(&mut Workspace<T>)) {
        let idle = locked(&self.idle).pop();
        let mut workspace = idle.unwrap_or_else(|| self.workspace());
        work(&mut workspace);
        let mut idle = locked(&self.idle);
        if idle.len() < KEPT {
            idle.push(workspace);
        }
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
        self.network.check_examples(x)?;
        self.network.check_targets(x, t)?;
        let (x, t) = (x.as_standard_layout(), t.as_standard_layout());
        let mut outputs = vec![T::ZERO; t.len()];
        let mut losses = vec![T::ZERO; x.nrows()];
        let (data, targets) = (x.as_slice().unwrap_or_default(), t.as_slice().unwrap_or_default());
        let of = Some((loss, targets, &mut losses[..]));
        self.with_workspace(|workspace| self.inference.run(workspace, data, &mut outputs, of));
        let outputs = Array2::from_shape_vec(t.raw_dim(), outputs)
            .map_err(|e| Error::shape("outputs", "a row per example", e))?;
        Ok((outputs, losses))
    }
}

/// What a panic elsewhere left is overwritten before it is read.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Activation;

    #[test]
    fn every_thread_gets_as_much() {
        let network = Network::<f32>::builder(100).layer(200, Activation::Relu).build().unwrap();
        for (at_once, threads, examples, expected) in [
            (256, 2, 4096, (2, 256)),
            (256, 2, 768, (2, 192)),
            (256, 3, 1000, (3, 167)),
            (256, 16, 5000, (16, 157)),
            (1, 8, 1_000_000, (8, 64)),
            // Too little for more threads.
            (256, 2, 60, (1, 60)),
            (256, 64, 150, (2, 75)),
            (256, 64, 0, (1, 1)),
        ] {
            let predictor = network.predictor(at_once).threads(threads);
            assert_eq!(predictor.split(examples), expected, "{at_once} {threads} {examples}");
        }
    }

    #[test]
    fn memory_is_used_again_and_not_hoarded() {
        let network = Network::<f32>::builder(100).layer(200, Activation::Relu).build().unwrap();
        let predictor = network.predictor(8).threads(8);
        let x = Array2::zeros((2000, 100));
        for _ in 0..3 {
            predictor.predict(x.view()).unwrap();
            assert!((1..=KEPT).contains(&locked(&predictor.idle).len()));
        }
    }

    #[test]
    fn a_thread_that_cannot_start_is_no_panic_and_changes_no_bit() {
        let network = Network::<f32>::builder(100)
            .layer(200, Activation::Tanh)
            .layer(3, Activation::Softmax)
            .init(crate::Init::HeNormal { seed: 2 })
            .build()
            .unwrap();
        let x = Array2::from_shape_fn((1000, 100), |(i, j)| ((i * 31 + j * 7) % 23) as f32 / 9.0);
        let expected = network.predictor(64).predict(x.view()).unwrap();
        let predictor = network.predictor(64).threads(3);
        assert_eq!(predictor.split(x.nrows()).0, 3);
        // No machine has memory for such a stack.
        let refused = || thread::Builder::new().stack_size(usize::MAX / 4);
        thread::scope(|scope| {
            assert!(refused().spawn_scoped(scope, || ()).is_err(), "a thread that must not start");
        });
        let got = predictor.predict_on(x.view(), |_| true, refused).unwrap();
        assert_eq!(got, expected);
        // One that starts, and one that does not.
        let mut started = std::cell::Cell::new(0);
        let one = || {
            started.set(started.get() + 1);
            if started.get() == 1 { thread::Builder::new() } else { refused() }
        };
        assert_eq!(predictor.predict_on(x.view(), |_| true, one).unwrap(), expected);
        assert_eq!(*started.get_mut(), 2);
    }

    /// As many blocks of x, and of deltas, in both networks, but not of outputs: the kernels wrote beyond the workspace.
    #[test]
    #[should_panic(expected = "a workspace of another network")]
    fn a_workspace_of_a_network_with_fewer_outputs_is_refused() {
        let network = |inputs, hidden, outputs| {
            let builder = Network::<f32>::builder(inputs).layer(hidden, Activation::Relu);
            builder.layer(outputs, Activation::Softmax).build().unwrap()
        };
        let (narrow, wide) = (network(16, 32, 16), network(32, 16, 32));
        let mut workspace = narrow.predictor(4).workspace();
        let (x, mut outputs) = (vec![0.5; 4 * 32], vec![0.0; 4 * 32]);
        wide.predictor(4).predict_into(&mut workspace, &x, &mut outputs).unwrap();
    }
}
