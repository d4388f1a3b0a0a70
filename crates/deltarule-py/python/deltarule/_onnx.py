"""Networks as graphs of ONNX operators."""

from __future__ import annotations

from typing import Any

import numpy as np

try:
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ImportError as error:
    raise ImportError("to_onnx needs the package onnx: pip install 'deltarule[onnx]'") from error

from deltarule._version import __version__

_OLDEST_OPSET = 17

#: Activations that are one operator, and its attributes.
_OPERATORS: dict[str, tuple[str, dict[str, float]]] = {
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.01}),
    "elu": ("Elu", {"alpha": 1.0}),
    "selu": ("Selu", {}),
    "softplus": ("Softplus", {}),
    "exp": ("Exp", {}),
    "hard_sigmoid": ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    "softmax": ("Softmax", {"axis": 1}),
}

#: The version of ONNX's file format that goes with the oldest operators.
_IR_VERSION = 8


#: What the names inside the graph begin with, so that the input can have any other.
_OWN = "deltarule/"


class Graph:
    """Nodes and constants, one after the other."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.element = TensorProto.FLOAT if dtype == np.float32 else TensorProto.DOUBLE
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, value: Any) -> str:
        """A constant; its name."""
        name = _OWN + name
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def number(self, name: str, value: float) -> str:
        """A constant of one number, of the network's type."""
        return self.constant(name, np.array(value, dtype=self.dtype))

    def node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """A node; its output."""
        if output not in ("label", "probabilities", "variable"):
            output = _OWN + output
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def activation(self, name: str, z: str, layer: str) -> str:
        """x = f(z)."""
        if name == "identity":
            return z
        if name in _OPERATORS:
            operator, attributes = _OPERATORS[name]
            return self.node(operator, [z], f"x{layer}", **attributes)
        if name == "silu":
            return self.node("Mul", [z, self.node("Sigmoid", [z], f"s{layer}")], f"x{layer}")
        if name == "gelu":
            # z Φ(z) with Φ(z) = ½ (1 + erf(z / √2))
            scaled = self.node("Div", [z, self.number(f"root2{layer}", np.sqrt(2.0))], f"scaled{layer}")
            erf = self.node("Erf", [scaled], f"erf{layer}")
            raised = self.node("Add", [erf, self.number(f"one{layer}", 1.0)], f"raised{layer}")
            phi = self.node("Mul", [raised, self.number(f"half{layer}", 0.5)], f"phi{layer}")
            return self.node("Mul", [z, phi], f"x{layer}")
        if name == "mish":
            gate = self.node("Tanh", [self.node("Softplus", [z], f"s{layer}")], f"gate{layer}")
            return self.node("Mul", [z, gate], f"x{layer}")
        raise ValueError(f"no ONNX operators are known for the activation {name!r}")


def network_graph(graph: Graph, coefs: Any, intercepts: Any, activations: Any, x: str) -> str:
    """The layers of a network; the name of their output."""
    for layer, (coef, intercept, name) in enumerate(zip(coefs, intercepts, activations, strict=True), start=1):
        w = graph.constant(f"w{layer}", np.asarray(coef, dtype=graph.dtype))
        b = graph.constant(f"b{layer}", np.asarray(intercept, dtype=graph.dtype).reshape(-1))
        z = graph.node("Gemm", [x, w, b], f"z{layer}")
        x = graph.activation(name, z, str(layer))
    return x


def _classifier(graph: Graph, estimator: Any, x: str) -> list[Any]:
    binarizer = estimator._label_binarizer
    classes = estimator.classes_
    kind = binarizer.y_type_
    n = "N"
    if kind == "multilabel-indicator":
        probabilities = graph.node("Identity", [x], "probabilities")
        above = graph.node("Greater", [x, graph.number("threshold", 0.5)], "above")
        graph.node("Cast", [above], "label", to=TensorProto.INT64)
        return [
            helper.make_tensor_value_info("label", TensorProto.INT64, [n, estimator.n_outputs_]),
            helper.make_tensor_value_info(probabilities, graph.element, [n, estimator.n_outputs_]),
        ]
    if estimator.n_outputs_ == 1:
        rest = graph.node("Sub", [graph.number("certain", 1.0), x], "rest")
        probabilities = graph.node("Concat", [rest, x], "probabilities", axis=1)
        # A tie is the first class, as in scikit-learn.
        above = graph.node("Greater", [x, graph.number("threshold", 0.5)], "above")
        column = graph.node("Cast", [above], "column", to=TensorProto.INT64)
        flat = graph.constant("flat", np.array([-1], dtype=np.int64))
        index = graph.node("Reshape", [column, flat], "index")
        count = 2
    else:
        index = graph.node("ArgMax", [x], "index", axis=1, keepdims=0)
        if estimator.out_activation_ == "logistic":
            axes = graph.constant("axes", np.array([1], dtype=np.int64))
            total = graph.node("ReduceSum", [x, axes], "total", keepdims=1)
            probabilities = graph.node("Div", [x, total], "probabilities")
        else:
            probabilities = graph.node("Identity", [x], "probabilities")
        count = len(classes)
    labels, element = _labels_of(classes)
    if len(labels) < count:
        # One class only: the other does not exist, and is never taken.
        labels = np.concatenate([labels, labels])
    graph.node("Gather", [graph.constant("classes", labels), index], "label")
    return [
        helper.make_tensor_value_info("label", element, [n]),
        helper.make_tensor_value_info(probabilities, graph.element, [n, count]),
    ]


def _labels_of(classes: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], int]:
    """The labels as a constant, and their type."""
    if classes.dtype.kind in "iub":
        if classes.dtype.kind == "u" and classes.max(initial=0) > np.iinfo(np.int64).max:
            raise ValueError(f"labels of ONNX are int64, and {classes.max()} is not")
        return np.asarray(classes, dtype=np.int64), TensorProto.INT64
    if classes.dtype.kind == "f":
        single = np.asarray(classes, dtype=np.float32)
        exact = bool((single == classes).all())
        return (single, TensorProto.FLOAT) if exact else (np.asarray(classes, dtype=np.float64), TensorProto.DOUBLE)
    return np.array([str(name) for name in classes], dtype=object), TensorProto.STRING


def model_of(estimator: Any, input_name: str, opset: int) -> Any:
    """The ONNX model of a fitted estimator."""
    _check(opset, input_name)
    graph = Graph(np.dtype(np.float32) if estimator.coefs_[0].dtype == np.float32 else np.dtype(np.float64))
    activations = estimator._engine_activations()
    x = network_graph(graph, estimator.coefs_, estimator.intercepts_, activations, input_name)
    if hasattr(estimator, "classes_"):
        outputs = _classifier(graph, estimator, x)
    else:
        graph.node("Identity", [x], "variable")
        outputs = [helper.make_tensor_value_info("variable", graph.element, ["N", estimator.n_outputs_])]
    return _model(graph, type(estimator).__name__, estimator.coefs_[0].shape[0], outputs, input_name, opset)


def tabular_model_of(
    estimator: Any, coefs: Any, intercepts: Any, activations: Any, single: bool, input_name: str, opset: int
) -> Any:
    """The ONNX model of the network of a tabular model, from its prepared matrix to labels or to the table's numbers."""
    _check(opset, input_name)
    graph = Graph(np.dtype(np.float32 if single else np.float64))
    x = network_graph(graph, coefs, intercepts, activations, input_name)
    units = coefs[-1].shape[1]
    if hasattr(estimator, "classes_"):
        graph.node("Identity", [x], "probabilities")
        labels, element = _labels_of(estimator.classes_)
        index = graph.node("ArgMax", [x], "index", axis=1, keepdims=0)
        graph.node("Gather", [graph.constant("classes", labels), index], "label")
        outputs = [
            helper.make_tensor_value_info("label", element, ["N"]),
            helper.make_tensor_value_info("probabilities", graph.element, ["N", units]),
        ]
    else:
        targets = estimator.target_["numbers"]
        deviation = graph.constant("deviation", np.array([t["deviation"] for t in targets], dtype=graph.dtype))
        mean = graph.constant("mean", np.array([t["mean"] for t in targets], dtype=graph.dtype))
        graph.node("Add", [graph.node("Mul", [x, deviation], "scaled"), mean], "variable")
        outputs = [helper.make_tensor_value_info("variable", graph.element, ["N", units])]
    return _model(graph, type(estimator).__name__, coefs[0].shape[0], outputs, input_name, opset)


def _check(opset: int, input_name: str) -> None:
    latest = onnx.defs.onnx_opset_version()
    if not isinstance(opset, int) or not _OLDEST_OPSET <= opset <= latest:
        raise ValueError(f"opset is {opset!r}, allowed: from at least {_OLDEST_OPSET} to {latest}, which this onnx knows")
    if input_name in ("label", "probabilities", "variable") or input_name.startswith(_OWN):
        raise ValueError(f"input_name is {input_name!r}, which is the name of something else in the graph")


def _model(graph: Graph, name: str, features: int, outputs: list[Any], input_name: str, opset: int) -> Any:
    inputs = [helper.make_tensor_value_info(input_name, graph.element, ["N", features])]
    model = helper.make_model(
        helper.make_graph(graph.nodes, name, inputs, outputs, graph.constants),
        opset_imports=[helper.make_opsetid("", opset)],
        producer_name="deltarule",
        producer_version=__version__,
    )
    model.ir_version = _IR_VERSION
    onnx.checker.check_model(model)
    return model


