"""Thresholds: the larger of floor and critical value, at the column's share of the rate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.statistics import ks
from mlflow_exporter.statistics.catalogue import SimulatedTest, drift_tests
from mlflow_exporter.statistics.null import simulate
from mlflow_exporter.statistics.thresholds import column_rate, evaluate


def test_a_small_window_is_compared_with_its_critical_value(categories: Callable[..., Comparison]) -> None:
    """At 30 rows the threshold is above the floor, and the critical value."""
    comparison = categories(([10_000, 10_000], [15, 15]))
    threshold = evaluate("ks", comparison, 1e-4).threshold
    assert threshold == pytest.approx(ks.critical(comparison, 1e-4))
    assert threshold[0] > ks.FLOOR


def test_a_huge_window_is_compared_with_the_floor(categories: Callable[..., Comparison]) -> None:
    """At a million rows the threshold is the floor: the test's own, the given one, or one a column."""
    comparison = categories(([10**6, 10**6], [10**6, 10**6]), ([10**6, 10**6], [10**6, 10**6]))
    assert evaluate("ks", comparison, 1e-4).threshold.tolist() == [0.08, 0.08]
    assert evaluate("ks", comparison, 1e-4, floor=0.3).threshold.tolist() == [0.3, 0.3]
    assert evaluate("ks", comparison, 1e-4, floor=np.array([0.2, 0.5])).threshold.tolist() == [0.2, 0.5]


@pytest.mark.parametrize("name", sorted(drift_tests()))
def test_thresholds_fall_with_the_rows_to_the_floor(
    name: str, fine: Callable[..., Comparison], coarse: Callable[..., Comparison]
) -> None:
    """For every test the threshold never rises with the window's rows, and ends at its floor."""
    test, rng = drift_tests()[name], np.random.default_rng(3)
    baseline = rng.normal(size=20_000)
    compare = fine if test.CELLS == "fine" else coarse
    comparisons = [compare([baseline], [np.tile(baseline, 50)[:rows]]) for rows in (50, 500, 5_000, 1_000_000)]
    null = simulate(comparisons[0], {name: test}) if isinstance(test, SimulatedTest) else None
    thresholds = [float(evaluate(name, comparison, 2e-5, null).threshold[0]) for comparison in comparisons]
    if name == "chi2":  # its floor depends on the ratio of the sizes
        assert thresholds[0] > 0.02
    else:
        assert thresholds == sorted(thresholds, reverse=True)
        assert thresholds[-1] == test.FLOOR


def test_what_cannot_be_scored_has_no_threshold(categories: Callable[..., Comparison]) -> None:
    """An empty window has neither score nor threshold nor p-value."""
    scores = evaluate("chi2", categories(([5, 5], [0, 0])), 1e-4)
    assert scores.p_value is not None
    assert np.isnan([scores.score, scores.threshold, scores.p_value]).all()


def test_a_missing_null_is_an_error_that_says_so(categories: Callable[..., Comparison]) -> None:
    """A simulated test without its null distribution raises KeyError with advice."""
    with pytest.raises(KeyError, match="profile the baseline anew"):
        evaluate("psi", categories(([5, 5], [5, 5])), 1e-4)


def test_the_rate_is_shared_by_the_columns() -> None:
    """Bonferroni: each of 50 columns gets a fiftieth; no column is no division by zero."""
    assert column_rate(0.001, 50) == pytest.approx(2e-5)
    assert column_rate(0.001, 0) == pytest.approx(0.001)


@pytest.mark.parametrize("name", sorted(drift_tests()))
def test_degenerate_columns_are_no_special_case(
    name: str, fine: Callable[..., Comparison], coarse: Callable[..., Comparison]
) -> None:
    """Constant, empty, one-row and ordinary columns side by side: a threshold exactly where there is a score."""
    test, nothing = drift_tests()[name], np.zeros(0)
    sides = [(np.full(9, 3.0), np.full(5, 3.0)), (nothing, np.ones(4)), (np.ones(4), nothing), (nothing, nothing)]
    sides += [(np.ones(1), np.ones(1)), (np.arange(50.0), np.arange(1.0)), (np.full(9, 3.0), np.full(5, 4.0))]
    comparison = (fine if test.CELLS == "fine" else coarse)(*zip(*sides, strict=True))
    null = simulate(comparison, {name: test}) if isinstance(test, SimulatedTest) else None
    scores = evaluate(name, comparison, 2e-5, null)
    assert np.isnan(scores.score[1:4]).all()
    assert np.isnan(scores.threshold).tolist() == np.isnan(scores.score).tolist()
    assert not np.isinf(scores.threshold).any()


@pytest.mark.parametrize("name", sorted(drift_tests()))
def test_no_columns_have_no_thresholds(name: str) -> None:
    """A model without columns of the kind gets empty arrays."""
    test, empty = drift_tests()[name], np.zeros(0, np.int64)
    none = Comparison(np.zeros(1, np.int64), empty, empty, np.zeros(0), np.zeros(0), np.zeros(0))
    null = simulate(none, {name: test}) if isinstance(test, SimulatedTest) else None
    assert evaluate(name, none, 2e-5, null).threshold.shape == (0,)
