//! Metrics of numbers: R², root of the mean squared error, mean absolute error.

use ndarray::{ArrayView1, ArrayView2};

use super::arguments::check_pair;
use crate::error::Result;
use crate::float::Float;

/// The average over targets of a metric of one target.
fn average<T: Float>(
    outputs: ArrayView2<'_, T>,
    targets: ArrayView2<'_, T>,
    of_one: impl Fn(ArrayView1<'_, T>, ArrayView1<'_, T>) -> f64,
) -> Result<f64> {
    check_pair(outputs, targets)?;
    let columns = outputs.columns().into_iter().zip(targets.columns());
    Ok(columns.map(|(x, t)| of_one(x, t)).sum::<f64>() / outputs.ncols() as f64)
}

/// Σ f(x − t) over the rows, in their order.
fn sum_errors<T: Float>(x: ArrayView1<'_, T>, t: ArrayView1<'_, T>, f: impl Fn(f64) -> f64) -> f64 {
    x.iter().zip(t).map(|(x, t)| f(x.to_f64() - t.to_f64())).sum()
}

/// The coefficient of determination: the share of the targets' variance that the outputs explain.
///
/// R² = 1 − Σ (x − t)² / Σ (t − t̄)², averaged over targets
///
/// # Shapes
/// outputs, targets: (examples, outputs of the network)
///
/// # Units
/// 1 is perfect, 0 is as good as the mean of these targets, below 0 worse. A target that is constant over the rows
/// counts 1 if every output is right and 0 otherwise; so does a single row (scikit-learn gives NaN there).
///
/// # Errors
/// Those of the [module](super).
///
/// # Source
/// scikit-learn's `r2_score(multioutput="uniform_average", force_finite=True)`.
///
/// # Example
///
/// ```
/// use deltarule::metrics::r2;
/// use ndarray::array;
///
/// let (outputs, targets) = (array![[1.0], [2.0], [4.0]], array![[1.0], [2.0], [3.0]]);
/// assert_eq!(r2(outputs.view(), targets.view())?, 0.5);
/// # Ok::<(), deltarule::Error>(())
/// ```
pub fn r2<T: Float>(outputs: ArrayView2<'_, T>, targets: ArrayView2<'_, T>) -> Result<f64> {
    average(outputs, targets, |x, t| {
        let residual = sum_errors(x, t, |e| e * e);
        let mean = t.iter().map(|t| t.to_f64()).sum::<f64>() / t.len() as f64;
        let total: f64 = t.iter().map(|t| (t.to_f64() - mean) * (t.to_f64() - mean)).sum();
        // Asked of the values themselves too: the rounded mean of equal numbers may differ from them.
        if total == 0.0 || t.iter().all(|value| *value == t[0]) {
            return if residual == 0.0 { 1.0 } else { 0.0 };
        }
        1.0 - residual / total
    })
}

/// The root of the mean squared error.
///
/// RMSE = √((1/n) Σ (x − t)²), averaged over targets (the roots are averaged, not the squares)
///
/// # Shapes
/// outputs, targets: (examples, outputs of the network)
///
/// # Errors
/// Those of the [module](super).
///
/// # Source
/// scikit-learn's `root_mean_squared_error`.
///
/// # Example
///
/// ```
/// use deltarule::metrics::rmse;
/// use ndarray::array;
///
/// let (outputs, targets) = (array![[1.0], [5.0]], array![[1.0], [3.0]]);
/// assert_eq!(rmse(outputs.view(), targets.view())?, 2.0_f64.sqrt());
/// # Ok::<(), deltarule::Error>(())
/// ```
pub fn rmse<T: Float>(outputs: ArrayView2<'_, T>, targets: ArrayView2<'_, T>) -> Result<f64> {
    average(outputs, targets, |x, t| (sum_errors(x, t, |e| e * e) / x.len() as f64).sqrt())
}

/// The mean absolute error.
///
/// MAE = (1/n) Σ |x − t|, averaged over targets
///
/// # Shapes
/// outputs, targets: (examples, outputs of the network)
///
/// # Errors
/// Those of the [module](super).
///
/// # Source
/// scikit-learn's `mean_absolute_error`.
///
/// # Example
///
/// ```
/// use deltarule::metrics::mae;
/// use ndarray::array;
///
/// let (outputs, targets) = (array![[1.0], [5.0]], array![[1.0], [3.0]]);
/// assert_eq!(mae(outputs.view(), targets.view())?, 1.0);
/// # Ok::<(), deltarule::Error>(())
/// ```
pub fn mae<T: Float>(outputs: ArrayView2<'_, T>, targets: ArrayView2<'_, T>) -> Result<f64> {
    average(outputs, targets, |x, t| sum_errors(x, t, f64::abs) / x.len() as f64)
}
