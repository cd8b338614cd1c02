from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mlflow_exporter.performance import intervals


@given(st.integers(1, 10_000), st.data())
def test_wilson_is_scipys(rows: int, data: st.DataObject) -> None:
    """Wilson's interval is SciPy's, and contains the proportion even at 0 and 1."""
    successes = data.draw(st.integers(0, rows))
    ours, oracle = intervals.wilson(successes, rows), stats.binomtest(successes, rows).proportion_ci(method="wilson")
    assert ours == pytest.approx(tuple(oracle), abs=1e-12)
    assert ours is not None
    assert ours[0] <= successes / rows <= ours[1]


def test_mean_is_students() -> None:
    """The interval of a mean is Student's, as SciPy computes it from the raw values."""
    values = np.random.default_rng(0).gamma(2, size=20)
    ours = intervals.of_mean(values.mean(), np.square(values - values.mean()).sum(), 20)
    assert ours == pytest.approx(stats.t.interval(0.95, 19, values.mean(), stats.sem(values)))


def test_correlation_is_on_fishers_scale() -> None:
    """With the error of normal variables the interval is the one SciPy gives Pearson's correlation."""
    x, y = np.random.default_rng(0).multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 50).T
    oracle = stats.pearsonr(x, y)
    error = (1 - oracle.statistic**2) / np.sqrt(50 - 3)
    assert intervals.fisher(oracle.statistic, error) == pytest.approx(tuple(oracle.confidence_interval(0.95)))


def test_logit_interval_is_normal_in_log_odds() -> None:
    """The interval of a value between 0 and 1 has its error's width in log-odds and stays inside."""
    assert intervals.logit(0.5, 0.1) == pytest.approx(tuple(1 / (1 + np.exp([1.959964 * 0.4, -1.959964 * 0.4]))))
    lower, upper = intervals.logit(0.99, 0.02) or (0, 1)
    assert 0 < lower < 0.99 < upper < 1


def test_one_proportion_has_its_own_interval() -> None:
    """The mean of one proportion has that proportion's Wilson interval."""
    ours = intervals.mean_of_proportions(np.array([7]), np.array([9]))
    assert ours == pytest.approx(intervals.wilson(7, 9))


def test_mean_of_proportions_covers() -> None:
    """The interval of the mean of two unequal proportions covers it in 95% of the samples, perfect ones included."""
    rng = np.random.default_rng(0)
    rows, shares = np.array([200, 20]), np.array([0.7, 0.95])
    found = [intervals.mean_of_proportions(rng.binomial(rows, shares), rows) or (0, 0) for _ in range(1_000)]
    assert 0.93 <= np.mean([lower <= shares.mean() <= upper for lower, upper in found]) <= 0.98


def test_delta_error_of_a_proportion_is_the_binomial_one() -> None:
    """For a share itself, whose gradient is 1 there, the delta method gives the binomial error."""
    error = intervals.delta_error(np.array([0.3, 0.7]), np.array([1.0, 0.0]), 100)
    assert error == pytest.approx(np.sqrt(0.3 * 0.7 / 100))
    shifted = intervals.delta_error(np.array([0.3, 0.7]), np.array([5.0, 4.0]), 100)
    assert shifted == pytest.approx(error)


def test_what_has_no_sound_interval_has_none() -> None:
    """No rows, one row, no spread, or a value at the end of its range: no interval instead of an empty one."""
    assert intervals.wilson(0, 0) is None
    assert intervals.of_mean(1, 0, 1) is None
    assert intervals.of_mean(1, 0, 10) is None
    assert intervals.of_mean(1, np.inf, 10) is None
    assert intervals.of_mean(1, np.nan, 10) is None
    assert intervals.logit(1, 0.1) is None
    assert intervals.logit(0.9, 1e-17) is None
    assert intervals.fisher(1, 0.1) is None
    assert intervals.fisher(0.5, 1e-17) is None


def test_measurement_without_interval_has_no_bounds() -> None:
    """A measurement carries both bounds or neither."""
    assert intervals.measurement("f1", 0.5).lower is None
    bounded = intervals.measurement("f1", 0.5, (0.4, 0.6))
    assert (bounded.value, bounded.lower, bounded.upper) == (0.5, 0.4, 0.6)
