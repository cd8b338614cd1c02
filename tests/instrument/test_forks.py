from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlflow_exporter.instrument.forks import ForkLock, renew_after_fork

JOB = """
import multiprocessing, sys
from mlflow_exporter.instrument import PredictionLog, monitor

@monitor(model="churn", version=3, log=PredictionLog("logs"))
def predict(row):
    return "yes"

def score():
    for age in range(100):
        predict({"age": age})

if __name__ == "__main__":
    child = multiprocessing.get_context(sys.argv[1]).Process(target=score)
    child.start()
    child.join()
    sys.exit(child.exitcode)
"""


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


@pytest.mark.parametrize("method", ("fork", "forkserver", "spawn"))
def test_a_child_of_multiprocessing_writes_what_it_was_told(
    tmp_path: Path, rows_in: Callable[..., Any], method: str
) -> None:
    """It ends without the interpreter's own end, a moment after its last prediction."""
    job = tmp_path / "job.py"
    job.write_text(JOB)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, job, method], cwd=tmp_path, env=environment, check=True, timeout=60)
    assert len(rows_in(tmp_path / "logs")) == 100
