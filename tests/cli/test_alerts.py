from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mlflow_exporter.cli import main
from mlflow_exporter.state.action_runs import Outcome
from mlflow_exporter.state.alerts import Alert
from mlflow_exporter.state.store import Store

CONFIGURATION = """
mlflow: {tracking_uri: "http://mlflow:5000"}
models: [{name: churn, predictions: {source: files, path: l.csv, columns: {timestamp: ts, prediction: p}}}]
alerting: {token_file: nowhere}
"""
LABELS = {"alertname": "FeatureDrift", "severity": "critical", "model": "churn", "version": "4"}


@pytest.fixture
def alerts(tmp_path: Path) -> Callable[..., Any]:
    """Runs the command with these options."""
    (tmp_path / "config.yml").write_text(CONFIGURATION)
    return lambda *options: CliRunner().invoke(main, ["alerts", "--config.file", f"{tmp_path}/config.yml", *options])


@pytest.fixture
def state(tmp_path: Path) -> float:
    """A history: one alert that fires and was followed by an action, one that was over a day ago; the time now."""
    now, store = time.time(), Store(f"sqlite:///{tmp_path}/state.db")
    firing = Alert("f1", now - 3_600, None, LABELS, {"summary": "[bold]age[/]"})
    over = Alert("f2", now - 90_000, now - 86_400, {"alertname": "[red]Down"})
    with store.transaction() as transaction:
        transaction.alerts.record(firing, now)
        transaction.alerts.record(over, now)
        transaction.action_runs.queue("retrain", firing, now)
        run = transaction.action_runs.next()
        assert run is not None
        transaction.action_runs.end(run.id, Outcome.TIMED_OUT, "it took longer", now)
    store.close()
    return now


@pytest.mark.usefixtures("state")
def test_the_history_is_a_table(alerts: Callable[..., Any]) -> None:
    """A line each, the latest first, whatever their names look like; the exporter's token is not needed for it."""
    result = alerts()
    assert result.exit_code == 0, result.output
    first, second = result.output.strip().splitlines()[-2:]
    for text in ("▲ firing", "FeatureDrift", "critical", "churn/4", "1 hour ago", "1 hour", "retrain: timed out"):
        assert text in first
    for text in ("✓ resolved", "[red]Down", "1 day ago", "1 hour", "–"):
        assert text in second


def test_as_json_it_has_everything(alerts: Callable[..., Any], state: float) -> None:
    """Labels, texts, times and the runs of actions."""
    result = alerts("--format", "json", "--status", "firing")
    (alert,) = json.loads(result.output)["alerts"]
    assert (alert["labels"], alert["annotations"], alert["ends_at"]) == (LABELS, {"summary": "[bold]age[/]"}, None)
    (run,) = alert["runs"]
    assert (run["action"], run["news"], run["outcome"], run["output"]) == (
        "retrain",
        "firing",
        "timed_out",
        "it took longer",
    )
    assert run["started_at"] is None
    assert run["ended_at"].startswith(time.strftime("%Y-%m-%dT", time.gmtime(state)))


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize(
    ("options", "names"),
    (
        ((), ["f1", "f2"]),
        (("--model", "churn"), ["f1"]),
        (("--model", "nobody"), []),
        (("--status", "resolved"), ["f2"]),
        (("--since", "12h"), ["f1"]),
        (("--since", "2d"), ["f1", "f2"]),
        (("--limit", "1"), ["f1"]),
    ),
)
def test_alerts_are_chosen(alerts: Callable[..., Any], options: tuple[str, ...], names: list[str]) -> None:
    """By model, status and time; what fires is never too old."""
    found = json.loads(alerts("--format", "json", *options).output)["alerts"]
    assert [alert["fingerprint"] for alert in found] == names


def test_without_a_state_it_says_so_and_makes_none(alerts: Callable[..., Any], tmp_path: Path) -> None:
    """Reading leaves nothing behind."""
    result = alerts()
    assert result.exit_code == 1
    assert "there is no state yet; start the exporter first" in result.output
    assert not list(tmp_path.glob("state.db*"))


@pytest.mark.usefixtures("state")
def test_wrong_options_are_refused(alerts: Callable[..., Any]) -> None:
    """Each says what it takes."""
    assert "write it as 30s, 5m, 1h30m or 7d" in alerts("--since", "yesterday").output
    assert alerts("--since", "yesterday").exit_code == alerts("--status", "x").exit_code == 2


@pytest.mark.usefixtures("state")
def test_no_alert_is_told(alerts: Callable[..., Any]) -> None:
    """An empty table says nothing, so there is none."""
    assert alerts("--model", "nobody").output == "No alerts.\n"
