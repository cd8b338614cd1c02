"""The share of time in which the CPUs were busy."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import psutil

# CPU times have a resolution of 10 ms: over less than this the ratio would be noise.
SHORTEST_SECONDS = 1.0


class Cpu:
    """Measures without waiting, from one call of `ratio` to the next; safe to use from any thread.

    psutil.cpu_percent remembers the call before for each thread on its own, so that in the threads of a web server
    each first answer is meaningless and the others span unequal times.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._measured_at = clock()
        self._busy, self._total = _times()
        self._ratio: float | None = None

    def ratio(self) -> float | None:
        """Busy share of all CPUs since the measurement before, 0 to 1; None until there are two of them."""
        with self._lock:
            now = self._clock()
            if now - self._measured_at >= SHORTEST_SECONDS:
                self._measure(now)
            return self._ratio

    def _measure(self, now: float) -> None:
        busy, total = _times()
        if total > self._total:
            self._ratio = min(max((busy - self._busy) / (total - self._total), 0.0), 1.0)
        self._measured_at, self._busy, self._total = now, busy, total


def _times() -> tuple[float, float]:
    """CPU seconds since boot, busy and in all: waiting for a disk is idle, and a guest's time is in its host's."""
    times = psutil.cpu_times()._asdict()
    total = float(sum(seconds for mode, seconds in times.items() if not mode.startswith("guest")))
    return total - times["idle"] - times.get("iowait", 0.0), total
