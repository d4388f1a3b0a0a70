"""scikit-learn missing, too old, and in the versions that do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris

from deltarule import MLPClassifier

MISSING = "import sys; sys.modules['sklearn'] = None\n"


def run(code: str, *folders: Path) -> str:
    """The last line that a Python of its own says, these folders before all others on its path."""
    path = os.pathsep.join([*map(str, folders), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    return (done.stdout + done.stderr).strip().splitlines()[-1]


def another_sklearn(folder: Path, text: str) -> Path:
    """A folder with a scikit-learn of which there is nothing but this."""
    (folder / "sklearn").mkdir()
    (folder / "sklearn/__init__.py").write_text(text)
    return folder


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor", "from_sklearn", "EpochRecord"])
def test_without_scikit_learn_the_estimators_say_what_to_do(name: str) -> None:
    assert run(f"{MISSING}from deltarule import {name}") == (
        "ImportError: deltarule's estimators need scikit-learn 1.7 or later, which is not installed:"
        " pip install 'scikit-learn>=1.7'"
    )


def test_without_scikit_learn_exercises_are_solved() -> None:
    code = "import deltarule; print(deltarule.check(2, deltarule.solve(2)).correct)"
    assert run(MISSING + code) == "True"


@pytest.mark.parametrize("version", ["1.6.1", "1.6", "0.24.2", "1.6.dev0"])
def test_an_older_scikit_learn_is_named_before_anything_of_it_is_missed(tmp_path: Path, version: str) -> None:
    folder = another_sklearn(tmp_path, f"__version__ = {version!r}")
    assert run("import deltarule; deltarule.MLPClassifier", folder) == (
        f"ImportError: deltarule's estimators need scikit-learn 1.7 or later, and {version} is installed:"
        " pip install 'scikit-learn>=1.7'"
    )


def test_what_a_broken_scikit_learn_misses_is_said_as_it_is(tmp_path: Path) -> None:
    folder = another_sklearn(tmp_path, "import a_module_that_it_needs")
    assert run("import deltarule; deltarule.MLPClassifier", folder) == (
        "ModuleNotFoundError: No module named 'a_module_that_it_needs'"
    )


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("kind", ["text", "objects", "numbers"])
def test_early_stopping_with_classes_of_any_kind(kind: str) -> None:
    """In scikit-learn 1.7 and 1.8 it fails for text (its issue 33760)."""
    X, y = load_iris(return_X_y=True)
    names: dict[str, Any] = {
        "text": np.array(["a", "b", "c"]),
        "objects": np.array(["a", "b", "c"], dtype=object),
        "numbers": np.array([0.5, 1.5, 2.5]).astype(str),
    }
    scores = [
        MLPClassifier(early_stopping=True, max_iter=3, tol=0.0, random_state=0).fit(X, labels).validation_scores_
        for labels in (names[kind][y], y)
    ]
    assert scores[0] == scores[1] and len(scores[0]) == 3
