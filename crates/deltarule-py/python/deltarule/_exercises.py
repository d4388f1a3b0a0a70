"""Exercises of backpropagation: solved and compared by the same code as the command's."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from deltarule import _core
from deltarule._documents import (
    Array,
    Batch,
    Notation,
    Step,
    Style,
    WorkedDocument,
    check_choice,
    step_of,
)

__all__ = ["Comparison", "Exercise", "Part", "Solution", "compare", "solve"]


def plain(value: Any) -> Any:
    """NumPy's arrays and numbers as JSON has them."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(f"an exercise or an answer holds numbers and text, not {type(value).__name__}")


def _said(value: Any) -> Any:
    """The same without the keys whose value is None, which say nothing."""
    if isinstance(value, Mapping):
        return {str(key): _said(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, (list, tuple)):
        return [_said(inner) for inner in value]
    if value is None:
        raise ValueError("an exercise has None in a list, where a number or a table is needed")
    return value


def read_text(path: str | os.PathLike[str], hint: str) -> str:
    """A text file, which must be UTF-8."""
    name = os.fspath(path)
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError as error:
        error.add_note(hint)
        raise
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ValueError(f"{name}, line {line}: not valid UTF-8") from error


class Exercise:
    """An exercise: a network, a loss, and what to do with them part by part.

    Parameters
    ----------
    source : str, path, int or mapping
        The text of an exercise file in TOML (it has several lines), the path of one, the number of one of the sheet's
        exercises, 1 to 3, or what such a file holds as a mapping, in which matrices may be NumPy arrays.
    **tables
        In place of `source`, what a file holds: title, digits, network, part.

    Raises
    ------
    ValueError
        With the place of the first mistake, what is wrong and what would be right.
    FileNotFoundError
        When there is no such file.

    Examples
    --------
    >>> from deltarule import Exercise
    >>> Exercise(1).layers
    [5, 3, 2]
    >>> exercise = Exercise(
    ...     network={"layers": [2, 1], "activation": "sigmoid", "loss": "squared_error", "weights": 0.5},
    ...     part=[{"name": "a", "task": "forward", "examples": [{"x": [1, 0]}]}],
    ... )
    >>> exercise.activations
    ['sigmoid']
    """

    _checked: _core.Exercise
    #: The text of its file, as it was given.
    source: str
    #: What messages call it.
    name: str

    def __init__(
        self, source: str | os.PathLike[str] | int | Mapping[str, Any] | None = None, /, **tables: Any
    ) -> None:
        if (source is None) == (not tables):
            raise TypeError(
                "Exercise takes a text, a path, a number or a mapping, or else the tables of a file by name"
            )
        if source is None:
            source = tables
        if isinstance(source, Mapping):
            self.source = _core.Exercise.toml(json.dumps(_said(source), default=plain, allow_nan=False))
            self.name = "exercise"
        elif isinstance(source, (int, np.integer)) and not isinstance(source, bool):
            text = _core.Exercise.sheet(int(source)) if source >= 0 else None
            if text is None:
                raise ValueError(f"the sheet has exercises 1, 2 and 3, and no {source}")
            self.source, self.name = text, str(source)
        elif isinstance(source, str) and "\n" in source:
            self.source, self.name = source, "exercise"
        elif isinstance(source, str) and source in ("1", "2", "3"):
            self.source, self.name = _core.Exercise.sheet(int(source)) or "", source
        elif isinstance(source, (str, os.PathLike)):
            self.name = os.fspath(source)
            self.source = read_text(
                source, "the text of an exercise has several lines; the sheet's exercises are 1, 2 and 3"
            )
        else:
            raise TypeError(f"an exercise is a text, a path, a number or a mapping, not {type(source).__name__}")
        self._checked = _core.Exercise(self.source, self.name)

    @classmethod
    def new(
        cls,
        *,
        layers: Sequence[int] = (3, 2, 2),
        activation: str = "sigmoid",
        output_activation: str | None = None,
        loss: str = "squared_error",
        parts: Sequence[str] = (),
        start: Literal["trained", "initial"] = "trained",
        examples: int = 2,
        optimizer: str = "sgd",
        learning_rate: float | None = None,
        momentum: float | None = None,
        reduction: Literal["sum", "mean"] = "sum",
        mode: Literal["batch", "online"] = "batch",
        epochs: int | None = None,
        train_biases: bool = True,
        biases: bool = True,
        l2: float = 0.0,
        saturated: bool = False,
        dead_unit: bool = False,
        digits: int | None = None,
        title: str | None = None,
        seed: int = 0,
    ) -> Exercise:
        """A new exercise whose numbers are kind and whose results teach; the same seed makes the same one.

        The parameters are the options of `deltarule new`: `parts` are tasks such as update and classify; `saturated`
        and `dead_unit` show what goes wrong.

        Raises
        ------
        ValueError
            When what is asked for does not go together, or no numbers were found that show it.

        Examples
        --------
        >>> from deltarule import Exercise
        >>> Exercise.new(layers=(2, 2, 1), activation="tanh", seed=7).activations
        ['tanh', 'tanh']
        """
        options: dict[str, Any] = {
            "layers": list(layers),
            "activation": activation,
            "output_activation": output_activation,
            "loss": loss,
            "parts": list(parts),
            "start": start,
            "examples": examples,
            "optimizer": optimizer,
            "learning_rate": learning_rate,
            "momentum": momentum,
            "reduction": reduction,
            "mode": mode,
            "epochs": epochs,
            "train_biases": bool(train_biases),
            "biases": bool(biases),
            "l2": l2,
            "saturated": bool(saturated),
            "dead_unit": bool(dead_unit),
            "digits": digits,
            "title": title,
            "seed": seed,
        }
        for name, value in options.items():
            if isinstance(value, (float, np.floating)) and not np.isfinite(value):
                raise ValueError(f"{name}: {value} is no number that an exercise can have")
        text = _core.Exercise.made(json.dumps(options, default=plain))
        return cls(text)

    @property
    def title(self) -> str:
        """The title."""
        return self._checked.title

    @property
    def layers(self) -> list[int]:
        """Units per layer, inputs first."""
        return self._checked.layers

    @property
    def activations(self) -> list[str]:
        """The activation of each layer after the inputs."""
        return self._checked.activations

    @property
    def loss(self) -> str:
        """The loss."""
        return self._checked.loss

    def to_toml(self) -> str:
        """The exercise as a file that leaves nothing unsaid; `source` is the text as it was given."""
        return self._checked.to_toml()

    def to_dict(self) -> dict[str, Any]:
        """What such a file holds; `Exercise(d)` is the same exercise again."""
        return tomllib.loads(self.to_toml())

    def template(self, format: Literal["toml", "csv"] = "toml") -> str:
        """A file of answers to fill in, with a question mark for each number.

        Raises
        ------
        ValueError
            When the exercise has more than a million numbers.

        Examples
        --------
        >>> from deltarule import Exercise
        >>> print(Exercise(1).template("csv").splitlines()[0])
        part,quantity,row,column,value
        """
        return self._checked.template(check_choice("format", format, ("toml", "csv")))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the exercise file; it appears whole or not at all."""
        _core.write(Path(path), self.source.encode())

    def solve(self, **style: Any) -> Solution:
        """The same as `deltarule.solve` of it."""
        return solve(self, **style)

    def __str__(self) -> str:
        return self.source

    def __repr__(self) -> str:
        return f"<Exercise: {self.title}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.source, self.name)


def _again(source: str, name: str) -> Exercise:
    exercise = Exercise.__new__(Exercise)
    exercise.source, exercise.name = source, name
    exercise._checked = _core.Exercise(source, name)
    return exercise


def exercise_of(of: Any) -> Exercise:
    return of if isinstance(of, Exercise) else Exercise(of)


@dataclass(frozen=True, eq=False)
class Part:
    """The solution of a part."""

    #: The name.
    name: str
    #: forward, gradient, update or classify.
    task: str
    #: Where its parameters come from: initial, or the name of an earlier part.
    start: str
    #: One per update, and one for the tasks without updates.
    steps: list[Step]


class Solution(WorkedDocument):
    """The worked solution of an exercise: a document, see `to_text` and the others, with its numbers in `parts`."""

    def __init__(self, exercise: Exercise, style: Style) -> None:
        #: The exercise.
        self.exercise = exercise
        self._work = exercise._checked.solve()
        self._style = style

    @property
    def title(self) -> str:
        """The title of the exercise."""
        return self.exercise.title

    @cached_property
    def parts(self) -> list[Part]:
        """The parts in their order, with every number of every step as NumPy arrays."""
        given = self.exercise.to_dict()["part"]
        parts = []
        for part, table in zip(self.to_dict()["parts"], given, strict=True):
            examples = table["examples"]
            steps = []
            for step in part["steps"]:
                used = [examples[number - 1] for number in step["examples"]]
                t = [example["t"] for example in used if "t" in example]
                steps.append(step_of(step, _columns([e["x"] for e in used]), _columns(t) if t else None))
            parts.append(Part(part["name"], part["task"], part["start"], steps))
        return parts

    def __repr__(self) -> str:
        return f"<Solution: {self.title}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Solution, (self.exercise, self._style)


def _columns(rows: Iterable[Iterable[float]]) -> Array:
    return np.array(list(rows), dtype=np.float64).T


def solve(
    exercise: Exercise | str | os.PathLike[str] | int | Mapping[str, Any],
    *,
    notation: Notation = "sheet",
    batch: Batch = "vectorised",
    blank: bool = False,
    digits: int | None = None,
) -> Solution:
    """The worked solution of an exercise.

    z^[l] = w^[l] x^[l−1] + b^[l], x^[l] = f(z^[l]), δ^[l] = ∂E/∂z^[l], ∂E/∂w^[l] = δ^[l] (x^[l−1])ᵀ, and what the
    optimiser makes of that.

    Parameters
    ----------
    exercise : Exercise, or what an `Exercise` is made of
        For example 1, 2 or 3, the sheet's exercises.
    notation : {'sheet', 'standard'}
        The letters: x and t, or a and y.
    batch : {'vectorised', 'examples'}
        How a batch is shown: matrices with a column per example, or one example after the other.
    blank : bool
        Leave the results out: a worksheet to fill in. The arrays have them all the same.
    digits : int or None
        Significant digits of printed numbers; None is 6.

    Raises
    ------
    ValueError
        When the exercise has a mistake, or a number of it is too large for double precision.

    Examples
    --------
    >>> import deltarule
    >>> solution = deltarule.solve(1)
    >>> solution.parts[0].steps[0].x[1].round(6).tolist()
    [[0.549834], [0.549834], [0.549834]]
    """
    return Solution(exercise_of(exercise), Style(notation, batch, blank, digits))


class Comparison(WorkedDocument):
    """What changes in an exercise when its loss and its outputs do: a document, see `to_text` and the others."""

    def __init__(self, exercise: Exercise, losses: Sequence[str], outputs: Sequence[str], style: Style) -> None:
        #: The exercise.
        self.exercise = exercise
        self._cases = list(losses), list(outputs)
        self._work = exercise._checked.compare(*self._cases)
        self._style = style

    @cached_property
    def curves(self) -> dict[tuple[str, str], Array]:
        """The total loss before the first update and after each, by loss and output activation."""
        return {
            (case["loss"], case["output_activation"]): np.array(case["total_loss_over_updates"], dtype=np.float64)
            for case in self.to_dict()["cases"]
        }

    def __repr__(self) -> str:
        return f"<Comparison: {self.exercise.title}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Comparison, (self.exercise, *self._cases, self._style)


def compare(
    exercise: Exercise | str | os.PathLike[str] | int | Mapping[str, Any],
    *,
    losses: Sequence[str] = (),
    outputs: Sequence[str] = (),
    notation: Notation = "sheet",
    digits: int | None = None,
) -> Comparison:
    """The same exercise with other outputs and another loss, one change at a time.

    Parameters
    ----------
    exercise : Exercise, or what an `Exercise` is made of
    losses : names of losses
        Without any, those that the targets ask for: with squared_error, cross_entropy for one class of several,
        binary_cross_entropy for labels, absolute_error and huber for numbers.
    outputs : names of activations
        Without any, that of the exercise, and that which the targets ask for: softmax, sigmoid or identity.
    notation, digits
        As for `solve`.

    Raises
    ------
    ValueError
        When no example has targets, when outputs do not admit a loss, or when there is nothing to compare.

    Examples
    --------
    >>> import deltarule
    >>> list(deltarule.compare(3).curves)
    [('squared_error', 'tanh'), ('squared_error', 'softmax'), ('cross_entropy', 'softmax')]
    """
    for name, given in (("losses", losses), ("outputs", outputs)):
        if isinstance(given, str):
            raise TypeError(f"{name} is a list of names: [{given!r}]")
    return Comparison(exercise_of(exercise), losses, outputs, Style(notation=notation, digits=digits))
