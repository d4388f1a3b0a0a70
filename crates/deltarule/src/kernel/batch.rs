//! What a step is given, and the objective that it gives back.

use crate::loss::{Clip, Loss};
use crate::number::Number;

/// The examples of one step: rows of the whole data.
#[derive(Clone, Copy)]
pub(crate) struct Batch<'a, T> {
    /// All examples, row by row.
    pub(crate) x: &'a [T],
    /// All targets, row by row.
    pub(crate) t: &'a [T],
    /// The rows of this batch.
    pub(crate) rows: &'a [usize],
    /// The rows of the next one, which are fetched from memory meanwhile.
    pub(crate) next: &'a [usize],
    /// What each row of the whole data counts; 1 if absent.
    pub(crate) weights: Option<&'a [T]>,
    /// How many examples the epoch has seen before this batch: where the random numbers of dropout go on.
    pub(crate) seen: usize,
    /// Which epoch this is, the first being 0.
    pub(crate) epoch: u64,
}

/// λ of ½λΣw² in the objective.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Penalty {
    /// λ, or λ times the sum of the weights of a batch.
    pub(crate) strength: f64,
    /// Whether it is the latter.
    pub(crate) is_divided: bool,
}

impl Penalty {
    /// λ of a step.
    pub(crate) fn of<T: Number>(self, batch: &Batch<'_, T>) -> f64 {
        if !self.is_divided || self.strength == 0.0 {
            return self.strength;
        }
        let weight = batch.weight();
        // A batch of examples that count nothing has no penalty either.
        if weight > 0.0 { self.strength / weight } else { 0.0 }
    }
}

/// The objective of a step, in its two parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ObjectiveParts {
    /// Σ sᵢ Eᵢ / Σ sᵢ
    pub(crate) loss: f64,
    /// ½λΣw²
    pub(crate) penalty: f64,
}

impl ObjectiveParts {
    pub(crate) fn total(self) -> f64 {
        self.loss + self.penalty
    }
}

impl<T: Number> Batch<'_, T> {
    /// Σ sᵢ
    pub(crate) fn weight(&self) -> f64 {
        match self.weights {
            None => self.rows.len() as f64,
            Some(weights) => self.rows.iter().map(|&row| weights[row].to_f64()).sum(),
        }
    }
}

/// What a step computes besides the plain gradient.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StepOptions {
    pub(crate) loss: Loss,
    pub(crate) l2: Penalty,
    pub(crate) clip: Clip,
    /// The probability that a hidden unit is silenced.
    pub(crate) dropout: f64,
    /// How much of each target is spread over all outputs.
    pub(crate) label_smoothing: f64,
    /// The seed of dropout.
    pub(crate) seed: u64,
    /// Whether a step whose loss is not finite leaves the parameters as they are.
    pub(crate) keeps_finite: bool,
}

/// What each example's loss is multiplied by: its weight over the sum of the weights of the batch.
pub(crate) fn set_scales<T: Number>(scales: &mut [T], batch: &Batch<'_, T>) {
    let scales = &mut scales[..batch.rows.len()];
    match batch.weights {
        None => scales.fill(T::from_f64(1.0 / batch.rows.len() as f64)),
        Some(weights) => {
            let total = batch.weight();
            // A batch of examples that count nothing has no gradient.
            let factor = if total > 0.0 { 1.0 / total } else { 0.0 };
            for (scale, &row) in scales.iter_mut().zip(batch.rows) {
                *scale = T::from_f64(weights[row].to_f64() * factor);
            }
        }
    }
}
