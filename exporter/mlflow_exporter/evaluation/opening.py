"""The streams of a model: that of the version watched, and those of other versions, whose labels may still come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.engines.plan import Plan
from mlflow_exporter.errors import StateError
from mlflow_exporter.evaluation.ageing import FEW, EventClock
from mlflow_exporter.evaluation.snapshots import SNAPSHOT
from mlflow_exporter.evaluation.stream import Stream
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.sources.source import Source
from mlflow_exporter.state.store import Store
from mlflow_exporter.state.streams import Known
from mlflow_exporter.state.transaction import Transaction


@dataclass(frozen=True)
class Opened:
    """The stream of a version, the numbers of its `siblings`, and those of them that are `expecting` labels."""

    stream: Stream
    siblings: tuple[int, ...]
    expecting: tuple[Stream, ...]


@dataclass(frozen=True)
class Opening:
    """How the streams of a model are opened: how rows are read in a baseline's bins, kept for how many seconds.

    `sources` are what is read, by its name in the state.
    """

    store: Store
    plan_of: Callable[[Baseline], Plan]
    horizon: float | None
    sources: Mapping[str, Source]

    def open(self, key: ModelKey, baseline: Baseline, *, again: bool = False) -> Opened:
        """The stream of a version in the bins of its baseline, and what goes on in those of the other versions.

        Labels that came before their predictions go on waiting in the stream that is opened. Raises StateError where
        this baseline was opened here before, and is to be `again`, but another process has opened another one since:
        the last to find one counts, so that two which disagree do not drop each other's counts for ever.
        """
        with self.store.transaction() as transaction:
            former = [k for k in transaction.streams.of(key.name) if _is_in_other_bins(k, key, baseline)]
            if former and again:
                raise _displaced(key)
            self._drop(transaction, key, former)
            number = transaction.streams.open(key.name, key.version, baseline.digest)
            siblings = [known for known in transaction.streams.of(key.name) if known.number != number]
            for known in siblings:
                transaction.waiting_labels.move(known.number, into=number)
            expecting = tuple(self._expecting(transaction, key.name, siblings))
        return Opened(self._stream(number, key.name, baseline), tuple(known.number for known in siblings), expecting)

    def _drop(self, transaction: Transaction, key: ModelKey, former: list[Known]) -> None:
        """What a version's former baseline counted is dropped, and all is read anew, to be counted in other bins.

        Rows that other versions have counted are known by their identities, and stay theirs.
        """
        for known in former:
            transaction.streams.drop(known.number)
        if former:
            transaction.positions.forget(key.name, [SNAPSHOT])
            for name, source in self.sources.items():
                transaction.positions.change(key.name, name, source.restarted)

    def _expecting(self, transaction: Transaction, model: str, siblings: list[Known]) -> Iterator[Stream]:
        for known in siblings:
            kept = transaction.baselines.of(model, known.version)
            if kept is not None and transaction.waiting_predictions.count(known.number):
                baseline = Baseline.unpack(kept.packed, self.store.where)
                if baseline.digest == known.digest:
                    yield self._stream(known.number, model, baseline)

    def _stream(self, number: int, model: str, baseline: Baseline) -> Stream:
        return Stream(number, model, self.plan_of(baseline), self.horizon)


def _is_in_other_bins(known: Known, key: ModelKey, baseline: Baseline) -> bool:
    return known.version == key.version and known.digest != baseline.digest


def _displaced(key: ModelKey) -> StateError:
    what = "another process with the same state counts it in the bins of another baseline"
    mend = "wait until this one finds the same baseline, or start it again to count in its own"
    return StateError(what, where=str(key), mend=mend)


def event_clock(store: Store, stream: Stream) -> EventClock:
    """The clock of the events that the state has, as near as the buckets tell."""
    clock = EventClock()
    with store.reading() as transaction:
        for bucket in transaction.buckets.latest_first(stream.number):
            summary = stream.summary_of(bucket)
            if summary.newest is not None:
                clock = clock.met(np.full(min(summary.rows, 2 * FEW), summary.newest))
            if len(clock.latest) >= 2 * FEW:
                break
    return clock
