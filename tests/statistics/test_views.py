from __future__ import annotations

import numpy as np
import pytest

from mlflow_exporter.domain import Kind, Role
from mlflow_exporter.profiles.binning import numeric_edges
from mlflow_exporter.profiles.layout import CategoricalColumn, Layout, NumericColumn
from mlflow_exporter.profiles.profile import Profile
from mlflow_exporter.statistics.catalogue import SimulatedTest, drift_tests
from mlflow_exporter.statistics.thresholds import evaluate
from mlflow_exporter.statistics.views import CATEGORICAL, COARSE, FINE, Views, nulls_of

RNG = np.random.default_rng(5)
REFERENCE = {"age": RNG.normal(40, 10, 3_000), "income": RNG.lognormal(10, 1, 3_000)}
LAYOUT = Layout(
    [
        *(NumericColumn(Role.FEATURE, name, Kind.FLOAT, numeric_edges(rows)) for name, rows in REFERENCE.items()),
        CategoricalColumn(Role.FEATURE, "region", ("north", "south", "east")),
    ]
)


def profile(rows: dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]], regions: list[int]) -> Profile:
    """The counts of rows, and of regions that are given by their counts."""
    counted = Profile.empty(LAYOUT)
    for i, column in enumerate(LAYOUT.numeric):
        start, stop = LAYOUT.numeric_starts[i : i + 2]
        cells = np.searchsorted(column.edges, rows[column.name], side="right")
        counted.bins[start:stop] = np.bincount(cells, minlength=stop - start)
        counted.sums[start:stop] = np.bincount(cells, rows[column.name], stop - start)
        counted.moments[:2, i] = rows[column.name].mean(), np.square(rows[column.name] - rows[column.name].mean()).sum()
    counted.cells[:] = regions
    return counted


BASELINE = profile(REFERENCE, [1_500, 900, 600, 0])
WINDOW = profile({name: rows[:500] for name, rows in REFERENCE.items()}, [200, 200, 90, 10])


def test_each_view_has_its_columns() -> None:
    """Fine and coarse cells of the numeric columns, categories of the others, all rows in each."""
    views = Views.of(BASELINE).compare(WINDOW)
    assert {name: view.columns for name, view in views.items()} == {FINE: 2, COARSE: 2, CATEGORICAL: 1}
    for view in views.values():
        assert view.baseline_rows.tolist() == [3_000] * view.columns
        assert view.window_rows.tolist() == [500] * view.columns


def test_coarse_cells_have_a_tenth_of_the_baseline_each() -> None:
    """The coarse view parts the baseline into ten cells of equal mass."""
    coarse = Views.of(BASELINE).compare(WINDOW)[COARSE]
    assert np.diff(coarse.starts).tolist() == [10, 10]
    assert coarse.baseline / 3_000 == pytest.approx(0.1, abs=1 / 240)


def test_the_scale_is_the_baselines_standard_deviation() -> None:
    """Wasserstein's unit is that of the reference rows."""
    scale = Views.of(BASELINE).compare(WINDOW)[FINE].scale
    assert scale == pytest.approx([rows.std() for rows in REFERENCE.values()], rel=1e-9)


def test_null_distributions_survive_as_arrays() -> None:
    """What was simulated gives the same thresholds once it was stored, for every test that needs it, in each view."""
    views = Views.of(BASELINE)
    nulls = nulls_of(views.simulate())
    again = nulls_of({name: array.copy() for name, array in views.simulate(workers=2).items()})
    assert set(nulls) == {FINE, COARSE, CATEGORICAL}
    for view, comparison in views.compare(WINDOW).items():
        cells = FINE if view == FINE else COARSE
        for name, test in drift_tests().items():
            if cells == test.CELLS and isinstance(test, SimulatedTest):
                scores = evaluate(name, comparison, 0.001, nulls[view])
                assert (scores.threshold > 0).all()
                assert scores.threshold.tolist() == evaluate(name, comparison, 0.001, again[view]).threshold.tolist()
