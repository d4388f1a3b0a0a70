"""`TabularClassifier` and `TabularRegressor`: the command's `train` in Python."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, Self

import numpy as np

try:
    import sklearn  # noqa: F401
except ImportError as error:
    raise ImportError(
        "deltarule's estimators need scikit-learn: pip install 'deltarule[sklearn]' (or scikit-learn)"
    ) from error

from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import NotFittedError
from sklearn.metrics import r2_score
from sklearn.utils._param_validation import Interval, StrOptions

from deltarule import _core
from deltarule._names import ACTIVATIONS, SCHEDULES, engine_activation
from deltarule._tables import Table, at_hand, column_names, columns_of, labels_of, table_of, with_target
from deltarule._threads import thread_count


#: The engine's schedules, with the parameters that they have by default.
_SCHEDULES: dict[str, Any] = {
    "constant": "constant",
    "inverse_scaling": {"inverse_scaling": {"power": 0.5}},
    **SCHEDULES,
}


class _Tabular(BaseEstimator):  # type: ignore[misc]
    """What both have in common."""

    _task: str
    _parameter_constraints: dict[str, Any] = {
        "hidden": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "optimizer": [StrOptions({"adam", "adamw", "sgd", "nesterov", "rprop", "lbfgs"})],
        "learning_rate": [Interval(Real, 0, None, closed="neither"), None],
        "momentum": [Interval(Real, 0, 1, closed="both"), None],
        "schedule": [StrOptions(set(_SCHEDULES))],
        "epochs": [Interval(Integral, 1, None, closed="left"), None],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "l2": [Interval(Real, 0, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "early_stopping": ["boolean"],
        "patience": [Interval(Integral, 1, None, closed="left")],
        "categories": [Interval(Integral, 2, None, closed="left")],
        "drop": ["array-like", str],
        "holdout": [Interval(Real, 0, 1, closed="left")],
        "seed": [Interval(Integral, 0, None, closed="left")],
        "precision": [StrOptions({"f32", "f64"})],
        "callbacks": [callable, None],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        *,
        hidden: Sequence[int] = (100,),
        activation: str = "relu",
        optimizer: str = "adam",
        learning_rate: float | None = None,
        momentum: float | None = None,
        schedule: str = "constant",
        epochs: int | None = None,
        batch_size: int | None = None,
        l2: float = 1e-3,
        dropout: float = 0.0,
        early_stopping: bool = False,
        patience: int = 10,
        categories: int = 256,
        drop: Sequence[str] = (),
        holdout: float = 0.0,
        seed: int = 0,
        precision: str = "f32",
        callbacks: Callable[[dict[str, Any]], Any] | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.schedule = schedule
        self.epochs = epochs
        self.batch_size = batch_size
        self.l2 = l2
        self.dropout = dropout
        self.early_stopping = early_stopping
        self.patience = patience
        self.categories = categories
        self.drop = drop
        self.holdout = holdout
        self.seed = seed
        self.precision = precision
        self.callbacks = callbacks
        self.n_jobs = n_jobs

    def _options(self, targets: list[str]) -> dict[str, Any]:
        return {
            "targets": targets,
            "drop": [self.drop] if isinstance(self.drop, str) else [str(name) for name in self.drop],
            "task": self._task,
            "categories": int(self.categories),
            "holdout": float(self.holdout),
            "hidden": self._hidden(),
            "activation": engine_activation(self.activation),
            "optimizer": self.optimizer,
            "learning_rate": None if self.learning_rate is None else float(self.learning_rate),
            "momentum": None if self.momentum is None else float(self.momentum),
            "schedule": _SCHEDULES[self.schedule],
            "epochs": None if self.epochs is None else int(self.epochs),
            "batch_size": None if self.batch_size is None else int(self.batch_size),
            "l2": float(self.l2),
            "dropout": float(self.dropout),
            "balanced": bool(getattr(self, "balanced", False)),
            "early_stopping": bool(self.early_stopping),
            "patience": int(self.patience),
            "seed": int(self.seed),
            "precision": self.precision,
        }

    def _hidden(self) -> list[int]:
        sizes = list(self.hidden) if isinstance(self.hidden, (Sequence, np.ndarray)) else [self.hidden]
        if not all(isinstance(size, Integral) and size > 0 for size in sizes):
            raise ValueError(f"hidden is {self.hidden!r}, allowed: whole numbers above 0, one for each hidden layer")
        return [int(size) for size in sizes]

    def fit(self, X: Any, y: Any = None) -> Self:
        """Finds out what each column is, prepares them, and trains.

        Parameters
        ----------
        X : table, path or matrix
            A pandas, polars or pyarrow table, anything else with `__arrow_c_stream__`, a mapping of columns, a matrix, or
            the path of a CSV or Parquet file. Text, categories and missing values go in as they are.
        y : column, str, list of str or None
            What is predicted: a column of its own, or the names of columns of X; None is the last column of X.

        Raises
        ------
        ValueError
            With the row and the column, where a cell is not what it should be.
        """
        self._validate_params()
        X = at_hand(X)
        column = None
        table: Table
        if isinstance(y, str):
            targets = [y]
            table = table_of(X)
        elif isinstance(y, (list, tuple)) and self._are_names(X, y):
            targets = list(y)
            table = table_of(X)
        elif y is None:
            targets, table = [], table_of(X)
        else:
            column, name = y, getattr(y, "name", None)
            table, own = with_target(X, y, None if name is None else str(name))
            targets = [own]
        curve: list[float] = []

        def end(text: str) -> bool:
            record = json.loads(text)
            curve.append(record["loss"])
            answer = self.callbacks(record) if self.callbacks is not None else None
            return isinstance(answer, (bool, np.bool_)) and bool(answer)

        options = json.dumps(self._options(targets))
        model, course, interrupted = _core.Tabular.fit(table, options, thread_count(self.n_jobs), end)
        if interrupted:
            warnings.warn("Training interrupted by user.", stacklevel=2)
        self.loss_curve_ = curve
        self.evaluation_: dict[str, float] = json.loads(course)["scores"]
        self._take(model, X, column)
        return self

    def _are_names(self, X: Any, y: Sequence[Any]) -> bool:
        """Whether texts are names of columns of X, and not a column of labels."""
        if not y or not all(isinstance(item, str) for item in y) or len(set(y)) < len(y):
            return False
        if isinstance(X, (str, os.PathLike)):
            return True
        return set(y) <= set(column_names(X))

    def _take(self, model: _core.Tabular, X: Any = None, y: Any = None) -> None:
        """Takes over a model: trained on X, with y as a column of its own or with one of X; or read from a file."""
        self._model = model
        description = json.loads(model.description())
        self.preparation_: dict[str, Any] = description["preparation"]
        self.record_: dict[str, Any] = description["record"]
        self.target_: Any = description["target"]
        self.input_names_: list[str] = description["features"]
        self.feature_names_in_ = np.array([column["name"] for column in self.preparation_["columns"]], dtype=object)
        self.n_features_in_ = len(self.feature_names_in_)

    def _fitted(self) -> _core.Tabular:
        model: _core.Tabular | None = self.__dict__.get("_model")
        if model is None:
            raise NotFittedError(f"This {type(self).__name__} instance is not fitted yet. Call 'fit' first.")
        return model

    def __sklearn_is_fitted__(self) -> bool:
        return "_model" in self.__dict__

    def __getstate__(self) -> dict[str, Any]:
        # A copy: what the base gives are the attributes themselves.
        state = dict(super().__getstate__())
        model = state.pop("_model", None)
        if model is not None:
            state["_model_file"] = model.to_bytes()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        model_file = state.pop("_model_file", None)
        super().__setstate__(state)
        if model_file is not None:
            self._model = _core.Tabular.from_bytes(model_file, "pickle")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the model file, which the command (`deltarule predict`) reads too."""
        self._fitted().save(os.fspath(path))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Reads a model file that `save` or the command `deltarule train` wrote.

        Raises
        ------
        OSError
            When the file cannot be read.
        ValueError
            When it is no model file, is damaged, or holds a model of another kind.
        """
        path = os.fspath(path)
        with open(path, "rb") as file:
            data = file.read()
        try:
            # A message shows what it can of a name that is no text.
            model = _core.Tabular.from_bytes(data, os.fsencode(path).decode(errors="replace"))
        except ValueError as error:
            if "no table to go with it" in str(error):
                raise ValueError(
                    f"{path}: the model file holds a network without a preparation: load it with MLPClassifier.load or"
                    " MLPRegressor.load"
                ) from None
            raise
        description = json.loads(model.description())
        task = "classification" if "classes" in description["target"] else "regression"
        if task != cls._task:
            other = "TabularClassifier" if task == "classification" else "TabularRegressor"
            raise ValueError(f"{path}: the model is one for {task}: load it with {other}.load")
        options = description["record"]["options"]
        schedule = options["schedule"]
        known = cls().get_params(deep=False)
        given = {name: value for name, value in options.items() if name in known}
        given["schedule"] = schedule if isinstance(schedule, str) else next(iter(schedule))
        given["hidden"], given["drop"] = tuple(options["hidden"]), tuple(options["drop"])
        new = cls(**given)
        new._take(model)
        return new

    def _own_score(self, X: Any, y: str | None, name: str, sample_weight: Any) -> float:
        """The score on the targets that the table has."""
        if sample_weight is not None:
            raise ValueError("sample_weight goes with a y of its own")
        own = _target_names(self.target_)
        if y is not None and own != [y]:
            raise ValueError(f"the model predicts {', '.join(own)}, not {y}")
        scores: dict[str, float] = json.loads(self._fitted().evaluate(table_of(X)))
        return scores[name]

    def transform(self, X: Any) -> np.ndarray[Any, Any]:
        """The prepared matrix, as the network sees it: a column for each of `input_names_`."""
        return self._fitted().inputs(table_of(X))

    def to_onnx(self, input_name: str = "X", opset: int = 17) -> Any:
        """The network as an ONNX model, whose input is the prepared matrix that `transform` gives.

        A classifier has the outputs `label` and `probabilities`, a regressor `variable`, in the units of the table.
        """
        from deltarule._onnx import tabular_model_of

        model = self._fitted()
        coefs, intercepts, activations = model.network()
        single = self.record_["options"]["precision"] == "f32"
        return tabular_model_of(self, coefs, intercepts, activations, single, input_name, opset)


class TabularClassifier(ClassifierMixin, _Tabular):  # type: ignore[misc]
    """A classifier for tables: text, categories and missing values go straight in, the preparation is part of the model.

    It is the command `deltarule train` in Python: the same table and options give the same model to the last bit, and the
    model file is the same.

    Parameters
    ----------
    hidden : sequence of int
        Units of each hidden layer; () for a linear model.
    activation : str
        Of the hidden layers.
    optimizer : {'adam', 'adamw', 'sgd', 'nesterov', 'rprop', 'lbfgs'}
    learning_rate, momentum : float or None
        None is the optimiser's own.
    schedule : {'constant', 'inverse_scaling', 'step', 'exponential', 'cosine'}
    epochs, batch_size : int or None
        None follows from the number of rows.
    l2 : float
        λ in mean loss + ½λΣw².
    dropout : float
    balanced : bool
        Whether each class counts the same however many rows it has.
    early_stopping : bool
        Whether a tenth of the training rows decides when to stop, with this `patience`.
    categories : int
        The most distinct values of a text column.
    drop : sequence of str
        Columns that are not read.
    holdout : float
        The part of the rows that is kept for testing: `evaluation_` is then theirs, else that of the training rows.
    seed : int
        Draws everything that is drawn.
    precision : {'f32', 'f64'}
    callbacks : callable or None
        Called after each epoch with its record, a dict; True ends the training.
    n_jobs : int or None
        Threads; None is every processor. The result is the same to the last bit.

    Examples
    --------
    >>> from deltarule import TabularClassifier
    >>> table = {"height": [1.6, 1.8, None, 1.7] * 10, "colour": ["red", "blue", "blue", None] * 10}
    >>> clf = TabularClassifier(epochs=50).fit(table, ["a", "b", "b", "a"] * 10)
    >>> [str(label) for label in clf.predict({"height": [1.65], "colour": ["red"]})]
    ['a']
    """

    _task = "classification"
    _parameter_constraints: dict[str, Any] = {**_Tabular._parameter_constraints, "balanced": ["boolean"]}

    def __init__(
        self,
        *,
        hidden: Sequence[int] = (100,),
        activation: str = "relu",
        optimizer: str = "adam",
        learning_rate: float | None = None,
        momentum: float | None = None,
        schedule: str = "constant",
        epochs: int | None = None,
        batch_size: int | None = None,
        l2: float = 1e-3,
        dropout: float = 0.0,
        balanced: bool = False,
        early_stopping: bool = False,
        patience: int = 10,
        categories: int = 256,
        drop: Sequence[str] = (),
        holdout: float = 0.0,
        seed: int = 0,
        precision: str = "f32",
        callbacks: Callable[[dict[str, Any]], Any] | None = None,
        n_jobs: int | None = None,
    ) -> None:
        super().__init__(
            hidden=hidden,
            activation=activation,
            optimizer=optimizer,
            learning_rate=learning_rate,
            momentum=momentum,
            schedule=schedule,
            epochs=epochs,
            batch_size=batch_size,
            l2=l2,
            dropout=dropout,
            early_stopping=early_stopping,
            patience=patience,
            categories=categories,
            drop=drop,
            holdout=holdout,
            seed=seed,
            precision=precision,
            callbacks=callbacks,
            n_jobs=n_jobs,
        )
        self.balanced = balanced

    def _take(self, model: _core.Tabular, X: Any = None, y: Any = None) -> None:
        super()._take(model, X, y)
        target = self.target_["classes"]
        own = _column_of(X, target["column"]) if y is None and X is not None else y
        self.classes_ = _typed(target["classes"], target["numbers"], own)

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """The class of each row."""
        return np.asarray(self.classes_[self._fitted().predict(table_of(X))[0]])

    def predict_proba(self, X: Any) -> np.ndarray[Any, Any]:
        """The probability of each class of `classes_` for each row."""
        return self._fitted().predict(table_of(X))[1]

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """The accuracy; without y, on the target's column of X. Labels are compared as they are spelled."""
        if y is None or isinstance(y, str):
            return self._own_score(X, y, "accuracy", sample_weight)
        hits = [_spelled(label) == _spelled(guess) for label, guess in zip(labels_of(y), self.predict(X), strict=True)]
        return float(np.average(hits, weights=sample_weight))


class TabularRegressor(RegressorMixin, _Tabular):  # type: ignore[misc]
    """A regressor for tables: as `TabularClassifier`, without `balanced`, and for one or several columns of numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from deltarule import TabularRegressor
    >>> x = np.linspace(0, 1, 200)
    >>> regr = TabularRegressor().fit({"x": x, "side": np.where(x < 0.5, "left", "right")}, 2 * x)
    >>> regr.score({"x": x, "side": np.where(x < 0.5, "left", "right")}, 2 * x) > 0.99
    True
    """

    _task = "regression"

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """The predicted numbers: one per row, or a row of them."""
        values = self._fitted().predict(table_of(X))[1]
        return values.ravel() if values.shape[1] == 1 else values

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """R²; without y, on the target's columns of X."""
        if y is None or isinstance(y, str):
            return self._own_score(X, y, "r2", sample_weight)
        return float(r2_score(np.asarray(y), self.predict(X), sample_weight=sample_weight))


def _target_names(target: Any) -> list[str]:
    """The columns that a model predicts."""
    return [target["classes"]["column"]] if "classes" in target else [one["column"] for one in target["numbers"]]


def _column_of(X: Any, name: str) -> Any:
    """A column of X, where X is something that has columns."""
    if isinstance(X, (str, os.PathLike)):
        return None
    if isinstance(X, Mapping) or hasattr(X, "to_csv"):
        # Names may be other things than text.
        keys = X.keys() if isinstance(X, Mapping) else X.columns
        return X[next(key for key in keys if str(key) == name)]
    return X[name] if hasattr(X, "columns") or hasattr(X, "column_names") else columns_of(X)[name]


def _typed(labels: list[str], numbers: bool, y: Any) -> np.ndarray[Any, Any]:
    """The labels as y has them, or, after loading and for paths, as the file says."""
    if y is not None:
        spelled = {_spelled(value): value for value in labels_of(y)}
        if set(labels) <= set(spelled):
            values = [spelled[label] for label in labels]
            return np.array(values)
    if numbers:
        as_numbers = [float(label) for label in labels]
        return np.array([int(value) if value.is_integer() else value for value in as_numbers])
    if set(labels) <= {"false", "true"}:
        return np.array([label == "true" for label in labels])
    return np.array(labels)


def _spelled(value: Any) -> str:
    """A label as the engine spells it."""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    text = str(value).strip()
    return text.lower() if text.lower() in ("true", "false") else text
