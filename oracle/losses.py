"""values/losses.json: every loss with every output activation that it admits: the loss and its delta ∂E/∂z.

An entry is `{output, loss, z, t, value, delta}` of one example. null stands where the true value is beyond the largest f64.
Targets are chosen so that x − t does not cancel far out, where f64 could not tell them apart.
"""

import numpy as np
from mpmath import mp

from output import plain, write
from reference import ALL_ACTIVATIONS, LOSSES, activate, admits, loss_values, matrix, output_delta

# 1 − x of a softmax output next to 1 keeps its digits down to the smallest f64.
mp.dps = 400

EXTREMES = {
    1: [[1e4], [-1e4], [745.0], [-745.0], [30.0], [-30.0], [1e-8], [-1e-8]],
    2: [[1e4, -1e4], [-1e4, 1e4], [1e4, 1e4], [-1e4, -1e4], [745.0, 0.25], [-30.0, 30.0], [0.5, 0.5], [1e-8, -1e-8]],
    3: [[1e4, -1e4, 0.5], [1e4, 1e4, 1e4], [-1e4, -1e4, -1e4], [745.0, -745.0, 2.0], [30.0, -30.0, 0.5], [0.5, 0.5, 0.5]],
}


def targets(rng, loss, output, width, kind):
    """Targets that suit the loss; `kind` counts through their forms."""
    if loss in ("cross_entropy", "binary_cross_entropy"):
        if output == "softmax" and width > 1:
            if kind == 0:
                one = int(rng.integers(width))
                return [1.0 if i == one else 0.0 for i in range(width)]
            shares = [float(n) for n in rng.integers(1, 9, width)]
            return [round(s / sum(shares), 2) for s in shares]
        return [float(rng.integers(2)) if kind == 0 else round(float(rng.uniform(0.1, 0.9)), 2) for _ in range(width)]
    if loss == "poisson":
        return [float(rng.integers(0, 6)) if kind == 0 else round(float(rng.uniform(0.1, 4)), 2) for _ in range(width)]
    return [round(float(rng.uniform(-2.5, 2.5)), 3) for _ in range(width)]


def main():
    rng = np.random.default_rng(2)
    entries = []
    for loss in LOSSES:
        for output in ALL_ACTIVATIONS:
            if not admits(loss, output):
                continue
            for width in (1, 2, 3):
                cases = [([round(float(z), 3) for z in rng.uniform(-3, 3, width)], k % 2) for k in range(6)]
                cases += [(z, 1) for z in EXTREMES[width]]
                for z, kind in cases:
                    t = targets(rng, loss, output, width, kind)
                    zc, tc = matrix(z)[:, None], matrix(t)[:, None]
                    x = activate(output, zc)
                    value = loss_values(loss, x, tc, zc)[0]
                    delta = output_delta(loss, output, x, tc, zc)[:, 0]
                    entry = {"output": output, "loss": loss, "z": z, "t": t}
                    entries.append({**entry, "value": plain(value), "delta": plain(delta)})
    write("losses.json", "loss and output delta of every admissible pair: the f64 nearest to the true value", entries)


if __name__ == "__main__":
    main()
