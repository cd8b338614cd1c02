"""Arrow columns to NumPy values of the baseline's type, row by row, what is missing or of the wrong type set aside.

A column of the right type costs nothing (its buffer is used as it is); only one that changed its type is looked at
value by value, and then each distinct text once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlflow_exporter.domain import Kind
from mlflow_exporter.engines.arrays import as_numpy, is_text, one_array
from mlflow_exporter.engines.texts import PARSERS, Parser, parse_float, parse_moment
from mlflow_exporter.profiles.layout import Floats, Ints, Values

PRESENT, MISSING, WRONG = 0, 1, 2

ARROW_TYPES = {
    Kind.FLOAT: pa.float64(),
    Kind.INTEGER: pa.int64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.TIMESTAMP: pa.timestamp("us", tz="UTC"),
    Kind.CATEGORICAL: pa.string(),
}

_MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1, "day": 86_400_000_000}
_LARGEST = int(np.iinfo(np.int64).max)


@dataclass(frozen=True, eq=False)
class Numbers:
    """(n,) values, float64 or int64; `state` (n,) is PRESENT, MISSING or WRONG, or None where all are present.

    What is not present has any value.
    """

    values: Values
    state: NDArray[np.uint8] | None = None

    @property
    def present(self) -> NDArray[np.bool_]:
        """(n,) where there is a value."""
        return np.ones(len(self.values), np.bool_) if self.state is None else self.state == PRESENT

    def floats(self) -> Floats:
        """(n,) the values as float64, NaN where there is none."""
        floats = self.values.astype(np.float64, copy=False)
        return floats if self.state is None else np.where(self.present, floats, np.nan)


def numbers(column: pa.ChunkedArray | pa.Array, kind: Kind) -> Numbers:
    """A column as `kind` has it: float64 for FLOAT; int64 for INTEGER, BOOLEAN (0, 1) and TIMESTAMP (microseconds)."""
    array = _plain(column)
    if _is_text(array.type):
        return _parsed(array, PARSERS[kind], np.float64 if kind is Kind.FLOAT else np.int64)
    convert = {
        Kind.FLOAT: _floats,
        Kind.INTEGER: _integers,
        Kind.BOOLEAN: _booleans,
        Kind.TIMESTAMP: _microseconds,
    }[kind]
    return convert(array)


def unix_seconds(column: pa.ChunkedArray | pa.Array) -> Numbers:
    """Event times as float64 seconds since 1970 UTC.

    Timestamps without a zone are UTC; text is ISO 8601; a number is in seconds, or in milli-, micro- or nanoseconds
    where it is too large to be seconds (10^11 seconds are the year 5138). NaN is missing.
    """
    array = _plain(column)
    kind = array.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        read = _microseconds(array)
        return Numbers(read.values.astype(np.float64) / 1e6, read.state)
    if pa.types.is_boolean(kind):
        return _all_wrong(array, np.float64)
    read = _parsed(array, _unix_seconds_of, np.float64) if _is_text(kind) else _floats(array)
    state = _marked(read.state, np.isnan(read.values), MISSING)
    return Numbers(_in_seconds(read.floats()), _marked(state, np.isinf(read.values), WRONG))


def _in_seconds(amounts: Floats) -> Floats:
    size = np.abs(amounts)
    return np.asarray(amounts / np.select([size < 1e11, size < 1e14, size < 1e17], [1.0, 1e3, 1e6], 1e9))


def _unix_seconds_of(text: str) -> float | None:
    try:
        moment = parse_moment(text)
    except ValueError:
        return parse_float(text)
    return None if moment is None else moment / 1e6


def _plain(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """The column as one array, in a dictionary at most where it is text."""
    array = one_array(column)
    if pa.types.is_dictionary(array.type) and not is_text(array.type.value_type):
        array = array.dictionary_decode()
    return array.storage if isinstance(array, pa.ExtensionArray) else array


def _is_text(kind: pa.DataType) -> bool:
    return is_text(kind.value_type if pa.types.is_dictionary(kind) else kind)


def _missing(array: pa.Array) -> NDArray[np.uint8] | None:
    if not array.null_count:
        return None
    return np.where(as_numpy(array.is_null()), np.uint8(MISSING), np.uint8(PRESENT))


def _marked(state: NDArray[np.uint8] | None, found: NDArray[np.bool_], mark: int) -> NDArray[np.uint8] | None:
    """Mark what is found and was thought to be present."""
    if not found.any():
        return state
    state = np.zeros(len(found), np.uint8) if state is None else state
    return np.where(found & (state == PRESENT), np.uint8(mark), state)


def _all_wrong(array: pa.Array, dtype: type) -> Numbers:
    # pandas writes a column without any value as floats, all NaN.
    absent = as_numpy(array.is_null(nan_is_null=pa.types.is_floating(array.type)))
    return Numbers(np.zeros(len(array), dtype), np.where(absent, np.uint8(MISSING), np.uint8(WRONG)))


def _filled(array: pa.Array, dtype: type) -> NDArray[Any]:
    return as_numpy(array, absent=0).astype(dtype, copy=False)


def _floats(array: pa.Array) -> Numbers:
    kind = array.type
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind):
        array = array.cast(pa.float64())
    elif not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
        return _all_wrong(array, np.float64)
    return Numbers(_filled(array, np.float64), _missing(array))


def _integers(array: pa.Array) -> Numbers:
    kind = array.type
    if pa.types.is_floating(kind):
        return _whole(_floats(array))
    if pa.types.is_decimal(kind):
        return _parsed(array.cast(pa.string()), PARSERS[Kind.INTEGER], np.int64)
    if not (pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
        return _all_wrong(array, np.int64)
    if kind == pa.uint64():
        unsigned = _filled(array, np.uint64)
        too_large = unsigned > _LARGEST
        return Numbers(np.where(too_large, 0, unsigned).astype(np.int64), _marked(_missing(array), too_large, WRONG))
    return Numbers(_filled(array, np.int64), _missing(array))


def _whole(read: Numbers) -> Numbers:
    """Floats that are whole numbers as integers; NaN among them is how pandas writes a missing integer."""
    fits = (read.values >= -(2.0**63)) & (read.values < 2.0**63)
    whole = fits & (np.floor(read.values) == read.values)
    state = _marked(_marked(read.state, np.isnan(read.values), MISSING), ~whole, WRONG)
    return Numbers(np.where(whole, read.values, 0).astype(np.int64), state)


def _booleans(array: pa.Array) -> Numbers:
    read = _integers(array)
    return Numbers(read.values, _marked(read.state, (read.values != 0) & (read.values != 1), WRONG))


def _microseconds(array: pa.Array) -> Numbers:
    """Timestamps and dates; one that int64 microseconds cannot hold (beyond the year 290,000) is wrong."""
    kind = array.type
    if not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        return _all_wrong(array, np.int64)
    state = _missing(array)
    if pa.types.is_date32(kind):
        array, unit = array.cast(pa.int32()), "day"
    else:
        unit = "ms" if pa.types.is_date64(kind) else kind.unit
    amounts = _filled(array.cast(pa.int64()), np.int64)
    if unit == "ns":
        return Numbers(amounts // 1_000, state)
    factor = _MICROSECONDS[unit]
    too_large = (amounts > _LARGEST // factor) | (amounts < -_LARGEST // factor)
    return Numbers(np.where(too_large, 0, amounts) * factor, _marked(state, too_large, WRONG))


def _parsed(array: pa.Array, parse: Parser, dtype: type) -> Numbers:
    """Parse each distinct text once."""
    if pa.types.is_string_view(array.type):
        array = array.cast(pa.string())
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    values: NDArray[Any] = np.zeros(len(texts) + 1, dtype)
    state = np.full(len(texts) + 1, MISSING, np.uint8)
    for i, text in enumerate(texts):
        try:
            value = None if text is None else parse(text)
        except ValueError:
            state[i] = WRONG
            continue
        if value is not None:
            values[i], state[i] = value, PRESENT
    codes: Ints = as_numpy(encoded.indices.cast(pa.int64()), absent=len(texts))
    states = state[codes]
    return Numbers(values[codes], states if states.any() else None)
