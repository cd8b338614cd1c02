"""Data frames of the plain case: few rows of JSON numbers, texts and truths that fit the signature as they are.

MLflow makes the frame of whatever it finds, then casts it column by column; a frame of few rows that has the right
types at once takes a quarter of the time, and is the same one. For any other document the answer is None: then MLflow's
own parser is to be asked, whose conversions and errors are the protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
from mlflow.pyfunc import scoring_server
from mlflow.types import DataType, Schema

Values: TypeAlias = Sequence[Any]

MOST_ROWS: Final = 1_000
"""Of more rows MLflow makes the frame about as fast."""

_EXACT: Final = 2**53
"""Whole numbers up to this are the same as floats."""


def plain_frame(document: Mapping[str, Any], schema: Schema | None) -> pd.DataFrame | None:
    """The rows of a document's `dataframe_split` or `dataframe_records`; None where they are not plain.

    >>> from mlflow.types import ColSpec
    >>> schema = Schema([ColSpec("double", "age"), ColSpec("string", "region")])
    >>> plain_frame({"dataframe_records": [{"age": 44, "region": "north"}]}, schema)
        age region
    0  44.0  north
    >>> plain_frame({"dataframe_records": [{"age": None, "region": "north"}]}, schema) is None
    True
    """
    if schema is None or not schema.has_input_names():
        return None
    columns = _columns(document)
    if columns is None:
        return None
    described = schema.input_dict()
    arrays = {}
    for name, values in columns.items():
        kind = described[name].type if name and name in described else None  # MLflow calls "" by its position
        array = _CONVERT[kind](values) if isinstance(kind, DataType) and kind in _CONVERT else None
        if array is None:
            return None
        arrays[name] = array
    return pd.DataFrame(arrays)


def _columns(document: Mapping[str, Any]) -> dict[str, Values] | None:
    """The columns by name, each of one row or more; None where they are not all of one length."""
    if scoring_server.DF_SPLIT in document:
        names, rows = _split(document[scoring_server.DF_SPLIT])
    else:
        names, rows = _records(document.get(scoring_server.DF_RECORDS))
    if not 0 < len(rows) <= MOST_ROWS or not _are(str, names) or len(set(names)) != len(names):
        return None
    return dict(zip(names, zip(*rows, strict=True), strict=True)) if set(map(len, rows)) == {len(names)} else None


def _split(given: Any) -> tuple[list[Any], list[Any]]:
    """Names and rows; no row for what is none of this kind."""
    if type(given) is not dict or given.keys() != {"columns", "data"}:
        return [], []
    names, rows = given["columns"], given["data"]
    return (names, rows) if _are(list, [names]) and _are(list, [rows]) and _are(list, rows) else ([], [])


def _records(given: Any) -> tuple[list[Any], list[Any]]:
    if not (_are(list, [given]) and _are(dict, given)):
        return [], []
    names = list(given[0])
    same = all(list(row) == names for row in given)
    return (names, [list(row.values()) for row in given]) if same else ([], [])


def _are(kind: type, values: Iterable[Any]) -> bool:
    """Whether there are values, all of exactly this type."""
    return set(map(type, values)) == {kind}


def _doubles(values: Values) -> Any:
    kinds = set(map(type, values))
    if not kinds <= {float, int} or (int in kinds and not _within(values, _EXACT)):
        return None
    return np.array(values, np.float64)


def _within(values: Values, most: int) -> bool:
    return all(-most <= value <= most for value in values if type(value) is int)


def _whole(dtype: type[np.signedinteger[Any]]) -> Callable[[Values], Any]:
    most = int(np.iinfo(dtype).max)
    return lambda values: np.array(values, dtype) if _are(int, values) and _within(values, most) else None


def _texts(values: Values) -> Any:
    if not _are(str, values):
        return None
    try:
        "".join(values).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON allows and UTF-8 does not
        return None
    return list(values)


_CONVERT: Final[Mapping[DataType, Callable[[Values], Any]]] = {
    DataType.double: _doubles,
    DataType.long: _whole(np.int64),
    DataType.integer: _whole(np.int32),
    DataType.boolean: lambda values: np.array(values, np.bool_) if _are(bool, values) else None,
    DataType.string: _texts,
}
