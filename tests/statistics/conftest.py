"""Rows of many kinds, and their comparison in the cells that the baseline's rows pin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mlflow_exporter.profiles.binning import numeric_edges
from mlflow_exporter.profiles.comparison import Comparison
from mlflow_exporter.statistics.coarse import group

Rows = NDArray[Any]
BASELINE_ROWS = 20_000


def _cells(edges: Rows, rows: Rows) -> tuple[Rows, Rows]:
    cell = np.searchsorted(edges, rows, side="right")
    return np.bincount(cell, minlength=len(edges) + 1), np.bincount(cell, rows.astype(float), len(edges) + 1)


def _fine(baselines: Sequence[Rows], windows: Sequence[Rows]) -> Comparison:
    edges = [numeric_edges(rows) for rows in baselines]
    sides = [[_cells(e, rows) for e, rows in zip(edges, side, strict=True)] for side in (baselines, windows)]
    counts, sums = ([np.concatenate([column[k] for column in side]) for side in sides] for k in (0, 1))
    starts = np.cumsum([0, *(len(e) + 1 for e in edges)])
    scale = np.array([(rows - rows[:1]).astype(float).std() if len(rows) else 0.0 for rows in baselines])
    return Comparison(starts, counts[0], counts[1], sums[0], sums[1], scale)


@pytest.fixture(scope="session")
def fine() -> Callable[[Sequence[Rows], Sequence[Rows]], Comparison]:
    """`fine(baselines, windows)`: columns of rows, counted in the bins of their baselines."""
    return _fine


@pytest.fixture(scope="session")
def coarse() -> Callable[[Sequence[Rows], Sequence[Rows]], Comparison]:
    """`coarse(baselines, windows)`: columns of rows, counted in about ten cells of equal mass."""

    def compare(baselines: Sequence[Rows], windows: Sequence[Rows]) -> Comparison:
        counted = _fine(baselines, windows)
        return group(counted.baseline, counted.starts).comparison(counted)

    return compare


@pytest.fixture(scope="session")
def categories() -> Callable[..., Comparison]:
    """`categories((baseline, window), …)`: columns given by their counts."""

    def compare(*columns: tuple[Sequence[int], Sequence[int]]) -> Comparison:
        starts = np.cumsum([0, *(len(baseline) for baseline, _ in columns)])
        sides = [np.concatenate([np.asarray(column[k], np.int64) for column in columns]) for k in (0, 1)]
        return Comparison(starts, *sides)

    return compare


Draw = Callable[[np.random.Generator, int], Rows]
CONTINUOUS: dict[str, Draw] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "lognormal": lambda rng, n: rng.lognormal(size=n),
    "t2": lambda rng, n: rng.standard_t(2, n),
    "cauchy": lambda rng, n: rng.standard_cauchy(n),
}
DISCRETE: dict[str, Draw] = {
    "poisson": lambda rng, n: rng.poisson(3, n),
    "boolean": lambda rng, n: rng.integers(0, 2, n),
    "beyond_2_53": lambda rng, n: 2**60 + rng.binomial(40, 0.3, n),
    "fractions": lambda rng, n: rng.integers(0, 7, n) / 7,
}
TIMESTAMPS: dict[str, Draw] = {"timestamps": lambda rng, n: 1_700_000_000_000_000 + rng.integers(0, 10**13, n)}
# What happens to a window's rows: nothing, a shift, a stretch (in the type of the column).
CHANGES: dict[str, Callable[[Rows], Rows]] = {
    "same": lambda rows: rows,
    "shifted": lambda rows: rows + rows.dtype.type(1),
    "folded": lambda rows: np.where(rows > np.median(rows), np.median(rows).astype(rows.dtype), rows),
}


@pytest.fixture(params=CHANGES)
def change(request: pytest.FixtureRequest) -> Callable[[Rows], Rows]:
    """What happened to the window."""
    return CHANGES[request.param]


def _sides(draw: Draw, change: Callable[[Rows], Rows], window_rows: int) -> tuple[Rows, Rows]:
    rng = np.random.default_rng([window_rows, 11])
    return draw(rng, BASELINE_ROWS), change(draw(rng, window_rows))


@pytest.fixture(params=(50, 3_000))
def window_rows(request: pytest.FixtureRequest) -> int:
    """How many rows the window has."""
    return int(request.param)


@pytest.fixture(params=CONTINUOUS | TIMESTAMPS)
def continuous(request: pytest.FixtureRequest, change: Callable[[Rows], Rows], window_rows: int) -> tuple[Rows, Rows]:
    """Baseline and window of a column of many distinct values."""
    return _sides((CONTINUOUS | TIMESTAMPS)[request.param], change, window_rows)


@pytest.fixture(params=DISCRETE)
def discrete(request: pytest.FixtureRequest, change: Callable[[Rows], Rows], window_rows: int) -> tuple[Rows, Rows]:
    """Baseline and window of a column of few distinct values."""
    return _sides(DISCRETE[request.param], change, window_rows)


CELLS: dict[str, tuple[list[int], list[int]]] = {
    "two": ([900, 100], [80, 20]),
    "many": ([500, 300, 150, 49, 1], [40, 30, 20, 9, 1]),
    "unseen": ([500, 500, 0], [50, 40, 10]),
    "vanished": ([400, 400, 200], [60, 40, 0]),
    "apart": ([100, 100, 0, 0], [0, 0, 50, 50]),
    "same": ([300, 600, 100], [30, 60, 10]),
    "one_row": ([10, 5, 1], [0, 1, 0]),
    "empty_cell": ([10, 0, 5], [7, 0, 9]),
}


@pytest.fixture(params=CELLS)
def cells(request: pytest.FixtureRequest) -> tuple[Rows, Rows]:
    """Baseline and window counts of one categorical column."""
    baseline, window = CELLS[request.param]
    return np.array(baseline), np.array(window)
