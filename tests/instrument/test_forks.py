from __future__ import annotations

import gc
import os
import signal

from mlflow_exporter.instrument.forks import ForkLock, renew_after_fork


class Thing:
    """Counts how often it began anew."""

    renewed = 0

    def renew(self) -> None:
        self.renewed += 1


def test_things_begin_anew_in_the_child_alone() -> None:
    """Those that still live, once each."""
    thing = Thing()
    renew_after_fork(thing)
    renew_after_fork(Thing())
    gc.collect()
    child = os.fork()
    if child == 0:
        os._exit(thing.renewed)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert thing.renewed == 0


def test_a_lock_is_free_in_the_child() -> None:
    """Whoever held it is not there; the parent's is still held."""
    lock = ForkLock()
    with lock.held():
        child = os.fork()
        if child == 0:
            signal.alarm(5)
            with lock.held():
                os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert lock._lock.locked()
    assert not lock._lock.locked()
