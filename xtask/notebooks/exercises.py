"""Exercises whose notebooks are run: every activation, loss and optimiser in networks that documents show by their corners,
and numbers that are hard on a computation."""

import json
import math

# Hidden activations, each with a loss and its outputs; every one of them is there, and none twice without need.
FUNCTIONS = [
    ("identity", "squared_error", "identity"),
    ("sigmoid", "sum_squared_error", "sigmoid"),
    ("tanh", "mean_squared_error", "tanh"),
    ("relu", "absolute_error", "leaky_relu"),
    ("leaky_relu", "huber", "identity"),
    ("elu", "cross_entropy", "softmax"),
    ("selu", "cross_entropy", "sigmoid"),
    ("softplus", "binary_cross_entropy", "sigmoid"),
    ("exp", "poisson", "softplus"),
    ("silu", "poisson", "exp"),
    ("gelu", "squared_error", "softmax"),
    ("mish", "huber", "softmax"),
    ("hard_sigmoid", "mean_squared_error", "hard_sigmoid"),
]

# Optimisers as a part of an exercise names them.
OPTIMIZERS = [
    {"optimizer": "adam", "learning_rate": 0.01},
    {"optimizer": "rprop", "initial_step": 0.05},
    {"optimizer": "adamw", "learning_rate": 0.01, "weight_decay": 0.1},
    {"optimizer": "rmsprop", "learning_rate": 0.01},
    {"optimizer": "momentum", "learning_rate": 0.05, "momentum": 0.9},
    {"optimizer": "nesterov", "learning_rate": 0.05, "momentum": 0.9},
    {"optimizer": "sgd", "learning_rate": 0.05, "l2": 0.01},
]


def number(seed, size=1.0):
    """A number with three decimals; seeds that follow each other give numbers that look drawn."""
    return round(size * math.sin(12.9898 * seed + 4.1414), 3)


def network(layers, activations, loss, size=0.4):
    weights = [
        [[number(7919 * l + 31 * i + j, size) for j in range(below)] for i in range(units)]
        for l, (below, units) in enumerate(zip(layers, layers[1:]))
    ]
    biases = [[number(i + 1000 * l, 0.2) for i in range(units)] for l, units in enumerate(layers[1:])]
    named = {"layers": layers, "activation": activations, "loss": loss, "weights": weights, "biases": biases}
    return ["[network]"] + [f"{key} = {json.dumps(value)}" for key, value in named.items()]


def part(name, task, examples, options):
    x_and_t = ", ".join(f"{{ x = {json.dumps(x)}, t = {json.dumps(t)} }}" for x, t in examples)
    lines = [f"{key} = {json.dumps(value)}" for key, value in options.items()]
    return ["", "[[part]]", f'name = "{name}"', f'task = "{task}"', *lines, f"examples = [{x_and_t}]"]


def examples(inputs, outputs, count):
    """Inputs, and the targets of a class, which every loss admits."""
    return [
        ([number(inputs * e + i + 7) for i in range(inputs)], [int(o == e % outputs) for o in range(outputs)])
        for e in range(count)
    ]


def wide():
    """Layers wider than what is shown, with every activation, loss and optimiser."""
    for at, (hidden, loss, output) in enumerate(FUNCTIONS):
        lines = network([20, 15, 3], [hidden, output], loss)
        # Two of the optimisers, so that after all functions each was there several times.
        for name, options in zip("ab", (OPTIMIZERS[at % 7], OPTIMIZERS[(2 * at + 1) % 7])):
            options = {**options, "epochs": 2, "reduction": ("sum", "mean")[at % 2]}
            lines += part(name, "update", examples(20, 3, 2), options)
        yield f"wide-{hidden}-{loss}", lines
    lines = network([4, 100, 3], ["tanh", "softmax"], "cross_entropy")
    for name, options in zip("abcdefg", OPTIMIZERS):
        lines += part(name, "update", examples(4, 3, 14), {**options, "epochs": 1 + (name == "b")})
    yield "wide-100-units", lines


def single(weights, activation, loss, x, t, task="gradient", **options):
    """A network without hidden layers and one example."""
    given = {
        "layers": [len(x), len(t)],
        "activation": activation,
        "loss": loss,
        "weights": [weights],
        "biases": 0,
    }
    lines = ["[network]"] + [f"{key} = {json.dumps(value)}" for key, value in given.items()]
    return lines + part("a", task, [(x, t)], options)


def hard():
    """Numbers that are hard on a computation: outputs that round to 0 and 1, gradients that are 0 but for rounding, and
    steps of a central difference that have to be much smaller or much larger than usual."""
    for loss, output in [("cross_entropy", "softmax"), ("cross_entropy", "sigmoid"), ("binary_cross_entropy", "sigmoid")]:
        for x in (20, 50, 800):
            for t in ([1, 0], [0, 1]):
                for name in ("adam", "rprop"):
                    lines = single([[1], [-1]], output, loss, [x], t, "update", optimizer=name, **{"epochs": 2} | (
                        {"learning_rate": 0.01} if name == "adam" else {"initial_step": 0.05}))
                    yield f"saturated-{loss}-{output}-{x}-{t[0]}-{name}", lines
    for output, x in (("softplus", -50), ("softplus", -800), ("exp", -50), ("exp", 20)):
        yield f"far-{output}{x}", single([[1]], output, "poisson", [x], [2], "update", learning_rate=0.01)
    equal = ["[network]", "layers = [5, 3, 2]", 'activation = ["tanh", "softmax"]', 'loss = "cross_entropy"', "weights = 0.1", "biases = 0"]
    both = [([1, 1, 0, 0, 0], [1, 0]), ([0, 0, 0, 1, 1], [0, 1])]
    for options in OPTIMIZERS:
        yield f"zero-gradients-{options['optimizer']}", equal + part("a", "update", both, {**options, "epochs": 2})
    yield "small-h", single([[0.02, 0.00001]], "sigmoid", "squared_error", [45, 52000], [0])
    yield "large-target", single([[0.3]], "sigmoid", "squared_error", [1], [3e7])
    yield "larger-target", single([[0.3]], "sigmoid", "squared_error", [1], [1e9])
    yield "large-weight", single([[1e10]], "identity", "squared_error", [1], [0])
    yield "largest-weight", single([[1e300]], "identity", "squared_error", [1e-300], [0], "update", learning_rate=0.1)
    yield "largest-loss", single([[1e153]], "identity", "squared_error", [10], [0])
    yield "rounding-hides", single([[0.3]], "sigmoid", "squared_error", [1], [1e30])
    yield "at-a-kink", single([[0.5, -0.5]], "relu", "squared_error", [1, 1], [1])
    yield "at-a-kink-of-the-loss", single([[0.5]], "identity", "absolute_error", [2], [1.0000001])
    yield "next-to-a-kink", single([[0.500001, -0.5]], "relu", "squared_error", [1, 1], [1])
    yield "across-a-bend", single([[0.5]], "identity", "huber", [2], [2.0000001])


def all_of_them():
    """Names, and the lines of their files."""
    yield from wide()
    yield from hard()
