"""What one rare cell can do, against SciPy's beta-binomial distribution."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.statistics import total_variation
from mlflow_exporter.statistics.rare import _crowd, crowded_cell

RATE = 1e-4


@pytest.mark.parametrize("rows", (50, 1_000, 100_000))
@pytest.mark.parametrize("count", (0, 1, 30, 1_000))
def test_the_crowd_is_the_beta_binomial_quantile(rows: int, count: int, categories: Callable[..., Comparison]) -> None:
    """The rows in a crowded cell are the quantile of what a window has there, give or take a row and 15%."""
    comparison = categories(([count, 20_000 - count], [rows, 0]))
    crowd = _crowd(comparison, RATE)[0]
    exact = stats.betabinom.isf(RATE / 2, rows, count + 0.5, 20_000 - count + 0.5)
    assert crowd == pytest.approx(exact, abs=1, rel=0.15)


def test_a_cell_too_rare_to_be_met_does_not_count(categories: Callable[..., Comparison]) -> None:
    """Where even one row is rarer than the rate, no row is expected."""
    assert _crowd(categories(([0, 10_000_000], [30, 0])), 1e-3)[0] == 0


def test_it_is_the_score_of_the_crowded_cell_alone(categories: Callable[..., Comparison]) -> None:
    """Of the cells of a column the one that moves the score most is taken, merged with no other."""
    comparison = categories(([19_990, 10], [100, 0]), ([10_000, 10_000], [100, 0]))
    crowd = _crowd(comparison, RATE)
    expected = np.abs(crowd / 100 - comparison.baseline / 20_000).reshape(2, 2).max(axis=1)
    assert crowded_cell(total_variation.score, comparison, RATE) == pytest.approx(expected)
