"""How a model's rows are to be read: which column plays which part, and in which bins values are counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from mlflow_exporter.domain import Kind, Role
from mlflow_exporter.profiles.geometry import Geometry
from mlflow_exporter.profiles.layout import CategoricalColumn, Column, Layout
from mlflow_exporter.profiles.outcomes import OutcomeSpec

PREDICTION, SCORE, LABEL = "prediction", "score", "label"
"""The names that these columns have in a layout, whatever a log calls them."""


@dataclass(frozen=True)
class Parts:
    """The columns of a prediction log by the part they play; None or empty where the log has none.

    `probabilities` maps a class to its column; of a binary classifier the positive class's alone will do. A log may
    lack those that are `optional`.
    """

    prediction: str
    timestamp: str | None = None
    id: str | None = None
    probabilities: Mapping[str, str] = field(default_factory=dict)
    label: str | None = None
    latency: str | None = None
    optional: tuple[str, ...] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every column named here, once."""
        named = (self.prediction, self.timestamp, self.id, *self.probabilities.values(), self.label, self.latency)
        return tuple(dict.fromkeys(name for name in named if name is not None))


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything an engine needs to know of a model.

    `segments` gives, for each column that rows are segmented by, the values that are segments of their own; every
    other value is the segment `other`. `geometry` is that of the baseline where rows are to be counted as points, too
    (profiles/joint.py), and `sampled` tells whether some of these are to be kept.
    """

    layout: Layout
    outcome: OutcomeSpec
    parts: Parts
    segments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    geometry: Geometry | None = None
    sampled: bool = False

    @cached_property
    def columns(self) -> dict[tuple[Role, str], str]:
        """The columns of the layout that the log has, and what it calls them."""
        named = {
            (Role.PREDICTION, PREDICTION): self.parts.prediction,
            (Role.PREDICTION, SCORE): self.parts.probabilities.get(self.outcome.positive or ""),
            (Role.LABEL, LABEL): self.parts.label,
        }
        every = {(c.role, c.name): named.get((c.role, c.name), c.name) for c in self.layout.columns}
        return {key: name for key, name in every.items() if name is not None}


def segments_of(layout: Layout, columns: Sequence[str]) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """The values that are segments of their own, by column; and the columns of which the baseline tells none."""
    known: dict[str, tuple[str, ...]] = {}
    for name in columns:
        position = layout.position.get((Role.FEATURE, name))
        if position is not None:
            values_of = _values_of(layout.columns[position])
            known |= {name: values_of} if values_of else {}
    return known, [name for name in columns if name not in known]


def _values_of(column: Column) -> tuple[str, ...]:
    if isinstance(column, CategoricalColumn):
        return column.categories
    if column.kind is Kind.BOOLEAN:
        return ("false", "true")
    if column.kind is not Kind.INTEGER or not column.discrete:
        return ()
    # Each value of such a column is an edge, and so is the number after it, unless there is none. A single number
    # that is missing between two values cannot be told from a value, and does no harm as a segment without rows.
    edges = column.edges.tolist()
    following = {*edges, 2**63}
    return tuple(str(edge) for edge in edges if edge + 1 in following)
