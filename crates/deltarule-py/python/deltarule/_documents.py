"""What has a document: a solution, a comparison, a marking, an explanation; and the numbers of a step as arrays."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from deltarule import _core

#: The letters of a document: x and t, or a and y.
Notation = Literal["sheet", "standard"]
#: How the examples of a batch are shown: matrices with a column per example, or one example after the other.
Batch = Literal["vectorised", "examples"]

Array = npt.NDArray[np.float64]

#: The endings of files, and the formats that they stand for: those of the command's -o.
_ENDINGS = {
    "": "text",
    ".txt": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".tex": "latex",
    ".html": "html",
    ".htm": "html",
    ".typ": "typst",
    ".pdf": "pdf",
    ".json": "json",
    ".ipynb": "ipynb",
}

#: Narrower lines than this hold no matrix.
_NARROWEST = 40


def check_digits(digits: int | None) -> int | None:
    """The number of significant digits, if it is one."""
    if digits is None:
        return None
    if isinstance(digits, bool) or not isinstance(digits, (int, np.integer)) or not 1 <= digits <= 17:
        raise ValueError(f"digits must be a whole number from 1 to 17, not {digits!r}")
    return int(digits)


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> str:
    """The value, if it is one of these."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
    return value


@dataclass(frozen=True)
class Style:
    """How a document is written."""

    notation: str = "sheet"
    batch: str = "vectorised"
    blank: bool = False
    digits: int | None = None

    def __post_init__(self) -> None:
        check_choice("notation", self.notation, ("sheet", "standard"))
        check_choice("batch", self.batch, ("vectorised", "examples"))
        object.__setattr__(self, "digits", check_digits(self.digits))


class WorkedDocument:
    """A document that is written in many formats.

    `str()` and `print` give its text; a notebook shows it as HTML, with formulas as MathML. In all formats, `digits` is
    how many significant digits numbers have; JSON has all of them.
    """

    _work: _core.Worked
    _style: Style

    def _render(self, format: str, digits: int | None = None, width: int = 80) -> bytes:
        digits = self._style.digits if digits is None else check_digits(digits)
        if isinstance(width, bool) or not isinstance(width, (int, np.integer)) or width < _NARROWEST:
            raise ValueError(f"width must be a whole number from {_NARROWEST}, not {width!r}")
        style = self._style
        return self._work.render(format, digits, int(width), style.notation, style.batch, style.blank)

    def to_text(self, *, digits: int | None = None, width: int = 80) -> str:
        """Aligned matrices, for the terminal; lines are at most `width` wide where one word or number fits into it."""
        return self._render("text", digits, width).decode()

    def to_markdown(self, *, digits: int | None = None) -> str:
        """Markdown with formulas in dollar signs, for GitHub and Jupyter."""
        return self._render("markdown", digits).decode()

    def to_latex(self, *, digits: int | None = None) -> str:
        """A LaTeX file, for pdflatex."""
        return self._render("latex", digits).decode()

    def to_html(self, *, digits: int | None = None) -> str:
        """One self-contained page: formulas as MathML, drawings as SVG, no address, and no script but for the keyboard."""
        return self._render("html", digits).decode()

    def to_typst(self, *, digits: int | None = None) -> str:
        """A Typst file."""
        return self._render("typst", digits).decode()

    def to_pdf(self, *, digits: int | None = None) -> bytes:
        """A PDF.

        Raises
        ------
        ValueError
            When this build writes none, as the one that pip builds without further words.
        """
        return self._render("pdf", digits)

    def to_notebook(self, *, digits: int | None = None) -> str:
        """A Jupyter notebook that computes every number again with NumPy, and asserts that it is the one shown.

        Raises
        ------
        ValueError
            When there is none: a marking computes nothing, results are left out, or the network is too large.
        """
        return self._render("ipynb", digits).decode()

    def to_json(self) -> str:
        """Every number at full precision, in JSON."""
        return self._render("json").decode()

    def to_dict(self) -> dict[str, Any]:
        """What `to_json` gives, as a dict."""
        return json.loads(self.to_json())  # type: ignore[no-any-return]

    def save(self, path: str | os.PathLike[str], *, digits: int | None = None) -> None:
        """Writes the document in the format of the path's ending: .txt, .md, .tex, .html, .typ, .pdf, .json, .ipynb.

        The file appears whole or not at all, and has the same bytes as the one that the command writes.

        Raises
        ------
        ValueError
            When no format ends like this, or there is no such document.
        OSError
            When the file cannot be written.
        """
        path = Path(path)
        format = _ENDINGS.get(path.suffix.lower())
        if format is None:
            endings = ", ".join(ending for ending in _ENDINGS if ending)
            raise ValueError(f"{path}: no format ends in {path.suffix}; use one of {endings}")
        end = b"\n" if format == "json" else b""
        _core.write(path, self._render(format, digits) + end)

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return self._render("cell").decode()


@dataclass(frozen=True, eq=False)
class Step:
    """The numbers of one step, named as in the formulas; a layer is the key, so that `x[1]` is x^[1].

    Matrices of x, z, delta and t have a row per unit and a column per example; weights have a row per unit and a column
    per unit of the layer below. What the step does not compute is empty or None. What is zero but for rounding is 0.
    """

    #: Which examples of the part the step uses, 1 being the first: those of the columns, in order.
    examples: list[int]
    #: The outputs of each layer; x[0] are the examples.
    x: dict[int, Array]
    #: The net inputs of each layer.
    z: dict[int, Array]
    #: The targets.
    t: Array | None = None
    #: The loss of each example.
    loss: Array | None = None
    #: The sum or mean of the losses, without the L2 penalty.
    total_loss: float | None = None
    #: ∂E/∂z of each layer.
    delta: dict[int, Array] = field(default_factory=dict)
    #: ∂E/∂w of each layer, with reduction and penalty.
    grad_weights: dict[int, Array] = field(default_factory=dict)
    #: ∂E/∂b of each layer.
    grad_biases: dict[int, Array] = field(default_factory=dict)
    #: The weights after the update.
    weights: dict[int, Array] = field(default_factory=dict)
    #: The biases after the update.
    biases: dict[int, Array] = field(default_factory=dict)
    #: What the optimiser remembers after the update, by name: velocity_weights, velocity_biases, m_weights and so on.
    optimizer_state: dict[str, dict[int, Array]] = field(default_factory=dict)
    #: The total loss of the same examples after the update.
    total_loss_after: float | None = None
    #: The class of each example, 1 being the first, where it was asked for.
    classes: npt.NDArray[np.int64] | None = None


def _layers(values: Any) -> dict[int, Array]:
    return {layer: np.array(value, dtype=np.float64) for layer, value in enumerate(values or [], start=1)}


def step_of(json_step: Mapping[str, Any], x: Array, t: Array | None) -> Step:
    """A step of a document's JSON, with its examples and targets, a column each."""
    get = json_step.get
    state = get("optimizer_state") or {}
    return Step(
        examples=list(json_step["examples"]),
        x={0: x, **_layers(get("x"))},
        z=_layers(get("z")),
        t=t,
        loss=None if get("loss") is None else np.array(get("loss"), dtype=np.float64),
        total_loss=get("total_loss"),
        delta=_layers(get("delta")),
        grad_weights=_layers(get("grad_weights")),
        grad_biases=_layers(get("grad_biases")),
        weights=_layers(get("weights")),
        biases=_layers(get("biases")),
        optimizer_state={name: _layers(values) for name, values in state.items()},
        total_loss_after=get("total_loss_after"),
        classes=None if get("class") is None else np.array(get("class"), dtype=np.int64),
    )


class Explanation(WorkedDocument):
    """What a fitted network makes of some rows, or its next update with them: from `explain` and `explain_step`.

    It is a document, see `to_text` and the others, with the numbers in `step`.
    """

    def __init__(self, work: _core.Worked, style: Style, x: Array, t: Array | None) -> None:
        self._work = work
        self._style = style
        self._x = x
        self._t = t

    @cached_property
    def _dict(self) -> dict[str, Any]:
        return self.to_dict()

    @property
    def title(self) -> str:
        """What is explained."""
        return str(self._dict["title"])

    @cached_property
    def step(self) -> Step:
        """The numbers; `step.weights[l].T` is what `coefs_[l - 1]` will be, `step.biases[l]` `intercepts_[l - 1]`."""
        return step_of(self._dict["step"], self._x, self._t)

    def __repr__(self) -> str:
        return f"<Explanation: {self.title}>"
