"""Quantiles from three moments, against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mlflow_exporter.statistics.moments import upper_quantile


@pytest.mark.parametrize("skewness", (0.05, 1.0, 4.0))
@pytest.mark.parametrize("rate", (0.05, 2e-5))
def test_it_is_pearsons_third_type(skewness: float, rate: float) -> None:
    """The quantile is scipy.stats.pearson3's."""
    quantile = upper_quantile(np.array([3.0]), np.array([4.0]), np.array([skewness]), rate)
    assert quantile[0] == pytest.approx(stats.pearson3.isf(rate, skewness, 3, 2), rel=1e-6)


def test_without_variance_it_is_the_mean() -> None:
    """What never varies is never exceeded."""
    assert upper_quantile(np.array([3.0]), np.zeros(1), np.ones(1), 0.01).tolist() == [3]
