"""values/one_decimal.json: answers by the sixty wrong rules of `wrong_list.py`, written with one decimal.

With one decimal a delta of 0.084 is 0.1, and one of 0.036 is 0.0: much that is wrong cannot be told from rounding. In each of
these answers something can. A number exceeds the rounding when nobody who works rightly could have written it: it is

- not the right number, and not what the right formula gives from the numbers written before it, both rounded to one decimal:
  from either it is a unit of the last digit away, or more, and from the right number itself more than a unit and three per
  cent;
- outside of what the right formula gives when each number written before it is moved by half a unit, all of them in the worst
  direction, and the result by a whole unit: a student may have gone on with more digits than he wrote, and have rounded the
  last one the wrong way.

Nothing is asked of a marking but to call some number of the answer wrong. `first` is the first quantity with a number that
exceeds the rounding. Adam's m and v are not written: nobody writes them with one decimal. In every other answer the student
has rounded at every step ("each step"), else where he wrote it down ("at the end").
"""

import numpy as np

from wrong_draw import Digits, answer_text, exercise, exercise_text
from wrong_list import RULES
from wrong_rules import each, solve, work, write
from wrong_student import Student

ABOUT = "answers by sixty wrong rules written with one decimal; in each a number is wrong by more than rounding explains"
ONE = Digits(1, decimals=True)
HALF, UNIT = 0.05, 0.1
LEAST = 0.03  # of the right number
MARGIN = 1.2  # the interval is of first order
# Steps that one decimal shows, where a rule is in the step.
LARGE = {"a-epsilon-inside": {"epsilon": [1.0, 0.5]}}


def rounded(key, value):
    return value if key[2] == "class" else each(ONE.rounded, value)


def draw(rng, rule, large):
    drawn = exercise(rng, {**rule.wants, **LARGE.get(rule.id, {})})
    for part in drawn["part"]:
        if large and "learning_rate" in part:
            part["learning_rate"] = 1
    return drawn


def what_follows(drawn, written, key):
    """What the right formulas give from what is written before; of this quantity, and of all before it."""
    follows = {}

    def replace(at, value):
        follows[at] = value
        return written.get(at, value)

    with np.errstate(all="ignore"):
        Student(drawn, replace).work()
    return follows[key]


def reach(drawn, written, key):
    """How far half a unit in each number written before can move the quantity, all of them added up."""
    centre = what_follows(drawn, written, key)
    total = np.zeros_like(centre)
    for earlier, value in written.items():
        if earlier == key:
            break
        if earlier[2] == "class":
            continue
        for place in np.ndindex(value.shape):
            moves = []
            for shift in (HALF, -HALF):
                moved = value.copy()
                moved[place] += shift
                moves.append(abs(what_follows(drawn, {**written, earlier: moved}, key) - centre))
            # An infinite move (a logarithm of 0) explains everything.
            total += np.nan_to_num(np.maximum(*moves), nan=np.inf)
    return total


def exceeding(drawn, written, solution):
    """The first quantity with a number that no rounding explains, and the place of the number; None if there is none."""
    for key, value in written.items():
        if key[2] == "class":
            continue
        right, follows = solution[key], what_follows(drawn, written, key)
        apart = abs(value - right) > np.maximum(UNIT, LEAST * abs(right))
        for honest in (right, follows):
            if not np.isfinite(honest).all():
                return None
            apart &= abs(value - rounded(key, honest)) > UNIT - 1e-9
        if apart.any():
            apart &= abs(value - follows) > UNIT + MARGIN * reach(drawn, written, key)
        if apart.any():
            return key, tuple(int(i) for i in np.argwhere(apart)[0])
    return None


def entry(index, rule):
    """The answer by a rule; None where one decimal does not show it in any exercise that was drawn."""
    rng = np.random.default_rng([63, index])
    way = ["at the end", "each step"][index % 2]
    for attempt in range(400):
        drawn = draw(rng, rule, large=attempt % 2 == 1)
        solution = solve(drawn)
        notes = solution and work(rule.student, drawn, rounded if way == "each step" else None)
        if not notes:
            continue
        written = {k: rounded(k, v) for k, v in notes.items() if k[2].split("_")[0] not in ("m", "v")}
        found = exceeding(drawn, written, solution)
        if not found:
            continue
        (part, step, name), place = found
        return {
            "rule": rule.id,
            "says": rule.says,
            "way": way,
            "part": part,
            "step": step,
            "first": name,
            "right": float(f"{solution[part, step, name][place]:.4g}"),
            "written": float(written[part, step, name][place]),
            "place": [i + 1 for i in place],
            **ONE.about(),
            "exercise": exercise_text(drawn),
            "answer": answer_text(written, ONE),
        }
    return None


if __name__ == "__main__":
    entries = [entry(index, rule) for index, rule in enumerate(RULES)]
    write("one_decimal.json", ABOUT, {"rules": [found for found in entries if found]})
