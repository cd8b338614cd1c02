from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from mlflow_exporter.alerting import dispatcher
from mlflow_exporter.alerting.actions.action import Leash
from mlflow_exporter.alerting.dispatcher import LONGEST_WAIT, Dispatcher
from mlflow_exporter.alerting.event import Event
from mlflow_exporter.alerting.rules import Rule, Rules
from mlflow_exporter.errors import ActionError, StateUnavailable
from mlflow_exporter.state.alerts import Alert

SETTINGS = "  actions: [{{name: {name}, kind: command, match: [a!=b], command: ['true'], {rest}}}]\n"


@dataclass
class Spy:
    """An action that notes what it is asked, and waits until it may go on where it is told to."""

    ran: list[Event] = field(default_factory=list)
    running: int = 0
    most: int = 0
    error: Exception | None = None
    hold: threading.Event = field(default_factory=threading.Event)

    def plan(self, event: Event) -> str:
        return f"spy on {event.alert.model}"

    def run(self, event: Event, leash: Leash) -> str:
        self.ran.append(event)
        self.running += 1
        self.most = max(self.most, self.running)
        self.hold.wait(30)
        self.running -= 1
        if self.error is not None:
            raise self.error
        return f"saw {event.alert.model} with http://me:hunter2@host"


@dataclass
class Stage:
    """A dispatcher of one action, which is begun by hand."""

    desk: Any
    spy: Spy
    rules: Rules
    dispatcher: Dispatcher

    def queue(self, *alerts: Alert) -> None:
        with self.desk.store.transaction() as transaction:
            for alert in alerts:
                transaction.alerts.record(alert, self.desk.now)
                transaction.action_runs.queue("spy", alert, self.desk.now)


@pytest.fixture
def stage(desk: Any) -> Callable[..., Stage]:
    """Makes a stage with these settings of the action."""

    def make(rest: str = "dry_run: false", *, held: bool = False) -> Stage:
        spy = Spy()
        if not held:
            spy.hold.set()
        (settings,) = desk.settings(SETTINGS.format(name="spy", rest=rest)).actions
        rules = Rules({"spy": Rule(settings, spy)})
        made = Dispatcher(desk.store, rules, desk.workers, desk.tally, lambda: desk.now)
        return Stage(desk, spy, rules, made)

    return make


def done(stage: Stage, wait_until: Callable[..., Any]) -> list[str]:
    """Dispatch until nothing waits or runs; the outcomes."""

    def settled() -> bool:
        stage.dispatcher.dispatch()
        return not {"waiting", "running"} & set(stage.desk.outcomes())

    wait_until(settled, timeout=30)
    outcomes: list[str] = stage.desk.outcomes()
    return outcomes


def test_what_waits_is_done(
    stage: Callable[..., Stage], alert: Callable[..., Alert], wait_until: Callable[..., Any]
) -> None:
    """A run ends with what came of it, passwords hidden, and is counted."""
    made = stage()
    made.queue(alert())
    assert done(made, wait_until) == ["succeeded"]
    (run,) = made.desk.runs()
    assert run.output == "saw churn with http://me:<secret>@host"
    assert made.spy.ran == [Event(alert(), "firing")]
    assert made.desk.tally.runs["spy", "succeeded"] == 1


def test_a_dry_run_does_nothing(
    stage: Callable[..., Stage], alert: Callable[..., Alert], wait_until: Callable[..., Any]
) -> None:
    """By default it is recorded what would be done."""
    made = stage("cooldown: 1h")
    made.queue(alert())
    assert done(made, wait_until) == ["dry_run"]
    assert (made.desk.runs()[0].output, made.spy.ran) == ("would spy on churn", [])


@pytest.mark.parametrize(
    ("error", "said"),
    (
        (ActionError("no", mend="try again"), "no; try again"),
        (ZeroDivisionError("hunter2"), "a mistake of mlflow-exporter (ZeroDivisionError); see its log"),
    ),
)
def test_a_failure_is_recorded(
    stage: Callable[..., Stage],
    alert: Callable[..., Alert],
    wait_until: Callable[..., Any],
    error: Exception,
    said: str,
) -> None:
    """What an action raises ends the run and nothing else; a mistake of ours is not shown to everyone."""
    made = stage()
    made.spy.error = error
    made.queue(alert(), alert("f2", model="fraud"))
    assert done(made, wait_until) == ["failed", "failed"]
    assert made.desk.runs()[0].output == said


def test_one_at_a_time_for_a_model(
    stage: Callable[..., Stage], alert: Callable[..., Alert], wait_until: Callable[..., Any]
) -> None:
    """Runs of one model follow each other, those of another one run beside."""
    made = stage("dry_run: false, cooldown: 1ms", held=True)
    made.queue(alert(), alert("f2"), alert("f3", model="fraud"))
    made.dispatcher.dispatch()
    wait_until(lambda: len(made.spy.ran) == 2)
    made.dispatcher.dispatch()
    assert made.desk.outcomes() == ["running", "waiting", "running"]
    made.desk.now += 1
    made.spy.hold.set()
    assert done(made, wait_until) == ["succeeded"] * 3
    assert made.spy.most == 2


def test_an_action_cools_down(
    stage: Callable[..., Stage], alert: Callable[..., Alert], wait_until: Callable[..., Any]
) -> None:
    """Within the cooldown a model is left alone, another one is not; after it the action runs again."""
    made = stage("dry_run: false, cooldown: 10m")
    made.queue(alert())
    done(made, wait_until)
    made.desk.now += 599
    made.queue(alert("f2"), alert("f3", model="fraud"))
    assert done(made, wait_until) == ["succeeded", "cooldown", "succeeded"]
    made.desk.now += 1
    made.queue(alert("f4"))
    assert done(made, wait_until)[-1] == "succeeded"


def test_what_is_over_is_not_acted_upon(
    stage: Callable[..., Stage], alert: Callable[..., Alert], wait_until: Callable[..., Any]
) -> None:
    """A firing whose turn comes after its resolution is lost, and so is what waited for too long."""
    made = stage()
    made.queue(alert())
    with made.desk.store.transaction() as transaction:
        transaction.alerts.record(alert(ends_at=1_500.0), made.desk.now)
    assert done(made, wait_until) == ["lost"]
    made.queue(alert("f2"))
    made.desk.now += LONGEST_WAIT + 1
    assert done(made, wait_until) == ["lost", "lost"]
    assert (made.spy.ran, made.desk.tally.runs["spy", "lost"]) == ([], 2)


def test_what_is_not_configured_any_more_is_not_done(
    stage: Callable[..., Stage], alert: Callable[..., Alert], wait_until: Callable[..., Any]
) -> None:
    """A run whose action was removed by a reload is lost."""
    made = stage()
    made.queue(alert())
    made.dispatcher._rules = Rules({})
    assert done(made, wait_until) == ["lost"]


def test_a_run_that_was_under_way_at_a_kill_is_never_begun_again(
    stage: Callable[..., Stage], alert: Callable[..., Alert], wait_until: Callable[..., Any]
) -> None:
    """At most once: what began before is lost when its time is over, what waited is done by the next process."""
    made = stage("dry_run: false, timeout: 5m, cooldown: 1ms", held=True)
    made.queue(alert())
    made.dispatcher.dispatch()
    wait_until(lambda: made.spy.ran)
    made.queue(alert("f2"))
    # The process is killed here: nothing of it records anything any more.
    after = stage("dry_run: false, timeout: 5m, cooldown: 1ms")
    after.dispatcher.dispatch()
    assert after.desk.outcomes() == ["running", "waiting"]
    after.desk.now += 300 + 3 * dispatcher.GRACE_SECONDS
    assert done(after, wait_until) == ["lost", "succeeded"]
    assert [event.alert.fingerprint for event in after.spy.ran] == ["f2"]
    made.spy.hold.set()


def test_what_was_lost_on_its_way_cools_down(
    stage: Callable[..., Stage], alert: Callable[..., Alert], wait_until: Callable[..., Any]
) -> None:
    """A run that a kill cut short may have done its work: within the cooldown the model is left alone."""
    made = stage("dry_run: false, timeout: 5m, cooldown: 1h", held=True)
    made.queue(alert())
    made.dispatcher.dispatch()
    wait_until(lambda: made.spy.ran)
    # The process is killed here: nothing of it records anything any more.
    after = stage("dry_run: false, timeout: 5m, cooldown: 1h")
    after.desk.now += 300 + 3 * dispatcher.GRACE_SECONDS
    after.queue(alert("f2"))
    assert done(after, wait_until) == ["lost", "cooldown"]
    assert after.spy.ran == []
    made.spy.hold.set()


def test_an_action_that_hangs_is_left_behind(
    stage: Callable[..., Stage],
    alert: Callable[..., Alert],
    wait_until: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After its timeout the run has timed out, and its worker is free."""
    monkeypatch.setattr(dispatcher, "GRACE_SECONDS", 0.05)
    made = stage("dry_run: false, timeout: 50ms", held=True)
    made.queue(alert())
    assert done(made, wait_until) == ["timed_out"]
    assert "was left to itself" in made.desk.runs()[0].output
    made.spy.hold.set()


def test_it_looks_for_work_when_it_is_woken(
    stage: Callable[..., Stage], alert: Callable[..., Alert], wait_until: Callable[..., Any]
) -> None:
    """Started, it does what waits, then what comes; after its end it begins nothing."""
    made = stage("dry_run: false, cooldown: 1ms")
    made.queue(alert())
    made.dispatcher.start()
    wait_until(lambda: made.desk.outcomes() == ["succeeded"])
    made.queue(alert("f2", model="fraud"))
    made.dispatcher.wake()
    wait_until(lambda: made.desk.outcomes() == ["succeeded"] * 2)
    made.dispatcher.end()
    made.queue(alert("f3"))
    made.dispatcher.dispatch()
    assert made.desk.outcomes()[-1] == "waiting"


def start_without(made: Stage, monkeypatch: pytest.MonkeyPatch, owner: object, method: str, error: Exception) -> None:
    """Start the dispatcher while a method raises an error, until it has done so."""
    called, whole = threading.Event(), getattr(owner, method)

    def broken(*_: object) -> None:
        called.set()
        raise error

    monkeypatch.setattr(owner, method, broken)
    made.dispatcher.start()
    assert called.wait(30)
    monkeypatch.setattr(owner, method, whole)


def test_a_state_that_is_away_is_asked_again(
    stage: Callable[..., Stage],
    alert: Callable[..., Alert],
    wait_until: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The thread outlives it, and does what waits when there is news."""
    made = stage()
    made.queue(alert())
    start_without(made, monkeypatch, made.desk.store, "transaction", StateUnavailable("no"))
    made.dispatcher.wake()
    wait_until(lambda: made.desk.outcomes() == ["succeeded"])
    made.dispatcher.end()


def test_a_thread_that_cannot_be_had_ends_no_other_action(
    stage: Callable[..., Stage],
    alert: Callable[..., Alert],
    wait_until: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A run that could not be begun is not begun again; the thread outlives it, and does what comes."""
    made = stage()
    made.queue(alert())
    start_without(made, monkeypatch, made.desk.workers, "start", RuntimeError("can't start new thread"))
    made.queue(alert("f2", model="fraud"))
    made.dispatcher.wake()
    wait_until(lambda: made.desk.outcomes() == ["running", "succeeded"])
    made.dispatcher.end()
