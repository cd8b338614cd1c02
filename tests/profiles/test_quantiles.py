from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mlflow_exporter.profiles.counting import count_numbers
from mlflow_exporter.profiles.layout import Layout, Values
from mlflow_exporter.profiles.profile import Profile
from mlflow_exporter.profiles.quantiles import distribution, quantiles

RNG = np.random.default_rng(0)
N = 20_000
LEVELS = np.array([0, 0.001, 0.05, 0.25, 0.5, 0.75, 0.95, 0.999, 1])
COLUMNS: dict[str, Values] = {
    "normal": RNG.normal(size=N),
    "lognormal": RNG.lognormal(0, 2, N),
    "t2": RNG.standard_t(2, N),
    "cauchy": RNG.standard_cauchy(N),
    "1e300": RNG.normal(size=N) * 1e300,
    "shifted": RNG.normal(2, 3, N),
    "constant": np.full(50, 0.1),
    "one row": np.array([2.5]),
    "integers": RNG.integers(-1_000, 1_000, N),
    "few integers": RNG.integers(0, 5, N),
    "booleans": RNG.integers(0, 2, N),
}


def profiled(layout: Layout, values: Values) -> Profile:
    profile = Profile.empty(layout)
    count_numbers(profile, 0, values)
    return profile


@pytest.mark.parametrize("name", COLUMNS)
def test_quantiles_are_in_the_bin_of_the_exact_ones(one_column: Callable[[Values], Layout], name: str) -> None:
    """Each quantile is no further from NumPy's, on the raw values, than the bins that hold its neighbours."""
    values = COLUMNS[name]
    layout = one_column(RNG.normal(size=N) if name == "shifted" else values)
    found = quantiles(profiled(layout, values), LEVELS)[:, 0]
    ordered, edges = np.sort(values), layout.numeric[0].edges
    bounds = np.concatenate(([ordered[0]], edges.astype(np.float64), [ordered[-1]]))
    for level, quantile in zip(LEVELS, found, strict=True):
        rank = level * (len(values) - 1)
        below, above = (np.searchsorted(edges, ordered[int(side(rank))], side="right") for side in (np.floor, np.ceil))
        # One rank to either side: NumPy's levels are ranks of n - 1 intervals, a histogram's are shares of n values.
        low = min(bounds[below], ordered[max(int(rank) - 1, 0)])
        high = max(bounds[above + 1], ordered[min(int(rank) + 2, len(values) - 1)])
        assert low <= quantile <= high
    assert (found[0], found[-1]) == (ordered[0], ordered[-1])
    assert (np.diff(found) >= 0).all()


@pytest.mark.parametrize("name", ("few integers", "booleans", "constant"))
def test_discrete_quantiles_are_exact(one_column: Callable[[Values], Layout], name: str) -> None:
    """Where each value has a bin, the quantile is that value: no half a child, no half a truth."""
    values = COLUMNS[name]
    levels = np.array([0.03, 0.17, 0.31, 0.66, 0.93])
    found = quantiles(profiled(one_column(values), values), levels)[:, 0]
    assert found.tolist() == np.quantile(values, levels).tolist()


def test_no_values_have_no_quantiles(layout: Layout) -> None:
    """A column without values has NaN for its quantiles."""
    assert np.isnan(quantiles(Profile.empty(layout), LEVELS)).all()


def test_values_outside_the_baseline_reach_to_the_extremes(one_column: Callable[[Values], Layout]) -> None:
    """The open bins end at the smallest and the largest value of the window."""
    profile = profiled(one_column(np.array([1.0, 2.0])), np.array([-10.0, 1.0, 2.0, 50.0]))
    assert quantiles(profile, np.array([0.0, 1.0]))[:, 0].tolist() == [-10, 50]


def test_a_baseline_without_values_spreads_evenly(one_column: Callable[[Values], Layout]) -> None:
    """With a single bin the distribution is a line from the smallest to the largest value."""
    profile = profiled(one_column(np.zeros(0)), np.array([0.0, 10.0, 2.0]))
    assert quantiles(profile, np.array([0.25]))[:, 0].tolist() == [2.5]


@pytest.mark.parametrize("name", COLUMNS)
def test_distribution_ascends_from_0_to_1(one_column: Callable[[Values], Layout], name: str) -> None:
    """At the end of each bin the distribution function is the share of raw values up to there."""
    values = COLUMNS[name]
    bounds, shares = distribution(profiled(one_column(values), values), 0)
    assert (shares[0], shares[-1]) == (0, 1)
    assert (np.diff(bounds) >= 0).all()
    assert (np.diff(shares) >= 0).all()
    # The first bin is open, and nothing of the baseline is in it.
    ends, is_integer = bounds[3::2], values.dtype == np.int64
    below = [((values < end) | (is_integer & (values == end))).mean() for end in ends]
    inside = ends < values.max()
    assert shares[3::2][inside] == pytest.approx(np.array(below)[inside])
