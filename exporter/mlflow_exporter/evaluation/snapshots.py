"""Snapshots: files that are the window, read whole where anything of them changed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from mlflow_exporter.domain import Problem
from mlflow_exporter.evaluation.labels import LabelParts
from mlflow_exporter.evaluation.stream import Stream
from mlflow_exporter.sources.source import Source
from mlflow_exporter.state.store import Store

PREDICTIONS, LABELS, SNAPSHOT = READ_FROM = ("predictions", "labels", "snapshot")
"""Under these names the state has the positions of what was read."""

RETRY_SECONDS = 3_600.0
"""When a snapshot with problems is read again though no file changed: permissions, or a disk, may have."""


@dataclass(frozen=True)
class Counted:
    """A snapshot as it was counted to its end: at which time (Unix seconds), and what was wrong with it then."""

    fingerprint: str
    at: float
    problems: tuple[Problem, ...]

    def holds(self, fingerprint: str, now: float) -> bool:
        """Whether this is what a snapshot of this fingerprint comes to."""
        return self.fingerprint == fingerprint and (not self.problems or now < self.at + RETRY_SECONDS)


@dataclass(frozen=True)
class Snapshots:
    """Which snapshot was counted last; one that was not counted to its end counts as none."""

    store: Store
    stream: Stream
    sources: Sequence[Source]
    labels: LabelParts | None = None

    def fingerprint(self) -> str:
        """What the files are like now, whose rows they are counted as, and how their columns are read."""
        plan = self.stream.plan
        read_as = repr((plan.parts, sorted(plan.segments.items()), self.labels))
        digest = hashlib.sha256(read_as.encode()).hexdigest()
        return "\n".join([str(self.stream.number), digest, *(source.fingerprint() for source in self.sources)])

    def counted(self) -> Counted | None:
        """What is counted, None where that is nothing or not all."""
        with self.store.reading() as transaction:
            found = transaction.positions.of(self.stream.model, SNAPSHOT).get(SNAPSHOT)
        if found is None:
            return None
        problems = tuple(Problem(**problem) for problem in found.get("problems", ()))
        return Counted(str(found["fingerprint"]), float(found.get("at", 0.0)), problems)

    def begin(self) -> None:
        """Forget what is counted, of any version."""
        with self.store.transaction() as transaction:
            self.stream.hold(transaction)
            for known in transaction.streams.of(self.stream.model):
                transaction.streams.empty(known.number)
            transaction.positions.forget(self.stream.model, READ_FROM)

    def end(self, counted: Counted) -> None:
        """All of it has been counted that could be."""
        with self.store.transaction() as transaction:
            transaction.positions.put(self.stream.model, SNAPSHOT, SNAPSHOT, asdict(counted))
