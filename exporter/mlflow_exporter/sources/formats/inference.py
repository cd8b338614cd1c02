"""The types of columns over all chunks of data that nobody has described yet: reference data, before its profile."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from mlflow_exporter.sources.formats.columns import is_text


def widest(schemas: Iterable[pa.Schema]) -> dict[str, pa.DataType]:
    """For each column the narrowest type that holds the values of every schema; text where there is no other.

    Chunks of text files are inferred one by one, so a column may be integer in one and floating-point in the next.

    >>> chunks = [pa.schema([("x", pa.int64())]), pa.schema([("x", pa.float64()), ("y", pa.bool_())])]
    >>> widest(chunks)
    {'x': DataType(double), 'y': DataType(bool)}
    """
    types: dict[str, pa.DataType] = {}
    for schema in schemas:
        for field in schema:
            types[field.name] = _common(types.get(field.name, pa.null()), field.type)
    return {name: pa.string() if pa.types.is_null(kind) else kind for name, kind in types.items()}


def _common(a: pa.DataType, b: pa.DataType) -> pa.DataType:
    if is_text(a) or is_text(b):
        return pa.string()
    if a == b or pa.types.is_null(a):
        return b
    try:
        merged = pa.unify_schemas([pa.schema([("", a)]), pa.schema([("", b)])], promote_options="permissive")
    except pa.ArrowTypeError:
        return pa.string()
    return merged.field(0).type
