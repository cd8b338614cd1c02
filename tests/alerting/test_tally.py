from __future__ import annotations

from collections.abc import Callable

from mlflow_exporter.alerting.tally import Tally
from mlflow_exporter.state.action_runs import Outcome
from mlflow_exporter.state.alerts import Alert


def test_counts_what_is_told(alert: Callable[..., Alert]) -> None:
    """By name, severity and status, of which the other one is there with 0."""
    tally = Tally()
    tally.told(alert())
    tally.told(alert())
    tally.told(alert(ends_at=2_000.0, alertname="Other", severity=""))
    assert tally.notifications == {
        ("FeatureDrift", "critical", "firing"): 2,
        ("FeatureDrift", "critical", "resolved"): 0,
        ("Other", "", "firing"): 0,
        ("Other", "", "resolved"): 1,
    }


def test_what_is_expected_begins_at_0() -> None:
    """Prometheus sees the first increase; a reload that expects the same changes no count."""
    tally = Tally()
    for _ in range(2):
        tally.expect({("A", "page")}, ["retrain"], [Outcome.FAILED])
        tally.ended("retrain", Outcome.FAILED)
    assert tally.notifications == {("A", "page", "firing"): 0, ("A", "page", "resolved"): 0}
    assert tally.runs == {("retrain", "failed"): 2}


def test_names_are_bounded(alert: Callable[..., Alert]) -> None:
    """Beyond 500 names the rest is one, whose total is right."""
    tally = Tally()
    for number in range(600):
        tally.told(alert(alertname=f"A{number}"))
    assert len({key[0] for key in tally.notifications}) == 501
    assert tally.notifications["other", "other", "firing"] == 100
    assert sum(tally.notifications.values()) == 600
