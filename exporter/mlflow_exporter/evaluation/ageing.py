"""By which clock time buckets age during a poll."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from mlflow_exporter.engines.rows import Refusals, Rows
from mlflow_exporter.evaluation.buckets import DAY, Scale
from mlflow_exporter.profiles.layout import Floats

FEW = 30
"""So many events are more than a slip of some clock."""


@dataclass(frozen=True, eq=False)
class EventClock:
    """The clock of the events: it shows the newest one, leaving out a few that are far ahead of all others.

    `latest` are the newest event times met, ascending. Fewer than FEW of them are left out where they come more than
    a day after the others, and further than the FEW before them are apart: one row that is dated today does not end
    a replay's windows, and a log of a row a week goes on.

    >>> pack = EventClock().met(np.arange(100.0))
    >>> pack.time, pack.met(np.array([1e9])).time, pack.met(np.full(FEW, 1e9)).time
    (99.0, 99.0, 1000000000.0)
    """

    latest: Floats = field(default_factory=lambda: np.zeros(0))

    def met(self, times: Floats) -> EventClock:
        """The clock once events of these times (n,), in any order, have been met."""
        newest = np.partition(times, len(times) - 2 * FEW)[-2 * FEW :] if len(times) > 2 * FEW else times
        return EventClock(np.sort(np.concatenate((self.latest, newest)))[-2 * FEW :])

    @property
    def newest(self) -> float:
        """The newest event of all; 0 before the first."""
        return float(self.latest[-1]) if len(self.latest) else 0.0

    @property
    def time(self) -> float:
        """Unix seconds; 0 before the first event."""
        for last in range(max(len(self.latest) - FEW, FEW - 1), len(self.latest) - 1):
            pack = self.latest[last] - self.latest[last - FEW + 1]
            if self.latest[last + 1] - self.latest[last] > max(DAY, pack):
                return float(self.latest[last])
        return self.newest


class Ageing:
    """The wall clock `now` in Unix seconds, or, where it is given, the clock of the `events` met so far.

    A `timeless` one is a snapshot's, whose rows are of one bucket. `clock` tells how long the poll, which began at
    `now`, has been under way.
    """

    def __init__(
        self,
        now: float,
        events: EventClock | None,
        *,
        timeless: bool,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.now, self.events = now, events
        self._clock, self._began = clock, clock()
        self._timeless = timeless

    def by_now(self) -> float:
        """The wall clock as it is by now, which rows written since the poll began are not ahead of."""
        return self.now + max(0.0, self._clock() - self._began)

    @property
    def reached(self) -> float:
        """No row that was read until now is newer, by the clock that rows age by."""
        return self.by_now() if self.events is None else self.events.newest

    @property
    def scale(self) -> Scale:
        """How wide buckets are as of now."""
        return Scale(self.now if self.events is None else self.events.time, self._timeless)

    def advance(self, rows: Rows, refusals: Refusals) -> Scale:
        """The scale once these rows have been met."""
        if self.events is not None and rows.times is not None:
            self.events = self.events.met(rows.times[refusals.kept])
        return self.scale
