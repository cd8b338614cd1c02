"""Signals as values: whoever waits for one does what it asks for outside of its handler."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from types import FrameType

HANDLED = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


@contextmanager
def received() -> Iterator[SimpleQueue[signal.Signals]]:
    """A queue of the signals that arrive inside of the context; afterwards they do what they did before.

    For the main thread only.
    """
    arrived: SimpleQueue[signal.Signals] = SimpleQueue()  # whose put may interrupt a get of the same thread

    def note(number: int, _frame: FrameType | None) -> None:
        arrived.put(signal.Signals(number))

    before = {number: signal.signal(number, note) for number in HANDLED}
    try:
        yield arrived
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
