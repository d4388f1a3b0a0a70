"""Times of the Python package beside scikit-learn's, for `cargo xtask bench python`.

    measure.py                    every measurement, a JSON object a line
    measure.py --child NAME SIDE  one side of one measurement, in a process of its own

The two sides take turns, so that a slow minute of the machine is a slow minute of both. Each measurement says how both sides
come out, so that no time is believed of a side that computes something else.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

SIDES = ("deltarule", "scikit-learn")
#: A turn is a call, and more of them until so many seconds have passed.
TURN = 0.5
#: Turns are taken until so many seconds have passed, and at least so often by each side.
SECONDS, FEWEST = 6.0, 3
#: What a child prints when it is the other's turn.
WAITING = "waiting"


class Timed(NamedTuple):
    """A side of a measurement that is a time."""

    call: Callable[[], Any]
    #: What belongs into its record beside the seconds, once it has been called.
    record: Callable[[], dict[str, Any]]
    #: How many calls a call is.
    calls: int = 1


def package(side):
    if side == "deltarule":
        import deltarule

        return deltarule
    import sklearn.neural_network

    return sklearn.neural_network


def normal(rows, columns, classes, dtype="float64"):
    """Noise with something to learn in it."""
    import numpy as np

    rng = np.random.default_rng(0)
    x = rng.standard_normal((rows, columns), dtype=dtype)
    y = (x @ rng.standard_normal((columns, classes), dtype=dtype)).argmax(axis=1)
    return x, y


def digits():
    from sklearn.datasets import load_digits
    from sklearn.preprocessing import StandardScaler

    x, y = load_digits(return_X_y=True)
    return StandardScaler().fit_transform(x), y


def fit(side, data, **parameters):
    x, y = data
    estimator = package(side).MLPClassifier(random_state=0, **parameters)

    def record():
        # The loss of the first epoch: rounding has not grown by then.
        curve = getattr(estimator, "loss_curve_", [estimator.loss_])
        result = {"result": float(curve[0])}
        if estimator.solver == "lbfgs":
            # How often it asks for a gradient is SciPy's affair.
            return result
        # Forward, backward (which ends above the inputs) and gradients: a product and a sum for a weight and an example.
        sizes = [w.size for w in estimator.coefs_]
        return result | of_products(x, (6 * sum(sizes) - 2 * sizes[0]) * len(x) * estimator.n_iter_)

    return Timed(lambda: estimator.fit(x, y), record)


def of_products(x, operations):
    """What the record of a measurement says of its products: floating-point operations, and the bits of a number."""
    return {"operations": operations, "bits": 8 * x.itemsize}


def predict(side, rows, layers, dtype):
    estimator = package(side).MLPClassifier(layers[1:-1], max_iter=1, random_state=0)
    x, _ = normal(max(rows, 200), layers[0], 2, dtype)
    import numpy as np

    estimator.fit(x[:200], np.arange(200) % layers[-1])
    x = np.ascontiguousarray(x[:rows])
    calls = 1 if rows > 1 else 200

    def call():
        for _ in range(calls):
            estimator.predict_proba(x)

    def record():
        result = {"result": float(estimator.predict_proba(x)[0, 0])}
        if rows == 1:
            # What a row costs is in the calls, not in the products.
            return result
        return result | of_products(x, 2 * sum(w.size for w in estimator.coefs_) * rows)

    return Timed(call, record, calls)


def imported(side):
    """The seconds of the import alone, NumPy and scikit-learn being there."""
    import numpy
    import sklearn.neural_network

    assert numpy and sklearn
    begin = time.perf_counter()
    estimator = package(side).MLPClassifier
    seconds = time.perf_counter() - begin
    assert estimator
    return {"seconds": seconds, "result": 0.0}


def memory(side):
    """The peak of a fit, beyond what there was before it."""
    x, y = normal(60000, 784, 10)
    estimator = package(side).MLPClassifier((512, 512), batch_size=128, max_iter=1, random_state=0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    estimator.fit(x, y)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"mebibytes": (peak - before) / 1024, "result": float(estimator.loss_)}


def of_type(data, dtype):
    x, y = data
    return x.astype(dtype), y


#: What is measured: its name, and how. Where a fit takes seconds it has few epochs, enough for what it does but once not to
#: matter.
MEASUREMENTS = {}
for dtype in ("float64", "float32"):
    MEASUREMENTS |= {
        f"fit digits, defaults, {dtype}": lambda side, dtype=dtype: fit(side, of_type(digits(), dtype)),
        f"fit 200,000 × 28, (64, 64), batch 256, 5 epochs, {dtype}": lambda side, dtype=dtype: fit(
            side, normal(200000, 28, 2, dtype), hidden_layer_sizes=(64, 64), batch_size=256, max_iter=5
        ),
        f"fit 60,000 × 784, (512, 512), batch 128, 3 epochs, {dtype}": lambda side, dtype=dtype: fit(
            side, normal(60000, 784, 10, dtype), hidden_layer_sizes=(512, 512), batch_size=128, max_iter=3
        ),
        f"predict_proba, 4,096 rows, 784-512-512-10, {dtype}": lambda side, dtype=dtype: predict(
            side, 4096, (784, 512, 512, 10), dtype
        ),
    }
MEASUREMENTS |= {
    "fit digits, lbfgs, float64": lambda side: fit(side, digits(), solver="lbfgs"),
    "predict_proba, a row, 64-100-10, float64": lambda side: predict(side, 1, (64, 100, 10), "float64"),
    "import": imported,
    "memory of fit 60,000 × 784, float64": memory,
}


def child(name, side):
    """Prints the record of a side; of one that is a time, a line before it whenever it waits for its turn."""
    measured = MEASUREMENTS[name](side)
    if not isinstance(measured, Timed):
        print(json.dumps(measured))
        return
    # The first call warms up.
    measured.call()
    times = []
    print(WAITING, flush=True)
    for _ in sys.stdin:
        end = time.perf_counter() + TURN
        while True:
            begin = time.perf_counter()
            measured.call()
            now = time.perf_counter()
            times.append(now - begin)
            if now >= end:
                break
        print(WAITING, flush=True)
    print(json.dumps({"seconds": statistics.median(times) / measured.calls, **measured.record()}))


class Child:
    """One side of a measurement, in a process of its own."""

    def __init__(self, name, side):
        self.title = f"{name}, {side}"
        command = [sys.executable, __file__, "--child", name, side]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        #: What it said last: that it waits, or its record.
        self.said = self.process.stdout.readline()

    def waits(self):
        return self.said.strip() == WAITING

    def turn(self):
        print(file=self.process.stdin, flush=True)
        self.said = self.process.stdout.readline()

    def record(self):
        rest, _ = self.process.communicate()
        if self.process.returncode:
            # It has said why, on the error output that it shares.
            sys.exit(f"{self.title}: it ended with {self.process.returncode}")
        return json.loads(rest or self.said)


def measure(name):
    """The records of both sides."""
    # The second is started when the first has warmed up and waits.
    children = [Child(name, side) for side in SIDES]
    begin, turns = time.perf_counter(), 0
    while all(child.waits() for child in children) and (turns < FEWEST or time.perf_counter() - begin < SECONDS):
        for child in children:
            child.turn()
        turns += 1
    return [child.record() for child in children]


def main():
    warnings.simplefilter("ignore")
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
        return
    for name in sys.argv[1:] or MEASUREMENTS:
        for side, record in zip(SIDES, measure(name), strict=True):
            print(json.dumps({"measurement": name, "side": side, **record}), flush=True)


if __name__ == "__main__":
    main()
