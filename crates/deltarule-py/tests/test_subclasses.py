"""Subclasses that override scikit-learn's methods: each is called, or refused by name."""

from __future__ import annotations

import inspect
import types
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn import neural_network as theirs
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network._multilayer_perceptron import BaseMultilayerPerceptron

import deltarule as ours

X, Y = load_iris(return_X_y=True)
SOLVERS = pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])


@pytest.fixture(autouse=True)
def _unconverged() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def methods(kind: str) -> list[str]:
    """The methods that scikit-learn's class has of its own."""
    found = {**vars(BaseMultilayerPerceptron), **vars(getattr(theirs, kind))}
    return sorted(name for name, value in found.items() if inspect.isfunction(value) and not name.startswith("__"))


def spied(Estimator: Any, name: str, calls: list[str]) -> Any:
    """A subclass whose method notes that it was called, and does what it did."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        calls.append(name)
        return getattr(super(Spied, self), name)(*args, **kwargs)

    Spied = type("Spied", (Estimator,), {name: method, "__init__": Estimator.__init__})
    return Spied


def called(Estimator: Any, name: str, **parameters: Any) -> dict[str, bool] | None:
    """What calls the overridden method; nothing where the estimator refuses it."""
    calls: list[str] = []
    given = {"hidden_layer_sizes": 3, "max_iter": 2, "random_state": 0, **parameters}
    estimator = spied(Estimator, name, calls)(**given)
    heard = {}
    try:
        estimator.fit(X, Y)
    except TypeError as error:
        assert name in str(error)
        return None
    heard["fit"] = bool(calls)
    for step in ("predict", "predict_proba", "score", "partial_fit"):
        if not hasattr(estimator, step) or (step == "partial_fit" and estimator.early_stopping):
            continue
        calls.clear()
        getattr(estimator, step)(*((X, Y) if step in ("score", "partial_fit") else (X,)))
        heard[step] = bool(calls)
    return heard


@SOLVERS
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("kind", ["MLPClassifier", "MLPRegressor"])
def test_what_scikit_learn_calls_is_called_or_refused(kind: str, early_stopping: bool, solver: str) -> None:
    """Every method of scikit-learn's classes, public or private, one after the other."""
    refused = set()
    for name in [name for name in methods(kind) if name != "partial_fit" or solver != "lbfgs"]:
        expected = called(getattr(theirs, kind), name, solver=solver, early_stopping=early_stopping)
        got = called(getattr(ours, kind), name, solver=solver, early_stopping=early_stopping)
        assert expected is not None
        if got is None:
            refused.add(name)
            assert any(expected.values()), f"{name} is refused, and scikit-learn does not call it"
        else:
            ignored = [step for step, heard in expected.items() if heard and not got[step]]
            assert not ignored, f"{name} is ignored by {ignored}"
    last = "_unpack" if solver == "lbfgs" else "_fit_stochastic"
    assert refused == {"_backprop", "_compute_loss_grad", "_forward_pass", last}


@pytest.mark.parametrize("kind", ["MLPClassifier", "MLPRegressor"])
def test_the_refusal_says_what_to_do(kind: str) -> None:
    class Mine(getattr(ours, kind)):  # type: ignore[misc]
        def _backprop(self, *args: Any) -> Any:
            return super()._backprop(*args)

        def _fit_stochastic(self, *args: Any) -> None:
            super()._fit_stochastic(*args)

    message = (
        "Mine overrides _backprop and _fit_stochastic: scikit-learn's training calls them, deltarule's, which is one call"
        " into the engine, does not. Look at the epochs and end the training with callbacks, or derive the class from"
        f" sklearn.neural_network.{kind}"
    )
    fitted = getattr(ours, kind)(max_iter=2).fit(X, Y)
    for method in ("fit", "partial_fit", "explain_step"):
        mine = Mine(max_iter=2)
        vars(mine).update({name: value for name, value in vars(fitted).items() if name.endswith("_")})
        with pytest.raises(TypeError) as error:
            getattr(mine, method)(X, Y)
        assert str(error.value) == message


def test_a_method_that_was_put_into_one_estimator_is_refused_too() -> None:
    clf = ours.MLPClassifier(max_iter=2)
    clf._forward_pass = types.MethodType(lambda self, activations: activations, clf)
    with pytest.raises(TypeError, match="MLPClassifier overrides _forward_pass: scikit-learn's training calls it,"):
        clf.fit(X, Y)


def test_what_another_solver_would_call_is_nobodys_business() -> None:
    class Mine(ours.MLPClassifier):  # type: ignore[misc]
        def _fit_stochastic(self, *args: Any) -> None:
            raise AssertionError

    Mine(solver="lbfgs", max_iter=2).fit(X, Y)
    with pytest.raises(TypeError, match="_fit_stochastic"):
        Mine(solver="rprop", max_iter=2).fit(X, Y)


@SOLVERS
def test_overrides_that_are_called_have_their_effect(solver: str) -> None:
    fits = []
    for package in (ours, theirs):

        class Mine(package.MLPClassifier):  # type: ignore[name-defined]
            def _init_coef(self, fan_in: int, fan_out: int, dtype: Any) -> Any:
                coef, intercept = super()._init_coef(fan_in, fan_out, dtype)
                return coef * 0.5, intercept * 0.0

            def _loss_grad_lbfgs(self, *args: Any) -> Any:
                loss, gradient = super()._loss_grad_lbfgs(*args)
                return 2.0 * loss, 2.0 * gradient

            def _update_no_improvement_count(self, *args: Any) -> None:
                super()._update_no_improvement_count(*args)
                self._no_improvement_count = self.n_iter_

        fits.append(Mine(hidden_layer_sizes=4, solver=solver, random_state=0, max_iter=30, n_iter_no_change=6).fit(X, Y))
    assert fits[0].n_iter_ == fits[1].n_iter_ == (30 if solver == "lbfgs" else 7)
    np.testing.assert_allclose(fits[0].loss_, fits[1].loss_, rtol=1e-6)


def test_lbfgs_of_a_subclass_gets_what_scikit_learns_gets() -> None:
    given = []
    for package in (ours, theirs):

        class Mine(package.MLPRegressor):  # type: ignore[name-defined]
            def _fit_lbfgs(self, X: Any, y: Any, sample_weight: Any, *lists: Any) -> None:
                activations, deltas, coef_grads, intercept_grads, layer_units = lists
                shapes = [array.shape for array in (*coef_grads, *intercept_grads)]
                given.append((X.shape, y.shape, sample_weight, len(activations), len(deltas), shapes, list(layer_units)))
                assert activations[0] is X
                super()._fit_lbfgs(X, y, sample_weight, *lists)

        Mine(hidden_layer_sizes=(4, 3), solver="lbfgs", random_state=0, max_iter=3).fit(X, Y)
    assert given[0] == given[1]
