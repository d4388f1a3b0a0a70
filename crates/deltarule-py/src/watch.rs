//! What looks at a training from Python: callbacks between epochs, and signals.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use deltarule::{Callback, EpochRecord, Network, StepRecord};
use numpy::{PyArray1, PyArrayMethods};
use pyo3::prelude::*;

use crate::failure::value_error;
use crate::parameters::{ArrayNumber, PyParameters};

/// How long Ctrl-C may go unnoticed.
const ATTENTION: Duration = Duration::from_millis(50);

/// Looks for signals now and then: steps may take less time than looking.
pub(crate) struct Attention(Instant);

impl Attention {
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }

    /// What a signal raised, if it is time to look.
    pub(crate) fn signals(&mut self) -> PyResult<()> {
        if self.0.elapsed() <= ATTENTION {
            return Ok(());
        }
        self.0 = Instant::now();
        Python::attach(|py| py.check_signals())
    }
}

/// What is called between epochs.
pub(crate) struct Callbacks {
    pub(crate) begin: Py<PyAny>,
    pub(crate) end: Py<PyAny>,
}

/// How the losses of an epoch's steps become the one that is reported: scikit-learn's mean, in which each batch counts
/// as many times as it has examples, whatever these weigh.
pub(crate) struct Reported {
    pub(crate) examples: usize,
    pub(crate) scale: f64,
    /// What each example adds to the loss, apart from its parameters.
    pub(crate) offsets: Option<Vec<f64>>,
    pub(crate) weights: Option<Vec<f64>>,
}

impl Reported {
    fn of(&self, step: &StepRecord<'_>) -> f64 {
        let mut value = step.loss * self.scale + step.penalty;
        if let Some(offsets) = &self.offsets {
            let weight = |row: usize| self.weights.as_ref().map_or(1.0, |weights| weights[row]);
            let total: f64 = step.rows.iter().map(|&row| weight(row)).sum();
            let sum: f64 = step.rows.iter().map(|&row| weight(row) * offsets[row]).sum();
            // A batch that counts nothing adds nothing.
            value += if total > 0.0 { sum / total } else { 0.0 };
        }
        value * step.rows.len() as f64
    }
}

/// The callback.
pub(crate) struct EpochWatch<'a, T: ArrayNumber> {
    callbacks: Callbacks,
    reported: Reported,
    parameters: &'a PyParameters<T>,
    shows_parameters: bool,
    sum: f64,
    attention: Attention,
    raised: Option<PyErr>,
}

impl<'a, T: ArrayNumber> EpochWatch<'a, T> {
    pub(crate) fn new(
        callbacks: Callbacks,
        reported: Reported,
        parameters: &'a PyParameters<T>,
        shows_parameters: bool,
    ) -> Self {
        let attention = Attention::new();
        Self {
            callbacks,
            reported,
            parameters,
            shows_parameters,
            sum: 0.0,
            attention,
            raised: None,
        }
    }

    /// What a callback or a signal raised.
    pub(crate) fn raised(&mut self) -> Option<PyErr> {
        self.raised.take()
    }

    /// The value, or the end of the training.
    fn or_stop<V>(&mut self, result: PyResult<V>) -> Option<V> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.raised.get_or_insert(error);
                None
            }
        }
    }

    fn call_begin(
        &self,
        py: Python<'_>,
        epoch: usize,
        rows: &mut [usize],
        rate: f64,
    ) -> PyResult<f64> {
        let returned = self.callbacks.begin.bind(py).call1((epoch, rate))?;
        let (order, rate): (Option<Bound<'_, PyArray1<i64>>>, f64) = returned.extract()?;
        if let Some(order) = order {
            let order = order.readonly();
            let order = order.as_array();
            if order.len() != rows.len() {
                return Err(value_error("the order of an epoch has another length than the data"));
            }
            for (row, &given) in rows.iter_mut().zip(order) {
                *row = usize::try_from(given)
                    .ok()
                    .filter(|&row| row < self.reported.examples)
                    .ok_or_else(|| value_error(format!("there is no row {given}")))?;
            }
        }
        Ok(rate)
    }
}

impl<T: ArrayNumber> Callback<T> for EpochWatch<'_, T> {
    fn on_epoch_begin(&mut self, epoch: usize, rows: &mut [usize], learning_rate: f64) -> f64 {
        self.sum = 0.0;
        let called = Python::attach(|py| self.call_begin(py, epoch, rows, learning_rate));
        // After an exception the first step ends the training.
        self.or_stop(called).unwrap_or(learning_rate)
    }

    fn on_step_end(&mut self, step: &StepRecord<'_>) -> ControlFlow<()> {
        self.sum += self.reported.of(step);
        let signals = self.attention.signals();
        self.or_stop(signals);
        if self.raised.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn wants_network(&self) -> bool {
        self.shows_parameters
    }

    fn on_network(&mut self, network: &Network<T>) {
        let written = Python::attach(|py| self.parameters.write(py, network));
        self.or_stop(written);
    }

    fn on_epoch_end(&mut self, _: &EpochRecord) -> ControlFlow<()> {
        if self.raised.is_some() {
            return ControlFlow::Break(());
        }
        let loss = self.sum / self.reported.examples as f64;
        let called = Python::attach(|py| {
            py.check_signals()?;
            self.callbacks.end.bind(py).call1((loss,))?.extract::<bool>()
        });
        match self.or_stop(called) {
            Some(false) => ControlFlow::Continue(()),
            Some(true) | None => ControlFlow::Break(()),
        }
    }
}
