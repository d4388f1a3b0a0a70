"""A student's way through a whole exercise: parts, steps, and what is on paper at the end.

Values are keyed (part, step, quantity), steps from 1, in the order of the work.
"""

import numpy as np

from marking_student import NotApplicable, Step, column
from reference import to_mpf


class Paper:
    """What a student has on paper: `own` is what he goes on with, `computed` the same before any rounding or slip.

    `mistakes` is a dict of `marking_student.RULES`. `keep(key, value)` returns what the student goes on with: rounded, with a
    slip in an entry, or replaced by what he wrote.
    """

    def __init__(self, exercise, mistakes=None, keep=lambda key, value: value, slope_from="z"):
        self.exercise, self.mistakes, self.keep, self.slope_from = exercise, mistakes or {}, keep, slope_from
        self.own, self.computed, self.steps = {}, {}, {}
        if "mean_for_sum" in self.mistakes and any(part.get("reduction") == "mean" for part in exercise["part"]):
            raise NotApplicable("a mean is what was asked for")
        network = exercise["network"]
        layers = range(len(network["activations"]))
        first = [to_mpf(np.array(network["weights"][k], dtype=object)) for k in layers]
        self.results = {"initial": (first, [to_mpf(np.array(network["biases"][k], dtype=object)) for k in layers])}
        for part in exercise["part"]:
            self._part(part)

    def _start(self, part):
        start = part.get("start", "initial")
        if "wrong_start" in self.mistakes:
            names = [p["name"] for p in self.exercise["part"]]
            before = names[: names.index(part["name"])]
            moved = [name for name in before if self.exercise["part"][names.index(name)]["task"] == "update"]
            if start != "initial":
                start = "initial"
            elif moved:
                start = moved[-1]
        return self.results[start]

    def _part(self, part):
        w, b = self._start(part)
        examples = part["examples"]
        m = len(examples)
        online = part.get("mode", "batch") == "online"
        everything = list(range(m))
        batches = [[i] for i in everything] if online else [everything]
        states, steps = {}, 0
        for epoch in range(part.get("epochs", 1)):
            first = steps
            if "online_for_batch" in self.mistakes and not online and m > 1 and part["task"] == "update":
                w, b, states = self._one_by_one(part, w, b, states, first)
                steps += 1
            elif "batch_for_online" in self.mistakes and online and m > 1:
                w, b, states = self._jointly(part, w, b, states, first)
                steps += m
            else:
                for batch in batches:
                    steps += 1
                    step = self._step(part, batch, w, b, steps, states)
                    self.steps[(part["name"], steps)] = step
                    self._fill(step, (part["name"], steps))
                    if part["task"] == "update":
                        states, w, b = step.after()
        self.results[part["name"]] = (w, b)

    def _step(self, part, batch, w, b, number, states):
        examples = [part["examples"][i] for i in batch]
        x0 = column([e["x"] for e in examples])
        t = column([e["t"] for e in examples]) if "t" in examples[0] else None
        return Step(self.exercise["network"], part, x0, t, w, b, number, states, self.slope_from)

    def _fill(self, step, place, names=None):
        for name in names or step.names():
            key = (*place, name)
            value = step.compute(name, self.mistakes)
            if place[1] is not None:
                self.computed[key] = value
            step.own[name] = value if place[1] is None else self.keep(key, value)
            if place[1] is not None:
                self.own[key] = step.own[name]

    def _put(self, key, value):
        self.computed[key] = value
        self.own[key] = value

    def _one_by_one(self, part, w, b, states, done):
        """Where a joint step was asked: an update per example; the columns on paper are those of the examples in turn."""
        m = len(part["examples"])
        taken = []
        for i in range(m):
            step = self._step(part, [i], w, b, done * m + i + 1, states)
            self._fill(step, (part["name"], None))
            taken.append(step)
            states, w, b = step.after()
        joint = self._step(part, list(range(m)), w, b, 1, {})
        for name in joint.names():
            key = (part["name"], done + 1, name)
            quantity = name.split("[")[0]
            if quantity in ("z", "x", "delta", "loss"):
                value = np.concatenate([s.own[name] for s in taken], axis=-1)
            elif quantity in ("weights", "biases"):
                value = taken[-1].own[name]
            elif quantity in ("total_loss", "total_loss_after"):
                value = joint.compute(name, self.mistakes)
            else:
                continue  # a gradient per example: there is no joint one to write down
            joint.own[name] = value
            self._put(key, value)
        return w, b, states

    def _jointly(self, part, w, b, states, done):
        """Where an update per example was asked: one joint update at the end of the epoch."""
        m = len(part["examples"])
        joint = self._step(part, list(range(m)), w, b, done // m + 1, states)
        self._fill(joint, (part["name"], None))
        states, new_w, new_b = joint.after()
        for i in range(m):
            step = self._step(part, [i], w, b, 1, {})
            for name in step.names():
                quantity, _, layer = name.partition("[")
                key = (part["name"], done + i + 1, name)
                if quantity in ("weights", "biases", "total_loss_after"):
                    if i + 1 < m:
                        continue
                    if layer:
                        step.own[name] = (new_w if quantity == "weights" else new_b)[int(layer[:-1]) - 1]
                    else:
                        step.own[name] = step.compute(name, self.mistakes)
                else:
                    step.own[name] = step.compute(name, self.mistakes)
                self._put(key, step.own[name])
        return new_w, new_b, states


def stated_paper(exercise, stated, slope_from="z"):
    """The right method from what was stated: `own` has the stated values, `computed` what follows from those before."""
    return Paper(exercise, {}, lambda key, value: stated.get(key, value), slope_from)


__all__ = ["NotApplicable", "Paper", "stated_paper"]
