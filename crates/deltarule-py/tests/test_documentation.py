"""The examples of the documentation and the notebooks run as they are printed."""

from __future__ import annotations

import doctest
import importlib
import re
import warnings
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest
from sklearn.exceptions import ConvergenceWarning

import deltarule

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", ["python.md"])
def test_the_examples_of_a_page_run_in_order(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / name).read_text()
    names: dict[str, Any] = {}
    count = 0
    for match in re.finditer(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        # Messages then name the line of the page.
        code = "\n" * (text[: match.start()].count("\n") + 1) + match[1]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            exec(compile(code, name, "exec"), names)
        count += 1
    assert count > 10


def test_the_page_names_every_parameter() -> None:
    page = (ROOT / "docs/python.md").read_text(encoding="utf-8")
    for Estimator in (
        deltarule.MLPClassifier,
        deltarule.MLPRegressor,
        deltarule.TabularClassifier,
        deltarule.TabularRegressor,
    ):
        missing = [name for name in Estimator().get_params() if f"`{name}`" not in page]
        assert not missing


@pytest.mark.parametrize("name", ["_estimators", "_exercises", "_explaining", "_marking", "_tabular", "plot"])
def test_the_examples_of_the_docstrings_run(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        result = doctest.testmod(importlib.import_module(f"deltarule.{name}"))
    assert result.failed == 0 and result.attempted > 0


def test_every_public_name_has_documentation() -> None:
    for name in deltarule.__all__:
        if name not in ("__version__", "plot"):
            assert getattr(deltarule, name).__doc__, name


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert not [cell for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")]
    client = nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    if path.stem == "exercise":
        shown = [output for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
        pages = [output["data"]["text/html"] for output in shown if "text/html" in output["data"]]
        assert len(pages) >= 5 and all("<math" in page or "deltarule" in page for page in pages)
