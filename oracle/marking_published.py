"""Worked examples as they were printed, with what computing them again says of the printed numbers.

Only figures are taken over: the exercise and the numbers on the page. `check` compares each printed number with the true one.
"""

import numpy as np
from mpmath import mpf

from marking_answers import answer_file, unit
from marking_exercises import read
from marking_work import Paper

HAN = """title = "Han, Kamber & Pei, Data Mining, sample calculation for backpropagation (3-2-1 sigmoid)"

[network]
layers = [3, 2, 1]
activation = ["sigmoid", "sigmoid"]
loss = "squared_error"
weights = [[[0.2, 0.4, -0.5], [-0.3, 0.1, 0.2]], [[-0.3, -0.2]]]
biases = [[-0.4, 0.2], [0.1]]

[[part]]
name = "a"
task = "update"
learning_rate = 0.9
examples = [
  { x = [1.0, 0.0, 1.0], t = [1.0] },
]
"""
WITHOUT_BIASES = """title = "A published worked example, 2-2-1 sigmoid units without biases"

[network]
layers = [2, 2, 1]
activation = ["sigmoid", "sigmoid"]
loss = "squared_error"
weights = [[[0.1, 0.8], [0.4, 0.6]], [[0.3, 0.9]]]
biases = [[0.0, 0.0], [0.0]]

[[part]]
name = "a"
task = "update"
learning_rate = 1.0
train_biases = false
examples = [
  { x = [0.35, 0.9], t = [0.5] },
]
"""
MAZUR = """title = "Mazur, A step by step backpropagation example (2-2-2 sigmoid)"

[network]
layers = [2, 2, 2]
activation = "sigmoid"
loss = "squared_error"
weights = [[[0.15, 0.20], [0.25, 0.30]], [[0.40, 0.45], [0.50, 0.55]]]
biases = [[0.35, 0.35], [0.60, 0.60]]

[[part]]
name = "a"
task = "update"
learning_rate = 0.5
train_biases = false
examples = [
  { x = [0.05, 0.10], t = [0.01, 0.99] },
]
"""
NEGNEVITSKY = """title = "Negnevitsky, Artificial Intelligence, exclusive or (2-2-1 sigmoid)"

[network]
layers = [2, 2, 1]
activation = "sigmoid"
loss = "squared_error"
weights = [[[0.5, 0.4], [0.9, 1.0]], [[-1.2, 1.1]]]
biases = [[-0.8, 0.1], [-0.3]]                     # the thresholds with the other sign

[[part]]
name = "a"
task = "update"
learning_rate = 0.1
examples = [
  { x = [1, 1], t = [0] },
]
"""
SOFTMAX = """title = "A published worked example, 3-2-2 with softmax and the cross-entropy"

[network]
layers = [3, 2, 2]
activation = "sigmoid"
output_activation = "softmax"
loss = "cross_entropy"
weights = [[[0.2, -0.3, 0.4], [-0.5, 0.1, 0.2]], [[0.3, 0.4], [-0.1, 0.2]]]
biases = [[0.5, 0.5], [0.1, 0.1]]

[[part]]
name = "a"
task = "forward"
examples = [
  { x = [1, 2, -1], t = [1, 0] },
]
"""
MATTHEWS = """title = "Matthews, exclusive or (2-2-1 sigmoid)"

[network]
layers = [2, 2, 1]
activation = "sigmoid"
loss = "squared_error"
weights = [[[0.129952, -0.923123], [0.570345, -0.328932]], [[0.164732, 0.752621]]]
biases = [[0.341232, -0.115223], [-0.993423]]

[[part]]
name = "a"
task = "forward"
examples = [
  { x = [0, 0], t = [0] },
]
"""
# What is printed. Some programs train the biases of Mazur's network too, and print what comes of that.
PRINTED = {
    "han-3-2-1": {
        "z[1]": ["-0.7", "0.1"],
        "x[1]": ["0.332", "0.525"],
        "z[2]": ["-0.105"],
        "x[2]": ["0.474"],
        "weights[2]": [["-0.261", "-0.138"]],
        "biases[2]": ["0.218"],
        "weights[1]": [["0.192", "0.4", "-0.508"], ["-0.306", "0.1", "0.194"]],
        "biases[1]": ["-0.408", "0.194"],
    },
    "without-biases-2-2-1": {
        "x[2]": ["0.69"],
        "weights[2]": [["0.272392", "0.87305"]],
        "weights[1]": [["0.09916", "0.7978"], ["0.3972", "0.5928"]],
    },
    "mazur-2-2-2": {
        "z[1]": ["0.3775", "?"],
        "x[1]": ["0.593269992", "0.596884378"],
        "z[2]": ["1.105905967", "?"],
        "x[2]": ["0.75136507", "0.772928465"],
        "total_loss": "0.298371109",
        "delta[2]": ["0.138498562", "?"],
        "grad_weights[2]": [["0.082167041", "?"], ["?", "?"]],
        "grad_weights[1]": [["0.000438568", "?"], ["?", "?"]],
        "weights[2]": [["0.35891648", "0.408666186"], ["0.511301270", "0.561370121"]],
        "weights[1]": [["0.149780716", "0.19956143"], ["0.24975114", "0.29950229"]],
        "total_loss_after": "0.291027924",
    },
    "mazur-2-2-2-trained-biases": {
        "weights[2]": [["0.35891648", "0.408666186"], ["0.511301270", "0.561370121"]],
        "weights[1]": [["0.149780716", "0.19956143"], ["0.24975114", "0.29950229"]],
        "biases[2]": ["0.5308", "0.6190"],
        "biases[1]": ["0.3456", "0.3450"],
        "total_loss_after": "0.280471447",
    },
    "negnevitsky-2-2-1": {
        "x[1]": ["0.5250", "0.8808"],
        "x[2]": ["0.5097"],
        "delta[2]": ["-0.1274"],
        "delta[1]": ["0.0381", "-0.0147"],
        "weights[1]": [["0.5038", "0.4038"], ["0.8985", "0.9985"]],
        "weights[2]": [["-1.2067", "1.0888"]],
        "biases[1]": ["-0.7962", "0.0985"],
        "biases[2]": ["-0.3127"],
    },
    "matthews-2-2-1": {
        "z[1]": ["0.341232", "-0.115223"],
        "x[1]": ["0.584490", "0.471226"],
        "z[2]": ["-0.542484"],
        "x[2]": ["0.367610"],
    },
    "softmax-3-2-2": {
        "z[1]": ["-0.3", "0"],
        "x[1]": ["0.426", "0.5"],
        "z[2]": ["0.428", "0.185"],
        "x[2]": ["0.561", "0.439"],
        "loss": ["0.579"],
    },
}
# exercise file, its text
EXERCISES = {
    "han-3-2-1": HAN,
    "without-biases-2-2-1": WITHOUT_BIASES,
    "mazur-2-2-2": MAZUR,
    "mazur-2-2-2-trained-biases": MAZUR.replace("train_biases = false\n", ""),
    "negnevitsky-2-2-1": NEGNEVITSKY,
    "matthews-2-2-1": MATTHEWS,
    "softmax-3-2-2": SOFTMAX,
}


def _entries(texts):
    return [t for item in texts for t in _entries(item)] if isinstance(texts, list) else [texts]


def off(name, quantity, paper):
    """By how many units of the last printed digit each printed number differs from the one on `paper`."""
    true = np.ravel(np.array(paper.own[("a", 1, quantity)], dtype=object))
    printed = _entries(PRINTED[name][quantity])
    return [abs(mpf(t) - v) / unit(t) for t, v in zip(printed, true, strict=True) if t != "?"]


def paper(name, mistakes=None, keep=lambda key, value: value):
    return Paper(read(EXERCISES[name]), mistakes or {}, keep)


def check():
    """What `published` says of the printed numbers."""
    for name, units in (("han-3-2-1", 1), ("matthews-2-2-1", 1.5), ("mazur-2-2-2", 0.6), ("mazur-2-2-2-trained-biases", 0.6)):
        for quantity in PRINTED[name]:
            if (name, quantity) != ("mazur-2-2-2", "total_loss_after"):
                assert max(off(name, quantity, paper(name))) <= units, (name, quantity, off(name, quantity, paper(name)))
    for quantity in PRINTED["negnevitsky-2-2-1"]:
        turned = paper("negnevitsky-2-2-1", {"delta_sign": ""} if quantity.startswith("delta") else {})
        assert max(off("negnevitsky-2-2-1", quantity, turned)) <= 1, quantity
    # Mazur's loss after the step belongs to other weights than those printed: to what comes of updating the outputs' first.
    right, first = paper("mazur-2-2-2"), paper("mazur-2-2-2", {"output_weights_updated_first": ""})
    assert off("mazur-2-2-2", "total_loss_after", right)[0] > 100
    assert off("mazur-2-2-2", "total_loss_after", first)[0] < 0.6
    # The other one shows the same mistake in its weights; its intermediate results are rounded to three digits.
    name = "without-biases-2-2-1"
    assert max(off(name, "weights[1]", paper(name, {"output_weights_updated_first": ""}))) <= 1
    assert max(off(name, "weights[1]", paper(name))) > 8
    # −0.1 · 0.426 + 0.2 · 0.5 + 0.1 = 0.157, printed as 0.185; what follows is right from there.
    name = "softmax-3-2-2"
    assert max(off(name, "z[2]", paper(name))) > 20

    def as_printed(key, value):
        return np.array([[mpf("0.428")], [mpf("0.185")]], dtype=object) if key[2] == "z[2]" else value

    slip = paper(name, keep=as_printed)
    assert max(off(name, "x[2]", slip) + off(name, "loss", slip)) <= 1


WHAT_IS_KNOWN = {
    "han-3-2-1": {"mistakes": []},
    "mazur-2-2-2-trained-biases": {"mistakes": []},
    "matthews-2-2-1": {"mistakes": []},
    "negnevitsky-2-2-1": {"mistakes": [], "variant": "δ as t − x, with a plus in the update"},
    "without-biases-2-2-1": {
        "mistakes": ["output_weights_updated_first"],
        "also_allowed": ["rounded_intermediates"],
        "first": {"part": "a", "step": 1, "quantity": "weights[1]"},
        "verdicts": {"a": {"x[2]": "correct", "weights[1]": "wrong"}},
    },
    "mazur-2-2-2": {
        "mistakes": ["output_weights_updated_first"],
        "also_allowed": ["arithmetic_slip"],
        "variant": "only the loss after the step is that of the mistake; the weights printed are the right ones",
        "first": {"part": "a", "step": 1, "quantity": "total_loss_after"},
    },
    "softmax-3-2-2": {
        "mistakes": ["arithmetic_slip"],
        "entry": [2, 1],
        "first": {"part": "a", "step": 1, "quantity": "z[2]"},
        "verdicts": {
            "a": {"z[1]": "correct", "x[1]": "correct", "z[2]": "wrong", "x[2]": "follow_through", "loss": "follow_through"}
        },
    },
}


def published(folder):
    check()
    for name, quantities in PRINTED.items():
        folder.files[f"exercises/published-{name}.toml"] = EXERCISES[name]
        known = WHAT_IS_KNOWN[name]
        if "verdicts" not in known:
            wrong = known.get("first", {}).get("quantity")
            known = {**known, "verdicts": {"a": {q: "wrong" if q == wrong else "correct" for q in quantities}}}
        text = answer_file({"a": quantities}, True)
        folder.add("published", name, f"published-{name}", text, {"kind": "published", "style": "as printed", **known})
