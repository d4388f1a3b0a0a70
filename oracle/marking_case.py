"""An answer and what is known of it: the student's exact numbers, what is written, the verdicts, other explanations."""

import itertools
import json
import sys
from pathlib import Path

import numpy as np
from mpmath import mpf

from marking_answers import answer_file, entrywise, label, shaped, stated, steps_of, unit
from marking_student import RULES, NotApplicable
from marking_work import Paper, stated_paper

EXACT = mpf(10) ** -30
# A difference is readable beyond this many units of the last digit and this many times the drift of rounded intermediates.
READABLE = 15


def flat(value):
    return list(np.ravel(np.array(value, dtype=object)))


def distance(a, b):
    return max((abs(u - v) for u, v in zip(flat(a), flat(b))), default=mpf(0))


class Case:
    """An answer: the student's exact numbers and the true ones, what is written, and the verdicts on it."""

    def __init__(self, exercise, truth, mistakes, style, subset, last_part=False, slip=None):
        self.exercise, self.truth, self.style, self.mistakes = exercise, truth, style, mistakes
        slips = slip or (lambda key, value: value)
        self.exact = Paper(exercise, mistakes, slips, style.slope)
        rounding = (lambda key, value: slips(key, style.on_paper(value))) if style.keep else slips
        self.written = Paper(exercise, mistakes, rounding, style.slope)
        self.keys = stated(exercise, self.written, subset, last_part)
        self.texts = self.written_texts()
        self.steps = steps_of(self.truth)
        self._judge()

    def written_texts(self):
        return {key: entrywise(self.style.write, self.written.own[key]) for key in self.keys}

    def drift(self, key):
        return distance(self.exact.own[key], self.written.own[key])

    def limit(self, key):
        """Per entry, what a difference must exceed to be readable."""
        drift = self.drift(key)
        if key[2] == "class":
            return [mpf("0.5") for _ in flat(self.texts[key])]
        return [READABLE * (unit(text) + drift) for text in flat(self.texts[key])]

    def _readable(self, key, a, b):
        return any(abs(u - v) > limit for u, v, limit in zip(flat(a), flat(b), self.limit(key)))

    def _judge(self):
        own = self.exact.own
        self.follower = stated_paper(self.exercise, {key: own[key] for key in self.keys}, self.style.slope)
        right = self.follower.computed
        self.verdicts = {}
        for key in self.keys:
            value, true, follows = own[key], self.truth.own[key], right[key]
            if distance(value, true) < EXACT:
                self.verdicts[key] = "correct"
            elif distance(value, follows) < EXACT:
                self.verdicts[key] = "follow_through" if self._readable(key, value, true) else "not_wrong"
            else:
                wrong = self._readable(key, value, follows) and self._readable(key, value, true)
                self.verdicts[key] = "wrong" if wrong else None
        self.shown = self.first()

    def states(self, quantity):
        return any(name.startswith(quantity) for _, _, name in self.keys)

    def first(self):
        """The key where the mistake first shows; None where the digits do not show it."""
        for key, verdict in self.verdicts.items():
            if verdict in (None, "wrong"):
                return key if verdict else None
        return None

    def explains(self, mistakes):
        """How well other mistakes explain the answer from the student's own numbers: "same", "close" or None."""

        class Differs(Exception):
            pass

        exact = {key: self.exact.own[key] for key in self.keys}
        allowed = {key: [limit / READABLE * 3 for limit in self.limit(key)] for key in self.keys}
        worst = mpf(0)

        def check(key, value):
            nonlocal worst
            if key not in exact:
                return value
            for computed, written, most in zip(flat(value), flat(exact[key]), allowed[key]):
                if abs(computed - written) > most:
                    raise Differs
                worst = max(worst, abs(computed - written))
            return exact[key]

        try:
            paper = Paper(self.exercise, mistakes, check, self.style.slope)
            if {"online_for_batch", "batch_for_online"} & set(mistakes):
                for key in self.keys:
                    if key not in paper.own:
                        return None
                    check(key, paper.own[key])
        except (Differs, NotApplicable, ZeroDivisionError):
            return None
        return "same" if worst < EXACT else "close"

    def _possible(self, rule, variant):
        """Whether the rule gives the first wrong quantity from what is written before it; True where that is not all."""
        first = self.shown
        before = itertools.takewhile(lambda key: key != first, self.follower.own)
        if rule in ("online_for_batch", "batch_for_online", "wrong_start") or set(before) - set(self.keys):
            return True
        try:
            value = self.follower.steps[first[:2]].compute(first[2], {rule: variant})
        except (NotApplicable, ZeroDivisionError):
            return False
        allowed = [limit / READABLE * 3 for limit in self.limit(first)]
        return all(abs(a - b) <= most for a, b, most in zip(flat(value), flat(self.exact.own[first]), allowed))

    def other_rules(self):
        found = {"same": set(), "close": set()}
        for rule, variants in RULES.items():
            if rule not in self.mistakes:
                results = {self.explains({rule: variant}) for variant in variants if self._possible(rule, variant)}
                if results - {None}:
                    found["same" if "same" in results else "close"].add(rule)
        return {kind: sorted(rules) for kind, rules in found.items()}

    def entries(self):
        """part -> {label: texts as the file has them}."""
        result = {}
        for key, texts in self.texts.items():
            result.setdefault(key[0], {})[label(key, self.steps)] = shaped(key[2], texts)
        return result

    def expected(self):
        verdicts = {}
        for key, verdict in self.verdicts.items():
            if verdict:
                verdicts.setdefault(key[0], {})[label(key, self.steps)] = verdict
        first = self.shown
        where = {"first": {"part": first[0], "step": first[1], "quantity": first[2]}} if first else {}
        return {"style": self.style.describe(), "verdicts": verdicts, **where}


class Folder:
    """Collects the files and their entries in expected.json."""

    def __init__(self):
        self.files, self.entries = {}, []

    def add(self, folder, name, exercise, text, entry):
        end = "json" if text.startswith("{") else "toml"
        path = f"answers/{folder}/{name}.{end}"
        for number in itertools.count(2):
            if path not in self.files:
                break
            path = f"answers/{folder}/{name}-{number}.{end}"
        self.files[path] = text
        self.entries.append({"answers": path, "exercise": f"exercises/{exercise}.toml", **entry})

    def write(self):
        root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "values"
        lines = [json.dumps(entry, sort_keys=True, ensure_ascii=False) for entry in self.entries]
        about = "answers of students, and what is known of each; see oracle/marking.py"
        self.files["expected.json"] = f'{{\n"about": "{about}",\n"entries": [\n' + ",\n".join(lines) + "\n]\n}\n"
        for path, text in self.files.items():
            target = root / "marking" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")


def sign_of_delta(case):
    """δ as t − x is right with a plus in the update: so δ may pass for right, and the update's sign for the mistake."""
    for key in case.verdicts:
        if key[2].startswith(("delta", "grad")):
            case.verdicts[key] = None
    weights = next(key for key in case.keys if key[2].startswith("weights"))
    return {"also_allowed": ["update_sign"], "also_first": {"part": weights[0], "step": weights[1], "quantity": weights[2]}}


def save(folder, where, file, exercise, case, mistakes, variant, kind, **more):
    text = answer_file(case.entries(), case.style.text)
    assert kind != "mistake" or not case.mistakes or case.explains(case.mistakes) == "same", (exercise, case.mistakes)
    others = case.other_rules()
    if mistakes == ["delta_sign"]:
        more |= sign_of_delta(case)
    known = case.expected()
    entry = {"kind": kind, "mistakes": mistakes, "variant": variant, **others, **known, **more}
    folder.add(where, file, exercise, text, {key: value for key, value in entry.items() if value not in ("", None)})
