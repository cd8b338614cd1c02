"""Alerts in the running exporter, across reloads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mlflow_exporter.app import Application
from mlflow_exporter.errors import ConfigurationError

CONFIGURATION = """
mlflow: {tracking_uri: "http://127.0.0.1:9", timeout: 500ms}
models: [{name: churn, version: "4", predictions: {source: files, path: x.csv, columns: {timestamp: t, prediction: p}}}]
alerting:
  token_file: token
  actions: [{name: slow, kind: command, match: [severity=critical], command: [sh, -c, %s], dry_run: false}]
"""


def notification(fingerprint: str) -> bytes:
    labels = {"alertname": "FeatureDrift", "severity": "critical", "model": fingerprint}
    told = {"status": "firing", "labels": labels, "startsAt": "2026-01-01T00:00:00Z", "fingerprint": fingerprint}
    return json.dumps({"version": "4", "alerts": [told]}).encode()


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Application]:
    """A running one whose action waits for a file."""
    wait = f"'until test -e {tmp_path}/go; do sleep 0.05; done; echo gone'"
    (tmp_path / "config.yml").write_text(CONFIGURATION % wait)
    (tmp_path / "token").write_text("s3cret")
    made = Application(tmp_path / "config.yml")
    made.start()
    yield made
    made.stop()


def outcomes(application: Application) -> dict[str, list[str]]:
    """How the runs of each alert stand, by fingerprint."""
    history = application.alerting.history(model=None, status=None, limit=10)
    return {key[0]: [run.outcome.value for run in runs] for key, runs in history.runs.items()}


def text(application: Application) -> str:
    return b"".join(application.exposition.render()).decode()


def test_a_reload_lets_actions_go_on(application: Application, tmp_path: Path, wait_until: Callable[..., Any]) -> None:
    """What is under way comes to its end, what comes next follows the new configuration, and counts go on."""
    application.alerting.receive(notification("f1"))
    wait_until(lambda: outcomes(application) == {"f1": ["running"]})
    (tmp_path / "config.yml").write_text(CONFIGURATION % "exit 3")
    application.reload()
    application.alerting.receive(notification("f2"))
    wait_until(lambda: outcomes(application) == {"f1": ["running"], "f2": ["failed"]})
    (tmp_path / "go").touch()
    wait_until(lambda: outcomes(application)["f1"] == ["succeeded"])
    told = 'ml_alert_notifications_total{alertname="FeatureDrift",severity="critical",status="firing"} 2.0'
    assert told in text(application)
    wait_until(lambda: 'ml_action_runs_total{action="slow",outcome="succeeded"} 1.0' in text(application))


def test_a_reload_without_the_token_changes_nothing(application: Application, tmp_path: Path) -> None:
    """The old configuration stays in force, and says what is wrong."""
    (tmp_path / "token").unlink()
    alerting = application.alerting
    with pytest.raises(ConfigurationError, match=r"alerting\.token_file: cannot be read"):
        application.reload()
    assert application.alerting is alerting
    assert "ml_exporter_config_last_reload_successful 0.0" in text(application)


def test_the_end_of_the_exporter_ends_its_actions(application: Application, wait_until: Callable[..., Any]) -> None:
    """No program outlives it, and the history says what became of it."""
    application.alerting.receive(notification("f1"))
    wait_until(lambda: outcomes(application) == {"f1": ["running"]})
    application.stop()
    assert outcomes(application) == {"f1": ["failed"]}
