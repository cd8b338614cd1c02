"""The tests that compare cell by cell, against SciPy on the same counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.spatial.distance import euclidean, jensenshannon

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.statistics import chi2, hellinger, jensen_shannon, kullback_leibler, psi, total_variation

Rows = NDArray[Any]


def _shares(counts: Rows) -> Rows:
    shares: Rows = counts / counts.sum()
    return shares


def _smoothed(counts: Rows, other: Rows) -> Rows:
    """Half a row where only the other side has some; then shares of the increased rows."""
    return _shares(np.where((counts == 0) & (other > 0), 0.5, counts))


def test_jensen_shannon_is_scipys_distance(cells: tuple[Rows, Rows], categories: Callable[..., Comparison]) -> None:
    """jensen_shannon is scipy.spatial.distance.jensenshannon in base 2."""
    baseline, window = cells
    expected = jensenshannon(_shares(baseline), _shares(window), base=2)
    assert jensen_shannon.score(categories(cells))[0] == pytest.approx(expected, abs=1e-8)
    assert window.sum() > 0


def test_hellinger_is_the_distance_of_the_roots(
    cells: tuple[Rows, Rows], categories: Callable[..., Comparison]
) -> None:
    """Hellinger is the Euclidean distance of the roots of the shares over the root of two."""
    roots = [np.sqrt(_shares(side)) for side in cells]
    assert hellinger.score(categories(cells))[0] == pytest.approx(euclidean(*roots) / np.sqrt(2))


def test_total_variation_is_the_largest_difference_of_any_event(
    cells: tuple[Rows, Rows], categories: Callable[..., Comparison]
) -> None:
    """total_variation is the largest difference in probability that any set of cells has."""
    baseline, window = (_shares(side) for side in cells)
    events = np.array(np.meshgrid(*[[0, 1]] * len(baseline))).reshape(len(baseline), -1)
    assert total_variation.score(categories(cells))[0] == pytest.approx(np.max((window - baseline) @ events))


def test_kullback_leibler_is_scipys_entropy(cells: tuple[Rows, Rows], categories: Callable[..., Comparison]) -> None:
    """kullback_leibler is scipy.stats.entropy of the window relative to the baseline, empty cells filled."""
    baseline, window = cells
    both = (baseline + window) > 0
    expected = stats.entropy(_smoothed(window, baseline)[both], _smoothed(baseline, window)[both])
    assert kullback_leibler.score(categories(cells))[0] == pytest.approx(expected, abs=1e-12)


def test_psi_is_both_entropies(cells: tuple[Rows, Rows], categories: Callable[..., Comparison]) -> None:
    """Psi is the sum of scipy.stats.entropy in both directions, empty cells filled."""
    both = (cells[0] + cells[1]) > 0
    sides = _smoothed(cells[0], cells[1])[both], _smoothed(cells[1], cells[0])[both]
    expected = stats.entropy(*sides) + stats.entropy(*sides[::-1])
    assert psi.score(categories(cells))[0] == pytest.approx(expected, abs=1e-12)


def test_chi2_is_cramers_v_of_the_two_samples(cells: tuple[Rows, Rows], categories: Callable[..., Comparison]) -> None:
    """chi2 is scipy.stats.contingency.association, and its p-value chi2_contingency's without correction."""
    table = np.array(cells)[:, (cells[0] + cells[1]) > 0]
    comparison = categories(cells)
    score = chi2.score(comparison)
    assert score[0] == pytest.approx(stats.contingency.association(table, method="cramer"))
    assert chi2.p_value(comparison, score)[0] == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)


def test_chi2_of_one_cell_finds_nothing(categories: Callable[..., Comparison]) -> None:
    """Where all rows of both sides are in one cell there is no association: 0, with p-value 1."""
    comparison = categories(([9, 0], [4, 0]))
    assert (chi2.score(comparison)[0], chi2.p_value(comparison, np.zeros(1))[0]) == (0, 1)


def test_chi2_knows_the_moments_of_all_tables(categories: Callable[..., Comparison]) -> None:
    """The mean and variance behind the critical value are those of random tables with the same margins."""
    baseline, window = np.array([300, 80, 15, 5]), np.array([60, 30, 8, 2])
    mean, variance = chi2._permutation_moments(categories((baseline, window)))
    drawn = np.random.default_rng(9).multivariate_hypergeometric(baseline + window, 100, size=40_000)
    expected = np.outer([0.2], baseline + window)
    statistic = (np.square(drawn - expected) / expected / 0.8).sum(axis=1)
    assert mean[0] == pytest.approx(statistic.mean(), rel=0.02)
    assert variance[0] == pytest.approx(statistic.var(), rel=0.05)


def test_the_floor_of_chi2_is_one_drift_at_every_ratio_of_sizes(categories: Callable[..., Comparison]) -> None:
    """V shrinks as the sizes part; its floor shrinks with it, so that one drift is on one side of it always."""
    shares = np.array([[0.5, 0.5], [0.6, 0.4]])
    ratios = []
    for rows in (1_000, 10_000, 1_000_000):
        comparison = categories((shares[0] * 1_000_000, shares[1] * rows))
        ratios.append(float((chi2.score(comparison) / chi2.floor(comparison, np.array([0.1])))[0]))
    assert ratios == pytest.approx([ratios[0]] * 3, rel=0.02)


def test_numeric_rows_give_the_same_in_their_coarse_cells(
    continuous: tuple[Rows, Rows], coarse: Callable[..., Comparison]
) -> None:
    """Ten cells between the baseline's deciles: the score of the rows counted there directly."""
    baseline, window = continuous
    comparison = coarse([baseline], [window])
    edges = np.sort(baseline)[np.cumsum(comparison.baseline)[:-1]]
    counts = [np.bincount(np.searchsorted(edges, side, side="right"), minlength=10) for side in (baseline, window)]
    expected = jensenshannon(_shares(counts[0]), _shares(counts[1]), base=2)
    assert jensen_shannon.score(comparison)[0] == pytest.approx(expected, abs=1e-8)
