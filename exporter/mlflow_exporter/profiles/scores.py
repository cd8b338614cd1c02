"""Scores counted by label between pinned edges: all that ranking metrics need of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlflow_exporter.profiles.layout import Floats, Ints

# A baseline with at most this many distinct scores gets a cell of its own for each.
DISTINCT_KEPT = 256


def score_edges(baseline: Floats, resolution: int) -> Floats:
    """(E,) ascending edges for scores in [0, 1]; E is at most about 3 * resolution, or 1,500 for a resolution of 500.

    Three grids in one, so that the cells are narrow wherever the scores are or will drift to: multiples of
    1 / resolution, which include round thresholds; points evenly spaced in log-odds down to 1e-8 next to 0 and 1;
    quantiles of the baseline's scores (n,), denser towards both ends because average precision depends on the few
    highest. Scores that many rows share get a cell of their own, and so do 0 and 1.

    >>> edges = score_edges(np.array([0.25, 0.25, 0.3]), 10)
    >>> bool(np.isin([0.25, np.nextafter(0.25, 1), 0.3, 1.0], edges).all())
    True
    """
    uniform = np.arange(1, resolution + 1) / resolution
    low = _expit(np.linspace(-18, -5, resolution * (3 if len(baseline) else 8) // 10))
    shared, spread = _shared_and_spread(np.sort(baseline), resolution)
    shared = np.concatenate((shared, [0.0, 1.0]))
    edges = np.unique(np.concatenate((uniform, low, 1 - low, spread, shared, np.nextafter(shared, 2.0))))
    return edges[(edges > 0) & (edges <= 1)]


def _shared_and_spread(ordered: Floats, resolution: int) -> tuple[Floats, Floats]:
    distinct = np.unique(ordered)
    if len(distinct) <= DISTINCT_KEPT:
        return distinct, distinct
    each = resolution * 6 // 10
    ranks = np.concatenate((np.linspace(0, 1, each), _expit(np.linspace(-12, 12, each))))
    positions = np.unique((ranks * (len(ordered) - 1)).astype(np.int64))
    quantiles, times = np.unique(ordered[positions], return_counts=True)
    return quantiles[times > 1], quantiles


def _expit(log_odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-log_odds)), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class ScoreHistogram:
    """Rows by score cell and label; flat over the score columns, S cells in all.

    `counts`, `minima` and `maxima` are (2, S): row 0 is of the rows of any other class, row 1 of the rows of the
    column's class. An empty cell has minimum +inf and maximum -inf. The extremes tell tied scores from spread ones,
    and order the rows of a cell exactly while it holds no more than about two of each label.
    """

    counts: Ints
    minima: Floats
    maxima: Floats

    @classmethod
    def empty(cls, cells: int) -> ScoreHistogram:
        """The histogram of no rows in S cells."""
        return cls(np.zeros((2, cells), np.int64), np.full((2, cells), np.inf), np.full((2, cells), -np.inf))

    @classmethod
    def of(cls, edges: Sequence[Floats], scores: Floats, actual: Ints, codes: Sequence[int]) -> ScoreHistogram:
        """The histogram of scores (n, K) whose rows are of the classes `actual` (n,); column k scores codes[k]."""
        histogram = cls.empty(sum(len(column) + 1 for column in edges))
        start = 0
        for k, code in enumerate(codes):
            stop = start + len(edges[k]) + 1
            positive = actual == code
            for label, chosen in enumerate((~positive, positive)):
                _count(histogram, np.s_[label, start:stop], edges[k], np.sort(scores[chosen, k]))
            start = stop
        return histogram

    def merge(self, other: ScoreHistogram) -> ScoreHistogram:
        """The histogram of the rows of both."""
        return ScoreHistogram(
            self.counts + other.counts,
            np.minimum(self.minima, other.minima),
            np.maximum(self.maxima, other.maxima),
        )

    def column(self, cells: slice) -> ScoreHistogram:
        """The histogram of one score column, whose cells these are."""
        return ScoreHistogram(self.counts[:, cells], self.minima[:, cells], self.maxima[:, cells])

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """All that the histogram holds, by name."""
        return {"score_counts": self.counts, "score_minima": self.minima, "score_maxima": self.maxima}


def _count(histogram: ScoreHistogram, cells: tuple[int, slice], edges: Floats, ordered: Floats) -> None:
    # Sorting first makes the search of the edges cheap and gives the extremes of each cell for free.
    bounds = np.concatenate(([0], np.searchsorted(ordered, edges), [len(ordered)]))
    counts = np.diff(bounds)
    filled = counts > 0
    histogram.counts[cells] = counts
    histogram.minima[cells][filled] = ordered[bounds[:-1][filled]]
    histogram.maxima[cells][filled] = ordered[bounds[1:][filled] - 1]
