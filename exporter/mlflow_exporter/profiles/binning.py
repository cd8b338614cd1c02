"""Where a baseline column's bins go.

About 240 bins of equal mass keep the Kolmogorov–Smirnov distance exact to 1/240; 8 geometric ones in each tail, beyond
the 0.1% and 99.9% quantiles, keep the Wasserstein distance and the extreme quantiles exact where the mass is thin. A
value that holds more than one bin's mass gets a bin of its own (an atom), and a column with at most 256 distinct values
has an atom for each of them, so that discrete columns lose nothing.

A float on its way through a log is not always the same float: text has six or ten digits, a server computes in single
precision. So an edge lies a little below its value and an atom's bin ends a little above it, by a part in 100,000 and
never more than a quarter of the way to a neighbour. Integers are exact.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from mlflow_exporter.profiles.layout import Ints, Values

BODY_BINS = 240
TAIL_BINS = 8
TAIL_MASS = 0.001
MOST_ATOMS = 256
MOST_CATEGORIES = 1_000
TOLERANCE = 1e-5


def is_discrete(values: Values) -> bool:
    """Whether there are so few distinct values (n,) that `numeric_edges` gives each a bin of its own."""
    return 0 < len(np.unique(values)) <= MOST_ATOMS


def numeric_edges(values: Values) -> Values:
    """Ascending edges for a column whose finite baseline values are `values` (n,), in their own type.

    A bin holds at most 1/240 of the values, rounded up, or several equal ones. The first edge is the smallest
    value and the last the next value after the largest (within TOLERANCE, for floats), so that the two open bins hold
    what lies outside the range of `values`. No values: no edges (one bin for everything).

    >>> numeric_edges(np.array([3, 1, 1, 2])).tolist()
    [1, 2, 3, 4]
    """
    distinct, counts = np.unique(values, return_counts=True)
    below, above = _around(distinct)
    if len(distinct) <= MOST_ATOMS:
        return np.unique(np.concatenate([below, above]))
    ends = np.cumsum(counts)
    body = below[_first_of_bins(ends - counts, len(values))]
    atoms = np.flatnonzero(counts * BODY_BINS > len(values))
    return np.unique(np.concatenate([body, _tails(distinct, ends), below[atoms], above[atoms], above[-1:]]))


def top_categories(counts: Counter[str]) -> tuple[str, ...]:
    """The categories that are counted one by one, heaviest first: at most 1,000.

    >>> top_categories(Counter("aabccc"))
    ('c', 'a', 'b')
    """
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(category for category, _ in ordered[:MOST_CATEGORIES])


def _around(distinct: Values) -> tuple[Values, Values]:
    """Where the bin of each distinct value (D,), ascending, starts and ends if it holds that value alone."""
    if distinct.dtype == np.int64:
        # After the largest integer there is none.
        return distinct, np.where(distinct < np.iinfo(np.int64).max, distinct, distinct - 1) + 1
    # The span of a float column may not fit in a float.
    with np.errstate(over="ignore"):
        gaps = np.diff(distinct, prepend=-np.inf, append=np.inf)
        room = np.minimum(np.abs(distinct) * TOLERANCE, np.minimum(gaps[:-1], gaps[1:]) / 4)
        below = np.maximum(distinct - room, -np.finfo(np.float64).max)
        return below, np.maximum(distinct + room, np.nextafter(distinct, np.inf))


def _first_of_bins(ranks: Ints, rows: int) -> list[int]:
    """Which distinct values start a bin when each reaches to the next 240th of the rows, or holds one value of more.

    `ranks` (D,) tells how many values are smaller than each distinct one.
    """
    firsts = [0]
    while firsts[-1] < len(ranks) - 1:
        share = int(ranks[firsts[-1]]) * BODY_BINS // rows + 1
        fits = int(np.searchsorted(ranks, -(-share * rows // BODY_BINS), side="right")) - 1
        firsts.append(max(fits, firsts[-1] + 1))
    return firsts


def _tails(distinct: Values, ends: Ints) -> Values:
    """Points between the extremes and the tail quantiles, each twice as close to the quantile as the last.

    `ends` (D,) tells how many values are smaller than or equal to each distinct one.
    """
    low, high = distinct[np.searchsorted(ends, np.array([TAIL_MASS, 1 - TAIL_MASS]) * ends[-1], side="right")]
    first, last = distinct[0], distinct[-1]
    halvings = range(1, TAIL_BINS + 1)
    if distinct.dtype == np.int64:
        # Python's integers: the span of an int64 column may not fit in an int64.
        below = [int(low) - ((int(low) - int(first)) >> j) for j in halvings]
        above = [int(high) + ((int(last) - int(high)) >> j) for j in halvings]
    else:
        # Halved before they are subtracted: the span of a float column may not fit in a float.
        below = [low - (low / 2**j - first / 2**j) for j in halvings]
        above = [high + (last / 2**j - high / 2**j) for j in halvings]
    points: Values = np.array([*below, *above], dtype=distinct.dtype)
    return points
