//! How good predictions are: metrics of classes, of probabilities and of numbers.
//!
//! # Shapes
//! `outputs` and `targets` have one shape: a row per example, a column per output of the network.
//!
//! # Conventions
//! - Classes: with k > 1 columns, the class of a row is its largest column, the first on a tie ([`argmax`]). With one
//!   column (a sigmoid unit), it is 1 if the value is above ½, else 0. Targets are read by the same rule, so that one-hot
//!   rows, one 0/1 column and smoothed targets all do.
//! - Numbers: a column per target; a metric of several targets is the plain average of that of each.
//! - Sums run in double precision and in the order of the rows, whatever the type of the outputs: the same rows give the
//!   same bits.
//! - Every function fails with `ErrorKind::Shape` when the two shapes differ or a matrix is empty, and with
//!   `ErrorKind::NonFinite` when a value is infinite or NaN, as scikit-learn's do.

mod arguments;
mod classes;
mod probabilities;
mod regression;

pub use classes::{ConfusionMatrix, accuracy, argmax, balanced_accuracy, class_of, f1_macro};
pub use probabilities::{log_loss, roc_auc};
pub use regression::{mae, r2, rmse};

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use crate::choice::choice;
use crate::error::{Error, Result};
use crate::float::Float;

/// A choice of metric.
///
/// | name | of | better |
/// |---|---|---|
/// | `loss` | the training's own loss | lower |
/// | `accuracy` | classes: the share of rows whose class is right | higher |
/// | `balanced_accuracy` | classes: recall, averaged over classes | higher |
/// | `log_loss` | probabilities: −ln of that of the true class, averaged | lower |
/// | `f1_macro` | classes: F1, averaged over classes | higher |
/// | `roc_auc` | probabilities: how often a row of the class outranks one that is not | higher |
/// | `r2` | numbers: the share of the variance that is explained | higher |
/// | `rmse` | numbers: root of the mean squared error | lower |
/// | `mae` | numbers: mean absolute error | lower |
///
/// # Example
///
/// ```
/// use deltarule::Metric;
/// use ndarray::array;
///
/// let outputs = array![[0.7, 0.3], [0.4, 0.6], [0.9, 0.1], [0.2, 0.8]];
/// let targets = array![[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]];
/// let metric: Metric = "accuracy".parse()?;
/// assert_eq!(metric.evaluate(outputs.view(), targets.view())?, 0.75);
/// assert!(metric.higher_is_better());
/// # Ok::<(), deltarule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The training's own loss; the trainer knows it, [`Metric::evaluate`] does not.
    Loss,
    /// See [`accuracy`].
    Accuracy,
    /// See [`balanced_accuracy`].
    BalancedAccuracy,
    /// See [`log_loss`].
    LogLoss,
    /// See [`f1_macro`].
    F1Macro,
    /// See [`roc_auc`].
    RocAuc,
    /// See [`r2`].
    R2,
    /// See [`rmse`].
    Rmse,
    /// See [`mae`].
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

    /// The metrics of a classifier.
    pub const CLASSIFICATION: [Self; 5] =
        [Self::Accuracy, Self::BalancedAccuracy, Self::LogLoss, Self::F1Macro, Self::RocAuc];

    /// The metrics of a regressor.
    pub const REGRESSION: [Self; 3] = [Self::R2, Self::Rmse, Self::Mae];

    /// The name as files, options and documents spell it.
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
            Self::Accuracy | Self::BalancedAccuracy | Self::F1Macro | Self::RocAuc | Self::R2 => {
                true
            }
            Self::Loss | Self::LogLoss | Self::Rmse | Self::Mae => false,
        }
    }

    /// The value of the metric.
    ///
    /// # Shapes
    /// outputs, targets: (examples, outputs of the network)
    ///
    /// # Errors
    /// Those of the [module](self); `ErrorKind::Value` for [`Metric::Loss`], which outputs and targets alone do not
    /// determine, and where the function of the metric says so.
    pub fn evaluate<T: Float>(
        self,
        outputs: ArrayView2<'_, T>,
        targets: ArrayView2<'_, T>,
    ) -> Result<f64> {
        match self {
            Self::Loss => {
                let allowed =
                    "one that outputs and targets determine; the loss is the training's own";
                Err(Error::value("metric", self, allowed))
            }
            Self::Accuracy => accuracy(outputs, targets),
            Self::BalancedAccuracy => balanced_accuracy(outputs, targets),
            Self::LogLoss => log_loss(outputs, targets),
            Self::F1Macro => f1_macro(outputs, targets),
            Self::RocAuc => roc_auc(outputs, targets),
            Self::R2 => r2(outputs, targets),
            Self::Rmse => rmse(outputs, targets),
            Self::Mae => mae(outputs, targets),
        }
    }
}

choice!(Metric, "metric");
