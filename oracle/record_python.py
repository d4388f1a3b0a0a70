"""The Python part of `record.py`: trains estimators of the package, and prints what is kept of each, as JSON.

    python oracle/record_python.py FOLDER         # FOLDER has the tables, and takes the model files

The data come from the generator of `record_tables.py`, never from scikit-learn.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import scipy
import sklearn
from record_content import brief, canonical, document, fingerprint, flatten, model_file, under
from record_tables import Lcg, gaps, mixed

import deltarule


def examples(seed, n, inputs, dtype=np.float64):
    random = Lcg(seed)
    return np.array([[random.normal() for _ in range(inputs)] for _ in range(n)], dtype)


def classes(seed, n, k, dtype=np.float64):
    """k classes, cut from a bent surface."""
    X = examples(seed, n, 4, dtype)
    score = X[:, 0] + 0.5 * X[:, 1] * X[:, 2] - 0.3 * X[:, 3]
    return X, np.digitize(score, np.arange(1, k) - k / 2.0)


def numbers(seed, n, outputs, dtype=np.float64):
    X = examples(seed, n, 3, dtype)
    y = np.stack([X[:, 0] * (1 + j) - X[:, 1] * X[:, 2] for j in range(outputs)], axis=1)
    return X, (y[:, 0] if outputs == 1 else y).astype(dtype)


def numbers_of(values):
    """A list of numbers: how many, the first, the last, and the hash of all, digit by digit."""
    values = [float(value) for value in values]
    if not values:
        return "0 numbers"
    return f"{len(values)} numbers from {values[0]!r} to {values[-1]!r} {fingerprint(canonical(values))}"


def array(values):
    values = np.ascontiguousarray(values)
    little = values.astype(values.dtype.newbyteorder("<"))
    shape = "x".join(map(str, values.shape))
    data = canonical(values.tolist()) if values.dtype.kind in "OU" else little.tobytes()
    return f"{values.dtype.name if values.dtype.kind not in 'OU' else 'text'} {shape} {fingerprint(data)}"


def kept_of(estimator, X, folder, name, caught):
    kept = {"warnings": brief(sorted({type(item.message).__name__ for item in caught}))}
    for attribute in ("loss_curve_", "validation_loss_curve_", "validation_scores_"):
        values = getattr(estimator, attribute, None)
        kept[attribute] = "none" if values is None else numbers_of(values)
    for attribute in ("n_iter_", "n_layers_", "n_outputs_", "t_", "out_activation_", "early_stopped_", "best_loss_"):
        value = getattr(estimator, attribute, None)
        kept[attribute] = repr(value.item() if isinstance(value, np.generic) else value)
    for attribute in ("coefs_", "intercepts_"):
        for layer, values in enumerate(getattr(estimator, attribute), 1):
            kept[f"{attribute}/{layer}"] = array(values)
    kept["predict"] = array(estimator.predict(X))
    if hasattr(estimator, "predict_proba"):
        kept["predict_proba"] = array(estimator.predict_proba(X))
    path = Path(folder) / f"python-{name}.safetensors"
    estimator.save(path)
    kept.update(under("file", model_file(path.read_bytes())))
    return kept


def in_parts(estimator, X, y):
    for start in (0, 50, 100, 0, 50):
        estimator.partial_fit(X[start : start + 50], y[start : start + 50], classes=np.unique(y))


def twice(estimator, X, y):
    estimator.fit(X, y)
    estimator.fit(X[:100], y[:100])


def weighted(estimator, X, y):
    random = Lcg(21)
    estimator.fit(X, y, sample_weight=np.array([0.5 + random.uniform() for _ in range(len(y))]))


THREE, TWO, SINGLE = classes(1, 150, 3), classes(2, 120, 2), classes(3, 140, 3, np.float32)
ONE, SEVERAL, SINGLE_NUMBERS = numbers(4, 130, 1), numbers(5, 110, 3), numbers(6, 120, 2, np.float32)
WORDS = (TWO[0], np.array(["left", "right"])[TWO[1]])
LABELS = (TWO[0], np.stack([TWO[1], (TWO[0][:, 1] > 0).astype(int), (TWO[0][:, 2] > 0.5).astype(int)], axis=1))
SGD, EARLY = {"solver": "sgd"}, {"early_stopping": True, "n_iter_no_change": 4}

#: Name, data, parameters; and how it is fitted, where not by one call of `fit`.
CLASSIFIERS = [
    ("adam", THREE, {"max_iter": 20}),
    ("momentum", THREE, {**SGD, "hidden_layer_sizes": (8, 5), "activation": "tanh", "nesterovs_momentum": False, "max_iter": 15}),
    ("nesterov-inverse-scaling", THREE, {**SGD, "activation": "logistic", "learning_rate": "invscaling", "max_iter": 15}),
    ("early-stopping", THREE, {**EARLY, "learning_rate_init": 0.02, "max_iter": 60, "hidden_layer_sizes": (12,)}),
    ("adamw-cosine", THREE, {"solver": "adamw", "activation": "silu", "learning_rate": "cosine", "warmup": 3, "max_iter": 18}),
    ("rprop", TWO, {"solver": "rprop", "activation": "gelu", "hidden_layer_sizes": (7,), "max_iter": 25}),
    ("single", SINGLE, {"activation": "elu", "batch_size": 32, "max_iter": 12}),
    ("dropout-smoothing", THREE, {"hidden_layer_sizes": (14, 9), "activation": ["selu", "mish"], "dropout": 0.2,
                                  "label_smoothing": 0.1, "max_iter": 12}),
    ("balanced-step", THREE, {"class_weight": "balanced", "activation": "leaky_relu", "learning_rate": "step", "max_iter": 35}),
    ("weighted", WORDS, {"class_weight": {"left": 2.0, "right": 0.5}, "learning_rate": "exponential", "max_iter": 12}, weighted),
    ("labels", LABELS, {"activation": "softplus", "max_iter": 10, "batch_size": 7}),
    ("squared-error", THREE, {"loss": "squared_error", "output_activation": "logistic", "max_iter": 10}),
    ("in-parts", THREE, {"hidden_layer_sizes": (6,), "alpha": 0.1}, in_parts),
    ("one-by-one", TWO, {**SGD, "hidden_layer_sizes": (3,), "batch_size": 1, "max_iter": 4, "shuffle": False}),
]
REGRESSORS = [
    ("adam", ONE, {"activation": "softplus", "max_iter": 20}),
    ("mean-squared-error", SEVERAL, {"loss": "mean_squared_error", "activation": "exp", "learning_rate_init": 1e-4, "max_iter": 10}),
    ("sum-squared-error", SEVERAL, {"loss": "sum_squared_error", "output_activation": "tanh", "max_iter": 10}),
    ("absolute-error", ONE, {"loss": "absolute_error", "solver": "adamw", "alpha": 0.01, "max_iter": 15}),
    ("huber-adaptive", ONE, {**SGD, "loss": "huber", "learning_rate": "adaptive", "learning_rate_init": 0.1, "tol": 0.01,
                             "max_iter": 60}),
    ("poisson", (ONE[0], np.floor(np.clip(ONE[0][:, 0] + 2.0, 0.0, None))), {"loss": "poisson", "output_activation": "exp",
                                                                         "max_iter": 15}),
    ("single-early-stopping", SINGLE_NUMBERS, {**EARLY, "max_iter": 40, "learning_rate_init": 0.02}),
    ("validation", ONE, {"validation_data": numbers(7, 40, 1), **EARLY, "scoring": "loss", "max_iter": 30,
                         "activation": "identity"}),
    ("warm-start", SEVERAL, {"warm_start": True, "max_iter": 6, "dropout": 0.1, "activation": "sigmoid"}, twice),
]
#: SciPy's L-BFGS trains these.
LBFGS = [
    ("classifier", deltarule.MLPClassifier, THREE, {"hidden_layer_sizes": (5,), "activation": "tanh", "max_iter": 30}),
    ("regressor", deltarule.MLPRegressor, SEVERAL, {"hidden_layer_sizes": (6, 4), "activation": "gelu", "max_iter": 30}),
]

#: The parameters of the tabular estimators in scikit-learn's words, and in those that were used before.
BEFORE = {
    "hidden_layer_sizes": "hidden",
    "solver": "optimizer",
    "alpha": "l2",
    "max_iter": "epochs",
    "random_state": "seed",
    "learning_rate_init": "learning_rate",
    "learning_rate": "schedule",
    "n_iter_no_change": "patience",
}


def tabular(kind, **parameters):
    try:
        return kind(**parameters)
    except TypeError:
        return kind(**{BEFORE.get(name, name): value for name, value in parameters.items()})


def columns(rows, without=()):
    return {name: [row[j] for row in rows[1:]] for j, name in enumerate(rows[0]) if name not in without}


def kept_of_table(estimator, table, target, folder, name):
    estimator.fit(table, target)
    kept = {"loss_curve_": numbers_of(estimator.loss_curve_), "predict": array(estimator.predict(table))}
    if hasattr(estimator, "predict_proba"):
        kept["predict_proba"] = array(estimator.predict_proba(table))
    kept["transform"] = array(estimator.transform(table))
    kept["input_names_"] = brief(list(estimator.input_names_))
    kept.update(under("evaluation_", flatten(estimator.evaluation_)))
    path = Path(folder) / f"python-{name}.safetensors"
    estimator.save(path)
    kept.update(under("file", model_file(path.read_bytes())))
    return kept


def tabular_classifier(folder):
    estimator = tabular(
        deltarule.TabularClassifier,
        hidden_layer_sizes=(9,),
        solver="adamw",
        alpha=0.01,
        max_iter=15,
        drop=["code"],
        holdout=0.25,
        random_state=3,
        n_jobs=1,
    )
    return kept_of_table(estimator, columns(mixed(31, 160)), "answer", folder, "tabular-classifier")


def tabular_regressor(folder):
    estimator = tabular(
        deltarule.TabularRegressor,
        hidden_layer_sizes=(7, 4),
        activation="tanh",
        max_iter=40,
        early_stopping=True,
        precision="f64",
        random_state=3,
        n_jobs=1,
    )
    return kept_of_table(estimator, columns(gaps(32, 150)), "y", folder, "tabular-regressor")


def trained(kind, name, data, parameters, fit, folder):
    estimator = kind(random_state=0, n_jobs=1, **parameters)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(estimator, *data)
    return kept_of(estimator, data[0], folder, name, caught)


def once(estimator, X, y):
    estimator.fit(X, y)


def written(*texts):
    """The lines of documents."""
    kept = {}
    for number, text in enumerate(texts, 1):
        kept.update(under(str(number), document(text.encode("utf-8"))))
    return kept


def solved():
    solution = deltarule.solve(2, notation="standard", digits=5)
    return written(solution.to_text(width=90), solution.to_markdown(), solution.to_json(), solution.to_notebook())


def compared():
    comparison = deltarule.compare(3, losses=["squared_error", "cross_entropy"])
    return written(comparison.to_latex(), comparison.to_json())


def marked():
    marking = deltarule.check(1, {"a": {"z[1]": ["0.2", "0.2", "0.2"], "x[1]": ["0.2", "0.2", "0.2"]}}, marks={"z": 10, "x": 5})
    return written(marking.to_text(width=90), marking.to_html(), marking.to_json())


def made():
    return written(deltarule.Exercise.new(layers=(2, 3, 2), activation="tanh", loss="cross_entropy", seed=7).source)


def explained():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator = deltarule.MLPClassifier((3,), max_iter=5, random_state=0, n_jobs=1).fit(*THREE)
    X, y = THREE
    return written(estimator.explain(X[:2]).to_text(width=90), estimator.explain_step(X[:5], y[:5]).to_markdown())


def jobs(folder):
    """Every item as a function without arguments."""
    found = {}
    for prefix, kind, several in [
        ("classifier", deltarule.MLPClassifier, CLASSIFIERS),
        ("regressor", deltarule.MLPRegressor, REGRESSORS),
    ]:
        for name, data, parameters, *fit in several:
            words = (kind, f"{prefix}-{name}", data, parameters, fit[0] if fit else once, folder)
            found[f"python/{prefix}-{name}"] = lambda words=words: trained(*words)
    for name, kind, data, parameters in LBFGS:
        words = (kind, f"lbfgs-{name}", data, {**parameters, "solver": "lbfgs"}, once, folder)
        found[f"python-scipy/{name}"] = lambda words=words: trained(*words)
    found["python/tabular-classifier"] = lambda: tabular_classifier(folder)
    found["python/tabular-regressor"] = lambda: tabular_regressor(folder)
    for job in (solved, compared, marked, made, explained):
        found[f"python/{job.__name__}"] = job
    return found


def main():
    versions = {"numpy": np.__version__, "scikit-learn": sklearn.__version__, "scipy": scipy.__version__}
    items = {"python-versions": versions}
    for name, job in jobs(sys.argv[1]).items():
        try:
            items[name] = job()
        except Exception as error:  # noqa: BLE001
            items[name] = {"failed": f"{type(error).__name__}: {error}"[:300]}
    print(json.dumps(items))


if __name__ == "__main__":
    main()
