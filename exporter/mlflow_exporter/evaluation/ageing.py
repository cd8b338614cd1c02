"""By which clock time buckets age during a poll."""

from __future__ import annotations

import time
from collections.abc import Callable

from mlflow_exporter.engines.rows import Refusals, Rows
from mlflow_exporter.evaluation.buckets import Scale


class Ageing:
    """The wall clock `now`, or, where `newest` is given, the newest event met so far (0 before the first).

    Both in Unix seconds. A `timeless` one is a snapshot's, whose rows are of one bucket. `clock` tells how long the
    poll, which began at `now`, has been under way.
    """

    def __init__(
        self,
        now: float,
        newest: float | None,
        *,
        timeless: bool,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.now = now
        self._clock, self._began = clock, clock()
        self._newest = newest
        self._timeless = timeless

    def by_now(self) -> float:
        """The wall clock as it is by now, which rows written since the poll began are not ahead of."""
        return self.now + max(0.0, self._clock() - self._began)

    @property
    def scale(self) -> Scale:
        """How wide buckets are as of now."""
        return Scale(self.now if self._newest is None else self._newest, self._timeless)

    def advance(self, rows: Rows, refusals: Refusals) -> Scale:
        """The scale once these rows have been met."""
        if self._newest is not None and rows.times is not None and refusals.kept.any():
            self._newest = max(self._newest, float(rows.times[refusals.kept].max()))
        return self.scale
