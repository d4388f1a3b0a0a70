"""Arrays as the engine reads them."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse


def rows_of(values: Any, dtype: Any) -> np.ndarray[Any, Any]:
    """The numbers row by row and where numbers of their type may lie, as they are if they are so already; a sparse matrix
    is made dense.
    """
    return np.require(values.toarray() if scipy.sparse.issparse(values) else values, dtype, ("C", "A"))


def parameters_of(estimator: Any, dtype: Any) -> tuple[list[np.ndarray[Any, Any]], list[np.ndarray[Any, Any]]]:
    """`coefs_` and `intercepts_` of this type."""
    coefs = [np.require(coef, dtype, "A") for coef in estimator.coefs_]
    # scikit-learn adds them to a matrix, which takes a row as well.
    intercepts = [np.require(intercept, dtype, "A").reshape(-1) for intercept in estimator.intercepts_]
    return coefs, intercepts
