"""`TabularClassifier` and `TabularRegressor`: the command's `train` in Python."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, Self

import numpy as np

from deltarule._sklearn import require_sklearn

require_sklearn()

from scipy.sparse import issparse
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.metrics import r2_score
from sklearn.utils import check_array, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils._tags import Tags
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import (
    _check_feature_names_in,
    _check_sample_weight,
    assert_all_finite,
    check_consistent_length,
)

from deltarule import _core
from deltarule._epochs import EpochRecord, ends, listed
from deltarule._names import (
    ACTIVATIONS,
    ENGINE_SCHEDULES,
    PARAMETER_RANGES,
    SCHEDULES,
    SOLVERS,
    engine_activation,
    estimator_parameter,
    solver_options,
)
from deltarule._tables import Table, at_hand, column_names, columns_of, labels_of, table_of, with_target
from deltarule._threads import thread_count

#: Numbers with more distinct values than this are no labels, unless they are integers.
_MOST_LABELS = 20


def _interval(left: float | None, right: float | None, closed: str) -> Interval:
    """A range of scikit-learn's, whose ends are written without a point where they are whole."""
    ends = [int(end) if end is not None and end == int(end) else end for end in (left, right)]
    return Interval(Real, *ends, closed=closed)


#: The parameters of the optimisers, as scikit-learn checks them.
_RANGES = {estimator_parameter(key): [_interval(**ends)] for key, ends in PARAMETER_RANGES.items()}

#: What a model file says of an optimiser that is a parameter here.
_SETTABLE = {*PARAMETER_RANGES, "nesterov"}


class _Tabular(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """What both have in common."""

    _task: str
    _parameter_constraints: dict[str, Any] = {
        **_RANGES,
        # What is left out is the solver's own.
        "alpha": [*_RANGES["alpha"], None],
        "learning_rate_init": [*_RANGES["learning_rate_init"], None],
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "solver": [StrOptions(set(SOLVERS))],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [StrOptions({"constant", "invscaling", "adaptive", *SCHEDULES})],
        "power_t": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left"), None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "nesterovs_momentum": ["boolean"],
        "early_stopping": ["boolean"],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "callbacks": [callable, list, tuple, None],
        "n_jobs": [Integral, None],
        "categories": [Interval(Integral, 2, None, closed="left")],
        "drop": ["array-like", str],
        "holdout": [Interval(Real, 0, 1, closed="left")],
        "precision": [StrOptions({"f32", "f64"})],
    }

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float | None = None,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float | None = None,
        power_t: float = 0.5,
        max_iter: int | None = None,
        random_state: Any = 0,
        verbose: bool | int = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        rho: float = 0.9,
        n_iter_no_change: int = 10,
        dropout: float = 0.0,
        callbacks: Callable[[EpochRecord], Any] | Sequence[Callable[[EpochRecord], Any]] | None = None,
        n_jobs: int | None = None,
        categories: int = 256,
        drop: str | Sequence[str] = (),
        holdout: float = 0.0,
        precision: str = "f32",
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.random_state = random_state
        self.verbose = verbose
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.rho = rho
        self.n_iter_no_change = n_iter_no_change
        self.dropout = dropout
        self.callbacks = callbacks
        self.n_jobs = n_jobs
        self.categories = categories
        self.drop = drop
        self.holdout = holdout
        self.precision = precision

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        # Without y the last column of X is predicted.
        tags.target_tags.required = False
        return tags

    def _options(self, targets: list[str]) -> dict[str, Any]:
        """The options of the engine's training."""
        # `alpha` is the optimiser's own decay where it has one.
        decays = "weight_decay" in SOLVERS[self.solver]["parameters"]
        return {
            "targets": targets,
            "drop": [self.drop] if isinstance(self.drop, str) else [str(name) for name in self.drop],
            "task": self._task,
            "categories": int(self.categories),
            "holdout": float(self.holdout),
            "hidden": self._hidden(),
            "activation": engine_activation(self.activation),
            "optimizer": self._optimizer(),
            "schedule": self._schedule(),
            "epochs": None if self.max_iter is None else int(self.max_iter),
            "batch_size": None if isinstance(self.batch_size, str) else int(self.batch_size),
            "l2": None if self.alpha is None or decays else float(self.alpha),
            "dropout": float(self.dropout),
            "class_weight": self._class_weight(),
            "early_stopping": bool(self.early_stopping),
            "patience": int(self.n_iter_no_change),
            "seed": self._seed(),
            "precision": self.precision,
        }

    def _hidden(self) -> list[int]:
        given = self.hidden_layer_sizes
        sizes = list(given) if isinstance(given, (Sequence, np.ndarray)) else [given]
        if not all(isinstance(size, Integral) and size > 0 for size in sizes):
            raise ValueError(
                f"hidden_layer_sizes is {given!r}, allowed: whole numbers above 0, one for each hidden layer"
            )
        return [int(size) for size in sizes]

    def _optimizer(self) -> dict[str, Any]:
        """The engine's optimiser: its own parameters, and over them those that are given."""
        if self.learning_rate_init is not None and SOLVERS[self.solver]["rate"] is None:
            raise ValueError(f"learning_rate_init is not for solver={self.solver!r}, whose line search finds the step")
        options = solver_options(self)
        for own in options.values():
            if own.get("nesterov"):
                # Without momentum there is nothing to look ahead with.
                own["nesterov"] = own["momentum"] > 0
        return options

    def _schedule(self) -> Any:
        if self.learning_rate == "invscaling":
            return {"inverse_scaling": {"power": float(self.power_t)}}
        return ENGINE_SCHEDULES[self.learning_rate]

    def _class_weight(self) -> Any:
        return "none"

    def _seed(self) -> int:
        """A number is the seed itself, as the command's; anything else draws one."""
        if isinstance(self.random_state, Integral):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Finds out what each column is, prepares them, and trains.

        Parameters
        ----------
        X : table, path or matrix
            A pandas, polars or pyarrow table, anything else with `__arrow_c_stream__`, a mapping of columns, a matrix, or
            the path of a CSV or Parquet file. Text, categories and missing values go in as they are.
        y : column, str, list of str or None
            What is predicted: a column of its own, or the names of columns of X; None is the last column of X.
        sample_weight : array-like of shape (n_samples,) or None
            What each row counts in the loss. The preparation (means, medians) and `evaluation_` count every row once.

        Raises
        ------
        ValueError
            With the row and the column, where a cell is not what it should be.
        """
        self._validate_params()
        X = self._read(X, rows=2)
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
            self._check_targets(X, y)
            table, own = with_target(X, y, None if name is None else str(name))
            targets = [own]
        weights = None if sample_weight is None else self._weights(X, column, sample_weight)
        curve: list[float] = []
        callbacks = listed(self.callbacks)

        def end(text: str) -> bool:
            told = json.loads(text)
            curve.append(told["loss"])
            if self.verbose:
                print(f"Iteration {told['epoch']}, loss = {told['loss']:.8f}")
            record = EpochRecord(
                epoch=told["epoch"],
                loss=told["loss"],
                learning_rate=told["learning_rate"],
                validation_loss=told.get("validation_loss"),
                validation_score=None,
                estimator=self,
            )
            return ends(callbacks, record)

        options = json.dumps(self._options(targets))
        model, course, interrupted = _core.Tabular.fit(table, weights, options, thread_count(self.n_jobs), end)
        if interrupted:
            warnings.warn("Training interrupted by user.", stacklevel=2)
        self.loss_curve_ = curve
        self.evaluation_: dict[str, float] = json.loads(course)["scores"]
        self._take(model, X, column)
        return self

    def _read(self, X: Any, rows: int = 1) -> Any:
        """X as `_tables` takes it: tables and paths as they are, anything else as a matrix of at least so many rows."""
        X = at_hand(X)
        named = isinstance(X, (str, os.PathLike, Mapping)) or any(
            hasattr(X, name) for name in ("columns", "column_names", "__arrow_c_stream__")
        )
        # One of SciPy's sparse matrices is a mapping.
        if named and not issparse(X):
            return X
        return check_array(X, dtype=None, ensure_all_finite="allow-nan", ensure_min_samples=rows, estimator=self)

    def _rows(self, X: Any) -> Table:
        """The table whose rows are to be predicted, as the engine takes it."""
        X = self._read(X)
        widths = self.__dict__.get("_widths")
        if widths is None or isinstance(X, (str, os.PathLike)):
            return table_of(X)
        fitted, given = getattr(self, "feature_names_in_", None), None
        if not isinstance(X, np.ndarray):
            given = column_names(X)
            # Columns with names are found by them, wherever they stand and whatever stands beside them.
            if fitted is not None or {column["name"] for column in self.preparation_["columns"]} <= set(given):
                return table_of(X)
        width = X.shape[1] if given is None else len(given)
        if width not in widths:
            raise ValueError(
                f"X has {width} features, but {type(self).__name__} is expecting {self.n_features_in_} features as input"
            )
        if fitted is not None:
            self._warn("X does not have valid feature names, but %s was fitted with feature names")
            return table_of(dict(zip(fitted, X.T, strict=True)))
        if given is not None:
            self._warn("X has feature names, but %s was fitted without feature names")
            return table_of({f"c{place + 1}": _column_of(X, name) for place, name in enumerate(given)})
        return table_of(X)

    def _warn(self, message: str) -> None:
        """A warning of scikit-learn's about names that are missing here or there: columns count by their places then."""
        warnings.warn(message % type(self).__name__, stacklevel=4)

    def _check_targets(self, X: Any, y: Any) -> None:
        """Refuses a column of targets that scikit-learn's estimators refuse, in their words."""
        if isinstance(X, (str, os.PathLike)):
            return
        if not isinstance(X, Mapping):
            check_consistent_length(X, y)
        values = np.asarray(y)
        if values.ndim == 2 and values.shape[1] == 1:
            warnings.warn(
                "A column-vector y was passed when a 1d array was expected. Please change the shape of y to (n_samples, ),"
                " for example using ravel().",
                DataConversionWarning,
                stacklevel=3,
            )
        if values.dtype.kind in "fc":
            assert_all_finite(values, input_name="y")

    def _weights(self, X: Any, y: Any, sample_weight: Any) -> list[float]:
        """A weight for each row."""
        if y is None and isinstance(X, (str, os.PathLike, Mapping)):
            # How many rows there are is seen when they are read.
            y = sample_weight
        weights = _check_sample_weight(
            sample_weight, X if y is None else y, dtype=np.float64, ensure_non_negative=True
        )
        return list(weights.tolist())

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
        self.n_iter_: int = self.record_["epochs"]
        for name in ("feature_names_in_", "_widths"):
            self.__dict__.pop(name, None)
        if X is None or isinstance(X, (str, os.PathLike)):
            names = [column["name"] for column in self.preparation_["columns"]]
        else:
            own = _target_names(self.target_) if y is None else []
            given = column_names(X)
            names = [name for name in given if name not in own]
            # How wide a matrix may be: one like X, with or without the targets, or the named columns of X without their names.
            self._widths = (len(names), len(given)) if isinstance(X, np.ndarray) else (len(names),)
        if not isinstance(X, np.ndarray):
            self.feature_names_in_ = np.array(names, dtype=object)
        self.n_features_in_ = len(names)

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
        # A message shows what it can of a name that is no text.
        model = _core.Tabular.from_bytes(data, os.fsencode(path).decode(errors="replace"))
        description = json.loads(model.description())
        task = "classification" if "classes" in description["target"] else "regression"
        if task != cls._task:
            other = "TabularClassifier" if task == "classification" else "TabularRegressor"
            raise ValueError(f"{path}: the model is one for {task}: load it with {other}.load")
        new = cls(**cls._parameters_of(description["record"]["options"]))
        new._take(model)
        return new

    @classmethod
    def _parameters_of(cls, options: dict[str, Any]) -> dict[str, Any]:
        """The parameters of an estimator from the options of a model file."""
        ((name, own),) = options["optimizer"].items()
        schedule = options["schedule"]
        schedule, parameters = (schedule, {}) if isinstance(schedule, str) else next(iter(schedule.items()))
        given = {
            "hidden_layer_sizes": tuple(options["hidden"]),
            "activation": options["activation"],
            "solver": name,
            "alpha": options["l2"],
            "batch_size": options["batch_size"] or "auto",
            "learning_rate": {"inverse_scaling": "invscaling"}.get(schedule, schedule),
            "max_iter": options["epochs"],
            "random_state": options["seed"],
            "early_stopping": options["early_stopping"],
            "n_iter_no_change": options["patience"],
            "dropout": options["dropout"],
            "categories": options["categories"],
            "drop": tuple(options["drop"]),
            "holdout": options["holdout"],
            "precision": options["precision"],
        }
        given |= {estimator_parameter(key): value for key, value in own.items() if key in _SETTABLE}
        if "power" in parameters:
            given["power_t"] = parameters["power"]
        return given

    def _own_score(self, X: Any, y: str | None, name: str, sample_weight: Any) -> float:
        """The score on the targets that the table has."""
        if sample_weight is not None:
            raise ValueError("sample_weight goes with a y of its own")
        own = _target_names(self.target_)
        if y is not None and own != [y]:
            raise ValueError(f"the model predicts {', '.join(own)}, not {y}")
        scores: dict[str, float] = json.loads(self._fitted().evaluate(table_of(X)))
        return scores[name]

    def transform(self, X: Any) -> Any:
        """The prepared matrix, as the network sees it: a column for each of `input_names_`.

        `set_output(transform="pandas")` or `"polars"` makes it a table.
        """
        model = self._fitted()
        return model.inputs(self._rows(X))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray[Any, Any]:
        """The names of the columns that `transform` gives: `input_names_`."""
        self._fitted()
        _check_feature_names_in(self, input_features, generate_names=False)
        return np.array(self.input_names_, dtype=object)

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
    model file is the same. Its parameters have scikit-learn's names, and those of `MLPClassifier` where scikit-learn has
    none; the last four are its own.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int
        Units of each hidden layer; () for a linear model.
    activation : str
        Of the hidden layers.
    solver : {'adam', 'adamw', 'sgd', 'rmsprop', 'rprop', 'lbfgs'}
        rprop and lbfgs take all rows in every step.
    alpha : float or None
        λ in mean loss + ½λΣw² (scikit-learn divides its alpha by the number of rows); for adamw its decoupled weight decay
        instead, as in `MLPClassifier`. None is 0.001, and 0.01 for adamw.
    batch_size : int or 'auto'
        'auto' is a fortieth of the rows, 16 to 256.
    learning_rate : {'constant', 'invscaling', 'adaptive', 'step', 'exponential', 'cosine'}
        How the learning rate changes, for every solver but lbfgs and rprop. invscaling divides it by (epoch ** `power_t`),
        where scikit-learn counts rows; the others are those of `MLPClassifier`.
    learning_rate_init : float or None
        None is the solver's own: 0.001 for adam, adamw and rmsprop, 0.01 for sgd. For rprop it is the first step size, 0.1.
    power_t : float
        For invscaling.
    max_iter : int or None
        Epochs; None is as many as make about 4,000 updates, 10 to 200.
    random_state : int, RandomState instance or None
        Draws everything that is drawn. A number is the command's seed; None is another one each time.
    verbose : bool
        Prints the loss of each epoch.
    momentum, nesterovs_momentum : float, bool
        For sgd.
    early_stopping : bool
        Whether a tenth of the training rows decides by its loss when to stop: after `n_iter_no_change` epochs without a
        better one.
    beta_1, beta_2, epsilon : float
        For adam and adamw; epsilon for rmsprop too.
    rho : float
        ρ of rmsprop.
    n_iter_no_change : int
    class_weight : dict, 'balanced' or None
        What the rows of each class count, multiplied with `sample_weight`; classes that a dict does not have count 1.
    dropout : float
        The probability that a hidden unit is silenced in a step.
    callbacks : callable, list of callables or None
        Called after each epoch with an `EpochRecord`; one that returns True ends the training.
    n_jobs : int or None
        Threads; None is every processor. The result is the same to the last bit.
    categories : int
        The most distinct values of a text column.
    drop : str or sequence of str
        Columns that are not read.
    holdout : float
        The part of the rows that is kept for testing: `evaluation_` is then theirs, else that of the training rows. The
        command keeps a fifth; an estimator keeps none, because whoever fits it has split the rows already.
    precision : {'f32', 'f64'}

    Attributes
    ----------
    classes_ : ndarray
        The labels, as y has them.
    evaluation_ : dict
        Scores by name, of the rows that were held out or else of the training rows; rows count once, whatever they weigh.
    n_features_in_, feature_names_in_
        The columns of X, the targets left out; names where X has names. For a path and after `load`, those that the model
        reads.
    input_names_ : list of str
        The inputs of the network, which `transform` gives.
    preparation_, target_, record_
        What was made of the table, as the model file has it.
    n_iter_, loss_curve_
        Epochs, and the loss of each.

    Examples
    --------
    >>> from deltarule import TabularClassifier
    >>> table = {"height": [1.6, 1.8, None, 1.7] * 10, "colour": ["red", "blue", "blue", None] * 10}
    >>> clf = TabularClassifier(max_iter=50).fit(table, ["a", "b", "b", "a"] * 10)
    >>> [str(label) for label in clf.predict({"height": [1.65], "colour": ["red"]})]
    ['a']
    """

    _task = "classification"
    _parameter_constraints: dict[str, Any] = {
        **_Tabular._parameter_constraints,
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float | None = None,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float | None = None,
        power_t: float = 0.5,
        max_iter: int | None = None,
        random_state: Any = 0,
        verbose: bool | int = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        rho: float = 0.9,
        n_iter_no_change: int = 10,
        class_weight: Mapping[Any, float] | str | None = None,
        dropout: float = 0.0,
        callbacks: Callable[[EpochRecord], Any] | Sequence[Callable[[EpochRecord], Any]] | None = None,
        n_jobs: int | None = None,
        categories: int = 256,
        drop: str | Sequence[str] = (),
        holdout: float = 0.0,
        precision: str = "f32",
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
            random_state=random_state,
            verbose=verbose,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            rho=rho,
            n_iter_no_change=n_iter_no_change,
            dropout=dropout,
            callbacks=callbacks,
            n_jobs=n_jobs,
            categories=categories,
            drop=drop,
            holdout=holdout,
            precision=precision,
        )
        self.class_weight = class_weight

    def _class_weight(self) -> Any:
        if self.class_weight is None or isinstance(self.class_weight, str):
            return self.class_weight or "none"
        return {"given": {_spelled(label): float(weight) for label, weight in self.class_weight.items()}}

    @classmethod
    def _parameters_of(cls, options: dict[str, Any]) -> dict[str, Any]:
        weight = options["class_weight"]
        known = {"none": None, "balanced": "balanced"}
        own = known[weight] if isinstance(weight, str) else weight["given"]
        return {**super()._parameters_of(options), "class_weight": own}

    def _check_targets(self, X: Any, y: Any) -> None:
        super()._check_targets(X, y)
        values = np.asarray(y)
        if values.dtype.kind == "f" and type_of_target(values, input_name="y") == "continuous":
            if len(np.unique(values)) > _MOST_LABELS:
                check_classification_targets(values)

    def _take(self, model: _core.Tabular, X: Any = None, y: Any = None) -> None:
        super()._take(model, X, y)
        target = self.target_["classes"]
        own = _column_of(X, target["column"]) if y is None and X is not None else y
        self.classes_ = _typed(target["classes"], target["numbers"], own)

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """The class of each row."""
        classes, _ = self._fitted().predict(self._rows(X), thread_count(self.n_jobs))
        return np.asarray(self.classes_[classes])

    def predict_proba(self, X: Any) -> np.ndarray[Any, Any]:
        """The probability of each class of `classes_` for each row."""
        return self._fitted().predict(self._rows(X), thread_count(self.n_jobs))[1]

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """The accuracy; without y, on the target's column of X. Labels are compared as they are spelled."""
        if y is None or isinstance(y, str):
            return self._own_score(X, y, "accuracy", sample_weight)
        hits = [_spelled(label) == _spelled(guess) for label, guess in zip(labels_of(y), self.predict(X), strict=True)]
        return float(np.average(hits, weights=sample_weight))


class TabularRegressor(RegressorMixin, _Tabular):  # type: ignore[misc]
    """A regressor for tables: as `TabularClassifier`, without `class_weight`, and for one or several columns of numbers.

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
        values = self._fitted().predict(self._rows(X), thread_count(self.n_jobs))[1]
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
