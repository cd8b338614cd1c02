"""Arrow columns as one array each, as NumPy sees them, and what is asked of their types."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_NAMES = {"double": "float64", "float": "float32", "halffloat": "float16"}
"""What NumPy calls Arrow's types, where it has another name for them."""


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


def as_numpy(array: pa.Array, absent: float | None = None) -> NDArray[Any]:
    """(n,) the values of an array of numbers or truths as they lie in memory, with `absent` where there is none.

    Where `absent` is not given, any value stands there. Arrow's own conversion (and its `fill_null`) imports pandas
    when it is first used, which takes as long as counting half a million rows.
    """
    if pa.types.is_boolean(array.type):
        return as_numpy(array.cast(pa.uint8()), absent).view(np.bool_)
    dtype = np.dtype(_NAMES.get(str(array.type), str(array.type)))
    if not len(array):
        return np.empty(0, dtype)
    values = np.frombuffer(array.buffers()[1], dtype, len(array), array.offset * dtype.itemsize)
    if absent is None or not array.null_count:
        return values
    return np.where(as_numpy(array.is_null()), dtype.type(absent), values)
