"""Plots of networks and of what they learned; each returns matplotlib's axes, to be changed and saved from there.

Examples
--------
>>> import matplotlib
>>> matplotlib.use("Agg")
>>> from sklearn.datasets import load_iris
>>> from deltarule import MLPClassifier, plot
>>> X, y = load_iris(return_X_y=True)
>>> clf = MLPClassifier(early_stopping=True, random_state=0).fit(X, y)
>>> plot.loss(clf).get_xlabel()
'epoch'
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["confusion", "decision_boundary", "loss", "network"]

#: More units than this in a layer are drawn as the first and the last ones.
_MOST_UNITS = 16


def _axes(ax: Any) -> Any:
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError("deltarule.plot needs matplotlib: pip install 'deltarule[plot]'") from error
    return pyplot.subplots()[1] if ax is None else ax


def loss(estimator: Any, ax: Any = None) -> Any:
    """The loss of each epoch, with the validation loss and, on an axis of its own, the validation score if there are any."""
    if not hasattr(estimator, "loss_curve_"):
        raise ValueError("the estimator has no loss_curve_: it is not fitted, or its solver (lbfgs) keeps none")
    ax = _axes(ax)
    epochs = np.arange(1, len(estimator.loss_curve_) + 1)
    ax.plot(epochs, estimator.loss_curve_, label="training loss")
    validation = getattr(estimator, "validation_loss_curve_", None)
    if validation:
        # With warm_start, both go on from call to call.
        ax.plot(epochs[-len(validation) :], validation, label="validation loss")
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss")
    lines = list(ax.get_lines())
    scores = getattr(estimator, "validation_scores_", None)
    # Where the score is the validation loss, its curve is there already.
    if scores and getattr(estimator, "scoring", None) != "loss":
        right = ax.twinx()
        lines += right.plot(epochs[-len(scores) :], scores, color="C2", linestyle="--", label="validation score")
        right.set_ylabel("score")
    # Losses end below and scores above: what is between is free.
    ax.legend(lines, [line.get_label() for line in lines], loc="center right")
    return ax


def confusion(estimator: Any, X: Any, y: Any, ax: Any = None, normalize: str | None = None) -> Any:
    """How often each class (rows) was taken for each (columns); `normalize` as in scikit-learn's display."""
    from sklearn.metrics import ConfusionMatrixDisplay

    ax = _axes(ax)
    ConfusionMatrixDisplay.from_estimator(estimator, X, y, ax=ax, normalize=normalize, colorbar=False)
    return ax


def decision_boundary(
    estimator: Any, X: Any, y: Any = None, features: Sequence[int] = (0, 1), ax: Any = None, resolution: int = 200
) -> Any:
    """The prediction over the plane of two features; the others stay at their medians. Rows of X are drawn as points.

    For a regressor the colour is the prediction, for a classifier the class.
    """
    X = np.asarray(X)
    first, second = features
    ax = _axes(ax)
    ranges = []
    for feature in (first, second):
        low, high = X[:, feature].min(), X[:, feature].max()
        room = 0.05 * (high - low) or 1.0
        ranges.append(np.linspace(low - room, high + room, resolution))
    grid = np.tile(np.median(X, axis=0).astype(X.dtype), (resolution * resolution, 1))
    across, up = np.meshgrid(*ranges)
    grid[:, first], grid[:, second] = across.ravel(), up.ravel()
    predicted = estimator.predict(grid)
    if predicted.ndim != 1:
        raise ValueError("decision_boundary draws one output, and the estimator has several")
    classes = getattr(estimator, "classes_", None)
    colours = None
    if classes is not None:
        index = np.searchsorted(classes, predicted).reshape(across.shape)
        levels = np.arange(len(classes) + 1) - 0.5
        ax.contourf(across, up, index, levels=levels, alpha=0.3, cmap="tab10", vmin=0, vmax=9)
        colours = None if y is None else np.searchsorted(classes, np.asarray(y))
        extra = {"cmap": "tab10", "vmin": 0, "vmax": 9}
    else:
        drawn = ax.contourf(across, up, predicted.reshape(across.shape), levels=20, alpha=0.7)
        colours = None if y is None else np.asarray(y)
        extra = {"norm": drawn.norm, "cmap": drawn.cmap}
    if colours is None:
        ax.scatter(X[:, first], X[:, second], s=12, color="black", linewidths=0)
    else:
        ax.scatter(X[:, first], X[:, second], s=12, c=colours, edgecolors="black", linewidths=0.3, **extra)
    names = getattr(estimator, "feature_names_in_", None)
    ax.set_xlabel(f"feature {first}" if names is None else str(names[first]))
    ax.set_ylabel(f"feature {second}" if names is None else str(names[second]))
    return ax


def network(estimator: Any, ax: Any = None) -> Any:
    """The units and their connections: red for positive weights, blue for negative ones, stronger for larger ones."""
    if not hasattr(estimator, "coefs_"):
        raise ValueError("network draws a fitted MLPClassifier or MLPRegressor, which has coefs_")
    ax = _axes(ax)
    sizes = [estimator.coefs_[0].shape[0], *(coef.shape[1] for coef in estimator.coefs_)]
    shown = [_shown(size) for size in sizes]
    heights = [np.linspace(1, 0, len(units) + 2)[1:-1] for units in shown]
    for layer, coef in enumerate(estimator.coefs_):
        largest = np.abs(coef).max() or 1.0
        for unit, y in zip(shown[layer + 1], heights[layer + 1], strict=True):
            for source, y_source in zip(shown[layer], heights[layer], strict=True):
                if unit is None or source is None:
                    continue
                weight = coef[source, unit] / largest
                colour = "tab:red" if weight > 0 else "tab:blue"
                ax.plot([layer, layer + 1], [y_source, y], color=colour, alpha=abs(float(weight)), zorder=1, linewidth=1)
    for layer, (units, ys) in enumerate(zip(shown, heights, strict=True)):
        for unit, y in zip(units, ys, strict=True):
            if unit is None:
                ax.text(layer, y, "⋮", ha="center", va="center")
            else:
                ax.scatter([layer], [y], s=120, color="white", edgecolors="black", zorder=2)
    ax.set_xticks(range(len(sizes)))
    names = ["inputs", *(f"hidden {l}" for l in range(1, len(sizes) - 1)), "outputs"]
    ax.set_xticklabels([f"{name}\n{size}" for name, size in zip(names, sizes, strict=True)])
    ax.set_yticks([])
    ax.set_ylim(0, 1)
    for side in ("left", "right", "top", "bottom"):
        ax.spines[side].set_visible(False)
    return ax


def _shown(size: int) -> list[int | None]:
    """The units that are drawn; None is a gap."""
    if size <= _MOST_UNITS:
        return list(range(size))
    half = _MOST_UNITS // 2
    return [*range(half), None, *range(size - half + 1, size)]
