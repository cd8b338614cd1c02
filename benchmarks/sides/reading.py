"""Streaming the window's file with pyarrow, and doing nothing with it."""

from __future__ import annotations

import sys

import pyarrow.parquet as pq
from measured import report


def read() -> None:
    """Every batch of the file."""
    for _ in pq.ParquetFile(sys.argv[2]).iter_batches():
        pass


if __name__ == "__main__":
    report(read)
