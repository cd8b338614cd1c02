"""Values into a profile's cells: the one place where rows become counts.

Sorting a batch first and searching the few edges in it is what makes this fast (five times faster than searching
each value among the edges), and the sorted batch gives the sums of all bins in one pass.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pyarrow as pa

from mlflow_exporter.profiles.layout import Floats, Ints, Values
from mlflow_exporter.profiles.profile import Fault, Moment, Profile, heaviest

BLOCK = 65_536
"""Values sorted at a time: what fits in a core's cache (sorting a million at once takes three times as long)."""

UNSEEN_LENGTH = 100
"""Characters kept of a category that the baseline has not: a column may turn out to hold whole documents."""


def count_numbers(profile: Profile, index: int, values: Values) -> None:
    """Add `values` (n,), none missing, to numeric column `index`: of its edges' type, NaN and infinities allowed."""
    # Sums and squares of floats near 1e300 and 1e154 overflow; see Profile.
    with np.errstate(over="ignore", invalid="ignore"):
        for first in range(0, len(values), BLOCK):
            _count_block(profile, index, np.sort(values[first : first + BLOCK]))


def count_categories(profile: Profile, index: int, codes: Ints, names: pa.Array, cells: Ints) -> None:
    """Add categories to categorical column `index`.

    `codes` (n,) point into `names`, V texts, and are -1 where a value is missing; `cells` (V,) says in which cell of
    the column each text belongs: its category's, or the last one.
    """
    start, stop = profile.layout.categorical_starts[index : index + 2]
    column = profile.layout.categorical[index]
    # One cell more, for what is missing: it is last, so -1 leads to it.
    cell_of_row = np.append(cells, column.cells)[codes]
    counts = np.bincount(cell_of_row, minlength=column.cells + 1)
    profile.cells[start:stop] += counts[:-1]
    profile.faults[Fault.MISSING, len(profile.layout.numeric) + index] += counts[-1]
    if not column.other and profile.cells[stop - 1]:
        unseen = _counted(codes[cell_of_row == column.cells - 1], names)
        if unseen:
            profile.unseen[column.name] = heaviest(profile.unseen.get(column.name, Counter()) + unseen)


def _counted(codes: Ints, names: pa.Array) -> Counter[str]:
    distinct, rows = np.unique(codes, return_counts=True)
    counts: Counter[str] = Counter()
    for name, count in zip(names.take(pa.array(distinct)).to_pylist(), rows.tolist(), strict=True):
        counts[name[:UNSEEN_LENGTH]] += count
    return counts


def _count_block(profile: Profile, index: int, ordered: Values) -> None:
    if ordered.dtype.kind == "f":
        ordered = _set_aside_unbounded(profile, index, ordered)
    if not len(ordered):
        return
    start, stop = profile.layout.numeric_starts[index : index + 2]
    bins, sums = profile.bins[start:stop], profile.sums[start:stop]
    bounds = np.empty(len(bins) + 1, np.intp)
    bounds[0], bounds[-1] = 0, len(ordered)
    bounds[1:-1] = ordered.searchsorted(profile.layout.numeric[index].edges)
    firsts, counts = bounds[:-1], bounds[1:] - bounds[:-1]
    before = int(bins.sum())
    bins += counts
    # reduceat takes an empty segment for a single element, so only filled bins are asked for.
    filled = counts > 0
    sums[filled] += np.add.reduceat(ordered, firsts[filled], dtype=np.float64)
    _add_moments(profile.moments[:, index], before, ordered)


def _set_aside_unbounded(profile: Profile, index: int, ordered: Values) -> Values:
    """Count NaN and infinities as faults, and return the finite values; sorting has put NaN last."""
    if -math.inf < ordered[0] and ordered[-1] < math.inf:
        return ordered
    first = np.searchsorted(ordered, -np.inf, side="right")
    last, numbers = np.searchsorted(ordered, [np.inf, np.nan], side="left")
    faults = profile.faults[:, index]
    faults[Fault.NEGATIVE_INFINITY] += first
    faults[Fault.POSITIVE_INFINITY] += numbers - last
    faults[Fault.NAN] += len(ordered) - numbers
    return ordered[first:last]


def _add_moments(moments: Floats, before: int, ordered: Values) -> None:
    """Merge the moments of finite, sorted values into a column's (Chan, Golub, LeVeque, 1979)."""
    n = len(ordered)
    mean, m2 = _mean_and_m2(ordered)
    if before:
        delta, weight = mean - moments[Moment.MEAN], n / (before + n)
        mean = moments[Moment.MEAN] + delta * weight
        m2 += moments[Moment.M2] + delta * delta * before * weight
    moments[Moment.MEAN], moments[Moment.M2] = mean, m2
    moments[Moment.MINIMUM] = min(moments[Moment.MINIMUM], float(ordered[0]))
    moments[Moment.MAXIMUM] = max(moments[Moment.MAXIMUM], float(ordered[-1]))


def _mean_and_m2(ordered: Values) -> tuple[float, float]:
    """Mean and sum of squared deviations, counted from the median.

    Equal values have a spread of exactly 0, and since a mean is never further from the median than one standard
    deviation, subtracting it afterwards costs a bit at most.
    """
    n, median = len(ordered), ordered[len(ordered) // 2]
    offsets = _offsets(ordered, median)
    offset = float(offsets.sum()) / n
    # einsum and not dot: BLAS would start threads beside ours.
    m2 = float(np.einsum("i,i->", offsets, offsets)) - n * offset * offset
    mean = float(median) + offset
    return mean if math.isfinite(mean) else float((ordered / n).sum()), max(m2, 0.0) if math.isfinite(m2) else math.inf


def _offsets(ordered: Values, median: np.float64 | np.int64) -> Floats:
    if ordered.dtype == np.int64 and int(ordered[-1]) - int(ordered[0]) > np.iinfo(np.int64).max:
        return ordered.astype(np.float64) - float(median)
    return (ordered - median).astype(np.float64, copy=False)
