from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from mlflow_exporter.profiles.geometry import Geometry
from mlflow_exporter.profiles.joint import JointTally
from mlflow_exporter.statistics.multivariate import domain_classifier

RATE = 0.001


def detected(geometry: Geometry, window: JointTally) -> bool:
    threshold = max(domain_classifier.critical(geometry, window, RATE), domain_classifier.FLOOR)
    return domain_classifier.score(geometry, window) > threshold


@pytest.mark.parametrize("width", (2, 20))
def test_a_flipped_correlation_is_found(cloud: Any, geometry_of: Any, window_of: Any, width: int) -> None:
    """Every column is distributed as before, and two of them go together the other way."""
    geometry = geometry_of(cloud(4_000, width, seed=1))
    assert detected(geometry, window_of(cloud(2_000, width, seed=2, correlation=-0.8)))


def test_rows_of_one_population_raise_no_alarm(cloud: Any, geometry_of: Any, window_of: Any) -> None:
    """Small and large windows, 40 in all: what is learnt by heart is no drift."""
    alarms = [
        detected(geometry, window_of(cloud(rows, 6, seed=100 * seed + rows)))
        for seed in range(4)
        for geometry in [geometry_of(cloud(2_000, 6, seed=seed))]
        for rows in (100, 150, 200, 250, 300, 400, 500, 700, 1_000, 2_000)
    ]
    assert len(alarms) == 40
    assert not any(alarms)


def test_the_critical_value_is_the_mann_whitney_tests(cloud: Any, geometry_of: Any, window_of: Any) -> None:
    """It is the score whose U, of the half of the rows that is judged, has that p-value by the normal approximation."""
    geometry, window = geometry_of(cloud(2_000, 2, seed=1)), window_of(cloud(500, 2, seed=2))
    m, n = (size // 2 for size in domain_classifier.sizes(geometry, window))
    deviation = np.sqrt(m * n * (m + n + 1) / 12) / (m * n)
    expected = 2 * stats.norm.isf(RATE) * deviation
    assert domain_classifier.critical(geometry, window, RATE) == pytest.approx(expected, rel=1e-9)


def test_the_score_never_falls_below_nothing(cloud: Any, geometry_of: Any, window_of: Any) -> None:
    """A classifier that is wrong more often than right has found nothing."""
    geometry = geometry_of(cloud(2_000, 2, seed=1))
    scores = [domain_classifier.score(geometry, window_of(cloud(120, 2, seed=seed))) for seed in range(8)]
    assert min(scores) == 0


def test_the_same_rows_give_the_same_score(cloud: Any, geometry_of: Any, window_of: Any) -> None:
    """Nothing in a score is random."""
    geometry, window = geometry_of(cloud(2_000, 3, seed=1)), window_of(cloud(300, 3, seed=2, correlation=0.0))
    assert domain_classifier.score(geometry, window) == domain_classifier.score(geometry, window) > 0
