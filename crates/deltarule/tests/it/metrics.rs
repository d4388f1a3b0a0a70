//! Metrics against scikit-learn, and where the two differ on purpose.

use deltarule::metrics::{ConfusionMatrix, argmax, log_loss, mae, r2, rmse, roc_auc};
use deltarule::{ErrorKind, Metric};
use ndarray::{Array2, array};

fn close(got: f64, expected: f64) {
    assert!((got - expected).abs() <= 1e-15 * expected.abs().max(1.0), "{got} and {expected}");
}

fn evaluate(metric: Metric, outputs: &Array2<f64>, targets: &Array2<f64>) -> f64 {
    metric.evaluate(outputs.view(), targets.view()).unwrap()
}

fn one_hot(classes: &[usize], count: usize) -> Array2<f64> {
    Array2::from_shape_fn((classes.len(), count), |(row, c)| f64::from(u8::from(classes[row] == c)))
}

/// Eight rows of three classes, with equal scores within rows and within columns.
fn three_classes() -> (Array2<f64>, Array2<f64>) {
    let outputs = array![
        [0.7, 0.2, 0.1],
        [0.1, 0.6, 0.3],
        [0.2, 0.5, 0.3],
        [0.3, 0.3, 0.4],
        [0.1, 0.1, 0.8],
        [0.5, 0.25, 0.25],
        [0.2, 0.5, 0.3],
        [0.6, 0.3, 0.1]
    ];
    (outputs, one_hot(&[0, 1, 2, 2, 2, 1, 1, 0], 3))
}

/// Eight rows of one 0/1 column, three scores equal.
fn one_column() -> (Array2<f64>, Array2<f64>) {
    (
        array![[0.1], [0.4], [0.35], [0.8], [0.4], [0.9], [0.4], [0.05]],
        array![[0.0], [0.0], [1.0], [1.0], [1.0], [1.0], [0.0], [0.0]],
    )
}

// Expected values: scikit-learn 1.9.1 with NumPy 2.4.6, repr(float(...)) of
// accuracy_score(y, p), balanced_accuracy_score(y, p), log_loss(y, P), f1_score(y, p, average="macro", zero_division=0),
// roc_auc_score(y, P, multi_class="ovr", average="macro"), with p = P.argmax(1), or P > 0.5 for one column.
#[test]
fn three_classes_as_in_scikit_learn() {
    let (outputs, targets) = three_classes();
    let expected = [
        (Metric::Accuracy, 0.75),
        (Metric::BalancedAccuracy, 0.7777777777777777),
        (Metric::LogLoss, 0.7251468525831063),
        (Metric::F1Macro, 0.7555555555555555),
        (Metric::RocAuc, 0.8999999999999999),
    ];
    for (metric, expected) in expected {
        close(evaluate(metric, &outputs, &targets), expected);
    }
    // confusion_matrix(y, p)
    let confusion = ConfusionMatrix::new(outputs.view(), targets.view()).unwrap();
    assert_eq!(confusion.counts, array![[2, 0, 0], [1, 2, 0], [0, 1, 2]]);
}

#[test]
fn one_column_as_in_scikit_learn() {
    let (outputs, targets) = one_column();
    let expected = [
        (Metric::Accuracy, 0.75),
        (Metric::BalancedAccuracy, 0.75),
        (Metric::LogLoss, 0.4341152476152784),
        (Metric::F1Macro, 0.7333333333333334),
        (Metric::RocAuc, 0.8125),
    ];
    for (metric, expected) in expected {
        close(evaluate(metric, &outputs, &targets), expected);
    }
}

// r2_score(T, X), root_mean_squared_error(T, X), mean_absolute_error(T, X): each the average of two columns.
#[test]
fn two_targets_as_in_scikit_learn() {
    let outputs = array![[1.0, 2.0], [2.5, 0.0], [-1.0, 4.0], [3.0, 1.5]];
    let targets = array![[1.5, 2.0], [2.0, 1.0], [-2.0, 3.0], [3.5, 2.5]];
    close(evaluate(Metric::R2, &outputs, &targets), 0.2604395604395604);
    close(evaluate(Metric::Rmse, &outputs, &targets), 0.7637316157752931);
    close(evaluate(Metric::Mae, &outputs, &targets), 0.6875);
}

#[test]
fn one_column_and_its_two_complementary_ones_agree() {
    let (outputs, targets) = one_column();
    let double = |m: &Array2<f64>| {
        Array2::from_shape_fn(
            (m.nrows(), 2),
            |(r, c)| if c == 1 { m[[r, 0]] } else { 1.0 - m[[r, 0]] },
        )
    };
    let (outputs2, targets2) = (double(&outputs), double(&targets));
    for metric in Metric::CLASSIFICATION {
        close(evaluate(metric, &outputs2, &targets2), evaluate(metric, &outputs, &targets));
    }
}

#[test]
fn single_precision_gives_the_numbers_of_double() {
    let (outputs, targets) = three_classes();
    let halves = outputs.mapv(|v| (v * 16.0_f64).round() / 16.0);
    let (single, targets32) = (halves.mapv(|v| v as f32), targets.mapv(|v| v as f32));
    for metric in Metric::ALL.into_iter().filter(|m| *m != Metric::Loss) {
        let got = metric.evaluate(single.view(), targets32.view()).unwrap();
        assert_eq!(got.to_bits(), evaluate(metric, &halves, &targets).to_bits(), "{metric}");
    }
}

#[test]
fn ties_and_halves_go_to_the_first_class() {
    assert_eq!(argmax(array![0.3, 0.4, 0.4].view()), 1);
    assert_eq!(argmax(array![f64::NAN, -1.0, -1.0].view()), 1);
    let (half, zero) = (array![[0.5]], array![[0.0]]);
    assert_eq!(accuracy_of(&half, &zero), 1.0);
    let (equal, second) = (array![[0.5, 0.5]], array![[0.0, 1.0]]);
    assert_eq!(accuracy_of(&equal, &second), 0.0);
}

fn accuracy_of(outputs: &Array2<f64>, targets: &Array2<f64>) -> f64 {
    evaluate(Metric::Accuracy, outputs, targets)
}

#[test]
fn extremes_stay_finite() {
    // Certain and wrong: ln of ε, not of 0.
    let loss = log_loss(array![[0.0, 1.0]].view(), array![[1.0, 0.0]].view()).unwrap();
    close(loss, -f64::EPSILON.ln());
    let loss = log_loss(array![[1.0]].view(), array![[0.0]].view()).unwrap();
    assert!((loss + f64::EPSILON.ln()).abs() < 1e-12, "{loss}");
    let (x, t) = (array![[1e4], [-1e4]], array![[-1e4], [1e4]]);
    assert_eq!(rmse(x.view(), t.view()).unwrap(), 2e4);
    assert_eq!(mae(x.view(), t.view()).unwrap(), 2e4);
    assert_eq!(r2(x.view(), t.view()).unwrap(), -3.0);
}

/// The rounded mean of three times 0.1 is not 0.1: a quotient of rounding errors must not come out.
#[test]
fn a_constant_target_has_r2_zero_or_one() {
    let t = array![[0.1], [0.1], [0.1]];
    assert_eq!(r2(t.view(), t.view()).unwrap(), 1.0);
    assert_eq!(r2(array![[0.1], [0.2], [0.1]].view(), t.view()).unwrap(), 0.0);
    assert_eq!(r2(array![[0.2]].view(), array![[0.1]].view()).unwrap(), 0.0);
}

#[test]
fn the_area_does_not_depend_on_the_order_of_the_rows() {
    let (outputs, targets) = three_classes();
    let order = [5, 2, 7, 0, 3, 6, 1, 4];
    let (a, b) = (ndarray::Axis(0), &order[..]);
    let shuffled = (outputs.select(a, b), targets.select(a, b));
    let expected = evaluate(Metric::RocAuc, &outputs, &targets);
    assert_eq!(evaluate(Metric::RocAuc, &shuffled.0, &shuffled.1).to_bits(), expected.to_bits());
    // −0 and 0 are the same score.
    let (x, t) = (array![[-0.0], [0.0]], array![[1.0], [0.0]]);
    assert_eq!(roc_auc(x.view(), t.view()).unwrap(), 0.5);
}

#[test]
fn what_is_not_defined_is_an_error() {
    let (outputs, targets) = three_classes();
    let shape = outputs.slice(ndarray::s![..4, ..]);
    let none = Array2::<f64>::zeros((0, 3));
    for metric in Metric::ALL.into_iter().filter(|m| *m != Metric::Loss) {
        let error = metric.evaluate(shape, targets.view()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Shape { .. }), "{metric}: {error}");
        let error = metric.evaluate(none.view(), none.view()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Shape { .. }), "{metric}: {error}");
    }
    let error = Metric::Loss.evaluate(outputs.view(), targets.view()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Value { .. }), "{error}");
    let one_class = one_hot(&[2, 2, 2, 2, 2, 2, 2, 2], 3);
    let error = roc_auc(outputs.view(), one_class.view()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Value { .. }), "{error}");
}

/// A metric that is NaN or infinite would be written into a model file as null, and the file could not be read again.
#[test]
fn values_that_are_not_finite_are_an_error() {
    let (outputs, targets) = three_classes();
    for value in [f64::NAN, f64::INFINITY] {
        let mut bad = outputs.clone();
        bad[[3, 1]] = value;
        for metric in Metric::ALL.into_iter().filter(|m| *m != Metric::Loss) {
            let error = metric.evaluate(bad.view(), targets.view()).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::NonFinite { .. }), "{metric}: {error}");
        }
    }
}

/// scikit-learn refuses this; a small hold-out of many classes is not the user's mistake.
#[test]
fn a_class_without_rows_is_left_out_of_the_area() {
    let outputs = array![[0.6, 0.3, 0.1], [0.5, 0.4, 0.1], [0.2, 0.7, 0.1], [0.55, 0.35, 0.1]];
    let targets = one_hot(&[0, 0, 1, 1], 3);
    let two = outputs.slice(ndarray::s![.., ..2]);
    let expected: f64 = (0..2)
        .map(|class| {
            let (x, t) = (two.column(class), targets.column(class));
            let (x, t) = (x.insert_axis(ndarray::Axis(1)), t.insert_axis(ndarray::Axis(1)));
            roc_auc(x, t).unwrap()
        })
        .sum();
    assert_eq!(roc_auc(outputs.view(), targets.view()).unwrap(), expected / 2.0);
}

#[test]
fn names_are_those_of_files_and_options() {
    for metric in Metric::ALL {
        assert_eq!(metric.name().parse::<Metric>().unwrap(), metric);
        assert_eq!(metric.to_string(), metric.name());
        let json = serde_json::to_string(&metric).unwrap();
        assert_eq!(json, format!("{:?}", metric.name()));
        assert_eq!(serde_json::from_str::<Metric>(&json).unwrap(), metric);
    }
    let error = "auc".parse::<Metric>().unwrap_err().to_string();
    assert!(error.starts_with("metric is \"auc\", allowed: loss, accuracy,"), "{error}");
    assert!(!Metric::Loss.higher_is_better() && Metric::R2.higher_is_better());
}
