"""Rows counted in the bins of a baseline: in lists at once, in the metrics now and then.

Adding to a metric costs about a microsecond, so that fifty features a row would cost more than many a prediction.
"""

from __future__ import annotations

import threading
from functools import partial

from mlflow_exporter.instrument import families
from mlflow_exporter.instrument.bins import FeatureBins
from mlflow_exporter.instrument.column_counts import counts_of
from mlflow_exporter.instrument.families import Bound
from mlflow_exporter.instrument.faults import Faults
from mlflow_exporter.instrument.forks import renew_after_fork
from mlflow_exporter.instrument.inputs import Inputs, Records


class BinCounts:
    """Counts the inputs of a model version in the bins of its baseline."""

    def __init__(self, bins: FeatureBins, bound: Bound, key: tuple[str, str], faults: Faults) -> None:
        self._columns = [counts_of(column) for column in bins.columns]
        self._children = [[bound.child(families.BINS, *key, c.column, name) for name in c.names] for c in bins.columns]
        for column in bins.columns:
            for name, share in zip(column.names, column.shares, strict=True):
                bound.child(families.BASELINE_BINS, *key, column.column, name).set(share)
        self._bound, self._flush = bound, partial(faults.attempt, "bins", self.flush)
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        self._lock = threading.Lock()
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
        self._bound.before_scrape(self._flush)

    def flush(self) -> None:
        """Add what was counted to the metrics."""
        with self._lock:
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
