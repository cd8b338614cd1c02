"""Kolmogorov-Smirnov against SciPy on the raw rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.statistics import ks

Rows = NDArray[Any]


def _ranks(*sides: Rows) -> list[Rows]:
    """SciPy reads integers as floats; their ranks stay apart beyond 2^53."""
    ranks = np.unique(np.concatenate(sides), return_inverse=True)[1]
    return np.split(ranks, np.cumsum([len(side) for side in sides])[:-1])


def _exact(baseline: Rows, window: Rows) -> float:
    return float(stats.ks_2samp(*_ranks(baseline, window), method="asymp").statistic)


def test_it_is_within_the_largest_bin_of_the_exact_gap(
    continuous: tuple[Rows, Rows], fine: Callable[..., Comparison]
) -> None:
    """On continuous rows the score is at most one bin's mass below SciPy's statistic, and never above."""
    comparison = fine([continuous[0]], [continuous[1]])
    missed = _exact(*continuous) - ks.score(comparison)[0]
    assert -1e-12 <= missed <= comparison.baseline.max() / comparison.baseline.sum() <= 1 / 200


def test_it_is_exact_on_few_values(discrete: tuple[Rows, Rows], fine: Callable[..., Comparison]) -> None:
    """Where each value has a bin, the score is SciPy's statistic, also for integers that no float can hold."""
    assert ks.score(fine([discrete[0]], [discrete[1]]))[0] == pytest.approx(_exact(*discrete), abs=1e-12)


def test_a_constant_column_that_changes_is_as_far_as_can_be(fine: Callable[..., Comparison]) -> None:
    """A constant's window of another value has score 1, of the same value 0."""
    constant = np.full(100, 5.0)
    assert ks.score(fine([constant] * 2, [constant, constant + 0.5])).tolist() == [0, 1]


@pytest.mark.parametrize("rows", (10, 57, 200, 201, 5_000))
@pytest.mark.parametrize("chance", (0.7, 0.2, 0.06, 0.04, 0.001))
def test_its_p_value_is_kstwo(rows: int, chance: float, categories: Callable[..., Comparison]) -> None:
    """The p-value is within 4% of scipy.stats.kstwo at nm / (n + m) rows."""
    comparison = categories(([2 * rows], [2 * rows]))
    score = stats.kstwo.isf(chance, rows)
    assert ks.p_value(comparison, np.array([score]))[0] == pytest.approx(chance, rel=0.04)


@pytest.mark.parametrize("rows", (5, 57, 200, 201, 5_000, 500_000))
@pytest.mark.parametrize("rate", (0.01, 0.001, 2e-5))
def test_its_critical_value_is_kstwo(rows: int, rate: float, categories: Callable[..., Comparison]) -> None:
    """The critical value is within 0.3% of the inverse of scipy.stats.kstwo."""
    comparison = categories(([2 * rows], [2 * rows]))
    assert ks.critical(comparison, rate)[0] == pytest.approx(stats.kstwo.isf(rate, rows), rel=0.003)
