"""Coarse cells: about ten of equal mass, merged from fine ones, for the tests that compare cell by cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.profiles.layout import Ints
from mlflow_exporter.profiles.profile import segment_sums
from mlflow_exporter.statistics.samples import running_counts

CELLS = 10
_BELOW, _ABOVE = -1, CELLS


@dataclass(frozen=True, eq=False)
class Grouping:
    """Which neighbouring fine cells are one coarse cell.

    Coarse cell j holds the fine cells cells[j]:cells[j + 1] of the flat arrays; column i has the coarse cells
    starts[i]:starts[i + 1].
    """

    cells: Ints
    starts: Ints

    def merge(self, counts: Ints) -> Ints:
        """The counts of the coarse cells, from those of the fine ones."""
        return np.add.reduceat(counts, self.cells) if len(self.cells) else counts[:0]

    def comparison(self, fine: Comparison) -> Comparison:
        """The same columns in coarse cells."""
        return Comparison(self.starts, self.merge(fine.baseline), self.merge(fine.window))


def group(baseline: Ints, starts: Ints) -> Grouping:
    """The grouping that a baseline's fine counts (S,) pin, at most ten cells a column, as equal in mass as may be.

    A fine cell is never split, so that a frequent value keeps a cell of its own and a column of few values has few
    cells. Fine cells without a baseline row (the open ones, gaps between discrete values) go with the neighbour
    before them, else after: but in a column of one value they stay, for else no test could see it change.

    >>> grouping = group(np.array([0, 60, 20, 20, 0]), np.array([0, 5]))
    >>> grouping.cells.tolist(), grouping.merge(np.array([1, 2, 3, 4, 5])).tolist()
    ([0, 2, 3], [3, 3, 9])
    """
    if len(starts) == 1:
        return Grouping(np.zeros(0, np.int64), np.zeros(1, np.int64))
    labels = _labels(Comparison(starts, baseline, baseline))
    first = np.append(True, labels[1:] != labels[:-1])
    first[starts[:-1]] = True
    cells = np.flatnonzero(first).astype(np.int64)
    return Grouping(cells, np.searchsorted(cells, starts).astype(np.int64))


def _labels(fine: Comparison) -> Ints:
    """(S,) the tenth of the baseline's mass that holds the middle of each cell's rows."""
    column, counts = fine.column_of_cell, fine.baseline
    middle = 2 * running_counts(counts, fine) - counts
    tenth = np.minimum(CELLS * middle // np.maximum(2 * fine.baseline_rows, 1)[column], CELLS - 1)
    home = _home(fine)
    alone = segment_sums((counts > 0).astype(np.int64), fine.starts)[column] == 1
    index = np.arange(len(counts))
    outside = np.where(index < home, _BELOW, _ABOVE)
    return np.where(alone & (counts == 0), outside, tenth[home])


def _home(fine: Comparison) -> Ints:
    """(S,) the cell with rows that each cell goes with: itself, else the one before it, else the first of the column.

    Where a column has no row at all, every cell goes with its first.
    """
    column, index, filled = fine.column_of_cell, np.arange(len(fine.baseline)), fine.baseline > 0
    before = np.maximum.accumulate(np.where(filled, index, -1))
    after = np.minimum.accumulate(np.where(filled, index, len(index))[::-1])[::-1]
    begin, end = fine.starts[column], fine.starts[column + 1]
    nearest = np.where(before >= begin, before, np.where(after < end, after, begin))
    return nearest.astype(np.int64)
