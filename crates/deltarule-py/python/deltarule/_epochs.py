"""What happens between epochs: scikit-learn's rules, and what users may see of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning


@dataclass(frozen=True)
class EpochRecord:
    """What a callback is told after an epoch."""

    #: The number of the epoch in this call of `fit`, 1 being the first.
    epoch: int
    #: The training loss, as `loss_curve_` has it.
    loss: float
    #: The learning rate of the epoch.
    learning_rate: float
    #: The loss of the validation rows, where there are any.
    validation_loss: float | None
    #: Their score, with early stopping.
    validation_score: float | None
    #: The estimator, whose `coefs_` are those after the epoch.
    estimator: Any


@dataclass
class Validation:
    """The rows that are held out or given, and their targets in both forms."""

    x: Any
    #: As the score takes them: labels or numbers.
    y: Any
    #: As the loss takes them: a column per output.
    t: np.ndarray[Any, Any]
    weights: Any


def listed(callbacks: Any) -> list[Callable[[EpochRecord], Any]]:
    """The callbacks as a list."""
    return [] if callbacks is None else [callbacks] if callable(callbacks) else list(callbacks)


def ends(callbacks: list[Callable[[EpochRecord], Any]], record: EpochRecord) -> bool:
    """Whether one of them ends the training; all of them see the epoch, whoever does."""
    answers = [callback(record) for callback in callbacks]
    return any(isinstance(answer, (bool, np.bool_)) and bool(answer) for answer in answers)


class Epochs:
    """What happens between epochs, as in scikit-learn's `_fit_stochastic`."""

    def __init__(
        self,
        estimator: Any,
        n_samples: int,
        steps: int,
        validation: Validation | None,
        incremental: bool,
        scheduled: bool,
        loss_type: type[np.floating[Any]],
    ) -> None:
        self.estimator = estimator
        self.n_samples = n_samples
        self.steps = steps
        self.validation = validation
        self.incremental = incremental
        self.scheduled = scheduled
        self.loss_type = loss_type
        self.order = np.arange(n_samples, dtype=np.int64)
        self.callbacks = listed(estimator.callbacks)
        self.rate = float("nan")
        if validation is None:
            # One of another training would only mislead.
            estimator.__dict__.pop("validation_loss_curve_", None)
        elif not (incremental and hasattr(estimator, "validation_loss_curve_")):
            estimator.validation_loss_curve_ = []
        estimator.early_stopped_ = False

    def begin(self, epoch: int, scheduled: float) -> tuple[np.ndarray[Any, Any] | None, float]:
        """The order of the examples and the learning rate of an epoch, given that of the engine's schedule."""
        estimator = self.estimator
        order = None
        if estimator.shuffle:
            # The same draws as those of sklearn.utils.shuffle, without its checks.
            indices = np.arange(self.n_samples)
            estimator._random_state.shuffle(indices)
            order = self.order = self.order[indices]
        if self.scheduled:
            self.rate = scheduled
            return order, scheduled
        self.rate = estimator._optimizer.rate()
        if epoch < estimator.warmup:
            self.rate *= (epoch + 1) / (estimator.warmup + 1)
        return order, self.rate

    def end(self, loss: float) -> bool:
        """Notes the loss of an epoch; whether the training is over."""
        estimator = self.estimator
        optimizer = estimator._optimizer
        estimator.n_iter_ += 1
        estimator.loss_ = self.loss_type(loss)
        estimator.t_ += self.n_samples
        estimator.loss_curve_.append(estimator.loss_)
        if estimator.verbose:
            print(f"Iteration {estimator.n_iter_}, loss = {estimator.loss_:.8f}")
        validation = self.validation
        if validation is not None:
            estimator.validation_loss_curve_.append(estimator._mean_loss(validation))
        early = estimator.early_stopping
        rows = (None,) * 3 if validation is None else (validation.x, validation.y, validation.weights)
        estimator._update_no_improvement_count(early, *rows)
        optimizer.epoch_ends(self.steps)
        optimizer.iteration_ends(estimator.t_)
        is_over = self._patience_is_out() or self._called_off()
        if is_over or self.incremental:
            return True
        if estimator.n_iter_ == estimator.max_iter:
            warnings.warn(
                f"Stochastic Optimizer: Maximum iterations ({estimator.max_iter}) reached and the optimization hasn't"
                " converged yet.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return False

    def _patience_is_out(self) -> bool:
        estimator = self.estimator
        if estimator._no_improvement_count <= estimator.n_iter_no_change:
            return False
        what = "Validation score" if estimator.early_stopping else "Training loss"
        message = "%s did not improve more than tol=%f for %d consecutive epochs." % (
            what,
            estimator.tol,
            estimator.n_iter_no_change,
        )
        if estimator._optimizer.trigger_stopping(message, estimator.verbose):
            estimator.early_stopped_ = bool(estimator.early_stopping)
            return True
        estimator._no_improvement_count = 0
        return False

    def _called_off(self) -> bool:
        estimator = self.estimator
        if not self.callbacks:
            return False
        losses = getattr(estimator, "validation_loss_curve_", None) if self.validation is not None else None
        scores = estimator.validation_scores_
        record = EpochRecord(
            epoch=estimator.n_iter_,
            loss=estimator.loss_,
            learning_rate=self.rate,
            validation_loss=losses[-1] if losses else None,
            validation_score=scores[-1] if scores else None,
            estimator=estimator,
        )
        return ends(self.callbacks, record)
