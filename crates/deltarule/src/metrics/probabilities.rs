//! Metrics of probabilities: log loss and the area under the ROC curve.

use ndarray::{ArrayView1, ArrayView2};

use super::arguments::check_pair;
use super::classes::class_of;
use crate::error::{Error, Result};
use crate::float::Float;
use crate::number::Number;

/// The mean negative logarithm of the probability of what was true.
///
/// - one column: −(1/n) Σ [t ln p + (1 − t) ln(1 − p)]
/// - k columns: −(1/n) Σ Σⱼ tⱼ ln pⱼ
///
/// # Shapes
/// outputs, targets: (examples, outputs of the network)
///
/// # Units
/// Natural logarithms, averaged over rows. p is clipped to [ε, 1 − ε] with ε = 2⁻⁵² for both number types; scikit-learn
/// takes the ε of the type it is given, 2⁻²³ for single precision. Rows are not made to sum to 1 (nor does
/// scikit-learn since 1.5): sigmoid outputs of several classes are taken as they are. Soft targets count by their parts.
///
/// # Errors
/// Those of the [module](super).
///
/// # Source
/// scikit-learn's `log_loss`.
///
/// # Example
///
/// ```
/// use deltarule::metrics::log_loss;
/// use ndarray::array;
///
/// let (outputs, targets) = (array![[0.5, 0.5], [0.75, 0.25]], array![[0.0, 1.0], [1.0, 0.0]]);
/// let expected = -(0.5_f64.ln() + 0.75_f64.ln()) / 2.0;
/// assert!((log_loss(outputs.view(), targets.view())? - expected).abs() < 1e-15);
/// # Ok::<(), deltarule::Error>(())
/// ```
pub fn log_loss<T: Float>(outputs: ArrayView2<'_, T>, targets: ArrayView2<'_, T>) -> Result<f64> {
    check_pair(outputs, targets)?;
    let binary = outputs.ncols() == 1;
    let mut sum = 0.0;
    for (&p, &t) in outputs.iter().zip(targets) {
        let (p, t) = (p.to_f64().clamp(f64::EPSILON, 1.0 - f64::EPSILON), t.to_f64());
        if t != 0.0 {
            sum -= t * Number::ln(p);
        }
        if binary && t != 1.0 {
            sum -= (1.0 - t) * Number::log1p(-p);
        }
    }
    Ok(sum / outputs.nrows() as f64)
}

/// The area under the receiver operating characteristic: the probability that a row of the class gets a higher output
/// than a row that is not of it, ties counting half.
///
/// AUC = (R − n₁ (n₁ + 1)/2) / (n₁ n₀), with R the sum of the ranks of the n₁ rows of the class; ties share the mean of
/// their ranks.
///
/// With one column that column is the score of class 1, with two the second is. With more, each class that occurs is set
/// against all others and the plain average is taken.
///
/// # Shapes
/// outputs, targets: (examples, outputs of the network)
///
/// # Units
/// From 0 to 1; ½ is chance. The value does not depend on the order of the rows.
///
/// # Errors
/// Those of the [module](super); `ErrorKind::Value` when fewer than two classes occur among the targets, where the area
/// is not defined.
///
/// # Source
/// Mann and Whitney (1947); scikit-learn's `roc_auc_score(multi_class="ovr", average="macro")`, which refuses targets
/// that lack a class where this leaves the class out.
///
/// # Example
///
/// ```
/// use deltarule::metrics::roc_auc;
/// use ndarray::array;
///
/// let (outputs, targets) = (array![[0.1], [0.4], [0.35], [0.8]], array![[0.0], [0.0], [1.0], [1.0]]);
/// assert_eq!(roc_auc(outputs.view(), targets.view())?, 0.75);
/// # Ok::<(), deltarule::Error>(())
/// ```
pub fn roc_auc<T: Float>(outputs: ArrayView2<'_, T>, targets: ArrayView2<'_, T>) -> Result<f64> {
    check_pair(outputs, targets)?;
    let classes: Vec<usize> = targets.rows().into_iter().map(class_of).collect();
    if classes.iter().all(|class| *class == classes[0]) {
        let got = format!("class {} alone", classes[0]);
        return Err(Error::value("targets of roc_auc", got, "at least 2 classes"));
    }
    if outputs.ncols() <= 2 {
        let scores = outputs.column(outputs.ncols() - 1);
        return Ok(area(scores, &classes, 1));
    }
    let (mut sum, mut count) = (0.0, 0.0);
    for (class, scores) in outputs.columns().into_iter().enumerate() {
        if classes.contains(&class) {
            sum += area(scores, &classes, class);
            count += 1.0;
        }
    }
    Ok(sum / count)
}

/// The area for one class against the rest; both occur.
fn area<T: Float>(scores: ArrayView1<'_, T>, classes: &[usize], class: usize) -> f64 {
    let mut rows: Vec<(f64, bool)> =
        scores.iter().zip(classes).map(|(score, c)| (score.to_f64(), *c == class)).collect();
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    // Twice the ranks are whole numbers, so that their sum is exact.
    let (mut twice_ranks, mut positives, mut before) = (0_u128, 0_u128, 0_u128);
    for tied in rows.chunk_by(|a, b| a.0 == b.0) {
        let (size, of_class) =
            (tied.len() as u128, tied.iter().filter(|row| row.1).count() as u128);
        // Ranks before + 1 to before + size have the mean before + (size + 1)/2.
        twice_ranks += of_class * (2 * before + size + 1);
        positives += of_class;
        before += size;
    }
    let negatives = before - positives;
    (twice_ranks - positives * (positives + 1)) as f64 / (2 * positives * negatives) as f64
}
