"""A multilayer perceptron that trains at the speed of the hardware and can show every step it takes.

    from deltarule import MLPClassifier, MLPRegressor   # in place of sklearn.neural_network

Only NumPy is required; the estimators need scikit-learn, plots need matplotlib, ONNX files the package onnx, and each says
so where it is missing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deltarule import plot
    from deltarule._documents import Explanation, Step
    from deltarule._estimators import EpochRecord, MLPClassifier, MLPRegressor, from_sklearn
    from deltarule._exercises import Comparison, Exercise, Part, Solution, compare, solve
    from deltarule._marking import Marking, Mistake, check
    from deltarule._tabular import TabularClassifier, TabularRegressor
    from deltarule._version import __version__

__all__ = [
    "Comparison",
    "EpochRecord",
    "Exercise",
    "Explanation",
    "MLPClassifier",
    "MLPRegressor",
    "Marking",
    "Mistake",
    "Part",
    "Solution",
    "Step",
    "TabularClassifier",
    "TabularRegressor",
    "__version__",
    "check",
    "compare",
    "from_sklearn",
    "plot",
    "solve",
]

#: Where each name is defined; imported when it is first asked for, so that `import deltarule` takes no time.
_HOMES = {
    "Comparison": "deltarule._exercises",
    "EpochRecord": "deltarule._estimators",
    "Exercise": "deltarule._exercises",
    "Explanation": "deltarule._documents",
    "MLPClassifier": "deltarule._estimators",
    "MLPRegressor": "deltarule._estimators",
    "Marking": "deltarule._marking",
    "Mistake": "deltarule._marking",
    "Part": "deltarule._exercises",
    "Solution": "deltarule._exercises",
    "Step": "deltarule._documents",
    "TabularClassifier": "deltarule._tabular",
    "TabularRegressor": "deltarule._tabular",
    "__version__": "deltarule._version",
    "check": "deltarule._marking",
    "compare": "deltarule._exercises",
    "from_sklearn": "deltarule._estimators",
    "solve": "deltarule._exercises",
}


def __getattr__(name: str) -> Any:
    if name == "plot":
        return importlib.import_module("deltarule.plot")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'deltarule' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
