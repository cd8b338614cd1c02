"""Chi-squared test of homogeneity, with Cramér's V as its size of effect."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from scipy import special

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.profiles.layout import Floats
from mlflow_exporter.profiles.profile import segment_sums
from mlflow_exporter.statistics.moments import upper_quantile
from mlflow_exporter.statistics.rare import crowded_cell
from mlflow_exporter.statistics.samples import divide, effective_rows, shares

CELLS: Final[Literal["fine", "coarse"]] = "coarse"
FLOOR: Final = 0.1  # Cohen's small effect, at two samples of one size


def score(comparison: Comparison) -> Floats:
    """(C,) Cramér's V of the table of sample by cell, 0 to 1; NaN where a side has no row. Exact on the cells.

    Notes
    -----
    V^2 = X^2 / (n + m), with Pearson's X^2 of the two-sample table: never a goodness of fit, which takes the
    baseline's shares for the truth.

    References
    ----------
    Cramér, Mathematical Methods of Statistics, 1946.

    Examples
    --------
    >>> score(Comparison(np.array([0, 2]), np.array([50, 50]), np.array([60, 40]))).round(4)
    array([0.1005])
    """
    window, baseline = shares(comparison)
    both = comparison.window + comparison.baseline
    terms = divide(np.square(window - baseline), both, 0.0)
    association: Floats = np.sqrt(effective_rows(comparison) * segment_sums(terms, comparison.starts))
    return association


def p_value(comparison: Comparison, score: Floats) -> Floats:
    """(C,) the chance of such a V without drift, by the chi-squared limit (as `scipy.stats.chi2_contingency`)."""
    freedom = _filled_cells(comparison) - 1
    tail = special.chdtrc(np.maximum(freedom, 1), np.square(score) * _rows(comparison))
    return np.where(freedom > 0, tail, np.where(np.isnan(score), np.nan, 1.0))


def critical(comparison: Comparison, rate: float) -> Floats:
    """(C,) the V that a share `rate` of undrifted windows exceeds.

    Notes
    -----
    The chi-squared limit raises many false alarms where cells are sparse. Here a gamma distribution has the exact
    mean and variance of X^2 over all tables with these margins.

    References
    ----------
    Dawson, A simplified expression for the variance of the chi-squared function on a contingency table,
    Biometrika 41, 1954.
    """
    mean, variance = _permutation_moments(comparison)
    skewness = divide(2 * np.sqrt(variance), mean, 1.0)
    quantile = np.maximum(upper_quantile(mean, variance, skewness, rate), 0)  # rounding can leave -1e-17
    association: Floats = np.sqrt(quantile / _rows(comparison))
    return association


def rare(comparison: Comparison, rate: float) -> Floats:
    """(C,) the score that one crowded cell reaches at this rate."""
    return crowded_cell(score, comparison, rate)


def floor(comparison: Comparison, effect: Floats) -> Floats:
    """(C,) the V of an effect that is `effect` at two samples of one size.

    V shrinks as the sizes n and m part, whatever the drift: by 2 sqrt(nm) / (n + m).
    """
    return effect * 2 * np.sqrt(effective_rows(comparison) / _rows(comparison))


def _rows(comparison: Comparison) -> Floats:
    """(C,) n + m, and 1 where there is none."""
    rows: Floats = np.maximum(comparison.window_rows + comparison.baseline_rows, 1).astype(np.float64)
    return rows


def _filled_cells(comparison: Comparison) -> Floats:
    return segment_sums(((comparison.window + comparison.baseline) > 0).astype(float), comparison.starts)


def _permutation_moments(comparison: Comparison) -> tuple[Floats, Floats]:
    """(C,) mean and variance of X^2 over the tables with these margins (Dawson, 1954)."""
    total, cells = np.maximum(_rows(comparison), 4), _filled_cells(comparison)
    both = (comparison.window + comparison.baseline).astype(float)
    inverse = divide(np.ones(len(both)), both, 0.0)
    cell_sparsity = (total * segment_sums(inverse, comparison.starts) - cells**2) / (total - 2)
    sample_sparsity = (total / effective_rows(comparison) - 4) / (total - 2)
    free_samples, free_cells = (total - 2) / (total - 1), (cells - 1) * (total - cells) / (total - 1)
    spread = 2 * total / (total - 3) * (free_samples - sample_sparsity) * (free_cells - cell_sparsity)
    variance = spread + total**2 / (total - 1) * sample_sparsity * cell_sparsity
    return total / (total - 1) * (cells - 1), np.maximum(variance, 0)
