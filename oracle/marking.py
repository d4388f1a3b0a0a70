"""values/marking/: exercises, students' answers with known mistakes, and what is known of each answer.

`exercises/` holds the exercises, `answers/RULE/` the answers of students who make that mistake and otherwise reckon rightly
from their own numbers, `answers/pairs/` two mistakes at once, `answers/slips/` one wrong entry, `answers/right/` right
answers in every way of writing, `answers/published/` worked examples as they were printed. `expected.json` has an entry per
answer:

- `exercise`, `answers`: the files. `style`: the student's rounding. `mistakes`: what was planted; `variant` says which.
- `first`: the part, step and quantity where the mistake first shows.
- `verdicts`: part -> quantity -> `correct` (the student's number is the true one but for rounding), `follow_through` (what
  the right method gives from the numbers written before), `not_wrong` (one of the two: the difference is too small to tell),
  `wrong`. A quantity whose verdict the digits written cannot decide is absent.
- `also_allowed`, `also_first`: what a marker may say instead where two conventions meet.
- `same`: other mistakes that give every number of the answer, whatever the digits; `close`: those that give them to the
  digits written. Each is as good an explanation.

The answers come from `marking_student.py`, never from the Rust code. The right gradients are checked by central differences,
and the right solutions against `solver.py`.
"""

import itertools

import numpy as np
from mpmath import mpf

from marking_answers import Style, answer_file
from marking_case import Case, Folder, flat, save
from marking_exercises import SPECIFICATIONS, draw, read, readable
from marking_published import published
from marking_right import right_answers
from marking_slips import rounded_intermediates, slips
from marking_student import RULES, NotApplicable
from marking_work import Paper
from solver import solve

STYLES = [
    Style(4),
    Style(6, text=False),
    Style(5, keep=True, short=True),
    Style(6, slope="x", short=True),
    Style(5, decimals=True, text=False),
    Style(4, keep=True, slope="x"),
    Style(6, keep=True, text=False, short=True),
    Style(4, decimals=True, short=True),
    Style(3),
    Style(6, decimals=True, keep=True, slope="x", text=False),
]
SUBSET_TURNS = ["all", "all", "printed", "all", "no gradients", "all", "end", "outputs and deltas"]
PER_RULE = 7


def slug(variant):
    return variant.replace("/", "-over-").replace(", ", "-").replace(" ", "-")


def check_gradients(exercise, paper):
    """Compares every right gradient with central differences of the loss."""
    h = mpf(10) ** -17
    for part in exercise["part"]:
        if part["task"] not in ("gradient", "update"):
            continue
        w, b = paper.results[part.get("start", "initial")]
        m = len(part["examples"])
        joint = {**part, "task": "forward", "start": "initial"}
        joint.pop("mode", None)

        def loss(weights, biases):
            network = {**exercise["network"], "weights": weights, "biases": biases}
            batch = {**joint, "examples": part["examples"][:1] if part.get("mode") == "online" else part["examples"]}
            own = Paper({"network": network, "part": [{**batch, "epochs": 1}]}).own
            decay = mpf(part.get("l2", 0)) / 2 * sum(v * v for layer in weights for v in flat(layer))
            return own[(part["name"], 1, "total_loss")] + decay

        for kind, parameters in (("weights", w), ("biases", b)):
            for layer, values in enumerate(parameters):
                gradient = paper.own[(part["name"], 1, f"grad_{kind}[{layer + 1}]")]
                for index in np.ndindex(values.shape):
                    moved = []
                    for sign in (1, -1):
                        changed = [[v.copy() for v in w], [v.copy() for v in b]]
                        changed[0 if kind == "weights" else 1][layer][index] += sign * h
                        moved.append(loss(*changed))
                    difference = (moved[0] - moved[1]) / (2 * h)
                    assert abs(difference - gradient[index]) < mpf(10) ** -25, (part, kind, layer, index)
        assert m


def check_solution(text, paper):
    """Compares the right way through an exercise with the solver's."""
    for part in solve(text)["parts"]:
        for number, step in enumerate(part["steps"], 1):
            for name, value in step.items():
                if name in ("examples", "optimizer_state"):
                    continue
                layered = name in ("z", "x", "delta", "grad_weights", "grad_biases", "weights", "biases")
                for layer, item in enumerate(value if layered else [value], 1):
                    key = (part["name"], number, f"{name}[{layer}]" if layered else name)
                    own = flat(paper.own[key])
                    assert all(abs(a - mpf(b)) < 1e-12 for a, b in zip(own, np.ravel(item), strict=True)), key


def exercises():
    """name -> (text, exercise, the right paper)."""
    rng = np.random.default_rng(11)
    result = {}
    for specification in SPECIFICATIONS:
        for _ in range(1000):
            text = draw(rng, specification)
            exercise = read(text)
            paper = Paper(exercise)
            if readable(paper.own, exercise):
                break
        else:
            raise AssertionError(f"no readable numbers for {specification[0]}")
        check_gradients(exercise, paper)
        check_solution(text, paper)
        result[specification[0]] = (text, exercise, paper)
    return result


def single_mistakes(folder, made):
    """For every rule, answers to several exercises: the variants in turn, each with another style and subset."""
    counter = itertools.count()
    for rule, variants in RULES.items():
        candidates = {variant: list(made) for variant in variants}
        offset = 3 * list(RULES).index(rule)
        for variant in variants:
            names = candidates[variant]
            candidates[variant] = 2 * (names[offset % len(names) :] + names[: offset % len(names)])
        used, count = {}, 0
        while count < PER_RULE + len(variants) // 2 and any(candidates.values()):
            for variant in variants:
                names = sorted(candidates[variant], key=lambda name: used.get(name, 0))
                while names:
                    name = names.pop(0)
                    candidates[variant].remove(name)
                    case = readable_case(made[name], {rule: variant}, counter)
                    if case:
                        used[name] = used.get(name, 0) + 1
                        count += 1
                        file = f"{name}-{slug(variant)}" if variant else name
                        save(folder, rule, file, name, case, [rule], variant, "mistake")
                        break


def readable_case(one, mistakes, counter):
    """The student's answer, if its digits show the mistake; states everything where a part of it does not show it."""
    _, exercise, truth = one
    number = next(counter)
    style = STYLES[number % len(STYLES)]
    for subset in dict.fromkeys([SUBSET_TURNS[number % len(SUBSET_TURNS)], "all"]):
        try:
            case = Case(exercise, truth, mistakes, style, subset, last_part=subset == "all" and number % 16 == 3)
        except (NotApplicable, ZeroDivisionError):
            return None
        # Without the weights, a turned sign of δ or a transposed gradient is another way of writing.
        told = not {"delta_sign", "gradient_transposed"} & set(mistakes) or case.states("weights")
        if case.first() and told:
            return case
    return None


def pairs(folder, made, count=32):
    """Two mistakes at once, drawn with a fixed seed; no single mistake explains the answer."""
    rng = np.random.default_rng(5)
    counter, taken, seen = itertools.count(), 0, set()
    while taken < count:
        first, second = (list(RULES)[int(i)] for i in rng.choice(len(RULES), 2, replace=False))
        name = list(made)[int(rng.integers(len(made)))]
        mistakes = {rule: RULES[rule][int(rng.integers(len(RULES[rule])))] for rule in (first, second)}
        if (first, second) in seen:
            continue
        _, exercise, truth = made[name]
        number = next(counter)
        try:
            case = Case(exercise, truth, mistakes, STYLES[number % len(STYLES)], "all")
            alone = [Paper(exercise, {rule: variant}, slope_from=case.style.slope) for rule, variant in mistakes.items()]
        except (NotApplicable, ZeroDivisionError):
            continue
        shown = all(
            any(key not in other.own or case._readable(key, case.exact.own[key], other.own[key]) for key in case.keys)
            for other in alone
        )
        if not case.first() or not shown or ("delta_sign" in mistakes and not case.states("weights")):
            continue
        if any(case.explains({rule: variant}) for rule, variants in RULES.items() for variant in variants):
            continue
        seen.add((first, second))
        taken += 1
        file = f"{first}-and-{second}-{name}"
        variant = " and ".join(f"{rule}: {variant}" if variant else rule for rule, variant in mistakes.items())
        text = answer_file(case.entries(), case.style.text)
        entry = {"kind": "pair", "mistakes": [first, second], "variant": variant, **case.expected()}
        folder.add("pairs", file, name, text, entry)


def main():
    folder = Folder()
    made = exercises()
    for name, (text, _, _) in made.items():
        folder.files[f"exercises/{name}.toml"] = text
    single_mistakes(folder, made)
    rounded_intermediates(folder, made)
    slips(folder, made)
    right_answers(folder, made)
    pairs(folder, made)
    published(folder)
    folder.write()


if __name__ == "__main__":
    main()
