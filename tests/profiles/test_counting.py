from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.domain import Role
from mlflow_exporter.profiles.counting import BLOCK, UNSEEN_LENGTH, count_categories, count_numbers
from mlflow_exporter.profiles.layout import CategoricalColumn, Layout, Values
from mlflow_exporter.profiles.profile import UNSEEN_KEPT, Fault, Moment, Profile

RNG = np.random.default_rng(0)
INT64 = np.iinfo(np.int64)
N = 20_000
COLUMNS: dict[str, Values] = {
    "normal": RNG.normal(size=N),
    "far from zero": 1e9 + RNG.normal(size=N),
    "lognormal": RNG.lognormal(0, 2, N),
    "t2": RNG.standard_t(2, N),
    "cauchy": RNG.standard_cauchy(N),
    "more than a block": RNG.normal(size=BLOCK + 1_000),
    "integers": RNG.integers(-50, 50, N),
    "beyond 2^53": 2**60 + RNG.integers(0, 100, N),
    "extremes of int64": RNG.integers(INT64.min, INT64.max, N, endpoint=True),
    "timestamps": 1_700_000_000_000_000 + RNG.integers(0, 10**12, N),
    "booleans": RNG.integers(0, 2, N),
    "one row": np.array([3.5]),
}


def cells_of(profile: Profile) -> list[int]:
    return [int(count) for count in profile.bins]


@pytest.mark.parametrize("name", COLUMNS)
def test_bins_count_and_sum_every_value(one_column: Callable[[Values], Layout], name: str) -> None:
    """Counts and sums by bin are those of placing each raw value by itself."""
    values = COLUMNS[name]
    layout = one_column(values[: len(values) // 2 + 1])
    profile = Profile.empty(layout)
    count_numbers(profile, 0, values)
    cells = np.searchsorted(layout.numeric[0].edges, values, side="right")
    assert cells_of(profile) == np.bincount(cells, minlength=len(profile.bins)).tolist()
    sums = np.bincount(cells, values.astype(np.float64), minlength=len(profile.bins))
    assert profile.sums == pytest.approx(sums, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", COLUMNS)
def test_moments_are_those_of_exact_arithmetic(one_column: Callable[[Values], Layout], name: str) -> None:
    """Mean, spread, minimum and maximum are those of exact fractions over the raw values."""
    values = COLUMNS[name]
    profile = Profile.empty(one_column(values))
    count_numbers(profile, 0, values)
    exact = [Fraction(value) for value in values.tolist()]
    mean = sum(exact) / len(exact)
    m2 = float(sum((value - mean) ** 2 for value in exact))
    moments = profile.moments[:, 0]
    assert moments[Moment.MEAN] == pytest.approx(float(mean), rel=1e-12, abs=1e-12 * float(max(map(abs, exact))))
    # Merging blocks rounds the mean to a float, whose last bit is 256 for values near 2^60.
    assert moments[Moment.M2] == pytest.approx(m2, rel=1e-6)
    assert (moments[Moment.MINIMUM], moments[Moment.MAXIMUM]) == (float(min(exact)), float(max(exact)))


def test_neighbours_beyond_floats_do_not_merge(one_column: Callable[[Values], Layout]) -> None:
    """Integers that are the same float64 are counted apart, and so are the extremes of int64."""
    values = np.array([2**53, 2**53 + 1, 2**53 + 1, INT64.min, INT64.max, INT64.max, INT64.max])
    profile = Profile.empty(one_column(values))
    count_numbers(profile, 0, values)
    assert [count for count in cells_of(profile) if count] == [1, 1, 2, 3]


@given(st.floats(-1e300, 1e300), st.integers(1, 50), st.integers(1, 50))
def test_equal_values_have_no_spread_at_all(
    one_column: Callable[[Values], Layout], value: float, n: int, m: int
) -> None:
    """The spread of a constant is exactly 0 however it is chunked, so that it is told from a tiny one."""
    profile = Profile.empty(one_column(np.array([value])))
    count_numbers(profile, 0, np.full(n, value))
    count_numbers(profile, 0, np.full(m, value))
    assert profile.moments[:, 0].tolist() == [value, 0, value, value]


def test_huge_values_overflow_only_where_a_float_ends(one_column: Callable[[Values], Layout]) -> None:
    """Values near 1e300 keep their mean; their squares are no float, so M2 is infinite and never NaN."""
    values = RNG.normal(size=1_000) * 1e300
    profile = Profile.empty(one_column(values))
    count_numbers(profile, 0, values)
    count_numbers(profile, 0, values)
    assert profile.moments[Moment.MEAN, 0] == pytest.approx(statistics.fmean(values), rel=1e-9)
    assert profile.moments[Moment.M2, 0] == np.inf


def test_mean_of_the_largest_floats_is_a_number(one_column: Callable[[Values], Layout]) -> None:
    """The extremes of float64, which their sum would leave, have a mean."""
    values = np.array([np.finfo(float).max] * 5 + [-np.finfo(float).max])
    profile = Profile.empty(one_column(values))
    count_numbers(profile, 0, values)
    assert profile.moments[Moment.MEAN, 0] == pytest.approx(np.finfo(float).max * (4 / 6))


def test_nan_and_infinities_are_faults_and_nothing_else(one_column: Callable[[Values], Layout]) -> None:
    """What is not finite is counted by what it is, and leaves bins and moments alone."""
    profile = Profile.empty(one_column(np.array([1.0, 2.0])))
    count_numbers(profile, 0, np.array([np.nan, 1.0, np.inf, -np.inf, np.nan, np.inf, np.nan]))
    faults = {fault.name: int(profile.faults[fault, 0]) for fault in Fault}
    expected = {"MISSING": 0, "NAN": 3, "POSITIVE_INFINITY": 2, "NEGATIVE_INFINITY": 1, "WRONG_TYPE": 0}
    assert faults == expected
    assert profile.bins.sum() == 1
    assert profile.moments[:, 0].tolist() == [1, 0, 1, 1]


def test_only_infinities_leave_no_moments(one_column: Callable[[Values], Layout]) -> None:
    """A column without a finite value keeps the moments of the empty profile."""
    profile = Profile.empty(one_column(np.array([1.0])))
    count_numbers(profile, 0, np.array([np.inf, np.nan]))
    assert profile.moments[:, 0].tolist() == [0, 0, np.inf, -np.inf]


def categorical(*categories: str, other: bool = False) -> Profile:
    return Profile.empty(Layout([CategoricalColumn(Role.FEATURE, "x", categories, other)]))


def count(profile: Profile, texts: list[str]) -> None:
    known = profile.layout.categorical[0].categories
    names = list(dict.fromkeys(texts))
    cells = np.array([known.index(name) if name in known else len(known) for name in names], np.int64)
    codes = np.array([names.index(text) for text in texts], np.int64)
    count_categories(profile, 0, codes, pa.array(names, pa.string()), cells)


def test_categories_and_strangers_are_counted() -> None:
    """Known categories have their cells, the empty text among them; strangers share the last, and are named."""
    profile = categorical("a", "", "ü")
    count(profile, ["a", "", "x", "a", "東京", "x"])
    count(profile, ["x", "ü"])
    assert profile.cells.tolist() == [2, 1, 1, 4]
    assert profile.unseen == {"x": Counter({"x": 3, "東京": 1})}


def test_rest_of_a_baseline_with_many_categories_is_not_unseen() -> None:
    """Where the baseline itself had rows in the last cell, what falls there has no name."""
    profile = categorical("a", other=True)
    count(profile, ["a", "b", "c"])
    assert (profile.cells.tolist(), profile.unseen) == ([1, 2], {})


def test_long_strangers_are_cut() -> None:
    """A category that is a whole document is named by its beginning."""
    profile = categorical("a")
    count(profile, ["x" * 10_000])
    assert profile.unseen == {"x": Counter({"x" * UNSEEN_LENGTH: 1})}


@given(st.lists(st.lists(st.integers(0, 60).map(str), max_size=80), max_size=8))
def test_unseen_counts_keep_their_guarantee(batches: list[list[str]]) -> None:
    """No count is too large, none too small by more than the rest over 33, and few strangers are counted exactly."""
    profile = categorical()
    for batch in batches:
        count(profile, batch)
    true = Counter(text for batch in batches for text in batch)
    kept = profile.unseen.get("x", Counter())
    rest = int(profile.cells[-1]) - kept.total()
    assert len(kept) <= UNSEEN_KEPT
    assert profile.cells[-1] == true.total()
    for name, rows in true.items():
        assert rows - rest / (UNSEEN_KEPT + 1) <= kept[name] <= rows
    if len(true) <= UNSEEN_KEPT:
        assert kept == true
