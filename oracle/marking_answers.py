"""How a student writes an answer: numbers rounded as on paper, quantities left out, a file in TOML."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

import numpy as np
from mpmath import mpf, nstr


@dataclass(frozen=True)
class Style:
    """How numbers are written: `digits` significant ones, or decimals where `decimals` is set.

    keep: later numbers are computed from what is written, not from what the calculator holds. text: numbers as TOML strings.
    short: no trailing zeros where the number is exact. slope: f′ from z, or from x where it can be written in x.
    """

    digits: int
    decimals: bool = False
    keep: bool = False
    text: bool = True
    short: bool = False
    slope: str = "z"
    truncate: bool = False
    scientific: bool = False

    def describe(self):
        words = f"{self.digits} {'decimals' if self.decimals else 'digits'}"
        return words + (", truncated" if self.truncate else "") + (" at every step" if self.keep else " at the end")

    def rounded(self, value):
        """The decimal number that is written."""
        exact = Decimal(nstr(mpf(value), 40, strip_zeros=False))
        if exact == 0 or abs(exact) < Decimal("1e-35"):
            return Decimal(0)
        places = -self.digits if self.decimals else exact.adjusted() - self.digits + 1
        return exact.quantize(Decimal(1).scaleb(places), ROUND_DOWN if self.truncate else ROUND_HALF_UP)

    def write(self, value):
        """The digits on paper."""
        if isinstance(value, int):
            return str(value)
        number = self.rounded(value)
        if number == 0:
            return "0" if self.short or not self.decimals else f"{Decimal(0):.{self.digits}f}"
        exact = Decimal(nstr(mpf(value), 40, strip_zeros=False))
        if self.short and abs(exact - number) < Decimal("1e-30"):
            number = number.normalize()
        if self.scientific or not -5 <= number.adjusted() < 7:
            return f"{number:e}"
        return f"{number:f}"

    def on_paper(self, value):
        """The value with every entry as it is written."""
        return entrywise(lambda v: v if isinstance(v, int) else mpf(str(self.rounded(v))), value)


def entrywise(function, value):
    if not isinstance(value, np.ndarray):
        return function(value)
    result = np.empty(value.shape, dtype=object)
    for index in np.ndindex(value.shape):
        result[index] = function(value[index])
    return result


def unit(text):
    """One unit of the last digit that is written."""
    return mpf(10) ** Decimal(text).as_tuple().exponent


# Which quantities a student states.
SUBSETS = {
    "all": lambda name, last: True,
    "printed": lambda name, last: name.startswith(("weights", "biases")) or name == f"x[{last}]",
    "no gradients": lambda name, last: not name.startswith("grad"),
    "outputs and deltas": lambda name, last: name.startswith(("x[", "delta", "loss", "grad_weights", "class")),
    "end": lambda name, last: name.startswith(("weights", "biases", "total_loss_after", "class")),
    "weights": lambda name, last: name.startswith(("weights", "grad_weights")),
}


def stated(exercise, paper, subset, last_part=False):
    """The keys of what is written, in the order of the work."""
    last = len(exercise["network"]["activations"])
    frozen = {p["name"] for p in exercise["part"] if not p.get("train_biases", True)}
    freed = "bias_updated_when_frozen" in paper.mistakes
    parts = [exercise["part"][-1]["name"]] if last_part else [p["name"] for p in exercise["part"]]
    keys = [key for key in paper.own if key[0] in parts and SUBSETS[subset](key[2], last)]
    return [key for key in keys if not (key[0] in frozen and key[2].startswith("grad_biases") and not freed)]


def steps_of(paper):
    """How many steps each part has."""
    steps = {}
    for part, step, _ in paper.own:
        steps[part] = max(steps.get(part, 0), step)
    return steps


def label(key, steps):
    """The quantity's name in an answer file: the last step needs no number."""
    part, step, name = key
    return name if step == steps[part] else f"{name} step {step}"


def shaped(name, value):
    """The value as the file has it: a vector where there is one example."""
    quantity = name.split("[")[0]
    if quantity in ("z", "x", "delta") and value.shape[1] == 1:
        return value[:, 0]
    return value[0] if quantity == "class" and len(value) == 1 else value


def toml_value(value, quote):
    if isinstance(value, (list, np.ndarray)):
        return "[" + ", ".join(toml_value(v, quote) for v in value) + "]"
    return f'"{value}"' if quote else value


def answer_file(entries, quote, comment=None):
    """The text of a file; `entries` is part -> {label: texts}."""
    lines = [f"# {comment}"] if comment else []
    for part, quantities in entries.items():
        lines += ["[[part]]", f'name = "{part}"', "[part.answers]"]
        lines += [f'"{name}" = {toml_value(texts, quote)}' for name, texts in quantities.items()]
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"
