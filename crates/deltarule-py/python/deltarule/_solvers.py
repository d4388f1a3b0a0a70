"""Optimisers: scikit-learn's learning rates and stopping rules around the engine's steps and memory."""

from __future__ import annotations

import json
from typing import Any

from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer

from deltarule import _core
from deltarule._names import SOLVERS, solver_options


class _OptimizerState:
    """What the engine remembers of a training, kept as a model file when it is pickled."""

    _options: dict[str, Any]
    _activations: list[str]
    training: _core.Training

    def begin(self, options: dict[str, Any], activations: list[str]) -> None:
        self._options = options
        self._activations = activations
        self.training = _core.Training(json.dumps(options), activations)

    def follow(self, estimator: Any, activations: list[str]) -> None:
        """Goes on with the activations that the estimator has now, and with the decay of its weights.

        Everything else stays as it was when the optimiser began, as in scikit-learn.
        """
        options = self._options
        ((name, own),) = options.items()
        if "weight_decay" in own:
            options = {name: {**own, "weight_decay": float(estimator.alpha)}}
        # Where nothing is new, several threads may ask at the same time.
        if (options, activations) != (self._options, self._activations):
            self.training.follow(json.dumps(options), activations)
            self._options, self._activations = options, activations

    def takes_all_rows(self) -> bool:
        """Whether a step takes all rows, whatever the size of a batch."""
        return any(SOLVERS[name]["needs_full_batch"] for name in self._options)

    def penalty(self, alpha: float) -> float:
        """What `alpha` is in the objective: nothing where it is the optimiser's own decay."""
        return 0.0 if any("weight_decay" in own for own in self._options.values()) else float(alpha)

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        try:
            state["training"] = self.training.to_bytes()
        except RuntimeError:
            # Asked in the middle of a training, by a callback: the engine has the memory in its hands. What is pickled
            # has the network, and an optimiser that begins anew.
            state["training"] = b""
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.training = _core.Training(json.dumps(self._options), self._activations)
        self.training.restore(state["training"])


class Sgd(_OptimizerState, SGDOptimizer):  # type: ignore[misc]
    """Gradient descent."""

    def __init__(self, estimator: Any, activations: list[str]) -> None:
        super().__init__(
            [],
            estimator.learning_rate_init,
            estimator.learning_rate,
            estimator.momentum,
            estimator.nesterovs_momentum,
            estimator.power_t,
        )
        self.begin(solver_options(estimator), activations)

    def rate(self) -> float:
        """η of the next epoch."""
        return float(self.learning_rate)

    def epoch_ends(self, steps: int) -> None:
        """Nothing to note."""


class Adam(_OptimizerState, AdamOptimizer):  # type: ignore[misc]
    """Adam, and what else has scikit-learn's stopping rule and no learning rate that it changes itself."""

    def __init__(self, estimator: Any, activations: list[str]) -> None:
        super().__init__(
            [],
            estimator.learning_rate_init,
            estimator.beta_1,
            estimator.beta_2,
            estimator.epsilon,
        )
        options = solver_options(estimator)
        self.is_adam = estimator.solver == "adam"
        if self.is_adam:
            # scikit-learn adds ε to the root before its correction.
            options["adam"]["epsilon_hat"] = True
        self.begin(options, activations)

    def rate(self) -> float:
        """η of the next epoch; what the moments make of it is the engine's business."""
        return float(self.learning_rate_init)

    def epoch_ends(self, steps: int) -> None:
        """Notes the number of steps and the rate that scikit-learn would show."""
        self.t += steps
        if self.is_adam:
            correction = (1 - self.beta_2**self.t) ** 0.5 / (1 - self.beta_1**self.t)
            self.learning_rate = self.learning_rate_init * correction


def solver_of(estimator: Any, activations: list[str], anew: bool) -> Sgd | Adam:
    """The optimiser of the estimator's next step: the one that it has, or a new one for its `solver`."""
    known: Sgd | Adam | None = None if anew else getattr(estimator, "_optimizer", None)
    if known is not None:
        known.follow(estimator, activations)
        return known
    return Sgd(estimator, activations) if estimator.solver == "sgd" else Adam(estimator, activations)
