"""What the documentation shows works: the examples of docs/python.md and of the docstrings, and the notebooks."""

from __future__ import annotations

import doctest
import importlib
import re
import warnings
from pathlib import Path
from typing import Any

import pytest

from deltarule import MLPClassifier, MLPRegressor

ROOT = Path(__file__).parents[3]


def test_the_page() -> None:
    """Its Python blocks, in order."""
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/python.md").read_text(encoding="utf-8"), re.M | re.S)
    assert len(blocks) >= 6
    names: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for block in blocks:
            exec(compile(block, "docs/python.md", "exec"), names)  # noqa: S102


def test_the_page_names_every_parameter() -> None:
    page = (ROOT / "docs/python.md").read_text(encoding="utf-8")
    for Estimator in (MLPClassifier, MLPRegressor):
        missing = [name for name in Estimator().get_params() if f"`{name}`" not in page]
        assert not missing


@pytest.mark.parametrize("module", ["_estimators", "_tabular", "plot"])
def test_docstrings(module: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = doctest.testmod(importlib.import_module(f"deltarule.{module}"))
    assert result.attempted > 0
    assert result.failed == 0
