"""Which scikit-learn is there, and what differs between the versions that do."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

#: The oldest scikit-learn that will do: the first whose MLPs take sample weights and have the loss `poisson`.
_OLDEST = (1, 7)


def require_sklearn() -> None:
    """Raises `ImportError` where scikit-learn is missing or too old; called before anything else of it is imported."""
    oldest = ".".join(map(str, _OLDEST))
    wanted = f"deltarule's estimators need scikit-learn {oldest} or later"
    cure = f"pip install 'scikit-learn>={oldest}'"
    try:
        import sklearn
    except ModuleNotFoundError as error:
        if error.name != "sklearn":
            raise
        raise ImportError(f"{wanted}, which is not installed: {cure}") from error
    numbers = re.match(r"(\d+)\.(\d+)", sklearn.__version__)
    if numbers is not None and (int(numbers[1]), int(numbers[2])) < _OLDEST:
        raise ImportError(f"{wanted}, and {sklearn.__version__} is installed: {cure}")


def validation_score(estimator: Any, X: Any, y: Any, sample_weight: Any) -> Any:
    """What scikit-learn's early stopping looks at: accuracy or R², or NaN where a prediction is not finite."""
    # Before 1.9, scikit-learn's `_score_with_function` asks of labels too whether they are finite, which fails for text
    # (its issue 33760). This is what 1.9 does, for every version.
    from sklearn.base import is_classifier
    from sklearn.metrics import accuracy_score, r2_score

    predicted = estimator._predict(X, check_input=False)
    if np.issubdtype(predicted.dtype, np.floating) and not np.isfinite(predicted).all():
        return np.nan
    metric = accuracy_score if is_classifier(estimator) else r2_score
    return metric(y, predicted, sample_weight=sample_weight)
