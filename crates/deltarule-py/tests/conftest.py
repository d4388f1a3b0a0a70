"""What the tests share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler


@pytest.fixture(scope="session")
def digits() -> tuple[Any, Any]:
    """The digits, standardised."""
    X, y = load_digits(return_X_y=True)
    return StandardScaler().fit_transform(X), y


@pytest.fixture(scope="session")
def several_outputs() -> tuple[Any, Any]:
    """A regression with three targets."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(230, 7))
    return X, np.tanh(X @ rng.normal(size=(7, 3))) + 0.1 * rng.normal(size=(230, 3))
