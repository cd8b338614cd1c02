"""Predictions that wait for their labels, and labels that came before their predictions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Table, func, select
from sqlalchemy.engine import Connection

from mlflow_exporter.state import tables
from mlflow_exporter.state.inserts import insert_new

_IDS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """One of the two, by the 16 bytes of its id's hash.

    `at` is the time of the event for a prediction, the time of reading for a label: by it they expire.
    """

    id: bytes
    at: float
    payload: bytes


@dataclass(frozen=True, slots=True)
class WaitingRoom:
    """A table of those who wait, as one transaction sees it."""

    connection: Connection
    table: Table

    @classmethod
    def for_predictions(cls, connection: Connection) -> WaitingRoom:
        """Where predictions wait."""
        return cls(connection, tables.waiting_predictions)

    @classmethod
    def for_labels(cls, connection: Connection) -> WaitingRoom:
        """Where labels wait."""
        return cls(connection, tables.waiting_labels)

    def add(self, stream: int, waiting: Iterable[Waiting]) -> None:
        """Let these wait; of two with one id the first stays."""
        rows = [{"stream": stream, "id": w.id, "at": w.at, "payload": w.payload} for w in waiting]
        insert_new(self.connection, self.table, rows)

    def take(self, stream: int, ids: Sequence[bytes]) -> dict[bytes, Waiting]:
        """Those with these ids, by id; they wait no more."""
        column = self.table.c
        taken: dict[bytes, Waiting] = {}
        for first in range(0, len(ids), _IDS_AT_ONCE):
            chosen = (column.stream == stream, column.id.in_(ids[first : first + _IDS_AT_ONCE]))
            query = self.table.delete().where(*chosen).returning(column.id, column.at, column.payload)
            taken |= {row.id: Waiting(*row) for row in self.connection.execute(query)}
        return taken

    def count(self, stream: int) -> int:
        """How many wait."""
        return int(self.connection.scalar(select(func.count()).where(self.table.c.stream == stream)) or 0)

    def expire(self, stream: int, before: float) -> None:
        """Forget those of before a time."""
        self.connection.execute(self.table.delete().where(self.table.c.stream == stream, self.table.c.at < before))
