"""Rows counted in the bins of a baseline: in lists at once, in the metrics now and then.

Adding to a metric costs about a microsecond, so that fifty features a row would cost more than many a prediction.
"""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from typing import Final

from mlflow_exporter.instrument import families
from mlflow_exporter.instrument.bins import FeatureBins
from mlflow_exporter.instrument.column_counts import counts_of
from mlflow_exporter.instrument.families import Bound
from mlflow_exporter.instrument.faults import Faults
from mlflow_exporter.instrument.forks import renew_after_fork
from mlflow_exporter.instrument.inputs import Inputs, Records

FLUSH_SECONDS: Final = 1.0


class BinCounts:
    """Counts the inputs of a model version in the bins of its baseline.

    The metrics have the counts at every scrape of the process. A scrape of several processes (`multiprocess`) sees
    files and asks no process, so that these write their counts once a second and when they end.
    """

    def __init__(self, bins: FeatureBins, bound: Bound, key: tuple[str, str], faults: Faults) -> None:
        self._columns = [counts_of(column) for column in bins.columns]
        self._children = [[bound.child(families.BINS, *key, c.column, name) for name in c.names] for c in bins.columns]
        for column in bins.columns:
            for name, share in zip(column.names, column.shares, strict=True):
                bound.child(families.BASELINE_BINS, *key, column.column, name).set(share)
        self._faults, self._multiprocess = faults, "PROMETHEUS_MULTIPROC_DIR" in os.environ
        self.renew()
        renew_after_fork(self)
        bound.before_scrape(self.flush)
        atexit.register(_flush, weakref.ref(self))

    def renew(self) -> None:
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        for column in self._columns:
            column.take()

    def count(self, inputs: Inputs) -> None:
        """Count each row's value of each feature; a feature that a row does not have is missing."""
        with self._lock:
            if isinstance(inputs, Records) and inputs.rows == 1:
                row = inputs.given[0]
                for column in self._columns:
                    column.add(row.get(column.name))
            else:
                self._count_columns(inputs)
            if self._multiprocess and self._timer is None:
                self._timer = _begin_timer(self)

    def flush(self) -> None:
        """Add what was counted to the metrics."""
        with self._lock:
            self._timer = None
            taken = [column.take() for column in self._columns]
        for counts, children in zip(taken, self._children, strict=True):
            for amount, child in zip(counts, children, strict=True):
                if amount:
                    child.inc(amount)

    def _count_columns(self, inputs: Inputs) -> None:
        given = dict(inputs.columns())
        for column in self._columns:
            values = given.get(column.name)
            if values is None:
                column.add_missing(inputs.rows)
            else:
                column.add_many(values)


def _begin_timer(counts: BinCounts) -> threading.Timer:
    timer = threading.Timer(FLUSH_SECONDS, _flush, [weakref.ref(counts)])
    timer.daemon = True
    timer.start()
    return timer


def _flush(counts: weakref.ref[BinCounts]) -> None:
    alive = counts()
    if alive is not None:
        alive._faults.attempt("bins", alive.flush)  # noqa: SLF001 -- of this module
