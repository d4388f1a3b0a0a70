"""What both estimators share: scikit-learn's fitting rules around the engine's training."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Sequence
from itertools import chain, pairwise
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import check_scoring, get_scorer
from sklearn.model_selection import train_test_split
from sklearn.neural_network._multilayer_perceptron import BaseMultilayerPerceptron
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight

from deltarule import _core
from deltarule._arrays import rows_of
from deltarule._epochs import Epochs, Validation, listed
from deltarule._explaining import ExplainingMixin
from deltarule._names import SCHEDULES, SOLVERS, STOCHASTIC_SOLVERS, hidden_activations
from deltarule._predicting import PredictingMixin
from deltarule._sklearn import validation_score
from deltarule._solvers import solver_of
from deltarule._threads import thread_count

#: Methods that scikit-learn's training calls, whatever the solver, and the engine's does not.
_METHODS_OF_A_STEP = ("_backprop", "_compute_loss_grad", "_forward_pass")


class NetworkMixin(ExplainingMixin, PredictingMixin):
    """The engine in scikit-learn's estimators; goes before them in the order of bases."""

    # Parameters, which the constructors set.
    hidden_layer_sizes: int | Sequence[int]
    output_activation: str | None
    solver: str
    alpha: float
    batch_size: int | str
    learning_rate: str
    max_iter: int
    random_state: Any
    warm_start: bool
    early_stopping: bool
    validation_fraction: float
    dropout: float
    warmup: int
    validation_data: tuple[Any, Any] | None
    scoring: str | Callable[..., float] | None
    callbacks: Any
    # What scikit-learn's fitting sets.
    _random_state: np.random.RandomState
    _best_coefs: list[np.ndarray[Any, Any]]
    _best_intercepts: list[np.ndarray[Any, Any]]
    loss_: np.floating[Any]
    loss_curve_: list[np.floating[Any]]
    validation_scores_: list[float] | None
    best_validation_score_: float | None
    best_loss_: float | np.floating[Any] | None
    _no_improvement_count: int
    # What ours sets besides.
    validation_loss_curve_: list[float]
    early_stopped_: bool
    _objective: tuple[tuple[Any, Any, Any], _core.Objective]

    def __getstate__(self) -> dict[str, Any]:
        # The objective is made again when it is needed.
        state: dict[str, Any] = super().__getstate__()  # type: ignore[assignment]
        return {name: value for name, value in state.items() if name != "_objective"}

    # ---- what the engine is told

    def _engine_loss(self) -> tuple[str, float]:
        """The engine's loss, and what it is multiplied by before it is reported."""
        raise NotImplementedError

    def _loss_offsets(self, t: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
        """What each example adds to the loss whatever the parameters are."""
        return None

    def _loss_type(self, *values: Any) -> type[np.floating[Any]]:
        """The type of `loss_`, `best_loss_` and what is in `loss_curve_`: that of scikit-learn's sums over these arrays."""
        return np.float64

    def _labels(self, t: np.ndarray[Any, Any]) -> Any:
        """Targets as the score takes them, from those that the loss takes."""
        return t

    def _probability_clip(self, dtype: np.dtype[Any]) -> float:
        """ε of the cross-entropies that are reported."""
        return 0.0

    def _targets_of(self, X: Any, y: Any) -> tuple[Any, np.ndarray[Any, Any]]:
        """Validation rows, checked: X, and the targets as the loss takes them."""
        raise NotImplementedError

    def _weighted(self, y: np.ndarray[Any, Any], sample_weight: Any, incremental: bool) -> Any:
        """The sample weights, with those of the classes."""
        return sample_weight

    def _own_parameters(self) -> np.dtype[Any]:
        """Makes `coefs_` and `intercepts_` arrays that can be written in place; their type.

        They may have been set by hand, to lists or to arrays of any kind.
        """
        dtype = np.dtype(np.float32) if np.asarray(self.coefs_[0]).dtype == np.float32 else np.dtype(np.float64)
        for parameters in (self.coefs_, self.intercepts_):
            for i, values in enumerate(parameters):
                flags = values.flags if isinstance(values, np.ndarray) and values.dtype == dtype else None
                if flags is None or not (flags.writeable and flags.aligned):
                    parameters[i] = np.array(values, dtype=dtype)
        return dtype

    # ---- fitting

    def _check_overrides(self) -> None:
        """Refuses methods of a subclass that scikit-learn's training would call and this one does not."""
        of_the_solver = "_fit_stochastic" if self.solver in STOCHASTIC_SOLVERS else "_unpack"
        ignored = [
            name
            for name in (*_METHODS_OF_A_STEP, of_the_solver)
            if name in vars(self) or getattr(type(self), name) is not getattr(BaseMultilayerPerceptron, name)
        ]
        if ignored:
            theirs = "MLPClassifier" if is_classifier(self) else "MLPRegressor"
            raise TypeError(
                f"{type(self).__name__} overrides {' and '.join(ignored)}: scikit-learn's training calls"
                f" {'it' if len(ignored) == 1 else 'them'}, deltarule's, which is one call into the engine, does not. Look at"
                " the epochs and end the training with callbacks, or derive the class from"
                f" sklearn.neural_network.{theirs}"
            )

    def _check_extras(self, incremental: bool) -> None:
        self._check_overrides()
        if self.scoring is not None:
            if not self.early_stopping or self.solver == "lbfgs":
                raise ValueError("scoring is what early stopping looks at: it needs early_stopping=True, and a solver with epochs")
            if isinstance(self.scoring, str) and self.scoring != "loss":
                get_scorer(self.scoring)
        if self.validation_data is not None and (
            not isinstance(self.validation_data, (tuple, list)) or len(self.validation_data) != 2
        ):
            raise ValueError("validation_data is not (X, y)")
        if not all(callable(callback) for callback in listed(self.callbacks)):
            raise ValueError(f"callbacks has something in it that cannot be called: {self.callbacks!r}")
        if self.solver == "lbfgs":
            given = {
                "dropout": self.dropout > 0,
                "warmup": self.warmup > 0,
                "callbacks": bool(listed(self.callbacks)),
                "validation_data": self.validation_data is not None,
            }
            wrong = next((name for name, there in given.items() if there), None)
            if wrong is not None:
                raise ValueError(f"{wrong} does not go with solver='lbfgs', which has no epochs")
            if self.learning_rate in SCHEDULES:
                raise ValueError(
                    f"learning_rate={self.learning_rate!r} does not go with solver='lbfgs', which "
                    "finds its own step sizes"
                )
        elif SOLVERS[self.solver]["needs_full_batch"]:
            if self.dropout > 0:
                raise ValueError(
                    f"dropout does not go with solver={self.solver!r}, which needs the same loss in every step"
                )
            if self.learning_rate in SCHEDULES or self.warmup > 0:
                raise ValueError(
                    f"solver={self.solver!r} finds its own step sizes: leave learning_rate and warmup as they are"
                )
        if incremental and self.learning_rate == "cosine":
            raise ValueError("learning_rate='cosine' needs the number of epochs, which partial_fit does not know")

    def _init_coef(self, fan_in: int, fan_out: int, dtype: Any) -> tuple[Any, Any]:
        # scikit-learn looks at `activation`, which may be a list or another name here.
        layer = len(self.coefs_)
        names = self.activation
        if not isinstance(names, str):
            names = list(names)[min(layer, len(names) - 1)] if len(names) else "identity"
        factor = 2.0 if names in ("logistic", "sigmoid") else 6.0
        bound = np.sqrt(factor / (fan_in + fan_out))
        coef = self._random_state.uniform(-bound, bound, (fan_in, fan_out))
        intercept = self._random_state.uniform(-bound, bound, fan_out)
        return coef.astype(dtype, copy=False), intercept.astype(dtype, copy=False)

    def _initialize(self, y: Any, layer_units: list[int], dtype: Any) -> None:
        super()._initialize(y, layer_units, dtype)  # type: ignore[misc]
        hidden_activations(self.activation, len(layer_units) - 2)
        self._choose_output()
        if not self.early_stopping:
            # Nobody asks for them then, and they are as large as the network.
            self._best_coefs, self._best_intercepts = [], []
        # scikit-learn does so for its own solvers only.
        if self.solver in STOCHASTIC_SOLVERS:
            self._begin_patience()

    def _choose_output(self) -> None:
        """Sets `out_activation_` by the targets, the loss and `output_activation`."""
        raise NotImplementedError

    def _begin_patience(self) -> None:
        """What early stopping, or its absence, keeps between epochs, at the beginning."""
        early = self.early_stopping
        self.loss_curve_ = []
        self._no_improvement_count = 0
        self.validation_scores_ = [] if early else None
        self.best_validation_score_ = -np.inf if early else None
        self.best_loss_ = None if early else np.inf

    def _prepare_patience(self) -> None:
        """The same where it is not there yet, because the solver or early stopping was set anew."""
        if self.solver not in STOCHASTIC_SOLVERS:
            return
        if not hasattr(self, "_no_improvement_count"):
            self._begin_patience()
            # Those that lbfgs leaves there are where it began.
            self._best_coefs, self._best_intercepts = [], []
        if self.early_stopping and getattr(self, "validation_scores_", None) is None:
            self.validation_scores_ = []
            self.best_validation_score_ = -np.inf
            self._best_coefs, self._best_intercepts = [], []
        if not self.early_stopping and getattr(self, "best_loss_", None) is None:
            self.best_loss_ = np.inf

    def _check_solver(self) -> bool:
        if self.solver not in STOCHASTIC_SOLVERS:
            raise AttributeError(
                f"partial_fit is only available for stochastic optimizers. {self.solver} is not stochastic."
            )
        return True

    def _fit(self, X: Any, y: Any, sample_weight: Any = None, incremental: bool = False) -> Any:
        sizes = self.hidden_layer_sizes
        sizes = list(sizes) if hasattr(sizes, "__iter__") else [sizes]
        if np.any(np.array(sizes) <= 0):
            raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
        self._check_extras(incremental)
        first_pass = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        X, y = self._validate_input(X, y, incremental, reset=first_pass)  # type: ignore[attr-defined]
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        if y.ndim == 1:
            y = y.reshape((-1, 1))
        sample_weight = self._weighted(y, sample_weight, incremental)
        self.n_outputs_ = y.shape[1]
        layer_units = [X.shape[1], *sizes, self.n_outputs_]
        self._random_state = check_random_state(self.random_state)
        if first_pass:
            self._initialize(y, layer_units, X.dtype)
        else:
            # What decides about the outputs and about patience may have been set anew.
            self._choose_output()
            self._prepare_patience()
        if self.solver in STOCHASTIC_SOLVERS:
            self._fit_epochs(X, y, sample_weight, incremental)
        else:
            # For subclasses that use them; the engine has its own.
            activations = [X, *(None for _ in layer_units[1:])]
            deltas = [None for _ in layer_units[1:]]
            coef_grads = [np.empty(shape, X.dtype) for shape in pairwise(layer_units)]
            intercept_grads = [np.empty(units, X.dtype) for units in layer_units[1:]]
            try:
                self._fit_lbfgs(X, y, sample_weight, activations, deltas, coef_grads, intercept_grads, layer_units)
            finally:
                self.__dict__.pop("_objective", None)
        if not all(np.isfinite(w).all() for w in chain(self.coefs_, self.intercepts_)):
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may"
                " contain large values and need to be preprocessed."
            )
        return self

    def _fit_lbfgs(
        self,
        X: Any,
        y: np.ndarray[Any, Any],
        sample_weight: Any,
        activations: Any,
        deltas: Any,
        coef_grads: Any,
        intercept_grads: Any,
        layer_units: list[int],
    ) -> None:
        loss_type = self._loss_type(X, y, sample_weight, *self.coefs_)
        super()._fit_lbfgs(  # type: ignore[misc]
            X, y, sample_weight, activations, deltas, coef_grads, intercept_grads, layer_units
        )
        self.loss_ = loss_type(self.loss_)

    def _fit_epochs(self, X: Any, y: np.ndarray[Any, Any], sample_weight: Any, incremental: bool) -> None:
        dtype = self._own_parameters()
        self._optimizer = solver_of(self, self._engine_activations(), anew=not incremental)
        X, y, sample_weight, validation = self._split(X, y, sample_weight, incremental)
        n_samples = X.shape[0]
        batch_size = self._batch_size(n_samples)
        loss, scale = self._engine_loss()
        schedule = SCHEDULES.get(self.learning_rate)
        settings = {
            "loss": loss,
            "epochs": 1 if incremental else int(self.max_iter),
            "batch_size": batch_size,
            "threads": thread_count(self.n_jobs),
            "alpha": self._optimizer.penalty(self.alpha),
            "clip": self._probability_clip(dtype),
            "dropout": float(self.dropout),
            "label_smoothing": float(getattr(self, "label_smoothing", 0.0)),
            # Drawn only where it is needed, so that everything else is drawn as scikit-learn draws it.
            "seed": int(self._random_state.randint(2**31 - 1)) if self.dropout > 0 else 0,
            "schedule": {"schedule": schedule or "constant", "warmup_epochs": int(self.warmup) if schedule else 0},
            "loss_scale": scale,
            "shows_parameters": validation is not None or bool(listed(self.callbacks)),
        }
        steps = 1 if self._optimizer.takes_all_rows() else -(-n_samples // batch_size)
        loss_type = self._loss_type(X, y, sample_weight, *self.coefs_)
        epochs = Epochs(self, n_samples, steps, validation, incremental, schedule is not None, loss_type)
        self.n_iter_ = 0
        try:
            self._optimizer.training.run(
                rows_of(X, dtype),
                rows_of(y, dtype),
                None if sample_weight is None else rows_of(sample_weight, dtype),
                self._loss_offsets(y),
                self.coefs_,
                self.intercepts_,
                json.dumps(settings),
                epochs.begin,
                epochs.end,
            )
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=2)
        if self.early_stopping and self._best_coefs and (not incremental or self.early_stopped_):
            # Copies: the next call may train on from them.
            self.coefs_ = [coef.copy() for coef in self._best_coefs]
            self.intercepts_ = [intercept.copy() for intercept in self._best_intercepts]
            if incremental:
                self._no_improvement_count = 0

    def _split(self, X: Any, y: Any, sample_weight: Any, incremental: bool) -> tuple[Any, Any, Any, Validation | None]:
        """Training rows, and the validation rows that are given or, with early stopping, held out."""
        given = self.validation_data
        if given is not None:
            x_val, t_val = self._targets_of(*given)
            return X, y, sample_weight, Validation(x_val, self._labels(t_val), t_val, None)
        if not self.early_stopping:
            return X, y, sample_weight, None
        if incremental:
            raise ValueError(
                "partial_fit does not support early_stopping=True without validation_data: there is nothing to hold out"
            )
        stratify = y if is_classifier(self) and self.n_outputs_ == 1 else None
        arrays = [X, y] if sample_weight is None else [X, y, sample_weight]
        parts = train_test_split(
            *arrays,
            random_state=self._random_state,
            test_size=self.validation_fraction,
            stratify=stratify,
        )
        x_train, x_val, t_train, t_val = parts[:4]
        weights, weights_val = parts[4:] if sample_weight is not None else (None, None)
        if x_val.shape[0] < 2:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
            )
        return x_train, t_train, weights, Validation(x_val, self._labels(t_val), t_val, weights_val)

    def _batch_size(self, n_samples: int) -> int:
        batch_size = self.batch_size
        if isinstance(batch_size, str):
            # The only text that is allowed is "auto".
            return min(200, n_samples)
        if batch_size > n_samples:
            warnings.warn(
                "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped", stacklevel=2
            )
        return int(np.clip(batch_size, 1, n_samples))

    def _score(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        scoring = self.scoring
        if scoring is None:
            return validation_score(self, X, y, sample_weight)
        if scoring == "loss":
            return -self.validation_loss_curve_[-1]
        # The rows were checked, and their feature names are gone.
        bare = object.__new__(type(self))
        bare.__dict__.update(self.__dict__)
        bare.__dict__.pop("feature_names_in_", None)
        scorer = check_scoring(bare, scoring)
        if sample_weight is not None and isinstance(scoring, str):
            return float(scorer(bare, X, y, sample_weight=sample_weight))
        return float(scorer(bare, X, y))

    def _loss_grad_lbfgs(
        self,
        packed_coef_inter: np.ndarray[Any, Any],
        X: Any,
        y: np.ndarray[Any, Any],
        sample_weight: Any,
        activations: Any = None,
        deltas: Any = None,
        coef_grads: Any = None,
        intercept_grads: Any = None,
    ) -> tuple[float, np.ndarray[Any, Any]]:
        """The loss and its gradient, parameters packed as scikit-learn packs them; the last four are not used."""
        self._unpack(packed_coef_inter)  # type: ignore[attr-defined]
        known = self.__dict__.get("_objective")
        if known is None or not all(one is other for one, other in zip(known[0], (X, y, sample_weight), strict=True)):
            loss, scale = self._engine_loss()
            offsets = self._loss_offsets(y)
            weights = None if sample_weight is None else rows_of(sample_weight, np.float64)
            objective = _core.Objective(
                rows_of(X, np.float64),
                rows_of(y, np.float64),
                weights,
                [X.shape[1], *(coef.shape[1] for coef in self.coefs_)],
                self._engine_activations(),
                loss,
                float(self.alpha),
                self._probability_clip(np.dtype(np.float64)),
                float(getattr(self, "label_smoothing", 0.0)),
                scale,
                0.0 if offsets is None else float(np.average(offsets, weights=weights)),
                thread_count(self.n_jobs),
            )
            self._objective = ((X, y, sample_weight), objective)
        return self._objective[1].evaluate(rows_of(packed_coef_inter, np.float64))

    def _mean_loss(self, validation: Validation) -> float:
        """The loss of validation rows: no dropout, smoothing or penalty."""
        loss, scale = self._engine_loss()
        dtype = self.coefs_[0].dtype
        x, t = rows_of(validation.x, dtype), rows_of(validation.t, dtype)
        losses = self._compiled().losses(x, t, self.coefs_, self.intercepts_, loss)
        losses = np.asarray(losses, dtype=np.float64) * scale
        offsets = self._loss_offsets(validation.t)
        if offsets is not None:
            losses = losses + offsets
        return float(np.average(losses, weights=validation.weights))
