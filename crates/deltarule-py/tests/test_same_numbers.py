"""scikit-learn's numbers, compared live: the same draws, the same steps, the same curve."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn import neural_network as theirs
from sklearn.datasets import make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning

import deltarule as ours

EPOCHS = 20


def both(kind: str, X: Any, y: Any, sample_weight: Any = None, **parameters: Any) -> tuple[Any, Any]:
    """Both estimators, fitted for some epochs."""
    fitted = []
    for package in (theirs, ours):
        estimator = getattr(package, kind)(**{"random_state": 3, "max_iter": EPOCHS, "tol": 0.0, **parameters})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            fitted.append(estimator.fit(X, y, sample_weight=sample_weight))
    return fitted[0], fitted[1]


def agree(expected: Any, got: Any) -> None:
    """Curves to 1e-9, coefficients to 1e-7, and everything that is counted."""
    np.testing.assert_allclose(got.loss_curve_, expected.loss_curve_, rtol=1e-9)
    for mine, reference in zip(got.coefs_ + got.intercepts_, expected.coefs_ + expected.intercepts_, strict=True):
        assert mine.shape == reference.shape
        assert mine.dtype == reference.dtype
        np.testing.assert_allclose(mine, reference, rtol=1e-7, atol=1e-9)
    for name in ("n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_", "_no_improvement_count"):
        assert getattr(got, name) == getattr(expected, name), name
    assert got._optimizer.learning_rate == pytest.approx(expected._optimizer.learning_rate, rel=1e-12)
    if expected.validation_scores_ is not None:
        np.testing.assert_allclose(got.validation_scores_, expected.validation_scores_, rtol=1e-9)
        assert got.best_validation_score_ == pytest.approx(expected.best_validation_score_, rel=1e-9)
    else:
        assert got.best_loss_ == pytest.approx(expected.best_loss_, rel=1e-9)


@pytest.mark.parametrize("activation", ["relu", "logistic", "tanh", "identity"])
@pytest.mark.parametrize(
    "solver",
    [
        {"solver": "adam"},
        {"solver": "sgd"},
        {"solver": "sgd", "momentum": 0.0},
        {"solver": "sgd", "nesterovs_momentum": False},
        {"solver": "sgd", "learning_rate": "invscaling"},
        {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.05, "n_iter_no_change": 1},
    ],
    ids=["adam", "nesterov", "plain", "momentum", "invscaling", "adaptive"],
)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_curve(digits: Any, activation: str, solver: dict[str, Any], early_stopping: bool) -> None:
    agree(*both("MLPClassifier", *digits, activation=activation, early_stopping=early_stopping, **solver))


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_sample_weights(digits: Any, solver: str, early_stopping: bool) -> None:
    weights = np.random.default_rng(1).uniform(0.1, 3.0, len(digits[1]))
    agree(*both("MLPClassifier", *digits, weights, solver=solver, early_stopping=early_stopping, alpha=0.1))


@pytest.mark.parametrize("alpha", [0.0, 1.0])
@pytest.mark.parametrize("batch_size", [1, 7, 64, 1797, 5000])
def test_batches_and_penalty(digits: Any, alpha: float, batch_size: int) -> None:
    X, y = digits[0][:300], digits[1][:300]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        agree(*both("MLPClassifier", X, y, alpha=alpha, batch_size=batch_size, hidden_layer_sizes=(9, 5)))


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("hidden", [(), 1, (50,), (17, 11, 6)])
def test_shapes(digits: Any, classes: int, shuffle: bool, hidden: Any) -> None:
    rows = digits[1] < classes
    X, y = digits[0][rows], digits[1][rows]
    agree(*both("MLPClassifier", X, y, shuffle=shuffle, hidden_layer_sizes=hidden))


def test_labels() -> None:
    X, y = make_multilabel_classification(n_samples=150, random_state=0)
    agree(*both("MLPClassifier", X, y, solver="sgd"))
    agree(*both("MLPClassifier", X, y, early_stopping=True))


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_regression(several_outputs: Any, solver: str, early_stopping: bool) -> None:
    X, t = several_outputs
    weights = np.random.default_rng(1).integers(1, 4, len(X)).astype(float)
    for y in (t[:, 0], t):
        for sample_weight in (None, weights):
            agree(*both("MLPRegressor", X, y, sample_weight, solver=solver, early_stopping=early_stopping))
    agree(*both("MLPRegressor", X, np.round(np.exp(t)), weights, solver=solver, loss="poisson"))


def test_saturated_probabilities_are_clipped(digits: Any) -> None:
    """Where a probability rounds to 0, scikit-learn's loss stops at −ln ε."""
    X, y = digits
    for factor in (30.0, 300.0):
        agree(*both("MLPClassifier", X * factor, y, solver="sgd", learning_rate_init=1e-5, max_iter=3))
    # For two classes scikit-learn computes ln(1 − x) from x, which has lost digits where x is nearly 1.
    expected, got = both("MLPClassifier", X * 30.0, y == 1, solver="sgd", learning_rate_init=1e-5, max_iter=3)
    np.testing.assert_allclose(got.loss_curve_, expected.loss_curve_, rtol=1e-4)
    np.testing.assert_allclose(got.coefs_[0], expected.coefs_[0], rtol=1e-7, atol=1e-9)


def test_single_precision(digits: Any) -> None:
    X, y = digits[0].astype(np.float32), digits[1]
    expected, got = both("MLPClassifier", X, y)
    np.testing.assert_allclose(got.loss_curve_, expected.loss_curve_, rtol=1e-4)
    assert all(coef.dtype == np.float32 for coef in got.coefs_ + got.intercepts_)
    assert got.predict_proba(X).dtype == np.float32
    assert got.predict_proba(digits[0]).dtype == np.float64


def test_partial_fit_and_warm_start(digits: Any) -> None:
    X, y = digits
    for solver in ("adam", "sgd"):
        pair = []
        for package in (theirs, ours):
            estimator = package.MLPClassifier(solver=solver, random_state=0)
            for start in (0, 500, 1000, 1500):
                rows = slice(start, start + 500)
                estimator.partial_fit(X[rows], y[rows], classes=np.arange(10))
            pair.append(estimator)
        agree(*pair)
        pair = []
        for package in (theirs, ours):
            estimator = package.MLPClassifier(solver=solver, random_state=0, warm_start=True, max_iter=5)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                pair.append(estimator.fit(X, y).fit(X, y))
        agree(*pair)


@pytest.mark.parametrize("kind", ["MLPClassifier", "MLPRegressor"])
def test_lbfgs(digits: Any, kind: str) -> None:
    X, y = digits
    expected, got = both(kind, X[:400], y[:400], solver="lbfgs", max_iter=15, hidden_layer_sizes=12, alpha=0.01)
    assert got.n_iter_ == expected.n_iter_
    assert got.loss_ == pytest.approx(expected.loss_, rel=1e-7)
    for mine, reference in zip(got.coefs_, expected.coefs_, strict=True):
        np.testing.assert_allclose(mine, reference, rtol=1e-4, atol=1e-6)


def test_lbfgs_of_several_outputs_has_the_gradient_of_its_loss(several_outputs: Any) -> None:
    """scikit-learn's is three times too large here (its issue 8349)."""
    X, t = several_outputs
    got = ours.MLPRegressor(solver="lbfgs", hidden_layer_sizes=4, random_state=0, max_iter=200)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        got.fit(X, t)
    at = np.hstack([values.ravel() for values in got.coefs_ + got.intercepts_]) + 0.1
    _, gradient = got._loss_grad_lbfgs(at, X, t, None)
    numeric = np.empty_like(at)
    for i in range(len(at)):
        step = np.zeros_like(at)
        step[i] = 1e-6
        up, down = (got._loss_grad_lbfgs(at + sign * step, X, t, None)[0] for sign in (1, -1))
        numeric[i] = (up - down) / 2e-6
    np.testing.assert_allclose(gradient, numeric, atol=1e-8)


def test_the_number_of_threads_changes_no_bit(digits: Any) -> None:
    X, y = digits
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fits = [ours.MLPClassifier(random_state=0, max_iter=5, n_jobs=n).fit(X, y) for n in (1, 2, 3, -1, None)]
    for fit in fits[1:]:
        for one, other in zip(fits[0].coefs_, fit.coefs_, strict=True):
            np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(fits[0].predict_proba(X), fit.predict_proba(X))
