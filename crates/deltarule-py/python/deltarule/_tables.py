"""Tables of every kind as the bytes of a file that the engine reads."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

#: What a column is called that a y without a name becomes.
TARGET = "target"


def table_of(X: Any, y: Any = None, target: str | None = None) -> bytes | str:
    """The table, with y as a column of its own if it is given: a path as it is, or the bytes of a Parquet or CSV file.

    pandas, polars, pyarrow and whatever else has `__arrow_c_stream__` keep the types of their columns. Without pyarrow, a
    pandas table is handed on as text; a mapping of columns and a matrix of numbers always are.
    """
    if isinstance(X, (str, os.PathLike)):
        if y is not None:
            raise ValueError("with a path, y is the name of a column, or nothing for the last one")
        return os.fspath(X)
    if hasattr(X, "write_parquet"):
        return _polars(X, y, target)
    if hasattr(X, "__arrow_c_stream__") or hasattr(X, "to_csv"):
        try:
            import pyarrow
        except ImportError:
            if not hasattr(X, "to_csv"):
                raise ImportError("reading this table needs pyarrow: pip install pyarrow") from None
            return _text(_columns(X), y, target)
        return _arrow(pyarrow, X, y, target)
    return _text(_columns(X), y, target)


def _polars(X: Any, y: Any, target: str | None) -> bytes:
    if y is not None:
        import polars

        X = X.with_columns(polars.Series(_free(target, X.columns), _values(y)))
    out = io.BytesIO()
    X.write_parquet(out)
    return out.getvalue()


def _arrow(pyarrow: Any, X: Any, y: Any, target: str | None) -> bytes:
    import pyarrow.parquet as parquet

    # The index of a pandas table is no column.
    table = X if isinstance(X, pyarrow.Table) else None
    if table is None:
        is_pandas = hasattr(X, "iloc")
        table = pyarrow.Table.from_pandas(X, preserve_index=False) if is_pandas else pyarrow.table(X)
    if y is not None:
        values = y if isinstance(y, (pyarrow.Array, pyarrow.ChunkedArray)) else pyarrow.array(_values(y))
        table = table.append_column(_free(target, table.column_names), values)
    out = io.BytesIO()
    parquet.write_table(table.replace_schema_metadata(None), out)
    return out.getvalue()


def _columns(X: Any) -> dict[str, Any]:
    if hasattr(X, "to_csv"):
        return {str(name): X[name].to_numpy(dtype=object, na_value=None) for name in X.columns}
    if isinstance(X, Mapping):
        return {str(name): np.asarray(values, dtype=object) for name, values in X.items()}
    matrix = np.asarray(X)
    if matrix.ndim != 2:
        raise ValueError(f"expected a table or a matrix, got an array of {matrix.ndim} dimensions")
    return {f"c{i + 1}": matrix[:, i] for i in range(matrix.shape[1])}


def _text(columns: dict[str, Any], y: Any, target: str | None) -> bytes:
    if y is not None:
        columns = {**columns, _free(target, columns): np.asarray(_values(y), dtype=object)}
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
    if value is None or value != value:  # noqa: PLR0124  (what differs from itself is not a number)
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    return repr(float(value)) if isinstance(value, (float, np.floating)) else value


def _values(y: Any) -> list[Any]:
    values = y.to_list() if hasattr(y, "to_list") else np.asarray(y).tolist()
    if any(isinstance(value, list) for value in values):
        raise ValueError("y has several columns: give the names of columns of the table instead")
    return values  # type: ignore[no-any-return]


def _free(target: str | None, names: Any) -> str:
    name = target or TARGET
    if name in set(names):
        raise ValueError(f"the table has a column {name!r} already: give y the name of the column to predict")
    return name
