"""values/exercises.json: exercise files at random, each with its solution.

The sheet's three exercises with every number changed, then exercises that between them have every activation, every loss
with every output activation that it admits, all four tasks, sum and mean, batch and online, several epochs, frozen biases,
l2, every optimiser with other parameters than its defaults, parts that start from earlier ones, one number or matrices for the
parameters. An entry is `{exercise, solution}`: the text of the file and what it must come out as.

Biases that are frozen keep their first optimiser state. A part begins with a fresh optimiser.
"""

import itertools
import tomllib

import numpy as np
from mpmath import mp

from conditioning import well_conditioned
from optimizers import PARAMETERS
from output import write
from problems import number, parameters, target, vector
from reference import ACTIVATIONS, ALL_ACTIVATIONS, LOSSES, admits
from solver import solve

SHEET = [
    ([5, 3, 2], "sigmoid", None, "squared_error"),
    ([4, 4, 3, 3], "tanh", None, "squared_error"),
    ([4, 4, 3, 3], "tanh", "softmax", "cross_entropy"),
]
OPTIONS = {"momentum": [0.5, 0.8, 0.95], "rho": [0.8, 0.99], "beta1": [0.8, 0.95], "beta2": [0.9, 0.99], "epsilon": [1e-6, 1e-4]}
OPTIONS["weight_decay"] = [0.1, 0.25]


# How far 53 bits may be from the true value: small enough that a comparison to 1e-12 is fair.
RELATIVE = 1e-13
# A sum that is truly 0 may come out as 0 with 53 bits by luck; the optimisers that divide by it tell with others.
PRECISIONS = (53, 54, 55, 56, 57)


def toml(value):
    """A number, a text, a boolean or an array of them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
    return repr(value)


def write_exercise(title, network, parts):
    lines = [f"title = {toml(title)}", "", "[network]"]
    lines += [f"{key} = {toml(value)}" for key, value in network.items()]
    for part in parts:
        lines += ["", "[[part]]"]
        lines += [f"{key} = {toml(value)}" for key, value in part.items() if key != "examples"]
        lines += ["examples = [", *[f"  {toml(example)}," for example in part["examples"]], "]"]
    return "\n".join(lines) + "\n"


def sheet_exercise(rng, index, matrices):
    """The sheet's exercise with other numbers: one number for all parameters, as there, or matrices."""
    layers, activation, output, loss = SHEET[index]
    network = {"layers": layers, "activation": activation}
    if output:
        network["output_activation"] = output
    network["loss"] = loss
    if matrices:
        network["weights"], network["biases"] = parameters(rng, layers)
    else:
        network["weights"], network["biases"] = number(rng, 0.05, 0.4, 3), number(rng, -0.3, 0.3, 3)

    def example(t=True):
        x = vector(rng, layers[0], -2.0, 2.0)
        return {"x": x, "t": vector(rng, layers[-1], 0.05, 0.95)} if t else {"x": x}

    first = example()
    parts = [{"name": "a", "task": "update", "learning_rate": number(rng, 0.1, 1.5), "examples": [first]}]
    if index == 0:
        parts.append({"name": "b", "task": "classify", "start": "a", "examples": [example(t=False)]})
    else:
        parts.append({"name": "b", "task": "update", "learning_rate": number(rng, 0.05, 0.3), "examples": [first, example()]})
    title = f"Exercise {index + 1} of the sheet with other numbers"
    return write_exercise(title, network, parts)


class Draw:
    """Goes round through the choices that must all be met; the rest is drawn."""

    def __init__(self):
        self.hidden = itertools.cycle(ACTIVATIONS)
        self.shapes = itertools.cycle([[3, 4, 2], [2, 3], [4, 2, 3], [2, 3, 1], [1, 3, 2], [3, 2, 4, 2], [5, 3]])
        self.optimizers = itertools.cycle(PARAMETERS)
        self.tasks = itertools.cycle(["classify", "gradient", "forward", "update"])


def pick(rng, choices):
    return choices[int(rng.integers(len(choices)))]


def put(part, **values):
    part.update({key: value for key, value in values.items() if value is not None})


def update_part(rng, draw, name, start, examples):
    optimizer = next(draw.optimizers)
    part = {"name": name, "task": "update"}
    rates = {"sgd": [0.1, 0.5], "momentum": [0.1, 0.3], "nesterov": [0.1, 0.3], "rprop": [0.1, 0.05]}
    put(part, start=start, optimizer=pick(rng, [None, "sgd"]) if optimizer == "sgd" else optimizer)
    part["learning_rate"] = pick(rng, rates.get(optimizer, [0.01, 0.05]))
    if rng.integers(3):
        part |= {key: pick(rng, OPTIONS[key]) for key in PARAMETERS[optimizer]}
    put(part, epochs=pick(rng, [None, 1, 2, 3]), reduction=pick(rng, [None, "sum", "mean", "mean"]))
    put(part, mode=pick(rng, [None, "batch", "online"]), l2=pick(rng, [None, None, 0.1, 0.01]))
    put(part, train_biases=pick(rng, [None, None, True, False]))
    part["examples"] = examples
    return part


def other_part(rng, task, name, start, examples):
    part = {"name": name, "task": task}
    put(part, start=start)
    if "t" in examples[0]:
        put(part, reduction=pick(rng, [None, "sum", "mean"]))
    if task == "gradient":
        put(part, l2=pick(rng, [None, 0.1]), train_biases=pick(rng, [None, True, False]))
    part["examples"] = examples
    return part


def random_exercise(rng, draw, count, loss, output):
    layers = next(draw.shapes)
    if output == "softmax" and layers[-1] == 1:
        layers = [*layers[:-1], 2]  # a single softmax unit is always 1: its gradients are 0 and test nothing
    activations = [next(draw.hidden) for _ in layers[2:]] + [output]
    network = {"layers": layers}
    if len(set(activations)) == 1 and rng.integers(2):
        network["activation"] = activations[0]
    elif len(set(activations[:-1])) == 1 and rng.integers(2):
        network["activation"], network["output_activation"] = activations[0], output
    else:
        network["activation"] = activations
    network["loss"] = loss
    weights, biases = parameters(rng, layers)
    form = count % 4
    network["weights"] = number(rng, -0.6, 0.6, 3) if form == 1 else weights
    if form != 2:
        network["biases"] = number(rng, -0.4, 0.4, 3) if form == 3 else biases

    def examples(n, t=True):
        xs = [vector(rng, layers[0], -1.5, 1.5) for _ in range(n)]
        return [{"x": x, "t": target(rng, loss, output, layers[-1])} if t else {"x": x} for x in xs]

    parts = [update_part(rng, draw, "a", None, examples(pick(rng, [1, 2, 3, 4])))]
    task = next(draw.tasks)
    start = "a" if count % 3 else None
    if task == "update":
        parts.append(update_part(rng, draw, "b", start, parts[0]["examples"]))
        parts.append(other_part(rng, "classify", "c", "b", examples(2, t=False)))
    else:
        parts.append(other_part(rng, task, "b", start, examples(2, t=task == "gradient" or count % 2 == 0)))
        if count % 5 == 0:
            parts.append(other_part(rng, "forward", "c", "b", examples(1, t=False)))  # as b left them: as b found them
    return write_exercise(f"{loss} with {output} outputs, {count}", network, parts)


def single_tasks(rng):
    """Exercises that need no learning rate at all."""
    for task, t in itertools.product(("forward", "gradient", "classify"), (True, False)):
        if task == "gradient" and not t:
            continue
        layers = [3, 2, 4]
        weights, biases = parameters(rng, layers)
        network = {"layers": layers, "activation": "tanh", "output_activation": "softmax", "loss": "cross_entropy"}
        network |= {"weights": weights, "biases": biases}
        part = {"name": "only", "task": task, "examples": []}
        for _ in range(3):
            example = {"x": vector(rng, 3, -2, 2)}
            part["examples"].append({**example, "t": target(rng, "cross_entropy", "softmax", 4)} if t else example)
        yield write_exercise(f"Only {task}, {'with' if t else 'without'} targets", network, [part])


def rounded(text, bits):
    """The solution, computed with so many bits."""
    with mp.workprec(bits):
        return solve(text)


def solved(draw_text):
    """An exercise that f64 can answer, and its solution: draws until there is one."""
    for _ in range(100):
        text = draw_text()
        solution = solve(text)
        if all(well_conditioned(solution, rounded(text, bits), RELATIVE) for bits in PRECISIONS):
            return {"exercise": text, "solution": solution}
    raise AssertionError("no well-conditioned exercise in 100 draws")


def check_coverage(exercises):
    """Fails unless each optimiser has met each mode, each reduction, frozen biases and several epochs."""
    met = set()
    for part in (part for exercise in exercises for part in exercise["part"] if part["task"] == "update"):
        for key, default in (("mode", "batch"), ("reduction", "sum"), ("train_biases", True), ("epochs", 1)):
            met.add((part.get("optimizer", "sgd"), key, part.get(key, default)))
    wanted = {"mode": ["batch", "online"], "reduction": ["sum", "mean"], "train_biases": [True, False], "epochs": [1, 2, 3]}
    missing = {(o, key, value) for o in PARAMETERS for key, values in wanted.items() for value in values} - met
    assert not missing, missing


def main():
    rng = np.random.default_rng(5)
    sheet = [(index, matrices) for matrices in (False, True) for _ in range(7) for index in range(3)]
    entries = [solved(lambda: sheet_exercise(rng, *choice)) for choice in sheet]
    entries += [{"exercise": text, "solution": solve(text)} for text in single_tasks(rng)]
    draw = Draw()
    pairs = [(loss, output) for loss in LOSSES for output in ALL_ACTIVATIONS if admits(loss, output)]
    entries += [solved(lambda: random_exercise(rng, draw, count, *pair)) for count, pair in enumerate([*pairs, *pairs])]
    check_coverage([tomllib.loads(entry["exercise"]) for entry in entries])
    write("exercises.json", "exercise files and their solutions: the f64 nearest to the true values", entries)


if __name__ == "__main__":
    main()
