"""Right answers in every way of writing; none of them may be marked wrong."""

import itertools
import json

import numpy as np

from marking_answers import Style, answer_file, entrywise, label, shaped
from marking_case import Case
from solver import solve

WAYS = [
    Style(3),
    Style(4, text=False),
    Style(5, short=True),
    Style(6),
    Style(3, keep=True),
    Style(4, keep=True, slope="x"),
    Style(5, keep=True, text=False),
    Style(6, keep=True, short=True),
    Style(4, truncate=True),
    Style(4, decimals=True),
    Style(5, decimals=True, keep=True, short=True),
    Style(6, truncate=True),
    Style(3, keep=True, slope="x"),
]


def _negated(quantities):
    return lambda key, value: -value if key[2].split("[")[0] in quantities else value


def _turn(name, texts, quantities):
    """The transpose of a matrix of these quantities."""
    return texts.T if name.split("[")[0] in quantities and getattr(texts, "ndim", 0) == 2 else texts


def _rows(name, texts):
    """A vector as a matrix of one row."""
    return texts[None, :] if getattr(texts, "ndim", 0) == 1 and name.split("[")[0] != "loss" else texts


def _columns(name, texts):
    """A vector as a matrix of one column."""
    return texts[:, None] if getattr(texts, "ndim", 0) == 1 and name.split("[")[0] != "loss" else texts


PARAMETERS = ("weights", "grad_weights")
UNITS = ("z", "x", "delta")


def _partly(name, texts, every=3):
    """Every third entry is not answered."""
    counter = itertools.count(1)
    marks = itertools.cycle(["?", ""])
    return entrywise(lambda text: next(marks) if next(counter) % every == 0 else text, texts)


# folder name, how it is written, the exercises
EQUIVALENT = [
    ("row-vectors", lambda n, t: _rows(n, t), ["3-2-1-sigmoid", "2-3-2-tanh-softmax", "2-3-2-three-parts"]),
    ("column-vectors", lambda n, t: _columns(n, t), ["2-3-2-sigmoid", "3-2-3-2-tanh"]),
    (
        "weights-transposed",
        lambda n, t: _turn(n, t, PARAMETERS),
        ["3-2-1-sigmoid", "2-3-2-sigmoid", "2-2-2-sigmoid", "3-3-3-tanh", "2-3-softmax", "3-2-2-decay", "3-2-2-gradient"],
    ),
    (
        "examples-as-rows",
        lambda n, t: _turn(n, t, UNITS),
        ["2-3-softmax", "3-2-2-gradient", "4-2-3-relu-softmax", "2-3-2-binary-epochs", "3-4-2-forward"],
    ),
    (
        "all-transposed",
        lambda n, t: _turn(n, t, PARAMETERS + UNITS),
        ["4-3-2-relu-mean", "3-2-2-absolute", "3-2-1-frozen-batch", "3-3-3-tanh"],
    ),
    ("partly-answered", _partly, ["3-2-2-tanh-batch", "2-3-1-momentum", "3-2-2-online-epochs", "3-2-2-poisson"]),
]
SIGNS = [
    ("t-minus-x", ("delta", "grad_weights", "grad_biases"), ["3-2-1-sigmoid", "2-3-2-tanh-softmax", "4-3-2-relu-mean", "3-2-2-decay"]),
    ("t-minus-x-deltas-only", ("delta",), ["2-3-2-sigmoid", "3-2-3-2-tanh", "3-2-binary-online", "2-3-1-momentum"]),
]


def _add(folder, file, name, case, entries, variant, text=None):
    verdicts = {part: {quantity: "correct" for quantity in quantities} for part, quantities in entries.items()}
    entry = {"kind": "right", "mistakes": [], "style": case.style.describe(), "verdicts": verdicts}
    entry |= {"variant": variant} if variant else {}
    folder.add("right", file, name, text or answer_file(entries, case.style.text or variant == "partly-answered"), entry)


def _json(entries):
    def plain(texts):
        return texts.tolist() if isinstance(texts, np.ndarray) else texts

    parts = [{"name": part, "answers": {n: plain(t) for n, t in quantities.items()}} for part, quantities in entries.items()]
    return json.dumps({"part": parts}, indent=1) + "\n"


def right_answers(folder, made):
    counter = itertools.count()
    subsets = itertools.cycle(["all", "all", "all", "no gradients", "all", "printed", "all", "outputs and deltas"])
    for name, (_, exercise, truth) in made.items():
        for _ in range(2):
            style = WAYS[next(counter) % len(WAYS)]
            case = Case(exercise, truth, {}, style, next(subsets))
            _add(folder, f"{name}-{style.describe().replace(' ', '-').replace(',', '')}", name, case, case.entries(), None)
    styles = itertools.cycle([Style(5), Style(6, text=False), Style(4, keep=True)])
    for way, turn, names in EQUIVALENT:
        for name in names:
            _, exercise, truth = made[name]
            case = Case(exercise, truth, {}, next(styles), "all")
            entries = {
                part: {quantity: turn(quantity, texts) for quantity, texts in quantities.items()}
                for part, quantities in case.entries().items()
            }
            _add(folder, f"{name}-{way}", name, case, entries, way)
    for way, quantities, names in SIGNS:
        for name in names:
            _, exercise, truth = made[name]
            case = Case(exercise, truth, {}, next(styles), "all")
            negated, entries = _negated(quantities), {}
            for key in case.keys:
                texts = entrywise(case.style.write, negated(key, case.written.own[key]))
                entries.setdefault(key[0], {})[label(key, case.steps)] = shaped(key[2], texts)
            _add(folder, f"{name}-{way}", name, case, entries, way)
    for name in ("3-2-1-sigmoid", "2-3-2-adam", "3-2-3-softmax-gradient"):
        _, exercise, truth = made[name]
        case = Case(exercise, truth, {}, Style(5, scientific=True, text=name != "2-3-2-adam"), "all")
        _add(folder, f"{name}-scientific", name, case, case.entries(), "scientific")
    for name in ("2-3-2-sigmoid", "3-2-2-online-epochs"):
        _, exercise, truth = made[name]
        case = Case(exercise, truth, {}, Style(5), "all")
        _add(folder, f"{name}-json", name, case, case.entries(), "json", _json(case.entries()))
    for name in ("2-3-2-tanh-softmax", "3-2-binary-online"):
        text, exercise, truth = made[name]
        case = Case(exercise, truth, {}, Style(6), "all")
        solution = json.dumps(solve(text), indent=1) + "\n"
        _add(folder, f"{name}-solution-json", name, case, case.entries(), "solution json", solution)
