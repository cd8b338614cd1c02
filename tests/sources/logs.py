"""Logs of numbered rows, as the tests of growing files write and read them."""

from __future__ import annotations

import gzip
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

HEADER = b"id,x,s\n"
NOW = 1_000_000_000.0


def lines(start: int, stop: int) -> bytes:
    """CSV of the rows start, ..., stop - 1."""
    return b"".join(b"%d,%d.5,s%d\n" % (i, i, i) for i in range(start, stop))


def create(path: Path, start: int, stop: int) -> None:
    """Write these rows as a file of the format that its name tells, in the same inode where there was one."""
    if path.suffix == ".parquet":
        pq.write_table(pa.table({"id": pa.array(range(start, stop), pa.int64())}), path, row_group_size=3)
    elif path.suffix == ".jsonl":
        path.write_text("".join(f'{{"id": {i}}}\n' for i in range(start, stop)))
    else:
        content = HEADER + lines(start, stop)
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def ids(rows: Sequence[dict[str, Any]]) -> list[int]:
    """Which rows they are."""
    return [row["id"] for row in rows]


def write(path: Path, content: bytes, at: float = NOW) -> None:
    """Replace the content of the file in place."""
    path.write_bytes(content)
    os.utime(path, (at, at))


def append(path: Path, content: bytes) -> None:
    """Add to the end of the file."""
    with path.open("ab") as file:
        file.write(content)
