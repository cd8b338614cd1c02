"""The contract of every drift test: a new file is tested here before its author writes a test."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.statistics.catalogue import AnalyticTest, DriftTest, PValued, SimulatedTest, drift_tests

Rows = NDArray[Any]
TESTS = pytest.mark.parametrize(("name", "test"), drift_tests().items(), ids=list(drift_tests()))
SYMMETRIC = ("anderson_darling", "chi2", "hellinger", "jensen_shannon", "ks", "psi", "total_variation")
COUNTS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=12).filter(
    lambda cells: all(sum(side) > 0 for side in zip(*cells, strict=True))
)


def _compare(*columns: Sequence[tuple[int, int]]) -> Comparison:
    """Columns of (baseline, window) counts, in cells one apart."""
    baseline, window = np.array([cell for column in columns for cell in column], np.int64).reshape(-1, 2).T
    starts = np.cumsum([0, *map(len, columns)])
    position = np.concatenate([np.arange(len(column), dtype=float) for column in columns] or [np.zeros(0)])
    return Comparison(starts, baseline, window, baseline * position, window * position, np.ones(len(columns)))


def test_the_tests_of_the_documentation_are_found() -> None:
    """Every test that the metrics reference names is a file here, found without being listed."""
    assert set(SYMMETRIC) | {"kullback_leibler", "wasserstein"} <= set(drift_tests())


@TESTS
def test_it_has_what_a_drift_test_has(name: str, test: DriftTest) -> None:
    """CELLS, FLOOR, a documented score, and one way to a critical value: known or simulated."""
    assert isinstance(test, DriftTest)
    assert test.CELLS in ("fine", "coarse")
    assert test.FLOOR > 0
    assert isinstance(test, AnalyticTest) != isinstance(test, SimulatedTest)
    assert "(C,)" in (inspect.getdoc(test.score) or "")


@TESTS
@given(cells=COUNTS)
def test_scores_are_never_negative(name: str, test: DriftTest, cells: list[tuple[int, int]]) -> None:
    """Any counts have a finite score of 0 or more, and a p-value between 0 and 1."""
    comparison = _compare(cells)
    score = test.score(comparison)
    assert score.shape == (1,)
    assert 0 <= score[0] < np.inf
    if isinstance(test, PValued):
        assert 0 <= test.p_value(comparison, score)[0] <= 1


@TESTS
@given(cells=COUNTS, times=st.integers(1, 5))
def test_the_same_shares_have_score_0(name: str, test: DriftTest, cells: list[tuple[int, int]], times: int) -> None:
    """A window with the baseline's shares, of any size, is at distance 0."""
    score = test.score(_compare([(baseline, times * baseline) for baseline, _ in cells]))
    assert score[0] == pytest.approx(0, abs=1e-7)


@TESTS
@given(cells=COUNTS)
def test_scores_do_not_grow_with_the_rows(name: str, test: DriftTest, cells: list[tuple[int, int]]) -> None:
    """Ten times the rows of both sides with the same shares: the same distance (empty cells aside)."""
    filled = [(baseline + 20, window + 20) for baseline, window in cells]
    scores = [test.score(_compare([(k * b, k * w) for b, w in filled]))[0] for k in (1, 10)]
    assert scores[1] == pytest.approx(scores[0], rel=0.02, abs=1e-7)


@TESTS
@given(columns=st.lists(COUNTS, min_size=1, max_size=4))
def test_columns_do_not_see_each_other(name: str, test: DriftTest, columns: list[list[tuple[int, int]]]) -> None:
    """The scores of columns side by side are the scores of each alone."""
    together = test.score(_compare(*columns))
    assert together == pytest.approx([test.score(_compare(column))[0] for column in columns], abs=1e-12)


@TESTS
@given(cells=COUNTS, data=st.data())
def test_the_order_of_categories_does_not_matter(
    name: str, test: DriftTest, cells: list[tuple[int, int]], data: st.DataObject
) -> None:
    """A test on coarse cells gives the same for any order of them."""
    if test.CELLS == "coarse":
        shuffled = data.draw(st.permutations(cells))
        assert test.score(_compare(shuffled))[0] == pytest.approx(test.score(_compare(cells))[0], abs=1e-7)


@pytest.mark.parametrize("name", SYMMETRIC)
@given(cells=COUNTS)
def test_symmetric_tests_do_not_tell_the_sides_apart(name: str, cells: list[tuple[int, int]]) -> None:
    """Baseline and window exchanged: the same distance."""
    score = drift_tests()[name].score
    exchanged = [(window, baseline) for baseline, window in cells]
    assert score(_compare(exchanged))[0] == pytest.approx(score(_compare(cells))[0], abs=1e-7)


@TESTS
def test_further_is_larger(name: str, test: DriftTest) -> None:
    """Rows moved further and further from the baseline have larger and larger scores."""
    moved = [[(400, 400 - step), (400, 400), (200, 200 + step)] for step in (0, 40, 100, 250)]
    scores = test.score(_compare(*moved))
    assert (np.diff(scores) > 0).all()


@TESTS
def test_an_empty_side_is_not_computed(name: str, test: DriftTest) -> None:
    """Without rows in the window, in the baseline or in both there is no score; the other columns have theirs."""
    some = [(5, 3), (4, 4)]
    scores = test.score(_compare([(5, 0), (5, 0)], [(0, 5), (0, 2)], [(0, 0)], some))
    assert np.isnan(scores[:3]).all()
    assert scores[3] == pytest.approx(test.score(_compare(some))[0])


@TESTS
def test_one_row_is_a_window(name: str, test: DriftTest) -> None:
    """A window of one row has a score like any other."""
    assert np.isfinite(test.score(_compare([(5, 0), (5, 1)]))).all()


@TESTS
def test_no_columns_have_no_scores(name: str, test: DriftTest) -> None:
    """A model without columns of the kind is no special case."""
    assert test.score(_compare()).shape == (0,)


@TESTS
@settings(max_examples=30)
@given(rate=st.floats(1e-7, 0.01), cells=COUNTS)
def test_critical_values_are_finite(name: str, test: DriftTest, rate: float, cells: list[tuple[int, int]]) -> None:
    """Where critical values are known, every comparison has one that is finite and not negative."""
    if isinstance(test, AnalyticTest):
        assert 0 <= test.critical(_compare(cells), rate)[0] < np.inf
