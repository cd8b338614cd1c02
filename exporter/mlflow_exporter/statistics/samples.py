"""What several drift tests derive from the two samples: sizes, shares of the rows, distribution functions."""

from __future__ import annotations

import numpy as np

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.profiles.layout import Floats, Ints
from mlflow_exporter.profiles.profile import segment_sums

PSEUDO_COUNT = 0.5


def effective_rows(comparison: Comparison) -> Floats:
    """(C,) nm / (n + m), the size of one sample that is as informative as the two; NaN where either is empty."""
    n, m = comparison.window_rows, comparison.baseline_rows
    return divide(n.astype(float) * m, (n + m) * ((n > 0) & (m > 0)), np.nan)


def shares(comparison: Comparison) -> tuple[Floats, Floats]:
    """(S,) each cell's share of the window's and of the baseline's rows; NaN where that side has none."""
    column = comparison.column_of_cell
    window = divide(comparison.window, comparison.window_rows[column], np.nan)
    return window, divide(comparison.baseline, comparison.baseline_rows[column], np.nan)


def smoothed_shares(comparison: Comparison) -> tuple[Floats, Floats]:
    """(S,) shares of which none is 0 where the other side's is not.

    A cell that is empty on one side only counts as PSEUDO_COUNT rows there, and the shares are of the rows so
    increased. A cell that is empty on both sides is in neither distribution: its shares are 0.
    """
    window, baseline = comparison.window, comparison.baseline
    filled_window = window + PSEUDO_COUNT * ((window == 0) & (baseline > 0))
    filled_baseline = baseline + PSEUDO_COUNT * ((baseline == 0) & (window > 0))
    return _of_column(filled_window, comparison, comparison.window_rows), _of_column(
        filled_baseline, comparison, comparison.baseline_rows
    )


def distribution_functions(comparison: Comparison) -> tuple[Floats, Floats]:
    """(S,) the share of the window's and of the baseline's rows up to and with each cell; NaN where there are none."""
    column = comparison.column_of_cell
    window = divide(running_counts(comparison.window, comparison), comparison.window_rows[column], np.nan)
    baseline = divide(running_counts(comparison.baseline, comparison), comparison.baseline_rows[column], np.nan)
    return window, baseline


def running_counts(counts: Ints, comparison: Comparison) -> Ints:
    """(S,) the sum of a column's counts up to and with each cell; exact."""
    total = np.cumsum(counts)
    before = (total - counts)[comparison.starts[:-1]]
    return total - before[comparison.column_of_cell]


def _of_column(amounts: Floats, comparison: Comparison, rows: Ints) -> Floats:
    totals = segment_sums(amounts, comparison.starts) * (rows > 0)
    return divide(amounts, totals[comparison.column_of_cell], np.nan)


def fine_values(comparison: Comparison) -> tuple[Floats, Floats, Floats]:
    """The window's sums and the baseline's (S,), and the baseline's standard deviations (C,).

    Raises ValueError where the comparison has none: it is not of fine cells.
    """
    window, baseline, scale = comparison.window_sums, comparison.baseline_sums, comparison.scale
    if window is None or baseline is None or scale is None:
        raise ValueError("this comparison has no sums of values: compare numeric columns in fine cells")
    return window, baseline, scale


def divide(numerator: Ints | Floats, denominator: Ints | Floats, otherwise: float) -> Floats:
    """The quotient where the denominator is positive, else `otherwise`."""
    quotient = np.full(len(numerator), otherwise)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient
