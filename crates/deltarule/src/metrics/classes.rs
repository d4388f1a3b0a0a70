//! Metrics of classes: accuracy, balanced accuracy, F1 and the confusion matrix.

use ndarray::{Array2, ArrayView1, ArrayView2, Axis};

use super::arguments::check_pair;
use crate::error::{Error, Result};
use crate::float::Float;

/// The index of the largest value, the first on a tie; 0 for an empty row.
///
/// # Units
/// NaN is never the largest, unless nothing else is there.
///
/// # Example
///
/// ```
/// use deltarule::metrics::argmax;
/// use ndarray::array;
///
/// assert_eq!(argmax(array![0.2, 0.4, 0.4].view()), 1);
/// ```
pub fn argmax<T: Float>(row: ArrayView1<'_, T>) -> usize {
    let mut best: Option<(usize, T)> = None;
    for (i, &value) in row.iter().enumerate() {
        if !value.is_nan() && best.is_none_or(|(_, largest)| value > largest) {
            best = Some((i, value));
        }
    }
    best.map_or(0, |(i, _)| i)
}

/// The class of a row of outputs or targets: the largest column, or the side of ½ of a single one.
///
/// # Example
///
/// ```
/// use deltarule::metrics::class_of;
/// use ndarray::array;
///
/// assert_eq!(class_of(array![0.1, 0.7, 0.2].view()), 1);
/// assert_eq!(class_of(array![0.7].view()), 1);
/// assert_eq!(class_of(array![0.5].view()), 0);
/// ```
pub fn class_of<T: Float>(row: ArrayView1<'_, T>) -> usize {
    if row.len() == 1 { usize::from(row[0] > T::from_f64(0.5)) } else { argmax(row) }
}

/// How many classes a row of this many columns tells apart.
pub(super) fn class_count(columns: usize) -> usize {
    if columns == 1 { 2 } else { columns }
}

/// True and predicted class of each row.
fn class_pairs<'v, T: Float>(
    outputs: ArrayView2<'v, T>,
    targets: ArrayView2<'v, T>,
) -> impl Iterator<Item = (usize, usize)> {
    targets
        .into_outer_iter()
        .zip(outputs.into_outer_iter())
        .map(|(target, output)| (class_of(target), class_of(output)))
}

/// Rows per class: what the metrics below are made of.
struct ConfusionCounts {
    /// Rows of the class that were given it.
    right: Vec<u64>,
    /// Rows of the class.
    actual: Vec<u64>,
    /// Rows that were given the class.
    predicted: Vec<u64>,
}

impl ConfusionCounts {
    fn new<T: Float>(outputs: ArrayView2<'_, T>, targets: ArrayView2<'_, T>) -> Result<Self> {
        check_pair(outputs, targets)?;
        let zeros = vec![0; class_count(outputs.ncols())];
        let mut tally = Self { right: zeros.clone(), actual: zeros.clone(), predicted: zeros };
        for (actual, predicted) in class_pairs(outputs, targets) {
            tally.actual[actual] += 1;
            tally.predicted[predicted] += 1;
            tally.right[actual] += u64::from(actual == predicted);
        }
        Ok(tally)
    }

    fn accuracy(&self) -> f64 {
        let sum = |counts: &[u64]| counts.iter().sum::<u64>() as f64;
        sum(&self.right) / sum(&self.actual)
    }

    fn balanced_accuracy(&self) -> f64 {
        mean(
            self.right
                .iter()
                .zip(&self.actual)
                .filter_map(|(&right, &actual)| share(right, actual)),
        )
    }

    fn f1_macro(&self) -> f64 {
        let rows = self.actual.iter().zip(&self.predicted);
        mean(self.right.iter().zip(rows).filter_map(|(&right, (&a, &p))| f1(right, a, p)))
    }
}

/// 2 TP / (2 TP + FP + FN): the harmonic mean of precision and recall, and 0 where both are 0 or one has no value.
fn f1(right: u64, actual: u64, predicted: u64) -> Option<f64> {
    share(2 * right, actual + predicted)
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The mean of what has a value; some class always does, because a tally is never empty.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    sum / f64::from(count.max(1))
}

/// The share of rows whose predicted class is the true one.
///
/// # Shapes
/// outputs, targets: (examples, outputs of the network)
///
/// # Errors
/// Those of the [module](super).
///
/// # Source
/// scikit-learn's `accuracy_score`.
///
/// # Example
///
/// ```
/// use deltarule::metrics::accuracy;
/// use ndarray::array;
///
/// let (outputs, targets) = (array![[0.9], [0.2], [0.6]], array![[1.0], [0.0], [0.0]]);
/// assert_eq!(accuracy(outputs.view(), targets.view())?, 2.0 / 3.0);
/// # Ok::<(), deltarule::Error>(())
/// ```
pub fn accuracy<T: Float>(outputs: ArrayView2<'_, T>, targets: ArrayView2<'_, T>) -> Result<f64> {
    Ok(ConfusionCounts::new(outputs, targets)?.accuracy())
}

/// Recall (the share of a class's rows that are found), averaged over the classes that occur among the targets.
///
/// # Shapes
/// outputs, targets: (examples, outputs of the network)
///
/// # Errors
/// Those of the [module](super).
///
/// # Source
/// scikit-learn's `balanced_accuracy_score`, not adjusted for chance.
///
/// # Example
///
/// ```
/// use deltarule::metrics::balanced_accuracy;
/// use ndarray::array;
///
/// // Always class 0: three of four rows are right, but only one of two classes.
/// let targets = array![[0.0], [0.0], [0.0], [1.0]];
/// let outputs = array![[0.1], [0.1], [0.1], [0.1]];
/// assert_eq!(balanced_accuracy(outputs.view(), targets.view())?, 0.5);
/// # Ok::<(), deltarule::Error>(())
/// ```
pub fn balanced_accuracy<T: Float>(
    outputs: ArrayView2<'_, T>,
    targets: ArrayView2<'_, T>,
) -> Result<f64> {
    Ok(ConfusionCounts::new(outputs, targets)?.balanced_accuracy())
}

/// F1 = 2 TP / (2 TP + FP + FN), averaged over classes.
///
/// Classes that occur neither among the targets nor among the predictions are left out; a class that occurs and is never
/// right counts 0. With a single output column both classes count.
///
/// # Shapes
/// outputs, targets: (examples, outputs of the network)
///
/// # Errors
/// Those of the [module](super).
///
/// # Source
/// scikit-learn's `f1_score(average="macro", zero_division=0)`.
///
/// # Example
///
/// ```
/// use deltarule::metrics::f1_macro;
/// use ndarray::array;
///
/// // Class 0: TP 1, FP 0, FN 1; class 1: TP 1, FP 1, FN 0; class 2 does not occur.
/// let targets = array![[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
/// let outputs = array![[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.0, 0.9, 0.1]];
/// assert_eq!(f1_macro(outputs.view(), targets.view())?, 2.0 / 3.0);
/// # Ok::<(), deltarule::Error>(())
/// ```
pub fn f1_macro<T: Float>(outputs: ArrayView2<'_, T>, targets: ArrayView2<'_, T>) -> Result<f64> {
    Ok(ConfusionCounts::new(outputs, targets)?.f1_macro())
}

/// How many rows of each true class were given each class.
///
/// # Shapes
/// counts: (classes, classes), a row per true class and a column per predicted class, as in scikit-learn.
///
/// # Example
///
/// ```
/// use deltarule::metrics::ConfusionMatrix;
/// use ndarray::array;
///
/// let (outputs, targets) = (array![[0.9], [0.2], [0.6]], array![[1.0], [0.0], [0.0]]);
/// let confusion = ConfusionMatrix::new(outputs.view(), targets.view())?;
/// assert_eq!(confusion.counts, array![[1, 1], [0, 1]]);
/// assert_eq!(confusion.precision(1), Some(0.5));
/// # Ok::<(), deltarule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix {
    /// Rows counted.
    pub counts: Array2<u64>,
}

impl ConfusionMatrix {
    /// Counts rows of outputs against rows of targets.
    ///
    /// # Shapes
    /// outputs, targets: (examples, outputs of the network); two classes for a single column
    ///
    /// # Errors
    /// Those of the [module](super).
    pub fn new<T: Float>(outputs: ArrayView2<'_, T>, targets: ArrayView2<'_, T>) -> Result<Self> {
        check_pair(outputs, targets)?;
        let classes = class_count(outputs.ncols());
        let mut counts = Array2::zeros((classes, classes));
        for pair in class_pairs(outputs, targets) {
            counts[pair] += 1;
        }
        Ok(Self { counts })
    }

    /// Counts pairs of class numbers, from 0.
    ///
    /// # Errors
    /// `ErrorKind::Shape` when the lists differ in length or are empty; `ErrorKind::Value` when a number is not below
    /// `classes`.
    pub fn from_classes(actual: &[usize], predicted: &[usize], classes: usize) -> Result<Self> {
        if actual.len() != predicted.len() {
            let expected = format!("{} (one per true class)", actual.len());
            return Err(Error::shape("predicted classes", expected, predicted.len()));
        }
        if actual.is_empty() {
            return Err(Error::shape("classes", "at least 1", 0));
        }
        if let Some(class) = actual.iter().chain(predicted).find(|class| **class >= classes) {
            return Err(Error::value("class", class, format!("below {classes}")));
        }
        let mut counts = Array2::zeros((classes, classes));
        for (&actual, &predicted) in actual.iter().zip(predicted) {
            counts[(actual, predicted)] += 1;
        }
        Ok(Self { counts })
    }

    fn tally(&self) -> ConfusionCounts {
        ConfusionCounts {
            right: self.counts.diag().to_vec(),
            actual: self.counts.sum_axis(Axis(1)).to_vec(),
            predicted: self.counts.sum_axis(Axis(0)).to_vec(),
        }
    }

    /// Rows of the class that were given it, rows of the class, and rows that were given it.
    fn of_class(&self, class: usize) -> Option<[u64; 3]> {
        let right = *self.counts.get((class, class))?;
        Some([right, self.counts.row(class).sum(), self.counts.column(class).sum()])
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.counts.nrows()
    }

    /// The number of rows counted.
    pub fn total(&self) -> u64 {
        self.counts.sum()
    }

    /// TP / (TP + FP); `None` if the class was never predicted or there is no such class.
    pub fn precision(&self, class: usize) -> Option<f64> {
        self.of_class(class).and_then(|[right, _, predicted]| share(right, predicted))
    }

    /// TP / (TP + FN); `None` if the class does not occur or there is no such class.
    pub fn recall(&self, class: usize) -> Option<f64> {
        self.of_class(class).and_then(|[right, actual, _]| share(right, actual))
    }

    /// 2 TP / (2 TP + FP + FN); `None` if the class was neither predicted nor occurs, or there is no such class.
    pub fn f1(&self, class: usize) -> Option<f64> {
        self.of_class(class).and_then(|[right, actual, predicted]| f1(right, actual, predicted))
    }

    /// As [`accuracy`].
    pub fn accuracy(&self) -> f64 {
        self.tally().accuracy()
    }

    /// As [`balanced_accuracy`].
    pub fn balanced_accuracy(&self) -> f64 {
        self.tally().balanced_accuracy()
    }

    /// As [`f1_macro`].
    pub fn f1_macro(&self) -> f64 {
        self.tally().f1_macro()
    }
}
