"""values/gradients.json: the gradients of small networks, and a check that they are the derivatives of the loss.

Every output activation with every loss that it admits, output widths 1, 2, 3, batches of 1 and 5, l2 of 0 and 0.1; the hidden
activation goes round through all of them. The layers are 3-4-width, so that no matrix is square. An entry holds
activations, loss, l2, weights, biases, x and t (a row per example), losses (per example), total_loss (their sum, without
the penalty) and grad_weights, grad_biases of total_loss + ½ l2 Σ w².

Each gradient is compared with the central difference of the loss at fifty digits, to a relative 1e-20.
"""

import itertools

import numpy as np
from mpmath import mpf

from output import plain, write
from problems import parameters, target, vector
from reference import ACTIVATIONS, ALL_ACTIVATIONS, LOSSES, Network, admits, matrix

STEP = mpf(10) ** -14
ZERO_BELOW = 1e-35
#: Output widths, batches and l2 that each pair of loss and output activation meets.
CHOICES = list(itertools.product((1, 2, 3), (1, 5), (0.0, 0.1)))


def check(network, loss, x, t, l2, grad_weights, grad_biases):
    """Fails unless every gradient is the derivative of the objective."""

    def objective():
        return network.total_loss(loss, x, t, mean=False) + network.penalty(l2)

    for arrays, gradients in ((network.weights, grad_weights), (network.biases, grad_biases)):
        for values, gradient in zip(arrays, gradients):
            for index in np.ndindex(values.shape):
                kept = values[index]
                values[index] = kept + STEP
                above = objective()
                values[index] = kept - STEP
                below = objective()
                values[index] = kept
                numeric = (above - below) / (2 * STEP)
                error = abs(numeric - gradient[index])
                assert error <= mpf(10) ** -20 * (1 + abs(numeric)), (network.activations, loss, index, error)


def main():
    rng = np.random.default_rng(3)
    hidden = itertools.cycle(ACTIVATIONS)
    entries = []
    for loss, output in itertools.product(LOSSES, ALL_ACTIVATIONS):
        if not admits(loss, output):
            continue
        for width, batch, l2 in CHOICES:
            activations = [next(hidden), output]
            weights, biases = parameters(rng, [3, 4, width])
            x = [vector(rng, 3, -1.5, 1.5) for _ in range(batch)]
            t = [target(rng, loss, output, width) for _ in range(batch)]
            network = Network(activations, weights, biases)
            xc, tc = matrix(x).T, matrix(t).T
            _, _, _, losses, grad_weights, grad_biases = network.backward(loss, xc, tc, l2=l2)
            check(network, loss, xc, tc, l2, grad_weights, grad_biases)
            given = {"activations": activations, "loss": loss, "l2": l2, "weights": weights, "biases": biases, "x": x, "t": t}
            computed = {
                "losses": losses, "total_loss": losses.sum(), "grad_weights": grad_weights, "grad_biases": grad_biases,
            }  # fmt: skip
            entries.append({**given, **plain(computed, ZERO_BELOW)})
        # Else every pair would meet the same hidden activations in the same order.
        if len(CHOICES) % len(ACTIVATIONS) == 0:
            next(hidden)
    write("gradients.json", "gradients of total_loss + l2/2 sum(w^2): the f64 nearest to the true value", entries)


if __name__ == "__main__":
    main()
