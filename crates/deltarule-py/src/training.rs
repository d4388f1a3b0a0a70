//! `Training`: what an optimiser remembers between two calls of `fit` or `partial_fit`.

use std::io::Cursor;

use deltarule::{
    Activation, AnyModelFile, LearningRate, Loss, ModelFile, Network, NonFinite, Optimizer,
    ScheduleState, Trainer, TrainingState,
};
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::Deserialize;

use crate::explanation::{Explanation, Next};
use crate::failure::{exception, value_error};
use crate::parameters::{ArrayNumber, PyParameters, activations};
use crate::watch::{Callbacks, EpochWatch, Reported};
use crate::worked::Worked;

/// An optimiser and its memory, for the network of these arrays.
#[pyclass(name = "Training", module = "deltarule._core")]
pub(crate) struct PyTraining {
    optimizer: Optimizer,
    activations: Vec<Activation>,
    state: TrainingMemory,
}

/// Before the first step there is no state, and no number type either.
enum TrainingMemory {
    None,
    F32(Network<f32>, TrainingState<f32>),
    F64(Network<f64>, TrainingState<f64>),
}

/// A number type, and its state among the others.
trait Kept: ArrayNumber {
    /// The memory of an optimiser of this type, which is taken out.
    fn take(state: &mut TrainingMemory) -> Option<TrainingState<Self>>;
    /// A network and a memory, to be kept.
    fn keep(network: Network<Self>, memory: TrainingState<Self>) -> TrainingMemory;
}

macro_rules! kept {
    ($($number:ty => $variant:ident),*) => {$(
        impl Kept for $number {
            fn take(state: &mut TrainingMemory) -> Option<TrainingState<Self>> {
                let memory = std::mem::replace(state, TrainingMemory::None);
                if let TrainingMemory::$variant(_, memory) = memory { Some(memory) } else { None }
            }

            fn keep(network: Network<Self>, memory: TrainingState<Self>) -> TrainingMemory {
                TrainingMemory::$variant(network, memory)
            }
        }
    )*};
}
kept!(f32 => F32, f64 => F64);

/// What one call of [`Training::run`] goes by.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Settings {
    loss: Loss,
    epochs: usize,
    batch_size: usize,
    threads: usize,
    /// scikit-learn's alpha
    alpha: f64,
    /// ε of the cross-entropies that are reported
    clip: f64,
    dropout: f64,
    label_smoothing: f64,
    /// Of dropout.
    seed: u64,
    schedule: LearningRate,
    /// What the loss is multiplied by before it is reported.
    pub(crate) loss_scale: f64,
    /// Whether the arrays of parameters are brought up to date after each epoch.
    pub(crate) shows_parameters: bool,
}

#[pymethods]
impl PyTraining {
    /// `optimizer` is JSON as the engine's `Optimizer` has it.
    #[new]
    fn new(optimizer: &str, activations: Vec<String>) -> PyResult<Self> {
        let optimizer: Optimizer = serde_json::from_str(optimizer).map_err(value_error)?;
        optimizer.validate().map_err(exception)?;
        Ok(Self {
            optimizer,
            activations: self::activations(&activations)?,
            state: TrainingMemory::None,
        })
    }

    /// Goes on with other settings of the same optimiser, and with other activations.
    fn follow(&mut self, optimizer: &str, activations: Vec<String>) -> PyResult<()> {
        let Self { optimizer, activations, .. } = Self::new(optimizer, activations)?;
        self.optimizer = optimizer;
        self.activations = activations;
        Ok(())
    }

    /// Updates made so far.
    #[getter]
    fn steps(&self) -> u64 {
        match &self.state {
            TrainingMemory::None => 0,
            TrainingMemory::F32(_, state) => state.optimizer_state.step,
            TrainingMemory::F64(_, state) => state.optimizer_state.step,
        }
    }

    /// Trains for some epochs; the arrays of parameters are read before and written to after.
    ///
    /// Before an epoch, `begin(epoch, scheduled_rate)` returns the order of the rows (int64, or None for that of the epoch
    /// before) and the learning rate. After it, `end(loss)` returns whether to stop. Signals are
    /// looked for meanwhile; what they or the callbacks raise is raised here once the parameters are written.
    #[pyo3(signature = (x, t, weights, offsets, coefs_, intercepts_, settings, begin, end))]
    #[expect(clippy::too_many_arguments, reason = "keywords of one private call")]
    fn run(
        &mut self,
        py: Python<'_>,
        x: &Bound<'_, PyAny>,
        t: &Bound<'_, PyAny>,
        weights: Option<&Bound<'_, PyAny>>,
        offsets: Option<PyReadonlyArray1<'_, f64>>,
        coefs_: &Bound<'_, PyAny>,
        intercepts_: &Bound<'_, PyAny>,
        settings: &str,
        begin: Py<PyAny>,
        end: Py<PyAny>,
    ) -> PyResult<()> {
        let settings: Settings = serde_json::from_str(settings).map_err(value_error)?;
        let offsets = offsets.map(|offsets| offsets.to_vec()).transpose().map_err(value_error)?;
        let callbacks = Callbacks { begin, end };
        let work = TrainingRun { settings, offsets, callbacks, optimizer: self.optimizer };
        if let Ok(x) = x.cast::<PyArray2<f64>>() {
            let arrays = (x.readonly(), t.extract()?, of_type(weights)?);
            self.train(py, work, arrays, PyParameters::extract(coefs_, intercepts_)?)
        } else {
            let x = x.cast::<PyArray2<f32>>()?;
            let arrays = (x.readonly(), t.extract()?, of_type(weights)?);
            self.train(py, work, arrays, PyParameters::extract(coefs_, intercepts_)?)
        }
    }

    /// Epochs made so far.
    #[getter]
    fn epoch(&self) -> usize {
        match &self.state {
            TrainingMemory::None => 0,
            TrainingMemory::F32(_, state) => state.progress.epoch,
            TrainingMemory::F64(_, state) => state.progress.epoch,
        }
    }

    /// The learning rate of the next epoch after a schedule, in JSON, where no epoch is planned after that one.
    fn scheduled_rate(&self, schedule: &str) -> PyResult<f64> {
        let schedule: LearningRate = serde_json::from_str(schedule).map_err(value_error)?;
        let progress = match &self.state {
            TrainingMemory::None => &ScheduleState::default(),
            TrainingMemory::F32(_, state) => &state.progress.schedule,
            TrainingMemory::F64(_, state) => &state.progress.schedule,
        };
        let epoch = self.epoch();
        Ok(schedule.rate(self.optimizer.learning_rate(), epoch, epoch + 1, progress))
    }

    /// The step that comes next with these examples as its batch, worked out and not taken; all arrays are of double
    /// precision.
    #[pyo3(signature = (x, t, coefs_, intercepts_, loss, l2, rate, words))]
    #[expect(clippy::too_many_arguments, reason = "keywords of one private call")]
    fn explain(
        &self,
        py: Python<'_>,
        x: PyReadonlyArray2<'_, f64>,
        t: PyReadonlyArray2<'_, f64>,
        coefs_: &Bound<'_, PyAny>,
        intercepts_: &Bound<'_, PyAny>,
        loss: &str,
        l2: f64,
        rate: f64,
        words: &str,
    ) -> PyResult<Worked> {
        let network =
            PyParameters::<f64>::extract(coefs_, intercepts_)?.network(py, &self.activations)?;
        let state = match &self.state {
            TrainingMemory::None => TrainingState::new(&network, self.optimizer).optimizer_state,
            TrainingMemory::F64(_, state) => state.optimizer_state.clone(),
            TrainingMemory::F32(_, state) => state.optimizer_state.cast(),
        };
        let loss: Loss = loss.parse().map_err(exception)?;
        let next = Next { optimizer: self.optimizer, rate, l2, state };
        let words = serde_json::from_str(words).map_err(value_error)?;
        let (x, t) = (x.as_array().to_owned(), t.as_array().to_owned());
        py.detach(|| Explanation::of_step(network, loss, x, t, next, words)).map(Worked::from)
    }

    /// The state as a model file, or nothing before the first step.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let mut bytes = Vec::new();
        match &self.state {
            TrainingMemory::None => {}
            TrainingMemory::F32(network, state) => write(network, state, &mut bytes)?,
            TrainingMemory::F64(network, state) => write(network, state, &mut bytes)?,
        }
        Ok(PyBytes::new(py, &bytes))
    }

    /// Takes over what [`Training::to_bytes`] wrote.
    fn restore(&mut self, bytes: &[u8]) -> PyResult<()> {
        if bytes.is_empty() {
            self.state = TrainingMemory::None;
            return Ok(());
        }
        let missing = || value_error("model file: there is no training in it");
        self.state = match AnyModelFile::read(Cursor::new(bytes)).map_err(exception)? {
            AnyModelFile::F32(file) => {
                TrainingMemory::F32(file.network, file.training.ok_or_else(missing)?)
            }
            AnyModelFile::F64(file) => {
                TrainingMemory::F64(file.network, file.training.ok_or_else(missing)?)
            }
        };
        Ok(())
    }
}

impl PyTraining {
    /// Goes on with the network of the arrays, which belong to the user between two calls, as do the activations; and with
    /// what the optimiser remembers, or a fresh memory.
    fn train<T: Kept>(
        &mut self,
        py: Python<'_>,
        work: TrainingRun,
        arrays: TrainingArrays<'_, T>,
        parameters: PyParameters<T>,
    ) -> PyResult<()> {
        let mut network = parameters.network(py, &self.activations)?;
        let memory = T::take(&mut self.state);
        let mut memory = memory.unwrap_or_else(|| TrainingState::new(&network, self.optimizer));
        let outcome = work.run(py, arrays, parameters, &mut network, &mut memory);
        self.state = T::keep(network, memory);
        outcome
    }
}

fn write<T: ArrayNumber>(
    network: &Network<T>,
    state: &TrainingState<T>,
    out: &mut Vec<u8>,
) -> PyResult<()> {
    let parameters = network.parameters().to_vec();
    let training = Some(TrainingState { parameters, ..state.clone() });
    let file = ModelFile { training, ..ModelFile::new(network.clone()) };
    file.write(out).map_err(exception)
}

fn of_type<'py, T: ArrayNumber>(
    weights: Option<&Bound<'py, PyAny>>,
) -> PyResult<Option<PyReadonlyArray1<'py, T>>> {
    match weights {
        None => Ok(None),
        Some(weights) => Ok(Some(weights.cast::<PyArray1<T>>()?.readonly())),
    }
}

/// Examples, targets and weights of one call.
type TrainingArrays<'py, T> =
    (PyReadonlyArray2<'py, T>, PyReadonlyArray2<'py, T>, Option<PyReadonlyArray1<'py, T>>);

/// One call of [`Training::run`].
struct TrainingRun {
    settings: Settings,
    offsets: Option<Vec<f64>>,
    callbacks: Callbacks,
    optimizer: Optimizer,
}

impl TrainingRun {
    fn run<T: ArrayNumber>(
        self,
        py: Python<'_>,
        (x, t, weights): TrainingArrays<'_, T>,
        parameters: PyParameters<T>,
        network: &mut Network<T>,
        state: &mut TrainingState<T>,
    ) -> PyResult<()> {
        state.parameters = network.parameters().to_vec();
        let settings = &self.settings;
        let (x, t) = (x.as_array(), t.as_array());
        let weights = weights.as_ref().map(|weights| weights.as_array());
        if self.offsets.as_ref().is_some_and(|offsets| offsets.len() != x.nrows()) {
            return Err(value_error("offsets: one per row"));
        }
        let reported = Reported {
            examples: x.nrows(),
            scale: settings.loss_scale,
            offsets: self.offsets,
            weights: weights.map(|w| w.iter().map(|w| w.to_f64()).collect()),
        };
        let mut watch =
            EpochWatch::new(self.callbacks, reported, &parameters, settings.shows_parameters);
        let outcome = py.detach(|| {
            let mut trainer = Trainer::new(settings.loss)
                .optimizer(self.optimizer)
                .schedule(settings.schedule)
                .epochs(settings.epochs)
                .batch_size(settings.batch_size)
                .threads(settings.threads)
                .l2_alpha(settings.alpha)
                .clip_probabilities(settings.clip)
                .dropout(settings.dropout)
                .label_smoothing(settings.label_smoothing)
                .seed(settings.seed)
                .shuffle(false)
                .non_finite(NonFinite::Ignore)
                .callback(&mut watch);
            if let Some(weights) = weights {
                trainer = trainer.sample_weights(weights);
            }
            trainer.resume(network, state, x, t)
        });
        // What the epochs report went through the callbacks, and the parameters are in the network: no second copy.
        state.progress.records.clear();
        state.parameters = Vec::new();
        let raised = watch.raised();
        parameters.write(py, network)?;
        match (raised, outcome) {
            (Some(raised), _) => Err(raised),
            (None, outcome) => outcome.map(|_| ()).map_err(exception),
        }
    }
}
