from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from mlflow_exporter.alerting.incidents import note_incidents, summary
from mlflow_exporter.domain import ModelKey
from mlflow_exporter.errors import MlflowExporterError, RegistryError, RegistryUnavailable
from mlflow_exporter.state.alerts import Alert


@dataclass
class Notes:
    """A registry that notes what it is told, or does not answer."""

    error: MlflowExporterError | None = None
    told: list[tuple[ModelKey, str, str]] = field(default_factory=list)

    def note_incident(self, key: ModelKey, name: str, text: str) -> None:
        if self.error is not None:
            raise self.error
        self.told.append((key, name, text))


def record(desk: Any, *alerts: Alert) -> None:
    with desk.store.transaction() as transaction:
        for alert in alerts:
            transaction.alerts.record(alert, 2_000.0, to_note=True)


def note(desk: Any, notes: Any) -> None:
    note_incidents(desk.store, notes)


def test_mlflow_is_told_once_of_each_rule(desk: Any, alert: Callable[..., Alert]) -> None:
    """The alerts of a rule for a version are one note, which is written again only where there is news."""
    notes = Notes()
    record(desk, alert(), alert("f2", starts_at=900.0), alert("f3", version="", alertname="NoTraffic"))
    note(desk, notes)
    note(desk, notes)
    assert notes.told == [
        (ModelKey("churn", ""), "NoTraffic", "firing since 1970-01-01T00:16:40Z: age has drifted"),
        (ModelKey("churn", "4"), "FeatureDrift", "firing since 1970-01-01T00:15:00Z (2 alerts): age has drifted"),
    ]
    record(desk, alert(ends_at=1_500.0), alert("f2", starts_at=900.0, ends_at=1_600.0))
    note(desk, notes)
    said = "resolved at 1970-01-01T00:26:40Z, firing since 1970-01-01T00:15:00Z: age has drifted"
    assert notes.told[2:] == [(ModelKey("churn", "4"), "FeatureDrift", said)]


def test_a_silent_mlflow_is_told_later(desk: Any, alert: Callable[..., Alert]) -> None:
    """What it could not be told waits, and is told as it is by then."""
    notes = Notes(RegistryUnavailable("no answer"))
    record(desk, alert())
    note(desk, notes)
    notes.error = None
    note(desk, notes)
    assert len(notes.told) == 1


def test_a_model_that_mlflow_has_not_is_given_up(desk: Any, alert: Callable[..., Alert]) -> None:
    """A refusal is logged, and not asked for again."""
    notes = Notes(RegistryError("no such model"))
    record(desk, alert())
    note(desk, notes)
    notes.error = None
    note(desk, notes)
    assert notes.told == []


@pytest.mark.parametrize(
    ("alerts", "said"),
    (
        ([Alert("a", 60.0)], "firing since 1970-01-01T00:01:00Z"),
        ([Alert("a", 60.0, 120.0), Alert("b", 0.0)], "firing since 1970-01-01T00:00:00Z"),
        ([Alert("a", 0.0, 60.0)], "resolved at 1970-01-01T00:01:00Z, firing since 1970-01-01T00:00:00Z"),
    ),
)
def test_the_summary_says_how_it_is(alerts: list[Alert], said: str) -> None:
    """What still fires counts before what is over."""
    assert summary(alerts) == said
