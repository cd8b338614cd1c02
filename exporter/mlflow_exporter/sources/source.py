"""What every source promises: rows in chunks, each with the position to go on from once it has been counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import pyarrow as pa

from mlflow_exporter.domain import Problem, Rejection
from mlflow_exporter.errors import ColumnMissing

Position: TypeAlias = Mapping[str, Any]
"""JSON-able, opaque to everybody but the source that made it."""

Types: TypeAlias = Mapping[str, pa.DataType | None]
"""The columns wanted, each with the type its values should have; None takes the values as they are.

No columns at all stands for every column, as it is.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Rows of one item that are counted together.

    `origin` says in words where the rows come from, `item` is the stable name under which `position` is to be kept.
    Whoever has counted the rows stores the position in the same transaction; without that the rows come again.
    `generation` is 0 at first and grows whenever the item was cut or replaced and is read from its start again.
    `lineage` names what the generations are of, and stays when the item is renamed; empty, it is the item.
    `rows` excludes the `rejections`, and may be 0: then only the position has moved. `schema` has the columns that
    can be read, `ignored` the others that the item has; `in_memory` tells that reading costs nothing more.
    """

    origin: str
    item: str
    position: Position
    generation: int
    rows: int
    schema: pa.Schema
    load: Callable[[Sequence[str]], pa.Table] = field(repr=False)
    ignored: tuple[str, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    lineage: str = ""
    in_memory: bool = False

    @property
    def known_as(self) -> str:
        """The name under which the rows' identities are kept, to be compared with those of other generations."""
        return self.lineage or self.item

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that can be read."""
        return tuple(self.schema.names)

    def read(self, columns: Sequence[str]) -> pa.Table:
        """These columns of the rows, in this order; safe to call from several threads.

        A column whose values do not all fit the type that was asked for is text, so that the wrong ones can be
        counted. Text is dictionary-encoded, one dictionary a column, unless its type was asked for as None.

        Raises ColumnMissing for a column that is not in `names`, SourceError where the rows can no longer be read.
        """
        names = set(self.schema.names)
        missing = [name for name in columns if name not in names]
        if missing:
            raise ColumnMissing(
                f"has no column {', '.join(map(repr, missing))}",
                where=self.origin,
                mend=f"its columns are {', '.join(map(repr, (*self.names, *self.ignored)))}",
            )
        return self.load(columns)


class Source(Protocol):
    """Rows from somewhere. A source keeps no state of its own, so it may be killed at any point."""

    def poll(self, positions: Mapping[str, Position], types: Types) -> Iterator[Chunk | Problem]:
        """The rows after these positions (by item), and what was met that is wrong; one item never stops another."""
        ...

    def fingerprint(self) -> str:
        """Changes whenever the data may have changed; costs far less than reading it."""
        ...

    def items(self) -> frozenset[str] | None:
        """The names of the items that are there now; None where that cannot be told for all of them."""
        ...

    def restarted(self, position: Position) -> Position:
        """The position from which the same item is read from its start again, as its next generation.

        Raises SourceError where the position is not understood.
        """
        ...
