"""Few rows held in memory, most of their columns read while the first ones are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

import pyarrow as pa

from mlflow_exporter.engines.local import Readable
from mlflow_exporter.engines.threads import begin

WORTH_A_THREAD = 4_000
"""Fewer rows than this are read sooner than a thread begins."""


class ReadAhead:
    """The columns `first` and `others` of few rows: the first are read at once, the others meanwhile by a thread.

    Whoever reads one of the others waits for all of them, and is told what was wrong with them. Very few rows are
    read in one go.
    """

    def __init__(self, rows: Readable, first: Sequence[str], others: Sequence[str]) -> None:
        wanted = dict.fromkeys([*first, *others])
        left = [name for name in wanted if name not in first] if rows.rows >= WORTH_A_THREAD else []
        self._later: Future[pa.Table] | None = begin(lambda: rows.read(left), "read-ahead") if left else None
        table = rows.read([name for name in wanted if name not in left])
        self._columns = dict(zip(table.column_names, table.columns, strict=True))

    def read(self, names: Sequence[str]) -> pa.Table:
        """These columns of the rows, in this order."""
        if self._later is not None and not self._columns.keys() >= set(names):
            table = self._later.result()
            self._columns |= zip(table.column_names, table.columns, strict=True)
        return pa.table([self._columns[name] for name in names], names=list(names))
