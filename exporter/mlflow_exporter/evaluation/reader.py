"""New rows of a model into its buckets: each counted exactly once.

A chunk's counts, its identities and the position after it are committed in one transaction, so that a kill at any
point loses nothing and counts nothing twice.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from mlflow_exporter.domain import Problem, Rejection
from mlflow_exporter.engines.ahead import ReadAhead
from mlflow_exporter.engines.local import FEW_ROWS, LocalEngine
from mlflow_exporter.engines.rows import Refusals, Rows, columns_needed, interpret
from mlflow_exporter.errors import SourceError
from mlflow_exporter.evaluation.ageing import Ageing, EventClock
from mlflow_exporter.evaluation.buckets import Scale
from mlflow_exporter.evaluation.identities import Identifier
from mlflow_exporter.evaluation.inputs import Input, label_input, prediction_input
from mlflow_exporter.evaluation.joins import Join, Joiner
from mlflow_exporter.evaluation.labels import LabelParts, LabelTable
from mlflow_exporter.evaluation.opening import Opened
from mlflow_exporter.evaluation.poll import Poll
from mlflow_exporter.evaluation.snapshots import LABELS, PREDICTIONS, Counted, Snapshots
from mlflow_exporter.evaluation.stream import Stream
from mlflow_exporter.profiles.summary import Summary
from mlflow_exporter.sources.source import Chunk, Position, Source
from mlflow_exporter.state.store import Store
from mlflow_exporter.state.transaction import Transaction

Apply: TypeAlias = Callable[[Transaction], Iterable[tuple[Stream, Mapping[int, Summary]]]]
"""What is left to do of a chunk in the transaction that counts it: new summaries by the start of their bucket.

They come in parts, each with its stream, and let go once it is stored.
"""


@dataclass(frozen=True)
class Labelled:
    """A source of labels that come apart from the predictions, and what its columns are."""

    source: Source
    parts: LabelParts


def sources_by_name(predictions: Source, labels: Labelled | None) -> dict[str, Source]:
    """What is read of a model, by its name in the state."""
    return {PREDICTIONS: predictions} | ({} if labels is None else {LABELS: labels.source})


@dataclass(frozen=True)
class _Inlet:
    """A source, its name in the state, what is asked of it, and what is done with its rows before they are counted."""

    name: str
    source: Source
    wanted: Input
    prepare: Callable[[Chunk, Refusals, Ageing], Apply]


@dataclass(frozen=True)
class Reader:
    """Reads a model's sources into its stream; labels come in the predictions' rows where `labels` is None.

    `clock` gives Unix seconds.
    """

    store: Store
    engine: LocalEngine
    opened: Opened
    predictions: Source
    labels: Labelled | None = None
    clock: Callable[[], float] = time.time

    @property
    def stream(self) -> Stream:
        """The stream that is read into."""
        return self.opened.stream

    def poll(self, now: float, events: EventClock | None) -> Poll:
        """Count what is new, chunk by chunk; of a snapshot, everything where anything changed.

        `now` is the wall clock as the poll begins; no event may be after the time when it is read. `events` is None
        where buckets age by that clock, else the clock of the events so far.
        """
        timeless = self.stream.horizon is None
        poll = Poll(Ageing(now, events, timeless=timeless, clock=self.clock))
        if timeless:
            self._read_snapshot(poll)
        else:
            self._read(poll)
        return poll

    def _read_snapshot(self, poll: Poll) -> None:
        sources = list(sources_by_name(self.predictions, self.labels).values())
        labels = None if self.labels is None else self.labels.parts
        snapshots = Snapshots(self.store, self.stream, sources, labels)
        fingerprint, counted = snapshots.fingerprint(), snapshots.counted()
        if counted is not None and counted.holds(fingerprint, poll.ageing.now):
            poll.problems += counted.problems
            return
        snapshots.begin()
        poll.restarted = True
        self._read(poll)
        snapshots.end(Counted(fingerprint, poll.ageing.now, tuple(poll.problems)))

    def _read(self, poll: Poll) -> None:
        for inlet in self._inlets():
            self._feed(inlet, poll)

    def _inlets(self) -> list[_Inlet]:
        plan = self.stream.plan
        inlets = [_Inlet(PREDICTIONS, self.predictions, prediction_input(plan), self._prepare_predictions)]
        if self.labels is not None:
            wanted = label_input(self.labels.parts, plan)
            inlets.append(_Inlet(LABELS, self.labels.source, wanted, self._prepare_labels(self.labels.parts)))
        return inlets

    def _feed(self, inlet: _Inlet, poll: Poll) -> None:
        """Count a source's new chunks; an item of which one cannot be read is left there until the next poll."""
        with self.store.reading() as transaction:
            known = transaction.positions.of(self.stream.model, inlet.name)
        positions, left = dict(known), set()
        for found in inlet.source.poll(known, inlet.wanted.types):
            if isinstance(found, Problem):
                poll.report(found)
            elif found.item not in left:
                try:
                    self._count(inlet, found, positions.get(found.item), poll)
                    positions[found.item] = found.position
                except SourceError as error:
                    poll.report(Problem(error.where or found.item, error.what, error.mend))
                    left.add(found.item)

    def _count(self, inlet: _Inlet, chunk: Chunk, known: Position | None, poll: Poll) -> None:
        """Count a chunk, and commit with its counts where to go on and how many rows were read and refused."""
        model, refusals = self.stream.model, Refusals(chunk.rows, chunk.origin)
        apply: Apply = _nothing
        if chunk.rows:
            inlet.wanted.require(chunk)
            apply = inlet.prepare(chunk, refusals, poll.ageing)
        rejections = [*chunk.rejections, *refusals.rejections]
        read = chunk.rows + sum(rejection.rows for rejection in chunk.rejections)
        with self.store.transaction() as transaction:
            self.stream.hold(transaction)
            at = poll.ageing.reached
            transaction.positions.advance(model, inlet.name, chunk.item, chunk.position, known=known, at=at)
            # A transaction that fails ends the poll: what it added is then of no use.
            for stream, added in apply(transaction):
                stream.add(transaction, added, poll.ageing.scale)
                if stream is self.stream:
                    poll.add(added)
            transaction.counters.add(model, "read", {inlet.name: read})
            transaction.counters.add(model, "rejected", _by_reason(rejections))
        poll.rejections += rejections
        poll.rows_read[inlet.name] += read

    def _prepare_predictions(self, chunk: Chunk, refusals: Refusals, ageing: Ageing) -> Apply:
        plan, stream = self.stream.plan, self.stream
        needed = columns_needed(plan, chunk.names)
        if chunk.rows < FEW_ROWS and not chunk.in_memory:
            profiled = [name for name in plan.columns.values() if name in chunk.names]
            chunk = replace(chunk, load=ReadAhead(chunk, needed, profiled).read)
        rows = interpret(chunk.read(needed), plan, ageing.by_now(), refusals)
        scale = ageing.advance(rows, refusals)
        _refuse_expired(rows, stream, scale, refusals)
        found = self._identifier.identify(self.store, chunk, rows, refusals)
        added = stream.summarise(self.engine, chunk, rows, refusals.kept, found.duplicates, scale)
        join: Apply = _nothing
        if self.labels is not None:
            join = self._join(lambda state: self._joiner.join_predictions(state, rows, refusals.kept, scale))

        def apply(transaction: Transaction) -> Iterator[tuple[Stream, Mapping[int, Summary]]]:
            self._identifier.note(transaction.ledger, chunk, found, refusals.kept)
            yield stream, added
            yield from join(transaction)

        return apply

    def _prepare_labels(self, parts: LabelParts) -> Callable[[Chunk, Refusals, Ageing], Apply]:
        def prepare(chunk: Chunk, refusals: Refusals, ageing: Ageing) -> Apply:
            table = LabelTable.of(chunk.read(parts.names), parts, refusals)
            return self._join(lambda state: self._joiner.join_labels(state, table, refusals, ageing))

        return prepare

    def _join(self, match: Callable[[Transaction], Join]) -> Apply:
        """How a chunk is joined: matched now, since nobody should wait for that, and then committed with its counts.

        It is matched again then where another process has counted something meanwhile.
        """
        model = self.stream.model
        with self.store.reading() as transaction:
            read, join = transaction.counters.of(model, "read"), match(transaction)
        join = join.with_few_waiting(self.store, self.stream)

        def apply(transaction: Transaction) -> Iterator[tuple[Stream, Mapping[int, Summary]]]:
            current = join if transaction.counters.of(model, "read") == read else match(transaction)
            current.commit(transaction, self.stream)
            yield from ((joined.stream, joined.added) for joined in current.joined)

        return apply

    @property
    def _identifier(self) -> Identifier:
        has_ids = self.stream.plan.parts.id is not None
        return Identifier(
            self.stream.number, self.opened.siblings, has_ids=has_ids, timeless=self.stream.horizon is None
        )

    @property
    def _joiner(self) -> Joiner:
        return Joiner(self.stream, self.opened.expecting)


def _nothing(transaction: Transaction) -> Iterable[tuple[Stream, Mapping[int, Summary]]]:
    return ()


def _by_reason(rejections: list[Rejection]) -> Counter[str]:
    rows: Counter[str] = Counter()
    for rejection in rejections:
        rows[rejection.reason] += rejection.rows
    return rows


def _refuse_expired(rows: Rows, stream: Stream, scale: Scale, refusals: Refusals) -> None:
    if stream.horizon is not None and rows.times is not None:
        oldest = scale.start_of(scale.now - stream.horizon)
        refusals.refuse(rows.times < oldest, "expired", lambda _: "it is older than the longest window and label delay")
