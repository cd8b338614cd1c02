"""Comparisons drawn from a baseline's cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.statistics.replicates import Replicates


def test_windows_come_from_the_baselines_shares(categories: Callable[..., Comparison]) -> None:
    """The baseline stays as it is; each window has the rows asked for, on average in the baseline's shares."""
    drawn = Replicates(categories(([3, 3, 3, 3], [0] * 4), ([600, 300, 100, 0], [0] * 4)), 1).against(50)
    assert drawn.baseline[:4].tolist() == [600, 300, 100, 0]
    assert set(drawn.baseline_rows) == {1_000}
    assert set(drawn.window_rows) == {50}
    shares = drawn.window.reshape(drawn.columns, -1).mean(axis=0) / 50
    assert shares == pytest.approx([0.6, 0.3, 0.1, 0], abs=0.02)


def test_a_baselines_noise_is_in_the_windows(categories: Callable[..., Comparison]) -> None:
    """A cell's count in a window varies as n shares of a window and of a baseline of m rows do: by n p q (1 + n/m)."""
    drawn = Replicates(categories(([300, 700], [0, 0])), 0).against(5_000)
    variance = drawn.window.reshape(drawn.columns, -1)[:, 0].var()
    assert variance == pytest.approx(5_000 * 0.3 * 0.7 * (1 + 5_000 / 1_000), rel=0.15)


def test_the_unseen_have_the_chance_of_what_was_seen_once(categories: Callable[..., Comparison]) -> None:
    """40 of 1,040 rows are categories met once: so many of a window's rows are expected in none of the known ones."""
    drawn = Replicates(categories(([1_000, *[1] * 40, 0], [0] * 42)), 0).against(1_080)
    assert drawn.window.reshape(drawn.columns, -1)[:, -1].mean() == pytest.approx(40, rel=0.05)


def test_ordered_cells_are_merged_and_keep_mean_and_mass(
    fine: Callable[[list[NDArray[Any]], list[NDArray[Any]]], Comparison],
) -> None:
    """Of 260 fine cells about 40 are left, and the drawn rows have the column's mean."""
    rows = np.random.default_rng(3).normal(7, 2, 20_000)
    drawn = Replicates(fine([rows], [rows]), 0).against(1_000)
    assert drawn.starts[1] <= 41
    assert drawn.window_sums is not None
    assert drawn.window_sums.sum() / drawn.window.sum() == pytest.approx(7, abs=0.02)
