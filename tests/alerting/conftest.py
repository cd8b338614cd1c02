"""Alerts, notifications of them, and a desk that takes them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from mlflow_exporter.alerting.actions.action import Leash
from mlflow_exporter.alerting.alerting import Alerting
from mlflow_exporter.alerting.event import Event
from mlflow_exporter.alerting.tally import Tally
from mlflow_exporter.alerting.workers import Workers
from mlflow_exporter.config.alerting import AlertingSettings, AnyAction
from mlflow_exporter.config.loading import parse
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.state.action_runs import Run
from mlflow_exporter.state.alerts import Alert
from mlflow_exporter.state.store import Store

HEAD = """
mlflow: {tracking_uri: "http://mlflow:5000"}
models:
  - name: churn
    predictions: {source: files, path: log.csv, columns: {timestamp: ts, prediction: p}}
alerting:
  token_file: token
"""
LABELS = {"alertname": "FeatureDrift", "severity": "critical", "model": "churn", "version": "4"}


def make_alert(
    fingerprint: str = "f1", ends_at: float | None = None, starts_at: float = 1_000.0, **labels: str
) -> Alert:
    """An alert about version 4 of churn, unless labels say otherwise."""
    texts = {"summary": "age has drifted"}
    return Alert(fingerprint, starts_at, ends_at, {**LABELS, **labels}, texts, "http://prometheus/graph")


def notification(*alerts: Alert) -> bytes:
    """What Alertmanager's webhook sends of these alerts."""
    return json.dumps({"version": "4", "groupKey": "{}", "alerts": [_told(alert) for alert in alerts]}).encode()


def _told(alert: Alert) -> dict[str, Any]:
    def moment(seconds: float | None) -> str:
        return "0001-01-01T00:00:00Z" if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()

    return {
        "status": alert.status,
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "startsAt": moment(alert.starts_at),
        "endsAt": moment(alert.ends_at),
        "generatorURL": alert.generator_url,
        "fingerprint": alert.fingerprint,
    }


@dataclass
class Desk:
    """An Alerting with its state, whose clock is set by hand and whose registry is nowhere unless one is given."""

    folder: Path
    registry: Registry
    store: Store = field(init=False)
    now: float = 2_000.0
    workers: Workers = field(default_factory=Workers)
    tally: Tally = field(default_factory=Tally)
    open: list[Alerting] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.folder / "token").write_text("s3cret\n")
        self.store = Store(f"sqlite:///{self.folder}/state.db")

    def alerting(self, text: str = "", *, start: bool = True) -> Alerting:
        """An Alerting with these keys of the configuration."""
        settings = self.settings(text)
        made = Alerting(settings, self.store, self.registry, self.workers, self.tally, lambda: self.now)
        self.open.append(made)
        if start:
            made.start()
        return made

    def settings(self, text: str) -> AlertingSettings:
        """The settings that these keys of the configuration are."""
        return parse(HEAD + text, self.folder / "config.yml").alerting

    def runs(self) -> list[Run]:
        """Every run of an action."""
        with self.store.reading() as transaction:
            alerts = [known.alert for known in transaction.alerts.find()]
            found = transaction.action_runs.of(alerts).values()
        return sorted(itertools.chain.from_iterable(found), key=lambda run: run.id)

    def outcomes(self) -> list[str]:
        """How every run ended, or stands."""
        return [run.outcome.value for run in self.runs()]

    def end(self) -> None:
        for alerting in self.open:
            alerting.end()
        self.workers.stop()
        self.store.close()


@pytest.fixture
def desk(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Desk]:
    """A desk whose registry does not answer."""
    made = Desk(tmp_path, Registry(f"http://127.0.0.1:{free_port()}", timeout=1))
    yield made
    made.end()


@pytest.fixture
def alert() -> Callable[..., Alert]:
    """Makes alerts about version 4 of churn, unless labels say otherwise."""
    return make_alert


@pytest.fixture
def notify() -> Callable[..., bytes]:
    """What Alertmanager's webhook sends of alerts."""
    return notification


@pytest.fixture
def configured() -> Callable[..., Any]:
    """The settings of an action that follows every alert, by its kind and other keys."""

    def make(kind: str, **keys: Any) -> Any:
        data = {"name": "a", "kind": kind, "match": ['no_such_label=""'], **keys}
        return TypeAdapter(AnyAction).validate_json(json.dumps(data))

    return make


@pytest.fixture
def event() -> Event:
    """A firing."""
    return Event(make_alert(), "firing")


@pytest.fixture
def leash() -> Leash:
    """More time than any test takes."""
    return Leash(30.0)
