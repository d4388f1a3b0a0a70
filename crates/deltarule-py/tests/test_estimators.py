"""The estimators among scikit-learn's tools: pipelines, searches, pickles, tables, signals."""

from __future__ import annotations

import copy
import pickle
import signal
import subprocess
import sys
import threading
import warnings
from typing import Any

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import neural_network as theirs
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import deltarule
from deltarule import MLPClassifier, MLPRegressor

BOTH = pytest.mark.parametrize("Estimator", [MLPClassifier, MLPRegressor])


def short(Estimator: Any, **parameters: Any) -> Any:
    """An estimator that trains for some epochs."""
    return Estimator(**{"max_iter": 5, "random_state": 0, "hidden_layer_sizes": 8, **parameters})


@pytest.fixture(autouse=True)
def _unconverged() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


@BOTH
def test_tools(digits: Any, Estimator: Any) -> None:
    X, y = digits[0][:200], digits[1][:200] % 3
    pipeline = make_pipeline(StandardScaler(), short(Estimator))
    assert len(cross_val_score(pipeline, X, y, cv=3, n_jobs=2)) == 3
    search = GridSearchCV(short(Estimator), {"alpha": [0.1, 1e-4], "activation": ["relu", ["silu"]]}, cv=2, n_jobs=2)
    search.fit(X, y)
    assert search.best_estimator_.predict(X).shape == y.shape
    assert clone(short(Estimator, dropout=0.5)).dropout == 0.5
    assert "MLP" in short(Estimator)._repr_html_()
    assert repr(Estimator(alpha=0.5)) == f"{Estimator.__name__}(alpha=0.5)"


@BOTH
@pytest.mark.parametrize("solver", ["adam", "sgd", "adamw", "rprop"])
def test_a_pickle_goes_on_where_it_stopped(digits: Any, tmp_path: Any, Estimator: Any, solver: str) -> None:
    X, y = digits
    fitted = short(Estimator, solver=solver).fit(X, y)
    fitted.predict(X[:1])
    copies = [pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)]
    joblib.dump(fitted, tmp_path / "model.joblib")
    copies.append(joblib.load(tmp_path / "model.joblib"))
    fitted.partial_fit(X, y)
    for again in copies:
        again.partial_fit(X, y)
        for one, other in zip(fitted.coefs_, again.coefs_, strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_pickle_holds_a_model_file(digits: Any) -> None:
    fitted = short(MLPClassifier).fit(*digits)
    state = fitted._optimizer.__getstate__()
    # A safetensors file: the length of its header, and the header.
    length = int.from_bytes(state["training"][:8], "little")
    assert b"deltarule-model/" in state["training"][8 : 8 + length]


@BOTH
def test_parameters_can_be_changed_in_place(digits: Any, Estimator: Any) -> None:
    X, y = digits
    fitted, reference = (short(E).fit(X, y) for E in (Estimator, getattr(theirs, Estimator.__name__)))
    for estimator in (fitted, reference):
        estimator.predict(X)
        estimator.coefs_[0][:, 0] = 0.0
        estimator.intercepts_[-1][0] += 1.0
        estimator.coefs_[1] = estimator.coefs_[1] * 0.5
    method = "predict_proba" if Estimator is MLPClassifier else "predict"
    np.testing.assert_allclose(getattr(fitted, method)(X), getattr(reference, method)(X), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(getattr(fitted, method)(X[:1]), getattr(reference, method)(X[:1]), rtol=1e-9, atol=1e-12)


def test_a_transposed_matrix_is_another_one(digits: Any) -> None:
    """It has the same memory, read the other way round."""
    X, y = digits
    fitted, reference = (short(E, hidden_layer_sizes=64).fit(X, y) for E in (MLPClassifier, theirs.MLPClassifier))
    for estimator in (fitted, reference):
        estimator.predict(X[:1])
        estimator.coefs_[0] = estimator.coefs_[0].T
    np.testing.assert_allclose(fitted.predict_proba(X[:1]), reference.predict_proba(X[:1]), rtol=1e-9)


@BOTH
def test_tables(digits: Any, Estimator: Any) -> None:
    X, y = digits[0][:200, :5], digits[1][:200]
    names = list("abcde")
    expected = short(Estimator).fit(X, y).predict(X)
    for table in (pd.DataFrame(X, columns=names), pl.DataFrame(X, schema=names)):
        fitted = short(Estimator).fit(table, y)
        assert list(fitted.feature_names_in_) == names
        np.testing.assert_array_equal(fitted.predict(table), expected)
        with pytest.warns(UserWarning, match="does not have valid feature names"):
            fitted.predict(X)
        with pytest.raises(ValueError, match="feature names should match"):
            fitted.predict(pd.DataFrame(X, columns=names[::-1]))


@BOTH
@pytest.mark.parametrize("form", [scipy.sparse.csr_array, scipy.sparse.csc_array, scipy.sparse.csr_matrix])
def test_sparse(digits: Any, Estimator: Any, form: Any) -> None:
    X, y = digits[0] * (digits[0] > 1), digits[1]
    dense, sparse = (short(Estimator, early_stopping=early).fit(kind, y) for early in (False,) for kind in (X, form(X)))
    for one, other in zip(dense.coefs_, sparse.coefs_, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(dense.predict(X), sparse.predict(form(X)))
    short(Estimator, early_stopping=True).fit(form(X), y)


@BOTH
def test_rows_alone_and_in_any_layout_give_the_same_bits(digits: Any, Estimator: Any) -> None:
    X, y = digits
    fitted = short(Estimator, hidden_layer_sizes=(33, 7)).fit(X, y)
    method = fitted.predict_proba if Estimator is MLPClassifier else fitted.predict
    expected = method(X)
    np.testing.assert_array_equal(np.concatenate([method(X[i : i + 1]) for i in range(50)]), expected[:50])
    for same in (np.asfortranarray(X), X[::-1][::-1], X.tolist(), X.astype(">f8"), pd.DataFrame(X).to_numpy()):
        np.testing.assert_array_equal(method(same), expected)
    read_only = X.copy()
    read_only.flags.writeable = False
    np.testing.assert_array_equal(method(read_only), expected)


@BOTH
def test_errors_are_scikit_learns(digits: Any, Estimator: Any) -> None:
    X, y = digits[0][:50], digits[1][:50]
    reference = getattr(theirs, Estimator.__name__)
    bad = X.copy()
    bad[3, 2] = np.nan
    attempts: list[Any] = [
        lambda E: E().predict(X),
        lambda E: short(E).fit(X, y).predict(bad),
        lambda E: short(E).fit(X, y).predict(bad[3:4]),
        lambda E: short(E).fit(X, y).predict(X[:, :3]),
        lambda E: short(E).fit(X, y).predict(X[0]),
        lambda E: short(E).fit(X, y).predict(X[:0]),
        lambda E: short(E).fit(X, y).predict([["a"] * 64]),
        lambda E: short(E).fit(bad, y),
        lambda E: short(E).fit(X, y[:10]),
        lambda E: short(E, hidden_layer_sizes=(3, 0)).fit(X, y),
        lambda E: short(E, alpha=-1.0).fit(X, y),
        lambda E: short(E, momentum=2.0).fit(X, y),
        lambda E: short(E, early_stopping=True).fit(X[:8], np.arange(8) % 2).partial_fit(X[:8], np.arange(8) % 2),
        lambda E: short(E).fit(X, y, sample_weight=[1.0, 2.0]),
    ]
    if Estimator is MLPClassifier:
        # For regression scikit-learn does not look at the solver.
        attempts.append(lambda E: E(solver="lbfgs").partial_fit(X, y))
    for attempt in attempts:
        with pytest.raises(Exception) as expected:  # noqa: PT011
            attempt(reference)
        with pytest.raises(type(expected.value)) as got:
            attempt(Estimator)
        theirs_says, ours_says = (str(error.value).replace("\n", " ") for error in (expected, got))
        assert ours_says[: len(theirs_says)] == theirs_says


def test_not_fitted() -> None:
    for method in ("predict", "predict_proba", "predict_log_proba"):
        with pytest.raises(NotFittedError):
            getattr(MLPClassifier(), method)([[1.0]])


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(2, 40),
    columns=st.integers(1, 30),
    hidden=st.lists(st.integers(1, 40), max_size=3),
    dtype=st.sampled_from(["float64", "float32", "int64", "uint8", "bool", ">f8"]),
    order=st.sampled_from("CF"),
    classes=st.integers(2, 5),
    seed=st.integers(0, 100),
)
def test_any_shape_and_type(
    rows: int, columns: int, hidden: list[int], dtype: str, order: Any, classes: int, seed: int
) -> None:
    """Whatever scikit-learn takes, with its results."""
    rng = np.random.default_rng(seed)
    X = np.asarray(rng.integers(0, 3, (rows, columns)), dtype=dtype, order=order)
    y = np.arange(rows) % classes
    parameters = {"hidden_layer_sizes": hidden, "max_iter": 2, "random_state": seed, "batch_size": 7}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, reference = (E(**parameters).fit(X, y) for E in (MLPClassifier, theirs.MLPClassifier))
    got, expected = ours.predict_proba(X), reference.predict_proba(X)
    assert got.dtype == expected.dtype
    np.testing.assert_allclose(got, expected, rtol=1e-4 if dtype == "float32" else 1e-9, atol=1e-7)


def test_verbose_is_pythons(digits: Any, capsys: Any) -> None:
    said = []
    for Estimator in (MLPClassifier, theirs.MLPClassifier):
        short(Estimator, verbose=True, early_stopping=True, tol=0.5, n_iter_no_change=1).fit(*digits)
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert "Iteration 1, loss = " in said[0]
    assert "Validation score" in said[0]


def test_several_threads_may_predict_and_fit(digits: Any) -> None:
    X, y = digits
    fitted = short(MLPClassifier).fit(X, y)
    expected = fitted.predict_proba(X)
    problems: list[Any] = []

    def work() -> None:
        for _ in range(20):
            if not np.array_equal(fitted.predict_proba(X), expected):
                problems.append("rows")
            if not np.array_equal(fitted.predict_proba(X[:1]), expected[:1]):
                problems.append("row")
        other = short(MLPClassifier).fit(X, y)
        if not np.array_equal(other.coefs_[0], fitted.coefs_[0]):
            problems.append("fit")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems


INTERRUPTED = """
import os, signal, threading, warnings
import numpy as np
from deltarule import MLPClassifier
rng = np.random.default_rng(0)
X, y = rng.normal(size=(40000, 100)), rng.integers(0, 5, 40000)
threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    clf = MLPClassifier(hidden_layer_sizes=(400, 400), max_iter=100000, tol=0.0, n_iter_no_change=10**9, random_state=0).fit(X, y)
assert [str(w.message) for w in caught] == ["Training interrupted by user."], caught
assert np.isfinite(clf.predict_proba(X[:10])).all()
print("partial", clf.t_)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_keeps_the_partial_model() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("partial")
    assert signal.SIGINT


def test_an_exception_in_a_callback_is_the_users(digits: Any) -> None:
    def fails(record: Any) -> None:
        raise RuntimeError(f"epoch {record.epoch}")

    with pytest.raises(RuntimeError, match="epoch 1"):
        short(MLPClassifier, callbacks=fails).fit(*digits)


def test_the_import_takes_nothing_along() -> None:
    code = "import sys, deltarule; assert not {'sklearn', 'scipy', 'matplotlib', 'pandas'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert "MLPClassifier" in dir(deltarule)
    with pytest.raises(AttributeError, match="no attribute 'MLPClassifer'"):
        deltarule.MLPClassifer  # noqa: B018
