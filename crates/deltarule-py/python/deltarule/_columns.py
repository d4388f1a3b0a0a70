"""The columns of a table as the engine takes them: arrays of numbers or truth values, and lists of texts.

A column is what it would be in the Parquet file of the table (`_tables.py` writes one where there is a column that these
types cannot hold): the same cells, and so the same model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

#: The values of a column, and which of them are missing, if more are than NaN and None.
Cells = tuple[npt.NDArray[Any] | list[str | None], npt.NDArray[np.bool_] | None]
#: A column: its name and its cells.
Column = tuple[str, npt.NDArray[Any] | list[str | None], npt.NDArray[np.bool_] | None]

#: What the engine takes of each kind of number that NumPy has.
_TYPES: dict[str, Any] = {"f": np.float64, "i": np.int64, "u": np.uint64, "b": np.bool_}


def columns_in_memory(X: Any) -> list[Column] | None:
    """The columns of a table, or None where one is of another type, such as dates, or of several."""
    if hasattr(X, "write_parquet"):
        return _all((series.name, _of_polars(series)) for series in X.get_columns())
    if hasattr(X, "items") and hasattr(X, "to_csv"):
        return _all((name, _of_pandas(column)) for name, column in X.items())
    if hasattr(X, "column_names") and hasattr(X, "itercolumns"):
        return _all((name, _of_arrow(column)) for name, column in zip(X.column_names, X.itercolumns(), strict=True))
    if hasattr(X, "__arrow_c_stream__"):
        return None
    if isinstance(X, Mapping):
        return _all((name, _of_any(values)) for name, values in X.items())
    matrix = np.asarray(X) if isinstance(X, (list, tuple)) else X
    if not isinstance(matrix, np.ndarray) or matrix.ndim != 2:
        return None
    if matrix.dtype.kind in _TYPES:
        # Column by column in memory, at once: that is quicker than to gather each column from all over the matrix.
        matrix = np.asfortranarray(matrix, dtype=_TYPES[matrix.dtype.kind])
    return _all((f"c{i + 1}", _of_array(matrix[:, i])) for i in range(matrix.shape[1]))


def column_in_memory(name: str, values: list[Any]) -> Column | None:
    """A column of Python's own values, or None where they are of several types or of another."""
    cells = _of_list(values)
    return None if cells is None else (name, *cells)


def _all(columns: Iterable[tuple[Any, Cells | None]]) -> list[Column] | None:
    found: list[Column] = []
    for name, cells in columns:
        if cells is None:
            return None
        found.append((str(name), *cells))
    return found


def _of_array(values: npt.NDArray[Any]) -> Cells | None:
    kind = values.dtype.kind
    if values.ndim != 1 or isinstance(values, np.ma.MaskedArray):
        return None
    if kind in _TYPES:
        return values.astype(_TYPES[kind], copy=False), None
    return _of_list(values.tolist()) if kind in "OU" else None


def _of_list(values: list[Any]) -> Cells | None:
    kinds = set(map(type, values))
    # None, and what pandas has for it.
    nothing = {kind for kind in kinds if kind is type(None) or kind.__name__ == "NAType"}
    kinds -= nothing
    if kinds == {str}:
        return [None if type(value) in nothing else value for value in values] if nothing else values, None
    if kinds == {str, float} and all(type(value) is not float or value != value for value in values):
        return [value if type(value) is str else None for value in values], None
    for kind, numbers, blank in (float, np.float64, np.nan), (int, np.int64, 0), (bool, np.bool_, False):
        if kinds == {kind} or kinds <= {float} and kind is float:
            missing = np.array([type(value) in nothing for value in values]) if nothing else None
            there = [blank if type(value) in nothing else value for value in values] if nothing else values
            try:
                return np.array(there, dtype=numbers), missing
            except OverflowError:
                return None
    return None


def _of_any(values: Any) -> Cells | None:
    if isinstance(values, np.ndarray):
        return _of_array(values)
    if hasattr(values, "iloc") and hasattr(values, "dtype"):
        return _of_pandas(values)
    if isinstance(values, list):
        return _of_list(values)
    return _of_array(np.asarray(values, dtype=object))


def _of_pandas(column: Any) -> Cells | None:
    dtype = column.dtype
    if isinstance(dtype, np.dtype):
        return _of_array(column.to_numpy())
    if hasattr(dtype, "categories") and hasattr(column, "cat"):
        return _of_codes(column.cat.codes.to_numpy(), _of_pandas(column.cat.categories.to_series()))
    kind = getattr(dtype, "kind", "")
    if kind in _TYPES:
        missing = column.isna().to_numpy()
        blank = {"f": np.nan, "b": False}.get(kind, 0)
        return column.to_numpy(dtype=_TYPES[kind], na_value=blank), missing
    if getattr(dtype, "type", None) is str:
        return _of_list(column.to_numpy(dtype=object, na_value=None).tolist())
    return None


def _of_codes(codes: npt.NDArray[Any], categories: Cells | None) -> Cells | None:
    """What categories stand for; −1 is missing."""
    if categories is None or len(categories[0]) == 0:
        return None
    values, _ = categories
    if isinstance(values, list):
        # The last is what −1 stands for.
        texts = np.array([*values, None], dtype=object)
        return texts[codes].tolist(), None
    return values[codes], codes < 0


def _of_polars(series: Any) -> Cells | None:
    dtype, name = series.dtype, str(series.dtype)
    missing = series.is_null().to_numpy() if series.null_count() else None
    if dtype.is_float():
        return (series if missing is None else series.fill_null(np.nan)).to_numpy().astype(np.float64, copy=False), None
    if dtype.is_integer() and "128" not in name or name == "Boolean":
        blank = False if name == "Boolean" else 0
        values = (series if missing is None else series.fill_null(blank)).to_numpy()
        return values.astype(_TYPES[values.dtype.kind], copy=False), missing
    if name in ("String", "Utf8"):
        return series.to_list(), None
    if name.startswith(("Categorical", "Enum")):
        import polars

        return series.cast(polars.String).to_list(), None
    return None


def _of_arrow(column: Any) -> Cells | None:
    from pyarrow import types

    if types.is_dictionary(column.type):
        # Categories of numbers are numbers.
        column = column.cast(column.type.value_type)
    kind = column.type
    if types.is_string(kind) or types.is_large_string(kind):
        return column.to_pylist(), None
    if types.is_floating(kind):
        # What is null becomes NaN.
        return column.to_numpy().astype(np.float64, copy=False), None
    if types.is_integer(kind) or types.is_boolean(kind):
        missing = column.is_null().to_numpy() if column.null_count else None
        blank = False if types.is_boolean(kind) else 0
        values = (column if missing is None else column.fill_null(blank)).to_numpy()
        return values.astype(_TYPES[values.dtype.kind], copy=False), missing
    return None
