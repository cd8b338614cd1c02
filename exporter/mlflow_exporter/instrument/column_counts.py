"""The values of one feature, counted in the bins of its baseline."""

from __future__ import annotations

import math
import sys
from array import array
from bisect import bisect_right
from collections import Counter
from itertools import pairwise, repeat
from typing import Any, Final

from mlflow_exporter.instrument.bins import ColumnBins
from mlflow_exporter.instrument.values import as_list, class_name, is_array, is_missing

WORTH_AN_ARRAY: Final = 64


class ColumnCounts:
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


class _Numeric(ColumnCounts):
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
        if is_array(values, "fiu"):
            self._add_array(values)
            return
        listed = as_list(values)
        known = [value for value in listed if value is not None]
        self.add_missing(len(listed) - len(known))
        numbers = _array_of(known)
        if numbers is None:
            self._add_list(known)
        else:
            self._add_array(numbers)

    def _add_list(self, listed: list[Any]) -> None:
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


class _Categorical(ColumnCounts):
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
            if is_missing(value):
                return self._missing
            value = class_name(value)
        return self._positions.get(value, self._other)


def _array_of(values: list[Any]) -> Any:
    """Numbers as an array, which is four times faster; None where they are few, or not all numbers.

    NumPy is never imported for this: a server that has no use for it counts without.
    """
    numpy = sys.modules.get("numpy")
    if numpy is None or len(values) < WORTH_AN_ARRAY:
        return None
    try:
        return numpy.frombuffer(array("d", values))
    except (TypeError, OverflowError):
        return None


def counts_of(column: ColumnBins) -> ColumnCounts:
    """The counts of a feature, none yet."""
    return _Numeric(column) if column.categories is None else _Categorical(column)
