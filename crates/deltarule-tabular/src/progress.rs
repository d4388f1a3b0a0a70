//! Who follows a training, and what is told before it begins.

use std::ops::ControlFlow;

use deltarule::{Activation, EpochRecord};

use crate::options::FitOptions;
use crate::preparation::Preparation;
use crate::scan::TableSummary;
use crate::target::{Target, TaskReason};

/// What a training understood before it begins.
#[derive(Debug)]
pub struct Understanding<'a> {
    /// The columns of the table.
    pub summary: &'a TableSummary,
    /// Whether the first line was taken for the names of the columns though it holds only numbers.
    pub numeric_header: bool,
    /// What is predicted.
    pub target: &'a Target,
    /// Why the task is what it is.
    pub reason: &'a TaskReason,
    /// How columns become inputs.
    pub preparation: &'a Preparation,
    /// Units per layer, inputs first.
    pub layers: &'a [usize],
    /// The activation of each layer.
    pub activations: &'a [Activation],
    /// Weights and biases.
    pub parameters: usize,
    /// The options.
    pub options: &'a FitOptions,
    /// Training rows.
    pub training_rows: usize,
    /// Rows kept for testing, or those of the test file.
    pub test_rows: Option<usize>,
    /// Epochs planned.
    pub epochs: usize,
    /// Rows per update.
    pub batch_size: usize,
}

/// Follows a training.
pub trait FitProgress {
    /// Before the first epoch.
    fn begin(&mut self, understanding: &Understanding<'_>) {
        let _ = understanding;
    }

    /// After each epoch; `Break` ends the training in order.
    fn epoch(&mut self, record: &EpochRecord) -> ControlFlow<()> {
        let _ = record;
        ControlFlow::Continue(())
    }

    /// After each step of an epoch; `Break` ends the training in order.
    fn step(&mut self, done: usize, of: usize) -> ControlFlow<()> {
        let _ = (done, of);
        ControlFlow::Continue(())
    }
}

/// Follows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl FitProgress for NoProgress {}
