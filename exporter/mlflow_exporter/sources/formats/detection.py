"""What a file is: its first bytes decide, then its suffix."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

_COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
_MAGIC = {
    "gzip": re.compile(rb"\x1f\x8b"),
    "bz2": re.compile(rb"BZh[1-9]1AY&SY"),
    "zstd": re.compile(rb"\x28\xb5\x2f\xfd"),
}
_PARQUET_MAGIC = b"PAR1"
_MAGIC_BYTES = 16


class Format(Enum):
    """How rows are written."""

    DELIMITED = "delimited"
    JSON_LINES = "json_lines"
    PARQUET = "parquet"


_FORMATS = {
    ".csv": Format.DELIMITED,
    ".tsv": Format.DELIMITED,
    ".jsonl": Format.JSON_LINES,
    ".ndjson": Format.JSON_LINES,
    ".json": Format.JSON_LINES,
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
}


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a file is to be opened; `format` is None where only its text can tell."""

    format: Format | None
    compression: str | None


def has_known_suffix(name: str) -> bool:
    """Whether a name tells the format.

    >>> has_known_suffix("part-0.csv.gz"), has_known_suffix("_SUCCESS"), has_known_suffix("backup.gz")
    (True, False, False)
    """
    return _by_suffix(name).format is not None


def detect(path: str) -> Encoding:
    """How to open a file.

    Raises OSError where it cannot be opened.
    """
    with Path(path).open("rb", buffering=0) as file:
        start = file.read(_MAGIC_BYTES)
    named = _by_suffix(path)
    if start.startswith(_PARQUET_MAGIC):
        return Encoding(Format.PARQUET, None)
    for compression, magic in _MAGIC.items():
        if named.format is not Format.PARQUET and magic.match(start):
            return Encoding(named.format, compression)
    return named


def format_of_text(head: bytes) -> Format:
    """The format of text whose name does not tell: JSON lines start with an object."""
    return Format.JSON_LINES if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else Format.DELIMITED


def _by_suffix(name: str) -> Encoding:
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 -- asked of every file at every poll
    compression = _COMPRESSIONS.get(suffix.lower())
    if compression:
        _, suffix = os.path.splitext(stem)  # noqa: PTH122
    return Encoding(_FORMATS.get(suffix.lower()), compression)
