"""Tables straight in: the command's `train` in Python."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.base import clone
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.model_selection import cross_val_score
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from deltarule import EpochRecord, MLPClassifier, TabularClassifier, TabularRegressor
from deltarule._columns import columns_in_memory

ROWS = 300


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    """A table with numbers, text, truth values, a categorical column and gaps, and something to learn."""
    rng = np.random.default_rng(0)
    age = rng.integers(18, 80, ROWS).astype(float)
    city = rng.choice(["Bonn", "Köln, Süd", 'the "Hague"'], ROWS)
    member = rng.random(ROWS) < 0.5
    income = 1000 + 30 * age + 500 * member + 200 * (city == "Bonn") + rng.normal(0, 50, ROWS)
    age[rng.random(ROWS) < 0.1] = np.nan
    size = pd.Categorical(rng.choice(["s", "m", "l"], ROWS))
    table = pd.DataFrame({"age": age, "city": city, "member": member, "size": size, "income": income})
    table.loc[rng.random(ROWS) < 0.1, "city"] = None
    table["rich"] = np.where(income > 2800, "yes", "no")
    return table


def command(*arguments: str, cwd: Path) -> str:
    """The installed command."""
    done = subprocess.run(
        [sys.executable, "-m", "deltarule", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_kind_of_table_gives_the_same_model(people: pd.DataFrame, tmp_path: Path) -> None:
    people.to_csv(tmp_path / "people.csv", index=False)
    tables: list[Any] = [
        people,
        pl.from_pandas(people),
        pa.Table.from_pandas(people),
        tmp_path / "people.csv",
        {name: people[name].astype(object) for name in people},
    ]
    models = [TabularClassifier(max_iter=20).fit(table, "rich" if n != 3 else None) for n, table in enumerate(tables)]
    for n, model in enumerate(models):
        model.save(tmp_path / f"{n}.safetensors")
        np.testing.assert_array_equal(model.predict_proba(people), models[0].predict_proba(people))
        np.testing.assert_array_equal(model.predict(tables[n]), models[0].predict(people))
    assert models[0].score(people) > 0.9
    assert models[0].score(people, "rich") == models[0].score(people.drop(columns="rich"), people["rich"])


def test_it_is_the_commands_model(people: pd.DataFrame, tmp_path: Path) -> None:
    """The same bytes from the command, and files that both read."""
    people.to_csv(tmp_path / "people.csv", index=False)
    command("train", "people.csv", "--epochs", "15", "--holdout", "0.25", "--task", "classification", "-o", "command.safetensors", cwd=tmp_path)
    model = TabularClassifier(max_iter=15, holdout=0.25).fit(tmp_path / "people.csv")
    model.save(tmp_path / "python.safetensors")
    assert (tmp_path / "python.safetensors").read_bytes() == (tmp_path / "command.safetensors").read_bytes()
    command("predict", "python.safetensors", "people.csv", "-o", "predicted.csv", cwd=tmp_path)
    predicted = pd.read_csv(tmp_path / "predicted.csv")
    assert list(predicted.iloc[:, 0]) == list(model.predict(people))
    again = TabularClassifier.load(tmp_path / "command.safetensors")
    np.testing.assert_array_equal(again.predict(people), model.predict(people))
    assert again.get_params()["max_iter"] == 15
    with pytest.raises(ValueError, match="prepares a table before it predicts: load it with TabularClassifier"):
        MLPClassifier.load(tmp_path / "command.safetensors")
    with pytest.raises(ValueError, match="load it with TabularClassifier.load"):
        TabularRegressor.load(tmp_path / "command.safetensors")
    MLPClassifier(max_iter=400, tol=0.1).fit([[0.0], [1.0]], [0, 1]).save(tmp_path / "mlp.safetensors")
    with pytest.raises(ValueError, match="load it with MLPClassifier.load"):
        TabularClassifier.load(tmp_path / "mlp.safetensors")


#: Parameters, and the same as flags.
SAME: list[tuple[dict[str, Any], list[str]]] = [
    ({"solver": "sgd"}, ["--optimizer", "nesterov"]),
    ({"solver": "sgd", "nesterovs_momentum": False}, ["--optimizer", "momentum"]),
    ({"solver": "sgd", "momentum": 0, "learning_rate": "invscaling"}, ["--optimizer", "sgd", "--schedule", "inverse_scaling"]),
    ({"solver": "sgd", "momentum": 0.5, "learning_rate": "adaptive"}, ["--optimizer", "nesterov", "--momentum", "0.5", "--schedule", "adaptive"]),
    ({"alpha": 0.02, "beta_1": 0.8, "epsilon": 1e-6}, ["--l2", "0.02", "--beta1", "0.8", "--epsilon", "1e-6"]),
    ({"solver": "adamw"}, ["--optimizer", "adamw"]),
    ({"solver": "adamw", "alpha": 0.3, "beta_2": 0.95}, ["--optimizer", "adamw", "--weight-decay", "0.3", "--beta2", "0.95"]),
    ({"solver": "rprop", "learning_rate_init": 0.05}, ["--optimizer", "rprop", "--learning-rate", "0.05"]),
    ({"solver": "lbfgs", "alpha": 0}, ["--optimizer", "lbfgs", "--l2", "0"]),
    ({"learning_rate": "cosine", "learning_rate_init": 0.01, "batch_size": 30}, ["--schedule", "cosine", "--learning-rate", "0.01", "--batch-size", "30"]),
    ({"early_stopping": True, "n_iter_no_change": 2, "dropout": 0.1}, ["--early-stopping", "--patience", "2", "--dropout", "0.1"]),
    ({"class_weight": "balanced", "random_state": 7, "hidden_layer_sizes": (5, 4)}, ["--class-weight", "balanced", "--seed", "7", "--hidden", "5,4"]),
    ({"drop": ["city"], "activation": "logistic", "precision": "f64"}, ["--drop", "city", "--activation", "sigmoid", "--precision", "f64"]),
]


@pytest.mark.parametrize(("parameters", "flags"), SAME, ids=[" ".join(flags) for _, flags in SAME])
def test_parameters_are_flags(people: pd.DataFrame, tmp_path: Path, parameters: dict[str, Any], flags: list[str]) -> None:
    """The same bytes; and what is loaded from them has the parameters that make them once more."""
    people.to_csv(tmp_path / "people.csv", index=False)
    always = ["--epochs", "4", "--holdout", "0", "--task", "classification"]
    command("train", "people.csv", *always, *flags, "-o", "command.safetensors", cwd=tmp_path)
    model = TabularClassifier(max_iter=4, **parameters).fit(tmp_path / "people.csv")
    model.save(tmp_path / "python.safetensors")
    expected = (tmp_path / "command.safetensors").read_bytes()
    assert (tmp_path / "python.safetensors").read_bytes() == expected
    again = TabularClassifier.load(tmp_path / "command.safetensors")
    again.fit(tmp_path / "people.csv").save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == expected


@pytest.mark.parametrize(
    "labels", [["no", "yes"], [0, 1], [3, 11], [False, True], [0.0, 1.0], [1.5, 2.5], ["007", "7"]], ids=str
)
def test_labels_keep_their_type(people: pd.DataFrame, labels: list[Any]) -> None:
    y = np.array(labels)[(people["rich"] == "yes").astype(int)]
    clf = TabularClassifier(max_iter=30).fit(people.drop(columns="rich"), y)
    assert clf.predict(people).dtype.kind == y.dtype.kind
    assert set(clf.predict(people)) == set(labels)
    assert clf.score(people, y) > 0.9
    assert list(clf.classes_) == sorted(labels)


def test_labels_in_the_table_keep_their_type_too(people: pd.DataFrame, tmp_path: Path) -> None:
    rich = people["rich"] == "yes"
    X = people.drop(columns="rich")
    for labels in (rich, rich.map({True: "2", False: "1"}), rich.map({True: " y", False: "x "}), rich.astype(int)):
        table = X.assign(t=labels)
        for kind in (table, pl.from_pandas(table), pa.Table.from_pandas(table), {name: table[name] for name in table}):
            clf = TabularClassifier(max_iter=30).fit(kind, "t")
            assert clf.score(kind) > 0.9
            assert clf.score(X, labels) == clf.score(kind)
            assert set(clf.predict(X)) <= set(labels)
        clf.save(tmp_path / "model")
        assert TabularClassifier.load(tmp_path / "model").score(X, labels) == clf.score(kind)
    people.to_csv(tmp_path / "people.csv", index=False)
    assert clf.fit(tmp_path / "people.csv", "rich").score(tmp_path / "people.csv") > 0.9
    matrix = np.column_stack([X["income"], rich])
    assert TabularClassifier(max_iter=30).fit(matrix).score(matrix) > 0.9


def test_a_column_of_targets_may_be_called_as_a_column_of_the_table(people: pd.DataFrame) -> None:
    X = people.drop(columns="rich")
    assert TabularClassifier(max_iter=30).fit(X, X["income"] > 2800).score(X, X["income"] > 2800) > 0.9
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        clf = TabularClassifier(max_iter=5).fit(X.assign(target=1.5), people[["rich"]])
    assert clf.score(X.assign(target=1.5), people["rich"]) > 0.5
    names = ["age", "city"] * (ROWS // 2)
    assert set(TabularClassifier(max_iter=5).fit(X, names).classes_) == {"age", "city"}
    numbers = X.assign(age=pd.Categorical(np.arange(ROWS) % 4))
    assert TabularClassifier(max_iter=5).fit(numbers, people["rich"]).score(numbers, people["rich"]) > 0.5


@pytest.mark.parametrize(
    ("parameters", "name"),
    [({"hidden_layer_sizes": (3.7,)}, "hidden_layer_sizes"), ({"max_iter": 2.5}, "max_iter"), ({"random_state": -1}, "random_state"), ({"activation": "rely"}, "activation")],
    ids=str,
)
def test_parameters_are_checked(people: pd.DataFrame, parameters: Any, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        TabularClassifier(**parameters).fit(people)
    assert TabularClassifier(hidden_layer_sizes=7, max_iter=2, drop="city").fit(people).record_["options"]["drop"] == ["city"]


INTERRUPTED = """
import os, signal, threading, warnings
import numpy as np
from deltarule import TabularRegressor
X = np.random.default_rng(0).normal(size=(20000, 50))
threading.Timer(2.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    model = TabularRegressor(max_iter=100000, hidden_layer_sizes=(300, 300)).fit(X, X[:, 0])
assert [str(w.message) for w in caught] == ["Training interrupted by user."], caught
assert np.isfinite(model.predict(X[:10])).all()
"""


def test_ctrl_c_keeps_what_there_is() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_regression(people: pd.DataFrame, tmp_path: Path) -> None:
    X = people.drop(columns="rich")
    regr = TabularRegressor(max_iter=100).fit(X, "income")
    assert regr.score(X) > 0.9
    assert regr.predict(X).shape == (ROWS,)
    both = TabularRegressor(max_iter=20).fit(X.assign(twice=2 * X["income"]), ["income", "twice"])
    assert both.predict(X).shape == (ROWS, 2)
    again = pickle.loads(pickle.dumps(both))
    np.testing.assert_array_equal(again.predict(X), both.predict(X))
    both.save(tmp_path / "both")
    np.testing.assert_array_equal(TabularRegressor.load(tmp_path / "both").predict(X), both.predict(X))
    arrow = pa.Table.from_pandas(X.assign(twice=2 * X["income"]))
    np.testing.assert_array_equal(
        TabularRegressor(max_iter=20).fit(arrow, ["income", "twice"]).predict(X), both.predict(X)
    )
    matrix = np.random.default_rng(0).normal(size=(200, 3))
    plain = TabularRegressor(precision="f64").fit(matrix, matrix[:, 0] - matrix[:, 1])
    assert plain.score(matrix, matrix[:, 0] - matrix[:, 1]) > 0.99


@pytest.mark.parametrize("precision", ["f32", "f64"])
def test_onnx_takes_the_prepared_matrix(people: pd.DataFrame, precision: str) -> None:
    dtype = np.float32 if precision == "f32" else np.float64
    for model, names in (
        (TabularClassifier(max_iter=10, precision=precision).fit(people, "rich"), ["label", "probabilities"]),
        (TabularRegressor(max_iter=10, precision=precision).fit(people, "income"), ["variable"]),
    ):
        graph = model.to_onnx()
        onnx.checker.check_model(graph, full_check=True)
        session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
        inputs = model.transform(people)
        assert inputs.shape == (ROWS, len(model.input_names_))
        outputs = session.run(names, {"X": inputs.astype(dtype)})
        if names[0] == "label":
            np.testing.assert_array_equal(outputs[0], model.predict(people))
            np.testing.assert_allclose(outputs[1], model.predict_proba(people), atol=1e-5)
        else:
            np.testing.assert_allclose(outputs[0].ravel(), model.predict(people), rtol=1e-5)


def test_among_scikit_learns_tools(people: pd.DataFrame) -> None:
    X, y = people.drop(columns="rich"), people["rich"]
    assert cross_val_score(TabularClassifier(max_iter=20), X, y, cv=3).mean() > 0.85
    assert clone(TabularClassifier(hidden_layer_sizes=(3,))).hidden_layer_sizes == (3,)
    with pytest.raises(NotFittedError):
        TabularClassifier().predict(X)
    seen: list[Any] = []
    clf = TabularClassifier(max_iter=10, callbacks=lambda record: seen.append(record) or record.epoch == 3).fit(X, y)
    assert [record.epoch for record in seen] == [1, 2, 3]
    assert len(clf.loss_curve_) == 3
    threads = [TabularClassifier(max_iter=5, n_jobs=n).fit(X, y).predict_proba(X) for n in (1, 2, None)]
    np.testing.assert_array_equal(threads[0], threads[1])
    np.testing.assert_array_equal(threads[0], threads[2])


def every_kind() -> pd.DataFrame:
    """A column of each type that goes to the engine as it is."""
    rows = 600
    number = np.random.default_rng(1).integers(0, 5, rows)
    gap = number == 3
    frame = pd.DataFrame({f"int{bits}": number.astype(f"int{bits}") for bits in (8, 16, 32, 64)})
    for bits in (8, 16, 32, 64):
        frame[f"uint{bits}"] = number.astype(f"uint{bits}")
    frame["large"] = np.uint64(2**64 - 1) - number.astype(np.uint64)
    for bits in (16, 32, 64):
        frame[f"float{bits}"] = np.where(gap, np.nan, number / 7).astype(f"float{bits}")
    frame["boolean"] = number > 1
    frame["nullable_int"] = pd.array(np.where(gap, None, number), dtype="Int32")
    frame["nullable_float"] = pd.array(np.where(gap, None, number / 3), dtype="Float64")
    frame["nullable_boolean"] = pd.array([None if g else n > 1 for g, n in zip(gap, number, strict=True)], dtype="boolean")
    frame["string"] = pd.array([None if g else f"ä{n}" for g, n in zip(gap, number, strict=True)], dtype="string")
    frame["object"] = np.array([None if g else f" {n} " for g, n in zip(gap, number, strict=True)], dtype=object)
    frame["category"] = pd.Categorical(np.where(gap, None, np.char.add("c", number.astype(str))))
    frame["numbers"] = pd.Categorical(np.where(gap, np.nan, number + 0.5))
    frame["y"] = np.where(number > 2, "high", "low")
    return frame


def test_columns_in_memory_are_those_of_the_file(tmp_path: Path) -> None:
    """A table that goes to the engine as columns gives the model, to the byte, of its Parquet file."""
    frame = every_kind()
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    # Categories of numbers are numbers.
    plain = arrow.set_column(arrow.column_names.index("numbers"), "numbers", arrow["numbers"].cast(pa.float64()))
    pq.write_table(plain, tmp_path / "frame.parquet")

    def model(table: Any) -> bytes:
        fitted = TabularClassifier(max_iter=3).fit(table, "y")
        return bytes(fitted._fitted().to_bytes())

    expected = model(tmp_path / "frame.parquet")
    mapping = {name: frame[name] for name in frame}
    for table in (frame, arrow, pl.from_arrow(plain), mapping):
        assert columns_in_memory(table) is not None
        assert model(table) == expected
    fitted = TabularClassifier(max_iter=3).fit(frame, "y")
    for table in (arrow, pl.from_arrow(plain), mapping, tmp_path / "frame.parquet"):
        np.testing.assert_array_equal(fitted.predict_proba(table), fitted.predict_proba(frame))


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (pd.date_range("2020-01-01", periods=40), "Timestamp"),
        (pd.to_timedelta(np.arange(40), unit="s"), "Duration"),
        ([[1, 2]] * 40, "List"),
    ],
    ids=["dates", "durations", "lists"],
)
def test_columns_of_other_types_are_refused(cells: Any, kind: str) -> None:
    frame = pd.DataFrame({"a": np.arange(40) % 7, "other": cells, "y": np.arange(40) % 2})
    for table in (frame, pl.from_pandas(frame), pa.Table.from_pandas(frame)):
        with pytest.raises(ValueError, match=f'column "other": columns of type {kind}.*drop='):
            TabularClassifier(max_iter=1).fit(table, "y")
        without = TabularClassifier(max_iter=1, drop=["other"]).fit(table, "y")
        assert [column["name"] for column in without.preparation_["columns"]] == ["a"]


def test_many_rows_are_predicted_in_pieces() -> None:
    """In the order of the rows, whatever the number of threads, and with the row's number in a message."""
    rows = 10_000
    number = np.random.default_rng(2).normal(size=rows)
    table = pd.DataFrame({"a": number, "b": np.where(number > 0.5, "x", "y"), "c": np.arange(rows) % 5})
    y = (number > 0).astype(int) + (number > 1)
    clf = TabularClassifier(max_iter=5, n_jobs=1).fit(table[:500], y[:500])
    whole = clf.predict_proba(table)
    alone = [clf.predict_proba(table[start : start + 700]) for start in range(0, rows, 700)]
    np.testing.assert_array_equal(whole, np.concatenate(alone))
    np.testing.assert_array_equal(clf.predict(table), clf.classes_[whole.argmax(axis=1)])
    regr = TabularRegressor(max_iter=5).fit(table[:500], number[:500])
    for n_jobs in (2, 3, 100):
        np.testing.assert_array_equal(clf.set_params(n_jobs=n_jobs).predict_proba(table), whole)
        np.testing.assert_array_equal(regr.set_params(n_jobs=n_jobs).predict(table)[9_000:], regr.predict(table[9_000:]))
        np.testing.assert_array_equal(clf.transform(table)[4_000:], clf.transform(table[4_000:]))
    infinite = table.copy()
    infinite.loc[[9_000, 5_000], "a"] = np.inf
    with pytest.raises(ValueError, match='table, line 5001, column "a": inf is not a finite number'):
        clf.predict(infinite)
    with pytest.raises(ValueError, match="no rows"):
        clf.predict(table[:0])


def test_what_is_wrong_is_named(people: pd.DataFrame) -> None:
    clf = TabularClassifier(max_iter=2).fit(people, "rich")
    with pytest.raises(ValueError, match='"age".*missing'):
        clf.predict(people.drop(columns="age"))
    with pytest.raises(ValueError, match="age"):
        clf.predict(people.assign(age="old"))
    with pytest.raises(ValueError, match="rihc"):
        TabularClassifier().fit(people, "rihc")
    with pytest.raises(ValueError, match="learning_rate"):
        TabularClassifier(learning_rate="cosin").fit(people, "rich")
    with pytest.raises(ValueError, match="different lengths"):
        TabularClassifier().fit({"a": [1, 2], "b": [1]}, ["x", "y"])
    with pytest.raises(ValueError, match="no such file"):
        TabularClassifier().fit("nothing.csv")


def message_of(call: Any) -> str:
    with pytest.raises(ValueError) as raised:
        call()
    return str(raised.value)


def test_an_error_speaks_of_parameters_and_not_of_flags(people: pd.DataFrame, tmp_path: Path) -> None:
    """Messages of the engine's reader used to name the flags of the command."""

    def file(content: bytes) -> Path:
        (tmp_path / "table.csv").write_bytes(content)
        return tmp_path / "table.csv"

    many = pd.DataFrame({"a b": [f"text {i}" for i in range(600)], "n": range(600), "y": np.arange(600) / 7})
    dates = people.assign(when=pd.date_range("2026-01-01", periods=ROWS))
    clf, regr = TabularClassifier(max_iter=2), TabularRegressor(max_iter=2)
    for call, expected in [
        (lambda: regr.fit(many), "drop=[\"a b\"], or allow more with categories="),
        (lambda: clf.fit(dates, "rich"), "drop=[\"when\"]"),
        (lambda: clf.fit({"x": range(1500), "y": np.arange(1500) / 4}, "y"), "TabularRegressor predicts numbers"),
        (lambda: clf.fit(file(b"a;y\n1;x\n2;z\n")), "sep=';'"),
        (lambda: clf.fit(file(b"a\ty\n1\tx\n2\tz\n")), "sep='\\t'"),
        (lambda: clf.fit(file(b"a,y\n1,caf\xe9\n2,tea\n")), "encoding='latin1'"),
        (lambda: clf.fit(file(b"1,2\n3,4\n")), "header=None"),
        (lambda: clf.fit(file(b"1,2\n3,4\n5,6\n"), "y"), "header=None"),
        (lambda: clf.fit(people, "rich").predict(people.drop(columns="age")), "age"),
        (lambda: TabularClassifier(solver="rprop", batch_size=9).fit(people), "the optimizer rprop has no batch size"),
        (lambda: TabularClassifier(solver="lbfgs", learning_rate_init=1).fit(people), "learning_rate_init is not for"),
        (lambda: TabularClassifier(class_weight={"maybe": 2}).fit(people), "there is no class \"maybe\" to weigh; there are no, yes"),
        (lambda: clf.fit(people, "rich", sample_weight=[1, 2]), "sample_weight"),
        (lambda: clf.fit(file(b"a,y\n1,x\n2,z\n3,z\n"), sample_weight=[1, 2]), "there are 2 weights for 3 rows"),
    ]:
        message = message_of(call)
        assert expected in message and "--" not in message, message


def test_a_network_without_a_table_is_told_from_a_damaged_file(people: pd.DataFrame, tmp_path: Path) -> None:
    MLPClassifier(max_iter=400, tol=0.1).fit([[0.0], [1.0]], [0, 1]).save(tmp_path / "mlp.safetensors")
    data = (tmp_path / "mlp.safetensors").read_bytes()
    assert "MLPClassifier.load" in message_of(lambda: TabularClassifier.load(tmp_path / "mlp.safetensors"))
    (tmp_path / "mlp.safetensors").write_bytes(data[:-1])
    message = message_of(lambda: TabularClassifier.load(tmp_path / "mlp.safetensors"))
    assert "damaged" in message and "MLPClassifier.load" not in message


def test_class_weights_are_sample_weights(people: pd.DataFrame) -> None:
    X, y = people.drop(columns="rich"), people["rich"]
    by_class = TabularClassifier(max_iter=10, class_weight={"yes": 3}).fit(X, y)
    by_row = TabularClassifier(max_iter=10).fit(X, y, sample_weight=np.where(y == "yes", 3, 1))
    np.testing.assert_array_equal(by_class.predict_proba(X), by_row.predict_proba(X))
    both = TabularClassifier(max_iter=10, class_weight={"yes": 3}).fit(X, y, sample_weight=np.where(y == "yes", 1 / 3, 1))
    plain = TabularClassifier(max_iter=10).fit(X, y)
    np.testing.assert_allclose(both.predict_proba(X), plain.predict_proba(X), atol=1e-4)
    assert np.abs(by_class.predict_proba(X) - plain.predict_proba(X)).max() > 0.01
    numbers = TabularClassifier(max_iter=10, class_weight={0: 1, 1: 3}).fit(X, (y == "yes").astype(int))
    np.testing.assert_array_equal(numbers.predict_proba(X), by_class.predict_proba(X))
    balanced = n = TabularClassifier(max_iter=10, class_weight="balanced").fit(X, y)
    counts = y.value_counts()
    given = TabularClassifier(max_iter=10, class_weight={k: len(y) / (2 * counts[k]) for k in ("no", "yes")}).fit(X, y)
    np.testing.assert_array_equal(balanced.predict_proba(X), given.predict_proba(X))
    assert n.get_params()["class_weight"] == "balanced"


def test_a_weight_of_two_is_a_row_twice() -> None:
    """Where the preparation is the same with and without the repetitions: there it counts every row once."""
    rng = np.random.default_rng(3)
    corners = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    X = np.tile(corners, (10, 1))
    y = rng.choice(["a", "b", "c"], len(X))
    twice = np.arange(len(X)) < len(X) // 2
    parameters: dict[str, Any] = {"solver": "lbfgs", "precision": "f64", "alpha": 0.1, "hidden_layer_sizes": (3,)}
    weighed = TabularClassifier(**parameters).fit(X, y, sample_weight=1.0 + twice)
    repeated = TabularClassifier(**parameters).fit(np.vstack([X, X[twice]]), np.concatenate([y, y[twice]]))
    plain = TabularClassifier(**parameters).fit(X, y)
    np.testing.assert_allclose(weighed.predict_proba(corners), repeated.predict_proba(corners), atol=1e-3)
    assert np.abs(weighed.predict_proba(corners) - plain.predict_proba(corners)).max() > 0.02
    # Weights by the names of columns and by position, and of a table that is held out in part.
    table = pd.DataFrame({"x": X[:, 0], "z": X[:, 1], "y": y})
    by_name = TabularClassifier(**parameters).fit(table, "y", sample_weight=1.0 + twice)
    np.testing.assert_array_equal(by_name.predict_proba(table), weighed.predict_proba(X))
    held = TabularClassifier(**parameters, holdout=0.25)
    ones = held.fit(table, "y", sample_weight=np.ones(len(X))).predict_proba(table)
    np.testing.assert_allclose(ones, held.fit(table, "y").predict_proba(table), atol=1e-9)


def test_callbacks_are_those_of_the_other_estimators(people: pd.DataFrame, capsys: Any) -> None:
    seen: list[EpochRecord] = []
    clf = TabularClassifier(max_iter=6, early_stopping=True, learning_rate="exponential", verbose=True)
    clf.set_params(callbacks=[seen.append, lambda record: record.epoch == 4]).fit(people, "rich")
    assert [record.epoch for record in seen] == [1, 2, 3, 4]
    assert [record.loss for record in seen] == clf.loss_curve_
    assert clf.n_iter_ == 4
    assert all(record.estimator is clf and record.validation_loss is not None for record in seen)
    assert seen[1].learning_rate == pytest.approx(0.95 * seen[0].learning_rate)
    assert capsys.readouterr().out.splitlines()[1] == f"Iteration 2, loss = {seen[1].loss:.8f}"


def test_where_random_numbers_come_from(people: pd.DataFrame) -> None:
    def drawn(state: Any) -> Any:
        return TabularClassifier(max_iter=1, random_state=state).fit(people).predict_proba(people)

    np.testing.assert_array_equal(drawn(0), TabularClassifier(max_iter=1).fit(people).predict_proba(people))
    np.testing.assert_array_equal(drawn(np.random.RandomState(3)), drawn(np.random.RandomState(3)))
    assert not np.array_equal(drawn(0), drawn(1))
    assert not np.array_equal(drawn(None), drawn(None))


def test_labels_that_go_on_are_refused_as_scikit_learn_does(people: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        TabularClassifier().fit(people, people["income"].to_numpy())


def test_columns_are_found_by_name_and_a_matrix_by_width(people: pd.DataFrame) -> None:
    X, y = people.drop(columns="rich"), people["rich"]
    clf = TabularClassifier(max_iter=3).fit(X, y)
    assert list(clf.feature_names_in_) == list(X.columns) and clf.n_features_in_ == X.shape[1]
    np.testing.assert_array_equal(clf.predict_proba(people[people.columns[::-1]]), clf.predict_proba(X))
    by_name = TabularClassifier(max_iter=3).fit(people, "rich")
    assert list(by_name.feature_names_in_) == list(X.columns)
    matrix = np.random.default_rng(0).normal(size=(40, 4))
    matrix[:, 3] = np.arange(40) % 2
    clf.fit(matrix)
    assert not hasattr(clf, "feature_names_in_") and clf.n_features_in_ == 3
    np.testing.assert_array_equal(clf.predict(matrix), clf.predict(matrix[:, :3]))
    with pytest.raises(ValueError, match="X has 2 features, but TabularClassifier is expecting 3"):
        clf.predict(matrix[:, :2])
    # Without names on one of both sides the places count, and scikit-learn's warning says so.
    frame = pd.DataFrame(matrix[:, :3], columns=["x", "y", "z"])
    with pytest.warns(UserWarning, match="X has feature names, but TabularClassifier was fitted without"):
        np.testing.assert_array_equal(clf.predict_proba(frame), clf.predict_proba(matrix))
    named = TabularClassifier(max_iter=3).fit(frame, matrix[:, 3])
    with pytest.warns(UserWarning, match="X does not have valid feature names, but TabularClassifier was fitted with"):
        np.testing.assert_array_equal(named.predict_proba(matrix[:, :3]), named.predict_proba(frame))
    with pytest.raises(ValueError, match="expecting 3"):
        named.predict(matrix)


#: Why a check of scikit-learn's fails; its pipelines of a scaler and an MLP, which take no weights, are not asked.
FAILS = {
    "check_sample_weight_equivalence_on_dense_data": "the preparation counts every row once, whatever it weighs",
}


@parametrize_with_checks(
    [TabularClassifier(max_iter=60), TabularRegressor(max_iter=60)], expected_failed_checks=lambda estimator: FAILS
)
@pytest.mark.filterwarnings("ignore")
def test_estimator_checks(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.parametrize("Estimator", [TabularClassifier, TabularRegressor])
@pytest.mark.parametrize(
    "check",
    [
        "check_transformer_get_feature_names_out",
        "check_transformer_get_feature_names_out_pandas",
        "check_set_output_transform",
        "check_set_output_transform_pandas",
        "check_set_output_transform_polars",
        "check_global_output_transform_pandas",
        "check_global_set_output_transform_polars",
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_checks_of_scikit_learns_own_transformers(Estimator: Any, check: str) -> None:
    getattr(estimator_checks, check)(Estimator.__name__, Estimator(max_iter=5))


@pytest.mark.parametrize("dtype", ["boolean", "Int64", "UInt8", "Float64", "Float32", "string"])
@pytest.mark.parametrize("of", ["", "[pyarrow]"])
@pytest.mark.parametrize("gaps", [False, True])
def test_every_nullable_column_of_pandas_is_that_of_its_parquet_file(dtype: str, of: str, gaps: bool, tmp_path: Path) -> None:
    """A missing value in `bool[pyarrow]` was an error of pyarrow's."""
    kinds = {"boolean": "bool", "Int64": "int64", "UInt8": "uint8", "Float64": "double", "Float32": "float"}
    name = f"{kinds.get(dtype, dtype)}{of}" if of else dtype
    values = [True, False] if dtype == "boolean" else ["u", "v"] if dtype == "string" else [1, 2]
    cells: list[Any] = [None if gaps and i % 5 == 3 else values[i % 3 % 2] for i in range(40)]
    X = pd.DataFrame({"x": pd.Series(cells, dtype=name), "z": [float(i % 7) for i in range(40)]})
    y = ["a" if i % 3 else "b" for i in range(40)]
    model = TabularClassifier(max_iter=3).fit(X, y)
    X.assign(target=y).to_parquet(tmp_path / "t.parquet", index=False)
    file = TabularClassifier(max_iter=3).fit(str(tmp_path / "t.parquet"))
    np.testing.assert_array_equal(model.predict_proba(X), file.predict_proba(X))
    assert model.preparation_["columns"] == file.preparation_["columns"]
