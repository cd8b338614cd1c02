"""Snapshots: files that are the window, read whole where anything of them changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlflow_exporter.evaluation.stream import Stream
from mlflow_exporter.sources.source import Source
from mlflow_exporter.state.store import Store

PREDICTIONS, LABELS, SNAPSHOT = READ_FROM = ("predictions", "labels", "snapshot")
"""Under these names the state has the positions of what was read."""


@dataclass(frozen=True)
class Snapshots:
    """Which snapshot was counted last; one that was not counted to its end counts as none."""

    store: Store
    stream: Stream
    sources: Sequence[Source]

    def fingerprint(self) -> str:
        """What the files are like now, and whose rows they are counted as."""
        return "\n".join([str(self.stream.number), *(source.fingerprint() for source in self.sources)])

    def counted(self) -> str | None:
        """The fingerprint of what is counted, None where that is nothing or not all."""
        with self.store.reading() as transaction:
            found = transaction.positions.of(self.stream.model, SNAPSHOT).get(SNAPSHOT)
        return None if found is None else str(found["fingerprint"])

    def begin(self) -> None:
        """Forget what is counted."""
        with self.store.transaction() as transaction:
            transaction.streams.empty(self.stream.number)
            transaction.positions.forget(self.stream.model, READ_FROM)

    def end(self, fingerprint: str) -> None:
        """All of it has been counted."""
        with self.store.transaction() as transaction:
            transaction.positions.put(self.stream.model, SNAPSHOT, SNAPSHOT, {"fingerprint": fingerprint})
