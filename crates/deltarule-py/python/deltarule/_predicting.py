"""Predictions of both estimators: compiled networks, and the short way for plain arrays."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.utils.validation import check_is_fitted, validate_data

from deltarule import _core
from deltarule._arrays import parameters_of
from deltarule._names import engine_activation, hidden_activations
from deltarule._threads import thread_count

#: The compiled networks of estimators, apart from their attributes: predicting must not change those.
_COMPILED: weakref.WeakKeyDictionary[PredictingMixin, tuple[Any, _core.Predictor]] = weakref.WeakKeyDictionary()

#: Rows of a sparse matrix that are predicted at a time.
_SPARSE_ROWS = 4096


class PredictingMixin:
    """The forward pass; a base of `NetworkMixin`."""

    activation: str | Sequence[str]
    n_jobs: int | None
    coefs_: list[np.ndarray[Any, Any]]
    intercepts_: list[np.ndarray[Any, Any]]
    out_activation_: str

    def _engine_activations(self) -> list[str]:
        hidden = hidden_activations(self.activation, len(self.coefs_) - 1)
        return [engine_activation(name) for name in [*hidden, self.out_activation_]]

    def _compiled(self) -> _core.Predictor:
        """The network, compiled for the activations and the threads that are set now."""
        names = self.activation if isinstance(self.activation, str) else tuple(self.activation)
        key = (names, self.out_activation_, self.n_jobs, len(self.coefs_))
        known = _COMPILED.get(self)
        if known is not None and known[0] == key:
            return known[1]
        predictor = _core.Predictor(self._engine_activations(), thread_count(self.n_jobs))
        _COMPILED[self] = (key, predictor)
        return predictor

    def _quick(self, X: Any) -> np.ndarray[Any, Any] | None:
        """The outputs, where X is a plain array of the network's type that passes every check; else nothing.

        What does not pass goes through scikit-learn's checks, which say what is wrong.
        """
        own = self.__dict__
        if type(X) is not np.ndarray or X.ndim != 2 or not X.flags.aligned or "feature_names_in_" in own:
            return None
        coefs = own.get("coefs_")
        if coefs is None or X.shape[0] == 0 or X.shape[1] != own.get("n_features_in_"):
            return None
        for values in (*coefs, *self.intercepts_):
            if type(values) is not np.ndarray or values.dtype != X.dtype or not values.flags.aligned:
                return None
        if X.dtype.char not in "fd" or any(values.ndim != 1 for values in self.intercepts_):
            return None
        return self._compiled().predict(X, coefs, self.intercepts_, True)

    def _outputs(self, X: Any) -> np.ndarray[Any, Any]:
        """The outputs for rows that were checked."""
        if scipy.sparse.issparse(X):
            rows = X.tocsr()
            starts = range(0, max(X.shape[0], 1), _SPARSE_ROWS)
            return np.concatenate([self._outputs(rows[start : start + _SPARSE_ROWS].toarray()) for start in starts])
        X = np.asarray(X)
        dtype = np.result_type(X.dtype, self.coefs_[0].dtype, np.float32)
        if dtype != np.float32:
            dtype = np.dtype(np.float64)
        coefs, intercepts = parameters_of(self, dtype)
        outputs = self._compiled().predict(np.require(X, dtype, "A"), coefs, intercepts, False)
        assert outputs is not None, "only a check of the numbers gives nothing"
        return outputs

    def _forward_pass_fast(self, X: Any, check_input: bool = True) -> np.ndarray[Any, Any]:
        if not check_input:
            return self._outputs(X)
        outputs = self._quick(X)
        if outputs is None:
            check_is_fitted(self)
            outputs = self._outputs(validate_data(self, X, accept_sparse=["csr", "csc"], reset=False))
        return outputs
