"""`MLPClassifier` and `MLPRegressor`: scikit-learn's, on the engine, and with what scikit-learn's do not have."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from deltarule._sklearn import require_sklearn

require_sklearn()

from scipy.special import xlogy
from sklearn import neural_network
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import validate_data

from deltarule._epochs import EpochRecord
from deltarule._files import FileMixin
from deltarule._names import ACTIVATIONS, LOSSES_OF_ANY_OUTPUTS, OUTPUTS_OF_LOSSES, SCHEDULES, SOLVERS
from deltarule._network import NetworkMixin

__all__ = ["EpochRecord", "MLPClassifier", "MLPRegressor", "from_sklearn"]

#: What both estimators have beyond scikit-learn's parameters, and what is allowed.
_EXTRAS: dict[str, Any] = {
    "activation": [StrOptions(set(ACTIVATIONS)), list, tuple],
    "solver": [StrOptions(set(SOLVERS))],
    "learning_rate": [StrOptions({"constant", "invscaling", "adaptive", *SCHEDULES})],
    "rho": [Interval(Real, 0, 1, closed="left")],
    "dropout": [Interval(Real, 0, 1, closed="left")],
    "warmup": [Interval(Integral, 0, None, closed="left")],
    "validation_data": [tuple, list, None],
    "scoring": [str, callable, None],
    "callbacks": [callable, list, tuple, None],
    "n_jobs": [Integral, None],
}


class MLPClassifier(FileMixin, NetworkMixin, neural_network.MLPClassifier):  # type: ignore[misc]
    """Multilayer perceptron classifier: scikit-learn's `MLPClassifier` on deltarule's engine.

    With scikit-learn's parameters it computes what scikit-learn computes: the same draws, the same steps, the same
    attributes, warnings and errors; see scikit-learn's documentation for them. What follows is off by default.

    Parameters
    ----------
    activation : str or list of str
        Beyond scikit-learn's: leaky_relu, elu, selu, softplus, exp, silu, gelu, mish, hard_sigmoid; a list has one for each
        hidden layer.
    solver : str
        Beyond scikit-learn's: adamw (`alpha` is its decoupled weight decay), rmsprop (`rho`, `epsilon`) and rprop
        (full batches; `learning_rate_init` is its first step size).
    learning_rate : str
        Beyond scikit-learn's, for every solver but lbfgs and rprop: step (a tenth every 30 epochs), exponential (0.95 per
        epoch), cosine (down to 0 at `max_iter`).
    loss : {'log_loss', 'squared_error', 'mean_squared_error', 'sum_squared_error', 'absolute_error', 'huber'}
        squared_error is ½ Σ (x − t)² over the outputs, mean_squared_error the mean over them.
    output_activation : {'softmax', 'logistic'} or None
        None: softmax for several classes, logistic for two and for labels. With logistic units for several classes,
        `predict_proba` divides by their sum.
    class_weight : dict, 'balanced' or None
        What the examples of each class count, multiplied with `sample_weight`.
    label_smoothing : float
        The part of each target that is spread over all classes; for log_loss only.
    rho : float
        ρ of rmsprop.
    dropout : float
        The probability that a hidden unit is silenced in a step.
    warmup : int
        Epochs in which the learning rate grows to its value.
    validation_data : (X, y) or None
        Rows to validate on, in place of a part of the training rows. With them, `validation_loss_curve_` is kept, and
        early stopping works for `partial_fit` too.
    scoring : str, callable or None
        What early stopping looks at, as for `cross_val_score`; 'loss' is the validation loss; None is the accuracy.
    callbacks : callable, list of callables or None
        Called after each epoch with an `EpochRecord`; one that returns True ends the training.
    n_jobs : int or None
        How many threads share a step; None is every processor. The result is the same to the last bit.

    Examples
    --------
    >>> from deltarule import MLPClassifier
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = MLPClassifier(solver="lbfgs", activation=["tanh", "silu"], hidden_layer_sizes=(8, 8), random_state=0)
    >>> clf.fit(X, y).score(X, y) > 0.95
    True
    """

    _parameter_constraints: dict[str, Any] = {
        **neural_network.MLPClassifier._parameter_constraints,
        **_EXTRAS,
        "loss": [StrOptions({"log_loss", *LOSSES_OF_ANY_OUTPUTS})],
        "output_activation": [StrOptions({"softmax", "logistic"}), None],
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str | Sequence[str] = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        loss: str = "log_loss",
        output_activation: str | None = None,
        class_weight: Any = None,
        label_smoothing: float = 0.0,
        rho: float = 0.9,
        dropout: float = 0.0,
        warmup: int = 0,
        validation_data: tuple[Any, Any] | None = None,
        scoring: str | Callable[..., float] | None = None,
        callbacks: Callable[[EpochRecord], Any] | Sequence[Callable[[EpochRecord], Any]] | None = None,
        n_jobs: int | None = None,
    ) -> None:
        super().__init__(
            hidden_layer_sizes=hidden_layer_sizes,
            activation=activation,
            solver=solver,
            alpha=alpha,
            batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            power_t=power_t,
            max_iter=max_iter,
            shuffle=shuffle,
            random_state=random_state,
            tol=tol,
            verbose=verbose,
            warm_start=warm_start,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            n_iter_no_change=n_iter_no_change,
            max_fun=max_fun,
        )
        self.loss = loss
        self.output_activation = output_activation
        self.class_weight = class_weight
        self.label_smoothing = label_smoothing
        self.rho = rho
        self.dropout = dropout
        self.warmup = warmup
        self.validation_data = validation_data
        self.scoring = scoring
        self.callbacks = callbacks
        self.n_jobs = n_jobs

    def _check_extras(self, incremental: bool) -> None:
        super()._check_extras(incremental)
        if self.label_smoothing > 0 and self.loss != "log_loss":
            raise ValueError(f"label_smoothing goes with loss='log_loss' only, not with {self.loss!r}")

    def _choose_output(self) -> None:
        kind = self._label_binarizer.y_type_
        self.out_activation_ = self.output_activation or ("softmax" if kind == "multiclass" else "logistic")
        if self.out_activation_ == "softmax" and kind != "multiclass":
            raise ValueError(f"output_activation='softmax' needs more than two classes, y is {kind}")

    def _engine_loss(self) -> tuple[str, float]:
        if self.loss == "log_loss":
            return ("cross_entropy" if self.out_activation_ == "softmax" else "binary_cross_entropy"), 1.0
        return self.loss, 1.0

    def _probability_clip(self, dtype: np.dtype[Any]) -> float:
        return float(np.finfo(dtype).eps)

    def _labels(self, t: np.ndarray[Any, Any]) -> Any:
        return self._label_binarizer.inverse_transform(t)

    def _targets_of(self, X: Any, y: Any) -> tuple[Any, np.ndarray[Any, Any]]:
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=(np.float64, np.float32),
            reset=False,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = y.ravel()
        if y.ndim == 1:
            unknown = np.setdiff1d(y, self.classes_)
            if len(unknown):
                raise ValueError(f"validation_data has classes that y does not have: {unknown}")
        if (y.ndim == 2) != (self._label_binarizer.y_type_ == "multilabel-indicator"):
            raise ValueError("validation_data has targets of another kind than y")
        t = self._label_binarizer.transform(y)
        if t.shape[1] != self.n_outputs_:
            raise ValueError(f"validation_data has {t.shape[1]} targets per row, y has {self.n_outputs_}")
        return X, t

    def _weighted(self, y: np.ndarray[Any, Any], sample_weight: Any, incremental: bool) -> Any:
        if self.class_weight is None:
            return sample_weight
        if incremental and isinstance(self.class_weight, str):
            raise ValueError(
                f"class_weight '{self.class_weight}' is not supported for partial_fit, which does not see all of y: use"
                " sklearn.utils.class_weight.compute_class_weight on all of it, and pass the result as a dict"
            )
        weights = compute_sample_weight(self.class_weight, self._labels(y))
        return weights if sample_weight is None else sample_weight * weights

    def predict_proba(self, X: Any) -> np.ndarray[Any, Any]:
        """The probability of each class for each row, in the order of `classes_`."""
        outputs = self._forward_pass_fast(X)
        if self.n_outputs_ == 1:
            outputs = outputs.ravel()
            return np.vstack([1 - outputs, outputs]).T
        if self.out_activation_ == "logistic" and self._label_binarizer.y_type_ == "multiclass":
            outputs = outputs / outputs.sum(axis=1, keepdims=True)
        return outputs


class MLPRegressor(FileMixin, NetworkMixin, neural_network.MLPRegressor):  # type: ignore[misc]
    """Multilayer perceptron regressor: scikit-learn's `MLPRegressor` on deltarule's engine.

    With scikit-learn's parameters it computes what scikit-learn computes; see scikit-learn's documentation for them, and
    `MLPClassifier` for those that both estimators have beyond.

    With several outputs, sgd and adam take scikit-learn's step: for squared_error its gradient is as many times that of
    the loss that it reports as there are outputs (scikit-learn's issue 8349). lbfgs takes the right gradient, and
    `loss='mean_squared_error'` is right everywhere.

    Parameters
    ----------
    loss : {'squared_error', 'poisson', 'mean_squared_error', 'sum_squared_error', 'absolute_error', 'huber'}
        mean_squared_error is the mean of (x − t)² over the outputs, the last three are sums over them; huber is quadratic
        up to an error of 1.
    output_activation : str or None
        Any activation. None: exp for poisson, else identity.

    Examples
    --------
    >>> from deltarule import MLPRegressor
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> regr = MLPRegressor(loss="absolute_error", hidden_layer_sizes=20, learning_rate_init=0.1, random_state=0)
    >>> regr.fit(X, y).score(X, y) > 0.4
    True
    """

    _parameter_constraints: dict[str, Any] = {
        **neural_network.MLPRegressor._parameter_constraints,
        **_EXTRAS,
        "loss": [StrOptions({"poisson", *LOSSES_OF_ANY_OUTPUTS})],
        "output_activation": [StrOptions(set(ACTIVATIONS)), None],
    }

    def __init__(
        self,
        loss: str = "squared_error",
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str | Sequence[str] = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        output_activation: str | None = None,
        rho: float = 0.9,
        dropout: float = 0.0,
        warmup: int = 0,
        validation_data: tuple[Any, Any] | None = None,
        scoring: str | Callable[..., float] | None = None,
        callbacks: Callable[[EpochRecord], Any] | Sequence[Callable[[EpochRecord], Any]] | None = None,
        n_jobs: int | None = None,
    ) -> None:
        super().__init__(
            loss=loss,
            hidden_layer_sizes=hidden_layer_sizes,
            activation=activation,
            solver=solver,
            alpha=alpha,
            batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            power_t=power_t,
            max_iter=max_iter,
            shuffle=shuffle,
            random_state=random_state,
            tol=tol,
            verbose=verbose,
            warm_start=warm_start,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            n_iter_no_change=n_iter_no_change,
            max_fun=max_fun,
        )
        self.output_activation = output_activation
        self.rho = rho
        self.dropout = dropout
        self.warmup = warmup
        self.validation_data = validation_data
        self.scoring = scoring
        self.callbacks = callbacks
        self.n_jobs = n_jobs

    def _choose_output(self) -> None:
        self.out_activation_ = self.output_activation or ("exp" if self.loss == "poisson" else "identity")
        allowed = OUTPUTS_OF_LOSSES.get(self.loss)
        if allowed is not None and self.out_activation_ not in allowed:
            raise ValueError(
                f"loss={self.loss!r} needs positive outputs: output_activation {' or '.join(allowed)}, "
                f"not {self.out_activation_!r}"
            )

    def _engine_loss(self) -> tuple[str, float]:
        # scikit-learn's squared error is a mean over the outputs.
        return self.loss, 1.0 / self.n_outputs_ if self.loss == "squared_error" else 1.0

    def _loss_offsets(self, t: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
        if self.loss != "poisson":
            return None
        t = np.asarray(t, dtype=np.float64)
        return np.asarray((xlogy(t, t) - t).sum(axis=1))

    def _loss_type(self, *values: Any) -> type[np.floating[Any]]:
        dtype = np.result_type(*(array.dtype for array in values if array is not None), np.float32)
        # Single precision stays so beside a Python number only, and only with NumPy 2.
        return type(dtype.type(0) + 0.5 * self.alpha)

    def _labels(self, t: np.ndarray[Any, Any]) -> Any:
        return t.ravel() if t.shape[1] == 1 else t

    def _targets_of(self, X: Any, y: Any) -> tuple[Any, np.ndarray[Any, Any]]:
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            y_numeric=True,
            dtype=(np.float64, np.float32),
            reset=False,
        )
        t = y.reshape((-1, 1)) if y.ndim == 1 else y
        if t.shape[1] != self.n_outputs_:
            raise ValueError(f"validation_data has {t.shape[1]} targets per row, y has {self.n_outputs_}")
        return X, t

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """The predicted numbers: one per row, or a row of them."""
        # `_forward_pass_fast` looks whether the estimator is fitted.
        return self._predict(X)  # type: ignore[no-any-return]


def from_sklearn(estimator: Any) -> MLPClassifier | MLPRegressor:
    """The same network, settings and attributes as one of scikit-learn's estimators, fitted or not.

    What the optimiser remembers is not taken over: `partial_fit` begins with a fresh one.

    Examples
    --------
    >>> from deltarule import from_sklearn
    >>> from sklearn.neural_network import MLPRegressor
    >>> from_sklearn(MLPRegressor(alpha=0.1))
    MLPRegressor(alpha=0.1)
    """
    homes = {neural_network.MLPClassifier: MLPClassifier, neural_network.MLPRegressor: MLPRegressor}
    home = next((ours for theirs, ours in homes.items() if isinstance(estimator, theirs)), None)
    if home is None:
        raise TypeError(f"from_sklearn takes an MLPClassifier or MLPRegressor, not {type(estimator).__name__}")
    new = home(**estimator.get_params(deep=False))
    for name, value in vars(estimator).items():
        if name not in ("_optimizer", "_random_state") and name not in new.get_params(deep=False):
            setattr(new, name, copy.deepcopy(value))
    return new  # type: ignore[no-any-return]


