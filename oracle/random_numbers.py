"""values/random.json: what a seed draws.

Entries by `kind`:
- `u64`: the first eight of a seed and a stream, as decimal text (JSON readers lose bits of such numbers), and the
  uniform numbers in [0, 1) made from them;
- `normal`: the first eight normal numbers of stream 0, by Box and Muller: r = √(−2 ln(1 − u₁)), first r cos 2πu₂,
  then r sin 2πu₂;
- `glorot_uniform`: parameters of a network, drawn layer by layer, weights row by row and then, with `drawn_biases`, the layer's
  biases: (2u − 1)·b with b = √(6 / (inputs + units));
- `glorot_normal`, `he_uniform`, `he_normal`, `lecun_uniform`, `lecun_normal`: the same with the other distributions of SPREADS;
  normal numbers that are left over from a pair begin the next matrix;
- `shuffle`: the order of n examples in an epoch, from the stream 1 + 16·epoch.
"""

from mpmath import cos, log, mpf, pi, sin, sqrt

from chacha import PARAMETERS, ChaCha8, check
from output import plain, write

SEEDS = [0, 1, 42]


def normals(draw, count):
    result = []
    while len(result) < count:
        u1, u2 = mpf(draw.uniform()), mpf(draw.uniform())
        r = sqrt(-2 * log(1 - u1))
        result += [r * cos(2 * pi * u2), r * sin(2 * pi * u2)]
    return result[:count]


def glorot_uniform(seed, layers, drawn_biases):
    draw = ChaCha8(seed, PARAMETERS)
    weights, biases = [], []
    for inputs, units in zip(layers[:-1], layers[1:]):
        bound = sqrt(mpf(6) / (inputs + units))
        weights.append([[(2 * mpf(draw.uniform()) - 1) * bound for _ in range(inputs)] for _ in range(units)])
        biases.append([(2 * mpf(draw.uniform()) - 1) * bound if drawn_biases else mpf(0) for _ in range(units)])
    return weights, biases


# The variance of an initial weight, from its paper: Glorot and Bengio (2010), He et al. (2015), LeCun et al. (1998).
SPREADS = {
    "glorot_normal": lambda inputs, units: mpf(2) / (inputs + units),
    "he_uniform": lambda inputs, units: mpf(2) / inputs,
    "he_normal": lambda inputs, units: mpf(2) / inputs,
    "lecun_uniform": lambda inputs, units: mpf(1) / inputs,
    "lecun_normal": lambda inputs, units: mpf(1) / inputs,
}


def spread_parameters(name, seed, layers, drawn_biases):
    """A uniform number on (-b, b) has the variance b²/3."""
    draw = ChaCha8(seed, PARAMETERS)
    count = sum((inputs + drawn_biases) * units for inputs, units in zip(layers[:-1], layers[1:]))
    if name.endswith("_uniform"):
        standard = iter([(2 * mpf(draw.uniform()) - 1) * sqrt(mpf(3)) for _ in range(count)])
    else:
        standard = iter(normals(draw, count))
    weights, biases = [], []
    for inputs, units in zip(layers[:-1], layers[1:]):
        deviation = sqrt(SPREADS[name](inputs, units))
        weights.append([[next(standard) * deviation for _ in range(inputs)] for _ in range(units)])
        biases.append([next(standard) * deviation if drawn_biases else mpf(0) for _ in range(units)])
    return weights, biases


def main():
    check()
    entries = []
    for seed in SEEDS:
        for stream in range(4):
            draw, again = ChaCha8(seed, stream), ChaCha8(seed, stream)
            numbers = [str(draw.u64()) for _ in range(8)]
            uniform = [again.uniform() for _ in range(8)]
            entries.append({"kind": "u64", "seed": seed, "stream": stream, "u64": numbers, "uniform": uniform})
        values = plain(normals(ChaCha8(seed, PARAMETERS), 8))
        entries.append({"kind": "normal", "seed": seed, "stream": PARAMETERS, "values": values})
        for layers in ([3, 2, 2], [4, 5, 3, 1]):
            for drawn in (False, True):
                weights, biases = glorot_uniform(seed, layers, drawn)
                entry = {"kind": "glorot_uniform", "seed": seed, "layers": layers, "drawn_biases": drawn}
                entries.append({**entry, "weights": plain(weights), "biases": plain(biases)})
        for epoch in (0, 1):
            for n in (1, 2, 10, 37):
                order = ChaCha8(seed, 1 + 16 * epoch).shuffled(n)
                entries.append({"kind": "shuffle", "seed": seed, "epoch": epoch, "n": n, "order": order})
    for name in SPREADS:
        for seed, layers, drawn in ((0, [3, 2, 2], False), (42, [4, 5, 3, 1], True)):
            weights, biases = spread_parameters(name, seed, layers, drawn)
            entry = {"kind": name, "seed": seed, "layers": layers, "drawn_biases": drawn}
            entries.append({**entry, "weights": plain(weights), "biases": plain(biases)})
    write("random.json", "what a seed draws (ChaCha8)", entries)


if __name__ == "__main__":
    main()
