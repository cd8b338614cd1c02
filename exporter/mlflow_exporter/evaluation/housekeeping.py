"""What keeps the state small: old buckets are widened, and what nothing can reach any more is deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mlflow_exporter.engines.rows import FUTURE_TOLERANCE_SECONDS
from mlflow_exporter.evaluation.buckets import Scale, roll_up
from mlflow_exporter.evaluation.opening import Opened
from mlflow_exporter.sources.source import Source
from mlflow_exporter.state.store import Store
from mlflow_exporter.state.transaction import Transaction


@dataclass
class Housekeeping:
    """Keeps the house of one model, once an hour; a snapshot is replaced whole and needs none."""

    store: Store
    opened: Opened
    sources: Mapping[str, Source]
    _done: tuple[int, int] = (0, 0)

    def keep(self, scale: Scale, now: float) -> None:
        """Widen and delete what has become old, where the hour has changed; `now` is the wall clock."""
        stream, hour = self.opened.stream, (scale.hours_until, scale.days_until)
        if stream.horizon is None or hour == self._done:
            return
        # As far back as rows are accepted, and so as far back as the longest window goes: all of its first bucket.
        oldest = scale.start_of(scale.now - stream.horizon)
        oldest_read = Scale(now).start_of(now - stream.horizon)
        vanished = list(self._vanished(oldest))
        with self.store.transaction() as transaction:
            stream.hold(transaction)
            for each in (stream, *self.opened.expecting):
                roll_up(transaction.buckets, each.number, scale, each.total)
            for known in transaction.streams.of(stream.model):
                _expire(transaction, known.number, oldest, oldest_read)
            for name, item in vanished:
                transaction.positions.drop(stream.model, name, item)
            self._drop_empty(transaction)
        self._done = hour

    def _vanished(self, oldest: float) -> Iterator[tuple[str, str]]:
        """The items that are gone, by source, of which any row would be refused as expired if they came back."""
        model, before = self.opened.stream.model, oldest - FUTURE_TOLERANCE_SECONDS
        for name, source in self.sources.items():
            with self.store.reading() as transaction:
                old = transaction.positions.reached_before(model, name, before)
            there = source.items() if old else None
            if there is not None:
                yield from ((name, item) for item in old - there)

    def _drop_empty(self, transaction: Transaction) -> None:
        """Forget the versions of which nothing is left but their name and a copy of their baseline."""
        stream = self.opened.stream
        for known in transaction.streams.of(stream.model):
            if known.number != stream.number and not transaction.buckets.any(known.number):
                transaction.streams.drop(known.number)
                transaction.baselines.drop(stream.model, known.version)


def _expire(transaction: Transaction, stream: int, oldest: float, oldest_read: float) -> None:
    transaction.buckets.expire(stream, oldest)
    transaction.ledger.expire(stream, oldest)
    transaction.waiting_predictions.expire(stream, oldest)
    transaction.waiting_labels.expire(stream, oldest_read)
