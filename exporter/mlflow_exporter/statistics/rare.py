"""What a single rare cell can do: the part of a null distribution that its moments do not show."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.profiles.layout import Floats, Ints


def crowded_cell(score: Callable[[Comparison], Floats], comparison: Comparison, rate: float) -> Floats:
    """(C,) the largest score that one cell alone, crowded as chance makes it at this rate, gives its column.

    A category with one row in 20,000 is in few windows, but where it is, it is 400 times its share: the mean and
    the variance of a score are blind to that. Each cell is compared with all others together; merging cells never
    enlarges these scores, so that the true critical value is at least this one.
    """
    crowded = np.repeat(_crowd(comparison, rate), 2)
    crowded[1::2] = comparison.window_rows[comparison.column_of_cell] - crowded[::2]
    kept = np.repeat(comparison.baseline, 2)
    kept[1::2] = comparison.baseline_rows[comparison.column_of_cell] - kept[::2]
    pairs = Comparison(np.arange(0, len(kept) + 1, 2), kept, crowded)
    return np.maximum.reduceat(score(pairs), comparison.starts[:-1])


def _crowd(comparison: Comparison, rate: float) -> Ints:
    """(S,) the window's rows in each cell that undrifted windows exceed at rate / cells.

    Given b of the baseline's m rows in a cell, a window of n has a beta-binomial number there, with Jeffreys' prior;
    its quantile by Cornish and Fisher's expansion, 0 where one row is too rare.
    """
    column = comparison.column_of_cell
    n, m = comparison.window_rows[column], np.maximum(comparison.baseline_rows[column], 1)
    tail = rate / np.diff(comparison.starts)[column]
    share = (comparison.baseline + 0.5) / (m + 1)
    mean, variance = n * share, n * share * (1 - share) * (1 + n / m)
    skewed_deviation = (1 - 2 * share) * (1 + 2 * n / m)  # skewness times standard deviation
    z = -special.ndtri(tail)
    quantile = mean + z * np.sqrt(variance) + (z * z - 1) / 6 * skewed_deviation
    return np.where(mean > tail, np.clip(np.floor(quantile), 0, n), 0).astype(np.int64)
