"""The engine of one machine: Arrow columns to profiles, a few columns a thread.

Columns are read a few at a time, so memory does not grow with the row group, and NumPy and Arrow release the
interpreter while they sort, search and decode, so that threads use every core.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlflow_exporter.domain import Role
from mlflow_exporter.engines.categories import categories, positions_in
from mlflow_exporter.engines.threads import share_out
from mlflow_exporter.engines.values import MISSING, PRESENT, WRONG, numbers
from mlflow_exporter.profiles import counting
from mlflow_exporter.profiles.layout import CategoricalColumn, Ints, Layout, NumericColumn
from mlflow_exporter.profiles.profile import Fault, Profile

COLUMNS_AT_ONCE = 5
FEW_ROWS = 20_000
"""Fewer than this are counted sooner by one thread, all columns read at once, than several take turns."""


Scalar = TypeVar("Scalar", bound=np.generic)


class Readable(Protocol):
    """Rows whose columns can be read separately, from several threads."""

    @property
    def rows(self) -> int:
        """How many rows."""
        ...

    @property
    def names(self) -> Sequence[str]:
        """The columns that can be read."""
        ...

    def read(self, columns: Sequence[str], /) -> pa.Table:
        """These columns of the rows, in this order; called from several threads at once."""
        ...


@dataclass(frozen=True, eq=False)
class Groups:
    """Which rows go into which of G profiles: rows order[bounds[g]:bounds[g + 1]] into the g-th.

    `order` is None where the rows are in that order already.
    """

    order: Ints | None
    bounds: Ints

    @classmethod
    def whole(cls, rows: int) -> Groups:
        """All rows in one group."""
        return cls(None, np.array([0, rows]))

    @classmethod
    def by(cls, group_of_row: Ints, groups: int) -> Groups:
        """Rows by the number of their group; those with -1 are left out."""
        # Of 16 bits a stable sort is a radix sort, which is many times faster.
        narrow = group_of_row.astype(np.int16) if groups <= np.iinfo(np.int16).max else group_of_row
        if (narrow[:1] >= 0).all() and (narrow[1:] >= narrow[:-1]).all():
            return cls(None, np.searchsorted(narrow, np.arange(groups + 1)))
        order = np.argsort(narrow, kind="stable")
        return cls(order, np.searchsorted(narrow[order], np.arange(groups + 1)))

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def ordered(self, values: NDArray[Scalar]) -> NDArray[Scalar]:
        """Values (n,) of the rows, those of each group together; rows that are left out may be missing."""
        return values if self.order is None else values[self.order]

    def rows_of(self, group: int) -> Ints:
        """Which rows are in a group, in their order."""
        first, last = self.bounds[group : group + 2]
        return np.arange(first, last) if self.order is None else self.order[first:last]


class LocalEngine:
    """Profiles rows on this machine's cores; safe to use from any thread.

    Every call has threads of its own: a read that hangs holds up neither another call nor the end of the process.
    """

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads or os.cpu_count() or 1

    def profile(
        self, rows: Readable, layout: Layout, columns: Mapping[tuple[Role, str], str], groups: Groups
    ) -> list[Profile]:
        """The profile of each group of rows.

        `columns` names the columns of the layout as they are in `rows`. A column that the rows have not is left out:
        nothing is counted for it, not even a missing value.
        """
        profiles = [Profile.empty(layout) for _ in range(len(groups))]
        if not profiles:
            return profiles
        for profile, count in zip(profiles, np.diff(groups.bounds), strict=True):
            profile.rows = int(count)
        names = set(rows.names)
        there = [i for i, column in enumerate(layout.columns) if columns.get((column.role, column.name)) in names]
        few = rows.rows < FEW_ROWS
        at_once = max(len(there), 1) if few else COLUMNS_AT_ONCE
        parts = [there[i : i + at_once] for i in range(0, len(there), at_once)]

        def count_part(part: list[int]) -> None:
            named = {i: columns[layout.columns[i].role, layout.columns[i].name] for i in part}
            table = rows.read(list(dict.fromkeys(named.values())))
            for i, name in named.items():
                count_column(profiles, i, table.column(name), groups)

        share_out(count_part, parts, 1 if few else self._threads)
        return profiles


def count_column(profiles: list[Profile], position: int, column: pa.ChunkedArray, groups: Groups) -> None:
    """Count a column (n,) into the profile of each group, in the calling thread; `position` is that in the layout."""
    described = profiles[0].layout.columns[position]
    if isinstance(described, NumericColumn):
        _count_numeric(profiles, position, described, column, groups)
    else:
        _count_categorical(profiles, position, described, column, groups)


def _count_numeric(
    profiles: list[Profile], position: int, described: NumericColumn, column: pa.ChunkedArray, groups: Groups
) -> None:
    read = numbers(column, described.kind)
    values = groups.ordered(read.values)
    state = None if read.state is None else groups.ordered(read.state)
    for profile, first, last in zip(profiles, groups.bounds[:-1], groups.bounds[1:], strict=True):
        part = values[first:last]
        if state is not None:
            states = np.bincount(state[first:last], minlength=WRONG + 1)
            profile.faults[Fault.MISSING, position] += states[MISSING]
            profile.faults[Fault.WRONG_TYPE, position] += states[WRONG]
            part = part[state[first:last] == PRESENT]
        counting.count_numbers(profile, position, part)


def _count_categorical(
    profiles: list[Profile], position: int, described: CategoricalColumn, column: pa.ChunkedArray, groups: Groups
) -> None:
    read = categories(column)
    index = position - len(profiles[0].layout.numeric)
    cells = positions_in(described.categories, read.names)
    codes = groups.ordered(read.codes)
    for profile, first, last in zip(profiles, groups.bounds[:-1], groups.bounds[1:], strict=True):
        counting.count_categories(profile, index, codes[first:last], read.names, cells)
