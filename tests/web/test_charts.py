"""Geometry of the page's charts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.domain import Role
from mlflow_exporter.results import Distribution, DriftScore
from mlflow_exporter.web.charts import Chart, ScoreBar, Whisker, severity


def score(value: float, threshold: float) -> DriftScore:
    return DriftScore("age", Role.FEATURE, "ks", value, threshold, None, deciding=True)


def test_the_threshold_stands_at_the_same_place_for_every_column() -> None:
    """The axis is in thresholds, four of them: a score at its threshold reaches the mark exactly."""
    bar = ScoreBar.of(score(0.08, 0.08))
    assert bar.length == bar.mark == 25
    assert ScoreBar.of(score(0.16, 0.08)).length == 50


def test_a_score_beyond_the_axis_fills_it_and_is_marked() -> None:
    """Nothing is drawn outside, and the page says that there is more."""
    assert ScoreBar.of(score(9.0, 1.0)) == ScoreBar(100, 25, beyond=True)


def test_a_threshold_of_nothing() -> None:
    """Any score is infinitely far above it, but no score is not."""
    assert severity(score(0.1, 0.0)) == float("inf")
    assert severity(score(0.0, 0.0)) == 0
    assert ScoreBar.of(score(0.1, 0.0)).length == 100


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20))
def test_bars_stay_in_the_drawing_and_apart(shares: list[tuple[float, float]]) -> None:
    """Every bar is inside, the tallest reaches the top, and neighbours do not touch."""
    baseline, window = zip(*shares, strict=True)
    bins = tuple(str(i) for i in range(len(shares)))
    chart = Chart.of(Distribution("age", Role.FEATURE, bins, baseline, window), numeric=True)
    heights = [height for bar in chart.bars for height in (bar.baseline_height, bar.window_height)]
    assert all(0 <= height <= 100 for height in heights)
    assert max(heights) == (100 if max(max(pair) for pair in shares) else 0)
    ends = [0.0, *(bar.left + bar.width for bar in chart.bars)]
    assert all(bar.left > end for bar, end in zip(chart.bars, ends, strict=False))
    assert ends[-1] < 100
    assert all(bar.left < bar.window_left and bar.window_width < bar.width for bar in chart.bars)


def test_says_in_words_what_changed_most() -> None:
    """Those who do not see the chart hear of its largest change."""
    distribution = Distribution("plan", Role.FEATURE, ("free", "paid"), (0.5, 0.5), (0.45, 0.55))
    text = Chart.of(distribution, numeric=False).text
    assert text.startswith("Distribution of plan, window against baseline. Largest change at ")
    assert text.endswith(("free: baseline 50%, window 45%.", "paid: baseline 50%, window 55%."))


def test_a_whisker_holds_everything_in_order() -> None:
    """Value, interval, baseline and bound keep their order on the axis."""
    whisker = Whisker.of(0.8, (0.78, 0.82), 0.9, 0.85)
    assert whisker.lower is not None
    assert whisker.upper is not None
    assert whisker.baseline is not None
    assert 0 < whisker.lower < whisker.value < whisker.upper < whisker.bounds[0] < whisker.baseline < 100


def test_a_whisker_of_a_lone_value() -> None:
    """A value with nothing beside it has a place."""
    whisker = Whisker.of(0.8, (None, None), None)
    assert whisker.value == pytest.approx(6)
    assert (whisker.lower, whisker.baseline, whisker.bounds) == (None, None, ())
