"""Streams: a version of a model, counted in the bins of one baseline."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from mlflow_exporter.state import tables
from mlflow_exporter.state.inserts import insert_new

_s = tables.streams.c
_hold = select(_s.id).where(_s.id == bindparam("stream")).with_for_update(read=True, key_share=True)
_COUNTED = (tables.buckets, tables.waiting_predictions, tables.waiting_labels, tables.ledger)


@dataclass(frozen=True, slots=True)
class Known:
    """The number of a stream, its version, and the digest of its baseline."""

    number: int
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams as one transaction sees them; the number of one that was dropped is never used again."""

    connection: Connection

    def open(self, model: str, version: str, digest: str) -> int:
        """The number of the stream of a model's version in a baseline's bins, made where there is none."""
        row = {"model": model, "version": version, "digest": digest}
        insert_new(self.connection, tables.streams, [row])
        return int(self.connection.scalars(select(_s.id).filter_by(**row)).one())

    def of(self, model: str) -> list[Known]:
        """Every stream of a model."""
        query = select(_s.id, _s.version, _s.digest).where(_s.model == model).order_by(_s.id)
        return [Known(*row) for row in self.connection.execute(query)]

    def hold(self, stream: int) -> bool:
        """Whether a stream is there; then nobody drops it before this transaction has ended."""
        return self.connection.execute(_hold, {"stream": stream}).first() is not None

    def drop(self, stream: int) -> None:
        """Forget a stream and all that was counted in it."""
        # First the stream itself: that waits for those who hold it, and what they count goes, too.
        self.connection.execute(tables.streams.delete().where(_s.id == stream))
        self.empty(stream)

    def empty(self, stream: int) -> None:
        """Forget the rows of a stream."""
        for table in _COUNTED:
            self.connection.execute(table.delete().where(table.c.stream == stream))
