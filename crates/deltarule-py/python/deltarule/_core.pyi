"""The extension module; private."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

def main(arguments: Sequence[str]) -> int: ...
def write(path: str | os.PathLike[str], bytes: bytes) -> None: ...
def explain(
    x: npt.NDArray[np.float64],
    coefs_: Sequence[npt.NDArray[np.float64]],
    intercepts_: Sequence[npt.NDArray[np.float64]],
    activations: Sequence[str],
    loss: str,
    words: str,
) -> Worked: ...

class Worked:
    def render(
        self, format: str, digits: int | None, width: int, notation: str, batch: str, blank: bool
    ) -> bytes: ...

class Exercise:
    def __init__(self, text: str, name: str) -> None: ...
    @staticmethod
    def sheet(number: int) -> str | None: ...
    @staticmethod
    def made(options: str) -> str: ...
    @staticmethod
    def toml(json: str) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def layers(self) -> list[int]: ...
    @property
    def activations(self) -> list[str]: ...
    @property
    def loss(self) -> str: ...
    def to_toml(self) -> str: ...
    def template(self, format: str) -> str: ...
    def solve(self) -> Worked: ...
    def compare(self, losses: Sequence[str], outputs: Sequence[str]) -> Worked: ...
    def check(
        self, text: str, name: str, marks: str | list[tuple[str, float]] | None, absolute: float, relative: float
    ) -> Worked: ...

def network_bytes(
    coefs_: Sequence[npt.NDArray[Any]],
    intercepts_: Sequence[npt.NDArray[Any]],
    activations: Sequence[str],
    application: str,
) -> bytes: ...
def read_network(bytes: bytes) -> tuple[list[npt.NDArray[Any]], list[npt.NDArray[Any]], str]: ...

def tables() -> str: ...

class Training:
    def __init__(self, optimizer: str, activations: Sequence[str]) -> None: ...
    def follow(self, optimizer: str, activations: Sequence[str]) -> None: ...
    @property
    def steps(self) -> int: ...
    @property
    def epoch(self) -> int: ...
    def scheduled_rate(self, schedule: str) -> float: ...
    def explain(
        self,
        x: npt.NDArray[np.float64],
        t: npt.NDArray[np.float64],
        coefs_: Sequence[npt.NDArray[np.float64]],
        intercepts_: Sequence[npt.NDArray[np.float64]],
        loss: str,
        l2: float,
        rate: float,
        words: str,
    ) -> Worked: ...
    def run(
        self,
        x: npt.NDArray[Any],
        t: npt.NDArray[Any],
        weights: npt.NDArray[Any] | None,
        offsets: npt.NDArray[np.float64] | None,
        coefs_: Sequence[npt.NDArray[Any]],
        intercepts_: Sequence[npt.NDArray[Any]],
        settings: str,
        begin: Callable[[int, float], tuple[npt.NDArray[np.int64] | None, float]],
        end: Callable[[float], bool],
    ) -> None: ...
    def to_bytes(self) -> bytes: ...
    def restore(self, bytes: bytes) -> None: ...

class Objective:
    def __init__(
        self,
        x: npt.NDArray[np.float64],
        t: npt.NDArray[np.float64],
        weights: npt.NDArray[np.float64] | None,
        layers: Sequence[int],
        activations: Sequence[str],
        loss: str,
        alpha: float,
        clip: float,
        label_smoothing: float,
        scale: float,
        offset: float,
        threads: int,
    ) -> None: ...
    def evaluate(self, packed: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]: ...

class Predictor:
    def __init__(self, activations: Sequence[str], threads: int) -> None: ...
    def predict(
        self,
        x: npt.NDArray[Any],
        coefs_: Sequence[npt.NDArray[Any]],
        intercepts_: Sequence[npt.NDArray[Any]],
        finite_only: bool,
    ) -> npt.NDArray[Any] | None: ...
    def losses(
        self,
        x: npt.NDArray[Any],
        t: npt.NDArray[Any],
        coefs_: Sequence[npt.NDArray[Any]],
        intercepts_: Sequence[npt.NDArray[Any]],
        loss: str,
    ) -> npt.NDArray[Any]: ...

_Table = list[tuple[str, npt.NDArray[Any] | list[str | None], npt.NDArray[np.bool_] | None]] | bytes | str

class Tabular:
    @staticmethod
    def fit(
        table: _Table,
        weights: Sequence[float] | None,
        options: str,
        threads: int,
        end: Callable[[str], bool],
    ) -> tuple[Tabular, str, bool]: ...
    @staticmethod
    def from_bytes(bytes: bytes, name: str) -> Tabular: ...
    def save(self, path: str) -> None: ...
    def to_bytes(self) -> bytes: ...
    def description(self) -> str: ...
    def predict(self, table: _Table, threads: int) -> tuple[npt.NDArray[np.intp] | None, npt.NDArray[np.float64]]: ...
    def evaluate(self, table: _Table) -> str: ...
    def inputs(self, table: _Table) -> npt.NDArray[np.float64]: ...
    def network(
        self,
    ) -> tuple[list[npt.NDArray[np.float64]], list[npt.NDArray[np.float64]], list[str]]: ...
