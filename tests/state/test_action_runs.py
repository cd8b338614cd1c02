from __future__ import annotations

import threading
from dataclasses import replace

from mlflow_exporter.state.action_runs import ENDS, Outcome, Run
from mlflow_exporter.state.alerts import Alert
from mlflow_exporter.state.store import Store

CHURN = Alert("f1", 100.0, None, {"alertname": "Drift", "model": "churn"})
FRAUD = Alert("f2", 100.0, None, {"alertname": "Drift", "model": "fraud"})


def queued(store: Store, *alerts: Alert, action: str = "retrain", now: float = 10.0) -> list[bool]:
    with store.transaction() as transaction:
        return [transaction.action_runs.queue(action, alert, now) for alert in alerts]


def runs_of(store: Store, alert: Alert) -> list[Run]:
    with store.reading() as transaction:
        return transaction.action_runs.of([alert]).get(alert.key, [])


def test_news_is_followed_once(store: Store) -> None:
    """An action is queued once for a firing and once for its resolution, and once more for another start."""
    resolved = replace(CHURN, ends_at=200.0)
    assert queued(store, CHURN, CHURN, resolved, replace(CHURN, starts_at=300.0)) == [True, False, True, True]
    assert queued(store, CHURN, action="page") == [True]
    assert [(run.action, run.news) for run in runs_of(store, CHURN)] == [
        ("retrain", "firing"),
        ("retrain", "resolved"),
        ("page", "firing"),
    ]


def test_a_run_waits_while_another_one_of_its_model_runs(store: Store) -> None:
    """One at a time for each model, in the order in which they were queued."""
    queued(store, CHURN, replace(CHURN, starts_at=300.0), FRAUD)
    with store.transaction() as transaction:
        runs = transaction.action_runs
        runs.lock()
        first = runs.next()
        assert first is not None
        runs.begin(first.id, 20.0, 90.0)
        other = runs.next()
        assert (first.model, other and other.model) == ("churn", "fraud")
        runs.end(first.id, Outcome.SUCCEEDED, "done", 30.0)
        second = runs.next()
        assert second is not None
        assert (second.model, second.starts_at) == ("churn", 300.0)
    (run,) = runs_of(store, CHURN)
    assert (run.outcome, run.queued_at, run.started_at, run.ended_at, run.output) == (
        Outcome.SUCCEEDED,
        10.0,
        20.0,
        30.0,
        "done",
    )


def test_when_an_action_last_began_for_a_model(store: Store) -> None:
    """What was refused did not begin; a dry run did, and what was lost on its way; others do not count."""
    alerts = [replace(CHURN, starts_at=float(start)) for start in range(5)]
    queued(store, *alerts)
    with store.transaction() as transaction:
        runs = transaction.action_runs
        assert runs.began_last("retrain", "churn") is None
        for at, outcome in ((5.0, Outcome.DRY_RUN), (4.0, Outcome.SUCCEEDED), (9.0, Outcome.LOST)):
            run = runs.next()
            assert run is not None
            runs.begin(run.id, at, 50.0)
            runs.end(run.id, outcome, "", at)
        refused = runs.next()
        assert refused is not None
        runs.end(refused.id, Outcome.COOLDOWN, "", 11.0)
        assert runs.began_last("retrain", "churn") == 9.0
        assert runs.began_last("retrain", "fraud") is None
        assert runs.began_last("page", "churn") is None


def test_runs_that_cannot_end_are_lost(store: Store) -> None:
    """What is past its deadline and what has waited too long is given up with its reason, the rest stays."""
    queued(store, CHURN, now=10.0)
    queued(store, FRAUD, now=10.0)
    queued(store, replace(FRAUD, starts_at=7.0), now=50.0)
    with store.transaction() as transaction:
        runs = transaction.action_runs
        first = runs.next()
        assert first is not None
        runs.begin(first.id, 20.0, 60.0)
        assert runs.lose(60.0, 10.0) == []
        assert [run.fingerprint for run in runs.lose(61.0, 11.0)] == ["f1", "f2"]
        left = runs.next()
        assert left is not None
        assert left.starts_at == 7.0
    assert [(run.outcome, run.output) for run in runs_of(store, CHURN)] == [
        (Outcome.LOST, "it did not come to its end; whether it did its work is not known")
    ]
    assert runs_of(store, FRAUD)[0].output == "its turn came too late"


def test_two_processes_never_begin_the_same_run(store: Store, url: str) -> None:
    """Of several that look for work at once, each run goes to one, and a model has one that runs."""
    queued(store, *(replace(CHURN, starts_at=float(start)) for start in range(5)), FRAUD)
    begun: list[int] = []

    def claim() -> None:
        own = Store(url)
        with own.transaction() as transaction:
            transaction.action_runs.lock()
            run = transaction.action_runs.next()
            if run is not None:
                transaction.action_runs.begin(run.id, 20.0, 90.0)
                begun.append(run.id)
        own.close()

    threads = [threading.Thread(target=claim) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begun) == len(set(begun)) == 2


def test_old_runs_are_forgotten(store: Store) -> None:
    """Those that ended before a time go; one that waits stays."""
    queued(store, CHURN, FRAUD)
    with store.transaction() as transaction:
        run = transaction.action_runs.next()
        assert run is not None
        transaction.action_runs.end(run.id, Outcome.FAILED, "", 30.0)
        transaction.action_runs.expire(before=31.0)
    assert (runs_of(store, CHURN), len(runs_of(store, FRAUD))) == ([], 1)


def test_the_runs_of_many_alerts_are_found(store: Store) -> None:
    """More alerts than a statement has room for have their runs, each its own."""
    alerts = [replace(CHURN, starts_at=float(start)) for start in range(450)]
    queued(store, *alerts)
    with store.reading() as transaction:
        found = transaction.action_runs.of(alerts)
    assert found.keys() == {alert.key for alert in alerts}
    assert all(len(runs) == 1 for runs in found.values())


def test_ends_are_the_outcomes_that_stay() -> None:
    """A run that waits or runs has not ended."""
    assert set(Outcome) - set(ENDS) == {Outcome.WAITING, Outcome.RUNNING}
