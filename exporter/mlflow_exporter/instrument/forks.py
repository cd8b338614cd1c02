"""Objects that must begin anew in a forked process: what they hold there belongs to the parent."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol
from weakref import WeakSet


class Renewable(Protocol):
    """Something with locks, threads or open files."""

    def renew(self) -> None:
        """Begin anew, in the child of a fork, before any other thread of it runs."""
        ...


_renewed: WeakSet[Renewable] = WeakSet()


def renew_after_fork(thing: Renewable) -> None:
    """Call `thing.renew()` in every child that this process forks, as long as the thing lives."""
    _renewed.add(thing)


class ForkLock:
    """A lock that is free in a forked process: who held it then is not there to let it go."""

    def __init__(self) -> None:
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Let the old one be."""
        self._lock = threading.Lock()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock inside."""
        with self._lock:
            yield


def _renew() -> None:
    for thing in tuple(_renewed):
        thing.renew()


os.register_at_fork(after_in_child=_renew)
