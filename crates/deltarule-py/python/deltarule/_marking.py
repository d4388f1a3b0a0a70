"""Answers to exercises, marked by the same code as the command's."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from deltarule._documents import Style, WorkedDocument
from deltarule._exercises import Exercise, Solution, exercise_of, plain, read_text

__all__ = ["Marking", "Mistake", "check"]


@dataclass(frozen=True)
class Mistake:
    """A mistake that explains a quantity."""

    #: The identifier of the wrong rule, as docs/mistakes.md lists them.
    rule: str
    #: What was done, what should have been done, and the formula.
    sentence: str
    #: The name of the part.
    part: str
    #: The number of the step, 1 being the first.
    step: int
    #: The quantity, such as delta[1].
    quantity: str
    #: Whether it explains the quantity only together with the mistake before or after it.
    together: bool


class _Answers(NamedTuple):
    """What is marked, and how."""

    text: str
    #: What messages call it.
    name: str
    marks: str | list[tuple[str, float]] | None
    absolute: float
    relative: float


class Marking(WorkedDocument):
    """A marked answer: a document, see `to_text` and the others, with what was found."""

    def __init__(self, exercise: Exercise, answers: _Answers, style: Style) -> None:
        #: The exercise.
        self.exercise = exercise
        self._answers = answers
        self._work = exercise._checked.check(*answers)
        self._style = style

    @cached_property
    def _dict(self) -> dict[str, Any]:
        return self.to_dict()

    def _quantities(self) -> list[tuple[str, dict[str, Any]]]:
        return [(part["name"], quantity) for part in self._dict["parts"] for quantity in part["quantities"]]

    @cached_property
    def correct(self) -> bool:
        """Whether something was answered, every number that was is the solution's, and all of it could be read."""
        verdicts = [entry["verdict"] for _, q in self._quantities() for row in q["entries"] for entry in row]
        answered = [verdict for verdict in verdicts if verdict != "missing"]
        right = bool(answered) and all(verdict == "correct" for verdict in answered)
        return right and not self.mistakes and not self.unread

    @cached_property
    def complete(self) -> bool:
        """Whether every number of the exercise was answered."""
        entries = (entry for _, q in self._quantities() for row in q["entries"] for entry in row)
        return all(entry["verdict"] != "missing" for entry in entries)

    @cached_property
    def mistakes(self) -> list[Mistake]:
        """The mistakes that were found, in the order of computation: one for each quantity that one explains."""
        return [
            Mistake(
                rule=found["mistake"],
                sentence=found["sentence"],
                part=part,
                step=quantity["step"],
                quantity=quantity["name"],
                together=found["together"],
            )
            for part, quantity in self._quantities()
            for found in quantity["explanations"]
        ]

    @property
    def unread(self) -> list[dict[str, Any]]:
        """What could not be read and counts as not answered: `place`, `line`, `text` and `problem` of each."""
        return list(self._dict["unread"])

    @property
    def marks(self) -> float:
        """The marks reached."""
        return float(self._dict["marks"])

    @property
    def possible(self) -> float:
        """The marks that could be reached."""
        return float(self._dict["possible"])

    @property
    def answered(self) -> float:
        """The marks that could be reached with what was answered."""
        return float(self._dict["answered"])

    def __repr__(self) -> str:
        return f"<Marking: {self.marks:g} of {self.possible:g} marks, {self.exercise.title}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Marking, (self.exercise, self._answers, self._style)


def check(
    exercise: Exercise | str | os.PathLike[str] | int | Mapping[str, Any],
    answers: Solution | str | os.PathLike[str] | Mapping[str, Any],
    *,
    marks: str | Mapping[str, float] | None = None,
    absolute: float = 0.0,
    relative: float = 0.0,
    digits: int | None = None,
) -> Marking:
    """Marks an answer: quantity by quantity, with the name of the mistake.

    Parameters
    ----------
    exercise : Exercise, or what an `Exercise` is made of
    answers : mapping, text, path or Solution
        The quantities of each part, `{"a": {"x[1]": [0.55, 0.55, 0.55]}}`; what a file of answers holds; the text of
        one in TOML, CSV or JSON, which `Exercise.template` makes to fill in; or its path. The digits that are written
        are what counts: a Python number has those that it prints, text such as "0.50" keeps its zeros. None and NaN are
        numbers that were not answered.
    marks : str, mapping or None
        What the families of quantities are worth, `{"z": 10, "delta": 30}` or "z=10,delta=30"; None: each quantity 1.
    absolute, relative : float
        How far a number may be off, beyond its digits.
    digits : int or None
        Significant digits of printed numbers; None: as many as it takes to tell them apart.

    Raises
    ------
    ValueError
        With the place of the first mistake in the exercise or in the answers: a quantity that the part does not have, a
        wrong shape, a number that cannot be read.
    FileNotFoundError
        When there is no such file.

    Examples
    --------
    >>> import deltarule
    >>> marking = deltarule.check(1, {"a": {"z[1]": ["0.2", "0.2", "0.2"], "x[1]": [0.2, 0.2, 0.2]}})
    >>> marking.correct, [mistake.rule for mistake in marking.mistakes]
    (False, ['activation_missing'])
    """
    exercise = exercise_of(exercise)
    for name, value in (("absolute", absolute), ("relative", relative)):
        if not (np.isfinite(value) and value >= 0):
            raise ValueError(f"{name} must be a number from 0, not {value!r}")
    text, name = _answers(answers)
    given = [(str(family), float(weight)) for family, weight in marks.items()] if isinstance(marks, Mapping) else marks
    return Marking(exercise, _Answers(text, name, given, float(absolute), float(relative)), Style(digits=digits))


def _with_gaps(value: Any) -> Any:
    """The same with None for NaN, which stands for a number that was not answered."""
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _with_gaps(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_gaps(inner) for inner in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _answers(answers: Any) -> tuple[str, str]:
    """The text of answers, and what messages call it."""
    if isinstance(answers, Solution):
        return answers.to_json(), "solution.json"
    if isinstance(answers, Mapping):
        if "part" not in answers and "format" not in answers:
            answers = {"part": [{"name": str(name), "answers": of_part} for name, of_part in answers.items()]}
        # A line per quantity, so that a message can show the one that it is about.
        return json.dumps(_with_gaps(answers), default=plain, indent=1, allow_nan=False), "answers.json"
    if isinstance(answers, str) and ("\n" in answers or answers.lstrip().startswith("{")):
        return answers, "answers"
    if isinstance(answers, (str, os.PathLike)):
        hint = "the text of answers has several lines, or begins with {; Exercise.template() makes one to fill in"
        return read_text(answers, hint), os.fspath(answers)
    raise TypeError(f"answers are a mapping, a text, a path or a Solution, not {type(answers).__name__}")
