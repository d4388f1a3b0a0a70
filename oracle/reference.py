"""The multilayer perceptron in NumPy, at fifty digits.

The arrays hold mpmath numbers (NumPy's dtype `object`), so that a result is the true value for the given f64 inputs, and
the same on every machine: no processor's exp, no BLAS, no order of summation shows in the f64 nearest to it.

The letters are those of the documents: w, b parameters; z net input; x output; t target; E loss; delta = ∂E/∂z. A matrix of
z, x, t or delta has a row per unit and a column per example.
"""

import numpy as np
from mpmath import erf, erfc, exp, expm1, log, log1p, mp, mpf, pi, sech, sqrt, tanh

mp.dps = 50

to_mpf = np.frompyfunc(mpf, 1, 1)


def matrix(rows):
    """A NumPy array of mpmath numbers, each exactly the f64 that it is given as."""
    return to_mpf(np.array(rows, dtype=object))


# Activations: name -> (f, f'), each for one number.
#
# f' is written so that nothing cancels far out: sech² for 1 − tanh², σ(−z) for 1 − σ(z).


def sigmoid(z):
    return 1 / (1 + exp(-z)) if z >= 0 else exp(z) / (1 + exp(z))


def softplus(z):
    return z + log1p(exp(-z)) if z > 0 else log1p(exp(z))


def normal_cdf(z):
    return erfc(-z / sqrt(mpf(2))) / 2 if z < 0 else (1 + erf(z / sqrt(mpf(2)))) / 2


def normal_density(z):
    return exp(-z * z / 2) / sqrt(2 * pi)


# Klambauer et al. (2017), to f64's precision and beyond.
SELU_ALPHA = mpf("1.6732632423543772848170429916717")
SELU_SCALE = mpf("1.0507009873554804934193349852946")
LEAK = mpf("0.01")

ACTIVATIONS = {
    "identity": (lambda z: z, lambda z: mpf(1)),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * sigmoid(-z)),
    "tanh": (tanh, lambda z: sech(z) ** 2),
    "relu": (lambda z: z if z > 0 else mpf(0), lambda z: mpf(1) if z > 0 else mpf(0)),
    "leaky_relu": (lambda z: z if z > 0 else LEAK * z, lambda z: mpf(1) if z > 0 else LEAK),
    "elu": (lambda z: z if z > 0 else expm1(z), lambda z: mpf(1) if z > 0 else exp(z)),
    "selu": (
        lambda z: SELU_SCALE * (z if z > 0 else SELU_ALPHA * expm1(z)),
        lambda z: SELU_SCALE * (mpf(1) if z > 0 else SELU_ALPHA * exp(z)),
    ),
    "softplus": (softplus, sigmoid),
    "exp": (exp, exp),
    "silu": (lambda z: z * sigmoid(z), lambda z: sigmoid(z) * (1 + z * sigmoid(-z))),
    "gelu": (lambda z: z * normal_cdf(z), lambda z: normal_cdf(z) + z * normal_density(z)),
    "mish": (
        lambda z: z * tanh(softplus(z)),
        lambda z: tanh(softplus(z)) + z * sech(softplus(z)) ** 2 * sigmoid(z),
    ),
    "hard_sigmoid": (
        lambda z: min(max(z / 6 + mpf(1) / 2, mpf(0)), mpf(1)),
        lambda z: mpf(1) / 6 if -3 < z < 3 else mpf(0),
    ),
}
ALL_ACTIVATIONS = [*ACTIVATIONS, "softmax"]


def softmax(z):
    """x_i = exp(z_i) / Σ_k exp(z_k), down the columns."""
    e = np.frompyfunc(exp, 1, 1)(z - z.max(axis=0))
    return e / e.sum(axis=0)


def activate(name, z):
    return softmax(z) if name == "softmax" else np.frompyfunc(ACTIVATIONS[name][0], 1, 1)(z)


def slope(name, z):
    """f'(z), an entry each; not for softmax."""
    return np.frompyfunc(ACTIVATIONS[name][1], 1, 1)(z)


# Losses: E and ∂E/∂x of one output; E of an example is the sum over its outputs. `n` is their number.


def _sign(r):
    return mpf(1) if r > 0 else mpf(-1) if r < 0 else mpf(0)


def _binary(x, t, z, n):
    return t * softplus(-z) + (1 - t) * softplus(z)  # −ln σ(z) = softplus(−z), −ln(1 − σ(z)) = softplus(z)


LOSSES = {
    "squared_error": (lambda x, t, z, n: (x - t) ** 2 / 2, lambda x, t, z, n: x - t),
    "sum_squared_error": (lambda x, t, z, n: (x - t) ** 2, lambda x, t, z, n: 2 * (x - t)),
    "mean_squared_error": (lambda x, t, z, n: (x - t) ** 2 / n, lambda x, t, z, n: 2 * (x - t) / n),
    "absolute_error": (lambda x, t, z, n: abs(x - t), lambda x, t, z, n: _sign(x - t)),
    "huber": (
        lambda x, t, z, n: (x - t) ** 2 / 2 if abs(x - t) <= 1 else abs(x - t) - mpf(1) / 2,
        lambda x, t, z, n: x - t if abs(x - t) <= 1 else _sign(x - t),
    ),
    "cross_entropy": (
        lambda x, t, z, n: -t * log(x) if t != 0 else mpf(0),
        lambda x, t, z, n: -t / x if t != 0 else mpf(0),
    ),
    "binary_cross_entropy": (_binary, lambda x, t, z, n: -t / x + (1 - t) / sigmoid(-z)),
    "poisson": (
        lambda x, t, z, n: x - t * log(x) if t != 0 else x,
        lambda x, t, z, n: 1 - t / x if t != 0 else mpf(1),
    ),
}
PARTNERS = {"cross_entropy": ["softmax", "sigmoid"], "binary_cross_entropy": ["sigmoid"], "poisson": ["exp", "softplus"]}


def admits(loss, output):
    """Whether the loss takes outputs of this activation."""
    return output in PARTNERS.get(loss, ALL_ACTIVATIONS)


def loss_values(loss, x, t, z):
    """E of each example."""
    value = np.frompyfunc(lambda a, b, c: LOSSES[loss][0](a, b, c, len(x)), 3, 1)(x, t, z)
    return value.sum(axis=0)


def output_delta(loss, output, x, t, z):
    """∂E/∂z of each example: the chain rule, with the whole Jacobian for softmax."""
    g = np.frompyfunc(lambda a, b, c: LOSSES[loss][1](a, b, c, len(x)), 3, 1)(x, t, z)
    if output == "softmax":
        return x * (g - (g * x).sum(axis=0))  # ∂x_i/∂z_j = x_i (1[i = j] − x_j)
    return g * slope(output, z)


class Network:
    """Weights (a row per unit, a column per unit below) and biases of each layer, and the activations."""

    def __init__(self, activations, weights, biases):
        self.activations = list(activations)
        self.weights = [matrix(w) for w in weights]
        self.biases = [matrix(b) for b in biases]

    def copy(self):
        return Network(self.activations, self.weights, self.biases)

    def forward(self, x0):
        """z and x of every layer."""
        zs, xs, x = [], [], x0
        for w, b, name in zip(self.weights, self.biases, self.activations):
            z = w.dot(x) + b[:, None]
            x = activate(name, z)
            zs.append(z)
            xs.append(x)
        return zs, xs

    def losses(self, loss, x0, t):
        zs, xs = self.forward(x0)
        return loss_values(loss, xs[-1], t, zs[-1])

    def total_loss(self, loss, x0, t, mean):
        """Without the L2 penalty."""
        values = self.losses(loss, x0, t)
        return values.sum() / len(values) if mean else values.sum()

    def penalty(self, l2):
        """½ l2 Σ w²."""
        return mpf(l2) / 2 * sum((w * w).sum() for w in self.weights)

    def backward(self, loss, x0, t, mean=False, l2=0.0):
        """z, x, delta of every layer, the losses, and the gradients of (sum or mean of E) + ½ l2 Σ w²."""
        zs, xs = self.forward(x0)
        deltas = [output_delta(loss, self.activations[-1], xs[-1], t, zs[-1])]
        for layer in range(len(zs) - 2, -1, -1):
            deltas.insert(0, self.weights[layer + 1].T.dot(deltas[0]) * slope(self.activations[layer], zs[layer]))
        count = x0.shape[1] if mean else 1
        inputs = [x0, *xs[:-1]]
        grad_w = [d.dot(x.T) / count + mpf(l2) * w for d, x, w in zip(deltas, inputs, self.weights)]
        grad_b = [d.sum(axis=1) / count for d in deltas]
        losses = loss_values(loss, xs[-1], t, zs[-1])
        return zs, xs, deltas, losses, grad_w, grad_b
