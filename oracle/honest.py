"""values/honest.json: answers of students who make no mistake, written in every way that students write.

Full marks are due to each of them: every number is the right one to the digits written, or follows by the right formula from
the numbers that the student has written before it. `way` says how it was worked: with every number rounded before the work
goes on ("each step"), with two more digits than are written ("two more digits"), or rounded only where it is written down ("at
the end"). `written` says which quantities stand in the answer. A number may differ from the right one, and from what follows
from the written ones, by half a unit of its last digit and two per cent, no more: where rounding does more than that, the
numbers that it came from are written too, or the exercise is not taken.
"""

import numpy as np

from wrong_draw import Digits, answer_text, exercise, exercise_text, pick
from wrong_rules import each, work, write
from wrong_student import SLOPE, STATE, VALUE, Student, sigmoid

ABOUT = "answers without a mistake, rounded at every step or at the end, in part or in full: full marks are due to each"
COUNT = 320

# How far from what it should be rounding may carry a number whose origins are not written.
MOST = 0.02
# How many of the numbers that are not 0 may be written as 0.
ZEROS = 0.25

# What the student of `wrong_student.py` has not heard of.
STATE["rmsprop"] = ["v"]
VALUE["softplus"] = lambda z: np.log1p(np.exp(z))
SLOPE["softplus"] = lambda z, x: sigmoid(z)
VALUE["elu"] = lambda z: np.where(z > 0, z, np.exp(z) - 1)
SLOPE["elu"] = lambda z, x: np.where(z > 0, 1.0, np.exp(z))

WANTS = [
    {},
    {"steps": 2},
    {"examples": [2, 3]},
    {"optimizer": ["momentum"], "steps": 2},
    {"optimizer": ["adam"]},
    {"hidden": ["softplus", "elu"]},
    {"parts": "two"},
    {"task": "gradient"},
    {"rmsprop": True, "optimizer": ["momentum"]},
    {"hidden": ["relu"], "negative": True},
    {"optimizer": ["adam"], "steps": 2, "layers": [[2, 2, 1], [1, 2, 1], [2, 2, 2]]},
    {"layers": [[2, 2, 2, 1], [2, 3, 2, 2]]},
    {"examples": [3], "reduction": "mean", "layers": [[2, 2, 1], [1, 2, 2]]},
]
# (way, what is written)
WORKS = [
    ("each step", "everything"),
    ("at the end", "everything"),
    ("each step", "everything"),
    ("two more digits", "everything"),
    ("each step", "outputs and deltas"),
    ("at the end", "end results"),
    ("each step", "everything"),
    ("at the end", "outputs and deltas"),
    ("two more digits", "end results"),
    ("each step", "outputs and gradients"),
    ("each step", "end results"),
]
KINDS = {
    "outputs and deltas": {"x", "delta", "class", "weights", "biases"},
    "outputs and gradients": {"x", "grad_weights", "grad_biases", "class"},
    "end results": {"weights", "biases", "total_loss_after", "class"},
}
# Where nothing is updated.
GRADIENTS = {"total_loss", "grad_weights", "grad_biases"}


class Short(Digits):
    """The same digits, but these numbers without the zeros at their ends."""

    def __init__(self, digits, exact):
        super().__init__(digits.count, digits.in_decimals)
        self.exact = exact

    def text(self, value):
        text = super().text(value)
        return text.rstrip("0").rstrip(".") if value in self.exact and "." in text else text


class Honest(Student):
    """The student with one more optimiser."""

    def remembered(self, l, kind, g):
        memory = super().remembered(l, kind, g)
        if self.optimizer == "rmsprop":
            rho = self.option("rho", 0.9)
            memory["v"] = rho * self.old(l, kind, "v", g) + (1 - rho) * g * g
        return memory

    def changed(self, p, memory):
        if self.optimizer == "rmsprop":
            return p - self.rate * memory["gradient"] / (np.sqrt(memory["v"]) + self.option("epsilon", 1e-8))
        return super().changed(p, memory)


def draw(rng, wants):
    """An exercise; rmsprop is put in the place of momentum."""
    drawn = exercise(rng, wants)
    if "rmsprop" in wants:
        new = {"optimizer": "rmsprop", "rho": pick(rng, [0.9, 0.8]), "learning_rate": pick(rng, [0.01, 0.05, 0.1])}
        for part in drawn["part"]:
            if part.pop("momentum", None):
                part.update(new)
    return drawn


def divides_by_a_root(drawn):
    return any(part.get("optimizer") in ("adam", "rmsprop") for part in drawn["part"])


def stands(key, kind, drawn, last):
    """Whether the quantity is written."""
    part, step, name = key
    if kind == "everything":
        return True
    task = next(p["task"] for p in drawn["part"] if p["name"] == part)
    wanted = GRADIENTS if kind == "end results" and task == "gradient" else KINDS[kind]
    return name.split("[")[0] in wanted and (kind != "end results" or step == last[part])


def as_written(key, value, digits):
    return value if key[2] == "class" else each(digits.rounded, value)


def near(key, written, value, digits):
    """For each number whether half a unit and two per cent explain the difference."""
    if key[2] == "class":
        return written == value
    return abs(written - value) <= 0.5000001 * each(digits.unit, written) + MOST * abs(value)


def worked(drawn, digits, way, kind):
    """The numbers as written and as they follow from those, by quantity; None where that would not be fair."""
    solution = work(Honest, drawn)
    if not solution or not all(value.any() for key, value in solution.items() if "delta" in key[2]):
        return None
    kept = {"each step": digits, "two more digits": Digits(digits.count + 2, digits.in_decimals)}.get(way)
    notes = work(Honest, drawn, kept and (lambda key, value: as_written(key, value, kept)))
    if not notes:
        return None
    last = {part: step for part, step, _ in notes}
    written = {k: as_written(k, v, digits) for k, v in notes.items() if stands(k, kind, drawn, last)}
    follows = what_follows(drawn, written)
    for key, value in written.items():
        if key[2] == "class" and (value != solution[key]).any():
            return None
        right, following = near(key, value, solution[key], digits), near(key, value, follows[key], digits)
        if not (right | following).all():
            return None
    return (written, follows) if can_be_read(written, solution) else None


def what_follows(drawn, written):
    """What the right formulas give from what is written before."""
    follows = {}

    def replace(key, value):
        follows[key] = value
        return written.get(key, value)

    with np.errstate(all="ignore"):
        Honest(drawn, replace).work()
    return follows


def can_be_read(written, solution):
    """Whether enough of the numbers can be read: nobody writes an answer of zeros."""
    size = sum(np.count_nonzero(solution[key]) for key in written)
    lost = sum(np.count_nonzero((written[key] == 0) & (solution[key] != 0)) for key in written)
    return lost <= ZEROS * size


def exact_numbers(written, follows):
    """The numbers that are exact wherever they stand."""
    exact, rounded = set(), set()
    for key, value in written.items():
        for number, comes_out in zip(np.ravel(value), np.ravel(follows[key])):
            (exact if abs(number - comes_out) < 1e-9 else rounded).add(float(number))
    return exact - rounded


def entry(index):
    rng = np.random.default_rng([62, index])
    digits = Digits(2 + index % 5, decimals=index // 5 % 2 == 1)
    wanted, kind = WORKS[index % len(WORKS)]
    for _ in range(1000):
        drawn = draw(rng, WANTS[index % len(WANTS)])
        # Who divides by the root of a small number does not round it to two decimals first.
        way = "at the end" if divides_by_a_root(drawn) and digits.in_decimals else wanted
        work_done = worked(drawn, digits, way, kind)
        if work_done:
            shown = Short(digits, exact_numbers(*work_done)) if index % 3 == 1 else digits
            text = {"exercise": exercise_text(drawn), "answer": answer_text(work_done[0], shown)}
            return {"way": way, "written": kind, **digits.about(), **text}
    raise AssertionError(f"entry {index}: nothing fair for {wanted}, {kind}, {digits.about()}")


if __name__ == "__main__":
    write("honest.json", ABOUT, {"honest": [entry(index) for index in range(COUNT)]})
