"""The columns of a model and their bins, pinned by the baseline: what makes two profiles add up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlflow_exporter.domain import Kind, Role

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Values: TypeAlias = NDArray[np.float64 | np.int64]
"""Values of a numeric column: all float64, or all int64."""


@dataclass(frozen=True, eq=False)
class NumericColumn:
    """A column whose values are counted between edges.

    `edges` (K, ascending, strictly) is int64 for integer, boolean and timestamp (microseconds) columns, so that
    values beyond 2^53 keep their place, and float64 else. Bin i holds edges[i-1] <= value < edges[i]; the first and
    the last of the K+1 bins are open, and hold what lies outside the baseline's range. Where the baseline has few
    distinct values, `discrete` is set and each of them has a bin to itself (see profiles/binning.py).
    """

    role: Role
    name: str
    kind: Kind
    edges: Values
    discrete: bool = False

    @property
    def cells(self) -> int:
        """How many bins."""
        return len(self.edges) + 1

    @property
    def outer_bins(self) -> tuple[int, ...]:
        """The bins of what lies outside the baseline's range; none where the baseline has no value.

        No int64 follows the largest one, so where that is the last edge its bin holds it, and nothing from outside.
        """
        if not len(self.edges):
            return ()
        ends_with_type = self.edges.dtype == np.int64 and self.edges[-1] == np.iinfo(np.int64).max
        return (0,) if ends_with_type else (0, len(self.edges))


@dataclass(frozen=True, eq=False)
class CategoricalColumn:
    """A column whose values are counted by category, with one more cell for every other value.

    `other` tells whether the baseline itself had rows in that last cell (more categories than are listed); where it
    had none, what falls there is unseen.
    """

    role: Role
    name: str
    categories: tuple[str, ...]
    other: bool = False

    @property
    def kind(self) -> Kind:
        """Always CATEGORICAL; a numeric column has a field of this name."""
        return Kind.CATEGORICAL

    @property
    def cells(self) -> int:
        """How many categories, and one for the rest."""
        return len(self.categories) + 1


Column: TypeAlias = NumericColumn | CategoricalColumn


class Layout:
    """All columns of a model, numeric ones first; every array of a profile is flat over them.

    The cells of numeric column i are `numeric_starts[i]:numeric_starts[i + 1]` of the profile's bins, and so for
    categorical columns.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self.numeric = tuple(column for column in columns if isinstance(column, NumericColumn))
        self.categorical = tuple(column for column in columns if isinstance(column, CategoricalColumn))
        self.numeric_starts = _starts(self.numeric)
        self.categorical_starts = _starts(self.categorical)
        self.position = {(column.role, column.name): i for i, column in enumerate(self.columns)}

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Every column, in the order of a profile's per-column arrays."""
        return (*self.numeric, *self.categorical)

    @cached_property
    def digest(self) -> str:
        """The same for two layouts exactly when their profiles add up."""
        return hashlib.sha256(json.dumps(self.to_json()).encode()).hexdigest()

    def to_json(self) -> list[dict[str, Any]]:
        """A JSON-serialisable description; floats survive it exactly."""
        numeric = [
            {"role": c.role, "name": c.name, "kind": c.kind, "edges": c.edges.tolist(), "discrete": c.discrete}
            for c in self.numeric
        ]
        categorical = [
            {"role": c.role, "name": c.name, "kind": c.kind, "categories": list(c.categories), "other": c.other}
            for c in self.categorical
        ]
        return numeric + categorical

    @classmethod
    def from_json(cls, described: Sequence[Mapping[str, Any]]) -> Layout:
        """The layout that `to_json` described."""
        return cls([_column(item) for item in described])


def _column(item: Mapping[str, Any]) -> Column:
    role, name, kind = Role(item["role"]), item["name"], Kind(item["kind"])
    if kind is Kind.CATEGORICAL:
        return CategoricalColumn(role, name, tuple(item["categories"]), item["other"])
    edges: Values = np.asarray(item["edges"], dtype=np.float64 if kind is Kind.FLOAT else np.int64)
    return NumericColumn(role, name, kind, edges, item["discrete"])


def _starts(columns: Sequence[Column]) -> Ints:
    return np.concatenate(([0], np.cumsum([column.cells for column in columns], dtype=np.int64))).astype(np.int64)
