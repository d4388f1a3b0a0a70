"""scikit-learn's names, and the engine's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from deltarule import _core

#: Activations of hidden layers; `logistic` is scikit-learn's name of `sigmoid`.
ACTIVATIONS = (
    "identity",
    "logistic",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "elu",
    "selu",
    "softplus",
    "exp",
    "silu",
    "gelu",
    "mish",
)

#: Schedules of the learning rate beyond scikit-learn's, with the parameters that the engine's have by default.
SCHEDULES: dict[str, dict[str, Any]] = {
    name: json.loads(_core.schedule(name)) for name in ("step", "exponential", "cosine")
}


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
