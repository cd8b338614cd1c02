"""Kolmogorov-Smirnov: the largest gap between the two distribution functions."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from scipy import special

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.profiles.layout import Floats
from mlflow_exporter.statistics.samples import distribution_functions, effective_rows

CELLS: Final[Literal["fine", "coarse"]] = "fine"
FLOOR: Final = 0.08  # the gap that a normal column's shift by 0.2 standard deviations makes

# Smirnov's exact sum takes a time that grows with the rows; beyond this the expansion is within 4% of its chance and
# 0.3% of its critical value.
_EXACT_ROWS: Final = 200
# Below this chance the two one-sided gaps never happen together: twice the one-sided tail is the two-sided one.
_TAIL: Final = 0.05


def score(comparison: Comparison) -> Floats:
    """(C,) the largest |F - G| at the cells' edges, 0 to 1; NaN where a side has no row.

    Exact where each cell holds one value. Else never above the exact value, and below it by at most the largest
    share of the baseline that a cell has.

    Examples
    --------
    >>> score(Comparison(np.array([0, 3]), np.array([5, 5, 0]), np.array([1, 2, 1])))
    array([0.25])
    """
    window, baseline = distribution_functions(comparison)
    gaps: Floats = np.maximum.reduceat(np.abs(window - baseline), comparison.starts[:-1])
    return gaps


def p_value(comparison: Comparison, score: Floats) -> Floats:
    """(C,) the chance of such a gap without drift: `scipy.stats.kstwo` at nm / (n + m) rows.

    Notes
    -----
    In the tail of small samples, twice Smirnov's exact one-sided probability; else Kolmogorov's limit with the
    correction of Vrbik (Pioneer Journal of Theoretical and Applied Statistics 15, 2018). From 10 rows on and down to
    p = 0.001 within 4% of `kstwo`, which takes ten milliseconds a column for windows of 20,000 rows.
    """
    rows = np.round(effective_rows(comparison))
    chance: Floats = special.kolmogorov(_corrected(score, rows))
    few = (rows <= _EXACT_ROWS) & (chance < 2 * _TAIL)
    tail = 2 * special.smirnov(np.maximum(rows[few], 1), score[few])
    chance[few] = np.where(tail < _TAIL, tail, chance[few])
    return chance


def critical(comparison: Comparison, rate: float) -> Floats:
    """(C,) the gap that a share `rate` of undrifted windows exceeds (of continuous columns; fewer with ties)."""
    rows, column = np.unique(np.round(effective_rows(comparison)), return_inverse=True)
    root = np.sqrt(np.maximum(rows, 1))
    gap: Floats = (special.kolmogi(rate) - 1 / (6 * root) + 1 / (4 * root**2)) / (root + 1 / (4 * root))
    few = rows <= _EXACT_ROWS
    gap[few] = special.smirnovi(np.maximum(rows[few], 1), rate / 2)
    return gap[column]


def _corrected(score: Floats, rows: Floats) -> Floats:
    """Vrbik's argument for Kolmogorov's limit."""
    root = np.sqrt(np.maximum(rows, 1))
    scaled = root * score
    corrected: Floats = np.maximum(scaled + 1 / (6 * root) + (scaled - 1) / (4 * root**2), 0)
    return corrected
