"""Answers with one wrong entry, and answers whose intermediate results were rounded too far."""

from mpmath import mpf

from marking_answers import Style, label, stated, steps_of
from marking_case import Case, save
from marking_work import Paper

MISREAD = {"0": "6", "1": "7", "2": "7", "3": "8", "4": "9", "5": "6", "6": "0", "7": "1", "8": "3", "9": "4"}


def _significant(text):
    """Where the significant digits stand in the text."""
    places = [i for i, c in enumerate(text) if c.isdigit()]
    while places and text[places[0]] == "0":
        places.pop(0)
    return places


def slipped(text, how):
    """What is on paper after the slip."""
    places = _significant(text)
    if how == "sign":
        return text[1:] if text.startswith("-") else "-" + text
    if how == "swapped":
        i = next(i for i, j in zip(places, places[1:]) if text[i] != text[j])
        j = places[places.index(i) + 1]
        return text[:i] + text[j] + text[i + 1 : j] + text[i] + text[j + 1 :]
    if how == "misread":
        i = places[1]
        return text[:i] + MISREAD[text[i]] + text[i + 1 :]
    if how == "point":
        return str(mpf(text) * 10 if abs(mpf(text)) < 0.1 else mpf(text) / 10)
    assert how == "carry", how
    return str(mpf(text) + mpf("0.1"))


# exercise, part, step, quantity, entry, what happened, style
SLIPS = [
    ("3-2-1-sigmoid", "a", 1, "z[1]", (1, 0), "sign", Style(5)),
    ("3-2-1-sigmoid", "a", 1, "x[1]", (0, 0), "swapped", Style(5, keep=True, slope="x")),
    ("2-3-2-sigmoid", "a", 1, "x[1]", (2, 0), "misread", Style(4, keep=True, slope="x")),
    ("2-3-2-sigmoid", "a", 1, "delta[2]", (0, 0), "sign", Style(6, text=False)),
    ("2-3-2-sigmoid", "b", 1, "z[1]", (0, 0), "carry", Style(5)),
    ("3-2-2-tanh-batch", "b", 1, "z[1]", (0, 1), "carry", Style(4)),
    ("3-2-2-tanh-batch", "b", 1, "delta[1]", (1, 0), "point", Style(5, keep=True)),
    ("3-2-2-tanh-batch", "a", 1, "weights[1]", (0, 2), "sign", Style(5)),
    ("2-3-2-tanh-softmax", "a", 1, "x[2]", (1, 0), "swapped", Style(6, text=False)),
    ("2-3-2-tanh-softmax", "a", 1, "weights[2]", (1, 2), "misread", Style(6, keep=True)),
    ("4-3-2-relu-mean", "a", 1, "z[2]", (1, 1), "misread", Style(5)),
    ("4-3-2-relu-mean", "a", 1, "grad_weights[2]", (0, 1), "swapped", Style(5, keep=True)),
    ("2-3-softmax", "a", 1, "z[1]", (2, 1), "sign", Style(6)),
    ("3-2-binary-online", "a", 1, "weights[1]", (0, 1), "carry", Style(6, text=False)),
    ("3-2-binary-online", "a", 2, "delta[1]", (1, 0), "sign", Style(5)),
    ("3-2-3-2-tanh", "a", 1, "delta[2]", (1, 0), "misread", Style(6, slope="x")),
    ("3-2-3-2-tanh", "a", 1, "grad_weights[1]", (1, 2), "point", Style(4)),
    ("2-3-2-2-leaky", "a", 1, "z[2]", (0, 0), "carry", Style(5)),
    ("3-2-2-poisson", "a", 1, "loss", (0,), "misread", Style(5)),
    ("2-3-2-binary-epochs", "a", 1, "biases[2]", (1,), "sign", Style(6)),
    ("2-3-2-frozen", "a", 1, "grad_weights[1]", (2, 0), "sign", Style(5, keep=True)),
    ("2-3-1-momentum", "a", 2, "weights[1]", (1, 1), "swapped", Style(6)),
    ("3-2-2-gradient", "a", 1, "grad_biases[1]", (1,), "misread", Style(4, text=False)),
    ("3-4-2-forward", "a", 1, "x[1]", (3, 1), "swapped", Style(5, keep=True)),
    ("3-2-2-decay", "a", 1, "weights[2]", (0, 0), "misread", Style(6)),
    ("2-3-2-identity", "a", 1, "total_loss_after", (), "swapped", Style(5)),
    ("4-2-3-relu-softmax", "a", 1, "delta[2]", (2, 2), "point", Style(6, keep=True)),
]


def slips(folder, made):
    for name, part, step, quantity, index, how, style in SLIPS:
        _, exercise, truth = made[name]

        def slip(key, value, at=(part, step, quantity), index=index, how=how, style=style):
            if key != at:
                return value
            if index == ():
                return mpf(slipped(style.write(value), how))
            value = value.copy()
            value[index] = mpf(slipped(style.write(value[index]), how))
            return value

        case = Case(exercise, truth, {}, style, "all", slip=slip)
        assert case.first() == (part, step, quantity), (name, quantity, how, case.first())
        wrong = [key for key, verdict in case.verdicts.items() if verdict == "wrong"]
        assert len(wrong) == 1, (name, quantity, wrong)
        file = f"{name}-{quantity.replace('[', '').replace(']', '').replace('_', '-')}-{how}"
        entry = [i + 1 for i in index]
        save(folder, "slips", file, name, case, ["arithmetic_slip"], how, "slip", entry=entry)


class Rough(Case):
    """A student who goes on with numbers rounded further than those that he writes."""

    def __init__(self, exercise, truth, quantities, rough, style, subset):
        self.exercise, self.truth, self.style, self.mistakes = exercise, truth, style, {}

        def keep(key, value):
            return rough.on_paper(value) if key[2].split("[")[0] in quantities else value

        self.exact = self.written = Paper(exercise, {}, keep, style.slope)
        self.exact.own = self.exact.computed
        self.keys = stated(exercise, self.exact, subset)
        self.steps = steps_of(truth)
        self.texts = self.written_texts()
        self._judge()


# exercise, which quantities are rounded, to how many digits, the digits written, what is stated
ROUGH = [
    ("3-2-1-sigmoid", ["x"], Style(2), Style(6), "all"),
    ("3-2-1-sigmoid", ["z", "x", "delta"], Style(2), Style(6), "end"),
    ("2-3-2-sigmoid", ["x"], Style(2, decimals=True), Style(6), "end"),
    ("3-2-2-tanh-batch", ["z", "x", "delta"], Style(3), Style(6, text=False), "end"),
    ("2-3-2-tanh-softmax", ["x", "delta"], Style(2), Style(5), "no gradients"),
    ("4-3-2-relu-mean", ["delta"], Style(1), Style(5), "end"),
    ("3-2-3-2-tanh", ["x"], Style(2), Style(6), "printed"),
    ("2-3-2-adam", ["x", "delta"], Style(2), Style(6), "all"),
    ("3-2-2-gradient", ["x"], Style(2), Style(6), "all"),
    ("4-2-3-relu-softmax", ["x"], Style(2), Style(6), "printed"),
    ("3-2-binary-online", ["x"], Style(1), Style(5), "end"),
    ("2-3-2-identity", ["delta"], Style(2), Style(6), "weights"),
]


def rounded_intermediates(folder, made):
    for name, quantities, rough, style, subset in ROUGH:
        _, exercise, truth = made[name]
        case = Rough(exercise, truth, quantities, rough, style, subset)
        assert case.first(), (name, quantities, {label(k, case.steps): v for k, v in case.verdicts.items()})
        file = f"{name}-{'-'.join(quantities)}-{rough.digits}-{subset.replace(' ', '-')}"
        variant = f"{', '.join(quantities)} rounded to {rough.describe()}"
        save(folder, "rounded_intermediates", file, name, case, ["rounded_intermediates"], variant, "mistake")
