"""Fitted estimators show their work: the prediction for some rows, and the update that would come next."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted, validate_data

from deltarule import _core
from deltarule._arrays import parameters_of, rows_of
from deltarule._documents import Array, Batch, Explanation, Notation, Style
from deltarule._names import SCHEDULES, STOCHASTIC_SOLVERS
from deltarule._solvers import Adam, Sgd, solver_of


class ExplainingMixin:
    """`explain` and `explain_step`; a base of `NetworkMixin`, whose attributes it uses."""

    def explain(self, X: Any, *, notation: Notation = "sheet", digits: int | None = None) -> Explanation:
        """The prediction for the rows of X worked out: z^[l] = w^[l] x^[l−1] + b^[l], x^[l] = f(z^[l]), layer by layer.

        Dropout is for training only, and plays no part.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        notation : {'sheet', 'standard'}
            The letters: x and t, or a and y.
        digits : int or None
            Significant digits of printed numbers; None is 6.

        Returns
        -------
        explanation : Explanation
            A document, which a notebook shows and `print` prints; its numbers are in `explanation.step`, such as
            `step.x[1]`, a column per row of X.

        Raises
        ------
        NotFittedError, ValueError
            As `predict`.

        Examples
        --------
        >>> from deltarule import MLPClassifier
        >>> from sklearn.datasets import load_iris
        >>> X, y = load_iris(return_X_y=True)
        >>> clf = MLPClassifier(hidden_layer_sizes=4, solver="lbfgs", random_state=0).fit(X, y)
        >>> explanation = clf.explain(X[:2])
        >>> bool((explanation.step.x[2].T.round(9) == clf.predict_proba(X[:2]).round(9)).all())
        True
        """
        style = Style(notation=notation, digits=digits)
        check_is_fitted(self)
        checked = rows_of(validate_data(self, X, accept_sparse=["csr", "csc"], reset=False), np.float64)
        notes = self._notes_on_numbers()
        if self.dropout > 0:  # type: ignore[attr-defined]
            notes.append("Dropout is off, as in every prediction: all units take part.")
        coefs, intercepts = parameters_of(self, np.float64)
        work = _core.explain(
            checked,
            coefs,
            intercepts,
            self._engine_activations(),  # type: ignore[attr-defined]
            self._engine_loss()[0],  # type: ignore[attr-defined]
            self._words(f"What the network makes of {_rows(len(checked))}", notes, X),
        )
        return Explanation(work, style, checked.T, None)

    def explain_step(
        self,
        X: Any,
        y: Any,
        *,
        notation: Notation = "sheet",
        batch: Batch = "vectorised",
        digits: int | None = None,
    ) -> Explanation:
        """The update that `partial_fit(X, y)` would make next, worked out and not made.

        Forward pass, loss E, δ^[l] = ∂E/∂z^[l], gradients ∂E/∂w^[l] and ∂E/∂b^[l], and the step of the optimiser with
        what it remembers from the training. Dropout and the weights of classes are left out, and the document says so
        where the estimator has them.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The rows of one batch: no more than `batch_size`.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        notation, digits
            As for `explain`.
        batch : {'vectorised', 'examples'}
            How the rows are shown: matrices with a column per row, or one after the other.

        Returns
        -------
        explanation : Explanation
            A document; `step.weights[l].T` is what `partial_fit` makes of `coefs_[l - 1]`, and `step.biases[l]` what it
            makes of `intercepts_[l - 1]`.

        Raises
        ------
        NotFittedError, ValueError
            As `partial_fit`; when the solver is lbfgs, which makes no single step; when there are more rows than a
            batch has, so that `partial_fit` would make several.

        Examples
        --------
        >>> from deltarule import MLPRegressor
        >>> regr = MLPRegressor(hidden_layer_sizes=2, random_state=0).partial_fit([[0.0], [1.0]], [0.0, 1.0])
        >>> step = regr.explain_step([[0.0], [1.0]], [0.0, 1.0]).step
        >>> coefs = regr.partial_fit([[0.0], [1.0]], [0.0, 1.0]).coefs_
        >>> bool(abs(step.weights[1].T - coefs[0]).max() < 1e-12)
        True
        """
        style = Style(notation=notation, batch=batch, digits=digits)
        check_is_fitted(self)
        solver = self.solver  # type: ignore[attr-defined]
        if solver not in STOCHASTIC_SOLVERS:
            raise ValueError(
                f"explain_step shows one update, and solver={solver!r} makes none that could be shown: its line search "
                f"computes the loss several times. {', '.join(STOCHASTIC_SOLVERS[:-1])} and {STOCHASTIC_SOLVERS[-1]} do"
            )
        self._check_extras(True)  # type: ignore[attr-defined]
        # What partial_fit would make of the outputs, if their settings are others now, it makes then.
        later = copy.copy(self)
        later._choose_output()  # type: ignore[attr-defined]
        return later._next_step(X, y, style)

    def _next_step(self, X: Any, y: Any, style: Style) -> Explanation:
        checked, targets = self._validate_input(X, y, incremental=True, reset=False)  # type: ignore[attr-defined]
        checked = rows_of(checked, np.float64)
        t = rows_of(targets.reshape((len(checked), -1)), np.float64)
        optimizer = solver_of(self, self._engine_activations(), anew=False)  # type: ignore[attr-defined]
        self._check_batch(len(checked), optimizer)
        t, notes = self._smoothed(t)
        alpha = optimizer.penalty(self.alpha)  # type: ignore[attr-defined]
        notes = [*self._notes_on_step(optimizer, len(checked), alpha), *notes, *self._notes_on_numbers()]
        coefs, intercepts = parameters_of(self, np.float64)
        work = optimizer.training.explain(
            checked,
            t,
            coefs,
            intercepts,
            self._engine_loss()[0],  # type: ignore[attr-defined]
            alpha / len(checked),
            self._next_rate(optimizer),
            self._words(f"The next update, with {_rows(len(checked))}", notes, X),
        )
        return Explanation(work, style, checked.T, t.T)

    def _check_batch(self, rows: int, optimizer: Sgd | Adam) -> None:
        size = self.batch_size  # type: ignore[attr-defined]
        most = rows if optimizer.takes_all_rows() else 200 if size == "auto" else int(size)
        if rows > most:
            raise ValueError(
                f"explain_step shows one update, and {rows} rows are more than a batch, which has {most}: pass as "
                "many or fewer, or set batch_size"
            )

    def _next_rate(self, optimizer: Sgd | Adam) -> float:
        """The learning rate that `partial_fit` would take."""
        schedule = SCHEDULES.get(self.learning_rate)  # type: ignore[attr-defined]
        warmup = int(self.warmup)  # type: ignore[attr-defined]
        training = optimizer.training
        if schedule is not None:
            return training.scheduled_rate(json.dumps({"schedule": schedule, "warmup_epochs": warmup}))
        rate = optimizer.rate()
        return rate * (training.epoch + 1) / (warmup + 1) if training.epoch < warmup else rate

    def _smoothed(self, t: Array) -> tuple[Array, list[str]]:
        """The targets as the loss takes them, and what is said of that."""
        part = float(getattr(self, "label_smoothing", 0.0))
        if part == 0:
            return t, []
        classes = t.shape[1] if self.out_activation_ == "softmax" else 2  # type: ignore[attr-defined]
        note = f"The targets are smoothed: (1 − s) t + s / k, with s = {part:g} and k = {classes}."
        return (1 - part) * t + part / classes, [note]

    def _notes_on_numbers(self) -> list[str]:
        if np.asarray(self.coefs_[0]).dtype != np.float32:  # type: ignore[attr-defined]
            return []
        return [
            "The network was trained with numbers of single precision; what follows is computed with double precision, "
            "so that the last digits can differ from those of predict and partial_fit."
        ]

    def _notes_on_step(self, optimizer: Sgd | Adam, rows: int, alpha: float) -> list[str]:
        steps = optimizer.training.steps
        remembers = (
            "" if steps == 0 else f", going on with what the optimiser remembers from its {_counted(steps, 'step')}"
        )
        notes = [
            f"What follows is the update that partial_fit would make next if these rows were its batch{remembers}. "
            "Losses and gradients are averaged over the rows."
        ]
        if isinstance(optimizer, Adam) and optimizer.is_adam:
            notes.append(
                f"scikit-learn's Adam adds its ε, {optimizer.epsilon:g}, to √v before the bias of v is corrected. The ε "
                f"below is that one divided by √(1 − β₂ᵗ), with t = {steps + 1}: with it the usual formula makes the "
                "same step."
            )
        if alpha > 0:
            notes.append(
                f"The λ of the penalty is alpha divided by the number of rows, {alpha:g} / {rows}, as scikit-learn has "
                "it."
            )
        scale = self._engine_loss()[1]  # type: ignore[attr-defined]
        if scale != 1.0:
            notes.append(
                "loss_ and loss_curve_ have this loss divided by the number of outputs, as scikit-learn reports it; "
                "its step is that of the loss below."
            )
        if self.dropout > 0:  # type: ignore[attr-defined]
            notes.append(
                "Dropout is off here, so that all units take part; partial_fit would silence each hidden unit with "
                f"probability {self.dropout:g}."  # type: ignore[attr-defined]
            )
        if getattr(self, "class_weight", None) is not None:
            notes.append("Left out here, though partial_fit has them: the weights of the classes.")
        return notes

    def _words(self, title: str, notes: list[str], X: Any) -> str:
        """What the document says of the estimator."""
        predictions: list[str] = []
        n_outputs = self.n_outputs_  # type: ignore[attr-defined]
        if is_classifier(self):
            kind = self._label_binarizer.y_type_  # type: ignore[attr-defined]
            classes = [str(name) for name in self.classes_]  # type: ignore[attr-defined]
            predicted = self.predict(X)  # type: ignore[attr-defined]
            if kind.startswith("multilabel"):
                held = [", ".join(name for name, holds in zip(classes, row, strict=True) if holds) for row in predicted]
                predictions = [f"the labels that hold are {names}" if names else "no label holds" for names in held]
            else:
                predictions = [f"the prediction is {name}" for name in predicted]
            what = "output" if kind == "multiclass" and self.out_activation_ == "logistic" else "probability"  # type: ignore[attr-defined]
            outputs = [f"the {what} of {name}" for name in (classes[1:] if n_outputs == 1 else classes)]
        else:
            outputs = ["y"] if n_outputs == 1 else [f"y[{output}]" for output in range(n_outputs)]
        return json.dumps({"title": title, "notes": notes, "outputs": outputs, "predictions": predictions})


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _rows(count: int) -> str:
    return _counted(count, "row")
