from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mlflow_exporter.profiles.layout import Floats
from mlflow_exporter.profiles.scores import ScoreHistogram, score_edges

RNG = np.random.default_rng(0)
BASELINES = {
    "none": np.empty(0),
    "one row": np.array([0.3]),
    "uniform": RNG.random(20_000),
    "rare events": RNG.random(20_000) * 1e-4,
    "untrained": 0.5 + (RNG.random(20_000) - 0.5) / 1_000,
    "saturated": np.repeat([0.0, 1.0, 0.5], [10_000, 9_999, 1]),
    "two decimals": RNG.random(20_000).round(2),
    "half zeros": np.where(RNG.random(20_000) < 0.5, 0.0, RNG.random(20_000)),
}


@pytest.mark.parametrize("baseline", BASELINES.values(), ids=BASELINES)
@pytest.mark.parametrize("resolution", (100, 500))
def test_edges_ascend_within_the_budget(baseline: Floats, resolution: int) -> None:
    """Edges ascend strictly within (0, 1] and are at most three times the resolution."""
    edges = score_edges(baseline, resolution)
    assert (np.diff(edges) > 0).all()
    assert edges[0] > 0
    assert edges[-1] == 1
    assert len(edges) <= 3 * resolution


@pytest.mark.parametrize("baseline", BASELINES.values(), ids=BASELINES)
def test_edges_have_round_thresholds(baseline: Floats) -> None:
    """The floats of 0.01, 0.02, ... 1 are edges, whatever the baseline has."""
    assert np.isin(np.arange(1, 101) / 100, score_edges(baseline, 500)).all()


@pytest.mark.parametrize("name", ("uniform", "rare events", "untrained", "half zeros"))
def test_no_cell_holds_much_of_the_baseline_but_ties(name: str) -> None:
    """Between two edges is at most 1/250 of the baseline's rows, unless they share one score."""
    baseline = BASELINES[name]
    cells = np.searchsorted(score_edges(baseline, 500), baseline, side="right")
    crowded = [baseline[cells == cell] for cell in np.flatnonzero(np.bincount(cells) > len(baseline) / 250)]
    assert all(np.ptp(scores) == 0 for scores in crowded)


@pytest.mark.parametrize("name", ("one row", "saturated", "two decimals"))
def test_each_of_few_distinct_scores_has_its_own_cell(name: str) -> None:
    """A score of a baseline with few of them shares its cell with no neighbouring float."""
    edges = score_edges(BASELINES[name], 500)
    scores = np.unique(BASELINES[name])
    neighbours = np.concatenate((np.nextafter(scores, -1), np.nextafter(scores, 2)))
    neighbours = neighbours[(neighbours >= 0) & (neighbours <= 1)]
    cells = np.searchsorted(edges, scores, side="right")
    assert not np.isin(np.searchsorted(edges, neighbours, side="right"), cells).any()


@given(
    arrays.arrays(np.float64, st.integers(0, 60), elements=st.floats(0, 1)),
    st.integers(0, 2**32 - 1),
)
def test_histogram_is_the_brute_force_one(column: Floats, seed: int) -> None:
    """Counts and extremes of every cell and label are those of the raw rows in it."""
    edges = (np.array([0.1, 0.25, 0.5, 1.0]), np.array([0.5]))
    scores = np.column_stack((column, 1 - column))
    actual = np.random.default_rng(seed).integers(0, 3, len(column))
    histogram = ScoreHistogram.of(edges, scores, actual, (1, 2))
    position = 0
    for k, code in enumerate((1, 2)):
        bounds = [-np.inf, *edges[k], np.inf]
        for low, high in pairwise(bounds):
            for label in (0, 1):
                inside = (scores[:, k] >= low) & (scores[:, k] < high) & ((actual == code) == label)
                kept = scores[inside, k]
                assert histogram.counts[label, position] == len(kept)
                assert histogram.minima[label, position] == min(kept, default=np.inf)
                assert histogram.maxima[label, position] == max(kept, default=-np.inf)
            position += 1


def test_column_is_a_part_of_the_whole() -> None:
    """The histogram of one score column has that column's cells only."""
    edges = (np.array([0.5]), np.array([0.2, 0.8]))
    scores = np.array([[0.4, 0.9], [0.6, 0.1]])
    whole = ScoreHistogram.of(edges, scores, np.array([0, 1]), (0, 1))
    assert whole.column(slice(2, 5)).counts.tolist() == [[0, 0, 1], [1, 0, 0]]
