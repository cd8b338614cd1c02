from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mlflow_exporter.profiles.comparison import compare_categories, compare_numbers
from mlflow_exporter.profiles.layout import Layout
from mlflow_exporter.profiles.profile import Profile

Make = Callable[..., Profile]
RNG = np.random.default_rng(0)
FLOATS = RNG.normal(3, 2, 500)
INTEGERS = RNG.integers(-5, 6, 500)


def test_numbers_side_by_side(profile_of: Make) -> None:
    """Rows of both sides by column, each cell's column, and the baseline's standard deviation are those of the rows."""
    baseline = profile_of(FLOATS, INTEGERS, ["a"] * 500)
    window = profile_of(FLOATS[:100], INTEGERS[:100], ["b"] * 100)
    compared = compare_numbers(baseline, window)
    assert compared.columns == 2
    assert (compared.baseline_rows.tolist(), compared.window_rows.tolist()) == ([500, 500], [100, 100])
    assert compared.column_of_cell.tolist() == [0] * baseline.layout.numeric[0].cells + [1] * 13
    assert compared.scale == pytest.approx([FLOATS.std(), INTEGERS.std()])
    assert compared.baseline_sums is not None
    assert compared.window_sums is not None
    assert compared.baseline_sums.sum() == pytest.approx(FLOATS.sum() + INTEGERS.sum())
    assert compared.window_sums.sum() == pytest.approx(FLOATS[:100].sum() + INTEGERS[:100].sum())


def test_categories_side_by_side(profile_of: Make) -> None:
    """Categories are compared cell by cell, the one for strangers last."""
    compared = compare_categories(profile_of([0, 0], [0, 0], ["a", "b"]), profile_of([0], [0], ["new"]))
    assert (compared.baseline.tolist(), compared.window.tolist()) == ([1, 1, 0, 0, 0], [0, 0, 0, 0, 1])
    assert compared.scale is None


def test_nothing_to_compare(layout: Layout) -> None:
    """The profile of no rows has no values and a scale of 0, without a warning."""
    compared = compare_numbers(Profile.empty(layout), Profile.empty(layout))
    assert compared.scale is not None
    assert (compared.baseline_rows.tolist(), compared.scale.tolist()) == ([0, 0], [0, 0])
