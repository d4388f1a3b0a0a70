"""The optimisers, a parameter at a time, as their papers write them.

g is the gradient with the L2 term already added. `Optimizer(name, …).step(…)` changes the parameters in place and keeps the
state, which `state()` gives under the names of the solution format.
"""

import numpy as np
from mpmath import mpf, sqrt

SQRT = np.frompyfunc(sqrt, 1, 1)

DEFAULTS = {"momentum": 0.9, "rho": 0.9, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.01}
PARAMETERS = {
    "sgd": [],
    "momentum": ["momentum"],
    "nesterov": ["momentum"],
    "adam": ["beta1", "beta2", "epsilon"],
    "adamw": ["beta1", "beta2", "epsilon", "weight_decay"],
    "rprop": [],
    "rmsprop": ["rho", "epsilon"],
}
STATES = {
    "sgd": [],
    "momentum": ["velocity"],
    "nesterov": ["velocity"],
    "adam": ["m", "v"],
    "adamw": ["m", "v"],
    "rprop": ["step_size", "previous_gradient"],
    "rmsprop": ["v"],
}


def _rprop(g, p, step, rose):
    """iRprop+ (Igel & Hüsken 2003) for one parameter: its change, the new step size, the gradient to remember."""
    product = g * p
    if product > 0:
        step = min(mpf(1.2) * step, mpf(50))
        return -_sign(g) * step, step, g
    if product < 0:
        back = _sign(p) * step if rose else mpf(0)
        return back, max(mpf(0.5) * step, mpf(1e-6)), mpf(0)
    return -_sign(g) * step, step, g


def _sign(g):
    return mpf(1) if g > 0 else mpf(-1) if g < 0 else mpf(0)


class Optimizer:
    """Holds the state of every weight matrix and bias vector.

    Options that are not given are those of DEFAULTS; the learning rate of rprop is its first step size.
    """

    def __init__(self, name, learning_rate, network, train_biases=True, **options):
        self.name = name
        self.rate = mpf(learning_rate)
        self.options = {key: mpf(value) for key, value in {**DEFAULTS, **options}.items()}
        self.train_biases = train_biases
        self.steps = 0
        self.previous_loss = None
        first = {"step_size": self.rate}
        self.weights = [
            {s: np.full(w.shape, first.get(s, mpf(0)), dtype=object) for s in STATES[name]} for w in network.weights
        ]
        self.biases = [
            {s: np.full(b.shape, first.get(s, mpf(0)), dtype=object) for s in STATES[name]} for b in network.biases
        ]

    def step(self, network, grad_weights, grad_biases, loss):
        """One update; `loss` is that of the step with its L2 penalty, which only rprop looks at."""
        self.steps += 1
        rose = self.previous_loss is not None and loss > self.previous_loss
        self.previous_loss = loss
        for layer, g in enumerate(grad_weights):
            network.weights[layer] = self._update(network.weights[layer], g, self.weights[layer], True, rose)
        if self.train_biases:
            for layer, g in enumerate(grad_biases):
                network.biases[layer] = self._update(network.biases[layer], g, self.biases[layer], False, rose)

    def _update(self, w, g, state, decays, rose):
        rate, options = self.rate, self.options
        if self.name == "sgd":
            return w - rate * g
        if self.name in ("momentum", "nesterov"):
            mu = options["momentum"]
            v = mu * state["velocity"] - rate * g
            state["velocity"] = v
            return w + v if self.name == "momentum" else w + mu * v - rate * g
        if self.name in ("adam", "adamw"):
            b1, b2 = options["beta1"], options["beta2"]
            m = b1 * state["m"] + (1 - b1) * g
            v = b2 * state["v"] + (1 - b2) * g * g
            state["m"], state["v"] = m, v
            m_hat, v_hat = m / (1 - b1**self.steps), v / (1 - b2**self.steps)
            new = w - rate * m_hat / (SQRT(v_hat) + options["epsilon"])
            if self.name == "adamw" and decays:
                new = new - rate * options["weight_decay"] * w
            return new
        if self.name == "rmsprop":
            rho = options["rho"]
            v = rho * state["v"] + (1 - rho) * g * g
            state["v"] = v
            return w - rate * g / (SQRT(v) + options["epsilon"])
        change, step, previous = np.frompyfunc(lambda a, p, s: _rprop(a, p, s, rose), 3, 3)(
            g, state["previous_gradient"], state["step_size"]
        )
        state["step_size"], state["previous_gradient"] = step, previous
        return w + change

    def state(self):
        """`{"m_weights": [...], "m_biases": [...], …}`; empty for sgd."""
        result = {}
        for name in STATES[self.name]:
            result[name + "_weights"] = [s[name] for s in self.weights]
            result[name + "_biases"] = [s[name] for s in self.biases]
        return result
