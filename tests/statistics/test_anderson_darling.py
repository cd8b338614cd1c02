"""Anderson-Darling against SciPy and Scholz and Stephens's formula on the raw rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, stats

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.statistics import anderson_darling
from mlflow_exporter.statistics.samples import effective_rows

Rows = NDArray[Any]


def _a_squared(*samples: Rows) -> float:
    """Equation 7 of Scholz and Stephens (1987), row by row."""
    pooled = np.sort(np.concatenate(samples))
    values, ties = np.unique(pooled, return_counts=True)
    below, total = np.searchsorted(pooled, values), len(pooled)
    middle = below + ties / 2
    weight = middle * (total - middle) - total * ties / 4
    added = 0.0
    for sample in samples:
        own = np.sort(sample)
        reached = (np.searchsorted(own, values) + np.searchsorted(own, values, side="right")) / 2
        squares = ties / total * (total * reached - len(own) * middle) ** 2
        added += float(np.sum(squares[weight > 0] / weight[weight > 0])) / len(own)
    return added * (total - 1) / total


def _score(baseline: Rows, window: Rows) -> float:
    return _a_squared(baseline, window) * (1 / len(baseline) + 1 / len(window))


def test_the_formula_is_scipys() -> None:
    """The oracle itself: normalised by its exact moments it is scipy.stats.anderson_ksamp."""
    x, y = np.arange(50.0), np.arange(10.0, 90.0, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = stats.anderson_ksamp([x, y])
        other = stats.anderson_ksamp([x, y + 7])
    scale = (_a_squared(x, y) - 1) / expected.statistic
    assert (_a_squared(x, y + 7) - 1) / scale == pytest.approx(other.statistic)


def test_it_is_within_its_bound_on_continuous_rows(
    continuous: tuple[Rows, Rows], fine: Callable[..., Comparison]
) -> None:
    """On continuous rows the score is within 6% of the statistic of the rows."""
    score = anderson_darling.score(fine([continuous[0]], [continuous[1]]))[0]
    assert score == pytest.approx(_score(*continuous), rel=0.06)


@pytest.mark.parametrize("shift", (0, 0.1, 0.3))
def test_it_is_close_near_its_threshold(shift: float, fine: Callable[..., Comparison]) -> None:
    """For windows within the baseline's range, where verdicts are made, A^2 is within 2% or 0.05."""
    rng = np.random.default_rng(8)
    baseline, window = rng.normal(size=20_000), rng.normal(shift, size=2_000)
    comparison = fine([baseline], [window])
    a_squared = anderson_darling.score(comparison) * effective_rows(comparison)
    assert a_squared[0] == pytest.approx(_a_squared(baseline, window), rel=0.02, abs=0.05)


def test_it_is_exact_on_few_values(discrete: tuple[Rows, Rows], fine: Callable[..., Comparison]) -> None:
    """Where each value has a bin, the score is the statistic for ties, also for integers that no float can hold."""
    baseline, window = discrete[0], discrete[1][np.isin(discrete[1], discrete[0])]
    if not len(window):
        window = baseline[:50]
    ranks = np.unique(np.concatenate([baseline, window]), return_inverse=True)[1]
    score = anderson_darling.score(fine([baseline], [window]))[0]
    assert score == pytest.approx(_score(ranks[: len(baseline)], ranks[len(baseline) :]), rel=1e-9)


def _limit_survival(z: float) -> float:
    """Imhof's inversion of the sum of chi-squared variables over i (i + 1)."""
    weights = 1 / (np.arange(1.0, 2_000) * np.arange(2.0, 2_001))
    rest = 1 - weights.sum()

    def integrand(u: float) -> float:
        angle = np.arctan(weights * u).sum() / 2 + (rest - z) * u / 2
        return float(np.sin(angle) / u * np.exp(-np.log1p((weights * u) ** 2).sum() / 4))

    return 0.5 + float(integrate.quad(integrand, 0, 300, limit=1_000)[0]) / np.pi


@pytest.mark.parametrize("z", (0.5, 1.5, 1.99, 2.01, 2.99, 3.01, 5.0, 9.0))
def test_its_p_value_is_the_limit_distribution(z: float, categories: Callable[..., Comparison]) -> None:
    """The p-value is within 0.5% of the limit distribution, in the tail too."""
    comparison = categories(([400], [100]))
    p_value = anderson_darling.p_value(comparison, z / effective_rows(comparison))[0]
    assert p_value == pytest.approx(_limit_survival(z), rel=0.005)
