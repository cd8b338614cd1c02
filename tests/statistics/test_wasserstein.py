"""Wasserstein against SciPy on the raw rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.statistics import wasserstein

Rows = NDArray[Any]


def _exact(baseline: Rows, window: Rows) -> float:
    origin = baseline[0]
    from_origin = (baseline - origin).astype(float)
    return float(stats.wasserstein_distance(from_origin, (window - origin).astype(float)) / from_origin.std())


def test_it_is_within_its_bound_of_the_rows_distance(
    continuous: tuple[Rows, Rows], fine: Callable[..., Comparison]
) -> None:
    """On continuous rows, heavy tails included, the score is within 0.006 standard deviations of SciPy's distance."""
    score = wasserstein.score(fine([continuous[0]], [continuous[1]]))[0]
    assert score == pytest.approx(_exact(*continuous), abs=0.006)


@pytest.mark.parametrize("shift", (0, 0.3, 3))
@pytest.mark.parametrize("rows", (200, 20_000))
def test_it_is_close_on_a_normal_column(shift: float, rows: int, fine: Callable[..., Comparison]) -> None:
    """On a normal column, shifted or not, the score is within 0.001 standard deviations of SciPy's distance."""
    rng = np.random.default_rng(5)
    baseline, window = rng.normal(10, 2, 20_000), rng.normal(10 + 2 * shift, 2, rows)
    assert wasserstein.score(fine([baseline], [window]))[0] == pytest.approx(_exact(baseline, window), abs=0.001)


def test_it_is_exact_on_few_values(fine: Callable[..., Comparison]) -> None:
    """Where each value has a bin of its own, the score is SciPy's distance."""
    rng = np.random.default_rng(6)
    baseline, window = rng.poisson(4, 5_000), rng.poisson(6, 400)
    assert wasserstein.score(fine([baseline], [window]))[0] == pytest.approx(_exact(baseline, window), abs=1e-9)


def test_it_is_absent_where_the_baseline_does_not_vary(fine: Callable[..., Comparison]) -> None:
    """A constant baseline gives no unit to measure in: the score is NaN."""
    constant = np.full(50, 3.0)
    assert np.isnan(wasserstein.score(fine([constant], [constant + 1]))).all()


def test_it_needs_the_sums_of_fine_cells(categories: Callable[..., Comparison]) -> None:
    """Categories have no distance: that is an error, not a number."""
    with pytest.raises(ValueError, match="fine cells"):
        wasserstein.score(categories(([1, 2], [2, 1])))


def test_one_far_value_raises_the_threshold_of_heavy_tails(fine: Callable[..., Comparison]) -> None:
    """What one far row can do is large for a Cauchy column and small for a normal one."""
    rng = np.random.default_rng(7)
    baselines = [rng.standard_cauchy(20_000), rng.normal(size=20_000)]
    far = wasserstein.rare(fine(baselines, [rows[:50] for rows in baselines]), 1e-4)
    assert far[0] > 10 * far[1] > 0
