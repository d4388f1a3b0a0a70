"""values/coefficients.json: the polynomials of the elementary functions, for single and double precision.

Each is the interpolation of a function at Chebyshev points, whose largest error is within a small factor of the best
polynomial's. So the coefficients follow from the formula, the interval and the degree in `POLYNOMIALS` and from nothing else.
An entry is `{polynomial, precision, interval, error, coefficients}`: the coefficient of the lowest power first, each the
nearest number of that precision, and the largest error before that rounding. `ln2` is no polynomial: ln 2 in two parts.
"""

from mpmath import atanh, cos, erf, erfc, exp, expm1, log, log1p, mp, mpf, nstr, pi, sqrt

import numpy as np

from output import to_f64, write

mp.dps = 50

# The reduced argument of exp: what is left of x when the nearest multiple of ln 2 is taken off, and a little for the
# rounding of that multiple.
HALF_LN2 = log(mpf(2)) / 2 * (1 + mpf(2) ** -10)
# The reduced argument of ln, m − 1 for a mantissa m between √½ and √2, and s = f / (2 + f) for its largest value.
LOW, HIGH = sqrt(mpf(1) / 2) - 1, sqrt(mpf(2)) - 1
S = HIGH / (2 + HIGH)
# Where the polynomial of erf hands over to that of erfc.
HANDOVER = mpf("0.5")
# K of the variable t = (a − K) / (a + K) of erfc, which runs from the handover to the a where e^(−a²) vanishes. With these
# K the function of t is smooth, and its value at 0, which is the first coefficient, is nearly a number of the precision.
TAIL = {"f32": (mpf("2.375"), mpf("10.25")), "f64": (mpf("3.5"), mpf("27.5"))}


def exp_tail(r):
    """(eʳ − 1 − r) / r²"""
    return taylor_at_zero(lambda n: 1 / mp.factorial(n + 2), r) if abs(r) < 0.01 else (expm1(r) - r) / r**2


def log_tail(f):
    """(ln(1 + f) − f + f²/2) / f³"""
    return taylor_at_zero(lambda n: mpf(-1) ** n / (n + 3), f) if abs(f) < 0.01 else (log1p(f) - f + f * f / 2) / f**3


def log_of_square(w):
    """(2 artanh(s)/s − 2) / s² for w = s²"""
    return taylor_at_zero(lambda n: mpf(2) / (2 * n + 3), w) if w < 0.01 else (2 * atanh(sqrt(w)) / sqrt(w) - 2) / w


def erf_of_square(w):
    """erf(x)/x − 1 for w = x²"""
    return erf(sqrt(w)) / sqrt(w) - 1


def erfc_tail(k):
    """(1 + 2a) exp(a²) erfc(a) for t = (a − k) / (a + k)"""

    def function(t):
        a = k * (1 + t) / (1 - t)
        return (1 + 2 * a) * exp(a * a) * erfc(a)

    return function


def taylor_at_zero(coefficient, x):
    """Σ coefficient(n) xⁿ for a small x, where the closed form cancels."""
    return sum(coefficient(n) * x**n for n in range(30))


def erfc_polynomial(precision, degree):
    k, last = TAIL[precision]
    return erfc_tail(k), (HANDOVER - k) / (HANDOVER + k), (last - k) / (last + k), degree


# name, precision -> function, interval, degree
POLYNOMIALS = {
    ("exp", "f32"): (exp_tail, -HALF_LN2, HALF_LN2, 4),
    ("exp", "f64"): (exp_tail, -HALF_LN2, HALF_LN2, 9),
    ("log", "f32"): (log_tail, LOW, HIGH, 8),
    ("log", "f64"): (log_of_square, mpf(0), S * S, 6),
    ("erf", "f32"): (erf_of_square, mpf(0), HANDOVER**2, 4),
    ("erf", "f64"): (erf_of_square, mpf(0), HANDOVER**2, 8),
    ("erfc", "f32"): erfc_polynomial("f32", 9),
    ("erfc", "f64"): erfc_polynomial("f64", 19),
}


def interpolate(function, low, high, degree):
    """The coefficients of the polynomial that meets the function at the Chebyshev points of the interval."""
    n = degree + 1
    middle, half = (low + high) / 2, (high - low) / 2
    angles = [pi * (2 * k + 1) / (2 * n) for k in range(n)]
    values = [function(middle + half * cos(angle)) for angle in angles]
    # The sum of c_j T_j(u), then T_j as polynomials in u = (x − middle) / half, then in x.
    in_u = [mpf(0)] * n
    before, now = None, [mpf(1)] + [mpf(0)] * degree
    for j in range(n):
        c = sum(v * cos(j * angle) for v, angle in zip(values, angles)) * (1 if j == 0 else 2) / n
        in_u = [a + c * b for a, b in zip(in_u, now)]
        shifted = [mpf(0)] + now[:-1]
        before, now = now, shifted if j == 0 else [2 * a - b for a, b in zip(shifted, before)]
    in_x = [mpf(0)] * n
    power = [mpf(1)] + [mpf(0)] * degree
    for c in in_u:
        in_x = [a + c * b for a, b in zip(in_x, power)]
        power = [(a - middle * b) / half for a, b in zip([mpf(0)] + power[:-1], power)]
    return in_x


def largest_error(function, low, high, coefficients):
    points = [low + (high - low) * k / 400 for k in range(1, 400)]
    return max(abs(mp.polyval(coefficients[::-1], x) - function(x)) for x in points)


def rounded(value, precision):
    """The nearest number of the precision, as an f64."""
    return to_f64(value) if precision == "f64" else float(np.float32(to_f64(value)))


def ln2(precision):
    """ln 2 as the sum of two numbers."""
    high = rounded(log(mpf(2)), precision)
    return [high, rounded(log(mpf(2)) - high, precision)]


def main():
    entries = [{"polynomial": "ln2", "precision": p, "coefficients": ln2(p)} for p in ("f32", "f64")]
    for (name, precision), (function, low, high, degree) in POLYNOMIALS.items():
        coefficients = interpolate(function, low, high, degree)
        entries.append(
            {
                "polynomial": name,
                "precision": precision,
                "interval": [to_f64(low), to_f64(high)],
                "error": float(nstr(largest_error(function, low, high, coefficients), 3)),
                "coefficients": [rounded(c, precision) for c in coefficients],
            }
        )
    write("coefficients.json", "polynomials of the elementary functions, lowest power first", entries)


if __name__ == "__main__":
    main()
