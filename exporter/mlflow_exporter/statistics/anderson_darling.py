"""Anderson-Darling: the squared gap of the distribution functions, weighted so that the tails count as the middle."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from scipy import special

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.profiles.layout import Floats, Ints
from mlflow_exporter.profiles.profile import segment_sums
from mlflow_exporter.statistics.samples import divide, effective_rows, running_counts

CELLS: Final[Literal["fine", "coarse"]] = "fine"
FLOOR: Final = 0.02  # a normal column's shift by 0.2 standard deviations, which is the floor of ks too
POWER: Final = 1
SHRINKS: Final = 1.0

_TAIL: Final = 3.0


def score(comparison: Comparison) -> Floats:
    """(C,) A^2 (n + m) / (nm), 0 or more; NaN where a side has no row.

    Notes
    -----
    A^2 is the two-sample statistic for ties (midranks). As it grows with the rows, it is taken per effective row:
    the integral of (F - G)^2 / (H (1 - H)) dH, with H the distribution of both samples together. Exact where each
    cell holds one value. Else, measured with baselines of 20,000 rows, within 2% for windows of the baseline's range
    and within 6% for those outside it, whose rows share a few cells.

    References
    ----------
    Scholz and Stephens, K-sample Anderson-Darling tests, Journal of the American Statistical Association 82, 1987:
    equation 7, of which the two samples' terms are added.

    Examples
    --------
    >>> score(Comparison(np.array([0, 3]), np.array([5, 5, 0]), np.array([1, 2, 1]))).round(4)
    array([0.4757])
    """
    rows = effective_rows(comparison)
    total = (comparison.window_rows + comparison.baseline_rows).astype(float)
    terms = segment_sums(_terms(comparison), comparison.starts)
    return np.where(rows > 0, terms * (1 - 1 / np.maximum(total, 1)), np.nan)


def p_value(comparison: Comparison, score: Floats) -> Floats:
    """(C,) the chance of such an A^2 without drift, by its limit for continuous columns (within 0.5% of that).

    Ties make it too small, which is why the threshold comes from a simulation.
    """
    return _survival(score * effective_rows(comparison))


def _terms(comparison: Comparison) -> Floats:
    """(S,) each cell's part of the integral, with the distribution functions at the middle of the cell's rows."""
    column = comparison.column_of_cell
    both = comparison.window + comparison.baseline
    n = np.maximum(comparison.window_rows, 1)[column].astype(float)
    m = np.maximum(comparison.baseline_rows, 1)[column].astype(float)
    middle = running_counts(both, comparison) - both / 2
    gap = _middle(comparison.window, comparison) / n - _middle(comparison.baseline, comparison) / m
    total = n + m
    weight = middle * (total - middle) - total * both / 4
    squares = np.square(gap) * both * total
    return divide(squares, weight, 0.0)


def _middle(counts: Ints, comparison: Comparison) -> Floats:
    return running_counts(counts, comparison) - counts / 2


def _survival(squared: Floats) -> Floats:
    """The chance that A^2 in the limit, a sum of chi-squared variables over i (i + 1), is larger.

    Below _TAIL by Marsaglia and Marsaglia (Journal of Statistical Software 9, 2004), whose relative error grows in
    the tail; above by Zolotarev's expansion (Theory of Probability and its Applications 6, 1961) about the largest
    weight, 1/2: the product of (1 - 2 / (i (i + 1)))^(-1/2) over the others is sqrt 3, the next order 11/36.
    """
    z = np.maximum(squared, 1e-3)
    inner = 0.0649821 - (0.0347962 - (0.011672 - 0.00168691 * z) * z) * z
    body = np.exp(-1.2337141 / z) / np.sqrt(z) * (2.00012 + (0.247105 - inner * z) * z)
    low = 1.0776 - (2.30695 - (0.43424 - (0.082433 - (0.008056 - 0.0003146 * z) * z) * z) * z) * z
    middle = np.exp(-np.exp(low))
    tail = np.sqrt(3) * special.erfc(np.sqrt(z)) * (1 + 11 / (36 * z))
    return np.where(z < 2, 1 - body, np.where(z < _TAIL, 1 - middle, tail))
