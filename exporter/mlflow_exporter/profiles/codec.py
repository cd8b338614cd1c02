"""Named arrays and a JSON header, to bytes and back: how profiles are stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_ZSTD = pa.Codec("zstd", compression_level=1)
_MAGIC = b"profile1"
_WORD = 8
"""Lengths are 8 bytes, and everything starts at a multiple of 8, so that no array is read unaligned."""


def pack(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The header and the arrays as compressed bytes; dtype, shape and every bit survive."""
    described = [(name, array.dtype.str, array.shape) for name, array in arrays.items()]
    head = json.dumps({"header": header, "arrays": described}).encode()
    parts = [_length(len(head)), _padded(head), *(_padded(array.tobytes()) for array in arrays.values())]
    body = b"".join(parts)
    return b"".join((_MAGIC, _length(len(body)), bytes(_ZSTD.compress(body, asbytes=True))))


def unpack(packed: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """What `pack` was given; the arrays are read-only views of one buffer.

    Raises ValueError where the bytes are not from `pack`, or not all of them.
    """
    if packed[: len(_MAGIC)] != _MAGIC:
        raise ValueError("these bytes are no stored profile")
    size = int.from_bytes(packed[len(_MAGIC) : len(_MAGIC) + _WORD], "little")
    try:
        body = _ZSTD.decompress(packed[len(_MAGIC) + _WORD :], decompressed_size=size, asbytes=True)
    except (OSError, pa.ArrowException) as error:
        raise ValueError(f"a stored profile is damaged: {error}") from error
    length = int.from_bytes(body[:_WORD], "little")
    head = json.loads(body[_WORD : _WORD + length])
    position = _WORD + _rounded(length)
    arrays = {}
    for name, dtype, shape in head["arrays"]:
        count = int(np.prod(shape, dtype=np.int64))
        arrays[name] = np.frombuffer(body, dtype, count, position).reshape(shape)
        position += _rounded(arrays[name].nbytes)
    return head["header"], arrays


def _length(length: int) -> bytes:
    return length.to_bytes(_WORD, "little")


def _rounded(length: int) -> int:
    return -(-length // _WORD) * _WORD


def _padded(data: bytes) -> bytes:
    return data.ljust(_rounded(len(data)), b"\0")
