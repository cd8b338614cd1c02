"""Rows counted in the bins of a baseline: in lists at once, in the metrics now and then.

Adding to a metric costs about a microsecond, so that fifty features a row would cost more than many a prediction.
"""

from __future__ import annotations

import atexit
import math
import os
import sys
import threading
import weakref
from bisect import bisect_right
from collections import Counter
from itertools import pairwise, repeat
from typing import Any, Final

from mlflow_exporter.instrument import families
from mlflow_exporter.instrument.bins import ColumnBins, FeatureBins
from mlflow_exporter.instrument.families import Bound
from mlflow_exporter.instrument.faults import Faults
from mlflow_exporter.instrument.forks import renew_after_fork
from mlflow_exporter.instrument.inputs import Inputs, Records, as_list
from mlflow_exporter.instrument.outputs import class_name

FLUSH_SECONDS: Final = 1.0


class BinCounts:
    """Counts the inputs of a model version in the bins of its baseline.

    The metrics have the counts at every scrape of the process. A scrape of several processes (`multiprocess`) sees
    files and asks no process, so that these write their counts once a second and when they end.
    """

    def __init__(self, bins: FeatureBins, bound: Bound, key: tuple[str, str], faults: Faults) -> None:
        self._columns = [_column(column) for column in bins.columns]
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


class _Column:
    """A feature's counts: of its bins, of missing values, of others."""

    def __init__(self, column: ColumnBins) -> None:
        self.name, self._cells = column.column, len(column.names)
        self._missing, self._other = self._cells - 2, self._cells - 1
        self._counts = [0] * self._cells

    def take(self) -> list[int]:
        """The counts since the last time."""
        taken, self._counts = self._counts, [0] * self._cells
        return taken

    def add(self, value: Any) -> None:
        """Count one value."""
        self._counts[self._place(value)] += 1

    def add_missing(self, rows: int) -> None:
        """Count rows without a value."""
        self._counts[self._missing] += rows

    def add_many(self, values: Any) -> None:
        """Count a list or an array of values."""
        for value in as_list(values):
            self._counts[self._place(value)] += 1

    def _place(self, value: Any) -> int:
        raise NotImplementedError


class _Numeric(_Column):
    """Values between edges, with two more edges around all finite numbers."""

    def __init__(self, column: ColumnBins) -> None:
        super().__init__(column)
        self._edges = [-sys.float_info.max, *column.edges, math.inf]
        self._places = [self._other, *range(len(column.edges) + 1), self._other]

    def _place(self, value: Any) -> int:
        try:
            # NaN and pandas' NaT are not equal to themselves.
            return self._missing if value is None or value != value else self._places[bisect_right(self._edges, value)]  # noqa: PLR0124
        except TypeError:
            return self._missing if type(value).__name__ == "NAType" else self._other

    def add_many(self, values: Any) -> None:
        if getattr(getattr(values, "dtype", None), "kind", "O") in "fiu" and hasattr(values, "searchsorted"):
            self._add_array(values)
            return
        listed = as_list(values)
        try:
            counts = Counter(map(bisect_right, repeat(self._edges), listed))
        except TypeError:
            super().add_many(listed)
            return
        last = len(self._places) - 1
        if counts[last]:  # infinite, or NaN, which is less than nothing
            self._counts[self._missing] += (missing := sum(value != value for value in listed))  # noqa: PLR0124
            counts[last] -= missing
        for place, amount in counts.items():
            self._counts[self._places[place]] += amount

    def _add_array(self, values: Any) -> None:
        """Sorted, the values below an edge are a position: by the array's own methods, so that NumPy is not imported.

        NaN is sorted behind everything, infinity included.
        """
        ordered = values.copy()
        ordered.sort()
        below = [0, *ordered.searchsorted([*self._edges, math.nan]).tolist(), len(ordered)]
        amounts = [stop - start for start, stop in pairwise(below)]
        for place, amount in zip([*self._places, self._missing], amounts, strict=True):
            self._counts[place] += amount


class _Categorical(_Column):
    """Values by their text."""

    def __init__(self, column: ColumnBins) -> None:
        super().__init__(column)
        self._positions = {category: i for i, category in enumerate(column.categories or ())}

    def add_many(self, values: Any) -> None:
        listed = as_list(values)
        try:
            counts = Counter(listed)
        except TypeError:
            super().add_many(listed)
            return
        for value, amount in counts.items():
            self._counts[self._place(value)] += amount

    def _place(self, value: Any) -> int:
        if type(value) is not str:
            if value is None or type(value).__name__ in {"NAType", "NaTType"} or value != value:  # noqa: PLR0124 -- NaN
                return self._missing
            value = class_name(value)
        return self._positions.get(value, self._other)


def _column(column: ColumnBins) -> _Column:
    return _Numeric(column) if column.categories is None else _Categorical(column)
