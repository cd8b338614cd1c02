from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mlflow_exporter.evaluation.distributions import BINS, Shapes
from mlflow_exporter.profiles.profile import Profile

NOW = 1_700_000_123.0


@pytest.fixture
def drawn(lab: Any, make_rows: Any) -> Any:
    """The rows of a window, and its distributions by column."""
    rows = make_rows(2_000, seed=2, shift=1.0)
    rows.loc[:199, "region"] = "mars"
    lab.append(rows)
    watched = lab.watched()
    profile = watched.windows(watched.poll(NOW), NOW)[-1].summary.profile
    return rows, {each.column: each for each in Shapes(lab.baseline.summary.profile).beside(profile)}


def test_both_sides_sum_to_one_over_few_bins(drawn: Any) -> None:
    """Every column is drawn in as many bins as names, at most twenty, and each side is a whole."""
    _, found = drawn
    assert set(found) == {"age", "income", "kids", "score", "region", "prediction"}
    for each in found.values():
        assert len(each.bins) == len(each.baseline) == len(each.window) <= BINS
        assert sum(each.baseline) == pytest.approx(1)
        assert sum(each.window) == pytest.approx(1)


def test_numbers_are_in_equally_wide_bins(drawn: Any, reference: Any) -> None:
    """Shares of the raw rows between the bounds that are named, but for the bins of the profile."""
    rows, found = drawn
    age = found["age"]
    inner = [float(name.split(" – ")[0]) for name in age.bins[1:-1]]
    points = np.array([*inner, float(age.bins[-1].removeprefix("≥ "))])
    assert np.ptp(np.diff(points)) < 0.05
    for side, raw in ((age.baseline, reference["age"]), (age.window, rows["age"])):
        cumulative = [(raw < point).mean() for point in points]
        np.testing.assert_allclose(np.cumsum(side)[:-1], cumulative, atol=0.01)


def test_few_values_have_a_bin_each(drawn: Any, reference: Any) -> None:
    """Whole numbers from 0 to 4 are drawn as such, with their exact shares."""
    rows, found = drawn
    kids = found["kids"]
    assert kids.bins == ("0", "1", "2", "3", "4")
    assert kids.baseline == pytest.approx(reference["kids"].value_counts(normalize=True).sort_index().tolist())
    assert kids.window == pytest.approx(rows["kids"].value_counts(normalize=True).sort_index().tolist())


def test_categories_come_with_what_was_not_seen(drawn: Any) -> None:
    """The baseline's categories, and one bin for the others."""
    rows, found = drawn
    shares = dict(zip(found["region"].bins, found["region"].window, strict=True))
    assert shares == pytest.approx(
        {**{name: (rows["region"] == name).mean() for name in ("north", "south", "east")}, "unseen": 0.1}
    )
    assert found["region"].baseline[-1] == 0


def test_without_rows_nothing_is_drawn(baseline: Any) -> None:
    """An empty window, or an empty baseline, has no shape."""
    empty = Profile.empty(baseline.layout)
    assert Shapes(baseline.summary.profile).beside(empty) == ()
    assert Shapes(empty).beside(baseline.summary.profile) == ()
