"""scikit-learn's names, and the engine's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from deltarule import _core

_TABLES: dict[str, Any] = json.loads(_core.tables())

_ELEMENTWISE = [f["name"] for f in _TABLES["activations"] if f["is_elementwise"]]

#: Activations of hidden layers; `logistic` is scikit-learn's name of `sigmoid`.
ACTIVATIONS = tuple(name for own in _ELEMENTWISE for name in (("logistic", own) if own == "sigmoid" else (own,)))

#: Losses that any outputs go with.
LOSSES_OF_ANY_OUTPUTS = tuple(loss["name"] for loss in _TABLES["losses"] if loss["outputs"] is None)

#: The outputs that the other losses ask for.
OUTPUTS_OF_LOSSES: dict[str, list[str]] = {
    loss["name"]: loss["outputs"] for loss in _TABLES["losses"] if loss["outputs"] is not None
}

#: Schedules of the learning rate, with the parameters that the engine's have by default.
ENGINE_SCHEDULES: dict[str, Any] = _TABLES["schedules"]

#: Those beyond scikit-learn's.
SCHEDULES: dict[str, dict[str, Any]] = {
    name: schedule
    for name, schedule in ENGINE_SCHEDULES.items()
    if name not in ("constant", "inverse_scaling", "adaptive")
}

#: Solvers, which are the engine's optimisers: momentum and nesterov are settings of sgd, as in scikit-learn.
SOLVERS: dict[str, dict[str, Any]] = {
    optimizer["name"]: optimizer for optimizer in _TABLES["optimizers"] if optimizer["name"] in optimizer["options"]
}

#: Solvers that make one step after the other, with the learning rate and callbacks of an epoch.
STOCHASTIC_SOLVERS = tuple(name for name, solver in SOLVERS.items() if solver["takes_single_steps"])

#: The ranges of the parameters that some optimiser has, by the engine's names.
PARAMETER_RANGES: dict[str, dict[str, Any]] = {
    key: interval for optimizer in _TABLES["optimizers"] for key, interval in optimizer["parameters"].items()
}


def estimator_parameter(key: str) -> str:
    """The parameter of the estimators for a parameter of the engine's optimisers."""
    other = {
        "learning_rate": "learning_rate_init",
        "beta1": "beta_1",
        "beta2": "beta_2",
        "weight_decay": "alpha",
        "nesterov": "nesterovs_momentum",
    }
    if any(key == solver["rate"] for solver in SOLVERS.values()):
        return other["learning_rate"]
    return other.get(key, key)


def solver_options(estimator: Any) -> dict[str, Any]:
    """The engine's optimiser for an estimator's solver: its own parameters, and over them those that are given."""
    name = estimator.solver
    own = dict(SOLVERS[name]["options"][name])
    for key, value in own.items():
        is_switch = isinstance(value, bool)
        if is_switch or key in SOLVERS[name]["parameters"] or key in PARAMETER_RANGES:
            given = getattr(estimator, estimator_parameter(key), None)
            if given is not None:
                own[key] = bool(given) if is_switch else float(given)
    return {name: own}


def engine_activation(name: str) -> str:
    """The engine's name of an activation."""
    return "sigmoid" if name == "logistic" else name


def hidden_activations(activation: str | Sequence[str], hidden_layers: int) -> list[str]:
    """The activation of each hidden layer."""
    if isinstance(activation, str):
        return [activation] * hidden_layers
    names = list(activation)
    if len(names) != hidden_layers:
        raise ValueError(
            f"activation is a list of {len(names)}, and there are {hidden_layers} hidden layers: one for each is needed"
        )
    for name in names:
        if name not in ACTIVATIONS:
            raise ValueError(f"activation has {name!r} in it, allowed: {', '.join(ACTIVATIONS)}")
    return names
