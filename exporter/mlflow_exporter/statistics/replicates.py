"""Comparisons without drift: a column's baseline beside windows that the same population may give."""

from __future__ import annotations

import numpy as np

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.profiles.layout import Floats, Ints

_SEED = 20_090
_DRAWN_CELLS = 32_768
_REPLICATES = (128, 1_024)
# Ordered cells are merged until about this many are left: more draws for the same time matter more (measured: the
# mean and the deviation of a score stay within 5%, while with 130 draws of 260 cells their noise is 30%).
_ORDERED_CELLS = 40


class Replicates:
    """Populations that a column's baseline may have come from, each to draw windows from.

    The chances of the cells are drawn from the Dirichlet distribution that the baseline's counts give (the Bayesian
    bootstrap: Rubin, Annals of Statistics 9, 1981). So the noise of the baseline is in the chances while its counts
    stay as they are: drawing the baseline anew instead would lose its rarest categories and with them up to 1.4
    deviations of a score (measured with 1,000 categories of Zipf's law). Categories that the baseline has not have
    together as many rows' chance as there are categories met once (Good, Biometrika 40, 1953).
    """

    def __init__(self, baseline: Comparison, i: int) -> None:
        counts, sums = _cells(baseline, i)
        self._rng = np.random.default_rng([_SEED, i])
        self._size = int(np.clip(_DRAWN_CELLS // len(counts), *_REPLICATES))
        self._starts = np.arange(self._size + 1, dtype=np.int64) * len(counts)
        self._counts = np.tile(counts, self._size)
        weights = counts if sums is not None else np.append(counts[:-1], np.sum(counts == 1))
        chances = self._rng.standard_gamma(weights, (self._size, len(counts)))
        self._chances = chances / chances.sum(axis=1, keepdims=True)
        self._means = None if sums is None else np.tile(sums / counts, self._size)
        self._scale = None if baseline.scale is None else np.repeat(baseline.scale[i], self._size)

    def against(self, rows: int) -> Comparison:
        """The baseline, once a column, beside a window of that many rows from each population."""
        window = self._rng.multinomial(rows, self._chances).astype(np.int64).ravel()
        if self._means is None:
            return Comparison(self._starts, self._counts, window)
        sums = self._counts * self._means, window * self._means
        return Comparison(self._starts, self._counts, window, *sums, self._scale)


def _cells(baseline: Comparison, i: int) -> tuple[Ints, Floats | None]:
    """Counts and sums of the cells that have rows; ordered ones merged, else with one more cell for the unseen."""
    begin, end = baseline.starts[i], baseline.starts[i + 1]
    cells = np.flatnonzero(baseline.baseline[begin:end]) + begin
    counts, sums = baseline.baseline[cells], baseline.baseline_sums
    if sums is None:
        return np.append(counts, 0), None
    first = _merged(counts)
    return np.add.reduceat(counts, first), np.add.reduceat(sums[cells], first)


def _merged(counts: Ints) -> Ints:
    """Where each merged cell begins: of equal width in arcsin sqrt F, so that the tails keep more cells."""
    middle = (np.cumsum(counts) - counts / 2) / counts.sum()
    label = np.floor(_ORDERED_CELLS * 2 / np.pi * np.arcsin(np.sqrt(middle)))
    return np.flatnonzero(np.append(True, label[1:] != label[:-1]))
