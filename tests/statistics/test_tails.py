"""How far a tail reaches, against distributions whose reach is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.statistics.tails import farthest


@pytest.mark.parametrize("side", (1, -1))
@pytest.mark.parametrize("index", (1.0, 3.0))
def test_the_farthest_of_a_pareto_column_is_its_quantile(
    side: int, index: float, fine: Callable[..., Comparison]
) -> None:
    """The farthest of 100 rows is within a factor of two the Pareto quantile, on either side."""
    rows = side * (np.random.default_rng(2).pareto(index, 50_000) + 1)
    reach = farthest(fine([rows], [rows[:100]]), 1e-3)[0]
    exact = stats.pareto.isf(5e-4 / 100, index) - 2 ** (1 / index)
    assert exact / 2 < reach < exact * 2


def test_a_column_without_tail_reaches_nowhere(fine: Callable[..., Comparison]) -> None:
    """Two frequent values have no row in their outer 1%."""
    rows = np.repeat([0.0, 1.0], 50)
    assert farthest(fine([rows], [rows]), 1e-3).tolist() == [0]
