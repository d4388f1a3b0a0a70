"""Whether a result can be asked of a program that computes in f64.

The same computation is done again with 53 bits. Where that is far from the true value, rounding decides: a sum that cancels,
the sign of a gradient that is 0, a number beyond the largest f64. Such a case tests nothing and is drawn again.
"""

TINY = 1e-14


def well_conditioned(true, rounded, relative):
    """Whether the two have one structure and agree; next to a true 0, whether nothing but rounding is left."""
    if isinstance(true, dict):
        return true.keys() == rounded.keys() and all(well_conditioned(true[k], rounded[k], relative) for k in true)
    if isinstance(true, list):
        same = len(true) == len(rounded)
        return same and all(well_conditioned(a, b, relative) for a, b in zip(true, rounded))
    if isinstance(true, float) and isinstance(rounded, float):
        if true == 0.0:
            return abs(rounded) <= TINY
        if abs(true) <= TINY:
            return False  # a program that knows its rounding error may well call this 0
        return abs(true - rounded) <= relative * abs(true)
    return true is not None and true == rounded
