"""Counting that is done later: what a call leaves is cheap to keep, and dear to add to metrics at once."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from prometheus_client import Metric
from prometheus_client.registry import Collector

from mlflow_exporter.instrument.forks import at_end_of_child, renew_after_fork

SECONDS: Final = 1.0


class Postponed(Collector):
    """Steps that add to the metrics of a registry what was kept back: a collector that is asked before those.

    A scrape of several processes (`multiprocess`) sees files and asks no process, so that these do what is to be done
    within a second, and when they end. Steps must not raise, and are kept alive until they are done.
    """

    def __init__(self) -> None:
        self._multiprocess = "PROMETHEUS_MULTIPROC_DIR" in os.environ
        self.renew()
        renew_after_fork(self)
        atexit.register(_run, weakref.ref(self))

    def renew(self) -> None:
        """In a forked process, what is to be done is the parent's."""
        self._steps: set[Callable[[], object]] = set()
        self._timer: threading.Timer | None = None
        self._is_to_end = False

    def add(self, step: Callable[[], object]) -> None:
        """Do a step, once, before the next scrape."""
        self._steps.add(step)
        if self._multiprocess and self._timer is None:
            self._timer = threading.Timer(SECONDS, _run, [weakref.ref(self)])
            self._timer.daemon = True
            self._timer.start()
            self._end_with_child()

    def _end_with_child(self) -> None:
        if not self._is_to_end:
            self._is_to_end = True
            at_end_of_child(partial(_run, weakref.ref(self)))

    def run(self) -> None:
        """Do what is to be done now."""
        # Before the steps, so that one that is added from now on has a timer.
        self._timer = None
        while True:
            try:
                step = self._steps.pop()
            except KeyError:
                return
            step()

    def collect(self) -> Iterable[Metric]:
        """No metric: this is when a scrape begins."""
        self.run()
        return ()

    def describe(self) -> Iterable[Metric]:
        """No metric."""
        return ()


def _run(postponed: weakref.ref[Postponed]) -> None:
    alive = postponed()
    if alive is not None:
        alive.run()
