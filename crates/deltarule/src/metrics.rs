//! How good predictions are: classification and regression metrics, accumulated in f64 in the order of the rows.
//!
//! Outputs and targets have a row per example. In classification several columns are one-hot targets beside a score
//! per class; a single column is a 0/1 target beside the probability of class 1.

use std::fmt;
use std::str::FromStr;

use ndarray::{Array2, ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::float::Float;

/// A measure of how good predictions are.
///
/// | name | better | for |
/// |---|---|---|
/// | `loss` | lower | the training's own loss; it needs the network, see [`crate::Trainer`] |
/// | `accuracy` | higher | classes: the share that is right |
/// | `balanced_accuracy` | higher | classes: the mean recall of the classes that occur |
/// | `log_loss` | lower | classes: −mean ln p of the true class |
/// | `f1_macro` | higher | classes: the mean F1 = 2PR/(P + R) |
/// | `roc_auc` | higher | classes: how often a positive scores above a negative |
/// | `r2` | higher | numbers: 1 − Σ(x − t)²/Σ(t − t̄)² |
/// | `rmse` | lower | numbers: √(mean (x − t)²) |
/// | `mae` | lower | numbers: mean \|x − t\| |
///
/// # Example
///
/// ```
/// use deltarule::Metric;
/// use ndarray::array;
///
/// let (x, t) = (array![[0.8, 0.2], [0.6, 0.4]], array![[1.0, 0.0], [0.0, 1.0]]);
/// assert_eq!(Metric::Accuracy.evaluate(x.view(), t.view())?, 0.5);
/// # Ok::<(), deltarule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The training's own loss.
    Loss,
    /// The share of examples whose class is right.
    Accuracy,
    /// The mean recall of the classes that occur.
    BalancedAccuracy,
    /// The mean of −ln p of the true class.
    LogLoss,
    /// The mean F1 of the classes.
    F1Macro,
    /// The area under the receiver operating characteristic.
    RocAuc,
    /// The coefficient of determination.
    R2,
    /// The root mean squared error.
    Rmse,
    /// The mean absolute error.
    Mae,
}

impl Metric {
    /// Every metric, in the order of the table above.
    pub const ALL: [Self; 9] = [
        Self::Loss,
        Self::Accuracy,
        Self::BalancedAccuracy,
        Self::LogLoss,
        Self::F1Macro,
        Self::RocAuc,
        Self::R2,
        Self::Rmse,
        Self::Mae,
    ];

    /// The metrics of a classification.
    pub const CLASSIFICATION: [Self; 5] =
        [Self::Accuracy, Self::BalancedAccuracy, Self::LogLoss, Self::F1Macro, Self::RocAuc];

    /// The metrics of a regression.
    pub const REGRESSION: [Self; 3] = [Self::R2, Self::Rmse, Self::Mae];

    /// The name as files and options spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Accuracy => "accuracy",
            Self::BalancedAccuracy => "balanced_accuracy",
            Self::LogLoss => "log_loss",
            Self::F1Macro => "f1_macro",
            Self::RocAuc => "roc_auc",
            Self::R2 => "r2",
            Self::Rmse => "rmse",
            Self::Mae => "mae",
        }
    }

    /// Whether a larger value is a better one.
    pub fn higher_is_better(self) -> bool {
        match self {
            Self::Loss | Self::LogLoss | Self::Rmse | Self::Mae => false,
            Self::Accuracy | Self::BalancedAccuracy | Self::F1Macro | Self::RocAuc | Self::R2 => {
                true
            }
        }
    }

    /// The metric of these outputs.
    ///
    /// # Shapes
    /// outputs, targets: (examples, outputs)
    ///
    /// # Errors
    /// `ErrorKind::Shape` when the two differ in shape or there is no example; `ErrorKind::Value` for `loss`, and for
    /// `roc_auc` where a class has no example or no other, so that it is not defined.
    pub fn evaluate<T: Float>(
        self,
        outputs: ArrayView2<'_, T>,
        targets: ArrayView2<'_, T>,
    ) -> Result<f64> {
        match self {
            Self::Loss => {
                Err(Error::value("metric", self, "one that needs outputs and targets only"))
            }
            Self::Accuracy => Ok(ConfusionMatrix::new(outputs, targets)?.accuracy()),
            Self::BalancedAccuracy => {
                Ok(ConfusionMatrix::new(outputs, targets)?.balanced_accuracy())
            }
            Self::F1Macro => Ok(ConfusionMatrix::new(outputs, targets)?.f1_macro()),
            Self::LogLoss => log_loss(outputs, targets),
            Self::RocAuc => roc_auc(outputs, targets),
            Self::R2 => r2(outputs, targets),
            Self::Rmse => rmse(outputs, targets),
            Self::Mae => mae(outputs, targets),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Metric {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|m| m.name() == name).ok_or_else(|| {
            Error::value("metric", format!("{name:?}"), Self::ALL.map(Self::name).join(", "))
        })
    }
}

/// The place of the largest number, from 0, the first on a tie; a NaN is never the largest.
///
/// # Example
///
/// ```
/// use ndarray::array;
///
/// assert_eq!(deltarule::metrics::argmax(array![0.2, 0.4, 0.4].view()), 1);
/// ```
pub fn argmax<T: Float>(row: ArrayView1<'_, T>) -> usize {
    let mut best = 0;
    for (i, &value) in row.iter().enumerate() {
        if value > row[best] || (row[best].is_nan() && !value.is_nan()) {
            best = i;
        }
    }
    best
}

/// The class that a row of outputs or targets stands for: its largest column, or whether a single one is above ½.
pub fn class_of<T: Float>(row: ArrayView1<'_, T>) -> usize {
    if row.len() == 1 { usize::from(row[0] > T::from_f64(0.5)) } else { argmax(row) }
}

fn check_shapes<T>(outputs: ArrayView2<'_, T>, targets: ArrayView2<'_, T>) -> Result<()> {
    if outputs.dim() != targets.dim() {
        let expected = format!("{:?}, as the targets", targets.dim());
        return Err(Error::shape("outputs", expected, format!("{:?}", outputs.dim())));
    }
    if outputs.is_empty() {
        return Err(Error::shape("outputs", "at least 1 row", 0));
    }
    Ok(())
}

/// How often each class was taken for each.
///
/// # Example
///
/// ```
/// use deltarule::metrics::ConfusionMatrix;
/// use ndarray::array;
///
/// let (x, t) = (array![[0.9], [0.8], [0.1]], array![[1.0], [0.0], [0.0]]);
/// let confusion = ConfusionMatrix::new(x.view(), t.view())?;
/// assert_eq!(confusion.counts, array![[1, 1], [0, 1]]);
/// # Ok::<(), deltarule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix {
    /// (classes, classes): a row per true class, a column per predicted one.
    pub counts: Array2<u64>,
}

impl ConfusionMatrix {
    /// Counts the examples.
    ///
    /// # Errors
    /// `ErrorKind::Shape` when outputs and targets differ in shape or there is no example.
    pub fn new<T: Float>(outputs: ArrayView2<'_, T>, targets: ArrayView2<'_, T>) -> Result<Self> {
        check_shapes(outputs, targets)?;
        let classes = outputs.ncols().max(2);
        let mut counts = Array2::zeros((classes, classes));
        for (x, t) in outputs.rows().into_iter().zip(targets.rows()) {
            counts[[class_of(t), class_of(x)]] += 1;
        }
        Ok(Self { counts })
    }

    /// The share that is right.
    pub fn accuracy(&self) -> f64 {
        self.counts.diag().sum() as f64 / self.counts.sum() as f64
    }

    /// The mean recall of the classes that occur among the targets, as in scikit-learn.
    pub fn balanced_accuracy(&self) -> f64 {
        let recalls: Vec<f64> = (0..self.counts.nrows())
            .filter_map(|c| {
                let total = self.counts.row(c).sum();
                (total > 0).then(|| self.counts[[c, c]] as f64 / total as f64)
            })
            .collect();
        recalls.iter().sum::<f64>() / recalls.len() as f64
    }

    /// The mean F1 of the classes that occur among the targets or the predictions, as in scikit-learn:
    /// F1 = 2·right / (2·right + wrongly taken for it + wrongly not).
    pub fn f1_macro(&self) -> f64 {
        let scores: Vec<f64> = (0..self.counts.nrows())
            .filter_map(|c| {
                let both = self.counts.row(c).sum() + self.counts.column(c).sum();
                (both > 0).then(|| 2.0 * self.counts[[c, c]] as f64 / both as f64)
            })
            .collect();
        scores.iter().sum::<f64>() / scores.len() as f64
    }
}

/// The mean of −Σ t ln p, with p kept ε away from 0 and 1 (ε that of the number type, as in scikit-learn 1.9).
///
/// The rows are taken as probabilities that sum to 1; they are not rescaled.
///
/// # Errors
/// `ErrorKind::Shape` when outputs and targets differ in shape or there is no example.
pub fn log_loss<T: Float>(outputs: ArrayView2<'_, T>, targets: ArrayView2<'_, T>) -> Result<f64> {
    check_shapes(outputs, targets)?;
    let epsilon = T::EPSILON.to_f64();
    let clip = |p: T| p.to_f64().clamp(epsilon, 1.0 - epsilon);
    let mut sum = 0.0;
    for (x, t) in outputs.rows().into_iter().zip(targets.rows()) {
        if x.len() == 1 {
            let (p, t) = (clip(x[0]), t[0].to_f64());
            sum -= t * libm::log(p) + (1.0 - t) * libm::log(1.0 - p);
        } else {
            for (&x, &t) in x.iter().zip(t) {
                if t != T::ZERO {
                    sum -= t.to_f64() * libm::log(clip(x));
                }
            }
        }
    }
    Ok(sum / outputs.nrows() as f64)
}

/// The probability that a positive example scores above a negative one, ties counting half.
///
/// With several columns the mean over the classes, each against the rest (scikit-learn's `multi_class="ovr"`).
///
/// # Errors
/// `ErrorKind::Shape` when outputs and targets differ in shape or there is no example; `ErrorKind::Value` when a class
/// has no example, or all of them.
pub fn roc_auc<T: Float>(outputs: ArrayView2<'_, T>, targets: ArrayView2<'_, T>) -> Result<f64> {
    check_shapes(outputs, targets)?;
    // Two complementary columns have the same area.
    let columns = if outputs.ncols() == 2 { 1..2 } else { 0..outputs.ncols() };
    let count = columns.len() as f64;
    let mut sum = 0.0;
    for column in columns {
        let positive = |row: usize| {
            let row = targets.row(row);
            if row.len() == 1 { class_of(row) == 1 } else { class_of(row) == column }
        };
        let mut scored: Vec<(f64, bool)> = outputs
            .column(column)
            .iter()
            .enumerate()
            .map(|(row, score)| (score.to_f64(), positive(row)))
            .collect();
        scored.sort_by(|a, b| a.0.total_cmp(&b.0));
        let positives = scored.iter().filter(|s| s.1).count();
        let negatives = scored.len() - positives;
        if positives == 0 || negatives == 0 {
            return Err(Error::value(
                "ROC AUC",
                "not defined",
                "examples of every class and of others",
            ));
        }
        // The sum of the ranks of the positives, equal scores sharing their mean rank.
        let mut ranks = 0.0;
        let mut start = 0;
        while start < scored.len() {
            let equal =
                scored[start..].iter().take_while(|s| s.0 == scored[start].0).count().max(1);
            let rank = start as f64 + (equal as f64 + 1.0) / 2.0;
            ranks += rank * scored[start..start + equal].iter().filter(|s| s.1).count() as f64;
            start += equal;
        }
        let (p, n) = (positives as f64, negatives as f64);
        sum += (ranks - p * (p + 1.0) / 2.0) / (p * n);
    }
    Ok(sum / count)
}

/// 1 − Σ(x − t)²/Σ(t − t̄)², averaged over the columns.
///
/// A column whose targets are all equal counts 1 when predicted exactly and 0 otherwise, as in scikit-learn.
///
/// # Errors
/// `ErrorKind::Shape` when outputs and targets differ in shape or there is no example.
pub fn r2<T: Float>(outputs: ArrayView2<'_, T>, targets: ArrayView2<'_, T>) -> Result<f64> {
    check_shapes(outputs, targets)?;
    let n = outputs.nrows() as f64;
    let mut sum = 0.0;
    for (x, t) in outputs.columns().into_iter().zip(targets.columns()) {
        let mean = t.iter().map(|t| t.to_f64()).sum::<f64>() / n;
        let (mut residual, mut total) = (0.0, 0.0);
        for (x, t) in x.iter().zip(t) {
            let (x, t) = (x.to_f64(), t.to_f64());
            residual += (x - t) * (x - t);
            total += (t - mean) * (t - mean);
        }
        sum += match (residual, total) {
            (0.0, _) => 1.0,
            (_, 0.0) => 0.0,
            _ => 1.0 - residual / total,
        };
    }
    Ok(sum / outputs.ncols() as f64)
}

/// √(mean (x − t)²), averaged over the columns.
///
/// # Errors
/// `ErrorKind::Shape` when outputs and targets differ in shape or there is no example.
pub fn rmse<T: Float>(outputs: ArrayView2<'_, T>, targets: ArrayView2<'_, T>) -> Result<f64> {
    mean_of(outputs, targets, |d| d * d).map(|columns| mean(columns.into_iter().map(f64::sqrt)))
}

/// mean |x − t|, averaged over the columns.
///
/// # Errors
/// `ErrorKind::Shape` when outputs and targets differ in shape or there is no example.
pub fn mae<T: Float>(outputs: ArrayView2<'_, T>, targets: ArrayView2<'_, T>) -> Result<f64> {
    mean_of(outputs, targets, f64::abs).map(|columns| mean(columns.into_iter()))
}

/// The mean of f(x − t) of each column.
fn mean_of<T: Float>(
    outputs: ArrayView2<'_, T>,
    targets: ArrayView2<'_, T>,
    f: impl Fn(f64) -> f64,
) -> Result<Vec<f64>> {
    check_shapes(outputs, targets)?;
    let columns = outputs.columns().into_iter().zip(targets.columns());
    Ok(columns
        .map(|(x, t)| {
            let sum: f64 = x.iter().zip(t).map(|(x, t)| f(x.to_f64() - t.to_f64())).sum();
            sum / outputs.nrows() as f64
        })
        .collect())
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len() as f64;
    values.sum::<f64>() / n
}
