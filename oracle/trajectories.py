"""values/trajectories.json: ten steps of every optimiser.

A step takes all examples at once. The objective is mean E + ½ l2 Σ w². `losses` holds the mean E before each step and
after the last (eleven numbers); `objectives` the same with the penalty; `weights_after`, `biases_after` the
parameters after ten steps.
x and t have a row per example. The learning rate of rprop is its first step size.
"""

import numpy as np
from mpmath import mp

from conditioning import well_conditioned
from optimizers import DEFAULTS, PARAMETERS, Optimizer
from output import plain, write
from problems import parameters, target, vector
from reference import Network, matrix

STEPS = 10
PROBLEMS = [
    ([3, 4, 2], ["tanh", "identity"], "squared_error"),
    ([4, 5, 3], ["silu", "softmax"], "cross_entropy"),
    ([2, 3, 4, 1], ["sigmoid", "tanh", "sigmoid"], "binary_cross_entropy"),
]
RATES = {
    "sgd": [0.01, 0.1, 1.0],
    "momentum": [0.01, 0.1, 0.5],
    "nesterov": [0.01, 0.1, 0.5],
    "adam": [0.001, 0.01, 0.1],
    "adamw": [0.001, 0.01, 0.1],
    "rprop": [0.01, 0.1, 0.5],
    "rmsprop": [0.001, 0.01, 0.1],
}
OTHER = {"momentum": 0.8, "rho": 0.99, "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-6, "weight_decay": 0.1}


def run(problem, name, rate, l2, options):
    layers, activations, loss, weights, biases, x, t = problem
    network = Network(activations, weights, biases)
    optimizer = Optimizer(name, rate, network, **options)
    xc, tc = matrix(x).T, matrix(t).T
    losses, objectives = [], []
    for _ in range(STEPS):
        _, _, _, values, grad_weights, grad_biases = network.backward(loss, xc, tc, mean=True, l2=l2)
        losses.append(values.sum() / len(values))
        objectives.append(losses[-1] + network.penalty(l2))
        optimizer.step(network, grad_weights, grad_biases, objectives[-1])
    losses.append(network.total_loss(loss, xc, tc, mean=True))
    objectives.append(losses[-1] + network.penalty(l2))
    computed = {"losses": losses, "objectives": objectives, "weights_after": network.weights, "biases_after": network.biases}
    return {
        "layers": layers, "activations": activations, "loss": loss, "weights": weights, "biases": biases, "x": x, "t": t,
        "optimizer": name, "learning_rate": rate, "l2": l2, "options": options, **plain(computed),
    }  # fmt: skip


def checked(*arguments):
    """The run, if its ten steps do not depend on rounding; fails otherwise: choose another seed then."""
    result = run(*arguments)
    with mp.workprec(53):
        assert well_conditioned(result, run(*arguments), 1e-12), arguments[1:]
    return result


def main():
    rng = np.random.default_rng(4)
    entries = []
    for layers, activations, loss in PROBLEMS:
        weights, biases = parameters(rng, layers)
        x = [vector(rng, layers[0], -1.5, 1.5) for _ in range(7)]
        t = [target(rng, loss, activations[-1], layers[-1]) for _ in range(7)]
        problem = (layers, activations, loss, weights, biases, x, t)
        for name, rates in RATES.items():
            for l2 in (0.0, 0.1):
                for rate in rates:
                    options = {key: DEFAULTS[key] for key in PARAMETERS[name]}
                    entries.append(checked(problem, name, rate, l2, options))
                if PARAMETERS[name]:
                    options = {key: OTHER[key] for key in PARAMETERS[name]}
                    entries.append(checked(problem, name, rates[1], l2, options))
    write("trajectories.json", "ten full-batch steps of each optimiser: the f64 nearest to the true value", entries)


if __name__ == "__main__":
    main()
