"""Simulated null distributions: right, the same every time, and storable."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.statistics.catalogue import SimulatedTest, drift_tests
from mlflow_exporter.statistics.null import Null, simulate

SIMULATED = {name: test for name, test in drift_tests().items() if isinstance(test, SimulatedTest)}
RATE = 0.01
WINDOWS = 4_000


def _of(cells: str) -> dict[str, SimulatedTest]:
    return {name: test for name, test in SIMULATED.items() if cells == test.CELLS}


def _undrifted(baseline: Comparison, rows: int) -> tuple[Comparison, Comparison]:
    """Windows of a column drawn with baselines of their own, and the column itself beside the first window."""
    rng = np.random.default_rng([rows, 4])
    counts = baseline.baseline
    drawn, window = (rng.multinomial(n, counts / counts.sum(), WINDOWS).ravel() for n in (int(counts.sum()), rows))
    starts, first = np.arange(WINDOWS + 1) * len(counts), window[: len(counts)]
    if baseline.baseline_sums is None or baseline.scale is None:
        return Comparison(starts, drawn, window), Comparison(baseline.starts, counts, first)
    means: NDArray[np.float64] = baseline.baseline_sums / np.maximum(counts, 1)
    tiled: NDArray[np.float64] = np.tile(means, WINDOWS)
    scale = np.repeat(baseline.scale, WINDOWS)
    many = Comparison(starts, drawn, window, (drawn * tiled).astype(float), (window * tiled).astype(float), scale)
    return many, Comparison(baseline.starts, counts, first, means * counts, means * first, baseline.scale)


@pytest.mark.parametrize("name", sorted(_of("coarse")))
@pytest.mark.parametrize("rows", (60, 700, 30_000))
@pytest.mark.parametrize("shares", ((1,) * 10, (50, 30, 15, 4, 1), tuple(range(1, 60))), ids=["flat", "few", "many"])
def test_a_share_of_undrifted_windows_is_above_the_critical_value(
    name: str, rows: int, shares: tuple[int, ...], categories: Callable[..., Comparison]
) -> None:
    """Of undrifted windows about the chosen share, 1%, is above the critical value; between grid points too."""
    counts = np.round(20_000 * np.array(shares) / sum(shares)).astype(int)
    baseline = categories((counts, counts))
    windows, one = _undrifted(baseline, rows)
    critical = simulate(baseline, {name: SIMULATED[name]}).critical(name, SIMULATED[name], one, RATE)
    assert RATE / 4 <= np.mean(SIMULATED[name].score(windows) > critical) <= 2 * RATE


@pytest.mark.parametrize("name", sorted(_of("fine")))
@pytest.mark.parametrize("rows", (60, 3_000))
@pytest.mark.parametrize("column", ("normal", "lognormal", "binomial"))
def test_it_holds_for_ordered_cells(name: str, rows: int, column: str, fine: Callable[..., Comparison]) -> None:
    """The same for the tests on fine cells."""
    rng = np.random.default_rng(12)
    draws = {
        "normal": rng.normal(size=4_000),
        "lognormal": rng.lognormal(size=4_000),
        "binomial": rng.binomial(5, 0.3, 4_000),
    }
    baseline = fine([draws[column]], [draws[column]])
    windows, one = _undrifted(baseline, rows)
    critical = simulate(baseline, {name: SIMULATED[name]}).critical(name, SIMULATED[name], one, RATE)
    assert RATE / 4 <= np.mean(SIMULATED[name].score(windows) > critical) <= 2 * RATE


def test_it_is_the_same_whatever_the_workers(categories: Callable[..., Comparison]) -> None:
    """The same baseline gives the same bits, with one worker or three."""
    baseline = categories(([5, 9, 3], [0, 0, 0]), ([100, 1], [0, 0]))
    one, three = (simulate(baseline, _of("coarse"), workers) for workers in (1, 3))
    assert all(np.array_equal(one.moments[name], three.moments[name]) for name in _of("coarse"))


def test_it_survives_storage(categories: Callable[..., Comparison]) -> None:
    """Arrays and back: the same critical values."""
    comparison = categories(([50, 30, 20], [5, 5, 5]))
    null = simulate(comparison, _of("coarse"))
    again = Null.from_arrays(null.to_arrays())
    psi = SIMULATED["psi"]
    assert again.critical("psi", psi, comparison, RATE) == null.critical("psi", psi, comparison, RATE)


@pytest.mark.parametrize("column", (([0, 0], [3, 4]), ([7, 0], [7, 0]), ([1, 0], [1, 0])))
def test_a_degenerate_baseline_has_a_null_without_spread(
    column: tuple[list[int], list[int]], categories: Callable[..., Comparison]
) -> None:
    """No rows, one value, one row: finite moments and no warning."""
    null = simulate(categories(column), _of("coarse"))
    assert all(np.isfinite(moments).all() for moments in null.moments.values())


def test_no_column_has_an_empty_null() -> None:
    """A model without such columns is no special case."""
    nothing = np.zeros(0, np.int64)
    null = simulate(Comparison(np.zeros(1, np.int64), nothing, nothing), _of("coarse"))
    assert null.moments["psi"].shape[-1] == 0


def test_a_test_that_was_not_simulated_is_an_error(categories: Callable[..., Comparison]) -> None:
    """Asking for another test's critical value raises KeyError."""
    comparison = categories(([5, 5], [5, 5]))
    null = simulate(comparison, {"psi": SIMULATED["psi"]})
    with pytest.raises(KeyError):
        null.critical("hellinger", cast(SimulatedTest, drift_tests()["hellinger"]), comparison, RATE)
