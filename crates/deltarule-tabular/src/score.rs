//! How good a network is on examples, and how good a guess without one would be.

use std::collections::BTreeMap;

use deltarule::metrics::ConfusionMatrix;
use deltarule::{Float, Metric, Network};
use ndarray::{Array2, ArrayView2, Axis};

use crate::error::{Error, Result};
use crate::examples::{ExamplesView, network_targets};
use crate::target::Target;

/// Metrics by name.
pub type Scores = BTreeMap<String, f64>;

/// How good a model is on a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Rows.
    pub rows: usize,
    /// Metrics by name.
    pub scores: Scores,
    /// How often each class was taken for each, in classification.
    pub confusion: Option<ConfusionMatrix>,
}

/// How good a network's predictions of examples are, in the units of the table.
///
/// # Errors
/// When the network has another number of inputs or outputs.
pub fn score<T: Float>(
    network: &Network<T>,
    target: &Target,
    examples: ExamplesView<'_, T>,
) -> Result<Evaluation> {
    let outputs = network.predict(examples.x())?;
    match target {
        // Probabilities are as they come, in the network's own type: a second copy of them would be as large as the inputs.
        Target::Classes { .. } => {
            evaluate(target, outputs.view(), network_targets(target, examples.t()).view())
        }
        Target::Numbers(_) => {
            let mut outputs = outputs.mapv(T::to_f64);
            restore(target, &mut outputs);
            evaluate(target, outputs.view(), numbers(target, examples.t())?)
        }
    }
}

/// How good it is to say always what the training rows say most: the frequencies of the classes there, or the mean.
///
/// # Errors
/// When there are no training rows.
pub fn baseline<T: Float>(
    target: &Target,
    training: ExamplesView<'_, T>,
    examples: ExamplesView<'_, T>,
) -> Result<Evaluation> {
    let (width, training) = (target.width(), training.t());
    if training.is_empty() {
        return Err(Error::data("without training rows there is nothing to say of others"));
    }
    let mean = match target {
        Target::Classes { .. } => {
            let mut counts = vec![0_usize; width];
            training.iter().for_each(|class| counts[*class as usize] += 1);
            counts.iter().map(|count| *count as f64 / training.len() as f64).collect()
        }
        Target::Numbers(_) => {
            numbers(target, training)?.mean_axis(Axis(0)).unwrap_or_default().to_vec()
        }
    };
    let targets = one_hot(target, examples.t());
    let outputs = Array2::from_shape_fn(targets.dim(), |(_, j)| mean[j]);
    evaluate(target, outputs.view(), targets.view())
}

fn numbers<'t>(target: &Target, t: &'t [f64]) -> Result<ArrayView2<'t, f64>> {
    let width = target.width();
    ArrayView2::from_shape((t.len() / width, width), t)
        .map_err(|e| Error::data(format!("targets of a wrong shape: {e}")))
}

/// Class numbers become rows with a 1 at the class; numbers stay as they are.
pub(crate) fn one_hot(target: &Target, values: &[f64]) -> Array2<f64> {
    let width = target.width();
    match target {
        Target::Classes { .. } => {
            let mut out = Array2::zeros((values.len(), width));
            for (mut row, class) in out.rows_mut().into_iter().zip(values) {
                row[*class as usize] = 1.0;
            }
            out
        }
        Target::Numbers(_) => {
            Array2::from_shape_fn((values.len() / width, width), |(i, j)| values[i * width + j])
        }
    }
}

/// From the network's units to those of the table.
pub(crate) fn restore(target: &Target, outputs: &mut Array2<f64>) {
    if let Target::Numbers(targets) = target {
        for (mut column, t) in outputs.columns_mut().into_iter().zip(targets) {
            column.mapv_inplace(|v| v * t.deviation + t.mean);
        }
    }
}

/// The metrics of outputs against targets, both in the units of the table.
pub(crate) fn evaluate<T: Float>(
    target: &Target,
    outputs: ArrayView2<'_, T>,
    targets: ArrayView2<'_, T>,
) -> Result<Evaluation> {
    let metrics = match target {
        Target::Classes { .. } => &Metric::CLASSIFICATION[..],
        Target::Numbers(_) => &Metric::REGRESSION[..],
    };
    let mut scores = Scores::new();
    for &metric in metrics {
        match metric.evaluate(outputs, targets) {
            Ok(score) => {
                scores.insert(metric.name().into(), score);
            }
            // The area under the curve is not defined where a class has no rows.
            Err(_) if metric == Metric::RocAuc => {}
            Err(error) => return Err(error.into()),
        }
    }
    let confusion = match target {
        Target::Classes { .. } => Some(ConfusionMatrix::new(outputs, targets)?),
        Target::Numbers(_) => None,
    };
    Ok(Evaluation { rows: outputs.nrows(), scores, confusion })
}
