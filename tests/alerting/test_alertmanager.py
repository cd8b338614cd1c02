"""A real Alertmanager, and a real exporter that is killed in between."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlflow_exporter.cli import alert_report

LABELS = {"alertname": "FeatureDrift", "severity": "critical", "model": "churn", "version": "4"}
EVERY = alert_report.Wanted(None, None, None, 10)
CONFIGURATION = """
mlflow: {tracking_uri: "http://127.0.0.1:9", timeout: 500ms}
models: [{name: churn, version: "4", predictions: {source: files, path: x.csv, columns: {timestamp: t, prediction: p}}}]
alerting:
  token_file: token
  actions:
    - {name: note, kind: command, match: [severity=critical], command: [sh, -c, 'cat >> ran'], dry_run: false}
    - {name: over, kind: command, match: ['alertname=~"Feature.*"'], when: resolved, command: ["true"]}
"""


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program that is stopped at the end, its output in a file."""
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def fetched(url: str, body: object = None) -> Any:
    """What a server answers; None where it does not."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode() or "empty"
    except (OSError, urllib.error.URLError):
        return None


def history(folder: Path) -> list[dict[str, Any]]:
    """The alerts, as `mlflow-exporter alerts --format json` prints them."""
    if not (folder / "state.db").exists():
        return []
    printed = alert_report.document(alert_report.read(f"sqlite:///{folder}/state.db", EVERY))
    found: list[dict[str, Any]] = json.loads(printed)["alerts"]
    return found


def metric(address: str, line: str) -> bool:
    return line in (fetched(f"http://{address}/metrics") or "")


@pytest.fixture
def alertmanager(
    tmp_path: Path, alertmanager_binary: str, free_port: Callable[[], int], wait_until: Callable[..., Any]
) -> Iterator[Callable[[str], str]]:
    """Starts an Alertmanager that sends to an address at once and repeats soon; its own address."""
    started = []

    def start(to: str) -> str:
        receiver = {"url": f"http://{to}/api/v1/alerts", "send_resolved": True}
        receiver["http_config"] = {"authorization": {"credentials_file": str(tmp_path / "sent")}}
        route = {"receiver": "exporter", "group_wait": "100ms", "group_interval": "1s", "repeat_interval": "1s"}
        settings = {"route": route, "receivers": [{"name": "exporter", "webhook_configs": [receiver]}]}
        (tmp_path / "sent").write_text("s3cret")
        folder = tmp_path / "alertmanager"
        folder.mkdir()
        (folder / "alertmanager.yml").write_text(yaml.safe_dump(settings))
        address = f"127.0.0.1:{free_port()}"
        options = [f"--web.listen-address={address}", "--cluster.listen-address=", f"--storage.path={folder}/data"]
        context = running([alertmanager_binary, f"--config.file={folder}/alertmanager.yml", *options], folder)
        context.__enter__()
        started.append(context)
        wait_until(lambda: fetched(f"http://{address}/-/ready"), timeout=60)
        return f"http://{address}"

    yield start
    for context in started:
        context.__exit__(None, None, None)


def test_alertmanager_tells_the_exporter(
    tmp_path: Path,
    alertmanager: Callable[[str], str],
    free_port: Callable[[], int],
    wait_until: Callable[..., Any],
) -> None:
    """Firing, repetitions, a kill, and a resolution meanwhile: one alert, each action once, nothing lost."""
    (tmp_path / "config.yml").write_text(CONFIGURATION)
    (tmp_path / "token").write_text("s3cret")
    address = f"127.0.0.1:{free_port()}"
    exporter = [sys.executable, "-m", "mlflow_exporter", "run", "--web.listen-address", address]
    sender = alertmanager(address)
    now = datetime.now(UTC)
    alert = {"labels": LABELS, "annotations": {"summary": "age"}, "startsAt": (now - timedelta(minutes=5)).isoformat()}
    with running(exporter, tmp_path) as first:
        wait_until(lambda: fetched(f"http://{address}/-/healthy"), timeout=60)
        fetched(f"{sender}/api/v2/alerts", [{**alert, "endsAt": (now + timedelta(hours=1)).isoformat()}])
        wait_until(lambda: metric(address, 'ml_action_runs_total{action="note",outcome="succeeded"} 1.0'), timeout=60)
        wait_until(lambda: history(tmp_path)[0]["notifications"] > 2, timeout=60)
        told = 'ml_alert_notifications_total{alertname="FeatureDrift",severity="critical",status="firing"} 1.0'
        assert metric(address, told)
        first.kill()
    fetched(f"{sender}/api/v2/alerts", [{**alert, "endsAt": now.isoformat()}])
    with running(exporter, tmp_path):
        wait_until(lambda: metric(address, 'ml_action_runs_total{action="over",outcome="dry_run"} 1.0'), timeout=60)
        (known,) = history(tmp_path)
        page = fetched(f"http://{address}/alerts?status=resolved")
    assert (known["status"], known["labels"], known["annotations"]) == ("resolved", LABELS, {"summary": "age"})
    runs = [(run["action"], run["news"], run["outcome"], run["output"]) for run in known["runs"]]
    assert runs == [
        ("note", "firing", "succeeded", ""),
        ("over", "resolved", "dry_run", "would run true with 0 arguments"),
    ]
    (document,) = (tmp_path / "ran").read_text().splitlines()
    assert json.loads(document)["labels"] == LABELS
    assert "FeatureDrift" in page


def test_alertmanager_keeps_what_cannot_be_stored(
    tmp_path: Path,
    alertmanager: Callable[[str], str],
    free_port: Callable[[], int],
    wait_until: Callable[..., Any],
) -> None:
    """While the exporter answers 503, here since its own token cannot be read, Alertmanager tries again."""
    (tmp_path / "config.yml").write_text(CONFIGURATION)
    (tmp_path / "token").write_text("s3cret")
    address = f"127.0.0.1:{free_port()}"
    exporter = [sys.executable, "-m", "mlflow_exporter", "run", "--web.listen-address", address]
    sender = alertmanager(address)
    with running(exporter, tmp_path):
        wait_until(lambda: fetched(f"http://{address}/-/healthy"), timeout=60)
        (tmp_path / "token").rename(tmp_path / "away")
        fetched(f"{sender}/api/v2/alerts", [{"labels": LABELS}])
        failed = 'alertmanager_notification_requests_failed_total{integration="webhook"} 0'
        wait_until(lambda: failed not in (fetched(f"{sender}/metrics") or failed), timeout=60)
        assert history(tmp_path) == []
        (tmp_path / "away").rename(tmp_path / "token")
        wait_until(lambda: history(tmp_path), timeout=60)
