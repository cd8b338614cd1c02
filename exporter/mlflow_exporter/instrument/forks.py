"""Processes made of this one: what must begin anew there, since it belongs to the parent, and what is to end there."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
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


def at_end_of_child(step: Callable[[], object]) -> None:
    """Call a step when this process ends, where it is a child of `multiprocessing`: these leave `atexit` out.

    What a parent has asked for is not asked for in its children.
    """
    process = sys.modules.get("multiprocessing.process")
    if process is not None and process.parent_process() is not None:
        from multiprocessing.util import Finalize  # noqa: PLC0415 -- a child has it

        Finalize(None, step, exitpriority=0)


def _renew() -> None:
    for thing in tuple(_renewed):
        thing.renew()


os.register_at_fork(after_in_child=_renew)
