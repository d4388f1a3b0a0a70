"""values/metrics.json: how good predictions are, from scikit-learn's definitions.

An entry is `{kind, case, outputs, targets, …}` with a row per example.
- `classes`: one column (class 1 above ½) or one per class (the largest, the first on a tie): accuracy, balanced_accuracy,
  f1_macro, confusion (a row per true class) and, for rows that are probabilities, log_loss and roc_auc. null stands where
  roc_auc is not defined, because only one class occurs.
- `numbers`: r2, rmse, mae, each averaged over the columns.

Balanced accuracy and ROC AUC look at the classes that occur among the targets, F1 at those that occur among targets or
predictions. Sums are exact fractions of the given f64 numbers, logarithms and roots mpmath's.
"""

from fractions import Fraction

import numpy as np
from mpmath import log, mpf, sqrt

from output import plain, write

EPSILON = Fraction(2) ** -52


def to_mpf(value):
    return mpf(value.numerator) / mpf(value.denominator)


def class_of(row):
    return int(row[0] > 0.5) if len(row) == 1 else row.index(max(row))


def confusion_matrix(outputs, targets):
    count = max(2, len(outputs[0]))
    counts = np.zeros((count, count), dtype=int)
    for row, truth in zip(outputs, targets):
        counts[class_of(truth), class_of(row)] += 1
    return counts


def balanced_accuracy(counts):
    recalls = [Fraction(int(counts[i, i]), int(counts[i].sum())) for i in range(len(counts)) if counts[i].sum()]
    return sum(recalls) / len(recalls)


def f1_macro(counts):
    scores = []
    for i in range(len(counts)):
        both = int(counts[i].sum() + counts[:, i].sum())
        if both:
            scores.append(Fraction(2 * int(counts[i, i]), both))
    return sum(scores) / len(scores)


def log_loss(outputs, targets):
    total = mpf(0)
    for row, truth in zip(outputs, targets):
        for p, t in zip(row, truth):
            p = min(max(Fraction(p), EPSILON), 1 - EPSILON)
            total -= mpf(t) * log(to_mpf(p))
            if len(row) == 1:
                total -= (1 - mpf(t)) * log(to_mpf(1 - p))
    return total / len(outputs)


def area(scores, positive):
    """The share of pairs (one of the class, one not) in the right order; a tie is half a pair."""
    pairs = [(a, b) for a, p in zip(scores, positive) for b, q in zip(scores, positive) if p and not q]
    return sum(Fraction(1) if a > b else Fraction(1, 2) if a == b else Fraction(0) for a, b in pairs) / len(pairs)


def roc_auc(outputs, targets):
    truth = [class_of(row) for row in targets]
    occurring = sorted(set(truth))
    if len(occurring) < 2:
        return None
    if len(outputs[0]) <= 2:
        return area([row[-1] for row in outputs], [c == 1 for c in truth])
    areas = [area([row[c] for row in outputs], [d == c for d in truth]) for c in occurring]
    return sum(areas) / len(areas)


def classes(case, outputs, targets):
    counts = confusion_matrix(outputs, targets)
    auc = roc_auc(outputs, targets)
    return {
        "kind": "classes", "case": case, "outputs": outputs, "targets": targets,
        "confusion": plain(counts),
        "accuracy": float(Fraction(int(np.trace(counts)), len(outputs))),
        "balanced_accuracy": float(balanced_accuracy(counts)),
        "f1_macro": float(f1_macro(counts)),
        "log_loss": plain(log_loss(outputs, targets)),
        "roc_auc": None if auc is None else float(auc),
    }  # fmt: skip


def numbers(case, outputs, targets):
    r2, rmse, mae = [], [], []
    for x, t in zip(zip(*outputs), zip(*targets)):
        x, t = [Fraction(v) for v in x], [Fraction(v) for v in t]
        errors = [a - b for a, b in zip(x, t)]
        mean = sum(t) / len(t)
        spread = sum((v - mean) ** 2 for v in t)
        squares = sum(e * e for e in errors)
        r2.append(1 - squares / spread if spread else Fraction(int(squares == 0)))
        rmse.append(sqrt(to_mpf(squares / len(t))))
        mae.append(sum(abs(e) for e in errors) / len(t))
    result = {"kind": "numbers", "case": case, "outputs": outputs, "targets": targets}
    result |= {"r2": float(sum(r2) / len(r2)), "mae": float(sum(mae) / len(mae))}
    return {**result, "rmse": plain(sum(rmse) / len(rmse))}


def one_hot(c, count):
    return [1.0 if i == c else 0.0 for i in range(count)]


class Source:
    """NumPy's generator, with rows of shares that add up to 1 but for rounding."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def shares(self, count, digits):
        parts = [float(n) for n in self.rng.integers(1, 100, count)]
        return [round(p / sum(parts), digits) for p in parts]

    def classes(self, rows, count):
        return [int(c) for c in self.rng.integers(0, count, rows)]

    def numbers(self, rows, columns, low, high):
        return [[round(float(v), 3) for v in self.rng.uniform(low, high, columns)] for _ in range(rows)]


def main():
    source = Source(6)
    entries = []
    for rows in (2, 5, 17, 60):
        for digits in (1, 2, 6):  # one digit: many ties
            truth = [0, 1, *source.classes(rows - 2, 2)]
            outputs = [[source.shares(2, digits)[0]] for _ in range(rows)]
            entries.append(classes("one column", outputs, [[float(c)] for c in truth]))
    for count in (2, 3, 5):
        for digits in (1, 6):
            truth = [*range(count), *source.classes(25, count)]
            outputs = [source.shares(count, digits) for _ in truth]
            entries.append(classes("a column per class", outputs, [one_hot(c, count) for c in truth]))
    truth = [0, 1, 0, 1, 0]
    outputs = [[0.6, 0.3, 0.1], [0.1, 0.7, 0.2], [0.2, 0.1, 0.7], [0.3, 0.4, 0.3], [0.5, 0.25, 0.25]]
    entries.append(classes("a class that is predicted and does not occur", outputs, [one_hot(c, 3) for c in truth]))
    outputs = [[0.6, 0.3, 0.1], [0.1, 0.7, 0.2], [0.2, 0.7, 0.1], [0.3, 0.4, 0.3], [0.5, 0.25, 0.25]]
    entries.append(classes("a class that neither occurs nor is predicted", outputs, [one_hot(c, 3) for c in truth]))
    entries.append(classes("all outputs equal", [[0.3]] * 6, [[float(c)] for c in (0, 1, 1, 0, 1, 1)]))
    entries.append(classes("exactly one half", [[0.5], [0.5]], [[0.0], [1.0]]))
    entries.append(classes("a tie between classes", [[0.4, 0.4, 0.2], [0.2, 0.4, 0.4]], [one_hot(0, 3), one_hot(2, 3)]))
    entries.append(classes("only one class occurs", [[0.2], [0.7], [0.1]], [[0.0], [0.0], [0.0]]))
    entries.append(classes("one row", [[0.2, 0.8]], [[0.0, 1.0]]))
    entries.append(classes("sure and wrong: clipped", [[0.0], [1.0], [1.0], [0.0]], [[1.0], [0.0], [1.0], [0.0]]))
    for rows, columns in ((2, 1), (7, 1), (40, 1), (5, 3), (40, 2)):
        targets = source.numbers(rows, columns, -5, 5)
        noise = source.numbers(rows, columns, -1, 1)
        outputs = [[round(a + b, 3) for a, b in zip(*pair)] for pair in zip(targets, noise)]
        entries.append(numbers("random", outputs, targets))
    entries.append(numbers("perfect", [[1.5], [2.5], [-3.0]], [[1.5], [2.5], [-3.0]]))
    entries.append(numbers("worse than the mean", [[3.0], [-1.0], [5.0]], [[-1.0], [3.0], [0.5]]))
    entries.append(numbers("far from zero", [[1e8 + 1], [1e8 + 3], [1e8 + 4]], [[1e8 + 1], [1e8 + 2], [1e8 + 5]]))
    entries.append(numbers("constant target, missed", [[1.0], [2.0]], [[2.0], [2.0]]))
    entries.append(numbers("constant target, hit", [[2.0], [2.0]], [[2.0], [2.0]]))
    write("metrics.json", "metrics from scikit-learn's definitions: the f64 nearest to the true value", entries)


if __name__ == "__main__":
    main()
