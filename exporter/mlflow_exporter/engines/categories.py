"""Arrow columns to categories: codes into the distinct values of a batch, each written as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mlflow_exporter.engines.arrays import as_numpy, is_text, one_array
from mlflow_exporter.profiles.layout import Ints

_WHOLE = re.compile(r"(-?(?:0|[1-9]\d*))\.0*")
_TRUTHS = {"true": "1", "false": "0", "-0": "0"}


@dataclass(frozen=True, eq=False)
class Categories:
    """(n,) codes into `names`, the batch's distinct values as text (V,); -1 where a value is missing."""

    codes: Ints
    names: pa.Array


def categories(column: pa.ChunkedArray | pa.Array) -> Categories:
    """A column as categories: text as it is, numbers as they are written (1.0 as 1), truth as true and false.

    NaN stands for a missing value.
    """
    array = _encoded(one_array(column))
    names = _texts(array.dictionary)
    codes = as_numpy(array.indices.cast(pa.int64()), absent=-1)
    if names.null_count:
        absent = as_numpy(names.is_null())
        codes = np.where((codes >= 0) & absent[codes], -1, codes)
        names = names.fill_null("")
    return Categories(codes, names)


def positions_in(known: Sequence[str], names: pa.Array) -> Ints:
    """(V,) which of the K known categories each name is; K for none of them.

    A name that is not known as it is written is looked up by its value (see `value_of`), so that logs that write the
    same thing in other ways agree.

    >>> positions_in(["0", "1"], pa.array(["1", "1.0", "true", "2"])).tolist()
    [1, 1, 1, 2]
    """
    found = pc.index_in(names, value_set=_text_array(tuple(known)))
    positions: Ints = as_numpy(found, absent=len(known)).astype(np.int64)
    unknown = np.flatnonzero(positions == len(known))
    if len(unknown):
        by_value = {value_of(category): i for i, category in reversed(list(enumerate(known)))}
        others = names.take(pa.array(unknown)).to_pylist()
        positions[unknown] = [by_value.get(value_of(name), len(known)) for name in others]
    return positions


@lru_cache(maxsize=4096)
def _text_array(texts: tuple[str, ...]) -> pa.Array:
    # pa.array would import pandas; see as_numpy.
    encoded = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(encoded), pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded)))


def value_of(name: str) -> str:
    """What a category says, however it is written: whole numbers without a fraction, truth as 1 and 0.

    >>> [value_of(name) for name in ("1.0", "True", "-0.0", "1.5", "007")]
    ['1', '1', '0', '1.5', '007']
    """
    text = name.strip()
    whole = _WHOLE.fullmatch(text)
    text = whole[1] if whole else text
    return _TRUTHS.get(text.lower(), text)


def _encoded(array: pa.Array) -> pa.DictionaryArray:
    """The array with its distinct values in a dictionary, as text where Arrow cannot tell them apart."""
    if pa.types.is_dictionary(array.type):
        return array
    if pa.types.is_null(array.type) or pa.types.is_string_view(array.type):
        return array.cast(pa.string()).dictionary_encode()
    if pa.types.is_nested(array.type) or isinstance(array, pa.ExtensionArray):
        array = _written(array)
    if pa.types.is_float16(array.type):
        array = array.cast(pa.float64())
    return array.dictionary_encode()


def _texts(values: pa.Array) -> pa.Array:
    """Each value as text; null where it stands for nothing."""
    kind = values.type
    if is_text(kind):
        return values.cast(pa.string())
    if pa.types.is_floating(kind):
        return _float_texts(values)
    if pa.types.is_decimal(kind) or _is_binary(kind):
        return _written(values)
    return values.cast(pa.string())


def _is_binary(kind: pa.DataType) -> bool:
    return any(
        is_of(kind)
        for is_of in (
            pa.types.is_binary,
            pa.types.is_large_binary,
            pa.types.is_binary_view,
            pa.types.is_fixed_size_binary,
        )
    )


def _float_texts(values: pa.Array) -> pa.Array:
    numbers = as_numpy(values.cast(pa.float64()), absent=np.nan)
    absent = np.isnan(numbers)
    whole = (np.floor(numbers) == numbers) & (np.abs(numbers) < 2.0**63)
    integers = pa.array(np.where(whole, numbers, 0).astype(np.int64), mask=~whole)
    written = [None if kept else repr(number) for kept, number in zip(whole | absent, numbers.tolist(), strict=True)]
    return pc.coalesce(integers.cast(pa.string()), pa.array(written, pa.string()))


def _written(values: pa.Array) -> pa.Array:
    return pa.array([_as_text(value) for value in values.to_pylist()], pa.string())


def _as_text(value: Any) -> str | None:
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, bytes):  # what writers without the mark of UTF-8 make of text
        with suppress(UnicodeDecodeError):
            return value.decode()
    return None if value is None else str(value)
