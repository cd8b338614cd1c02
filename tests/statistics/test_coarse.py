"""Coarse cells: about equal in mass, atoms whole, pinned by the baseline."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.statistics.coarse import CELLS, Grouping, group

COLUMNS = st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=60), min_size=1, max_size=4)


def _group(*columns: Sequence[int]) -> Grouping:
    return group(np.concatenate([np.array(c) for c in columns]), np.cumsum([0, *map(len, columns)]))


def test_a_continuous_column_gets_ten_cells_of_equal_mass(fine: Callable[..., Comparison]) -> None:
    """Ten cells, each within one fine bin of a tenth of the rows."""
    rows = np.random.default_rng(1).normal(size=24_000)
    comparison = fine([rows], [rows])
    grouping = group(comparison.baseline, comparison.starts)
    masses = grouping.merge(comparison.baseline) / len(rows)
    assert len(masses) == CELLS
    assert masses == pytest.approx([0.1] * CELLS, abs=1 / 240)


def test_few_values_get_a_cell_each() -> None:
    """Five values of some mass get five cells; the gaps between them and the open cells go with a neighbour."""
    grouping = _group([0, 20, 0, 20, 0, 20, 0, 20, 0, 20, 0])
    assert grouping.cells.tolist() == [0, 3, 5, 7, 9]


def test_a_frequent_value_keeps_its_cell() -> None:
    """A value with most of the mass is alone in its cell."""
    grouping = _group([0, 700, *[1] * 300, 0])
    assert grouping.merge(np.array([0, 700, *[1] * 300, 0]))[0] == 700


def test_a_constant_column_keeps_what_is_outside() -> None:
    """One value: what is below and above stays apart, for else a change could not be seen."""
    assert _group([0, 9, 0]).cells.tolist() == [0, 1, 2]


def test_no_column_gives_no_cell() -> None:
    """A model without numeric columns has an empty grouping."""
    grouping = group(np.zeros(0, np.int64), np.zeros(1, np.int64))
    assert grouping.merge(np.zeros(0, np.int64)).size == 0


@given(COLUMNS)
def test_nothing_is_lost_or_split(columns: list[list[int]]) -> None:
    """Every column keeps its rows, has one to ten cells (or three of one value), and its neighbours change nothing."""
    grouping = _group(*columns)
    counts = np.concatenate([np.array(c) for c in columns])
    merged = grouping.merge(counts)
    for i, column in enumerate(columns):
        own = merged[grouping.starts[i] : grouping.starts[i + 1]]
        assert own.sum() == sum(column)
        assert 1 <= len(own) <= CELLS
        assert own.tolist() == _group(column).merge(np.array(column)).tolist()


@given(st.lists(st.integers(1, 50), min_size=2, max_size=60))
def test_a_baseline_with_two_values_or_more_has_no_empty_cell(column: list[int]) -> None:
    """Each coarse cell holds rows of the baseline."""
    spaced = [0, *(part for count in column for part in (count, 0))]
    assert _group(spaced).merge(np.array(spaced)).min() > 0
