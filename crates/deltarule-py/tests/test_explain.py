"""Fitted estimators show their work: what is shown is what predict says and what partial_fit does."""

from __future__ import annotations

import pickle
import re
import warnings
import xml.etree.ElementTree as ElementTree
from typing import Any

import nbformat
import numpy as np
import pytest
import scipy.sparse
from sklearn import neural_network
from sklearn.datasets import load_iris, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.preprocessing import StandardScaler

import deltarule
from deltarule import MLPClassifier, MLPRegressor

SOLVERS: dict[str, dict[str, Any]] = {
    "adam": {"solver": "adam"},
    "adam with another ε": {"solver": "adam", "epsilon": 1e-3, "beta_1": 0.8},
    "adamw": {"solver": "adamw", "alpha": 0.05},
    "plain": {"solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.1},
    "momentum": {"solver": "sgd", "nesterovs_momentum": False, "learning_rate_init": 0.05},
    "nesterov": {"solver": "sgd", "learning_rate_init": 0.05, "alpha": 0.5},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.5},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 10.0, "n_iter_no_change": 1},
    "rprop": {"solver": "rprop", "learning_rate_init": 0.01},
    "step": {"solver": "adam", "learning_rate": "step", "warmup": 4},
    "exponential": {"solver": "sgd", "learning_rate": "exponential"},
    "warmup": {"solver": "adam", "warmup": 12},
}


@pytest.fixture(scope="module")
def iris() -> tuple[Any, Any]:
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X), np.array(["setosa", "versicolor", "virginica"])[y]


def fitted(estimator: Any, X: Any, y: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(X, y)


def is_what_partial_fit_does(estimator: Any, X: Any, y: Any, rtol: float = 1e-12) -> Any:
    """Explains a step, takes it, and compares every parameter; the explanation."""
    before = [values.copy() for values in estimator.coefs_ + estimator.intercepts_]
    explanation = estimator.explain_step(X, y)
    for values, kept in zip(estimator.coefs_ + estimator.intercepts_, before, strict=True):
        np.testing.assert_array_equal(values, kept)
    estimator.partial_fit(X, y)
    step = explanation.step
    moved = 0.0
    for layer, (coef, intercept) in enumerate(zip(estimator.coefs_, estimator.intercepts_, strict=True), start=1):
        np.testing.assert_allclose(step.weights[layer].T, coef, rtol=rtol, atol=rtol * np.abs(coef).max())
        np.testing.assert_allclose(
            step.biases[layer], intercept, rtol=rtol, atol=rtol * max(1.0, np.abs(intercept).max())
        )
        moved = max(moved, float(np.abs(coef - before[layer - 1]).max()))
    assert moved > 1e-6
    return explanation


@pytest.mark.parametrize("options", SOLVERS.values(), ids=SOLVERS.keys())
@pytest.mark.parametrize("epochs", [0, 3])
def test_the_step_that_is_shown_is_the_one_that_partial_fit_takes(
    iris: tuple[Any, Any], options: dict[str, Any], epochs: int
) -> None:
    X, y = iris
    clf = MLPClassifier(hidden_layer_sizes=(5, 4), activation="tanh", random_state=0, **{"alpha": 0.1, **options})
    if epochs == 0:
        # The first step of a fresh optimiser, on parameters that partial_fit has drawn.
        clf.partial_fit(X, y, classes=np.unique(y))
        del clf._optimizer
    else:
        fitted(clf.set_params(max_iter=epochs, batch_size=32), X, y).set_params(batch_size="auto")
    # Again and again: the memory of each step goes into the next one.
    for rows in (slice(0, 150, 11), slice(3, 140, 13), slice(0, 150, 11)):
        is_what_partial_fit_does(clf, X[rows], y[rows])


@pytest.mark.parametrize(
    ("estimator", "kind"),
    [
        (MLPClassifier(), "binary"),
        (MLPClassifier(label_smoothing=0.1), "binary"),
        (MLPClassifier(label_smoothing=0.2), "classes"),
        (MLPClassifier(loss="squared_error", output_activation="logistic"), "classes"),
        (MLPClassifier(activation=["relu", "silu"], hidden_layer_sizes=(4, 3)), "classes"),
        (MLPClassifier(), "labels"),
        (MLPRegressor(), "number"),
        (MLPRegressor(), "numbers"),
        (MLPRegressor(loss="mean_squared_error", output_activation="tanh"), "numbers"),
        (MLPRegressor(loss="poisson"), "number"),
        (MLPRegressor(loss="huber", solver="sgd"), "numbers"),
    ],
    ids=str,
)
def test_every_kind_of_target(iris: tuple[Any, Any], estimator: Any, kind: str) -> None:
    X, y = iris
    targets = {
        "binary": np.where(y == "setosa", "yes", "no"),
        "classes": y,
        "number": np.round(np.abs(X[:, 0]) * 3),
        "numbers": X[:, 1:],
    }
    if kind == "labels":
        X, t = make_multilabel_classification(n_samples=150, n_features=6, n_classes=4, random_state=0)
        X = X / 10.0
    else:
        t = targets[kind]
    estimator.set_params(random_state=1, max_iter=3)
    if estimator.hidden_layer_sizes == (100,):
        estimator.set_params(hidden_layer_sizes=6)
    fitted(estimator, X, t)
    explanation = is_what_partial_fit_does(estimator, X[:9], t[:9])
    assert ("divided by the number of outputs" in str(explanation)) == (
        kind == "numbers" and estimator.loss == "squared_error"
    )
    assert ("targets are smoothed" in str(explanation)) == bool(getattr(estimator, "label_smoothing", 0))
    outputs = estimator.predict(X[:9])
    if kind in ("number", "numbers"):
        shown = estimator.explain(X[:9]).step.x[estimator.n_layers_ - 1].T
        np.testing.assert_allclose(shown, outputs.reshape(shown.shape), rtol=1e-12, atol=1e-14)


def test_the_numbers_of_a_prediction_are_those_of_predict_proba(iris: tuple[Any, Any]) -> None:
    X, y = iris
    clf = fitted(MLPClassifier(hidden_layer_sizes=(5, 4), random_state=0, max_iter=30, dropout=0.3), X, y)
    for rows in (X[[0]], X[[0, 60, 149]], scipy.sparse.csr_array(X[:4])):
        explanation = clf.explain(rows)
        np.testing.assert_allclose(explanation.step.x[3].T, clf.predict_proba(rows), rtol=1e-12)
        dense = rows if isinstance(rows, np.ndarray) else rows.toarray()
        np.testing.assert_array_equal(explanation.step.x[0], dense.T)
        np.testing.assert_allclose(
            explanation.step.z[1], clf.coefs_[0].T @ dense.T + clf.intercepts_[0][:, None], rtol=1e-11, atol=1e-13
        )
        assert explanation.step.t is None and not explanation.step.weights
        for i, label in enumerate(clf.predict(rows)):
            assert f"Row {i + 1}: the prediction is {label}; the probability of {label} is " in " ".join(
                str(explanation).split()
            )
    assert "Dropout is off" in str(clf.explain(X[:2]))


def test_rows_of_a_data_frame(iris: tuple[Any, Any]) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    clf = fitted(MLPClassifier(hidden_layer_sizes=3, random_state=0, max_iter=5), X, y)
    shown = clf.explain(X.iloc[[0, 99]]).step.x[2].T
    np.testing.assert_allclose(shown, clf.predict_proba(X.iloc[[0, 99]]), rtol=1e-12)
    is_what_partial_fit_does(clf, X.iloc[:9], y.iloc[:9])


def test_the_printed_digits_are_those_of_the_parameters_after_the_step(iris: tuple[Any, Any]) -> None:
    X, y = iris
    clf = fitted(MLPClassifier(hidden_layer_sizes=3, random_state=0, max_iter=5), X, y)
    text = clf.explain_step(X[:20], y[:20], digits=9).to_text()
    clf.partial_fit(X[:20], y[:20])
    printed = {float(number.replace("−", "-")) for number in re.findall(r"[−-]?\d+\.\d+(?:e[−-]?\d+)?", text)}
    for values in clf.coefs_ + clf.intercepts_:
        for value in values.ravel():
            assert any(abs(number - value) <= 5.1e-9 * max(abs(value), 1e-3) for number in printed), value


def test_the_document_says_what_differs_from_the_usual(iris: tuple[Any, Any]) -> None:
    X, y = iris
    options = {"hidden_layer_sizes": 4, "random_state": 0, "max_iter": 3, "dropout": 0.25, "class_weight": "balanced"}
    clf = fitted(MLPClassifier(alpha=0.2, **options), X, y)
    document = clf.explain_step(X[:10], y[:10])
    words = " ".join(str(document).split())
    for said in (
        "Dropout is off here, so that all units take part",
        "partial_fit would silence each hidden unit with probability 0.25.",
        "Left out here, though partial_fit has them: the weights of the classes.",
        "scikit-learn's Adam adds its ε, 1e-08, to √v",
        "with t = 4: with it the usual formula makes the same step",
        "alpha divided by the number of rows, 0.2 / 10",
        "from its 3 steps",
    ):
        assert said in words, said
    sgd = fitted(MLPClassifier(solver="sgd", alpha=0.0, hidden_layer_sizes=4, max_iter=1, random_state=0), X, y)
    words = str(sgd.explain_step(X[:10], y[:10]))
    for absent in ("Dropout", "Left out", "scikit-learn's Adam", "alpha"):
        assert absent not in words
    assert "a^[1]" in str(clf.explain(X[:2], notation="standard"))
    assert str(clf.explain_step(X[:2], y[:2], batch="examples")) != str(clf.explain_step(X[:2], y[:2]))


def test_every_format_of_an_explanation(iris: tuple[Any, Any], tmp_path: Any) -> None:
    X, y = iris
    clf = fitted(MLPClassifier(hidden_layer_sizes=4, random_state=0, max_iter=3), X, y)
    for explanation in (clf.explain(X[:3]), clf.explain_step(X[:3], y[:3])):
        box = ElementTree.fromstring(explanation._repr_html_())
        assert any(element.tag.endswith("math") for element in box.iter())
        nbformat.validate(nbformat.reads(explanation.to_notebook(), as_version=4))
        assert explanation.to_html().startswith("<!DOCTYPE html>")
        assert explanation.to_dict()["format"] == "deltarule-explanation/1"
        explanation.save(tmp_path / "explanation.tex")
        assert explanation.title in (tmp_path / "explanation.tex").read_text()
        assert repr(explanation).startswith("<Explanation: ")
    assert clf.explain_step(X[:3], y[:3]).to_dict()["steps_before"] == 3
    many = clf.explain(X)
    assert "The other 120 rows are not written out here" in " ".join(str(many).split())
    assert many.step.x[2].shape == (3, 150)


def test_the_notebook_of_a_step_computes_its_numbers_again(iris: tuple[Any, Any]) -> None:
    X, y = iris
    for solver in ("adam", "sgd", "rprop"):
        clf = fitted(MLPClassifier(solver=solver, hidden_layer_sizes=3, random_state=0, max_iter=3), X, y)
        notebook = nbformat.reads(clf.explain_step(X[:4], y[:4]).to_notebook(), as_version=4)
        cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
        assert sum("check(" in cell for cell in cells) > 10
        # Each cell asserts the numbers that are printed beside it.
        names: dict[str, Any] = {}
        for cell in cells:
            exec(cell, names)


def test_single_precision(iris: tuple[Any, Any]) -> None:
    X, y = iris[0].astype(np.float32), iris[1]
    clf = fitted(MLPClassifier(hidden_layer_sizes=4, random_state=0, max_iter=3), X, y)
    assert clf.coefs_[0].dtype == np.float32
    explanation = is_what_partial_fit_does(clf, X[:9], y[:9], rtol=2e-6)
    assert "trained with numbers of single precision" in " ".join(str(explanation).split())
    np.testing.assert_allclose(clf.explain(X[:9]).step.x[2].T, clf.predict_proba(X[:9]), rtol=1e-5)


def test_after_pickling_and_after_scikit_learn(iris: tuple[Any, Any]) -> None:
    X, y = iris
    clf = fitted(MLPClassifier(hidden_layer_sizes=4, random_state=0, max_iter=3), X, y)
    again = pickle.loads(pickle.dumps(clf))
    assert again.explain_step(X[:5], y[:5]).to_dict() == clf.explain_step(X[:5], y[:5]).to_dict()
    theirs = fitted(neural_network.MLPClassifier(hidden_layer_sizes=4, random_state=0, max_iter=3), X, y)
    # Their optimiser's memory is not taken over: partial_fit begins anew, and so does the step.
    is_what_partial_fit_does(deltarule.from_sklearn(theirs), X[:5], y[:5])


def test_what_cannot_be_explained_says_so(iris: tuple[Any, Any]) -> None:
    X, y = iris
    with pytest.raises(NotFittedError):
        MLPClassifier().explain(X)
    with pytest.raises(NotFittedError):
        MLPRegressor().explain_step(X, X[:, 0])
    lbfgs = fitted(MLPClassifier(solver="lbfgs", max_iter=5, hidden_layer_sizes=3), X, y)
    assert lbfgs.explain(X[:1]).step.x[2].shape == (3, 1)
    with pytest.raises(ValueError, match="solver='lbfgs' makes none"):
        lbfgs.explain_step(X, y)
    clf = fitted(MLPClassifier(hidden_layer_sizes=3, max_iter=2, batch_size=50), X, y)
    with pytest.raises(ValueError, match="150 rows are more than a batch, which has 50"):
        clf.explain_step(X, y)
    with pytest.raises(ValueError, match="X has 3 features, but MLPClassifier is expecting 4"):
        clf.explain(X[:, :3])
    with pytest.raises(ValueError, match="NaN"):
        clf.explain(np.full((1, 4), np.nan))
    with pytest.raises(ValueError, match="classes not in"):
        clf.explain_step(X[:2], ["setosa", "rose"])
    with pytest.raises(ValueError, match="inconsistent numbers"):
        clf.explain_step(X[:2], y[:3])
    with pytest.raises(ValueError, match="digits"):
        clf.explain(X[:2], digits=20)
    cosine = fitted(MLPClassifier(learning_rate="cosine", hidden_layer_sizes=3, max_iter=2), X, y)
    with pytest.raises(ValueError, match="cosine"):
        cosine.explain_step(X[:5], y[:5])
    with pytest.raises(ValueError, match="too large for double precision"):
        regr = fitted(MLPRegressor(hidden_layer_sizes=3, max_iter=2, activation="identity"), X, X[:, 0])
        regr.coefs_[0] *= 1e200
        regr.coefs_[1] *= 1e200
        regr.explain(X[:1])


def test_what_overflows_in_the_memory_of_the_optimizer_only_says_so(iris: tuple[Any, Any]) -> None:
    X, _ = iris
    regr = fitted(MLPRegressor(hidden_layer_sizes=3, max_iter=2, activation="identity"), X, X[:, 0])
    # The loss and the gradients are finite; the squares of the gradients, of which Adam keeps a mean, are not.
    with pytest.raises(ValueError, match="too large for double precision"):
        regr.explain_step(1e5 * X[:1], [1e150])
