"""Fitted attributes have the types of scikit-learn's, so that what prints, stores or compares them does the same."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn import neural_network as theirs
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning

import deltarule as ours

X, Y = load_iris(return_X_y=True)
#: What ours have beyond scikit-learn's.
OWN = {"early_stopped_", "validation_loss_curve_"}
#: Targets of each estimator.
TARGETS: dict[str, dict[str, Any]] = {
    "MLPClassifier": {"several": Y, "two": Y == 1, "text": np.array(["a", "b", "c"])[Y], "labels": np.eye(3, dtype=int)[Y]},
    "MLPRegressor": {"one": X[:, 0], "several": X[:, :2], "single": X[:, 0].astype(np.float32), "counts": Y},
}


@pytest.fixture(autouse=True)
def _unconverged() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def type_of(value: Any) -> Any:
    """The type of a value, of its elements, and of the numbers of an array."""
    if isinstance(value, (list, tuple)):
        return type(value), [type_of(item) for item in value]
    if isinstance(value, np.ndarray):
        return type(value), value.dtype, value.ndim
    return type(value)


def types_of(estimator: Any) -> dict[str, Any]:
    """The type of each fitted attribute."""
    attributes = {name: value for name, value in vars(estimator).items() if name.endswith("_") and name not in OWN}
    return {name: type_of(value) for name, value in attributes.items()}


def pair(kind: str, **parameters: Any) -> list[Any]:
    given = {"hidden_layer_sizes": 5, "max_iter": 4, "random_state": 0, "tol": 0.0, **parameters}
    return [getattr(package, kind)(**given) for package in (ours, theirs)]


CASES = [(kind, target) for kind, targets in TARGETS.items() for target in targets]


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("kind", "target"), CASES)
def test_after_the_same_fit(kind: str, target: str, dtype: Any, early_stopping: bool, solver: str) -> None:
    if target == "text" and early_stopping and solver != "lbfgs" and fails_on_text():
        early_stopping = False
    y = TARGETS[kind][target]
    for weights in (None, np.ones(len(X)), np.ones(len(X), dtype=np.float32)):
        got, expected = pair(kind, solver=solver, early_stopping=early_stopping)
        for estimator in (got, expected):
            estimator.fit(X.astype(dtype), y, sample_weight=weights)
        assert types_of(got) == types_of(expected)
        if solver != "lbfgs" and not early_stopping:
            for estimator in (got, expected):
                estimator.partial_fit(X, y)
            assert types_of(got) == types_of(expected)


def fails_on_text() -> bool:
    """Whether scikit-learn has its issue 33760: early stopping fails with labels that are text."""
    try:
        theirs.MLPClassifier(early_stopping=True, max_iter=1).fit(X, TARGETS["MLPClassifier"]["text"])
    except TypeError:
        return True
    return False


@pytest.mark.parametrize("alpha", [0, 0.1, np.float64(0.1), np.float32(0.1)], ids=lambda alpha: f"{type(alpha).__name__}")
@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_losses_of_single_precision_are_scikit_learns(alpha: Any, loss: str) -> None:
    x, t = X.astype(np.float32), X[:, 0].astype(np.float32)
    got, expected = (estimator.fit(x, t) for estimator in pair("MLPRegressor", alpha=alpha, loss=loss))
    assert types_of(got) == types_of(expected)
    np.testing.assert_allclose(got.loss_curve_, expected.loss_curve_, rtol=1e-5)


def test_they_print_as_scikit_learns(capsys: Any) -> None:
    said = []
    for estimator in pair("MLPClassifier", solver="sgd", max_iter=2):
        estimator.fit(X, Y)
        print(estimator.loss_, estimator.best_loss_)
        said.append((capsys.readouterr().out[:12], repr(estimator.loss_)[:14], repr(estimator.loss_curve_)[:14]))
    assert said[0] == said[1]


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs", "adamw", "rprop"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_files_and_pickles_keep_the_types(tmp_path: Any, solver: str, dtype: Any) -> None:
    for early_stopping in (False, True):
        regr = ours.MLPRegressor(solver=solver, early_stopping=early_stopping, max_iter=4, random_state=0)
        regr.fit(X.astype(dtype), X[:, 0].astype(dtype))
        assert regr.loss_.dtype == dtype or np.lib.NumpyVersion(np.__version__) < "2.0.0"
        regr.save(tmp_path / "model")
        for again in (ours.MLPRegressor.load(tmp_path / "model"), pickle.loads(pickle.dumps(regr))):
            for name in ("loss_", "best_loss_", "loss_curve_", "validation_scores_", "n_iter_", "t_"):
                assert type_of(getattr(again, name, None)) == type_of(getattr(regr, name, None))
                assert getattr(again, name, None) == getattr(regr, name, None)
