"""The demo's traffic in the background."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from mlflow_exporter.demo.traffic import Traffic

_PERIOD_SECONDS = 0.5


def send(traffic: Traffic, stopping: threading.Event) -> None:
    """Write what is due, and have it scored, twice a second until it is to stop."""
    while not stopping.wait(_PERIOD_SECONDS):
        traffic.write()


@contextmanager
def sent(traffic: Traffic) -> Iterator[None]:
    """Send in a thread until the end."""
    stopping = threading.Event()
    sender = threading.Thread(target=send, args=(traffic, stopping), name="traffic", daemon=True)
    sender.start()
    try:
        yield
    finally:
        stopping.set()
        sender.join()
