"""A uniform sample of reference rows: what places the bins of a baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from mlflow_exporter.engines.arrays import is_text
from mlflow_exporter.engines.local import COLUMNS_AT_ONCE
from mlflow_exporter.profiles.layout import Floats, Ints
from mlflow_exporter.sources.source import Chunk

SAMPLE_ROWS = 100_000
"""Rows that place the bins: their quantiles are then within 0.3% of the mass of the exact ones."""

_SEED = 7


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows of the reference data, in its order.

    `mixed` are the columns whose values are of types in some files that do not go together; they are all text here.
    """

    table: pa.Table = field(default_factory=lambda: pa.table({}))
    mixed: frozenset[str] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that any of the data has."""
        return tuple(self.table.column_names)

    def column(self, name: str) -> pa.ChunkedArray:
        """The values of a column; null in rows of files that have not got it."""
        return self.table.column(name)

    def take(self, rows: Ints) -> Sample:
        """Only these rows."""
        return Sample(self.table.take(pa.array(rows)), self.mixed)

    def append(self, rows: pa.Table) -> Sample:
        """These rows, too."""
        kept, mixed = self.table, set(self.mixed)
        for name in set(kept.column_names) & set(rows.column_names):
            kinds = kept.schema.field(name).type, rows.schema.field(name).type
            if not _go_together(*kinds):
                kept, rows = _with_text(kept, name), _with_text(rows, name)
                mixed |= set() if all(map(_is_text, kinds)) else {name}
        return Sample(pa.concat_tables([kept, rows], promote_options="permissive"), frozenset(mixed))


def draw_sample(chunks: Iterable[Chunk], progress: Callable[[int], None], size: int = SAMPLE_ROWS) -> Sample:
    """At most `size` rows, each equally likely: those with the smallest of random keys that all rows are given.

    The same rows in the same order give the same sample, however they are chunked. `progress` is told how many more
    rows were looked at. Only the rows that are drawn are kept, and a chunk is read a few columns at a time.
    """
    rng = np.random.default_rng(_SEED)
    sample, keys, limit = Sample(), np.zeros(0), np.inf
    for chunk in chunks:
        fresh = rng.random(chunk.rows)
        limit = min(limit, _limit(np.concatenate((keys, fresh)), size))
        drawn = np.flatnonzero(fresh <= limit)
        sample, keys = sample.append(_read_rows(chunk, drawn)), np.concatenate((keys, fresh[drawn]))
        # Leaving rows out copies the others, so it waits until half of them go.
        if len(keys) > 2 * size:
            sample, keys = sample.take(np.flatnonzero(keys <= limit)), keys[keys <= limit]
        progress(chunk.rows)
    return sample.take(np.flatnonzero(keys <= limit))


def _limit(keys: Floats, size: int) -> float:
    """The key of the last row that is drawn."""
    return float(np.partition(keys, size - 1)[size - 1]) if len(keys) > size else np.inf


def _read_rows(chunk: Chunk, rows: Ints) -> pa.Table:
    names, indices = chunk.names, pa.array(rows)
    parts = (names[i : i + COLUMNS_AT_ONCE] for i in range(0, len(names), COLUMNS_AT_ONCE))
    columns = [column for part in parts for column in chunk.read(part).take(indices).columns]
    return pa.table(dict(zip(names, columns, strict=True)))


def _go_together(a: pa.DataType, b: pa.DataType) -> bool:
    """Whether Arrow makes one column of both types."""
    try:
        pa.unify_schemas([pa.schema({"": a}), pa.schema({"": b})], promote_options="permissive")
    except pa.ArrowTypeError:
        return False
    return True


def _is_text(kind: pa.DataType) -> bool:
    return is_text(kind.value_type if pa.types.is_dictionary(kind) else kind)


def _with_text(table: pa.Table, name: str) -> pa.Table:
    column = table.column(name)
    return table.set_column(table.column_names.index(name), name, column.cast(pa.string()))
