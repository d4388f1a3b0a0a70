"""What every rival in Python does alike: read the files, compare ten steps, time the epochs, print JSON a line.

A rival gives a class `Rival(work)` with
  step(rows)   one step on these examples; returns the loss before the update
  start()      initial parameters and optimiser, ready for the epochs
  epoch()      one epoch in an order of its own; returns the mean loss
and calls `main(Rival, program, version)`.
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path

import numpy as np


def use_threads():
    """Takes as many processors as there are to be threads, before a library counts them."""
    threads = int(sys.argv[2])
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)
    return threads


class Work:
    """A workload: its settings as attributes, its arrays."""

    def __init__(self, folder):
        folder = Path(folder)
        self.__dict__.update(json.loads((folder / "workload.json").read_text()))
        inputs, outputs = self.layers[0], self.layers[-1]
        self.x = np.fromfile(folder / "x.f32", "<f4").reshape(self.samples, inputs)
        self.t = np.fromfile(folder / "t.f32", "<f4").reshape(self.samples, outputs)
        self.labels = np.fromfile(folder / "labels.u32", "<u4")
        self.parameters = parameters(folder, self.layers)
        order = np.fromfile(folder / "order.u32", "<u4").astype(np.int64)
        self.order = np.split(order, np.cumsum(self.steps)[:-1])


def parameters(folder, layers):
    """Weights (units, units below) and biases of each layer."""
    flat, at, found = np.fromfile(Path(folder) / "parameters.f32", "<f4"), 0, []
    for below, units in zip(layers, layers[1:]):
        weights = flat[at : at + units * below].reshape(units, below)
        at += units * below
        found.append((weights, flat[at : at + units]))
        at += units
    assert at == len(flat)
    return found


def say(**record):
    print(json.dumps(record), flush=True)


def main(rival, program, version):
    work = Work(sys.argv[1])
    trained = rival(work)
    trained.start()
    losses = [float(trained.step(rows)) for rows in work.order]
    say(program=program, version=version, losses=losses)
    trained.start()
    times, final_loss = [], None
    while not (
        len(times) >= work.warm_up + work.epochs and sum(times[work.warm_up :]) >= work.seconds
    ) and len(times) < work.warm_up + max(work.most, work.epochs):
        begin = time.perf_counter()
        loss = float(trained.epoch())
        times.append(time.perf_counter() - begin)
        if len(times) == work.warm_up + work.epochs:
            final_loss = loss
    say(program=program, seconds=statistics.median(times[work.warm_up :]), final_loss=final_loss)
