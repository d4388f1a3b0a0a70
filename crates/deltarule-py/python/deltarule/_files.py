"""Estimators as model files and as ONNX files."""

from __future__ import annotations

import json
import os
from typing import Any, Self

import numpy as np
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.validation import check_is_fitted

from deltarule import _core

#: What the application's part of a model file of an estimator is called.
_KIND = "estimator"

#: Settings that are left out where no file can hold them.
_LEFT_OUT = ("callbacks", "validation_data", "random_state", "scoring")

#: Attributes that are losses of the training, of the type of `loss_`.
_LOSSES = ("loss_", "best_loss_", "loss_curve_")

#: Attributes of a fitted estimator that a model file keeps, if they are there.
_KEPT = (
    "n_features_in_",
    "n_outputs_",
    "n_layers_",
    "n_iter_",
    "t_",
    "loss_",
    "best_loss_",
    "loss_curve_",
    "validation_scores_",
    "best_validation_score_",
    "validation_loss_curve_",
    "early_stopped_",
    "_no_improvement_count",
)


def _plain(value: Any) -> Any:
    """The value as JSON has it, or an exception."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, tuple):
        return {"tuple": [_plain(item) for item in value]}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {"dict": [[_plain(key), _plain(item)] for key, item in value.items()]}
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        # JSON has no word for them.
        return value if np.isfinite(value) else {"float": repr(value)}
    raise TypeError(f"{type(value).__name__} is not JSON")


def _restored(value: Any) -> Any:
    if isinstance(value, dict):
        ((kind, content),) = value.items()
        if kind == "float":
            return float(content)
        if kind == "tuple":
            return tuple(_restored(item) for item in content)
        return {_restored(key): _restored(item) for key, item in content}
    if isinstance(value, list):
        return [_restored(item) for item in value]
    return value


class FileMixin:
    """`save`, `load` and `to_onnx`."""

    coefs_: list[np.ndarray[Any, Any]]
    intercepts_: list[np.ndarray[Any, Any]]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the fitted network to a model file: a safetensors file that any reader of that format can open.

        It holds the network, the settings, the classes and the course of the training, and nothing that is executed when
        it is read. Settings that no file can hold (callbacks, validation data, a random generator, scoring functions) are
        left out, and `load` gives their defaults; what the optimiser remembers is left out too. A pickle keeps everything.

        Raises
        ------
        NotFittedError
            Before `fit`.
        OSError
            When the file cannot be written; there is never half a file.
        """
        check_is_fitted(self)
        parameters = {}
        for name, value in self.get_params(deep=False).items():  # type: ignore[attr-defined]
            try:
                parameters[name] = _plain(value)
            except TypeError as error:
                if name not in _LEFT_OUT:
                    raise ValueError(f"{name} cannot be written to a model file: {error}") from None
        application: dict[str, Any] = {
            "kind": _KIND,
            "estimator": type(self).__name__,
            "parameters": parameters,
            "output_activation": self.out_activation_,  # type: ignore[attr-defined]
            "attributes": {name: _plain(getattr(self, name)) for name in _KEPT if hasattr(self, name)},
        }
        if isinstance(getattr(self, "loss_", None), np.float32):
            application["loss_type"] = "float32"
        names = getattr(self, "feature_names_in_", None)
        if names is not None:
            application["feature_names"] = [str(name) for name in names]
        classes = getattr(self, "classes_", None)
        if classes is not None:
            application["classes"] = {
                "type": "object" if classes.dtype.kind == "O" else classes.dtype.str,
                "values": [_plain(label) for label in classes.tolist()],
                "y_type": self._label_binarizer.y_type_,  # type: ignore[attr-defined]
            }
        data = _core.network_bytes(
            self.coefs_,
            self.intercepts_,
            self._engine_activations(),  # type: ignore[attr-defined]
            json.dumps(application, allow_nan=False),
        )
        _core.write(path, data)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Reads what `save` wrote.

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
            coefs, intercepts, text = _core.read_network(data)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
        application = json.loads(text)
        if isinstance(application, dict) and "preparation" in application:
            raise ValueError(
                f"{path}: this model prepares a table before it predicts: load it with TabularClassifier.load or"
                " TabularRegressor.load, or use the command `deltarule predict`"
            )
        if not isinstance(application, dict) or application.get("kind") != _KIND:
            raise ValueError(f"{path}: the model file holds a network, but no estimator to go with it")
        if application["estimator"] != cls.__name__:
            raise ValueError(f"{path}: the model file holds a {application['estimator']}, not a {cls.__name__}")
        known = cls().get_params(deep=False)  # type: ignore[attr-defined]
        given = {name: _restored(value) for name, value in application["parameters"].items()}
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise ValueError(f"{path}: was written by a later version, whose parameters are not known: {unknown}")
        new = cls(**given)
        new.coefs_, new.intercepts_ = coefs, intercepts
        new._best_coefs = [coef.copy() for coef in coefs]  # type: ignore[attr-defined]
        new._best_intercepts = [intercept.copy() for intercept in intercepts]  # type: ignore[attr-defined]
        loss_type = np.float32 if application.get("loss_type") == "float32" else np.float64
        for name, value in application["attributes"].items():
            value = _restored(value)
            if name in _LOSSES and value is not None:
                value = [loss_type(loss) for loss in value] if isinstance(value, list) else loss_type(value)
            setattr(new, name, value)
        new.out_activation_ = application["output_activation"]  # type: ignore[attr-defined]
        if "feature_names" in application:
            new.feature_names_in_ = np.array(application["feature_names"], dtype=object)  # type: ignore[attr-defined]
        if "classes" in application:
            classes = application["classes"]
            values = np.array(_restored(classes["values"]), dtype=np.dtype(classes["type"]))
            binarizer = LabelBinarizer()
            multilabel = classes["y_type"] == "multilabel-indicator"
            binarizer.fit(np.eye(len(values), dtype=int) if multilabel else values)
            binarizer.y_type_, binarizer.classes_ = classes["y_type"], values
            new._label_binarizer = binarizer  # type: ignore[attr-defined]
            new.classes_ = values  # type: ignore[attr-defined]
        return new

    def to_onnx(self, input_name: str = "X", opset: int = 17) -> Any:
        """The fitted network as an ONNX model (`onnx.ModelProto`); `.SerializeToString()` are the bytes of a file.

        A classifier has the outputs `label` and `probabilities`, a regressor `variable`, as skl2onnx names them. The input
        is a matrix with a row per example, of the type of `coefs_`.

        Parameters
        ----------
        input_name : str
            The name of the input.
        opset : int
            The version of ONNX's operators, at least 17.

        Raises
        ------
        ImportError
            Where the package onnx is missing.
        ValueError
            For an opset below 17.
        """
        check_is_fitted(self)
        from deltarule._onnx import model_of

        return model_of(self, input_name, opset)
