from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mlflow_exporter.profiles.geometry import Geometry
from mlflow_exporter.statistics.multivariate import pca_reconstruction
from mlflow_exporter.statistics.multivariate.fitting import FEWEST_ROWS

RATE = 0.001


def detected(geometry: Geometry, window: Any) -> bool:
    threshold = max(pca_reconstruction.critical(geometry, window, RATE), pca_reconstruction.FLOOR)
    return bool(pca_reconstruction.score(geometry, window) > threshold)


def test_the_error_is_that_of_the_rows(cloud: Any, geometry_of: Any, window_of: Any) -> None:
    """The sums of products give what the rows themselves give, as bucket after bucket is merged."""
    geometry, codes = geometry_of(cloud(3_000, 6, seed=1)), cloud(900, 6, seed=2, correlation=0.1)
    window = window_of(codes[:, :500]).merge(window_of(codes[:, 500:]))
    rows = codes.T.astype(np.float64)
    rebuilt = rows @ geometry.components.T @ geometry.components
    expected = np.sqrt(np.square(rows - rebuilt).sum(axis=1).mean())
    assert pca_reconstruction.error(geometry, window) == pytest.approx(expected, rel=1e-5)
    baseline = np.sqrt(geometry.errors[0])
    assert pca_reconstruction.score(geometry, window) == pytest.approx(abs(expected / baseline - 1), rel=1e-4)


@pytest.mark.parametrize("width", (2, 10, 64))
def test_a_flipped_correlation_is_found(cloud: Any, geometry_of: Any, window_of: Any, width: int) -> None:
    """Every column is distributed as before, and two of them go together the other way."""
    geometry = geometry_of(cloud(10_000, width, seed=1))
    assert detected(geometry, window_of(cloud(5_000, width, seed=2, correlation=-0.8)))
    assert not detected(geometry, window_of(cloud(5_000, width, seed=3)))


def test_an_error_that_falls_is_drift_too(cloud: Any, geometry_of: Any, window_of: Any) -> None:
    """Columns that go together more than they did come nearer to the subspace."""
    geometry = geometry_of(cloud(10_000, 4, seed=1))
    window = window_of(cloud(5_000, 4, seed=2, correlation=0.99))
    assert pca_reconstruction.error(geometry, window) < np.sqrt(geometry.errors[0])
    assert detected(geometry, window)


def test_columns_that_depend_exactly(cloud: Any, geometry_of: Any, window_of: Any) -> None:
    """An error of nothing is no division by zero: it stays nothing, and is far above once the dependence ends."""
    exact = cloud(3_000, 2, seed=1, correlation=1.0)
    geometry = geometry_of(exact)
    assert pca_reconstruction.score(geometry, window_of(exact)) == pytest.approx(0, abs=0.01)
    assert pca_reconstruction.critical(geometry, window_of(exact), RATE) == pytest.approx(0, abs=0.01)
    assert detected(geometry, window_of(cloud(200, 2, seed=2, correlation=0.0)))


@pytest.mark.parametrize("shape", ("normal", "factor", "heavy"))
@pytest.mark.parametrize("rows", (100, 2_000))
def test_false_alarms_come_at_their_rate(geometry_of: Any, window_of: Any, shape: str, rows: int) -> None:
    """Of 1,000 windows of each kind without drift, over 20 baselines, at most 0.5% are alarms at a rate of 0.1%."""
    rng = np.random.default_rng(rows)

    def draw(size: int) -> np.ndarray:
        codes = rng.standard_t(3, (8, size)) / 1.6 if shape == "heavy" else rng.normal(size=(8, size))
        codes = codes + rng.normal(size=(1, size)) if shape == "factor" else codes
        return np.clip(codes, -10, 10).astype(np.float32)

    alarms = 0
    for _ in range(20):
        geometry = geometry_of(draw(6_000))
        alarms += sum(detected(geometry, window_of(draw(rows))) for _ in range(50))
    assert alarms <= 5


def test_a_small_baseline_of_heavy_tails_raises_no_more(geometry_of: Any, window_of: Any) -> None:
    """Of 3,000 windows over 60 baselines of the fewest rows, which miss most of the tail, at most 0.5% are alarms."""
    rng = np.random.default_rng(0)

    def draw(size: int) -> np.ndarray:
        codes = (rng.standard_t(3, (1, size)) + 0.4 * rng.standard_t(3, (8, size))) / 1.9
        return np.clip(codes, -10, 10).astype(np.float32)

    alarms = 0
    for _ in range(60):
        geometry = geometry_of(draw(FEWEST_ROWS))
        alarms += sum(detected(geometry, window_of(draw(1_000))) for _ in range(50))
    assert alarms <= 15


def test_the_critical_value_is_met_at_its_rate(cloud: Any, geometry_of: Any, window_of: Any) -> None:
    """With a large baseline a share `rate` of the windows or a little less exceed it, so that it can be relied on."""
    geometry = geometry_of(cloud(100_000, 5, seed=1))
    windows = [window_of(cloud(300, 5, seed=seed)) for seed in range(2_000)]
    share = np.mean(
        [pca_reconstruction.score(geometry, w) > pca_reconstruction.critical(geometry, w, 0.1) for w in windows]
    )
    assert 0.06 < share < 0.115


def test_it_compares_all_rows(cloud: Any, geometry_of: Any, window_of: Any) -> None:
    """The sizes are those of the whole window, and of the baseline's rows that were measured."""
    assert pca_reconstruction.sizes(geometry_of(cloud(3_000, 2, seed=1)), window_of(cloud(70, 2, seed=1))) == (
        1_500,
        70,
    )
