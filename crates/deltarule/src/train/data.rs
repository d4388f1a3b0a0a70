//! The examples of a training: checked, laid out row by row, and split into training and validation rows.

use std::borrow::Cow;

use ndarray::{Array2, ArrayView2, Axis};

use super::settings::{Trainer, Validation};
use crate::error::{Error, Result, check};
use crate::finite::check_finite;
use crate::float::Float;
use crate::metrics::class_of;
use crate::network::Network;
use crate::random::hold_out;

/// What the loop over epochs reads.
pub(super) struct TrainingData<'d, T: Float> {
    /// All examples, row by row.
    pub(super) x: Cow<'d, [T]>,
    /// All targets, row by row.
    pub(super) t: Cow<'d, [T]>,
    /// The rows to train on.
    pub(super) rows: Vec<usize>,
    /// What each row counts.
    pub(super) weights: Option<Vec<T>>,
    /// Validation examples and targets.
    pub(super) validation: Option<(Array2<T>, Array2<T>)>,
    /// Training examples and targets, where a metric needs them.
    pub(super) training: Option<(Array2<T>, Array2<T>)>,
}

impl<'d, T: Float> TrainingData<'d, T> {
    pub(super) fn prepare(
        trainer: &Trainer<'_, T>,
        network: &Network<T>,
        x: ArrayView2<'d, T>,
        t: ArrayView2<'d, T>,
        needs_training_rows: bool,
    ) -> Result<Self> {
        check_pair(network, "examples", x, t)?;
        let n = x.nrows();
        let weights = weights(trainer, t)?;
        let (rows, held_out) = match &trainer.validation {
            Validation::HoldOut { fraction, stratify } => {
                split(t, *fraction, *stratify, trainer.seed)?
            }
            Validation::None | Validation::Given(..) => ((0..n).collect(), Vec::new()),
        };
        let validation = match &trainer.validation {
            Validation::None => None,
            Validation::Given(x, t) => {
                check_pair(network, "validation examples", *x, *t)?;
                Some((x.to_owned(), t.to_owned()))
            }
            Validation::HoldOut { .. } => {
                Some((x.select(Axis(0), &held_out), t.select(Axis(0), &held_out)))
            }
        };
        let training =
            needs_training_rows.then(|| (x.select(Axis(0), &rows), t.select(Axis(0), &rows)));
        Ok(Self { x: flat(x), t: flat(t), rows, weights, validation, training })
    }
}

fn flat<T: Float>(matrix: ArrayView2<'_, T>) -> Cow<'_, [T]> {
    match matrix.to_slice() {
        Some(slice) => Cow::Borrowed(slice),
        None => Cow::Owned(matrix.iter().copied().collect()),
    }
}

fn check_pair<T: Float>(
    network: &Network<T>,
    what: &str,
    x: ArrayView2<'_, T>,
    t: ArrayView2<'_, T>,
) -> Result<()> {
    network.check_examples(x)?;
    network.check_targets(x, t)?;
    if x.nrows() == 0 {
        return Err(Error::shape(what, "at least 1 row", 0));
    }
    for (name, matrix) in [(what, x), ("targets", t)] {
        check_finite(name, matrix)?;
    }
    Ok(())
}

/// Sample weights times class weights.
fn weights<T: Float>(trainer: &Trainer<'_, T>, t: ArrayView2<'_, T>) -> Result<Option<Vec<T>>> {
    let n = t.nrows();
    if trainer.sample_weights.is_none() && trainer.class_weights.is_none() {
        return Ok(None);
    }
    let mut weights = match &trainer.sample_weights {
        Some(given) if given.len() != n => {
            return Err(Error::shape(
                "sample weights",
                format!("{n} (one per example)"),
                given.len(),
            ));
        }
        Some(given) => given.to_vec(),
        None => vec![T::ONE; n],
    };
    check_weights(&weights)?;
    if let Some(of_class) = &trainer.class_weights {
        let classes = if t.ncols() == 1 { 2 } else { t.ncols() };
        if of_class.len() != classes {
            let expected = format!("{classes} (one per class)");
            return Err(Error::shape("class weights", expected, of_class.len()));
        }
        for &weight in of_class {
            check("class weight", weight, "at least 0", |v| v >= 0.0)?;
        }
        for (weight, class) in weights.iter_mut().zip(classes_of(t)) {
            *weight *= T::from_f64(of_class[class]);
        }
    }
    check_weights(&weights)?;
    Ok(Some(weights))
}

/// Whether sums may be weighted with these.
pub(super) fn check_weights<T: Float>(weights: &[T]) -> Result<()> {
    if let Some(bad) = weights.iter().find(|w| !(w.is_finite() && **w >= T::ZERO)) {
        return Err(Error::value("sample weight", bad, "finite and at least 0"));
    }
    if weights.iter().all(|&w| w == T::ZERO) {
        return Err(Error::value("sample weights", "0 for every example", "at least one above 0"));
    }
    Ok(())
}

/// The class of each target row.
fn classes_of<T: Float>(t: ArrayView2<'_, T>) -> Vec<usize> {
    t.rows().into_iter().map(class_of).collect()
}

/// Training rows and held-out rows, both in increasing order.
fn split<T: Float>(
    t: ArrayView2<'_, T>,
    fraction: f64,
    stratify: bool,
    seed: u64,
) -> Result<(Vec<usize>, Vec<usize>)> {
    check("hold-out fraction", fraction, "between 0 and 1", |v| v > 0.0 && v < 1.0)?;
    let classes = if stratify { classes_of(t) } else { vec![0; t.nrows()] };
    let rows = hold_out(&classes, fraction, seed);
    if rows.0.is_empty() || rows.1.is_empty() {
        return Err(Error::shape(
            "examples",
            format!("enough to hold out {fraction} of them and train on the rest"),
            t.nrows(),
        ));
    }
    Ok(rows)
}
