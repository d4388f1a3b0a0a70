"""The names, ranges and defaults of the engine, and those that Python has to write down."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest
from deltarule import MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor, _core
from deltarule._names import (
    ACTIVATIONS,
    OUTPUTS_OF_LOSSES,
    PARAMETER_RANGES,
    SOLVERS,
    estimator_parameter,
    solver_options,
)

TABLES: dict[str, Any] = json.loads(_core.tables())
OPTIMIZERS: dict[str, dict[str, Any]] = {optimizer["name"]: optimizer for optimizer in TABLES["optimizers"]}
ESTIMATORS = (MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor)


def defaults_of(estimator: type) -> dict[str, Any]:
    parameters = inspect.signature(estimator).parameters
    return {name: parameter.default for name, parameter in parameters.items()}


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_signatures_have_the_defaults_of_the_tables(estimator: type) -> None:
    """scikit-learn wants every parameter with its default in the signature: they are compared with the engine's."""
    defaults = defaults_of(estimator)
    compared = set()
    for name in ("adam", "nesterov"):
        (own,) = OPTIMIZERS[name]["options"].values()
        for key, value in own.items():
            parameter = estimator_parameter(key)
            # scikit-learn's sgd begins with Adam's learning rate; None leaves the choice to the engine.
            if (name, key) != ("nesterov", "learning_rate") and defaults[parameter] is not None:
                assert defaults[parameter] == value, parameter
                compared.add(parameter)
    assert compared >= {"beta_1", "beta_2", "epsilon", "momentum", "nesterovs_momentum"}


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_parameter_of_a_solver_is_one_of_the_estimators(estimator: type) -> None:
    defaults = defaults_of(estimator)
    for key in PARAMETER_RANGES:
        assert estimator_parameter(key) in defaults


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("solver", sorted(SOLVERS))
def test_every_parameter_that_is_given_reaches_the_engine(estimator: type, solver: str) -> None:
    given = {estimator_parameter(key): 0.375 for key in SOLVERS[solver]["parameters"]}
    ((name, own),) = solver_options(estimator(solver=solver, **given)).items()
    assert name == solver
    for key in SOLVERS[solver]["parameters"]:
        assert own[key] == 0.375


@pytest.mark.parametrize("estimator", [TabularClassifier, TabularRegressor])
def test_ranges_are_those_of_the_engine(estimator: type) -> None:
    constraints = estimator._parameter_constraints  # type: ignore[attr-defined]
    for key, ends in PARAMETER_RANGES.items():
        interval = constraints[estimator_parameter(key)][0]
        assert (interval.left, interval.right, interval.closed) == (ends["left"], ends["right"], ends["closed"])


def test_names_are_scikit_learns_where_it_has_some() -> None:
    assert "logistic" in ACTIVATIONS and "softmax" not in ACTIVATIONS
    assert OUTPUTS_OF_LOSSES["poisson"][0] == "exp"
    assert {"sgd", "adam", "lbfgs"} <= set(SOLVERS) and "momentum" not in SOLVERS
