from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from mlflow_exporter.domain import Problem
from mlflow_exporter.results import Evaluation
from mlflow_exporter.scheduler.loop import Loop, Schedule
from mlflow_exporter.scheduler.scheduler import Scheduler

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


def _named(*models: Model) -> dict[str, Model]:
    return {model.name: model for model in models}


def _threads() -> int:
    return sum(thread.name == "evaluation" for thread in threading.enumerate())


@pytest.fixture(autouse=True)
def no_thread_is_left(wait_until: Callable[..., Any]) -> Iterator[None]:
    """Every thread that a test starts has ended after it."""
    before = set(threading.enumerate())
    yield
    wait_until(lambda: set(threading.enumerate()) <= before)


def test_every_model_is_evaluated_again_and_again(wait_until: Callable[..., Any]) -> None:
    """Each model's evaluations are published until the scheduler stops, and then no more."""
    models, published = [Model("a"), Model("b")], Published()
    scheduler = Scheduler(published, clock=lambda: 5.0)
    scheduler.run(_named(*models), SCHEDULE)
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
    scheduler = Scheduler(published, clock=lambda: float(next(times)))
    scheduler.run(_named(hanging, other), SCHEDULE)
    wait_until(lambda: hanging.evaluations and other.evaluations)
    scheduler._loops["hanging"]._report_unfinished()
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

    loop = Loop(Model("a"), SCHEDULE, published, time.time, alarm=lambda s, ring: Late(Alarms(), s, ring))
    loop.evaluate()
    late[0]()
    assert [evaluation.success for evaluation in published.all["a"]] == [True]


def test_nothing_is_published_after_the_scheduler_has_stopped(wait_until: Callable[..., Any]) -> None:
    """An evaluation that hangs while the scheduler stops is not waited for for ever, and says nothing later."""
    hanging, published = Model("hanging"), Published()
    hanging.may_end.clear()
    scheduler = Scheduler(published)
    scheduler.run(_named(hanging), SCHEDULE)
    wait_until(lambda: hanging.evaluations == 1)
    assert not scheduler.stop(timeout=0)
    hanging.may_end.set()
    wait_until(lambda: not scheduler._loops["hanging"]._task._thread.is_alive())
    assert published.all == {}


def test_a_problem_is_logged_when_it_begins_and_when_it_is_over() -> None:
    """A problem that stays is said once, whatever its numbers are, and its end is said too."""

    class Faulty(Model):
        def evaluate(self, now: float) -> Evaluation:
            self.evaluations += 1
            problems = (Problem("a.csv", f"{self.evaluations} rows are bad"),) if self.evaluations < 4 else ()
            return Evaluation(self.name, now, success=not problems, problems=problems)

    with structlog.testing.capture_logs() as logs:
        loop = Loop(Faulty("a"), SCHEDULE, Published(), time.time, Alarms())
        for _ in range(5):
            loop.evaluate()
    assert [(event["event"], event["log_level"], event.get("problem")) for event in logs] == [
        ("problem", "warning", "a.csv: 1 rows are bad"),
        ("evaluated", "info", None),
        ("problem over", "info", "a.csv: 3 rows are bad"),
        ("evaluated", "info", None),
    ]


def test_the_timeout_is_that_of_the_schedule() -> None:
    """The alarm is set for as many seconds as an evaluation may take."""
    alarms, seconds = Alarms(), []

    def alarm(after: float, ring: Callable[[], None]) -> Alarms.One:
        seconds.append(after)
        return alarms(after, ring)

    Loop(Model("a"), SCHEDULE, Published(), time.time, alarm).evaluate()
    assert seconds == [60]
    assert alarms.pending == []


def test_an_evaluation_that_hangs_does_not_hold_up_the_stop(wait_until: Callable[..., Any]) -> None:
    """One that has taken longer than it may is given up at once, and the others are let finish."""
    hanging, published = Model("hanging"), Published()
    hanging.may_end.clear()
    scheduler = Scheduler(published)
    scheduler.run(_named(hanging), SCHEDULE)
    wait_until(lambda: hanging.evaluations == 1)
    scheduler._loops["hanging"]._report_unfinished()
    stopped = threading.Thread(target=scheduler.stop, args=(60,))
    stopped.start()
    stopped.join(10)
    assert not stopped.is_alive()
    hanging.may_end.set()
    wait_until(lambda: not scheduler._loops["hanging"]._task._thread.is_alive())
    assert [evaluation.success for evaluation in published.all["hanging"]] == [False]


def test_a_change_leaves_the_models_alone_that_stay(wait_until: Callable[..., Any]) -> None:
    """They are not waited for and begun once; one that is new begins, one that is gone ends."""
    staying, gone, new, published = Model("staying"), Model("gone"), Model("new"), Published()
    staying.may_end.clear()
    scheduler = Scheduler(published)
    scheduler.run(_named(staying, gone), SCHEDULE)
    wait_until(lambda: staying.evaluations and published.count("gone"))
    scheduler.run(_named(staying, new), SCHEDULE)
    wait_until(lambda: published.count("new") >= 2)
    count = published.count("gone")
    assert staying.evaluations == 1
    staying.may_end.set()
    wait_until(lambda: published.count("staying") >= 2)
    assert scheduler.stop()
    assert published.count("gone") == count


@pytest.mark.parametrize("gap", (False, True), ids=("replaced", "removed and back"))
def test_a_model_that_hangs_has_one_thread_whatever_is_changed(wait_until: Callable[..., Any], gap: bool) -> None:
    """Others take over when it has come to its end, and nothing that it found is published."""
    hanging, heirs, published = Model("a"), [Model("a") for _ in range(4)], Published()
    hanging.may_end.clear()
    times = iter(range(1_000_000))
    scheduler = Scheduler(published, clock=lambda: float(next(times)))
    scheduler.run(_named(hanging), SCHEDULE)
    wait_until(lambda: hanging.evaluations == 1)
    for heir in heirs:
        if gap:
            scheduler.run({}, SCHEDULE)
        scheduler.run(_named(heir), SCHEDULE)
        assert _threads() == 1
    hanging.may_end.set()
    wait_until(lambda: published.count("a") >= 2)
    assert scheduler.stop()
    assert [heir.evaluations > 0 for heir in heirs] == [False, False, False, True]
    assert hanging.evaluations == 1
    assert published.count("a") == heirs[-1].evaluations


def test_a_model_that_is_gone_ends_with_its_evaluation(wait_until: Callable[..., Any]) -> None:
    """One that hangs when it goes has no thread any more once it is over and the next change has come."""
    hanging, published = Model("a"), Published()
    hanging.may_end.clear()
    scheduler = Scheduler(published)
    scheduler.run(_named(hanging), SCHEDULE)
    wait_until(lambda: hanging.evaluations == 1)
    scheduler.run({}, SCHEDULE)
    hanging.may_end.set()
    wait_until(lambda: scheduler._loops["a"].is_idle)
    scheduler.run({}, SCHEDULE)
    wait_until(lambda: _threads() == 0)
    assert published.all == {}


def test_a_new_schedule_is_in_force_at_once(wait_until: Callable[..., Any]) -> None:
    """Without the models being begun anew."""
    model, published = Model("a"), Published()
    scheduler = Scheduler(published)
    scheduler.run(_named(model), SCHEDULE)
    wait_until(lambda: published.count("a"))
    scheduler.run(_named(model), Schedule(interval=3_600, timeout=5))
    assert (scheduler._loops["a"]._task.interval, scheduler._loops["a"]._timeout) == (3_600, 5)
    assert scheduler.stop()
