"""The shape of every column, window against baseline, in few enough bins to draw."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from mlflow_exporter.domain import Kind
from mlflow_exporter.profiles.layout import CategoricalColumn, Floats, NumericColumn
from mlflow_exporter.profiles.profile import Profile
from mlflow_exporter.profiles.quantiles import distribution
from mlflow_exporter.results import Distribution

BINS = 20
CORE = (0.005, 0.995)
"""Between these quantiles of the baseline bins are drawn equally wide; what lies beyond is in the first and last."""


@dataclass(frozen=True, eq=False)
class _Shape:
    """How a column is drawn: the names of its bins and the baseline's shares in them.

    `points` part the bins of a numeric column.
    """

    bins: tuple[str, ...]
    baseline: tuple[float, ...]
    points: Floats | None = None


class Shapes:
    """The columns of a baseline, binned once; with any window beside."""

    def __init__(self, baseline: Profile) -> None:
        layout = baseline.layout
        numeric, categorical = baseline.numeric_counts(), baseline.categorical_counts()
        self._numeric = {i: _numeric_shape(baseline, i) for i in range(len(layout.numeric)) if numeric[i]}
        self._categorical = {
            i: _categorical_shape(baseline, i) for i in range(len(layout.categorical)) if categorical[i]
        }

    def beside(self, window: Profile) -> tuple[Distribution, ...]:
        """One for each column that both sides have values of, in the order of the columns."""
        layout, numeric, categorical = window.layout, window.numeric_counts(), window.categorical_counts()
        found = []
        for i, shape in self._numeric.items():
            if numeric[i] and shape.points is not None:
                column, shares = layout.numeric[i], _numeric_shares(window, i, shape.points)
                found.append(Distribution(column.name, column.role, shape.bins, shape.baseline, shares))
        for i, shape in self._categorical.items():
            if categorical[i]:
                named, shares = layout.categorical[i], _categorical_shares(window, i)
                found.append(Distribution(named.name, named.role, shape.bins, shape.baseline, shares))
        return tuple(found)


def _numeric_shape(baseline: Profile, index: int) -> _Shape:
    points, names = _values(baseline, index) or _ranges(baseline, index)
    return _Shape(tuple(names), _numeric_shares(baseline, index, points), points)


def _numeric_shares(profile: Profile, index: int, points: Floats) -> tuple[float, ...]:
    bounds, cumulative = distribution(profile, index)
    below = np.interp(points, bounds, cumulative, left=0, right=1)
    return tuple(np.diff(below, prepend=0, append=1).tolist())


def _values(baseline: Profile, index: int) -> tuple[Floats, list[str]] | None:
    """A bin for each value of a column that has few: where they are parted, and their names."""
    column = baseline.layout.numeric[index]
    start, stop = baseline.layout.numeric_starts[index : index + 2]
    filled = np.flatnonzero(baseline.bins[start:stop])
    if not column.discrete or not 0 < len(filled) <= BINS:
        return None
    values = column.edges[filled - 1].astype(np.float64)
    if column.kind is Kind.FLOAT:
        values = (values + column.edges[filled]) / 2
    middles = (values[:-1] + values[1:]) / 2
    return middles, [_shown(column, float(value)) for value in values]


def _ranges(baseline: Profile, index: int) -> tuple[Floats, list[str]]:
    """Equally wide bins over the core of the baseline."""
    column = baseline.layout.numeric[index]
    bounds, cumulative = distribution(baseline, index)
    low, high = np.interp(CORE, cumulative, bounds)
    points = np.unique(np.linspace(low, high, BINS - 1))
    names = [_shown(column, point) for point in points.tolist()]
    between = [f"{a} – {b}" for a, b in itertools.pairwise(names)]
    return points, [f"< {names[0]}", *between, f"≥ {names[-1]}"]


def _categorical_shape(baseline: Profile, index: int) -> _Shape:
    column = baseline.layout.categorical[index]
    shown = _shown_categories(column)
    return _Shape((*column.categories[:shown], _rest(column, shown)), _categorical_shares(baseline, index))


def _categorical_shares(profile: Profile, index: int) -> tuple[float, ...]:
    start, stop = profile.layout.categorical_starts[index : index + 2]
    cells, shown = profile.cells[start:stop], _shown_categories(profile.layout.categorical[index])
    return tuple((np.append(cells[:shown], cells[shown:].sum()) / cells.sum()).tolist())


def _shown_categories(column: CategoricalColumn) -> int:
    return min(len(column.categories), BINS - 1)


def _rest(column: CategoricalColumn, shown: int) -> str:
    return "other" if column.other or shown < len(column.categories) else "unseen"


def _shown(column: NumericColumn, value: float) -> str:
    if column.kind is Kind.BOOLEAN:
        return str(bool(value)).lower()
    if column.kind is Kind.TIMESTAMP:
        return f"{datetime.fromtimestamp(value / 1e6, UTC):%Y-%m-%d %H:%M}"
    return f"{value:,.4g}"
