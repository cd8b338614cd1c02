"""The stack as a whole: a model drifts, people are told, actions follow, and all of it ends."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from scipy import stats
from tests.integration.receivers import Mailbox, Slack, links_of, mail_server, slack_server, text_of
from tests.integration.rows import COLUMNS, rows, write
from tests.integration.stack import Prometheus, alertmanager, exporter, fetched, prometheus

REFERENCE = rows(2_000, seed=1)
CLEAN = rows(1_000, seed=2)
DRIFTED = rows(1_000, seed=2, shift=1.0, wrong=0.4)

# Prometheus gives alerts of `credit-…` to the team `risk`, which reads e-mail.
MODELS = ("churn", "credit-limit")
RUNBOOKS = "https://github.com/mlflow-exporter/mlflow-exporter/blob/main/docs/runbooks"
DASHBOARD = "http://localhost:3000/d/{}?var-model={}&var-version=1&var-window=snapshot"


def configuration() -> dict[str, Any]:
    """Two models of the same rows, no MLflow, and actions that follow alerts about churn."""

    def action(name: str, alert: str, command: list[str], **keys: Any) -> dict[str, Any]:
        match = [f'alertname="{alert}"', 'model="churn"']
        return {"name": name, "kind": "command", "match": match, "command": command, **keys}

    files = {"source": "files", "mode": "snapshot", "path": "predictions.csv", "columns": COLUMNS}
    model = {
        "version": 1,
        "baseline": {"data": {"source": "files", "path": "reference.csv"}},
        "predictions": files,
        "performance": {"thresholds": {"accuracy": {"min": 0.8}}},
    }
    return {
        # Port 9 (discard): refused at once.
        "mlflow": {"tracking_uri": "http://127.0.0.1:9", "timeout": "1s"},
        "evaluation": {"interval": "1s"},
        "alerting": {
            "token_file": "alert_webhook_token",
            "actions": [
                action("keep", "FeatureDrift", ["tee", "fired.json"], dry_run=False),
                action("settle", "FeatureDrift", ["tee", "over.json"], dry_run=False, when="resolved"),
                action("roll-back", "PerformanceBelowThreshold", ["touch", "rolled-back"]),
            ],
        },
        "models": [{"name": name, **model} for name in MODELS],
    }


@dataclass(frozen=True)
class Stack:
    """What runs, and where its files are."""

    folder: Path
    exporter: str
    prometheus: Prometheus
    mailbox: Mailbox
    slack: Slack

    def history(self) -> list[dict[str, Any]]:
        """The alerts about churn, as the command prints them."""
        command = [sys.executable, "-m", "mlflow_exporter", "alerts", "--model", "churn", "--format", "json"]
        printed = subprocess.run(command, cwd=self.folder, capture_output=True, check=True, timeout=60).stdout
        return list(json.loads(printed)["alerts"])

    def has(self, *lines: str) -> bool:
        """Whether the exporter's metrics have all of these samples."""
        return set(lines) <= set(fetched(f"{self.exporter}/metrics").splitlines())


@pytest.fixture
def stack(
    prometheus_binary: str, alertmanager_binary: str, tmp_path: Path, free_port: Callable[[], int]
) -> Iterator[Stack]:
    """Everything, on rows that have drifted; stopped at the end."""
    with ExitStack() as running:
        mailbox = running.enter_context(mail_server(free_port()))
        slack = running.enter_context(slack_server(free_port()))
        (tmp_path / "slack_api_url").write_text(slack.address)
        (tmp_path / "alert_webhook_token").write_text("s3cret")
        write(REFERENCE, tmp_path / "reference.csv")
        write(DRIFTED, tmp_path / "predictions.csv")
        told, judge, known = (f"127.0.0.1:{free_port()}" for _ in range(3))
        sends = {"mailpit:1025": mailbox.address, "exporter:10045": told, "/run/secrets": str(tmp_path)}
        watches = {"exporter:10045": told, "alertmanager:9093": known}
        address = running.enter_context(exporter(tmp_path, told, configuration()))
        running.enter_context(alertmanager(alertmanager_binary, tmp_path, known, sends))
        watching = running.enter_context(prometheus(prometheus_binary, tmp_path, judge, watches))
        yield Stack(tmp_path, address, watching, mailbox, slack)


@pytest.mark.slow
def test_drift_is_told_acted_upon_and_resolved(stack: Stack, wait_until: Callable[..., Any]) -> None:
    """Rows drift and answers get worse: e-mail, Slack, history and actions tell of it, and then that it is over."""
    wait_until(lambda: told(stack, "[FIRING:1]"), timeout=60)
    wait_until(lambda: stack.has(*counted("firing"), *ran("keep", "succeeded"), *ran("roll-back", "dry_run")))
    emails_tell(stack, "[FIRING:1]", "firing")
    slack_tells(stack, "[FIRING:1]", colors=("warning", "danger"))
    history_tells(stack, "firing", {"FeatureDrift": [("keep", "succeeded")]})
    score_is_exact(stack)

    write(CLEAN, stack.folder / "predictions.csv")
    wait_until(lambda: told(stack, "[RESOLVED]"), timeout=60)
    wait_until(lambda: stack.has(*counted("firing"), *counted("resolved"), *ran("settle", "succeeded")))
    emails_tell(stack, "[RESOLVED]", "resolved")
    slack_tells(stack, "[RESOLVED]", colors=("good", "good"))
    history_tells(stack, "resolved", {"FeatureDrift": [("keep", "succeeded"), ("settle", "succeeded")]})
    assert {json.loads((stack.folder / name).read_text())["status"] for name in ("fired.json", "over.json")} == {
        "firing",
        "resolved",
    }
    assert not (stack.folder / "rolled-back").exists()
    assert not stack.prometheus.alerts(alertname="AlertDeliveryFailing")
    assert stack.prometheus.complaints() == []


def told(stack: Stack, status: str) -> bool:
    """Whether everybody has been told."""
    drift, worse = f"{status} warning FeatureDrift of", f"{status} critical PerformanceBelowThreshold of churn"
    emails = stack.mailbox.about(f"{drift} credit-limit") and stack.mailbox.about(worse)
    return bool(emails and stack.slack.about(f"{drift} churn") and stack.slack.about(worse))


def counted(status: str) -> tuple[str, ...]:
    """What the exporter counts: drift of both models, and their accuracy."""
    name = "ml_alert_notifications_total"
    return (
        f'{name}{{alertname="FeatureDrift",severity="warning",status="{status}"}} 2.0',
        f'{name}{{alertname="PerformanceBelowThreshold",severity="critical",status="{status}"}} 2.0',
    )


def ran(action: str, outcome: str) -> tuple[str, ...]:
    return (f'ml_action_runs_total{{action="{action}",outcome="{outcome}"}} 1.0',)


def emails_tell(stack: Stack, status: str, word: str) -> None:
    """Drift went to the team of the model, the loss of accuracy to those on call, with links in text and HTML."""
    drift, model_page = DASHBOARD.format("ml-drift", "credit-limit"), DASHBOARD.format("ml-model", "churn")
    for model, alert, severity, dashboard, to in (
        ("credit-limit", "FeatureDrift", "warning", f"{drift}&var-column=age", "risk-models@example.org"),
        ("churn", "PerformanceBelowThreshold", "critical", model_page, "ml-monitoring@example.org"),
    ):
        (message,) = stack.mailbox.about(f"{status} {severity} {alert} of {model}")
        text, links = text_of(message, "plain"), links_of(message)
        assert (message["To"], message["From"]) == (to, "alertmanager@example.org")
        assert f"1 {word}" in text
        assert links["Runbook"] == f"{RUNBOOKS}/{alert}.md"
        assert links["Dashboard"] == dashboard
        assert f"Runbook:    {links['Runbook']}\n" in text
        assert f"Dashboard:  {links['Dashboard']}\n" in text
        assert f" of {model} " in text_of(message, "html")


def slack_tells(stack: Stack, status: str, colors: tuple[str, str]) -> None:
    """Drift went to the channel of everyone, the loss of accuracy to those on call, too."""
    drift, model_page = (DASHBOARD.format(board, "churn") for board in ("ml-drift", "ml-model"))
    for alert, severity, dashboard, channel, color in (
        ("FeatureDrift", "warning", f"{drift}&var-column=age", "#ml-monitoring", colors[0]),
        ("PerformanceBelowThreshold", "critical", model_page, "#ml-on-call", colors[1]),
    ):
        (message,) = stack.slack.about(f"{status} {severity} {alert} of churn")
        (said,) = message["attachments"]
        assert (message["channel"], said["color"]) == (channel, color)
        assert said["title_link"] == dashboard
        assert f"<{RUNBOOKS}/{alert}.md|Runbook>" in said["text"]
        assert f"<{said['title_link']}|Dashboard>" in said["text"]
        assert "of churn" in said["text"]


def history_tells(stack: Stack, status: str, runs: dict[str, list[tuple[str, str]]]) -> None:
    """What was told of churn is in the history once, with the actions that ran; so is it on the page."""
    known = stack.history()
    names = {alert["alertname"] for alert in known}
    assert names == {"FeatureDrift", "PerformanceBelowThreshold", "DriftAboveThreshold"}
    assert {alert["status"] for alert in known} == {status}
    runs = {**runs, "PerformanceBelowThreshold": [("roll-back", "dry_run")], "DriftAboveThreshold": []}
    for alert in known:
        assert [(run["action"], run["outcome"]) for run in alert["runs"]] == runs[alert["alertname"]]
    page = fetched(f"{stack.exporter}/alerts?model=churn&status={status}")
    for part in ("FeatureDrift", f"{RUNBOOKS}/PerformanceBelowThreshold.md", "keep", "roll-back", "would run touch"):
        assert part in page


def score_is_exact(stack: Stack) -> None:
    """The action was given the score that SciPy finds in the rows, to three digits and the width of a bin."""
    given = json.loads((stack.folder / "fired.json").read_text())
    said = re.search(r"ks ([\d.]+)", given["annotations"]["description"])
    exact = stats.ks_2samp(REFERENCE["age"].to_numpy(), DRIFTED["age"].to_numpy()).statistic
    assert said
    assert float(said[1]) == pytest.approx(exact, abs=1 / 240 + 0.0005)
    assert (given["labels"]["column"], given["labels"]["role"]) == ("age", "feature")
