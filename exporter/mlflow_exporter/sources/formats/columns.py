"""Columns of text made into the types that were asked for, or left as text where a value does not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

DICTIONARY = pa.dictionary(pa.int32(), pa.string())
_CANDIDATES = (pa.int64(), pa.float64(), pa.bool_(), pa.timestamp("us"), pa.timestamp("us", "UTC"))


def wanted(names: Sequence[str], types: Mapping[str, pa.DataType | None]) -> list[str]:
    """The columns to read of those that there are, each once."""
    return [name for name in dict.fromkeys(names) if not types or name in types]


def ignored(names: Sequence[str], types: Mapping[str, pa.DataType | None]) -> tuple[str, ...]:
    """The others."""
    return tuple(name for name in dict.fromkeys(names) if types and name not in types)


def is_text(kind: pa.DataType) -> bool:
    """Whether values are text, however it is stored."""
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def takes_dictionary(name: str, types: Mapping[str, pa.DataType | None]) -> bool:
    """Whether a column of text is to be dictionary-encoded: always, unless it was asked for as it is."""
    return types.get(name, DICTIONARY) is not None


def encode(table: pa.Table, types: Mapping[str, pa.DataType | None]) -> pa.Table:
    """The table with its columns of text dictionary-encoded, one dictionary a column."""
    for i, field in enumerate(table.schema):
        if is_text(field.type) and not pa.types.is_dictionary(field.type) and takes_dictionary(field.name, types):
            table = table.set_column(i, field.name, table.column(i).cast(pa.string()).dictionary_encode())
    return table.unify_dictionaries()


def conform(text: pa.ChunkedArray, kind: pa.DataType | None) -> pa.ChunkedArray:
    """Text as values of a type where every one of them fits, else as it is; None stands for the narrowest type.

    >>> conform(pa.chunked_array([["1", None, "2.5"]]), None).type
    DataType(double)
    >>> conform(pa.chunked_array([["1", "one"]]), pa.float64()).type
    DataType(string)
    """
    if kind is not None and is_text(kind):
        return text
    candidates = _CANDIDATES if kind is None else _spellings(kind)
    trimmed = pc.utf8_trim_whitespace(text)
    if text.null_count == len(text) and kind is None:
        return text
    return next((fitted for fitted in (_cast(trimmed, kind) for kind in candidates) if fitted is not None), text)


def _spellings(kind: pa.DataType) -> tuple[pa.DataType, ...]:
    if pa.types.is_timestamp(kind) and kind.tz is None:
        # The same times may be written with zone offsets, or with more digits.
        return kind, pa.timestamp(kind.unit, "UTC"), pa.timestamp("ns"), pa.timestamp("ns", "UTC")
    return (kind,)


def _cast(text: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray | None:
    try:
        return text.cast(kind)
    except pa.ArrowInvalid:
        return None
