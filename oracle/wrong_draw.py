"""Exercises such as a teacher makes them up, at random, and the text of exercises and of answers."""

import math

LAYERS = [[2, 2, 1], [2, 3, 2], [3, 2, 2], [2, 3, 1], [3, 4, 2], [2, 2, 2, 1], [3, 2, 1], [2, 3, 2, 2], [1, 3, 2], [2, 2, 3]]
HIDDEN = ["sigmoid", "sigmoid", "tanh", "relu", "leaky_relu"]
OUTPUT = [
    *[("sigmoid", "squared_error")] * 4,
    *[("tanh", "squared_error")] * 2,
    *[("identity", "squared_error")] * 2,
    ("sigmoid", "mean_squared_error"),
    ("identity", "mean_squared_error"),
    ("sigmoid", "sum_squared_error"),
    *[("softmax", "cross_entropy")] * 3,
    *[("sigmoid", "binary_cross_entropy")] * 2,
]
RATES = {"sgd": [0.1, 0.5, 0.5, 1, 0.2], "momentum": [0.1, 0.5, 0.2], "adam": [0.1, 0.01, 0.05]}
TARGETS = {
    "sigmoid": [[0, 1], [0.01, 0.99], [0.1, 0.3, 0.7, 0.9]],
    "tanh": [[-1, 1], [-0.9, 0.9], [0.5, -0.2, 0.8]],
    "identity": [[1, 2, -1], [0.3, 1.2, -0.7]],
}
INPUTS = [[0, 1], [1, 2, -1, 0.5], [0.1, 0.4, 0.6, 0.9], [0.05, 0.1, 0.35, 0.8], [-0.5, 1.5, 0.5, 1]]


def pick(rng, choices):
    return choices[int(rng.integers(len(choices)))]


def number(rng, decimals, negative):
    """Between 0.1 and 0.9 (0.05 and 0.95 with two decimals), the sign drawn."""
    size = pick(rng, range(1, 10)) / 10 if decimals == 1 else pick(rng, range(1, 20)) * 5 / 100
    if decimals == 2 and rng.integers(2):
        size = pick(rng, range(5, 96)) / 100
    return -size if rng.random() < negative else size


def inputs(rng, count, width):
    """The inputs of so many examples, no two the same and none all 0."""
    while True:
        values = pick(rng, INPUTS)
        result = [[pick(rng, values) for _ in range(width)] for _ in range(count)]
        if all(map(any, result)) and all(x not in result[:i] for i, x in enumerate(result)):
            return result


def target(rng, output, loss, width):
    if output == "softmax":
        hot = int(rng.integers(width))
        return [int(i == hot) for i in range(width)]
    values = [0, 1] if loss == "binary_cross_entropy" else pick(rng, TARGETS[output])
    return [pick(rng, values) for _ in range(width)]


def network(rng, wants):
    layers = pick(rng, wants.get("layers", LAYERS))
    output, loss = pick(rng, wants.get("output", OUTPUT))
    if output == "softmax" and layers[-1] == 1:
        layers = [*layers[:-1], 2]  # a single unit of softmax is always 1
    hidden = pick(rng, wants.get("hidden", HIDDEN))
    decimals = pick(rng, [1, 2])
    negative = pick(rng, [0.3, 0.5] if wants.get("negative") else [0, 0.3, 0.3, 0.5])
    no_biases = not wants.get("biases") and rng.random() < 0.15
    shapes = list(zip(layers[1:], layers[:-1]))

    def value():
        return number(rng, decimals, negative)

    return {
        "layers": layers,
        "activation": [*[hidden] * (len(layers) - 2), output],
        "loss": loss,
        "weights": [[[value() for _ in range(below)] for _ in range(units)] for units, below in shapes],
        "biases": [[0 if no_biases else value() for _ in range(units)] for units, _ in shapes],
    }


def update(rng, wants, part, steps):
    part["optimizer"] = optimizer = pick(rng, wants.get("optimizer", ["sgd"]))
    part["learning_rate"] = pick(rng, RATES[optimizer])
    if optimizer == "momentum":
        part["momentum"] = pick(rng, [0.9, 0.5, 0.8])
    if optimizer == "adam" and rng.random() < 0.3:
        part["beta1"], part["beta2"] = pick(rng, [(0.8, 0.99), (0.9, 0.99), (0.5, 0.9)])
    if optimizer == "adam" and "epsilon" in wants:
        part["epsilon"] = pick(rng, wants["epsilon"])
    if steps == 2 and rng.integers(2):
        part["epochs"] = 2
    elif steps == 2:
        part["mode"] = "online"


def first_part(rng, wants, net):
    steps = wants.get("steps", pick(rng, [1, 1, 1, 2]) if "optimizer" in wants else 1)
    updates = wants.keys() & {"optimizer", "steps", "parts"} or rng.random() < 0.8
    part = {"name": "a", "task": wants.get("task", "update" if updates else "gradient")}
    if part["task"] == "update":
        update(rng, wants, part, steps)
    count = 2 if part.get("mode") == "online" else pick(rng, wants.get("examples", [1, 1, 1, 2, 2, 3]))
    if "reduction" in wants:
        part["reduction"] = wants["reduction"]
    elif count > 1 and "mode" not in part and rng.integers(2):
        part["reduction"] = "mean"
    output, width = net["activation"][-1], net["layers"][-1]
    xs = inputs(rng, count, net["layers"][0])
    part["examples"] = [{"x": x, "t": target(rng, output, net["loss"], width)} for x in xs]
    return part


def second_part(rng, first, net):
    """A query, or an update with one more example."""
    [x] = inputs(rng, 1, net["layers"][0])
    if net["activation"][-1] != "identity" and net["layers"][-1] > 1 and rng.integers(2):
        return {"name": "b", "task": "classify", "start": "a", "examples": [{"x": x}]}
    kept = {key: value for key, value in first.items() if key not in ("epochs", "mode", "reduction")}
    return {**kept, "name": "b", "start": "a", "examples": [{"x": x, "t": first["examples"][0]["t"]}]}


def exercise(rng, wants):
    """An exercise file as a dictionary that has what a rule wants."""
    net = network(rng, wants)
    parts = [first_part(rng, wants, net)]
    if "parts" in wants or (parts[0]["task"] == "update" and rng.random() < 0.15):
        parts.append(second_part(rng, parts[0], net))
    title = f"A {'-'.join(map(str, net['layers']))} network: {', '.join(dict.fromkeys(net['activation']))}, {net['loss']}"
    return {"title": title.replace("_", " "), "network": net, "part": parts}


# The text of the files.


def toml(value):
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
    return repr(value)


def table(name, values):
    return [name, *[f"{key} = {toml(value)}" for key, value in values.items()]]


def exercise_text(exercise):
    lines = [f"title = {toml(exercise['title'])}", "", *table("[network]", exercise["network"])]
    for part in exercise["part"]:
        lines += ["", *table("[[part]]", part)]
    return "\n".join(lines) + "\n"


class Digits:
    """How an answer is written: with so many significant digits, or so many decimals."""

    def __init__(self, count, decimals=False):
        self.count, self.in_decimals = count, decimals

    def decimals(self, value):
        """How many decimals a number is written with."""
        if self.in_decimals or value == 0:
            return self.count
        decimals = self.count - 1 - math.floor(math.log10(abs(value)))
        if decimals >= 0 and float(f"{abs(value):.{decimals}f}") >= 10.0 ** (self.count - decimals):
            decimals -= 1  # 0.99996 is 1.000
        return max(decimals, 0)

    def text(self, value):
        """The number as written; never in powers of ten."""
        text = f"{value:.{self.decimals(value)}f}"
        return text.removeprefix("-") if float(text) == 0 else text

    def rounded(self, value):
        return float(self.text(value))

    def unit(self, value):
        """One in the last digit."""
        return 10.0 ** -self.decimals(value)

    def about(self):
        return {"digits": self.count, "counted": "decimals" if self.in_decimals else "significant"}


def written(name, value, digits):
    """A quantity as TOML: weights as a matrix; of z, x and delta a single column as a list."""
    if name == "class":
        return toml(value.tolist())
    if value.ndim == 2 and value.shape[1] == 1 and "weights" not in name:
        value = value[:, 0]
    if value.ndim == 0:
        return digits.text(float(value))
    return "[" + ", ".join(written(name, row, digits) for row in value) + "]"


def several(notes):
    """The parts that have several steps."""
    return {part for part, step, _ in notes if step > 1}


def answer_text(notes, digits):
    """The answers file."""
    lines, part_before, long = [], None, several(notes)
    for (part, step, name), value in notes.items():
        if part != part_before:
            lines += [*([""] if lines else []), "[[part]]", f'name = "{part}"', "[part.answers]"]
            part_before = part
        key = f"{name} step {step}" if part in long else name
        lines.append(f'"{key}" = {written(name, value, digits)}')
    return "\n".join(lines) + "\n"
