"""Summaries of rows by time of event."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from mlflow_exporter.state import tables
from mlflow_exporter.state.inserts import upsert

_AT_ONCE = 16
"""Buckets held in memory while many are read: one is up to a megabyte."""

_b = tables.buckets.c
_every = select(_b.start, _b.width, _b.summary)
_at = _every.where(_b.stream == bindparam("stream"), _b.start == bindparam("start"))


@dataclass(frozen=True, slots=True)
class Bucket:
    """A stored summary of the rows with event times in [start, start + width) seconds since 1970."""

    start: int
    width: int
    summary: bytes


@dataclass(frozen=True, slots=True)
class Buckets:
    """The buckets as one transaction sees them."""

    connection: Connection

    def at(self, stream: int, start: int) -> Bucket | None:
        """The bucket that starts at a time, if there is one."""
        row = self.connection.execute(_at, {"stream": stream, "start": start}).first()
        return None if row is None else Bucket(*row)

    def since(self, stream: int, start: int) -> Iterator[Bucket]:
        """The buckets that start at a time or later, oldest first."""
        query = _every.where(_b.stream == stream, _b.start >= start).order_by(_b.start)
        for row in self.connection.execute(query.execution_options(yield_per=_AT_ONCE)):
            yield Bucket(*row)

    def latest_first(self, stream: int) -> Iterator[Bucket]:
        """Every bucket, latest first."""
        query = _every.where(_b.stream == stream).order_by(_b.start.desc())
        for row in self.connection.execute(query.execution_options(yield_per=_AT_ONCE)):
            yield Bucket(*row)

    def any(self, stream: int) -> bool:
        """Whether there is any."""
        return self.connection.execute(select(_b.start).where(_b.stream == stream).limit(1)).first() is not None

    def narrower(self, stream: int, width: int, until: float) -> list[int]:
        """The starts of the buckets before `until` that are not yet `width` seconds wide, oldest first."""
        query = select(_b.start).where(_b.stream == stream, _b.width < width, _b.start < until).order_by(_b.start)
        return list(self.connection.scalars(query))

    def put(self, stream: int, bucket: Bucket) -> None:
        """Write a bucket, in the place of the one that starts at the same time."""
        row = {"stream": stream, "start": bucket.start, "width": bucket.width, "summary": bucket.summary}
        upsert(self.connection, tables.buckets, row)

    def drop(self, stream: int, starts: Sequence[int]) -> None:
        """Delete the buckets that start at these times."""
        self.connection.execute(tables.buckets.delete().where(_b.stream == stream, _b.start.in_(starts)))

    def expire(self, stream: int, before: float) -> None:
        """Delete the buckets that end before a time."""
        self.connection.execute(tables.buckets.delete().where(_b.stream == stream, _b.start + _b.width <= before))
