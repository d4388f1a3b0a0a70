"""A student's work on an exercise, from the textbook: forward, loss, deltas, gradients, update, step after step, in f64.

Every formula is a method of its own, so that a wrong rule replaces one of them and all else is computed from what it gives.
It shares the conventions of `reference.py`, `optimizers.py` and `solver.py`, and no code: the two can check each other.

A layer has its number: `w[1]` leads from the inputs `x[0]` to layer 1, and place 0 of the other lists is empty. A matrix of
z, x, t or delta has a row per unit and a column per example.
"""

import numpy as np

LEAK = 0.01
STATE = {"sgd": [], "momentum": ["velocity"], "adam": ["m", "v"]}


def product(a, b):
    """The matrix product, summed from left to right on every machine."""
    return (a[:, :, None] * b[None, :, :]).sum(axis=1)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=0)


VALUE = {
    "identity": lambda z: z,
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.where(z > 0, z, 0.0),
    "leaky_relu": lambda z: np.where(z > 0, z, LEAK * z),
    "softmax": softmax,
}
# f' as one writes it by hand: from the unit's output where that is simplest.
SLOPE = {
    "identity": lambda z, x: np.ones_like(z),
    "sigmoid": lambda z, x: x * (1 - x),
    "tanh": lambda z, x: 1 - x * x,
    "relu": lambda z, x: np.where(z > 0, 1.0, 0.0),
    "leaky_relu": lambda z, x: np.where(z > 0, 1.0, LEAK),
}


class Student:
    """Works on an exercise (the file as a dictionary) and notes every quantity in `notes`, under (part, step, name).

    `replace`, if given, is asked about every quantity that is noted, and the work goes on with what it answers.
    """

    def __init__(self, exercise, replace=None):
        self.exercise, self.replace = exercise, replace
        network = exercise["network"]
        self.top = len(network["layers"]) - 1
        self.f = [None, *network["activation"]]
        self.loss = network["loss"]
        self.initial_w = [None, *(np.array(w, dtype=float) for w in network["weights"])]
        self.initial_b = [None, *(np.array(b, dtype=float)[:, None] for b in network["biases"])]
        self.notes = {}
        self.results = {}

    def work(self):
        """All parts; the notes."""
        for part in self.exercise["part"]:
            self.part = part
            self.w, self.b = self.start(part)
            self.do_part()
            self.results[part["name"]] = (self.w, self.b)
        return self.notes

    def note(self, name, value, column=False):
        """Writes a quantity down (a column as a list); what the work goes on with."""
        key = (self.part["name"], self.step, name)
        written = np.asarray(value[:, 0] if column else value)
        if self.replace is not None:
            written = self.replace(key, written)
        self.notes[key] = written
        return written[:, None] if column else written

    # The order of the work.

    def do_part(self):
        part = self.part
        self.optimizer = part.get("optimizer", "sgd")
        self.rate = part.get("learning_rate")
        self.memory = {}
        examples = part["examples"]
        online = part.get("mode", "batch") == "online"
        batches = [[example] for example in examples] if online else [examples]
        self.step = 0
        for _ in range(part.get("epochs", 1)):
            for batch in batches:
                self.step += 1
                self.do_step(batch)

    def do_step(self, batch):
        self.count = len(batch)
        self.inputs = np.array([example["x"] for example in batch], dtype=float).T
        self.t = np.array([example["t"] for example in batch], dtype=float).T if "t" in batch[0] else None
        moving = self.w, self.b
        self.w, self.b = self.parameters()
        self.forward(self.note)
        if self.t is not None:
            self.losses = self.note("loss", self.loss_values())
            self.note("total_loss", self.total())
        if self.part["task"] == "classify":
            self.note("class", self.x[-1].argmax(axis=0) + 1)
        if self.part["task"] in ("gradient", "update"):
            self.backward()
        self.w, self.b = moving
        if self.part["task"] == "update":
            self.update()

    def forward(self, note=lambda name, value: value):
        layers = range(1, self.top + 1)
        self.z, self.x = [None], [self.inputs]
        for l in layers:
            self.z.append(note(f"z[{l}]", self.net_input(l)))
            self.x.append(note(f"x[{l}]", self.output(l)))

    def backward(self):
        self.delta = [None] * (self.top + 1)
        self.delta[self.top] = self.note(f"delta[{self.top}]", self.output_delta())
        for l in range(self.top - 1, 0, -1):
            self.delta[l] = self.note(f"delta[{l}]", self.hidden_delta(l))
        self.grad_before = self.grad if self.step > 1 else None
        self.grad = {}
        for l in range(1, self.top + 1):
            for kind in ("weights", "biases"):
                gradient = self.gradient(l, kind)
                self.grad[l, kind] = self.note(f"grad_{kind}[{l}]", gradient, column=kind == "biases")

    def update(self):
        keys = [(l, kind) for l in range(1, self.top + 1) for kind in ("weights", "biases")]
        memory = {(l, kind): self.remembered(l, kind, self.grad[l, kind]) for l, kind in keys}
        for name in STATE[self.optimizer]:
            for l, kind in keys:
                value = memory[l, kind][name]
                memory[l, kind][name] = self.note(f"{name}_{kind}[{l}]", value, column=kind == "biases")
        self.memory = memory
        w, b = [None], [None]
        for l in range(1, self.top + 1):
            w.append(self.note(f"weights[{l}]", self.new_weights(l, memory[l, "weights"])))
            b.append(self.note(f"biases[{l}]", self.new_biases(l, memory[l, "biases"]), column=True))
        self.w, self.b = w, b
        self.forward()
        self.losses = self.loss_values()
        self.note("total_loss_after", self.total())

    # The formulas.

    def start(self, part):
        """The parameters that a part begins with."""
        start = part.get("start", "initial")
        return (self.initial_w, self.initial_b) if start == "initial" else self.results[start]

    def parameters(self):
        """The parameters that a step is computed with."""
        return self.w, self.b

    def net_input(self, l):
        return product(self.w[l], self.x[l - 1]) + self.b[l]

    def output(self, l):
        return VALUE[self.f[l]](self.z[l])

    def loss_values(self):
        """E of each example."""
        x, t = self.x[-1], self.t
        if self.loss == "cross_entropy":
            return -(t * self.log(x)).sum(axis=0)
        if self.loss == "binary_cross_entropy":
            return -(t * self.log(x) + (1 - t) * self.log(1 - x)).sum(axis=0)
        square = ((x - t) ** 2).sum(axis=0)
        return {"squared_error": square / 2, "sum_squared_error": square, "mean_squared_error": square / len(x)}[self.loss]

    def log(self, x):
        return np.log(x)

    def mean(self):
        return self.part.get("reduction", "sum") == "mean"

    def total(self):
        return self.losses.sum() / self.count if self.mean() else self.losses.sum()

    def error(self):
        """∂E/∂x of the outputs; not for the cross-entropies."""
        factor = {"squared_error": 1, "sum_squared_error": 2, "mean_squared_error": 2 / len(self.t)}[self.loss]
        return factor * (self.x[-1] - self.t)

    def slope(self, l):
        return SLOPE[self.f[l]](self.z[l], self.x[l])

    def output_delta(self):
        if self.loss in ("cross_entropy", "binary_cross_entropy"):
            return self.x[-1] - self.t
        if self.f[-1] == "softmax":
            x, g = self.x[-1], self.error()
            return x * (g - (g * x).sum(axis=0))
        return self.error() * self.slope(self.top)

    def hidden_delta(self, l):
        return product(self.w[l + 1].T, self.delta[l + 1]) * self.slope(l)

    def gradient(self, l, kind):
        one = self.weight_gradient if kind == "weights" else self.bias_gradient
        return self.over_examples([one(l, example) for example in range(self.count)])

    def over_examples(self, gradients):
        return sum(gradients) / (self.count if self.mean() else 1)

    def weight_gradient(self, l, example):
        return self.delta[l][:, [example]] * self.x[l - 1][:, example]

    def bias_gradient(self, l, example):
        return self.delta[l][:, [example]]

    def option(self, name, default):
        return self.part.get(name, default)

    def old(self, l, kind, name, g):
        """What the optimiser remembers from the step before; 0 at first."""
        return self.memory[l, kind][name] if self.memory else np.zeros_like(g)

    def remembered(self, l, kind, g):
        """What the optimiser remembers of a layer's weights or biases after this step; under sgd the gradient alone."""
        memory = {"gradient": g}
        if self.optimizer == "momentum":
            memory["velocity"] = self.velocity(self.old(l, kind, "velocity", g), g)
        if self.optimizer == "adam":
            memory["m"] = self.first_moment(self.old(l, kind, "m", g), g)
            memory["v"] = self.second_moment(self.old(l, kind, "v", g), g)
        return memory

    def velocity(self, v, g):
        return self.option("momentum", 0.9) * v - self.rate * g

    def first_moment(self, m, g):
        beta = self.option("beta1", 0.9)
        return beta * m + (1 - beta) * g

    def second_moment(self, v, g):
        beta = self.option("beta2", 0.999)
        return beta * v + (1 - beta) * g * g

    def new_weights(self, l, memory):
        return self.changed(self.w[l], memory)

    def new_biases(self, l, memory):
        return self.changed(self.b[l], memory)

    def changed(self, p, memory):
        if self.optimizer == "momentum":
            return self.moved(p, memory["velocity"])
        if self.optimizer == "adam":
            return self.adam(p, memory["m"], memory["v"])
        return self.descended(p, memory["gradient"])

    def descended(self, p, g):
        return p - self.rate * g

    def moved(self, p, v):
        return p + v

    def adam(self, p, m, v):
        m = m / (1 - self.option("beta1", 0.9) ** self.step)
        v = v / (1 - self.option("beta2", 0.999) ** self.step)
        return p - self.rate * m / (np.sqrt(v) + self.option("epsilon", 1e-8))


def right(exercise, replace=None):
    """The notes of one who makes no mistake."""
    return Student(exercise, replace).work()
