from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from mlflow_exporter.scheduler.periodic import Periodic


class Time:
    """A clock that moves only while somebody waits; the wait for which `end_after` waits have been is the last."""

    def __init__(self, end_after: int) -> None:
        self.now, self._left = 100.0, end_after
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, stopping: threading.Event, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
        self._left -= 1
        if not self._left:
            stopping.set()


def _ran(task: Periodic) -> None:
    task.start()
    task._thread.join(10)
    assert task.stop()


def test_work_is_begun_every_interval_however_long_it_takes() -> None:
    """The pauses make up for the time that the work took."""
    time, took, begun = Time(end_after=4), iter((3.0, 1.0, 0.0, 9.0)), []

    def work() -> None:
        begun.append(time.now)
        time.now += next(took)

    _ran(Periodic("work", 10, work, clock=time, wait=time.wait))
    assert begun == [100, 110, 120, 130]
    assert time.waits == [7, 9, 10, 1]


def test_work_that_takes_longer_than_the_interval_is_not_made_up_for() -> None:
    """After a slow call the next one comes at once, and the ones after it at their interval again."""
    time, took, begun = Time(end_after=3), iter((35.0, 1.0, 1.0)), []

    def work() -> None:
        begun.append(time.now)
        time.now += next(took)

    _ran(Periodic("work", 10, work, clock=time, wait=time.wait))
    assert begun == [100, 135, 145]


def test_work_that_raises_is_done_again(capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake is logged with its task, and the next call comes."""
    time, calls = Time(end_after=3), []

    def work() -> None:
        calls.append(1)
        raise ZeroDivisionError

    _ran(Periodic("registry", 10, work, clock=time, wait=time.wait))
    assert len(calls) == 3
    assert "registry" in capsys.readouterr().out


def test_stopping_waits_for_the_call_under_way() -> None:
    """The call that is under way comes to its end, and no other is begun."""
    begun, may_end, done = threading.Event(), threading.Event(), []

    def work() -> None:
        begun.set()
        may_end.wait(10)
        done.append(1)

    task = Periodic("work", 0, work)
    task.start()
    begun.wait(10)
    task.end()
    assert not task.stop(timeout=0)
    may_end.set()
    assert task.stop()
    assert done == [1]


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Every thread that a test starts has ended after it."""
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before
