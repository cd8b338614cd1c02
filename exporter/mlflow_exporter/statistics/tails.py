"""How far a baseline's values can reach: Pareto tails fitted to its outermost cells."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.profiles.layout import Floats, Ints
from mlflow_exporter.profiles.profile import segment_sums
from mlflow_exporter.statistics.samples import divide, fine_values, running_counts

Bools: TypeAlias = NDArray[np.bool_]

_TAIL = 0.01
_TAIL_ROWS = 25  # fewer do not tell the index


def farthest(comparison: Comparison, rate: float) -> Floats:
    """(C,) the distance from the median that the farthest of a window's rows exceeds at this rate.

    Each side's tail, the outer 1% of the baseline but at least 25 rows, is taken for a Pareto law with the index
    of Hill (Annals of Statistics 3, 1975) from the cells' means; 0 where no row lies there.
    """
    counts, (_, sums, _) = comparison.baseline, fine_values(comparison)
    means = divide(sums, counts, np.nan)
    up_to = running_counts(counts, comparison)
    above = comparison.baseline_rows[comparison.column_of_cell] - up_to + counts
    sides = [_reach(comparison, means, beyond, rate / 2) for beyond in (up_to, above)]
    return np.where(sides[0] > sides[1], *sides)


def _reach(comparison: Comparison, means: Floats, beyond: Ints, rate: float) -> Floats:
    """`farthest` on one side, where `beyond` (S,) is the number of rows in a cell and farther out."""
    column, starts, m = comparison.column_of_cell, comparison.starts, np.maximum(comparison.baseline_rows, 1)
    distance = np.abs(means - _median(comparison, means)[column])
    outer = (beyond <= np.maximum(_TAIL * m, _TAIL_ROWS)[column]) & (comparison.baseline > 0) & (distance > 0)
    onset = _onset(distance, outer, beyond <= m[column] / 2, starts)
    rows = segment_sums(np.where(outer, comparison.baseline, 0), starts)
    ratio = np.where(outer, distance, 1) / np.where(outer, onset[column], 1)
    logs = segment_sums(comparison.baseline * np.log(np.maximum(ratio, 1)), starts)
    expected = comparison.window_rows * rows / m
    return np.where(rows > 0, onset * np.power(np.maximum(expected / rate, 1), divide(logs, rows, 0.0)), 0)


def _onset(distance: Floats, outer: Bools, side: Bools, starts: Ints) -> Floats:
    """(C,) where the tail begins: between the means of its first cell and of the cell before, 0 where there is none."""
    first = np.minimum.reduceat(np.where(outer, distance, np.inf), starts[:-1])
    last = np.maximum.reduceat(np.where(side & ~outer & np.isfinite(distance), distance, 0), starts[:-1])
    begin = np.where(np.isfinite(first), first, 0)
    return np.where(last > 0, np.sqrt(begin * last), begin)


def _median(comparison: Comparison, means: Floats) -> Floats:
    """(C,) the mean of the cell that holds the baseline's median row."""
    half = comparison.baseline_rows[comparison.column_of_cell] / 2
    past = (running_counts(comparison.baseline, comparison) >= half) & (comparison.baseline > 0)
    cell = np.where(past, np.arange(len(past)), len(past) - 1)
    return means[np.minimum.reduceat(cell, comparison.starts[:-1])]
