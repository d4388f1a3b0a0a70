"""An exercise in, its solution out (`deltarule-solution/1`), as the format says.

The parameters and the optimiser's state are kept at fifty digits from step to step; what is written is the f64 nearest to
them. A value below 1e-35 is 0 but for rounding at that precision, and is written as 0.
"""

import tomllib

from optimizers import PARAMETERS, Optimizer
from output import plain
from reference import Network, matrix

ZERO_BELOW = 1e-35


def _network(table):
    layers = table["layers"]
    shapes = list(zip(layers[1:], layers[:-1]))
    activations = table["activation"]
    if isinstance(activations, str):
        activations = [activations] * len(shapes)
        if "output_activation" in table:
            activations[-1] = table["output_activation"]
    weights, biases = table["weights"], table.get("biases", 0)
    if not isinstance(weights, list):
        weights = [[[weights] * columns for _ in range(rows)] for rows, columns in shapes]
    if not isinstance(biases, list):
        biases = [[biases] * rows for rows, _ in shapes]
    return Network(activations, weights, biases)


def _columns(examples, key):
    return matrix([example[key] for example in examples]).T


def _step(network, loss, part, numbers, optimizer):
    """One step on the examples of these numbers: its entry in the solution. With an optimiser, the network moves."""
    task = part["task"]
    examples = [part["examples"][number - 1] for number in numbers]
    mean = part.get("reduction", "sum") == "mean"
    l2 = part.get("l2", 0.0)
    x0 = _columns(examples, "x")
    result = {"examples": numbers}
    if task in ("forward", "classify"):
        result["z"], result["x"] = network.forward(x0)
        if "t" in examples[0]:
            t = _columns(examples, "t")
            result["loss"] = network.losses(loss, x0, t)
            result["total_loss"] = network.total_loss(loss, x0, t, mean)
        if task == "classify":
            output = result["x"][-1]
            result["class"] = [1 + max(range(len(output)), key=lambda i: output[i, c]) for c in range(len(examples))]
        return result
    t = _columns(examples, "t")
    zs, xs, deltas, losses, grad_weights, grad_biases = network.backward(loss, x0, t, mean, l2)
    total = network.total_loss(loss, x0, t, mean)
    result.update(z=zs, x=xs, loss=losses, total_loss=total, delta=deltas)
    result.update(grad_weights=grad_weights, grad_biases=grad_biases)
    if task == "update":
        optimizer.step(network, grad_weights, grad_biases, total + network.penalty(l2))
        if optimizer.state():
            result["optimizer_state"] = {name: [a.copy() for a in arrays] for name, arrays in optimizer.state().items()}
        result["weights"], result["biases"] = list(network.weights), list(network.biases)
        result["total_loss_after"] = network.total_loss(loss, x0, t, mean)
    return result


def _part(network, loss, part):
    """The steps of a part. The network moves under `update`."""
    everything = list(range(1, len(part["examples"]) + 1))
    if part["task"] != "update":
        return [_step(network, loss, part, everything, None)]
    name = part.get("optimizer", "sgd")
    options = {key: part[key] for key in PARAMETERS[name] if key in part}
    optimizer = Optimizer(name, part["learning_rate"], network, part.get("train_biases", True), **options)
    batches = [everything] if part.get("mode", "batch") == "batch" else [[number] for number in everything]
    return [_step(network, loss, part, batch, optimizer) for _ in range(part.get("epochs", 1)) for batch in batches]


def solve(text):
    """The solution of an exercise file."""
    exercise = tomllib.loads(text)
    loss = exercise["network"]["loss"]
    first = _network(exercise["network"])
    results, parts = {"initial": first}, []
    for part in exercise["part"]:
        start = part.get("start", "initial")
        network = results[start].copy()
        steps = _part(network, loss, part)
        results[part["name"]] = network
        parts.append({"name": part["name"], "task": part["task"], "start": start, "steps": plain(steps, ZERO_BELOW)})
    return {
        "format": "deltarule-solution/1",
        "title": exercise["title"],
        "layers": exercise["network"]["layers"],
        "activations": first.activations,
        "loss": loss,
        "parts": parts,
    }
