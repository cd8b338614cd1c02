"""The table that is profiled: 50 columns (30 float, 10 integer, 10 string), as a Parquet file of any length."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP = 131_072


def write(path: Path, rows: int, seed: int, shift: float = 0.0) -> Path:
    """Write a file of so many rows; `shift` moves every float column by so many standard deviations."""
    rng = np.random.default_rng(seed)
    writer: pq.ParquetWriter | None = None
    for first in range(0, rows, ROW_GROUP):
        table = _batch(rng, min(ROW_GROUP, rows - first), shift)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table, row_group_size=ROW_GROUP)
    if writer is not None:
        writer.close()
    return path


def _batch(rng: np.random.Generator, rows: int, shift: float) -> pa.Table:
    columns: dict[str, pa.Array] = {}
    draws = (rng.standard_normal, rng.standard_exponential, lambda size: rng.standard_t(3, size))
    for i in range(30):
        columns[f"float_{i}"] = pa.array(draws[i % 3](rows) + shift)
    for i in range(10):
        columns[f"integer_{i}"] = pa.array(rng.integers(0, 10 ** (1 + i % 5), rows))
    for i in range(10):
        names = pa.array([f"category {j}" for j in range(5 * (i + 1))])
        codes = np.minimum(rng.geometric(0.1, rows) - 1, len(names) - 1)
        columns[f"string_{i}"] = names.take(pa.array(codes))
    return pa.table(columns)
