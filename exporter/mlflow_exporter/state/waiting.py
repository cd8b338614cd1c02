"""Predictions that wait for their labels, and labels that came before their predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Table, func, literal, select
from sqlalchemy.engine import Connection

from mlflow_exporter.errors import StateError
from mlflow_exporter.state import bulk, tables
from mlflow_exporter.state.inserts import insert


@dataclass(frozen=True, slots=True)
class Waiting:
    """Those who wait, column by column: each by the 16 bytes of its id's hash.

    `at` is the time of the event for a prediction, the time of reading for a label: by it they expire.
    """

    ids: Sequence[bytes] = ()
    at: Sequence[float] = ()
    payloads: Sequence[bytes] = ()

    def part(self, first: int, stop: int) -> Waiting:
        """Those from a place on, up to another."""
        return Waiting(self.ids[first:stop], self.at[first:stop], self.payloads[first:stop])


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

    def add(self, stream: int, waiting: Waiting) -> None:
        """Let these wait; of two with one id the first stays."""
        columns = ([stream] * len(waiting.ids), waiting.ids, waiting.at, waiting.payloads)
        bulk.insert_new(self.connection, self.table, columns)

    def find(self, stream: int, ids: Sequence[bytes]) -> Waiting:
        """Those with these ids; they go on waiting."""
        found = bulk.select_ids(self.connection, self.table, stream, ids)
        return Waiting(*zip(*found, strict=True)) if found else Waiting()

    def take(self, stream: int, ids: Sequence[bytes]) -> None:
        """Those with these ids, which were found, wait no more.

        Raises StateError where one did not wait any more: somebody else has counted what it waited for.
        """
        if bulk.delete_ids(self.connection, self.table, stream, ids) != len(ids):
            what = "another process has joined the same predictions and labels with the same state"
            raise StateError(what, where=self.table.name, mend="let one exporter at a time use a state")

    def move(self, stream: int, into: int) -> None:
        """Let all that wait in one stream wait in another; of two with one id the one there stays."""
        column = self.table.c
        chosen = select(literal(into), column.id, column.at, column.payload).where(column.stream == stream)
        new = insert(self.connection.dialect.name, self.table).on_conflict_do_nothing()
        self.connection.execute(new.from_select([c.name for c in self.table.columns], chosen))
        self.connection.execute(self.table.delete().where(column.stream == stream))

    def count(self, stream: int) -> int:
        """How many wait."""
        return int(self.connection.scalar(select(func.count()).where(self.table.c.stream == stream)) or 0)

    def expire(self, stream: int, before: float) -> None:
        """Forget those of before a time."""
        self.connection.execute(self.table.delete().where(self.table.c.stream == stream, self.table.c.at < before))
