"""Windows as running sums of buckets: a poll adds what is new, and only a window whose tail moved is summed anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlflow_exporter.domain import Window
from mlflow_exporter.evaluation.buckets import Scale
from mlflow_exporter.evaluation.stream import Stream
from mlflow_exporter.profiles.summary import Summary
from mlflow_exporter.state.store import Store


@dataclass(frozen=True, eq=False)
class WindowSum:
    """The rows of a window: all buckets that start at or after `start` (Unix seconds; None for a snapshot)."""

    window: Window
    start: int | None
    summary: Summary


class WindowSums:
    """The sums of a model's windows, kept between polls; what they are made of is in the state.

    A window's tail moves in steps of the buckets there: a window of 7 days is summed anew once an hour.
    """

    def __init__(self, store: Store, stream: Stream, windows: Sequence[Window]) -> None:
        self._store, self._stream, self._windows = store, stream, tuple(windows)
        self._sums: dict[Window, WindowSum] = {}

    def forget(self) -> None:
        """Sum everything anew next time (after a poll that failed halfway, or a new snapshot)."""
        self._sums.clear()

    def advance(self, added: Mapping[int, Summary], scale: Scale) -> tuple[WindowSum, ...]:
        """The sum of each window that ends now, after these new summaries (by bucket) were committed."""
        for window in self._windows:
            start = None if window.seconds is None else scale.start_of(scale.now - window.seconds)
            known = self._sums.get(window)
            if known is None or known.start != start:
                self._sums[window] = self._sum(window, start)
            else:
                self._sums[window] = _with(known, added)
        return tuple(self._sums[window] for window in self._windows)

    def _sum(self, window: Window, start: int | None) -> WindowSum:
        total = Summary.empty(self._stream.plan.layout, self._stream.plan.outcome)
        with self._store.reading() as transaction:
            for bucket in transaction.buckets.since(self._stream.number, 0 if start is None else start):
                total = total.merge(self._stream.summary_of(bucket))
            # After the buckets: those of a stream that is still there now were all there.
            self._stream.hold(transaction)
        return WindowSum(window, start, total)


def _with(known: WindowSum, added: Mapping[int, Summary]) -> WindowSum:
    total = known.summary
    for start, summary in added.items():
        if known.start is None or start >= known.start:
            total = total.merge(summary)
    return WindowSum(known.window, known.start, total)
