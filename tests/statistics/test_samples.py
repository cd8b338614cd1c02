"""What the drift tests derive from two samples."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.statistics.samples import distribution_functions, effective_rows, smoothed_shares


def test_effective_rows_are_half_of_equal_samples(categories: Callable[..., Comparison]) -> None:
    """Two samples of 10 are worth one of 5; with an empty side there is no such number."""
    rows = effective_rows(categories(([10], [10]), ([3], [0]), ([0], [4])))
    assert rows == pytest.approx([5, np.nan, np.nan], nan_ok=True)


def test_half_a_row_goes_where_only_one_side_is_empty(categories: Callable[..., Comparison]) -> None:
    """Smoothed shares: ½ where the other side has rows, 0 where neither has, untouched where both have."""
    window, baseline = smoothed_shares(categories(([4, 0, 0, 5], [0, 3, 0, 6])))
    assert window == pytest.approx(np.array([0.5, 3, 0, 6]) / 9.5)
    assert baseline == pytest.approx(np.array([4, 0.5, 0, 5]) / 9.5)


def test_distribution_functions_start_anew_at_each_column(categories: Callable[..., Comparison]) -> None:
    """The running shares of a column end at 1 and know nothing of the column before."""
    window, baseline = distribution_functions(categories(([1, 1], [0, 4]), ([3, 1], [1, 1])))
    assert window.tolist() == [0, 1, 0.5, 1]
    assert baseline.tolist() == [0.5, 1, 0.75, 1]
