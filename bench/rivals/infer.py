"""Forward passes of ONNX Runtime, PyTorch and scikit-learn: `infer.py FOLDER THREADS PROGRAM`."""

import common

threads = common.use_threads()

import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np


def onnxruntime(network, parameters):
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    nodes, constants, below = [], [], "x"
    for l, (weights, biases) in enumerate(parameters):
        last = l + 1 == len(parameters)
        constants += [numpy_helper.from_array(weights, f"w{l}"), numpy_helper.from_array(biases, f"b{l}")]
        nodes.append(helper.make_node("Gemm", [below, f"w{l}", f"b{l}"], [f"z{l}"], transB=1))
        kind, below = ("Softmax", "out") if last else ("Relu", f"x{l}")
        nodes.append(helper.make_node(kind, [f"z{l}"], [below]))
    edge = lambda name, units: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", units])
    graph = helper.make_graph(
        nodes, "network", [edge("x", network["layers"][0])], [edge("out", network["layers"][-1])], constants
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    return onnxruntime.__version__, lambda x: session.run(None, {"x": x})[0]


def pytorch(network, parameters):
    import torch

    torch.set_num_threads(threads)
    layers = []
    for weights, biases in parameters:
        linear = torch.nn.Linear(weights.shape[1], weights.shape[0])
        linear.weight.data, linear.bias.data = torch.tensor(weights), torch.tensor(biases)
        layers += [linear, torch.nn.ReLU()]
    layers[-1] = torch.nn.Softmax(1)
    model = torch.nn.Sequential(*layers).eval()

    def call(x):
        with torch.inference_mode():
            return model(torch.from_numpy(x)).numpy()

    return torch.__version__, call


def scikit_learn(network, parameters):
    import sklearn
    from sklearn.neural_network import MLPClassifier

    # One epoch on a few examples makes everything that prediction needs.
    inputs, classes = network["layers"][0], network["layers"][-1]
    classifier = MLPClassifier(network["layers"][1:-1], activation=network["hidden"], max_iter=1)
    x = np.zeros((classes, inputs), np.float32)
    classifier.partial_fit(x, np.arange(classes), classes=np.arange(classes))
    classifier.coefs_ = [np.ascontiguousarray(weights.T) for weights, _ in parameters]
    classifier.intercepts_ = [biases.copy() for _, biases in parameters]
    return sklearn.__version__, classifier.predict_proba


def seconds_of(call, x, at_least):
    """The median over rounds of the seconds of one call; a round takes a millisecond or more."""
    calls = 1
    while True:
        begin = time.perf_counter()
        for _ in range(calls):
            call(x)
        if time.perf_counter() - begin >= 1e-3:
            break
        calls *= 2
    rounds, total = [], 0.0
    while total < at_least or len(rounds) < 5:
        begin = time.perf_counter()
        for _ in range(calls):
            call(x)
        elapsed = time.perf_counter() - begin
        rounds.append(elapsed / calls)
        total += elapsed
    return statistics.median(rounds)


def main():
    folder, program = Path(sys.argv[1]), sys.argv[3]
    network = json.loads((folder / "network.json").read_text())
    x = np.fromfile(folder / "x.f32", "<f4").reshape(network["samples"], network["layers"][0])
    make = {"onnxruntime": onnxruntime, "pytorch": pytorch, "scikit-learn": scikit_learn}[program]
    version, call = make(network, common.parameters(folder, network["layers"]))
    outputs = f"outputs-{program}.f32"
    np.asarray(call(x), "<f4").tofile(folder / outputs)
    common.say(program=program, version=version, outputs=outputs)
    for batch in (1, network["samples"]):
        common.say(batch=batch, seconds=seconds_of(call, x[:batch], network["seconds"]))


if __name__ == "__main__":
    main()
