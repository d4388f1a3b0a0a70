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
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score

from deltarule import MLPClassifier, TabularClassifier, TabularRegressor

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
    models = [TabularClassifier(epochs=20).fit(table, "rich" if n != 3 else None) for n, table in enumerate(tables)]
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
    model = TabularClassifier(epochs=15, holdout=0.25).fit(tmp_path / "people.csv")
    model.save(tmp_path / "python.safetensors")
    assert (tmp_path / "python.safetensors").read_bytes() == (tmp_path / "command.safetensors").read_bytes()
    command("predict", "python.safetensors", "people.csv", "-o", "predicted.csv", cwd=tmp_path)
    predicted = pd.read_csv(tmp_path / "predicted.csv")
    assert list(predicted.iloc[:, 0]) == list(model.predict(people))
    again = TabularClassifier.load(tmp_path / "command.safetensors")
    np.testing.assert_array_equal(again.predict(people), model.predict(people))
    assert again.get_params()["epochs"] == 15
    with pytest.raises(ValueError, match="prepares a table before it predicts: load it with TabularClassifier"):
        MLPClassifier.load(tmp_path / "command.safetensors")
    with pytest.raises(ValueError, match="load it with TabularClassifier.load"):
        TabularRegressor.load(tmp_path / "command.safetensors")
    MLPClassifier(max_iter=400, tol=0.1).fit([[0.0], [1.0]], [0, 1]).save(tmp_path / "mlp.safetensors")
    with pytest.raises(ValueError, match="load it with MLPClassifier.load"):
        TabularClassifier.load(tmp_path / "mlp.safetensors")


@pytest.mark.parametrize(
    "labels", [["no", "yes"], [0, 1], [3, 11], [False, True], [0.0, 1.0], [1.5, 2.5], ["007", "7"]], ids=str
)
def test_labels_keep_their_type(people: pd.DataFrame, labels: list[Any]) -> None:
    y = np.array(labels)[(people["rich"] == "yes").astype(int)]
    clf = TabularClassifier(epochs=30).fit(people.drop(columns="rich"), y)
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
            clf = TabularClassifier(epochs=30).fit(kind, "t")
            assert clf.score(kind) > 0.9
            assert clf.score(X, labels) == clf.score(kind)
            assert set(clf.predict(X)) <= set(labels)
        clf.save(tmp_path / "model")
        assert TabularClassifier.load(tmp_path / "model").score(X, labels) == clf.score(kind)
    people.to_csv(tmp_path / "people.csv", index=False)
    assert clf.fit(tmp_path / "people.csv", "rich").score(tmp_path / "people.csv") > 0.9
    matrix = np.column_stack([X["income"], rich])
    assert TabularClassifier(epochs=30).fit(matrix).score(matrix) > 0.9


def test_a_column_of_targets_may_be_called_as_a_column_of_the_table(people: pd.DataFrame) -> None:
    X = people.drop(columns="rich")
    assert TabularClassifier(epochs=30).fit(X, X["income"] > 2800).score(X, X["income"] > 2800) > 0.9
    assert TabularClassifier(epochs=5).fit(X.assign(target=1.5), people[["rich"]]).score(X.assign(target=1.5), people["rich"]) > 0.5
    names = ["age", "city"] * (ROWS // 2)
    assert set(TabularClassifier(epochs=5).fit(X, names).classes_) == {"age", "city"}
    numbers = X.assign(age=pd.Categorical(np.arange(ROWS) % 4))
    assert TabularClassifier(epochs=5).fit(numbers, people["rich"]).score(numbers, people["rich"]) > 0.5


@pytest.mark.parametrize(
    ("parameters", "name"),
    [({"hidden": (3.7,)}, "hidden"), ({"epochs": 2.5}, "epochs"), ({"seed": None}, "seed"), ({"activation": "rely"}, "activation")],
    ids=str,
)
def test_parameters_are_checked(people: pd.DataFrame, parameters: Any, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        TabularClassifier(**parameters).fit(people)
    assert TabularClassifier(hidden=7, epochs=2, drop="city").fit(people).record_["options"]["drop"] == ["city"]


INTERRUPTED = """
import os, signal, threading, warnings
import numpy as np
from deltarule import TabularRegressor
X = np.random.default_rng(0).normal(size=(20000, 50))
threading.Timer(2.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    model = TabularRegressor(epochs=100000, hidden=(300, 300)).fit(X, X[:, 0])
assert [str(w.message) for w in caught] == ["Training interrupted by user."], caught
assert np.isfinite(model.predict(X[:10])).all()
"""


def test_ctrl_c_keeps_what_there_is() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_regression(people: pd.DataFrame, tmp_path: Path) -> None:
    X = people.drop(columns="rich")
    regr = TabularRegressor(epochs=100).fit(X, "income")
    assert regr.score(X) > 0.9
    assert regr.predict(X).shape == (ROWS,)
    both = TabularRegressor(epochs=20).fit(X.assign(twice=2 * X["income"]), ["income", "twice"])
    assert both.predict(X).shape == (ROWS, 2)
    again = pickle.loads(pickle.dumps(both))
    np.testing.assert_array_equal(again.predict(X), both.predict(X))
    both.save(tmp_path / "both")
    np.testing.assert_array_equal(TabularRegressor.load(tmp_path / "both").predict(X), both.predict(X))
    arrow = pa.Table.from_pandas(X.assign(twice=2 * X["income"]))
    np.testing.assert_array_equal(
        TabularRegressor(epochs=20).fit(arrow, ["income", "twice"]).predict(X), both.predict(X)
    )
    matrix = np.random.default_rng(0).normal(size=(200, 3))
    plain = TabularRegressor(precision="f64").fit(matrix, matrix[:, 0] - matrix[:, 1])
    assert plain.score(matrix, matrix[:, 0] - matrix[:, 1]) > 0.99


@pytest.mark.parametrize("precision", ["f32", "f64"])
def test_onnx_takes_the_prepared_matrix(people: pd.DataFrame, precision: str) -> None:
    dtype = np.float32 if precision == "f32" else np.float64
    for model, names in (
        (TabularClassifier(epochs=10, precision=precision).fit(people, "rich"), ["label", "probabilities"]),
        (TabularRegressor(epochs=10, precision=precision).fit(people, "income"), ["variable"]),
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
    assert cross_val_score(TabularClassifier(epochs=20), X, y, cv=3).mean() > 0.85
    assert clone(TabularClassifier(hidden=(3,))).hidden == (3,)
    with pytest.raises(NotFittedError):
        TabularClassifier().predict(X)
    seen: list[Any] = []
    clf = TabularClassifier(epochs=10, callbacks=lambda record: seen.append(record) or record["epoch"] == 3).fit(X, y)
    assert [record["epoch"] for record in seen] == [1, 2, 3]
    assert len(clf.loss_curve_) == 3
    threads = [TabularClassifier(epochs=5, n_jobs=n).fit(X, y).predict_proba(X) for n in (1, 2, None)]
    np.testing.assert_array_equal(threads[0], threads[1])
    np.testing.assert_array_equal(threads[0], threads[2])


def test_what_is_wrong_is_named(people: pd.DataFrame) -> None:
    clf = TabularClassifier(epochs=2).fit(people, "rich")
    with pytest.raises(ValueError, match='"age".*missing'):
        clf.predict(people.drop(columns="age"))
    with pytest.raises(ValueError, match="age"):
        clf.predict(people.assign(age="old"))
    with pytest.raises(ValueError, match="rihc"):
        TabularClassifier().fit(people, "rihc")
    with pytest.raises(ValueError, match="schedule"):
        TabularClassifier(schedule="cosin").fit(people, "rich")
    with pytest.raises(ValueError, match="different lengths"):
        TabularClassifier().fit({"a": [1, 2], "b": [1]}, ["x", "y"])
    with pytest.raises(ValueError, match="no such file"):
        TabularClassifier().fit("nothing.csv")
