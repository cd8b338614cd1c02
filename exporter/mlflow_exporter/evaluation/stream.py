"""A stream of the state with what is needed to read it, and how rows become summaries in its buckets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from mlflow_exporter.engines.local import Groups, LocalEngine
from mlflow_exporter.engines.plan import Plan
from mlflow_exporter.engines.rows import Rows
from mlflow_exporter.engines.summaries import summarise
from mlflow_exporter.errors import StateError
from mlflow_exporter.evaluation.buckets import Scale
from mlflow_exporter.profiles.summary import Summary
from mlflow_exporter.sources.source import Chunk
from mlflow_exporter.state.buckets import Bucket
from mlflow_exporter.state.transaction import Transaction

MANY_BYTES = 2**26
"""Summaries that take more than this are not held in memory together."""


@dataclass(frozen=True, eq=False)
class PackedSummaries(Mapping[int, Summary]):
    """Summaries by the start of their bucket, packed since together they are too large; each look unpacks one.

    `newest` is their latest event time in Unix seconds, None without rows that have one.
    """

    packed: Mapping[int, bytes]
    plan: Plan
    newest: float | None

    def __getitem__(self, start: int) -> Summary:
        return Summary.from_bytes(self.packed[start], self.plan.layout, self.plan.outcome)

    def __iter__(self) -> Iterator[int]:
        return iter(self.packed)

    def __len__(self) -> int:
        return len(self.packed)


def newest_of(summaries: Mapping[int, Summary]) -> float | None:
    """The latest event time among summaries, None without any."""
    if isinstance(summaries, PackedSummaries):
        return summaries.newest
    return max((summary.newest for summary in summaries.values() if summary.newest is not None), default=None)


def size_of(summary: Summary) -> int:
    """The bytes that a summary takes in memory, nearly."""
    joint = [] if summary.joint is None else [summary.joint]
    kept = [summary.profile, summary.timings, *joint, *summary.outcomes.values()]
    return sum(array.nbytes for part in kept for array in part.arrays().values())


def gathered(summaries: Iterable[tuple[int, Summary]], plan: Plan, most: int = MANY_BYTES) -> Mapping[int, Summary]:
    """Summaries by the start of their bucket; where they take more than `most` bytes, packed."""
    held: dict[int, Summary] = {}
    packed: dict[int, bytes] = {}
    newest, size = None, 0
    for start, summary in summaries:
        held[start] = summary
        size += size_of(summary)
        if size > most or packed:
            newest = max((time for time in (newest, newest_of(held)) if time is not None), default=None)
            packed |= {known: one.to_bytes() for known, one in held.items()}
            held.clear()
    return PackedSummaries(packed, plan, newest) if packed else held


@dataclass(frozen=True)
class Stream:
    """A stream of the state, and how its rows are read.

    `horizon` is for how many seconds rows are kept; None for a snapshot, whose rows are one bucket without time.
    """

    number: int
    model: str
    plan: Plan
    horizon: float | None

    def summarise(
        self,
        engine: LocalEngine,
        chunk: Chunk,
        rows: Rows,
        kept: NDArray[np.bool_],
        duplicates: NDArray[np.bool_],
        scale: Scale,
    ) -> Mapping[int, Summary]:
        """The summaries, by the start of their bucket, of the kept rows (n,); duplicates (n,) are only told apart."""
        times = np.zeros(chunk.rows) if rows.times is None else rows.times
        counted = kept | duplicates
        starts, group = np.unique(scale.starts_of(times[counted]), return_inverse=True)
        if not len(starts):
            return {}
        group_of_row = np.full(chunk.rows, -1, np.int64)
        group_of_row[counted] = group
        repeated = np.bincount(group_of_row[duplicates], minlength=len(starts))
        group_of_row[~kept] = -1
        summaries = summarise(engine, chunk, rows, self.plan, Groups.by(group_of_row, len(starts)))
        every = zip(starts.tolist(), summaries, repeated.tolist(), strict=True)
        return gathered(((start, replace(summary, duplicates=count)) for start, summary, count in every), self.plan)

    def hold(self, transaction: Transaction) -> None:
        """Keep it from being dropped before the transaction has ended; raises StateError where it has been."""
        if not transaction.streams.hold(self.number):
            what = "another process with the same state has begun to count it anew; nothing was counted here"
            mend = "wait for the next evaluation; give every exporter the same baseline"
            raise StateError(what, where=self.model, mend=mend)

    def add(self, transaction: Transaction, summaries: Mapping[int, Summary], scale: Scale) -> None:
        """Merge summaries, by the start of their bucket, into what is stored."""
        for start in summaries:
            stored = transaction.buckets.at(self.number, start)
            if stored is None:
                bucket = Bucket(start, scale.width_at(start), _bytes_at(summaries, start))
            else:
                merged = self.summary_of(stored).merge(summaries[start])
                bucket = Bucket(start, stored.width, merged.to_bytes())
            transaction.buckets.put(self.number, bucket)

    def total(self, buckets: Sequence[Bucket]) -> bytes:
        """Several buckets as one stored summary."""
        return reduce(Summary.merge, map(self.summary_of, buckets)).to_bytes()

    def summary_of(self, bucket: Bucket) -> Summary:
        """The summary that a bucket holds; raises StateError where it is damaged."""
        try:
            return Summary.from_bytes(bucket.summary, self.plan.layout, self.plan.outcome)
        except ValueError as error:
            where = f"bucket {bucket.start:,} of stream {self.number} ({self.model})"
            raise StateError(str(error), where=where, mend="restore a copy of the state, or begin anew") from error


def _bytes_at(summaries: Mapping[int, Summary], start: int) -> bytes:
    return summaries.packed[start] if isinstance(summaries, PackedSummaries) else summaries[start].to_bytes()
