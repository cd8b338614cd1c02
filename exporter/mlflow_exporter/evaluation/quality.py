"""Data quality of every feature of a window, or of the baseline."""

from __future__ import annotations

import math

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
    start = int(profile.layout.numeric_starts[index])
    outside = sum(int(profile.bins[start + cell]) for cell in column.outer_bins) if column.outer_bins else None
    mean, m2 = profile.moments[[Moment.MEAN, Moment.M2], index].tolist()
    return ColumnQuality(
        column.name,
        rows,
        missing,
        invalid,
        out_of_range_ratio=None if outside is None else outside / rows,
        # Beyond 1e154 the squares, and beyond 1e303 the sums, may not fit in a float.
        mean=mean if math.isfinite(mean) else None,
        stddev=math.sqrt(m2 / count) if math.isfinite(m2) else None,
        quantiles=dict(zip(LEVELS, levels, strict=True)),
    )


def _categorical(profile: Profile, position: int, column: CategoricalColumn, rows: int) -> ColumnQuality:
    missing, invalid = _ratios(profile, position, rows)
    if column.other:
        return ColumnQuality(column.name, rows, missing, invalid)
    index = position - len(profile.layout.numeric)
    unseen = int(profile.cells[profile.layout.categorical_starts[index + 1] - 1])
    return ColumnQuality(column.name, rows, missing, invalid, unseen_ratio=unseen / rows)
