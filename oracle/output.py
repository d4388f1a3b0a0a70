"""How a file of oracle values is written: JSON, an entry a line, every number the f64 nearest to the true value.

A script calls `write(NAME, ABOUT, ENTRIES)`; the file goes into `values/` beside this module, or into the folder that is
the script's only argument.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
from mpmath import mpf


def to_f64(value):
    """The f64 nearest to `value`; None where that is infinite, because JSON has no infinity.

    Python's division of integers rounds correctly, subnormal numbers included. `float(mpf)` rounds those twice.
    """
    value = mpf(value)
    if value == 0:
        return 0.0
    sign, mantissa, exponent, _ = value._mpf_
    try:
        if exponent >= 0:
            number = float(int(mantissa) << exponent)
        else:
            number = int(mantissa) / (1 << -exponent)
    except OverflowError:
        return None
    if math.isinf(number):
        return None
    return 0.0 if number == 0.0 else (-number if sign else number)


def plain(value, zero_below=0.0):
    """The same structure in lists, dicts and f64. What is smaller than `zero_below` in absolute value becomes 0."""
    if isinstance(value, dict):
        return {key: plain(item, zero_below) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, zero_below) for item in value]
    if isinstance(value, np.ndarray):
        return [plain(item, zero_below) for item in value]
    if isinstance(value, mpf):
        return 0.0 if abs(value) < zero_below else to_f64(value)
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, np.floating):
        return float(value)
    return value


def write(name, about, entries):
    """Writes `{"about": …, "entries": […]}` with sorted keys and an entry a line."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "values"
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(entry, sort_keys=True, allow_nan=False, ensure_ascii=False) for entry in entries]
    text = '{\n"about": ' + json.dumps(about, ensure_ascii=False) + ',\n"entries": [\n' + ",\n".join(lines) + "\n]\n}\n"
    (folder / name).write_text(text, encoding="utf-8", newline="\n")
