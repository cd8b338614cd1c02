"""Threads for what follows alerts: a few at once, and none holds up the end of the process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from mlflow_exporter.errors import ActionTimeout

Answer = TypeVar("Answer")


class Workers:
    """At most `most` pieces of work at once; lives as long as the process, whatever is reloaded."""

    def __init__(self, most: int = 4) -> None:
        self.stopping = threading.Event()
        self._most = most
        self._lock = threading.Lock()
        self._busy: set[threading.Thread] = set()

    @property
    def free(self) -> bool:
        """Whether there is a thread for one more."""
        with self._lock:
            return len(self._busy) < self._most and not self.stopping.is_set()

    def start(self, work: Callable[[], None], then: Callable[[], None]) -> None:
        """Do it in a thread, and call `then` when the thread is free again.

        Raises RuntimeError where the system has no thread for it.
        """

        def run() -> None:
            try:
                work()
            finally:
                with self._lock:
                    self._busy.discard(threading.current_thread())
                then()

        thread = threading.Thread(target=run, name="action", daemon=True)
        with self._lock:  # whoever stops us waits for threads that have started, and no thread ends before it is added
            thread.start()
            self._busy.add(thread)

    def stop(self, timeout: float = 10.0) -> bool:
        """End what is under way; whether that took at most `timeout` seconds."""
        self.stopping.set()
        deadline = time.monotonic() + timeout
        with self._lock:
            busy = list(self._busy)
        for thread in busy:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in busy)


def within(seconds: float, call: Callable[[], Answer]) -> Answer:
    """What a call gives within so many seconds; raises ActionTimeout, and leaves it to itself, where it takes longer.

    A timeout of a socket bounds each wait for bytes, and not their sum.
    """
    future: Future[Answer] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except Exception as error:  # noqa: BLE001 -- handed over to the caller, who raises it
            future.set_exception(error)

    threading.Thread(target=run, name="action-call", daemon=True).start()
    if not wait([future], seconds).done:
        raise ActionTimeout(f"it took longer than {seconds:g} s, and was left to itself")
    return future.result()
