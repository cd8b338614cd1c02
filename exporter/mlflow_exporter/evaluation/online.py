"""The bins in which model servers count their inputs: those of the PSI, from the baseline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from mlflow_exporter.domain import Kind, Role
from mlflow_exporter.instrument.bins import MISSING, OTHER, ColumnBins, FeatureBins
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.profiles.layout import CategoricalColumn, Ints, NumericColumn
from mlflow_exporter.profiles.profile import Fault, Profile
from mlflow_exporter.statistics.coarse import Grouping, group

MOST_BINS = 20
"""With `missing` and `other`."""


def feature_bins(baseline: Baseline) -> FeatureBins:
    """The features of a baseline in at most twenty bins each.

    Numeric ones have the cells of the PSI, about ten of equal mass; categorical ones their most frequent categories.
    Times, and features without any value, have none.
    """
    profile, layout = baseline.summary.profile, baseline.layout
    grouping = group(profile.bins, layout.numeric_starts)
    numeric = (_numeric(profile, grouping, i) for i in range(len(layout.numeric)) if _is_binned(profile, i))
    categorical = (_categorical(profile, i) for i, c in enumerate(layout.categorical) if c.role is Role.FEATURE)
    return FeatureBins((*numeric, *categorical) if profile.rows else ())


def _is_binned(profile: Profile, index: int) -> bool:
    column = profile.layout.numeric[index]
    has_values = bool(profile.numeric_counts()[index])
    return column.role is Role.FEATURE and column.kind is not Kind.TIMESTAMP and has_values


def _numeric(profile: Profile, grouping: Grouping, index: int) -> ColumnBins:
    column = profile.layout.numeric[index]
    own = slice(*grouping.starts[index : index + 2])
    # The lower edge of a coarse cell is that of its first fine one.
    firsts = grouping.cells[own][1:] - profile.layout.numeric_starts[index] - 1
    edges, counts = column.edges[firsts].tolist(), grouping.merge(profile.bins)[own]
    return ColumnBins(column.name, (*_ranges(edges), MISSING, OTHER), _shares(profile, column, counts), tuple(edges))


def _categorical(profile: Profile, index: int) -> ColumnBins:
    column, start = profile.layout.categorical[index], profile.layout.categorical_starts[index]
    shown = column.categories[: MOST_BINS - 2]
    counts = profile.cells[start : start + len(shown)]
    return ColumnBins(
        column.name, (*map(_named, shown), MISSING, OTHER), _shares(profile, column, counts), categories=shown
    )


def _shares(profile: Profile, column: NumericColumn | CategoricalColumn, counts: Ints) -> tuple[float, ...]:
    """Of all rows: the counts, the missing values, and what is left."""
    faults = profile.faults[:, profile.layout.position[column.role, column.name]]
    missing = int(faults[Fault.MISSING] + faults[Fault.NAN])
    other = profile.rows - int(np.sum(counts)) - missing
    return tuple((np.array([*counts, missing, other]) / profile.rows).tolist())


def _named(category: str) -> str:
    """A category that is called as one of the bins for the rest is put in quotes."""
    return repr(category) if category in {MISSING, OTHER} else category


def _ranges(edges: Sequence[float]) -> Iterator[str]:
    if not edges:
        yield "any"
        return
    names = _texts(edges)
    yield f"<{names[0]}"
    yield from (f"{low}..{high}" for low, high in pairwise(names))
    yield f">={names[-1]}"


def _texts(edges: Sequence[float]) -> list[str]:
    """The edges with as few digits as tell them apart."""
    rounded = ([f"{edge:.{digits}g}" for edge in edges] for digits in (4, 6, 9, 17))
    return next((names for names in rounded if len(set(names)) == len(names)), [repr(edge) for edge in edges])
