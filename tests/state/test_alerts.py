from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlflow_exporter.state.alerts import Alert, KnownAlert, Subject
from mlflow_exporter.state.store import Store

LABELS = {"alertname": "ModelDrift", "severity": "warning", "model": "churn", "version": "3"}
FIRING = Alert("f1", 100.0, None, LABELS, {"summary": "age"}, "http://prometheus/graph")
RESOLVED = replace(FIRING, ends_at=160.0)


def told(store: Store, *alerts: Alert, now: float = 1_000.0) -> list[bool]:
    """Whether each of these, told one after the other, is news."""
    with store.transaction() as transaction:
        return [transaction.alerts.record(alert, now)[1] for alert in alerts]


def history(store: Store) -> list[KnownAlert]:
    with store.reading() as transaction:
        return transaction.alerts.find()


def test_an_alert_has_what_its_labels_say() -> None:
    """Name, severity, model and version are labels, empty where there are none."""
    assert (FIRING.name, FIRING.severity, FIRING.model, FIRING.version) == ("ModelDrift", "warning", "churn", "3")
    assert (Alert("f", 0.0).name, Alert("f", 0.0).model, Alert("f", 0.0).status) == ("", "", "firing")
    assert (RESOLVED.status, RESOLVED.key) == ("resolved", ("f1", 100.0))


def test_a_repetition_is_no_news(store: Store) -> None:
    """Alertmanager repeats what fires and what is resolved; each counts once, and every notification is counted."""
    assert told(store, FIRING, FIRING, RESOLVED, RESOLVED, FIRING) == [True, False, True, False, False]
    assert history(store) == [KnownAlert(RESOLVED, 1_000.0, 1_000.0, 5)]


def test_a_resolution_may_come_before_its_firing(store: Store) -> None:
    """The alert is resolved whatever comes late, and the late firing is news once."""
    assert told(store, RESOLVED, FIRING, FIRING) == [True, True, False]
    assert [known.alert for known in history(store)] == [RESOLVED]


def test_an_alert_that_begins_anew_is_another(store: Store) -> None:
    """The same labels at another start are a row of their own, the later first."""
    again = replace(FIRING, starts_at=500.0)
    assert told(store, FIRING, RESOLVED, again) == [True, True, True]
    assert [known.alert for known in history(store)] == [again, RESOLVED]


def test_what_is_known_after_it_is_told(store: Store) -> None:
    """Recording gives the alert as it is known then, which may be over although it was told to fire."""
    with store.transaction() as transaction:
        transaction.alerts.record(RESOLVED, 1.0)
        assert transaction.alerts.record(FIRING, 2.0) == (RESOLVED, True)
        assert transaction.alerts.get("f1", 100.0) == RESOLVED
        assert transaction.alerts.get("f1", 101.0) is None


def test_texts_are_the_latest(store: Store) -> None:
    """A summary with a new number replaces the old one, and a late firing does not replace a resolution's."""
    newer = replace(FIRING, annotations={"summary": "age, worse"})
    told(store, FIRING, newer)
    assert history(store)[0].alert.annotations == {"summary": "age, worse"}
    told(store, replace(RESOLVED, annotations={"summary": "over"}), FIRING)
    assert history(store)[0].alert.annotations == {"summary": "over"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.data())
def test_order_and_repetition_do_not_matter(store: Store, data: st.DataObject) -> None:
    """Whatever the order in which notifications arrive, and however often, the history is the same."""
    starts = [replace(FIRING, fingerprint=f, starts_at=start) for f in ("f1", "f2") for start in (100.0, 200.0)]
    news = [*starts, *(replace(alert, ends_at=end) for alert in starts[:3] for end in (300.0, 310.0))]
    order = data.draw(st.permutations(news)) + data.draw(st.lists(st.sampled_from(news), max_size=8))
    with store.transaction() as transaction:
        transaction.alerts.expire(before=2_000.0, keep=10)
    told(store, *order)
    expected = {replace(alert, ends_at=310.0).key: 310.0 for alert in starts[:3]} | {starts[3].key: None}
    assert {known.alert.key: known.alert.ends_at for known in history(store)} == expected
    assert sum(known.notifications for known in history(store)) == len(order)


def test_alerts_are_found_by_model_status_and_time(store: Store) -> None:
    """What is over is left out before `since`, what fires never is."""
    other = replace(FIRING, fingerprint="f2", starts_at=50.0, labels={**LABELS, "model": "fraud"})
    plain = Alert("f3", 10.0, None, {"alertname": "ExporterDown"})
    told(store, RESOLVED, other, plain)
    with store.reading() as transaction:
        alerts = transaction.alerts
        assert [known.alert for known in alerts.find(status="firing")] == [other, plain]
        assert [known.alert for known in alerts.find(model="churn")] == [RESOLVED]
        assert [known.alert for known in alerts.find(since=161.0)] == [other, plain]
        assert [known.alert for known in alerts.find(since=160.0, limit=1)] == [RESOLVED]
        assert [known.alert for known in alerts.find(limit=1, skip=1)] == [other]
        counts = alerts.count(), alerts.count(status="firing"), alerts.count(model="churn", status="firing")
        assert counts == (3, 2, 0)
        assert alerts.models() == ["churn", "fraud"]
        assert alerts.kinds() == {("ModelDrift", "warning"), ("ExporterDown", "")}


def test_what_mlflow_was_not_told_waits(store: Store) -> None:
    """News is to be told by rule, model and version; what changes while it is told is told again."""
    with store.transaction() as transaction:
        transaction.alerts.record(FIRING, 1.0, to_note=True)
        transaction.alerts.record(Alert("f9", 1.0, None, LABELS), 1.0)
        (subject,) = transaction.alerts.subjects_to_note()
        assert subject == Subject("ModelDrift", "churn", "3")
        read = transaction.alerts.of(subject)
        assert [known.alert.fingerprint for known in read] == ["f1", "f9"]
        transaction.alerts.record(RESOLVED, 2.0, to_note=True)
        transaction.alerts.noted(read)
        assert transaction.alerts.subjects_to_note() == [subject]
        transaction.alerts.noted(transaction.alerts.of(subject))
        assert transaction.alerts.subjects_to_note() == []
        transaction.alerts.record(RESOLVED, 3.0, to_note=True)
        assert transaction.alerts.subjects_to_note() == []


def test_history_is_bounded_by_age_and_number(store: Store) -> None:
    """What was last told before a time goes, and beyond a number what was told longest ago."""
    for number in range(6):
        told(store, replace(FIRING, fingerprint=f"f{number}"), now=float(number))
    with store.transaction() as transaction:
        transaction.alerts.expire(before=2.0, keep=3)
        left = [known.alert.fingerprint for known in transaction.alerts.find()]
    assert left == ["f3", "f4", "f5"]


def test_alerts_of_a_severity_can_be_left_out(store: Store) -> None:
    """Whatever else their labels say: those without a severity stay, and those that only quote one."""
    quoting = replace(FIRING, fingerprint="f2", labels={"x": '"severity": "info"', "severity": "warn%"})
    info = replace(FIRING, fingerprint="f3", labels={**LABELS, "severity": "info"})
    told(store, FIRING, quoting, info, replace(FIRING, fingerprint="f4", labels={}), replace(info, starts_at=200.0))
    with store.reading() as transaction:
        found = transaction.alerts.find(without="info")
        counts = [transaction.alerts.count(without=severity) for severity in (None, "info", "warn%", "warnx")]
    assert [known.alert.fingerprint for known in found] == ["f1", "f2", "f4"]
    assert counts == [5, 3, 4, 5]
