"""Random networks, inputs and targets for the other scripts: short decimals, so that they read well in an exercise file."""


def number(rng, low, high, digits=2):
    """Uniform in [low, high], rounded, and never 0: a term that is exactly 0 hides mistakes."""
    value = round(float(rng.uniform(low, high)), digits)
    return value if value != 0.0 else 0.1


def vector(rng, count, low, high, digits=2):
    return [number(rng, low, high, digits) for _ in range(count)]


def parameters(rng, layers, spread=0.9):
    """Weights (a row per unit) and biases of each layer."""
    shapes = list(zip(layers[1:], layers[:-1]))
    weights = [[vector(rng, columns, -spread, spread) for _ in range(rows)] for rows, columns in shapes]
    biases = [vector(rng, rows, -0.5, 0.5) for rows, _ in shapes]
    return weights, biases


def target(rng, loss, output, width):
    """A target vector that suits the loss and stays off what its outputs can reach exactly."""
    if loss in ("cross_entropy", "binary_cross_entropy"):
        if output == "softmax":
            one = int(rng.integers(width))
            return [1.0 if i == one else 0.0 for i in range(width)]
        return [float(rng.integers(2)) for _ in range(width)]
    if loss == "poisson":
        return [float(rng.integers(0, 5)) for _ in range(width)]
    return vector(rng, width, -1.5, 1.5, 3)
