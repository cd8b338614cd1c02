"""When each row of the traffic comes: a slow history first, then live rows through three phases."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlflow_exporter.demo.subjects import Phase


@dataclass(frozen=True)
class Schedule:
    """The times (Unix seconds) and rates (rows a second) of one model's traffic.

    Row 0 comes `history` seconds before `start`; every row before `start` is clean. From `start` on, rows come at
    `rate`, drift from `drift_at` and lose accuracy from `decay_at`. A row's label comes `label_delay` seconds after
    it on average, never later than five times that.

    >>> schedule = Schedule(start=1_000, drift_at=1_010, decay_at=1_020, rate=2, history=100, history_rate=0.5)
    >>> schedule.due(900), schedule.due(1_000), schedule.due(1_001)
    (0, 50, 52)
    >>> schedule.times(49, 52).tolist()
    [998.0, 1000.0, 1000.5]
    """

    start: float
    drift_at: float
    decay_at: float
    rate: float = 20
    history: float = 86_400
    history_rate: float = 0.2
    label_delay: float = 10

    @property
    def history_rows(self) -> int:
        """How many rows come before `start`."""
        return math.floor(self.history * self.history_rate)

    def due(self, now: float) -> int:
        """How many rows have come before `now`."""
        if now < self.start:
            return max(0, math.ceil((now - self.start + self.history) * self.history_rate))
        return self.history_rows + math.ceil((now - self.start) * self.rate)

    def times(self, first: int, end: int) -> NDArray[np.float64]:
        """(end - first,) when the rows first, ..., end - 1 come."""
        row = np.arange(first, end)
        live = row - self.history_rows
        before = self.start - self.history + row / self.history_rate
        return np.where(live < 0, before, self.start + live / self.rate)

    def phases(self, times: NDArray[np.float64]) -> NDArray[np.int64]:
        """(n,) the `Phase` of each time."""
        return np.searchsorted([self.drift_at, self.decay_at], times, side="right").astype(np.int64)

    def phase(self, now: float) -> Phase:
        """The phase of one time."""
        return Phase(int(self.phases(np.array([now]))[0]))
