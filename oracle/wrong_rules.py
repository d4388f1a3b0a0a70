"""values/wrong_rules.json: answers of students with a wrong rule, and answers with one wrong number at random.

Sixty wrong rules (`wrong_list.py`), written from what students do and without a look at what the marking knows: what it
makes of them says how well it does with mistakes that nobody had in mind. Under "rules" an entry is an exercise and the
answer of a student with the rule; under "random" one number is wrong, and what comes after it follows from it or is the
solution's. `first` is the first quantity that differs from the solution, by well over what rounding can do. `same_as` names
other rules that give the same numbers in this exercise, where none could be drawn in which they differ.
"""

import json
import sys
from pathlib import Path

import numpy as np

from wrong_draw import Digits, answer_text, exercise, exercise_text, pick
from wrong_list import RULES
from wrong_student import Student, right

ABOUT = "answers to exercises by sixty wrong rules, and with one wrong number at random; numbers as a student writes them"
WRITINGS = [Digits(4), Digits(4, decimals=True), Digits(3), Digits(4), Digits(4, decimals=True), Digits(6)]
RANDOM = 300
RANDOM_WANTS = [{}, {}, {"steps": 2}, {"examples": [2, 3]}, {"optimizer": ["momentum"]}, {"optimizer": ["adam"]}]

# How many times what rounding can do a difference must be.
CLEARLY = 5


def usable(student):
    """Whether the numbers can be written, none is 0 but for rounding, and no unit stands at the corner of its activation."""
    notes = student.notes
    for (_, _, name), value in notes.items():
        size = np.abs(value[value != 0])
        if not np.isfinite(value).all() or (size < 1e-13).any() or (size > 1e4).any():
            return False
        if name.startswith("z[") and "relu" in student.f[int(name[2:-1])] and (np.abs(value) < 1e-6).any():
            return False
    return True


def work(kind, exercise, replace=None):
    """The notes of this kind of student; None if they are not usable."""
    student = kind(exercise, replace)
    with np.errstate(all="ignore"):
        student.work()
    return student.notes if usable(student) else None


def solve(exercise):
    """The solution; None if it is not usable, or if no unit of a layer learns anything."""
    notes = work(Student, exercise)
    return notes if notes and all(value.any() for key, value in notes.items() if "delta" in key[2]) else None


def each(function, value):
    """The function of every number of a quantity."""
    return np.array(np.frompyfunc(function, 1, 1)(value), dtype=float)


class Rounding:
    """What rounding can do in an exercise: a unit of the last digit, or what rounding every earlier number makes of it."""

    def __init__(self, exercise, solution, digits):
        with np.errstate(all="ignore"):
            rounded = right(exercise, lambda key, value: value if key[2] == "class" else each(digits.rounded, value))
        self.sizes = {
            key: np.fmax(each(digits.unit, value), abs(value - rounded[key])) for key, value in solution.items()
        }

    def clear(self, key, a, b):
        """Whether the two differ in a number by well over rounding."""
        if key[2] == "class":
            return (a != b).any()
        return (abs(a - b) > CLEARLY * self.sizes[key]).any()

    def tell_apart(self, a, b):
        return any(self.clear(key, a[key], b[key]) for key in a)


def first_difference(a, b):
    """The first quantity in which the two differ by more than the last bits of the reckoning."""
    return next((key for key in a if not np.allclose(a[key], b[key], rtol=1e-9, atol=1e-15)), None)


def same_numbers(rule, exercise, answer, solution, rounding):
    """The other rules that give this answer here."""
    same = []
    for other in RULES:
        notes = None if other is rule else work(other.student, exercise)
        if notes and rounding.tell_apart(notes, solution) and not rounding.tell_apart(notes, answer):
            same.append(other.id)
    return same


def entry_of_rule(rng, rule, writing):
    """An exercise in which the rule shows and no other gives the same, if there is one; its answer."""
    for attempt in range(400):
        drawn = exercise(rng, rule.wants)
        adam = drawn["part"][0].get("optimizer") == "adam"
        digits = Digits(writing.count) if adam else writing  # nobody writes Adam's v with four decimals
        solution, answer = solve(drawn), work(rule.student, drawn)
        first = solution and answer and first_difference(solution, answer)
        if not first:
            continue
        rounding = Rounding(drawn, solution, digits)
        if not rounding.clear(first, solution[first], answer[first]):
            continue
        same = same_numbers(rule, drawn, answer, solution, rounding)
        if same and attempt < 200:
            continue
        part, step, name = first
        assert name.split("[")[0] == rule.shows, (rule.id, first)
        result = {"rule": rule.id, "says": rule.says, "part": part, "step": step, "first": name, **digits.about()}
        if same:
            result["same_as"] = same
        return {**result, "exercise": exercise_text(drawn), "answer": answer_text(answer, digits)}
    raise AssertionError(f"{rule.id}: no exercise in which it shows")


def random_place(rng, solution):
    """A quantity, every kind as likely as any other, and the place of a number in it that is not 0."""
    kinds = {}
    for key, value in solution.items():
        if key[2] != "class" and value.any():
            kinds.setdefault(key[2].split("[")[0], []).append(key)
    key = pick(rng, kinds[pick(rng, list(kinds))])
    return key, tuple(int(i) for i in pick(rng, np.argwhere(solution[key])))


def random_entry(rng, digits, wants, follows):
    """An exercise and its solution with one number changed by up to a half; `follows`: with what follows from it."""
    for _ in range(200):
        drawn = exercise(rng, wants)
        solution = solve(drawn)
        if not solution:
            continue
        key, place = random_place(rng, solution)
        wrong = solution[key].copy()
        wrong[place] = digits.rounded(wrong[place] * rng.uniform(0.5, 1.5))
        if not Rounding(drawn, solution, digits).clear(key, wrong, solution[key]):
            continue
        if follows:
            answer = work(Student, drawn, lambda at, value: wrong if at == key else value)
        else:
            answer = {**solution, key: wrong}
        if not answer:
            continue
        part, step, name = key
        return {
            "part": part,
            "step": step,
            "quantity": name,
            "place": [i + 1 for i in place],
            "right": digits.text(float(solution[key][place])),
            "wrong": digits.text(float(wrong[place])),
            "follows": follows,
            **digits.about(),
            "exercise": exercise_text(drawn),
            "answer": answer_text(answer, digits),
        }
    raise AssertionError("no exercise for a wrong number")


def rules():
    for index, rule in enumerate(RULES):
        rng = np.random.default_rng([60, index])
        for writing in WRITINGS:
            yield entry_of_rule(rng, rule, writing)


def randoms():
    rng = np.random.default_rng(61)
    for index in range(RANDOM):
        wants = RANDOM_WANTS[index // 4 % len(RANDOM_WANTS)]
        yield random_entry(rng, Digits(3 + index % 2), wants, follows=index // 2 % 2 == 0)


def write(name, about, sections):
    """Writes the sections with sorted keys and an entry a line, into `values/` or the folder that is the only argument."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "values"
    folder.mkdir(parents=True, exist_ok=True)
    text = '{\n"about": ' + json.dumps(about)
    for section, entries in sections.items():
        lines = [json.dumps(entry, sort_keys=True, allow_nan=False, ensure_ascii=False) for entry in entries]
        text += f',\n"{section}": [\n' + ",\n".join(lines) + "\n]"
    (folder / name).write_text(text + "\n}\n", encoding="utf-8", newline="\n")


def main():
    write("wrong_rules.json", ABOUT, {"rules": list(rules()), "random": list(randoms())})


if __name__ == "__main__":
    main()
