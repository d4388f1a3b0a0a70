"""Exercises through Python: the numbers of an independent program, every format, mistakes named, and clear errors."""

from __future__ import annotations

import json
import pickle
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

import deltarule
from deltarule import Exercise, _core

ROOT = Path(__file__).parents[3]
GOLDEN = sorted((ROOT / "crates/deltarule-exercise/tests/golden").glob("*.json"))
ORACLE = json.loads((ROOT / "oracle/values/exercises.json").read_text())["entries"]
MARKING = ROOT / "oracle/values/marking"
PUBLISHED = [
    entry for entry in json.loads((MARKING / "expected.json").read_text())["entries"] if entry["kind"] == "published"
]

#: Keys of a step in the solution format, and the attribute that has them.
LAYERED = ("z", "x", "delta", "grad_weights", "grad_biases", "weights", "biases")


def close(got: Any, expected: Any) -> None:
    """To 1e-12; entries that nearly cancel carry the rounding of the largest number beside them."""
    expected = np.asarray(expected, dtype=np.float64)
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-15 * max(1e-3, np.abs(expected).max(initial=0.0)))


def agrees(solution: deltarule.Solution, expected: dict[str, Any]) -> int:
    """Asserts that every number of a solution is in its arrays; how many arrays there were."""
    arrays = 0
    assert [part.name for part in solution.parts] == [part["name"] for part in expected["parts"]]
    for part, reference in zip(solution.parts, expected["parts"], strict=True):
        assert (part.task, part.start) == (reference["task"], reference["start"])
        for step, values in zip(part.steps, reference["steps"], strict=True):
            assert step.examples == values["examples"]
            for name in LAYERED:
                layers = {key: value for key, value in getattr(step, name).items() if key > 0}
                assert list(layers) == list(range(1, len(values.get(name, [])) + 1)), name
                for layer, array in layers.items():
                    close(array, values[name][layer - 1])
                    arrays += 1
            assert sorted(step.optimizer_state) == sorted(values.get("optimizer_state", {}))
            for name, layers in step.optimizer_state.items():
                for layer, array in layers.items():
                    close(array, values["optimizer_state"][name][layer - 1])
                    arrays += 1
            for name, got in (("loss", step.loss), ("total_loss", step.total_loss), ("class", step.classes)):
                assert (got is None) == (name not in values), name
                if got is not None:
                    close(got, values[name])
            if step.weights:
                close(step.total_loss_after, values["total_loss_after"])
    return arrays


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_sheet_has_the_numbers_of_an_independent_program(number: int) -> None:
    solution = deltarule.solve(number)
    assert agrees(solution, json.loads(GOLDEN[number - 1].read_text())) > 10
    step = solution.parts[0].steps[0]
    # The sheet's layout: a column per example.
    assert step.x[0].shape == (solution.exercise.layers[0], len(step.examples))
    assert step.t is not None and step.t.shape == step.x[len(step.z)].shape == step.delta[len(step.z)].shape
    for layer, z in step.z.items():
        assert z.shape == step.delta[layer].shape
        assert step.weights[layer].shape == step.grad_weights[layer].shape == (len(z), len(step.x[layer - 1]))


def test_other_exercises_have_the_numbers_of_an_independent_program() -> None:
    for entry in ORACLE[::5]:
        agrees(deltarule.solve(entry["exercise"]), entry["solution"])


def test_examples_and_targets_stand_in_the_columns_of_their_step() -> None:
    entry = next(e["exercise"] for e in ORACLE if 'mode = "online"' in e["exercise"] and "t = " in e["exercise"])
    solution = deltarule.solve(entry)
    given = Exercise(entry).to_dict()["part"]
    seen = 0
    for part, table in zip(solution.parts, given, strict=True):
        for step in part.steps:
            for column, example in enumerate(step.examples):
                assert step.x[0][:, column].tolist() == table["examples"][example - 1]["x"]
                if step.t is not None:
                    assert step.t[:, column].tolist() == table["examples"][example - 1]["t"]
                seen += 1
    assert seen > 1


# ---- documents


def html_of(solution: Any) -> str:
    html: str = solution._repr_html_()
    return html


def documents() -> list[Any]:
    """One of each kind."""
    return [
        deltarule.solve(3),
        deltarule.compare(2),
        deltarule.check(1, {"a": {"x[1]": [0.2, 0.2, 0.2]}}),
    ]


@pytest.mark.parametrize("index", [0, 1, 2], ids=["solution", "comparison", "marking"])
def test_the_cell_of_a_notebook_is_well_formed_and_keeps_its_style_to_itself(index: int) -> None:
    html = html_of(documents()[index])
    box = ElementTree.fromstring(html)
    assert (box.tag, box.get("class")) == ("div", "deltarule")
    styles = list(box.iter("style"))
    assert len(styles) == 1
    for rule in (styles[0].text or "").strip().splitlines():
        selectors = rule.split("{")[0]
        assert all(".deltarule" in one for one in selectors.replace(", .vscode", " .vscode").split(",")), rule
    tags = {element.tag for element in box.iter()}
    assert not tags & {"html", "body", "script", "link", "iframe", "h1"}
    # Two cells of a notebook must not have the same address in them.
    assert not [element for element in box.iter() if element.get("id") or element.get("href")]
    if index < 2:
        assert any(tag.endswith("math") for tag in tags), tags


def test_formats() -> None:
    solution = deltarule.solve(1)
    assert "0.549834" in str(solution) and str(solution) == solution.to_text()
    assert "0.5498339973" not in str(solution) and "0.5498339973" in solution.to_text(digits=10)
    assert max(map(len, solution.to_text(width=60).splitlines())) < max(map(len, str(solution).splitlines()))
    assert solution.to_markdown().startswith("# ") and "$" in solution.to_markdown()
    assert "\\begin{document}" in solution.to_latex()
    assert solution.to_html().startswith("<!DOCTYPE html>") and "<math" in solution.to_html()
    assert "#set" in solution.to_typst() or "#let" in solution.to_typst()
    assert json.loads(solution.to_json()) == solution.to_dict()
    assert solution.to_dict()["format"] == "deltarule-solution/1"
    for document in documents()[:2]:
        nbformat.validate(nbformat.reads(document.to_notebook(), as_version=4))
    assert repr(solution).startswith("<Solution: ")


def test_options_of_documents() -> None:
    assert "a^[1]" in str(deltarule.solve(1, notation="standard")) and "x^[1]" not in str(
        deltarule.solve(1, notation="standard")
    )
    assert "0.5498" in str(deltarule.solve(1, digits=4)) and "0.54983" not in str(deltarule.solve(1, digits=4))
    blank = deltarule.solve(1, blank=True)
    assert "0.549834" not in str(blank)
    assert blank.parts[0].steps[0].x[1][0, 0] == pytest.approx(0.549834, abs=5e-7)
    assert str(deltarule.solve(2, batch="examples")) != str(deltarule.solve(2))
    with pytest.raises(ValueError, match="notebook computes them"):
        blank.to_notebook()
    for options in ({"digits": 0}, {"digits": 18}, {"digits": 2.5}, {"notation": "sheets"}, {"batch": "columns"}):
        with pytest.raises(ValueError, match=next(iter(options))):
            deltarule.solve(1, **options)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="width"):
        deltarule.solve(1).to_text(width=39)


@pytest.mark.parametrize("ending", [".txt", ".md", ".markdown", ".tex", ".html", ".HTM", ".typ", ".json", ".ipynb", ""])
def test_a_saved_file_is_the_one_that_the_command_writes(ending: str, tmp_path: Path) -> None:
    ours, theirs = tmp_path / f"ours{ending}", tmp_path / f"theirs{ending}"
    deltarule.solve(2).save(ours)
    assert _core.main(["deltarule", "solve", "2", "-o", str(theirs)]) == 0
    assert ours.read_bytes() == theirs.read_bytes()
    deltarule.compare(3).save(ours)
    assert _core.main(["deltarule", "compare", "3", "-o", str(theirs)]) == 0
    assert ours.read_bytes() == theirs.read_bytes()
    if ending != ".ipynb":
        answers = tmp_path / "answers.csv"
        answers.write_text("part,quantity,row,column,value\na,x[1],1,1,0.2\n")
        deltarule.check(1, answers).save(ours)
        _core.main(["deltarule", "check", "1", str(answers), "-o", str(theirs)])
        assert ours.read_bytes() == theirs.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix == ending) == sorted([ours.name, theirs.name])


def test_what_cannot_be_saved_says_so(tmp_path: Path) -> None:
    solution = deltarule.solve(1)
    with pytest.raises(ValueError, match=r"no format ends in \.docx; use one of \.txt"):
        solution.save(tmp_path / "solution.docx")
    with pytest.raises(OSError, match="nowhere"):
        solution.save(tmp_path / "nowhere" / "solution.txt")
    with pytest.raises(ValueError, match="a marking compares"):
        deltarule.check(1, solution).save(tmp_path / "marking.ipynb")
    assert list(tmp_path.iterdir()) == []


# ---- exercises


def test_an_exercise_comes_from_text_path_number_mapping_and_names(tmp_path: Path) -> None:
    text = Exercise(2).source
    path = tmp_path / "exercise.toml"
    Exercise(text).save(path)
    assert path.read_text() == text
    given = Exercise(2).to_dict()
    arrays = {**given, "network": {**given["network"], "layers": np.array(given["network"]["layers"])}}
    every = [Exercise(path), Exercise(str(path)), Exercise(text), Exercise("2"), Exercise(np.int64(2))]
    every += [
        Exercise(given),
        Exercise(arrays),
        Exercise({**given, "digits": None}),
        Exercise(**given),
        pickle.loads(pickle.dumps(Exercise(2))),
    ]
    expected = deltarule.solve(2).to_dict()
    for exercise in every:
        assert exercise.to_toml() == Exercise(2).to_toml()
        assert deltarule.solve(exercise).to_dict() == expected
    assert (every[0].layers, every[0].loss, every[0].title) == ([4, 4, 3, 3], "squared_error", Exercise(2).title)
    assert str(every[2]) == text


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ('title = "a"\nnetwrok = 3\n', ["did you mean network?", "netwrok = 3", "exercise:2"]),
        ("[network]\nlayers = [2,\n", ["not valid TOML"]),
        (
            {"network": {"layers": [2, 1], "activation": "sigmoyd", "loss": "squared_error"}, "part": []},
            ["sigmoyd", "sigmoid"],
        ),
        ({"network": {"layers": [2, None]}}, ["None in a list"]),
        (4, ["exercises 1, 2 and 3"]),
        (-1, ["exercises 1, 2 and 3"]),
    ],
)
def test_a_mistake_in_an_exercise_is_shown_in_its_place(source: Any, says: list[str]) -> None:
    with pytest.raises(ValueError) as raised:
        Exercise(source)
    for words in says:
        assert words in str(raised.value)


def test_what_is_no_exercise_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.toml") as raised:
        deltarule.solve("nothing.toml")
    assert "the sheet's exercises are 1, 2 and 3" in raised.value.__notes__[0]
    with pytest.raises(FileNotFoundError):
        deltarule.solve("")
    path = tmp_path / "latin.toml"
    path.write_bytes(b'title = "a"\n# \xe4\n')
    with pytest.raises(ValueError, match=r"latin\.toml, line 2: not valid UTF-8"):
        deltarule.solve(path)
    for nothing in ((), (None,), (1.5,), (True,)):
        with pytest.raises(TypeError):
            Exercise(*nothing)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="too large for a double-precision number"):
        deltarule.solve(
            Exercise(1).source.replace("0.1", "1e308").replace("learning_rate = 1", "learning_rate = 1e308")
        )


def test_exercises_need_numpy_only() -> None:
    code = (
        "import sys; sys.modules.update({'sklearn': None, 'scipy': None, 'matplotlib': None, 'pandas': None})\n"
        "import deltarule\n"
        "assert deltarule.check(1, deltarule.solve(1)).correct and deltarule.compare(3).curves"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "document",
    [
        deltarule.solve(3, notation="standard", digits=4),
        deltarule.compare(3, losses=["squared_error"], outputs=["tanh", "softmax"], digits=3),
        deltarule.check(1, {"a": {"z[1]": [0.2, 0.2, 0.2], "x[1]": [0.2, 0.2, 0.2]}}, marks={"z": 10}, absolute=1e-9),
    ],
    ids=repr,
)
def test_documents_go_to_another_process_and_back(document: Any) -> None:
    again = pickle.loads(pickle.dumps(document))
    assert type(again) is type(document) and repr(again) == repr(document)
    assert str(again) == str(document) and again.to_dict() == document.to_dict()


def test_new_exercises() -> None:
    exercise = Exercise.new(layers=(2, 3, 2), activation="tanh", loss="cross_entropy", optimizer="adam", seed=5)
    assert exercise.activations == ["tanh", "softmax"]
    assert "# Made by: deltarule new --layers 2,3,2" in exercise.source
    assert (
        exercise.source
        == Exercise.new(layers=[2, 3, 2], activation="tanh", loss="cross_entropy", optimizer="adam", seed=5).source
    )
    assert len(deltarule.solve(exercise).parts) == 2
    dead = Exercise.new(activation="relu", dead_unit=True, train_biases=False, biases=False, l2=0.1, parts=["update"])
    assert len(dead.to_dict()["part"]) == 1
    # NumPy's numbers are numbers.
    same = {"layers": np.array([3, 2, 2]), "learning_rate": np.float64(0.5), "epochs": np.int64(1), "seed": np.int64(0)}
    made = Exercise.new(**same).source  # type: ignore[arg-type]
    assert made.splitlines()[3:] == Exercise.new().source.splitlines()[3:]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"layers": (4, 3, 3), "activation": "tanh", "loss": "cross_entropy", "optimizer": "adam", "seed": 11},
        {"activation": "relu", "output_activation": "identity", "dead_unit": True, "biases": False},
        {"saturated": True, "examples": 1, "parts": ("forward", "update"), "start": "initial"},
        {"mode": "online", "epochs": 2, "reduction": "mean", "l2": 0.1, "title": "It's mine", "digits": 4},
        {"optimizer": "momentum", "momentum": 0.5, "learning_rate": 0.3, "train_biases": False},
    ],
)
def test_a_new_exercise_is_the_one_that_the_command_makes(options: dict[str, Any], tmp_path: Path) -> None:
    made = Exercise.new(**options)
    line = made.source.splitlines()[0].removeprefix("# Made by: deltarule ")
    path = tmp_path / "exercise.toml"
    assert _core.main(["deltarule", *shlex.split(line), "-o", str(path)]) == 0
    assert path.read_text() == made.source


REFUSED: list[tuple[Callable[[], Any], str]] = [
    # Each with what Python says about it.
    (lambda: Exercise.new(momentum=0.5), "sgd has none: leave momentum= out, or say optimizer="),
    (lambda: Exercise.new(parts=["forward"], learning_rate=1), "leave learning_rate= out, or ask for .update. in parts="),
    (lambda: Exercise.new(parts=["forward"], optimizer="adam"), "leave optimizer= out"),
    (lambda: Exercise.new(parts=["gradient"], epochs=2), "leave epochs= out"),
    (lambda: Exercise.new(parts=["gradient"], mode="online"), "leave mode= out"),
    (lambda: Exercise.new(parts=["forward"], l2=1.0), "leave l2= out, or ask for .gradient. or .update. in parts="),
    (lambda: Exercise.new(parts=["forward"], train_biases=False), "leave train_biases= out"),
    (lambda: Exercise.new(activation="sigmoyd"), "^activation: unknown variant .sigmoyd., expected one of"),
    (lambda: Exercise.new(loss="mse"), "^loss: unknown variant .mse."),
    (lambda: Exercise.new(optimizer="lbfgs"), "^optimizer: unknown variant .lbfgs., expected one of .sgd."),
    (lambda: Exercise.new(parts="solve"), "^parts: unknown variant .s."),
    (lambda: Exercise.new(seed=-1), "^seed: invalid value: integer .-1."),
    (lambda: Exercise.new(l2=float("nan")), "^l2: nan is no number"),
    (lambda: Exercise.new(l2=-1.0), "expected a number of at least 0"),
    (lambda: Exercise.new(learning_rate=0), "learning_rate"),
    (lambda: Exercise.new(optimizer="momentum", momentum=1), "below 1"),
    (lambda: Exercise.new(layers=(3,)), "at least one layer"),
    (lambda: Exercise.new(layers=(3, 0, 2)), "no units"),
    (lambda: Exercise.new(layers=(300, 300)), "at most 500"),
    (lambda: Exercise.new(layers=(3, 1), parts=["classify"]), "at least 2 outputs"),
    (lambda: Exercise.new(activation="softmax"), "outputs only"),
    (lambda: Exercise.new(loss="cross_entropy", output_activation="tanh"), "softmax or sigmoid"),
    (lambda: Exercise.new(saturated=True, dead_unit=True), "not both"),
    (lambda: Exercise.new(saturated=True, activation="relu"), "sigmoid, tanh"),
    (lambda: Exercise.new(dead_unit=True), "needs the activation relu"),
    (lambda: Exercise.new(examples=0), "1 to 20"),
    (lambda: Exercise.new(epochs=30), "1 to 20"),
    (lambda: Exercise.new(digits=0), "1 to 17"),
    (lambda: Exercise.new(optimizer="rprop", mode="online"), "mode batch"),
    (lambda: Exercise.new(learning_rate=1e5), "every update lowers the loss"),
    (lambda: Exercise("title = 1\n"), "title"),
    (lambda: Exercise(1).solve(digits=40), "digits"),
    (lambda: deltarule.compare(2, losses=["huber"], outputs=["tanh"]), "nothing to compare"),
    (lambda: deltarule.compare(2, losses=["mse"]), "mse"),
    (lambda: deltarule.check(1, "\n"), r"Exercise\.template\(\)"),
    (lambda: deltarule.check(1, "part,quantity\n"), "value"),
    (lambda: deltarule.check(1, "{"), "not valid JSON"),
    (lambda: deltarule.check(1, {"a": {"x[7]": [0.5]}}), "the network has no layer 7"),
    (lambda: deltarule.check(1, {"a": {}}, marks="dleta=1"), "did you mean delta"),
    (lambda: deltarule.check(1, {"a": {}}, absolute=-1.0), "absolute"),
]


@pytest.mark.parametrize(("call", "says"), REFUSED, ids=[says for _, says in REFUSED])
def test_what_is_refused_is_said_in_the_words_of_python(call: Callable[[], Any], says: str) -> None:
    with pytest.raises(ValueError, match=says) as raised:
        call()
    assert "--" not in str(raised.value)


def test_an_empty_table_of_answers_hints_at_a_template(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_text("")
    with pytest.raises(ValueError, match=r'`Exercise\.template\("csv"\)` makes a file to fill in') as raised:
        deltarule.check(1, path)
    assert "--" not in str(raised.value)


# ---- comparing


def test_comparison() -> None:
    comparison = deltarule.compare(3)
    assert "cross-entropy with softmax" in str(comparison)
    curve = comparison.curves["cross_entropy", "softmax"]
    assert curve.shape == (201,) and curve[-1] < curve[0]
    # The first case of the command's comparison is the exercise's own network with its squared error.
    first = deltarule.compare(2, losses=["squared_error", "huber"], outputs=["tanh"])
    assert list(first.curves) == [("squared_error", "tanh"), ("huber", "tanh")]
    golden = json.loads(GOLDEN[1].read_text())["parts"]
    total = max(
        (part["steps"][0] for part in golden if "total_loss" in part["steps"][0]), key=lambda s: len(s["examples"])
    )
    assert first.curves["squared_error", "tanh"][0] == pytest.approx(total["total_loss"], rel=1e-12)
    for options, says in (
        ({"losses": ["crossentropy"]}, "crossentropy"),
        ({"losses": ["squared_error", "cross_entropy"], "outputs": ["tanh"]}, "cross_entropy"),
        ({"losses": ["huber"], "outputs": ["tanh"]}, "nothing to compare"),
    ):
        with pytest.raises(ValueError, match=says):
            deltarule.compare(2, **options)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="list of names"):
        deltarule.compare(2, losses="huber")


# ---- marking


@pytest.mark.parametrize("entry", PUBLISHED, ids=lambda entry: Path(entry["answers"]).stem)
def test_published_answers(entry: dict[str, Any]) -> None:
    """Worked examples as they were printed, with the mistakes that an independent program found in them."""
    marking = deltarule.check(MARKING / entry["exercise"], MARKING / entry["answers"])
    found = {mistake.rule for mistake in marking.mistakes}
    assert found <= {*entry["mistakes"], *entry.get("also_allowed", [])}
    assert bool(found) == bool(entry["mistakes"])
    assert marking.correct == (not entry["mistakes"])
    if entry["mistakes"]:
        first, of = marking.mistakes[0], entry["first"]
        assert (first.part, first.step, first.quantity) == (of["part"], of["step"], of["quantity"])


def test_the_mistake_of_a_published_example_is_named() -> None:
    entry = next(e for e in PUBLISHED if e["mistakes"] == ["output_weights_updated_first"])
    marking = deltarule.check(MARKING / entry["exercise"], MARKING / entry["answers"])
    mistake = marking.mistakes[0]
    assert (mistake.rule, mistake.part, mistake.step) == ("output_weights_updated_first", "a", 1)
    assert mistake.sentence in " ".join(str(marking).split())
    assert not marking.correct and marking.marks < marking.answered
    for text in (str(marking), marking.to_html(), marking.to_markdown(), marking._repr_html_()):
        assert "Where it first went wrong" in text
    assert marking.to_dict()["format"] == "deltarule-marking/1"


def test_answers_come_as_mapping_text_path_and_solution(tmp_path: Path) -> None:
    solution = deltarule.solve(1)
    step = solution.parts[0].steps[0]
    path = tmp_path / "answers.json"
    solution.save(path)
    by_part = {
        "a": {
            **{f"z[{layer}]": z for layer, z in step.z.items()},
            **{f"weights[{layer}]": w for layer, w in step.weights.items()},
            "total_loss": step.total_loss,
        }
    }
    as_file = {"part": [{"name": "a", "answers": {"x[1]": ["0.55", "0.550", "0.549834"]}}]}
    toml = '[[part]]\nname = "a"\n[part.answers]\n"x[1]" = [0.55, 0.550, 0.549834]\n'
    csv = "part,quantity,row,column,value\na,x[1],1,1,0.55\n"
    for answers in (solution, path, str(path), solution.to_dict(), solution.to_json(), by_part, as_file, toml, csv):
        marking = deltarule.check(1, answers)
        assert marking.correct and not marking.mistakes, answers
        assert marking.marks > 0 and marking.marks <= marking.answered
    whole = deltarule.check(1, solution)
    assert whole.complete and whole.marks == whole.possible == whole.answered
    assert not deltarule.check(1, toml).complete
    for gap in (None, float("nan"), np.nan, "?"):
        with_gap = deltarule.check(1, {"a": {"x[1]": [0.549834, gap, gap]}})
        assert with_gap.correct and not with_gap.complete
    gaps = np.array([[0.549834], [np.nan], [0.549834]])
    assert deltarule.check(1, {"a": {"x[1]": gaps}}).correct
    with pytest.raises(ValueError, match="inf|Out of range"):
        deltarule.check(1, {"a": {"x[1]": [np.inf, 0, 0]}})
    partly = deltarule.check(1, {"a": {"x[1]": [0.549834, "#NAME?", 0.549834], "q": 1}})
    assert [(unread["text"], partly.correct) for unread in partly.unread] == [("#NAME?", False), ("q", False)]
    misshapen = deltarule.check(1, {"a": {"x[1]": [0.5]}})
    assert [mistake.rule for mistake in misshapen.mistakes] == ["wrong_shape"] and not misshapen.unread
    empty = deltarule.check(1, Exercise(1).template())
    assert (empty.correct, empty.complete, empty.marks) == (False, False, 0.0)
    assert deltarule.check(1, Exercise(1).template("csv")).marks == 0.0
    with pytest.raises(ValueError, match="format must be one of toml, csv"):
        Exercise(1).template("json")  # type: ignore[arg-type]


def test_marks_and_tolerances() -> None:
    answers = {"a": {"z[1]": [0.2, 0.2, 0.2], "x[1]": [0.2, 0.2, 0.2]}}
    for marks in ("z=10,x=30", {"z": 10, "x": 30}):
        marking = deltarule.check(1, answers, marks=marks)
        assert marking.possible == 40.0 and 0 < marking.marks <= 10.0
    near = {"a": {"z[1]": [0.2001, 0.2, 0.2]}}
    assert not deltarule.check(1, near).correct
    assert deltarule.check(1, near, absolute=1e-3).correct
    assert deltarule.check(1, near, relative=1e-3).correct
    with pytest.raises(ValueError, match="did you mean delta"):
        deltarule.check(1, answers, marks={"dleta": 1})
    for options in ({"absolute": -1.0}, {"relative": float("nan")}):
        with pytest.raises(ValueError, match=next(iter(options))):
            deltarule.check(1, answers, **options)


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"a": {"dleta[1]": [0.5]}}, ['did you mean "delta[1]"?']),
        ({"c": {"x[1]": [0.5]}}, ["no part", '"c"']),
        ("{", ["not valid JSON"]),
    ],
)
def test_a_mistake_in_answers_is_shown_in_its_place(answers: Any, says: list[str]) -> None:
    with pytest.raises(ValueError) as raised:
        deltarule.check(1, answers)
    for words in says:
        assert words in str(raised.value)


def test_what_cannot_be_read_costs_only_that() -> None:
    half = '[[part]]\nname = "a"\n[part.answers]\n"x[1]" = ["0.5498", "0.5498", "half"]\n'
    marking = deltarule.check(1, half)
    assert [(unread["line"], unread["text"]) for unread in marking.to_dict()["unread"]] == [(4, "half")]
    assert marking.unread and not marking.correct and not marking.mistakes
    misshapen = deltarule.check(1, {"a": {"z[1]": [0.2, 0.2, 0.2], "x[1]": [0.5, 0.5]}})
    assert [(mistake.rule, mistake.quantity) for mistake in misshapen.mistakes] == [("wrong_shape", "x[1]")]


def test_what_are_no_answers_say_so() -> None:
    with pytest.raises(FileNotFoundError) as raised:
        deltarule.check(1, "answers.toml")
    assert "Exercise.template()" in raised.value.__notes__[0]
    with pytest.raises(TypeError, match="not int"):
        deltarule.check(1, 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="numbers and text, not object"):
        deltarule.check(1, {"a": {"x[1]": object()}})
