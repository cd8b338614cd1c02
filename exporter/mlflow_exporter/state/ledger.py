"""Which rows were counted: their identities by time slot, item and generation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.engine import Connection

from mlflow_exporter.state import tables

_SLOTS_AT_ONCE = 500

_l = tables.ledger.c
_note = tables.ledger.insert()
_entries = select(_l.stream, _l.slot, _l.item, _l.generation, _l.identities, _l.counted)


@dataclass(frozen=True, slots=True)
class Entry:
    """The identities, packed, of the rows of a generation of an item that are of one time slot.

    They were counted in this stream, or, where not `counted`, met again after they had been counted.
    """

    stream: int
    slot: int
    item: str
    generation: int
    identities: bytes
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger as one transaction sees it."""

    connection: Connection

    def note(self, entries: Iterable[Entry]) -> None:
        """Note which rows were counted."""
        rows = [
            {
                "stream": entry.stream,
                "slot": entry.slot,
                "item": entry.item,
                "generation": entry.generation,
                "identities": entry.identities,
                "counted": entry.counted,
            }
            for entry in entries
        ]
        if rows:
            self.connection.execute(_note, rows)

    def noted(self, streams: Sequence[int], slots: Sequence[int], item: str | None = None) -> Iterator[Entry]:
        """What was noted in these streams for these slots, of one item where it is named."""
        query = _entries.where(_l.stream.in_(streams))
        if item is not None:
            query = query.where(_l.item == item)
        for first in range(0, len(slots), _SLOTS_AT_ONCE):
            chosen = query.where(_l.slot.in_(slots[first : first + _SLOTS_AT_ONCE]))
            yield from (Entry(*row) for row in self.connection.execute(chosen))

    def expire(self, stream: int, before: float) -> None:
        """Forget the slots of before a time."""
        self.connection.execute(tables.ledger.delete().where(_l.stream == stream, _l.slot < before))
