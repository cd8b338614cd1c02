"""Something that is done again and again in the background."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

_log = structlog.get_logger(__name__)


class Periodic:
    """Calls `work` at once when started, and then every `interval` seconds, in a thread of its own.

    Work that takes longer than the interval, which may be changed, is begun again as soon as it is done. What it raises
    is logged, and the next call comes all the same. `clock` tells seconds that only grow, `wait` waits for an event or
    so many seconds.
    """

    def __init__(
        self,
        name: str,
        interval: float,
        work: Callable[[], object],
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Event, float], object] = threading.Event.wait,
    ) -> None:
        self._name, self.interval, self._work = name, interval, work
        self._clock, self._wait = clock, wait
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """Begin no further call."""
        self._stopping.set()

    def stop(self, timeout: float = 10.0) -> bool:
        """End, after the call that is under way; whether that took at most `timeout` seconds."""
        self.end()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        due = self._clock()
        while not self._stopping.is_set():
            self._call()
            due = max(due + self.interval, self._clock())
            self._wait(self._stopping, due - self._clock())

    def _call(self) -> None:
        try:
            self._work()
        except Exception:  # noqa: BLE001 -- a mistake of this program must not end the task for good
            _log.exception("a task failed", task=self._name)
