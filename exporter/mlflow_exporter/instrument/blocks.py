"""Rows on their way to a file, by column: no row is ever made of a batch that came as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

from mlflow_exporter.instrument.values import as_column, as_list


@dataclass(frozen=True, slots=True)
class Block:
    """Rows to be written together.

    `same` has what is equal in all `rows`; `columns` has the others, each a list or a one-dimensional array of `rows`.
    Raises ValueError where a column has more or fewer.
    """

    rows: int
    same: dict[str, Any]
    columns: dict[str, Any]

    def __post_init__(self) -> None:
        for name, values in self.columns.items():
            if len(values) != self.rows:
                raise ValueError(f"column {name!r} has {len(values)} values for {self.rows} rows")

    @property
    def names(self) -> list[str]:
        """The columns' names, in order."""
        return [*self.same, *self.columns]

    def first(self) -> dict[str, Any]:
        """The first row."""
        return {**self.same, **{name: values[0] for name, values in self.columns.items()}}

    def column(self, name: str) -> Any:
        """The values of a column; all None where there is none."""
        values = self.columns.get(name)
        return [self.same.get(name)] * self.rows if values is None else values

    def part(self, start: int, stop: int) -> Block:
        """The rows from `start` to before `stop`."""
        columns = {name: values[start:stop] for name, values in self.columns.items()}
        return Block(min(stop, self.rows) - start, self.same, columns)

    def chosen(self, kept: Sequence[bool]) -> Block:
        """The rows that are `kept`."""
        columns = {name: _chosen(values, kept) for name, values in self.columns.items()}
        return Block(sum(kept), self.same, columns)


def block_of(rows: int, same: dict[str, Any], columns: dict[str, Any]) -> Block:
    """A block of columns of any kind; raises ValueError as Block does."""
    return Block(rows, same, {name: as_column(values) for name, values in columns.items()})


def merged(blocks: Sequence[Block]) -> Block:
    """Blocks as one, in order; what a row has no value of is None."""
    if len(blocks) == 1:
        return blocks[0]
    names = dict.fromkeys(name for block in blocks for name in block.names)
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for block in blocks:
        for name, values in columns.items():
            values.extend(as_list(block.column(name)))
    return Block(sum(block.rows for block in blocks), {}, columns)


def _chosen(values: Any, kept: Sequence[bool]) -> Any:
    return values[list(kept)] if hasattr(values, "dtype") else list(compress(values, kept))
