"""The exercises whose answers `marking.py` makes: numbers with one decimal, biases that are not 0, awkward shapes.

Between them: one to three layers of weights, every activation, every loss, sum and mean, batch and online, several epochs,
frozen biases, l2, momentum and adam, parts that start from earlier ones. Some networks have square matrices, because a
mistake such as a transposed gradient fits into no other.
"""

import tomllib

import numpy as np
from mpmath import mpf

from exercises import write_exercise

# name, title, layers, activations, loss, parts; a part is (task, count of examples, options).
SPECIFICATIONS = [
    ("3-2-1-sigmoid", "One output", [3, 2, 1], ["sigmoid"] * 2, "squared_error", [("update", 1, {"learning_rate": 0.5})]),
    (
        "2-3-2-sigmoid",
        "An update, then a class",
        [2, 3, 2],
        ["sigmoid"] * 2,
        "squared_error",
        [("update", 1, {"learning_rate": 0.9}), ("classify", 1, {"start": "a"})],
    ),
    (
        "3-2-2-tanh-batch",
        "Two parts from the initial weights",
        [3, 2, 2],
        ["tanh"] * 2,
        "squared_error",
        [("update", 1, {"learning_rate": 0.5}), ("update", 2, {"learning_rate": 0.1})],
    ),
    (
        "2-3-2-tanh-softmax",
        "The second part goes on from the first",
        [2, 3, 2],
        ["tanh", "softmax"],
        "cross_entropy",
        [("update", 1, {"learning_rate": 0.5}), ("update", 2, {"learning_rate": 0.2, "start": "a"})],
    ),
    (
        "4-3-2-relu-mean",
        "Rectified units, a mean over the batch",
        [4, 3, 2],
        ["relu", "identity"],
        "mean_squared_error",
        [("update", 2, {"learning_rate": 0.2, "reduction": "mean"})],
    ),
    ("2-3-softmax", "A single layer", [2, 3], ["softmax"], "cross_entropy", [("update", 3, {"learning_rate": 0.4})]),
    (
        "3-2-binary-online",
        "A single layer, an update per example",
        [3, 2],
        ["sigmoid"],
        "binary_cross_entropy",
        [("update", 2, {"learning_rate": 0.8, "mode": "online"})],
    ),
    (
        "3-2-3-2-tanh",
        "Three layers of weights",
        [3, 2, 3, 2],
        ["tanh", "tanh", "sigmoid"],
        "squared_error",
        [("update", 1, {"learning_rate": 0.7})],
    ),
    ("2-2-2-sigmoid", "A square network", [2, 2, 2], ["sigmoid"] * 2, "squared_error", [("update", 1, {"learning_rate": 0.5})]),
    ("3-3-3-tanh", "A square network and a batch", [3, 3, 3], ["tanh"] * 2, "squared_error", [("update", 2, {"learning_rate": 0.2})]),
    (
        "2-3-2-2-leaky",
        "Leaky and exponential units",
        [2, 3, 2, 2],
        ["leaky_relu", "elu", "sigmoid"],
        "squared_error",
        [("update", 1, {"learning_rate": 0.6})],
    ),
    (
        "3-2-2-poisson",
        "Counts",
        [3, 2, 2],
        ["selu", "softplus"],
        "poisson",
        [("update", 1, {"learning_rate": 0.3})],
    ),
    (
        "2-3-1-exp-poisson",
        "Counts, a mean over the batch",
        [2, 3, 1],
        ["softplus", "exp"],
        "poisson",
        [("update", 2, {"learning_rate": 0.3, "reduction": "mean"})],
    ),
    ("3-4-2-silu-huber", "Huber's loss", [3, 4, 2], ["silu", "identity"], "huber", [("update", 1, {"learning_rate": 0.4})]),
    (
        "2-3-3-softmax-squared",
        "Softmax with the squared error",
        [2, 3, 3],
        ["gelu", "softmax"],
        "squared_error",
        [("update", 1, {"learning_rate": 2})],
    ),
    (
        "2-4-3-mish",
        "The squared error without the half",
        [2, 4, 3],
        ["mish", "tanh"],
        "sum_squared_error",
        [("update", 1, {"learning_rate": 0.3})],
    ),
    (
        "3-2-2-absolute",
        "The absolute error",
        [3, 2, 2],
        ["sigmoid", "identity"],
        "absolute_error",
        [("update", 2, {"learning_rate": 0.2})],
    ),
    (
        "3-3-2-cross-sigmoid",
        "Cross-entropy with sigmoid outputs",
        [3, 3, 2],
        ["tanh", "sigmoid"],
        "cross_entropy",
        [("update", 1, {"learning_rate": 0.6})],
    ),
    (
        "2-3-2-binary-epochs",
        "Two epochs",
        [2, 3, 2],
        ["sigmoid"] * 2,
        "binary_cross_entropy",
        [("update", 2, {"learning_rate": 0.4, "epochs": 2})],
    ),
    (
        "3-2-2-online-epochs",
        "Two epochs, an update per example",
        [3, 2, 2],
        ["tanh", "sigmoid"],
        "squared_error",
        [("update", 2, {"learning_rate": 0.5, "mode": "online", "epochs": 2})],
    ),
    (
        "2-3-2-frozen",
        "Frozen biases",
        [2, 3, 2],
        ["sigmoid"] * 2,
        "squared_error",
        [("update", 1, {"learning_rate": 0.5, "train_biases": False})],
    ),
    (
        "3-2-2-decay",
        "Weight decay",
        [3, 2, 2],
        ["tanh", "sigmoid"],
        "squared_error",
        [("update", 1, {"learning_rate": 0.5, "l2": 0.1})],
    ),
    (
        "2-3-1-momentum",
        "Momentum",
        [2, 3, 1],
        ["sigmoid"] * 2,
        "squared_error",
        [("update", 1, {"learning_rate": 0.5, "optimizer": "momentum", "momentum": 0.9, "epochs": 2})],
    ),
    (
        "2-3-2-adam",
        "Adam",
        [2, 3, 2],
        ["tanh"] * 2,
        "squared_error",
        [("update", 2, {"learning_rate": 0.1, "optimizer": "adam", "epochs": 2})],
    ),
    (
        "3-2-2-gradient",
        "Gradients only, a mean over the batch",
        [3, 2, 2],
        ["sigmoid"] * 2,
        "squared_error",
        [("gradient", 2, {"reduction": "mean"})],
    ),
    (
        "3-4-2-forward",
        "A forward pass, then classes",
        [3, 4, 2],
        ["sigmoid", "tanh"],
        "squared_error",
        [("forward", 2, {}), ("classify", 2, {"t": False})],
    ),
    (
        "2-3-2-three-parts",
        "Three parts, each from the one before",
        [2, 3, 2],
        ["sigmoid", "softmax"],
        "cross_entropy",
        [
            ("update", 1, {"learning_rate": 1}),
            ("update", 1, {"learning_rate": 0.5, "start": "a"}),
            ("classify", 1, {"start": "b", "t": False}),
        ],
    ),
    (
        "3-2-3-softmax-gradient",
        "Softmax with the mean squared error",
        [3, 2, 3],
        ["softplus", "softmax"],
        "mean_squared_error",
        [("gradient", 2, {})],
    ),
    ("2-2-2-2-tanh", "Three square layers", [2, 2, 2, 2], ["tanh"] * 3, "squared_error", [("update", 1, {"learning_rate": 0.8})]),
    (
        "4-2-3-relu-softmax",
        "Three examples, a mean over the batch",
        [4, 2, 3],
        ["relu", "softmax"],
        "cross_entropy",
        [("update", 3, {"learning_rate": 0.5, "reduction": "mean"})],
    ),
    (
        "3-2-1-frozen-batch",
        "Frozen biases and a batch",
        [3, 2, 1],
        ["tanh", "sigmoid"],
        "binary_cross_entropy",
        [("update", 3, {"learning_rate": 0.3, "train_biases": False})],
    ),
    ("2-3-2-identity", "Linear units", [2, 3, 2], ["identity"] * 2, "squared_error", [("update", 2, {"learning_rate": 0.2})]),
    (
        "2-3-2-exp",
        "Exponential units, two parts from the initial weights",
        [2, 3, 2],
        ["exp", "tanh"],
        "mean_squared_error",
        [("update", 1, {"learning_rate": 0.5}), ("gradient", 2, {"start": "initial"})],
    ),
    (
        "3-2-2-online-softmax",
        "Three examples, an update per example",
        [3, 2, 2],
        ["sigmoid", "softmax"],
        "cross_entropy",
        [("update", 3, {"learning_rate": 0.5, "mode": "online"})],
    ),
    (
        "2-3-1-online-momentum",
        "Momentum, an update per example",
        [2, 3, 1],
        ["tanh", "identity"],
        "squared_error",
        [("update", 2, {"learning_rate": 0.2, "mode": "online", "optimizer": "momentum", "momentum": 0.8})],
    ),
    (
        "3-2-2-frozen-adam",
        "Frozen biases and Adam",
        [3, 2, 2],
        ["tanh", "sigmoid"],
        "squared_error",
        [("update", 2, {"learning_rate": 0.1, "optimizer": "adam", "reduction": "mean", "train_biases": False})],
    ),
    (
        "2-4-2-frozen-parts",
        "Frozen biases, two parts",
        [2, 4, 2],
        ["tanh", "softmax"],
        "cross_entropy",
        [
            ("update", 1, {"learning_rate": 0.6, "train_biases": False}),
            ("update", 1, {"learning_rate": 0.6, "train_biases": False, "start": "a"}),
        ],
    ),
    (
        "3-2-3-softmax-absolute",
        "Softmax with the absolute error, two parts",
        [3, 2, 3],
        ["tanh", "softmax"],
        "absolute_error",
        [("update", 1, {"learning_rate": 0.5}), ("update", 2, {"learning_rate": 0.2})],
    ),
]
# The one-decimal numbers of a network are drawn again until its values are readable.
LARGEST_NET, SMALLEST_DELTA = 2.2, 0.004


def tenths(rng, count, largest, signed=True):
    """Numbers k/10 with 1 ≤ k ≤ `largest`."""
    values = rng.integers(1, largest + 1, count)
    signs = rng.choice([-1, 1], count) if signed else np.ones(count, dtype=int)
    return [int(v) * int(s) / 10 for v, s in zip(values, signs)]


def _target(rng, loss, output, width):
    one = int(rng.integers(width))
    if loss == "cross_entropy":
        return [1 if i == one else 0 for i in range(width)]
    if loss == "binary_cross_entropy":
        return [int(rng.integers(2)) for _ in range(width)]
    if loss == "poisson":
        return [int(rng.integers(0, 4)) for _ in range(width)]
    if output in ("sigmoid", "softmax"):
        return [1 if i == one else 0 for i in range(width)] if width > 1 else [int(rng.integers(2))]
    return tenths(rng, width, 18 if loss in ("huber", "absolute_error") else 9)


def draw(rng, specification):
    """The text of an exercise file."""
    _, title, layers, activations, loss, parts = specification
    network = {"layers": layers}
    if len(set(activations)) == 1:
        network["activation"] = activations[0]
    elif len(activations) == 2:
        network |= {"activation": activations[0], "output_activation": activations[1]}
    else:
        network["activation"] = activations
    network["loss"] = loss
    shapes = list(zip(layers[1:], layers[:-1]))
    network["weights"] = [[tenths(rng, columns, 9) for _ in range(rows)] for rows, columns in shapes]
    network["biases"] = [tenths(rng, rows, 5) for rows, _ in shapes]
    written = []
    for number, (task, count, options) in enumerate(parts):
        options = dict(options)
        with_target = options.pop("t", True)
        part = {"name": "abc"[number], "task": task, **options, "examples": []}
        for _ in range(count):
            example = {"x": tenths(rng, layers[0], 15)}
            if with_target:
                example["t"] = _target(rng, loss, activations[-1], layers[-1])
            part["examples"].append(example)
        written.append(part)
    return write_exercise(title, network, written)


def read(text):
    """The exercise with every decimal as it is written, not the f64 nearest to it: a student reckons with decimals."""
    exercise = tomllib.loads(text, parse_float=mpf)
    network = exercise["network"]
    activations = network["activation"]
    if isinstance(activations, str):
        activations = [activations] * (len(network["layers"]) - 1)
        if "output_activation" in network:
            activations[-1] = network["output_activation"]
    network["activations"] = activations
    return exercise


def readable(values, exercise):
    """Whether no unit is saturated, no delta too small to read, no class a tie and no unit dead for every example."""
    last = len(exercise["network"]["activations"])
    if exercise["network"]["loss"] == "huber":  # both of its pieces
        target = np.array([example["t"] for example in exercise["part"][0]["examples"]], dtype=object).T
        residuals = abs(values[(exercise["part"][0]["name"], 1, f"x[{last}]")] - target)
        if max(residuals.flat) < 1.2 or min(residuals.flat) > 0.8:
            return False
    for (_, _, name), value in values.items():
        layer = int(name[name.index("[") + 1 : -1]) if "[" in name else 0
        activation = exercise["network"]["activations"][layer - 1]
        if name.startswith("z["):
            if max(abs(value).flat) > LARGEST_NET or min(abs(value).flat) < 0.02:
                return False
            if activation == "relu" and not all(row.max() > 0 for row in value):
                return False
        if name.startswith("delta["):
            # A unit below its kink, or an output that the loss does not look at.
            zeros = activation == "relu" or (layer == last and exercise["network"]["loss"] == "cross_entropy")
            if any(abs(v) < SMALLEST_DELTA and not (zeros and v == 0) for v in value.flat):
                return False
        if name == f"x[{last}]" and len(value) > 1:
            top = np.sort(value, axis=0)
            if min(top[-1] - top[-2]) < 0.02:
                return False
    return True
