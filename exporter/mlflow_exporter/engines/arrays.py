"""Arrow columns as one array each, and what is asked of their types."""

from __future__ import annotations

import pyarrow as pa


def one_array(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column as one array; dictionaries of several chunks become one."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    if pa.types.is_dictionary(column.type):
        column = _with_one_dictionary(column)
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _with_one_dictionary(column: pa.ChunkedArray) -> pa.ChunkedArray:
    # pyarrow 25 does not unify dictionaries that hold nulls.
    if any(chunk.dictionary.null_count for chunk in column.chunks):
        return pa.chunked_array([chunk.dictionary_decode() for chunk in column.chunks])
    return column.unify_dictionaries()


def is_text(kind: pa.DataType) -> bool:
    """Whether values of this type are text."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
