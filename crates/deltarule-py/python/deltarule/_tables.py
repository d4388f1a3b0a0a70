"""Tables of every kind as what the engine reads: columns in memory, the bytes of a file, or its path."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from deltarule._columns import Column, column_in_memory, columns_in_memory

#: Columns, the bytes of a Parquet or CSV file, or the path of one.
Table = list[Column] | bytes | str

#: What a column is called that a y without a name becomes.
TARGET = "target"


def table_of(X: Any) -> Table:
    """The table: a path as it is; columns of numbers, truth values and text as they are, where there are no others; or the
    bytes of a Parquet or CSV file.

    pandas, polars, pyarrow and whatever else has `__arrow_c_stream__` keep the types of their columns, and so do mappings
    of columns and matrices. Only with columns of other types they, and pandas tables, are handed on as text where pyarrow
    is not installed.
    """
    return with_target(X, None, None)[0]


def with_target(X: Any, y: Any, name: str | None) -> tuple[Table, str]:
    """The table with y as a column of its own, if it is given, and what that is called: `name` if no other column is."""
    if isinstance(X, (str, os.PathLike)):
        if y is not None:
            raise ValueError("with a path, y is the name of a column, or nothing for the last one")
        return os.fspath(X), ""
    X = at_hand(X)
    target = _free(name, column_names(X))
    values = None if y is None else labels_of(y)
    columns = columns_in_memory(X)
    own = None if values is None else column_in_memory(target, values)
    if columns is not None and values is None:
        return columns, target
    if columns is not None and own is not None:
        return [*columns, own], target
    if hasattr(X, "write_parquet"):
        return _polars(X, values, target), target
    try:
        import pyarrow
    except ImportError:
        if hasattr(X, "__arrow_c_stream__") and not hasattr(X, "to_csv"):
            raise ImportError("reading this table needs pyarrow: pip install pyarrow") from None
        return _text(columns_of(X), values, target), target
    if hasattr(X, "__arrow_c_stream__") or hasattr(X, "to_csv"):
        return _arrow(pyarrow, X, values, target), target
    mapping = columns_of(X)
    try:
        table = pyarrow.table({name: pyarrow.array(cells, from_pandas=True) for name, cells in mapping.items()})
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, pyarrow.ArrowNotImplementedError):
        # Columns of several types are text, if anything.
        return _text(mapping, values, target), target
    return _arrow(pyarrow, table, values, target), target


def at_hand(X: Any) -> Any:
    """The table itself where polars has only promised it."""
    return X.collect() if hasattr(X, "collect_schema") and hasattr(X, "collect") else X


def column_names(X: Any) -> list[str]:
    """What the columns of a table are called."""
    if hasattr(X, "column_names"):
        return [str(name) for name in X.column_names]
    if hasattr(X, "columns"):
        return [str(name) for name in X.columns]
    return list(columns_of(X))


def labels_of(y: Any) -> list[Any]:
    """A column of targets as a list."""
    if hasattr(y, "iloc") and hasattr(y, "columns") and len(y.columns) == 1:
        y = y.iloc[:, 0]
    if hasattr(y, "to_list"):
        values = y.to_list()
    elif hasattr(y, "to_pylist"):
        values = y.to_pylist()
    else:
        array = np.asarray(y)
        values = (array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array).tolist()
    if not isinstance(values, list) or any(isinstance(value, list) for value in values):
        raise ValueError("y is not one column: for several targets, give the names of columns of the table instead")
    return values


def _polars(X: Any, values: list[Any] | None, target: str) -> bytes:
    if values is not None:
        import polars

        X = X.with_columns(polars.Series(target, values))
    out = io.BytesIO()
    X.write_parquet(out)
    return out.getvalue()


def _arrow(pyarrow: Any, X: Any, values: list[Any] | None, target: str) -> bytes:
    import pyarrow.parquet as parquet

    if isinstance(X, pyarrow.Table):
        table = X
    elif hasattr(X, "iloc"):
        # The index of a pandas table is no column.
        table = pyarrow.Table.from_pandas(X, preserve_index=False)
    else:
        table = pyarrow.table(X)
    if values is not None:
        table = table.append_column(target, pyarrow.array(values, from_pandas=True))
    for number, field in enumerate(table.schema):
        if pyarrow.types.is_dictionary(field.type):
            # Categories of numbers are numbers.
            table = table.set_column(number, field.name, table.column(number).cast(field.type.value_type))
    out = io.BytesIO()
    parquet.write_table(table.replace_schema_metadata(None), out)
    return out.getvalue()


def columns_of(X: Any) -> dict[str, Any]:
    """The columns of a pandas table, a mapping or a matrix."""
    if hasattr(X, "to_csv") and hasattr(X, "columns"):
        return {str(name): X[name].to_numpy(dtype=object, na_value=None) for name in X.columns}
    if isinstance(X, Mapping):
        columns = {str(name): np.asarray(values, dtype=object) for name, values in X.items()}
        lengths = {name: len(values) for name, values in columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"the columns have different lengths: {lengths}")
        return columns
    matrix = X if isinstance(X, np.ndarray) else np.asarray(X) if isinstance(X, (list, tuple)) else None
    if matrix is None or matrix.ndim != 2:
        what = f"an array of {matrix.ndim} dimensions" if matrix is not None else type(X).__name__
        raise ValueError(f"expected a table, a mapping of columns, a matrix or a path, got {what}")
    return {f"c{i + 1}": matrix[:, i] for i in range(matrix.shape[1])}


def _text(columns: dict[str, Any], values: list[Any] | None, target: str) -> bytes:
    if values is not None:
        columns = {**columns, target: values}
        lengths = {name: len(values) for name, values in columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"the columns have different lengths: {lengths}")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        writer.writerow([_cell(value) for value in row])
    return out.getvalue().encode()


def _cell(value: Any) -> Any:
    if value is None or type(value).__name__ == "NAType":
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)):
        return "" if np.isnan(value) else repr(float(value))
    return value


def _free(name: str | None, names: list[str]) -> str:
    """The name, or one like it that no column has."""
    free = name or TARGET
    while free in names:
        free += "_"
    return free
