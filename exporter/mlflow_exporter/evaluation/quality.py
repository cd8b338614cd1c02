"""Data quality of every feature of a window, or of the baseline."""

from __future__ import annotations

import numpy as np

from mlflow_exporter.domain import Role
from mlflow_exporter.profiles.layout import CategoricalColumn, NumericColumn
from mlflow_exporter.profiles.profile import Fault, Moment, Profile
from mlflow_exporter.profiles.quantiles import quantiles
from mlflow_exporter.results import ColumnQuality

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


def column_quality(profile: Profile) -> tuple[ColumnQuality, ...]:
    """The quality of each feature that any row has had; see ColumnQuality."""
    counts = np.concatenate([profile.numeric_counts(), profile.categorical_counts()])
    levels = quantiles(profile, np.array(LEVELS))
    found = []
    for i, column in enumerate(profile.layout.columns):
        rows = int(counts[i] + profile.faults[:, i].sum())
        if column.role is not Role.FEATURE or not rows:
            continue
        if isinstance(column, NumericColumn):
            found.append(_numeric(profile, i, column, rows, int(counts[i]), levels[:, i].tolist()))
        else:
            found.append(_categorical(profile, i, column, rows))
    return tuple(found)


def _ratios(profile: Profile, position: int, rows: int) -> tuple[float, float]:
    """Which shares of the rows are missing, and invalid."""
    faults = profile.faults[:, position]
    missing = int(faults[Fault.MISSING])
    return missing / rows, (int(faults.sum()) - missing) / rows


def _numeric(
    profile: Profile, index: int, column: NumericColumn, rows: int, count: int, levels: list[float]
) -> ColumnQuality:
    missing, invalid = _ratios(profile, index, rows)
    if not count:
        return ColumnQuality(column.name, rows, missing, invalid)
    start, stop = profile.layout.numeric_starts[index : index + 2]
    outside = int(profile.bins[start] + profile.bins[stop - 1]) if len(column.edges) else None
    return ColumnQuality(
        column.name,
        rows,
        missing,
        invalid,
        out_of_range_ratio=None if outside is None else outside / rows,
        mean=float(profile.moments[Moment.MEAN, index]),
        stddev=float(np.sqrt(profile.moments[Moment.M2, index] / count)),
        quantiles=dict(zip(LEVELS, levels, strict=True)),
    )


def _categorical(profile: Profile, position: int, column: CategoricalColumn, rows: int) -> ColumnQuality:
    missing, invalid = _ratios(profile, position, rows)
    if column.other:
        return ColumnQuality(column.name, rows, missing, invalid)
    index = position - len(profile.layout.numeric)
    unseen = int(profile.cells[profile.layout.categorical_starts[index + 1] - 1])
    return ColumnQuality(column.name, rows, missing, invalid, unseen_ratio=unseen / rows)
