"""Objects that must begin anew in a forked process: what they hold there belongs to the parent."""

from __future__ import annotations

import os
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


def _renew() -> None:
    for thing in tuple(_renewed):
        thing.renew()


os.register_at_fork(after_in_child=_renew)
