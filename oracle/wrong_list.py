"""Sixty rules that students really compute with, each a wrong formula in place of one of `Student`'s.

A rule is meant throughout: it is used wherever its formula is, in every layer, step and part, and what comes later follows
from the student's own numbers. `shows` is the kind of quantity in which it first shows, `wants` the exercises that it can
show in (`wrong_draw.py` reads it).
"""

from dataclasses import dataclass, field
from typing import Callable

import numpy as np

from wrong_student import VALUE, Student, product, sigmoid, softmax

RULES = []


@dataclass
class Rule:
    id: str
    says: str
    shows: str
    formula: str
    function: Callable
    wants: dict = field(default_factory=dict)

    def __post_init__(self):
        self.student = type(self.id, (Student,), {self.formula: self.function})

    def work(self, exercise):
        return self.student(exercise).work()


def rule(name, formula, shows, says, **wants):
    """The decorated function takes the place of the formula of this name."""

    def add(function):
        RULES.append(Rule(name, says, shows, formula, function, wants))
        return function

    return add


def square(matrix):
    return matrix.shape[0] == matrix.shape[1]


# What exercises a rule can show in.

SMOOTH = ["sigmoid", "tanh"]
SQUARED = [("sigmoid", "squared_error"), ("tanh", "squared_error")]
CURVED = [*SQUARED, ("sigmoid", "mean_squared_error"), ("sigmoid", "sum_squared_error"), ("tanh", "mean_squared_error")]
ENTROPIES = [("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy")]
SOFTMAX = [("softmax", "cross_entropy"), ("softmax", "cross_entropy"), ("softmax", "squared_error")]
WIDE_TOP = [[2, 2, 2], [2, 3, 2], [3, 2, 2], [2, 2, 3], [3, 4, 2], [1, 3, 2], [2, 3, 3], [2, 2, 2, 2]]
SQUARE_BELOW = [[2, 2, 1], [3, 3, 2], [2, 2, 3], [2, 2, 2], [3, 3, 1], [2, 2, 2, 1]]
SQUARE_ABOVE = [[3, 2, 2], [2, 2, 2], [1, 2, 2], [2, 3, 3], [4, 2, 2], [3, 2, 2, 1]]
DEEP = [[2, 2, 2, 1], [2, 3, 2, 1], [3, 2, 2, 2], [2, 2, 3, 2]]
TWO_STEPS = {"steps": 2}

# The net input.


@rule("z-bias-left-out", "net_input", "z", "The bias is left out of the net input.", biases=True)
def _(s, l):
    return product(s.w[l], s.x[l - 1])


@rule("z-bias-subtracted", "net_input", "z", "The bias is subtracted from the weighted sum instead of added.", biases=True)
def _(s, l):
    return product(s.w[l], s.x[l - 1]) - s.b[l]


@rule("z-bias-per-input", "net_input", "z", "The bias stands inside the sum: it is added once for every input.", biases=True)
def _(s, l):
    return product(s.w[l], s.x[l - 1]) + len(s.x[l - 1]) * s.b[l]


@rule(
    "z-weights-transposed",
    "net_input",
    "z",
    "On the way forward the weights are used transposed, where the matrix is square.",
    layers=[*SQUARE_BELOW, *SQUARE_ABOVE],
)
def _(s, l):
    return product(s.w[l].T if square(s.w[l]) else s.w[l], s.x[l - 1]) + s.b[l]


@rule(
    "z-inputs-again",
    "net_input",
    "z",
    "Every layer is given the network's inputs, not the outputs of the layer below (where there are as many).",
    layers=SQUARE_BELOW,
)
def _(s, l):
    below = s.x[0] if len(s.x[0]) == len(s.x[l - 1]) else s.x[l - 1]
    return product(s.w[l], below) + s.b[l]


@rule(
    "z-passed-on",
    "net_input",
    "z",
    "The next layer is given the net inputs z of the layer below, not its outputs.",
    hidden=["sigmoid", "tanh", "relu"],
)
def _(s, l):
    return product(s.w[l], s.z[l - 1] if l > 1 else s.x[0]) + s.b[l]


@rule(
    "z-neighbours-weight",
    "net_input",
    "z",
    "For its last input, the last unit of a layer takes the weight of the unit before it.",
)
def _(s, l):
    w = s.w[l].copy()
    if len(w) > 1:
        w[-1, -1] = w[-2, -1]
    return product(w, s.x[l - 1]) + s.b[l]


@rule("z-minus-lost", "net_input", "z", "The minus signs of negative weights are lost on the way forward.", negative=True)
def _(s, l):
    return product(abs(s.w[l]), s.x[l - 1]) + s.b[l]


# The activation.


@rule(
    "f-hidden-left-out",
    "output",
    "x",
    "The hidden units have no activation: their output is their net input.",
    hidden=["sigmoid", "tanh", "relu"],
)
def _(s, l):
    return s.z[l] if l < s.top else VALUE[s.f[l]](s.z[l])


@rule("f-exponent-sign", "output", "x", "The sigmoid is computed with e^z in place of e^-z.", hidden=["sigmoid"])
def _(s, l):
    return sigmoid(-s.z[l]) if s.f[l] == "sigmoid" else VALUE[s.f[l]](s.z[l])


@rule("f-tanh-for-sigmoid", "output", "x", "tanh is computed where the units are sigmoid.", hidden=["sigmoid"], output=CURVED)
def _(s, l):
    return np.tanh(s.z[l]) if s.f[l] == "sigmoid" else VALUE[s.f[l]](s.z[l])


@rule("f-sigmoid-for-tanh", "output", "x", "The sigmoid is computed where the units are tanh.", hidden=["tanh"])
def _(s, l):
    return sigmoid(s.z[l]) if s.f[l] == "tanh" else VALUE[s.f[l]](s.z[l])


@rule("f-slope-for-value", "output", "x", "The derivative f'(z) is written down as the unit's output.", hidden=SMOOTH)
def _(s, l):
    x = VALUE[s.f[l]](s.z[l])
    return {"sigmoid": x * (1 - x), "tanh": 1 - x * x}.get(s.f[l], x)


@rule(
    "f-relu-reversed",
    "output",
    "x",
    "ReLU the wrong way round: negative net inputs pass, positive ones become 0.",
    hidden=["relu"],
)
def _(s, l):
    return np.where(s.z[l] < 0, s.z[l], 0.0) if s.f[l] == "relu" else VALUE[s.f[l]](s.z[l])


@rule(
    "f-softmax-not-normalised",
    "output",
    "x",
    "Softmax without the denominator: the outputs are e^z and do not add up to 1.",
    output=SOFTMAX,
    layers=WIDE_TOP,
)
def _(s, l):
    return np.exp(s.z[l]) if s.f[l] == "softmax" else VALUE[s.f[l]](s.z[l])


@rule(
    "f-softmax-over-examples",
    "output",
    "x",
    "The denominator of softmax is the sum over the examples of a unit, not over the units of an example.",
    output=SOFTMAX,
    layers=WIDE_TOP,
    examples=[2, 3],
)
def _(s, l):
    return softmax(s.z[l].T).T if s.f[l] == "softmax" else VALUE[s.f[l]](s.z[l])


# The loss.


@rule(
    "e-half-forgotten",
    "loss_values",
    "loss",
    "The factor ½ of the squared error is forgotten.",
    output=[*SQUARED, ("identity", "squared_error")],
)
def _(s):
    return Student.loss_values(s) * (2 if s.loss == "squared_error" else 1)


@rule(
    "e-mean-over-outputs",
    "loss_values",
    "loss",
    "The squared error of an example is divided by the number of outputs, where the sum is asked for.",
    output=[*SQUARED, ("identity", "squared_error"), ("sigmoid", "sum_squared_error")],
    layers=WIDE_TOP,
)
def _(s):
    return Student.loss_values(s) / (len(s.t) if s.loss in ("squared_error", "sum_squared_error") else 1)


@rule(
    "e-total-not-divided",
    "total",
    "total_loss",
    "The losses of the examples are added up where their mean is asked for.",
    examples=[2, 3],
    reduction="mean",
)
def _(s):
    return s.losses.sum()


@rule(
    "e-not-squared",
    "loss_values",
    "loss",
    "The squared error without the square: the differences x − t are added up as they are.",
    output=[*CURVED, ("identity", "squared_error")],
)
def _(s):
    if "squared" not in s.loss:
        return Student.loss_values(s)
    factor = {"squared_error": 0.5, "sum_squared_error": 1, "mean_squared_error": 1 / len(s.t)}[s.loss]
    return factor * (s.x[-1] - s.t).sum(axis=0)


@rule("e-base-ten", "log", "loss", "The logarithm to base 10 is taken for the natural one.", output=ENTROPIES)
def _(s, x):
    return np.log10(x)


@rule(
    "e-target-term-only",
    "loss_values",
    "loss",
    "Of the binary cross-entropy only −t ln x is computed; the term of 1 − t is forgotten.",
    output=[("sigmoid", "binary_cross_entropy")],
)
def _(s):
    if s.loss != "binary_cross_entropy":
        return Student.loss_values(s)
    return -(s.t * s.log(s.x[-1])).sum(axis=0)


# The delta of the outputs, and f'.


@rule("d-out-slope-missing", "output_delta", "delta", "f'(z) is missing from the delta of the output layer.", output=CURVED)
def _(s):
    return s.error() if "squared" in s.loss and s.f[-1] != "softmax" else Student.output_delta(s)


@rule(
    "d-slope-at-x",
    "slope",
    "delta",
    "f' is computed at the unit's output: f'(x), the activation a second time, in place of f'(z).",
    hidden=SMOOTH,
    output=CURVED,
)
def _(s, l):
    x = s.x[l]
    if s.f[l] == "sigmoid":
        return sigmoid(x) * (1 - sigmoid(x))
    return 1 - np.tanh(x) ** 2 if s.f[l] == "tanh" else Student.slope(s, l)


@rule(
    "d-slope-of-z",
    "slope",
    "delta",
    "The short form of f' is taken with z in place of the output: z (1 − z), or 1 − z².",
    hidden=SMOOTH,
    output=CURVED,
)
def _(s, l):
    return {"sigmoid": s.z[l] * (1 - s.z[l]), "tanh": 1 - s.z[l] ** 2}.get(s.f[l], Student.slope(s, l))


@rule(
    "d-slope-cut-short",
    "slope",
    "delta",
    "f' is cut short to 1 − x: the factor x of the sigmoid's, the square of tanh's is forgotten.",
    hidden=SMOOTH,
)
def _(s, l):
    return 1 - s.x[l] if s.f[l] in ("sigmoid", "tanh") else Student.slope(s, l)


@rule("d-out-sign", "output_delta", "delta", "The delta of the output layer is computed with t − x in place of x − t.")
def _(s):
    return -Student.output_delta(s)


@rule(
    "d-out-factor-two",
    "output_delta",
    "delta",
    "The derivative of ½ (x − t)² is taken to be 2 (x − t).",
    output=[*SQUARED, ("identity", "squared_error")],
)
def _(s):
    return Student.output_delta(s) * (2 if s.loss == "squared_error" else 1)


@rule(
    "d-out-slope-with-entropy",
    "output_delta",
    "delta",
    "With the cross-entropy, x − t is multiplied by x (1 − x) once more.",
    output=ENTROPIES,
)
def _(s):
    x = s.x[-1]
    return (x - s.t) * x * (1 - x) if "entropy" in s.loss else Student.output_delta(s)


@rule(
    "d-out-softmax-shortcut",
    "output_delta",
    "delta",
    "x − t, the delta of softmax with the cross-entropy, is used with softmax and the squared error.",
    output=[("softmax", "squared_error")],
    layers=WIDE_TOP,
)
def _(s):
    return s.x[-1] - s.t if s.f[-1] == "softmax" else Student.output_delta(s)


# The deltas of the hidden layers.


@rule(
    "d-hidden-weights-missing",
    "hidden_delta",
    "delta",
    "The deltas above are added up without the weights.",
)
def _(s, l):
    return s.delta[l + 1].sum(axis=0) * s.slope(l)


@rule(
    "d-hidden-transposed",
    "hidden_delta",
    "delta",
    "On the way back the weights are not transposed: each unit takes its row, where the matrix is square.",
    layers=SQUARE_ABOVE,
)
def _(s, l):
    w = s.w[l + 1]
    return product(w if square(w) else w.T, s.delta[l + 1]) * s.slope(l)


@rule(
    "d-hidden-new-weights",
    "hidden_delta",
    "delta",
    "The layer above is updated first, and its new weights are used on the way back.",
    task="update",
)
def _(s, l):
    if s.part["task"] != "update":
        return Student.hidden_delta(s, l)
    w = s.new_weights(l + 1, s.remembered(l + 1, "weights", s.gradient(l + 1, "weights")))
    return product(w.T, s.delta[l + 1]) * s.slope(l)


@rule("d-hidden-slope-missing", "hidden_delta", "delta", "f'(z) is missing from the deltas of the hidden layers.")
def _(s, l):
    return product(s.w[l + 1].T, s.delta[l + 1])


@rule(
    "d-hidden-slope-of-above",
    "hidden_delta",
    "delta",
    "f' is taken of the layer above, where the layers are equally wide or one unit is above.",
    layers=[*SQUARE_ABOVE, [2, 2, 1], [2, 3, 1], [3, 2, 1]],
    output=[*CURVED, ("sigmoid", "binary_cross_entropy")],
)
def _(s, l):
    slope = s.slope(l)
    if s.f[l + 1] == "softmax" or len(s.x[l + 1]) not in (1, len(slope)):
        return Student.hidden_delta(s, l)
    return product(s.w[l + 1].T, s.delta[l + 1]) * s.slope(l + 1)


@rule(
    "d-hidden-error-for-delta",
    "hidden_delta",
    "delta",
    "The error of the outputs is sent back, not their delta.",
    output=CURVED,
)
def _(s, l):
    above = s.error() if l + 1 == s.top and "squared" in s.loss else s.delta[l + 1]
    return product(s.w[l + 1].T, above) * s.slope(l)


@rule(
    "d-hidden-first-term-only",
    "hidden_delta",
    "delta",
    "Of the sum over the units above, only the first unit's term is taken.",
    layers=[*WIDE_TOP, [2, 2, 2, 1], [3, 2, 3, 1]],
)
def _(s, l):
    return product(s.w[l + 1][:1].T, s.delta[l + 1][:1]) * s.slope(l)


# The gradients.


@rule(
    "g-transposed",
    "gradient",
    "grad_weights",
    "The gradient of the weights is written transposed, where the matrix is square.",
    layers=[*SQUARE_BELOW, *SQUARE_ABOVE],
)
def _(s, l, kind):
    g = Student.gradient(s, l, kind)
    return g.T if square(g) else g


@rule(
    "g-network-inputs",
    "weight_gradient",
    "grad_weights",
    "The deltas of every layer are multiplied with the network's inputs, where there are as many.",
    layers=SQUARE_BELOW,
)
def _(s, l, example):
    below = s.x[0] if len(s.x[0]) == len(s.x[l - 1]) else s.x[l - 1]
    return s.delta[l][:, [example]] * below[:, example]


@rule(
    "g-own-output",
    "weight_gradient",
    "grad_weights",
    "The deltas are multiplied with the outputs of their own layer, not of the one below (where there are as many).",
    layers=[*SQUARE_BELOW, *SQUARE_ABOVE],
)
def _(s, l, example):
    x = s.x[l] if len(s.x[l]) == len(s.x[l - 1]) else s.x[l - 1]
    return s.delta[l][:, [example]] * x[:, example]


@rule("g-delta-alone", "weight_gradient", "grad_weights", "The gradient of every weight is its unit's delta, without x.")
def _(s, l, example):
    return s.delta[l][:, [example]] * np.ones_like(s.x[l - 1][:, example])


@rule(
    "g-bias-times-output",
    "bias_gradient",
    "grad_biases",
    "The gradient of a bias is the delta times the unit's own output, not the delta.",
)
def _(s, l, example):
    return s.delta[l][:, [example]] * s.x[l][:, [example]]


@rule(
    "g-mean-forgotten",
    "over_examples",
    "grad_weights",
    "The gradients are added up over the examples where the mean is asked for.",
    examples=[2, 3],
    reduction="mean",
)
def _(s, gradients):
    return sum(gradients)


@rule(
    "g-first-example-only",
    "over_examples",
    "grad_weights",
    "Only the first example of the batch enters the gradients.",
    examples=[2, 3],
    reduction="sum",
)
def _(s, gradients):
    return gradients[0]


@rule(
    "g-neighbours-delta",
    "weight_gradient",
    "grad_weights",
    "For the weights of the last unit of a layer, the delta of the unit before it is taken.",
)
def _(s, l, example):
    delta = s.delta[l][:, [example]].copy()
    if len(delta) > 1:
        delta[-1] = delta[-2]
    return delta * s.x[l - 1][:, example]


# The update.


@rule("u-plus", "descended", "weights", "The step is made uphill: plus η times the gradient.", task="update")
def _(s, p, g):
    return p + s.rate * g


@rule("u-rate-forgotten", "descended", "weights", "The gradient is subtracted without the learning rate.", task="update")
def _(s, p, g):
    return p - g


@rule("u-change-for-weight", "descended", "weights", "The change −η g is given as the new weight.", task="update")
def _(s, p, g):
    return -s.rate * g


@rule(
    "u-biases-stay",
    "new_biases",
    "biases",
    "The biases are not updated.",
    task="update",
    optimizer=["sgd", "sgd", "momentum", "adam"],
)
def _(s, l, memory):
    return s.b[l]


@rule(
    "v-momentum-forgotten",
    "velocity",
    "velocity_weights",
    "From the second step on the old velocity is forgotten: v = −η g.",
    optimizer=["momentum"],
    **TWO_STEPS,
)
def _(s, v, g):
    return -s.rate * g


@rule(
    "v-subtracted",
    "moved",
    "weights",
    "The velocity is subtracted from the weights, though it has its minus already.",
    optimizer=["momentum"],
)
def _(s, p, v):
    return p - v


@rule("v-without-rate", "velocity", "velocity_weights", "The velocity is computed without η.", optimizer=["momentum"])
def _(s, v, g):
    return s.option("momentum", 0.9) * v - g


@rule(
    "v-averaged",
    "velocity",
    "velocity_weights",
    "The velocity is a mean: the new part −η g is multiplied by 1 − μ.",
    optimizer=["momentum"],
)
def _(s, v, g):
    mu = s.option("momentum", 0.9)
    return mu * v - (1 - mu) * s.rate * g


@rule("a-uncorrected", "adam", "weights", "Adam without the correction of m and v for the first steps.", optimizer=["adam"])
def _(s, p, m, v):
    return p - s.rate * m / (np.sqrt(v) + s.option("epsilon", 1e-8))


@rule(
    "a-always-first-step",
    "adam",
    "weights",
    "Adam's correction is that of the first step in every step: t stays 1.",
    optimizer=["adam"],
    **TWO_STEPS,
)
def _(s, p, m, v):
    m, v = m / (1 - s.option("beta1", 0.9)), v / (1 - s.option("beta2", 0.999))
    return p - s.rate * m / (np.sqrt(v) + s.option("epsilon", 1e-8))


@rule(
    "a-epsilon-inside",
    "adam",
    "weights",
    "Adam's ε is added under the root.",
    optimizer=["adam"],
    epsilon=[0.1, 0.01, 0.001],
)
def _(s, p, m, v):
    m = m / (1 - s.option("beta1", 0.9) ** s.step)
    v = v / (1 - s.option("beta2", 0.999) ** s.step)
    return p - s.rate * m / np.sqrt(v + s.option("epsilon", 1e-8))


@rule(
    "a-m-whole-gradient",
    "first_moment",
    "m_weights",
    "The gradient enters Adam's m without the factor 1 − β1.",
    optimizer=["adam"],
)
def _(s, m, g):
    return s.option("beta1", 0.9) * m + g


# From one step to the next.


@rule(
    "s-old-parameters",
    "parameters",
    "z",
    "The second step is computed with the parameters from before the first; only the changes are added up.",
    **TWO_STEPS,
)
def _(s):
    return s.start(s.part)


@rule(
    "s-part-from-initial",
    "start",
    "z",
    "The second part begins with the initial parameters, not with those that the first part ended with.",
    parts="two",
)
def _(s, part):
    return s.initial_w, s.initial_b


@rule(
    "s-gradient-carried",
    "gradient",
    "grad_weights",
    "The gradients of the step before are kept, and those of the new step added to them.",
    **TWO_STEPS,
)
def _(s, l, kind):
    g = Student.gradient(s, l, kind)
    return g + s.grad_before[l, kind] if s.step > 1 else g
