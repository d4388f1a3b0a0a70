"""values/activations.json: every activation and its derivative over a grid, and softmax over awkward vectors.

An entry is `{activation, z, f, df}` (lists of one length) or, for softmax, `{activation, z, f}` with two vectors. null stands
where the true value is beyond the largest f64. selu has a kink at 0; there its derivative is that of the negative side, as
relu's and leaky_relu's, and hard_sigmoid's at its two is 0.
"""

import numpy as np

from output import plain, write
from reference import ACTIVATIONS, activate, matrix, slope

GRID = [0.0, 1e-300, 1e-16, 1e-8, 1e-4, 0.01, 0.1, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0]
GRID += [15.0, 20.0, 25.0, 30.0, 36.0, 37.0, 38.0, 40.0, 50.0, 100.0, 300.0, 500.0, 700.0, 708.0, 709.0, 710.0, 720.0]
GRID += [740.0, 744.0, 745.0, 746.0, 1000.0, 1e4]
VECTORS = [
    [0.0], [1e4], [-1e4], [0.0, 0.0], [1e4, 1e4, 1e4], [-1e4, -1e4, -1e4], [1e4, -1e4], [-1e4, 1e4, 0.0], [1e4, 9999.5, 9999.0],
    [-9999.0, -1e4, -9999.5], [745.0, 0.0, -745.0], [30.0, -30.0], [1e-8, 0.0, -1e-8], [0.5, -0.5], [0.1, 0.2, 0.3, 0.4],
    [710.0, 709.0], [-710.0, -709.0], [0.1, 0.1, 0.1], [-0.3, 0.7, 0.7, -0.3],
]  # fmt: skip


def main():
    rng = np.random.default_rng(1)
    extra = [round(float(z), 4) for z in rng.uniform(-6, 6, 40)]
    grid = sorted(set(GRID + [-z for z in GRID if z] + extra))
    entries = []
    for name in ACTIVATIONS:
        z = matrix(grid)
        entries.append({"activation": name, "z": grid, "f": plain(activate(name, z)), "df": plain(slope(name, z))})
    vectors = VECTORS + [[round(float(z), 3) for z in rng.uniform(-4, 4, n)] for n in (2, 3, 4, 5, 10)]
    for z in vectors:
        f = activate("softmax", matrix(z)[:, None])[:, 0]
        entries.append({"activation": "softmax", "z": z, "f": plain(f)})
    write("activations.json", "f and f' of every activation: the f64 nearest to the true value", entries)


if __name__ == "__main__":
    main()
