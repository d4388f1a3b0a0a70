"""A student who solves an exercise: every quantity from his own earlier values, rightly or under named mistakes.

`Step.compute(NAME, MISTAKES)` is one quantity; without mistakes it is the right method. `work` goes through an exercise and
keeps what the student has on paper. Mistakes are a dict, rule -> variant; `RULES` lists the variants.

Losses are computed from the outputs x, as on paper, and a slope from z or, for units whose slope can be written in x
(σ′ = x(1 − x), tanh′ = 1 − x²), from x: both are right ways from a student's own numbers.
"""

import numpy as np
from mpmath import exp, log, mpf, sqrt

from reference import activate, slope, to_mpf


class NotApplicable(Exception):
    """The mistake cannot be made here: a shape does not fit, or there is nothing to do wrongly."""


SLOPE_FROM_OUTPUT = {
    "identity": lambda x: mpf(1),
    "sigmoid": lambda x: x * (1 - x),
    "tanh": lambda x: 1 - x * x,
    "exp": lambda x: x,
    "relu": lambda x: mpf(1) if x > 0 else mpf(0),
    "leaky_relu": lambda x: mpf(1) if x > 0 else mpf("0.01"),
    "elu": lambda x: mpf(1) if x > 0 else x + 1,
    "softplus": lambda x: 1 - exp(-x),
}


def _clip(r):
    return max(mpf(-1), min(mpf(1), r))


def _ln(x):
    if not x > 0:
        raise NotApplicable("a logarithm of a number that is not positive")
    return log(x)


# E and ∂E/∂x of one of n outputs.
LOSS_OF_OUTPUT = {
    "squared_error": (lambda x, t, n: (x - t) ** 2 / 2, lambda x, t, n: x - t),
    "sum_squared_error": (lambda x, t, n: (x - t) ** 2, lambda x, t, n: 2 * (x - t)),
    "mean_squared_error": (lambda x, t, n: (x - t) ** 2 / n, lambda x, t, n: 2 * (x - t) / n),
    "absolute_error": (lambda x, t, n: abs(x - t), lambda x, t, n: mpf(1) if x > t else mpf(-1)),
    "huber": (lambda x, t, n: (x - t) ** 2 / 2 if abs(x - t) <= 1 else abs(x - t) - mpf(1) / 2, lambda x, t, n: _clip(x - t)),
    "cross_entropy": (lambda x, t, n: -t * _ln(x) if t else mpf(0), lambda x, t, n: -t / x if t else mpf(0)),
    "binary_cross_entropy": (
        lambda x, t, n: -((t * _ln(x)) if t else (1 - t) * _ln(1 - x)),
        lambda x, t, n: (x - t) / (x * (1 - x)),
    ),
    "poisson": (lambda x, t, n: x - t * _ln(x) if t else x, lambda x, t, n: 1 - t / x),
}
# Where ∂E/∂x and f′ cancel to δ = x − t, every course writes that.
NATURAL = {("cross_entropy", "softmax"), ("binary_cross_entropy", "sigmoid"), ("poisson", "exp")}

# The variants of each mistake.
EVERYWHERE = ["all", "hidden", "output"]
RULES = {
    "output_weights_updated_first": [""],
    "update_sign": ["all", "weights"],
    "delta_sign": [""],
    "gradient_transposed": ["all", "1", "2", "3"],
    "wrong_layer_output": ["none", "none at the output", "input", "own", "next"],
    "wrong_layer_weights": ["own", "own as it stands", "1", "2", "3"],
    "weights_not_transposed": [""],
    "missing_output_derivative": [""],
    "missing_hidden_derivative": ["all", "first"],
    "derivative_at_output": EVERYWHERE,
    "sigmoid_derivative_for_other": ["of x, all", "of x, hidden", "of x, output", "of z, all", "of z, hidden"],
    "tanh_derivative_unsquared": EVERYWHERE,
    "softmax_jacobian_diagonal": [""],
    "loss_factor": [f"{f}, {where}" for f in ["2", "1/2", "1/n", "n", "2/n", "n/2"] for where in ["both", "loss", "delta"]],
    "mean_for_sum": ["all", "gradient", "delta", "update", "loss"],
    "sum_for_mean": ["all", "gradient", "loss"],
    "learning_rate_missing": ["all", "biases"],
    "bias_missing_in_z": ["all", "first", "output"],
    "bias_not_updated": ["all", "output"],
    "bias_updated_when_frozen": [""],
    "bias_gradient_times_input": ["row sums", "first input", "own output"],
    "delta_of_other_loss": ["squared_error", "cross_entropy", "diagonal"],
    "online_for_batch": [""],
    "batch_for_online": [""],
    "wrong_start": [""],
    "loss_before_for_after": [""],
    "activation_missing": EVERYWHERE,
}


def _layers(where, count):
    if where == "output":
        return {count}
    if where == "hidden":
        return set(range(1, count))
    if where == "first":
        return {1}
    return set(range(1, count + 1))


def _each(function, *arrays):
    return to_mpf(np.frompyfunc(function, len(arrays), 1)(*arrays))


def column(vectors):
    """Vectors of examples as the columns of a matrix."""
    return to_mpf(np.array(vectors, dtype=object)).T


class Rule:
    """One parameter's way through the updates: sgd, momentum, nesterov or adam, as in the papers."""

    def __init__(self, part):
        self.kind = part.get("optimizer", "sgd")
        self.rate = mpf(part["learning_rate"])
        self.mu = mpf(part.get("momentum", mpf("0.9")))
        self.b1, self.b2 = mpf(part.get("beta1", mpf("0.9"))), mpf(part.get("beta2", mpf("0.999")))
        self.epsilon = mpf(part.get("epsilon", mpf("1e-8")))

    def move(self, w, g, state, step, rate):
        """The new w and the new state."""
        if self.kind == "sgd":
            return w - rate * g, None
        if self.kind in ("momentum", "nesterov"):
            v = -rate * g if state is None else self.mu * state - rate * g
            return (w + v if self.kind == "momentum" else w + self.mu * v - rate * g), v
        m, v = (0 * g, 0 * g) if state is None else state
        m = self.b1 * m + (1 - self.b1) * g
        v = self.b2 * v + (1 - self.b2) * g * g
        root = _each(sqrt, v / (1 - self.b2**step))
        return w - rate * (m / (1 - self.b1**step)) / (root + self.epsilon), (m, v)


class Step:
    """One step on the examples whose columns are x0 (and t): parameters w, b before it, the student's own values in `own`."""

    def __init__(self, network, part, x0, t, w, b, number=1, states=None, slope_from="z"):
        self.loss, self.activations = network["loss"], network["activations"]
        self.count = len(self.activations)
        self.part, self.x0, self.t, self.w, self.b = part, x0, t, w, b
        self.number, self.states, self.slope_from = number, states or {}, slope_from
        self.own = {}

    def names(self):
        """Every quantity, in the order of the work."""
        layers = range(1, self.count + 1)
        names = [f"{q}[{layer}]" for layer in layers for q in ("z", "x")]
        task = self.part["task"]
        if self.t is not None:
            names += ["loss", "total_loss"]
        if task in ("gradient", "update"):
            names += [f"delta[{layer}]" for layer in reversed(layers)]
            names += [f"{q}[{layer}]" for q in ("grad_weights", "grad_biases") for layer in layers]
        if task == "update":
            names += [f"{q}[{layer}]" for q in ("weights", "biases") for layer in layers] + ["total_loss_after"]
        return names + (["class"] if task == "classify" else [])

    def compute(self, name, mistakes):
        quantity, _, layer = name.partition("[")
        method = getattr(self, "_" + quantity)
        return method(int(layer[:-1]), mistakes) if layer else method(mistakes)

    # The forward pass.

    def _below(self, layer):
        return self.x0 if layer == 1 else self.own[f"x[{layer - 1}]"]

    def _net(self, layer, w, b, x, mistakes):
        z = w.dot(x)
        if layer in _layers(mistakes["bias_missing_in_z"], self.count) if "bias_missing_in_z" in mistakes else False:
            return z
        return z + b[:, None]

    def _output(self, layer, z, mistakes):
        if "activation_missing" in mistakes and layer in _layers(mistakes["activation_missing"], self.count):
            return z
        return activate(self.activations[layer - 1], z)

    def _z(self, layer, mistakes):
        return self._net(layer, self.w[layer - 1], self.b[layer - 1], self._below(layer), mistakes)

    def _x(self, layer, mistakes):
        return self._output(layer, self.own[f"z[{layer}]"], mistakes)

    def _class(self, mistakes):
        x = self.own[f"x[{self.count}]"]
        return np.array([1 + max(range(len(x)), key=lambda i: x[i, c]) for c in range(x.shape[1])], dtype=object)

    # Losses.

    def _factor(self, mistakes, of):
        """What is multiplied to the loss or to δ of the outputs by mistake."""
        if "loss_factor" not in mistakes:
            return mpf(1)
        factor, where = mistakes["loss_factor"].split(", ")
        n = len(self.t)
        value = {"2": mpf(2), "1/2": mpf(1) / 2, "1/n": mpf(1) / n, "n": mpf(n), "2/n": mpf(2) / n, "n/2": mpf(n) / 2}[factor]
        return value if where in ("both", of) else mpf(1)

    def _losses(self, x, mistakes):
        n = len(x)
        e = _each(lambda a, b: LOSS_OF_OUTPUT[self.loss][0](a, b, n), x, self.t).sum(axis=0)
        return to_mpf(e * self._factor(mistakes, "loss"))

    def _mean(self):
        return self.part.get("reduction", "sum") == "mean"

    def _total(self, losses, mistakes):
        mean = self._mean()
        if mistakes.get("mean_for_sum") in ("all", "delta", "loss"):
            mean = True
        if mistakes.get("sum_for_mean") in ("all", "loss"):
            mean = False
        return losses.sum() / len(losses) if mean else losses.sum()

    def _loss(self, mistakes):
        return self._losses(self.own[f"x[{self.count}]"], mistakes)

    def _total_loss(self, mistakes):
        return self._total(self.own["loss"], mistakes)

    def _total_loss_after(self, mistakes):
        if "loss_before_for_after" in mistakes:
            return self.own["total_loss"]
        x = self.x0
        for layer in range(1, self.count + 1):
            z = self._net(layer, self.own[f"weights[{layer}]"], self.own[f"biases[{layer}]"], x, mistakes)
            x = self._output(layer, z, mistakes)
        return self._total(self._losses(x, mistakes), mistakes)

    # The backward pass.

    def _slope(self, layer, mistakes):
        name, x, z = self.activations[layer - 1], self.own[f"x[{layer}]"], self.own[f"z[{layer}]"]
        variant = mistakes.get("sigmoid_derivative_for_other")
        if variant and name != "sigmoid":
            form, where = variant.split(", ")
            if layer in _layers(where, self.count):
                return _each(lambda a: a * (1 - a), x if form == "of x" else activate("sigmoid", z))
        if name == "tanh" and layer in _layers(mistakes.get("tanh_derivative_unsquared", ""), self.count):
            if "tanh_derivative_unsquared" in mistakes:
                return 1 - x
        if "derivative_at_output" in mistakes and layer in _layers(mistakes["derivative_at_output"], self.count):
            return slope(name, x)
        if self.slope_from == "x" and name in SLOPE_FROM_OUTPUT:
            return _each(SLOPE_FROM_OUTPUT[name], x)
        return slope(name, z)

    def _output_delta(self, mistakes):
        name, x, t, n = self.activations[-1], self.own[f"x[{self.count}]"], self.t, len(self.t)
        other = mistakes.get("delta_of_other_loss")
        loss = self.loss
        if other == "cross_entropy":
            return x - t  # what cross-entropy with its natural outputs gives
        if other:
            loss = "squared_error"
        if other == "diagonal":
            if name != "softmax":
                raise NotApplicable("only softmax has a Jacobian")
            return (x - t) * x * (1 - x)
        if loss in ("cross_entropy", "binary_cross_entropy") and min(x.flat) <= 0 and (loss, name) not in NATURAL:
            raise NotApplicable("an output that is not positive")
        plain = "missing_output_derivative" not in mistakes and "softmax_jacobian_diagonal" not in mistakes
        if (loss, name) in NATURAL and plain:
            return x - t
        g = _each(lambda a, b: LOSS_OF_OUTPUT[loss][1](a, b, n), x, t)
        if "missing_output_derivative" in mistakes:
            return g
        if name == "softmax":
            if "softmax_jacobian_diagonal" in mistakes or "output" in _sigmoid_where(mistakes) or "all" in _sigmoid_where(mistakes):
                return g * x * (1 - x)
            return x * (g - (g * x).sum(axis=0))
        if "softmax_jacobian_diagonal" in mistakes:
            raise NotApplicable("only softmax has a Jacobian")
        return g * self._slope(self.count, mistakes)

    def _delta(self, layer, mistakes):
        if layer == self.count:
            delta = self._output_delta(mistakes) * self._factor(mistakes, "delta")
            if "delta_sign" in mistakes:
                delta = -delta
            return delta / delta.shape[1] if mistakes.get("mean_for_sum") == "delta" else delta
        back = self._weights_for_delta(layer, mistakes).T.dot(self.own[f"delta[{layer + 1}]"])
        missing = mistakes.get("missing_hidden_derivative")
        if missing == "all" or (missing == "first" and layer == 1):
            return back
        return back * self._slope(layer, mistakes)

    def _weights_for_delta(self, layer, mistakes):
        right = self.w[layer]
        w = right
        if "wrong_layer_weights" in mistakes:
            variant = mistakes["wrong_layer_weights"]
            if variant == "own as it stands":
                w = self.w[layer - 1].T
            else:
                w = self.w[layer - 1] if variant == "own" else self.w[(int(variant) - 1) % self.count]
            w = w if w.shape == right.shape else right
        if "output_weights_updated_first" in mistakes and self.part["task"] == "update":
            w, _ = self._moved("w", layer + 1, self._grad_weights(layer + 1, mistakes), mistakes)
        if "weights_not_transposed" in mistakes and w.shape[0] == w.shape[1]:
            w = w.T
        return w

    def _divisor(self, mistakes):
        count = self.x0.shape[1]
        mean = self._mean()
        if mistakes.get("mean_for_sum") in ("all", "gradient"):
            mean = True
        if mistakes.get("sum_for_mean") in ("all", "gradient"):
            mean = False
        return count if mean else 1

    def _grad_weights(self, layer, mistakes):
        delta, x = self.own[f"delta[{layer}]"], self._below(layer)
        variant = mistakes.get("wrong_layer_output")
        if variant == "none" or (variant == "none at the output" and layer == self.count):
            x = 0 * x + 1
        elif variant in ("input", "own", "next"):
            index = {"input": 0, "own": layer, "next": layer + 1}[variant]
            other = self.x0 if index == 0 else self.own.get(f"x[{index}]")
            x = other if other is not None and other.shape == x.shape else x
        g = delta.dot(x.T)
        transposed = mistakes.get("gradient_transposed")
        if transposed in ("all", str(layer)) and g.shape[0] == g.shape[1]:
            g = g.T
        return g / self._divisor(mistakes) + mpf(self.part.get("l2", 0)) * self.w[layer - 1]

    def _grad_biases(self, layer, mistakes):
        delta, x = self.own[f"delta[{layer}]"], self._below(layer)
        variant = mistakes.get("bias_gradient_times_input")
        if variant == "row sums":
            delta = delta * x.sum(axis=0)
        elif variant == "first input":
            delta = delta * x[0]
        elif variant == "own output":
            delta = delta * self.own[f"x[{layer}]"]
        return to_mpf(delta.sum(axis=1) / self._divisor(mistakes))

    # The update.

    def _moved(self, kind, layer, g, mistakes):
        rule = Rule(self.part)
        old = (self.w if kind == "w" else self.b)[layer - 1]
        forgotten = mistakes.get("learning_rate_missing")
        rate = mpf(1) if forgotten == "all" or (forgotten == "biases" and kind == "b") else rule.rate
        if mistakes.get("mean_for_sum") == "update":
            g = g / self.x0.shape[1]
        new, state = rule.move(old, g, self.states.get((kind, layer)), self.number, rate)
        sign = mistakes.get("update_sign")
        if sign == "all" or (sign == "weights" and kind == "w"):
            new = 2 * old - new
        return new, state

    def _weights(self, layer, mistakes):
        return self._moved("w", layer, self.own[f"grad_weights[{layer}]"], mistakes)[0]

    def _biases(self, layer, mistakes):
        trained = self.part.get("train_biases", True)
        if "bias_updated_when_frozen" in mistakes:
            trained = True
        if mistakes.get("bias_not_updated") == "all" or (mistakes.get("bias_not_updated") == "output" and layer == self.count):
            trained = False
        return self._moved("b", layer, self.own[f"grad_biases[{layer}]"], mistakes)[0] if trained else self.b[layer - 1]

    def after(self):
        """The optimiser's state and the parameters after the step, from the student's own values."""
        states = {}
        for layer in range(1, self.count + 1):
            states[("w", layer)] = self._moved("w", layer, self.own[f"grad_weights[{layer}]"], {})[1]
            states[("b", layer)] = self._moved("b", layer, self.own[f"grad_biases[{layer}]"], {})[1]
        layers = range(1, self.count + 1)
        return states, [self.own[f"weights[{k}]"] for k in layers], [self.own[f"biases[{k}]"] for k in layers]


def _sigmoid_where(mistakes):
    return mistakes.get("sigmoid_derivative_for_other", "")
