"""The effect floors: what drift each stands for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.statistics.catalogue import drift_tests

ROWS = 50_000_000
# The shift of a normal column, in standard deviations, whose score is the floor (two samples of one size).
SHIFTS = {
    "anderson_darling": 0.20,
    "chi2": 0.20,
    "hellinger": 0.29,
    "jensen_shannon": 0.25,
    "ks": 0.20,
    "kullback_leibler": 0.242,
    "psi": 0.458,
    "total_variation": 0.26,
    "wasserstein": 0.10,
}


def _normal(cells: int, shift: float) -> Comparison:
    """A normal column and the same shifted, in cells of equal mass: infinitely many rows."""
    edges = stats.norm.ppf(np.linspace(0, 1, cells + 1))
    sides = [np.diff(stats.norm.cdf(edges - moved)) for moved in (0.0, shift)]
    sums = [
        moved * side - np.diff(stats.norm.pdf(edges - moved)) for moved, side in zip((0.0, shift), sides, strict=True)
    ]
    baseline, window = (np.round(side * ROWS).astype(np.int64) for side in sides)
    means = [total / side for total, side in zip(sums, sides, strict=True)]
    starts = np.array([0, cells])
    return Comparison(starts, baseline, window, baseline * means[0], window * means[1], np.ones(1))


@pytest.mark.parametrize("name", sorted(drift_tests()))
def test_a_floor_is_the_score_of_a_normal_columns_shift(name: str) -> None:
    """Each floor is the score of the shift that the documentation gives for it, within 5%."""
    test = drift_tests()[name]
    cells = 1_000 if test.CELLS == "fine" else 10
    assert test.score(_normal(cells, SHIFTS[name]))[0] == pytest.approx(test.FLOOR, rel=0.05)
