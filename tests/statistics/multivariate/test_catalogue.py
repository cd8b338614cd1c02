"""The contract of every dataset test there is: a new file is tested before its author writes a test."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from mlflow_exporter.config.names import DATASET_TESTS
from mlflow_exporter.statistics.multivariate.catalogue import DatasetTest, dataset_tests, is_installed

FOUND = dataset_tests()


@pytest.fixture(params=FOUND)
def test(request: pytest.FixtureRequest) -> DatasetTest:
    """Each dataset test."""
    return FOUND[request.param]


def test_the_configuration_knows_every_test() -> None:
    """What can be configured is what there is."""
    assert set(FOUND) == DATASET_TESTS


def test_a_score_is_near_nothing_without_drift_and_grows_with_it(
    test: DatasetTest, cloud: Any, geometry_of: Any, window_of: Any
) -> None:
    """The more a correlation has changed, the larger is the score; below its threshold where nothing has."""
    geometry = geometry_of(cloud(6_000, 4, seed=1))
    windows = [window_of(cloud(3_000, 4, seed=2, correlation=correlation)) for correlation in (0.8, 0.3, -0.8)]
    scores = [test.score(geometry, window) for window in windows]
    assert scores == sorted(scores)
    assert 0 <= scores[0] < max(test.FLOOR, test.critical(geometry, windows[0], 0.001)) < scores[1]


def test_critical_values_fall_with_the_rows_and_rise_with_rarity(
    test: DatasetTest, cloud: Any, geometry_of: Any, window_of: Any
) -> None:
    """A small window may be further from the baseline by chance, and a rarer false alarm needs a higher bar."""
    geometry = geometry_of(cloud(6_000, 4, seed=1))
    sizes = [window_of(cloud(rows, 4, seed=2)) for rows in (100, 300, 1_000)]
    by_size = [test.critical(geometry, window, 0.001) for window in sizes]
    by_rate = [test.critical(geometry, sizes[0], rate) for rate in (0.1, 0.01, 0.001)]
    assert by_size == sorted(by_size, reverse=True)
    assert by_rate == sorted(by_rate)


def test_what_is_required_is_looked_for() -> None:
    """A test that needs a library which is not there cannot be computed, and is not tried."""
    assert is_installed(cast(DatasetTest, SimpleNamespace(REQUIRES=None)))
    assert is_installed(cast(DatasetTest, SimpleNamespace(REQUIRES="sklearn")))
    assert not is_installed(cast(DatasetTest, SimpleNamespace(REQUIRES="no_such_library")))
