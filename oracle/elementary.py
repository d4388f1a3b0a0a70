"""values/elementary.json: the elementary functions at awkward and at random f64 arguments.

An entry is `{function, x, y}` (lists of one length). null stands where the true value is beyond the largest f64.
"""

import math

import numpy as np
from mpmath import erf, erfc, exp, expm1, log, log1p, mpf, tanh

from output import to_f64, write
from reference import matrix, normal_cdf, normal_density, sigmoid, softplus

LARGEST, SMALLEST, SUBNORMAL = 1.7976931348623157e308, 2.2250738585072014e-308, 5e-324
# 0, the ends of the number range, what rounds to 1 when 1 is added, and the ends of the quarters of the reduced arguments.
SIZES = [0.0, SUBNORMAL, 3 * SUBNORMAL, 1e-310, SMALLEST, 2 * SMALLEST, 1e-300, 1e-160, 1e-100, 1e-30, 1e-20, 1e-17, 2.0**-54]
SIZES += [2.0**-53, 1e-15, 1e-10, 1e-8, 1e-5, 1e-3, 0.01, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0, 300.0]
SIZES += [0.34657359027997264, 0.6931471805599453, 1.0397207708399179, 0.41421356237309503, 0.2928932188134524, 0.5 - 2.0**-54, 0.707106781186547]
SIZES += [0.7071067811865475, 0.7071067811865476, 1.414213562373095, 1.4142135623730951, 4.0, 27.5, 26.5, 26.543, 27.2, 27.3]
SIZES += [5.8, 5.9, 6.0, 18.7, 19.06, 20.0, 36.04, 36.7, 37.0, 38.0, 708.3, 709.0, 709.78, 709.782712893384]
SIZES += [709.7827128933841, 710.0, 744.0, 745.0, 745.13, 745.1332191019412, 745.14, 746.0, 1000.0, 1e4, 1e10, 1e17, 1e100, 1e300]
SIZES += [LARGEST / 4, LARGEST / 2, LARGEST]

def bounded(function):
    """The function, told of nothing beyond ±1,000, where it is what it is at infinity as far as an f64 can tell."""
    return lambda x: function(min(max(x, mpf(-1000)), mpf(1000)))


# function -> what it computes, the random arguments: (how many, from, to), evenly, or evenly in the logarithm with a sign
FUNCTIONS = {
    "exp": (bounded(exp), [(700, -746, 710), (500, -2, 2)], [(400, 1e-20, 700, "both")]),
    "expm1": (bounded(expm1), [(300, -40, 40), (700, -2, 2), (300, 40, 710)], [(400, 1e-20, 700, "both")]),
    "ln": (log, [(600, 0.5, 2)], [(500, 1e-323, 1e-300, "above"), (700, 1e-300, 1e300, "above"), (200, 0.01, 100, "above")]),
    "log1p": (log1p, [(800, -1, 3), (200, 0, 100)], [(500, 1e-20, 1, "both"), (300, 1, 1e300, "above")]),
    "tanh": (bounded(tanh), [(600, -2, 2), (500, -20, 20)], [(500, 1e-20, 20, "both")]),
    "sigmoid": (bounded(sigmoid), [(500, -746, 40), (700, -8, 8)], [(300, 1e-20, 40, "both")]),
    "softplus": (softplus, [(500, -746, 40), (700, -8, 8)], [(300, 1e-20, 40, "both")]),
    "erf": (bounded(erf), [(900, -2, 2), (300, -6, 6)], [(400, 1e-20, 6, "both")]),
    "erfc": (bounded(erfc), [(700, -6, 6), (900, 0, 27.3)], [(200, 1e-20, 27, "both")]),
    "normal_cdf": (bounded(normal_cdf), [(400, -6, 6), (600, -38.6, 0)], [(100, 1e-20, 38, "both")]),
    "normal_density": (bounded(normal_density), [(400, -6, 6), (600, -38.6, 0)], []),
}


def exponent(x):
    return math.frexp(x)[1] - 1


def defined(name, x):
    return x > 0 if name == "ln" else x > -1 if name == "log1p" else True


def nearest(value):
    """The f64 nearest to a value, which may be far beyond the range of an f64."""
    if abs(value) < mpf(2) ** -1100:
        return 0.0
    return None if abs(value) > mpf(2) ** 1100 else to_f64(value)


def arguments(name, even, logarithmic, rng):
    numbers = [x for size in SIZES for x in (size, -size)]
    if name == "ln":
        numbers += [1 + sign * 2.0**-k for k in range(2, 53, 3) for sign in (1, -1)]
    if name == "log1p":
        numbers += [-1 + 2.0**-k for k in range(1, 54, 3)]
    for count, low, high in even:
        numbers += [float(x) for x in rng.uniform(low, high, count)]
    for count, low, high, side in logarithmic:
        # A mantissa and an exponent: no processor's exp shows in the arguments.
        exponents = rng.integers(exponent(low), exponent(high), count)
        signs = rng.choice([-1, 1], count) if side == "both" else np.ones(count)
        mantissas = rng.uniform(1, 2, count)
        numbers += [math.ldexp(float(s * m), int(e)) for s, m, e in zip(signs, mantissas, exponents)]
    return sorted({x for x in numbers if defined(name, x)})


def main():
    rng = np.random.default_rng(5)
    entries = []
    for name, (function, even, logarithmic) in FUNCTIONS.items():
        x = arguments(name, even, logarithmic, rng)
        y = np.frompyfunc(function, 1, 1)(matrix(x))
        entries.append({"function": name, "x": x, "y": [nearest(value) for value in y]})
    write("elementary.json", "elementary functions: the f64 nearest to the true value", entries)


if __name__ == "__main__":
    main()
