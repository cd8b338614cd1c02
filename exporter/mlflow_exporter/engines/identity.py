"""Which row is which: 128-bit hashes of ids, and 64-bit ones of whole rows where a log has no ids.

Vectorised, since it touches every row. Not cryptographic: the chance that two of a billion different ids share one is
10^-21, but whoever chooses the ids can make two collide (the price: a label joined to the wrong row).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlflow_exporter.domain import Kind
from mlflow_exporter.engines.categories import categories
from mlflow_exporter.engines.values import Numbers, numbers
from mlflow_exporter.profiles.layout import Ints

Hashes = NDArray[np.uint64]
"""(n, W): 128 bits a row in two words, or 64 in one."""

_SEEDS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], np.uint64)
_FACTORS = np.array([0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53], np.uint64)
# The bits of a NaN that no arithmetic makes, so that a missing value is no other value.
_ABSENT = np.uint64(0x7FF9A5B3C1D7E90F)
_WORD = 8
_EXACT_IN_FLOAT = 2**53


def of_ids(column: pa.ChunkedArray | pa.Array) -> tuple[Hashes, NDArray[np.bool_]]:
    """The hash of each id, and where there is one; 17, 17.0 and the text 17 are the same id, empty text is none."""
    read = categories(column)
    if not len(read.names):
        return np.full((len(read.codes), 2), _ABSENT), np.zeros(len(read.codes), np.bool_)
    starts, data = _utf8(read.names)
    present = (read.codes >= 0) & (np.diff(starts) > 0)[read.codes]
    return _hash_texts(starts, data)[read.codes], present


def of_rows(table: pa.Table) -> Hashes:
    """(n, 1) the hash of the values of each row, in the order of the columns.

    Rows are only compared with others of the same file and five minutes, for which 64 bits are plenty.
    """
    hashes = np.full((table.num_rows, 1), _SEEDS[0])
    for column in table.columns:
        hashes = _mix(hashes, _words(column))
    return hashes


def as_keys(hashes: Hashes) -> list[bytes]:
    """Each hash (n, 2) as 16 bytes."""
    packed = np.ascontiguousarray(hashes).tobytes()
    return [packed[i : i + 16] for i in range(0, len(packed), 16)]


def _mix(hashes: Hashes, words: Hashes) -> Hashes:
    """One round of a multiply-xorshift hash (the finaliser of MurmurHash3, Appleby, 2011), on each of W words."""
    width = hashes.shape[1]
    mixed = hashes ^ words
    mixed *= _FACTORS[:width]
    mixed ^= mixed >> np.uint64(33)
    mixed *= _SEEDS[:width]
    return mixed


def _words(column: pa.ChunkedArray) -> Hashes:
    """(n, 1) bits of a column's values; a missing one has bits of its own."""
    kind = column.type
    if pa.types.is_floating(kind):
        return _present(numbers(column, Kind.FLOAT))
    if pa.types.is_boolean(kind) or (pa.types.is_integer(kind) and not pa.types.is_uint64(kind)):
        return _present(numbers(column, Kind.INTEGER))
    if pa.types.is_timestamp(kind):
        return _present(numbers(column, Kind.TIMESTAMP))
    read = categories(column)
    hashes = np.append(_hash_texts(*_utf8(read.names))[:, 0], _ABSENT)
    return hashes[read.codes, None]


def _present(read: Numbers) -> Hashes:
    """The bits of numbers as float64, or as int64 where they have no exact float."""
    with np.errstate(invalid="ignore"):
        # Adding 0 makes -0.0 the 0.0 that it equals.
        bits = np.add(read.values, 0.0, dtype=np.float64).view(np.uint64)
    if read.values.dtype == np.int64:
        inexact = (read.values > _EXACT_IN_FLOAT) | (read.values < -_EXACT_IN_FLOAT)
        bits = np.where(inexact, read.values.view(np.uint64), bits)
    absent = np.isnan(read.values)
    if read.state is not None:
        absent |= ~read.present
    if absent.any():
        bits[absent] = _ABSENT
    return bits[:, None]


def _utf8(texts: pa.Array) -> tuple[Ints, NDArray[np.uint8]]:
    """(V + 1,) where each text's UTF-8 starts, and all of it, with a word of zeros behind."""
    large = texts.cast(pa.large_string())
    _, offsets, data = large.buffers()
    starts = np.frombuffer(offsets, np.int64, len(large) + 1, large.offset * _WORD)
    content = np.frombuffer(data, np.uint8)[starts[0] : starts[-1]] if data else np.zeros(0, np.uint8)
    return starts - starts[0], np.concatenate((content, np.zeros(_WORD, np.uint8)))


def _hash_texts(starts: Ints, data: NDArray[np.uint8]) -> Hashes:
    """(V, 2) the hash of each text, eight bytes at a time over all texts."""
    lengths = np.diff(starts)
    hashes = np.tile(_SEEDS, (len(lengths), 1)) ^ lengths.astype(np.uint64)[:, None]
    for position in range(0, int(lengths.max(initial=0)), _WORD):
        longer = np.flatnonzero(lengths > position)
        block = data[(starts[longer] + position)[:, None] + np.arange(_WORD)]
        beyond = np.arange(_WORD) >= (lengths[longer] - position)[:, None]
        words = np.where(beyond, np.uint8(0), block).view(np.uint64)
        hashes[longer] = _mix(hashes[longer], words)
    return hashes
