from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from mlflow_exporter.performance import ranking
from mlflow_exporter.performance.ranking import Estimate, Ranking
from mlflow_exporter.profiles.layout import Floats, Ints
from mlflow_exporter.profiles.outcomes import OutcomeSpec
from mlflow_exporter.profiles.scores import ScoreHistogram, score_edges

NO_BASELINE = score_edges(np.empty(0), 500)
ONE_CELL = np.array([])

RNG = np.random.default_rng(0)


def rank(actual: Ints, scores: Floats, edges: Floats = NO_BASELINE) -> Ranking:
    return Ranking.of(ScoreHistogram.of([edges], scores[:, None], actual, [1]))


def sample(rng: np.random.Generator, n: int, share: float, separation: float) -> tuple[Ints, Floats]:
    actual = (rng.random(n) < share).astype(np.int64)
    return actual, np.asarray(1 / (1 + np.exp(-rng.normal(actual * separation))))


def estimates(found: Ranking) -> tuple[Estimate, Estimate]:
    area, precision = ranking.roc_auc(found), ranking.average_precision(found)
    assert area is not None
    assert precision is not None
    return area, precision


SMALL = st.lists(st.tuples(st.integers(0, 1), st.sampled_from([0.1, 0.2, 0.3, 0.9])), min_size=1, max_size=40)


@given(SMALL)
def test_scores_in_cells_of_their_own_are_exact(rows: list[tuple[int, float]]) -> None:
    """Where no two scores share a cell, ties included, both metrics are scikit-learn's."""
    actual, scores = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    found = rank(actual, scores)
    area, precision = ranking.roc_auc(found), ranking.average_precision(found)
    assert (area is None) == (len(set(actual.tolist())) < 2)
    assert (precision is None) == (not actual.any())
    if area:
        assert area.value == pytest.approx(metrics.roc_auc_score(actual, scores))
        assert (area.less, area.more) == (0, 0)
    if precision:
        assert precision.value == pytest.approx(metrics.average_precision_score(actual, scores))
        assert precision.less == pytest.approx(0)
        assert precision.more == pytest.approx(0)


@given(SMALL)
def test_doubt_holds_whatever_the_order_was(rows: list[tuple[int, float]]) -> None:
    """In the worst case of a single cell, the true values are within what the doubt allows."""
    actual, scores = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    if len(set(actual.tolist())) < 2:
        return
    area, precision = estimates(rank(actual, scores, ONE_CELL))
    true_area, true_precision = metrics.roc_auc_score(actual, scores), metrics.average_precision_score(actual, scores)
    assert area.value - area.less - 1e-9 <= true_area <= area.value + area.more + 1e-9
    assert precision.value - precision.less - 1e-9 <= true_precision <= precision.value + precision.more + 1e-9


@pytest.mark.parametrize(("labels", "area", "precision"), (([0, 1], 1, 1), ([1, 0], 0, 0.5), ([0, 0, 1, 1], 1, 1)))
def test_extremes_order_a_cell_of_its_own(labels: list[int], area: float, precision: float) -> None:
    """Rows of one cell whose extremes show the labels apart are ranked exactly."""
    ascending = np.linspace(0.4, 0.6, len(labels))
    found = estimates(rank(np.array(labels), ascending, ONE_CELL))
    assert [estimate.value for estimate in found] == [area, precision]
    assert [estimate.less for estimate in found] == [0, 0]


def test_doubtful_cell_takes_the_expected_order() -> None:
    """With one cell for all, the precision is the mean over random orders of the rows."""
    labels = np.repeat([1, 0], [30, 70])
    shuffled = [metrics.average_precision_score(RNG.permutation(labels), np.arange(100)) for _ in range(2_000)]
    scores = RNG.random(100)
    area, precision = estimates(rank(labels, scores, ONE_CELL))
    assert area.value == 0.5
    assert precision.value == pytest.approx(np.mean(shuffled), abs=0.003)


def delong_error(actual: Ints, scores: Floats) -> float:
    """DeLong, DeLong, Clarke-Pearson (1988) on the raw rows, pair by pair."""
    positive, negative = scores[actual == 1], scores[actual == 0]
    wins = (positive[:, None] > negative[None, :]) + (positive[:, None] == negative[None, :]) / 2
    spread = wins.mean(axis=1).var(ddof=1) / len(positive) + wins.mean(axis=0).var(ddof=1) / len(negative)
    return math.sqrt(spread)


@pytest.mark.parametrize("decimals", (1, 2, 16))
def test_area_has_delongs_error(decimals: int) -> None:
    """The standard error of the area is DeLong's on the raw rows, with many ties and without."""
    actual, scores = sample(np.random.default_rng(1), 150, 0.3, 1)
    scores = scores.round(decimals)
    area, _ = estimates(rank(actual, scores))
    assert area.error == pytest.approx(delong_error(actual, scores), rel=2e-3)


def test_precision_has_the_bootstraps_error() -> None:
    """The standard error of the average precision is the spread over resampled rows."""
    rng = np.random.default_rng(2)
    actual, scores = sample(rng, 2_000, 0.2, 1)
    drawn = (rng.integers(0, 2_000, 2_000) for _ in range(300))
    resampled = [metrics.average_precision_score(actual[rows], scores[rows]) for rows in drawn]
    _, precision = estimates(rank(actual, scores))
    assert precision.error == pytest.approx(np.std(resampled), rel=0.15)


def test_wide_cells_hardly_change_the_errors() -> None:
    """Cells of 2% of the rows give the standard errors that cells of one row give."""
    actual, scores = sample(np.random.default_rng(9), 5_000, 0.3, 1)
    fine, coarse = (
        rank(actual, scores, np.unique(scores)),
        rank(actual, scores, np.quantile(scores, np.arange(50) / 50)),
    )
    for exact, estimate in zip(estimates(fine), estimates(coarse), strict=True):
        assert estimate.error == pytest.approx(exact.error, rel=0.02)


@pytest.mark.parametrize(("share", "separation"), ((0.5, 0.5), (0.5, 2), (0.1, 1)))
def test_intervals_cover(share: float, separation: float) -> None:
    """Of many windows of 1,000 rows, 95% have an interval with the population's value in it."""
    rng = np.random.default_rng(3)
    actual, scores = sample(rng, 500_000, share, separation)
    truth = metrics.roc_auc_score(actual, scores), metrics.average_precision_score(actual, scores)
    covered = []
    for _ in range(400):
        found = [estimate.interval for estimate in estimates(rank(*sample(rng, 1_000, share, separation)))]
        covered.append([low <= true <= high for (low, high), true in zip(filter(None, found), truth, strict=True)])
    assert np.all((np.mean(covered, axis=0) >= 0.92) & (np.mean(covered, axis=0) <= 0.98))


def test_one_row_of_a_label_has_no_interval() -> None:
    """A single positive gives a value without bounds, since its spread is not known."""
    area, precision = estimates(rank(np.array([0, 1, 0, 0]), np.array([0.1, 0.6, 0.7, 0.2])))
    assert (area.interval, precision.interval) == (None, None)


def test_mean_of_both_sides_of_two_classes_is_one_side() -> None:
    """The areas of both classes are one ranking seen twice, so their mean has the value and error of one."""
    actual, scores = sample(np.random.default_rng(4), 500, 0.4, 1)
    area, _ = estimates(rank(actual, scores))
    mirrored, _ = estimates(rank(1 - actual, 1 - scores))
    whole = ranking.mean([area, mirrored])
    assert whole.value == pytest.approx(area.value, abs=1e-4)
    assert whole.error == pytest.approx(area.error, rel=1e-2)


def test_mean_has_no_error_where_one_has_none() -> None:
    """An unknown error stays unknown in the mean."""
    assert ranking.mean([Estimate(0.5, 0.1, 0, 0), Estimate(0.7, None, 0.1, 0)]) == Estimate(0.6, None, 0.05, 0)


def baseline(name: str) -> Floats:
    _, scores = sample(np.random.default_rng(5), 20_000, 0.5, 1)
    squeezed = {"tiny": scores * 1e-4, "untrained": 0.5 + (scores - 0.5) / 500, "two decimals": scores.round(2)}
    return squeezed.get(name, scores)


@pytest.mark.parametrize("share", (0.5, 0.05))
@pytest.mark.parametrize("name", ("spread", "tiny", "untrained", "two decimals"))
def test_baseline_scores_keep_the_error_below_a_thousandth(name: str, share: float) -> None:
    """With the baseline's scores, both metrics are within 1e-3 of scikit-learn wherever the scores are."""
    actual, scores = sample(np.random.default_rng(6), 20_000, share, 1.5)
    scores = {"tiny": scores * 1e-4, "untrained": 0.5 + (scores - 0.5) / 500, "two decimals": scores.round(2)}.get(
        name, scores
    )
    edges = OutcomeSpec.classification(("0", "1"), None, baseline(name)[:, None]).edges[0]
    area, precision = estimates(rank(actual, scores, edges))
    assert area.value == pytest.approx(metrics.roc_auc_score(actual, scores), abs=1e-3)
    assert precision.value == pytest.approx(metrics.average_precision_score(actual, scores), abs=1e-3)


def test_bounds_allow_for_scores_that_no_edge_tells_apart() -> None:
    """Without baseline scores, scores within 0.5 ± 0.001 are told apart badly, and the bounds say so."""
    actual, scores = sample(np.random.default_rng(7), 5_000, 0.5, 1.5)
    scores = 0.5 + (scores - 0.5) / 500
    for estimate, oracle in zip(
        estimates(rank(actual, scores)), (metrics.roc_auc_score, metrics.average_precision_score), strict=True
    ):
        assert estimate.interval is not None
        assert estimate.interval[0] <= oracle(actual, scores) <= estimate.interval[1]
