from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mlflow_exporter.domain import Problem
from mlflow_exporter.results import Evaluation
from mlflow_exporter.scheduler.scheduler import Schedule, Scheduler

SCHEDULE = Schedule(interval=0.01, timeout=60)


class Model:
    """Counts its evaluations; they hang while `may_end` is cleared."""

    def __init__(self, name: str) -> None:
        self.name, self.evaluations, self.may_end = name, 0, threading.Event()
        self.may_end.set()

    def evaluate(self, now: float) -> Evaluation:
        self.evaluations += 1
        self.may_end.wait(30)
        return Evaluation(self.name, now, success=True)

    def unfinished(self, now: float, seconds: float) -> Evaluation:
        return Evaluation(self.name, now, success=False, problems=(Problem(self.name, f"{seconds:.0f} s"),))


class Alarms:
    """Makes alarms that ring when they are told to."""

    def __init__(self) -> None:
        self.pending: list[tuple[float, Callable[[], None], Alarms.One]] = []

    def __call__(self, seconds: float, ring: Callable[[], None]) -> Alarms.One:
        return Alarms.One(self, seconds, ring)

    class One:
        """One of them."""

        def __init__(self, alarms: Alarms, seconds: float, ring: Callable[[], None]) -> None:
            self._alarms, self._entry = alarms, (seconds, ring, self)

        def start(self) -> None:
            self._alarms.pending.append(self._entry)

        def cancel(self) -> None:
            self._alarms.pending.remove(self._entry)


class Published:
    """What was published, by model."""

    def __init__(self) -> None:
        self.all: dict[str, list[Evaluation]] = {}

    def __call__(self, evaluation: Evaluation) -> None:
        self.all.setdefault(evaluation.name, []).append(evaluation)

    def count(self, name: str) -> int:
        """How many of a model."""
        return len(self.all.get(name, ()))


@pytest.fixture(autouse=True)
def no_thread_is_left(wait_until: Callable[..., Any]) -> Iterator[None]:
    """Every thread that a test starts has ended after it."""
    before = set(threading.enumerate())
    yield
    wait_until(lambda: set(threading.enumerate()) <= before)


def test_every_model_is_evaluated_again_and_again(wait_until: Callable[..., Any]) -> None:
    """Each model's evaluations are published until the scheduler stops, and then no more."""
    models, published = [Model("a"), Model("b")], Published()
    scheduler = Scheduler(models, SCHEDULE, published, clock=lambda: 5.0)
    scheduler.start()
    wait_until(lambda: min(published.count("a"), published.count("b")) >= 3)
    assert scheduler.stop()
    counts = published.count("a"), published.count("b")
    assert counts == (models[0].evaluations, models[1].evaluations)
    assert {evaluation.finished_at for evaluation in published.all["a"]} == {5.0}


def test_a_model_that_hangs_is_published_as_failed_while_others_go_on(wait_until: Callable[..., Any]) -> None:
    """After the timeout the hanging one has failed; the other one goes on; once it has come to its end it is back."""
    hanging, other, published = Model("hanging"), Model("other"), Published()
    hanging.may_end.clear()
    times = iter(range(1_000_000))
    scheduler = Scheduler([hanging, other], SCHEDULE, published, clock=lambda: float(next(times)))
    scheduler.start()
    wait_until(lambda: hanging.evaluations and other.evaluations)
    scheduler._attempts[0]._report_unfinished()
    assert [evaluation.success for evaluation in published.all["hanging"]] == [False]
    before = published.count("other")
    wait_until(lambda: published.count("other") >= before + 3)
    assert hanging.evaluations == 1
    hanging.may_end.set()
    wait_until(lambda: published.count("hanging") >= 3)
    assert scheduler.stop()
    assert [evaluation.success for evaluation in published.all["hanging"]][:3] == [False, True, True]


def test_an_alarm_that_comes_too_late_says_nothing() -> None:
    """A timeout that fires when the evaluation has just ended does not hide what it found."""
    published, late = Published(), []

    class Late(Alarms.One):
        """Is cancelled too late: it rings all the same."""

        def cancel(self) -> None:
            late.append(self._entry[1])

    scheduler = Scheduler([Model("a")], SCHEDULE, published, alarm=lambda s, ring: Late(Alarms(), s, ring))
    scheduler._attempts[0].make()
    late[0]()
    assert [evaluation.success for evaluation in published.all["a"]] == [True]


def test_nothing_is_published_after_the_scheduler_has_stopped(wait_until: Callable[..., Any]) -> None:
    """An evaluation that hangs while the scheduler stops is not waited for for ever, and says nothing later."""
    hanging, published = Model("hanging"), Published()
    hanging.may_end.clear()
    scheduler = Scheduler([hanging], SCHEDULE, published)
    scheduler.start()
    wait_until(lambda: hanging.evaluations == 1)
    assert not scheduler.stop(timeout=0)
    hanging.may_end.set()
    wait_until(lambda: not scheduler._loops[0]._thread.is_alive())
    assert published.all == {}


def test_the_timeout_is_that_of_the_schedule() -> None:
    """The alarm is set for as many seconds as an evaluation may take."""
    alarms, seconds = Alarms(), []

    def alarm(after: float, ring: Callable[[], None]) -> Alarms.One:
        seconds.append(after)
        return alarms(after, ring)

    Scheduler([Model("a")], SCHEDULE, Published(), alarm=alarm)._attempts[0].make()
    assert seconds == [60]
    assert alarms.pending == []


def test_an_evaluation_that_hangs_does_not_hold_up_the_stop(wait_until: Callable[..., Any]) -> None:
    """One that has taken longer than it may is given up at once, and the others are let finish."""
    hanging, published = Model("hanging"), Published()
    hanging.may_end.clear()
    scheduler = Scheduler([hanging], SCHEDULE, published)
    scheduler.start()
    wait_until(lambda: hanging.evaluations == 1)
    scheduler._attempts[0]._report_unfinished()
    stopped = threading.Thread(target=scheduler.stop, args=(60,))
    stopped.start()
    stopped.join(10)
    assert not stopped.is_alive()
    hanging.may_end.set()
    wait_until(lambda: not scheduler._loops[0]._thread.is_alive())
    assert [evaluation.success for evaluation in published.all["hanging"]] == [False]
