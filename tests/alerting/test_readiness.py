"""What alerting needs of the machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from mlflow_exporter.alerting import readiness
from mlflow_exporter.alerting.readiness import read_token, unready
from mlflow_exporter.config.alerting import AlertingSettings
from mlflow_exporter.errors import ConfigurationError


def problems(desk: Any, action: str) -> list[str]:
    """What one action lacks."""
    text = f"  actions: [{{name: act, match: ['severity=\"critical\"'], {action}}}]\n"
    return [str(problem) for problem in unready(desk.settings(text))]


def test_a_program_is_looked_for_where_it_is_run_from(
    desk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is on the PATH, or it is told; one that may not be executed is none."""
    monkeypatch.setenv("PATH", str(tmp_path))
    program = tmp_path / "retrain"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o600)
    assert problems(desk, "kind: command, command: [retrain]") == [
        "alerting.actions: act: there is no program 'retrain'; check its path and rights, and the PATH of the exporter"
    ]
    program.chmod(0o700)
    assert problems(desk, "kind: command, command: [retrain]") == []


def test_a_bearer_is_read(desk: Any, tmp_path: Path) -> None:
    """A file that is not there, or is empty, is told; its text never is."""
    file = tmp_path / "bearer"
    given = "kind: http, url: http://host/, bearer_file: bearer"
    where = "alerting.actions: act: bearer_file"
    assert problems(desk, given) == [f"{where}: cannot be read: No such file or directory; check {file}"]
    file.write_text("\n", encoding="utf-8")
    assert problems(desk, given) == [f"{where}: the file is empty; check {file}"]
    file.write_text("secret", encoding="utf-8")
    assert problems(desk, given) == []
    assert problems(desk, "kind: http, url: http://host/") == []


def test_a_function_needs_boto3(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it, how it is installed is told before the first alert."""
    action = "kind: lambda, function: retrain"
    assert problems(desk, action) == []
    monkeypatch.setattr(readiness, "find_spec", lambda name: None)
    assert problems(desk, action) == [
        'alerting.actions: act: boto3 is not installed; pip install "mlflow-exporter[aws]"'
    ]


def test_a_token_is_read_or_told(tmp_path: Path) -> None:
    """None where none is configured, an error that names the file where it cannot be read."""
    file = tmp_path / "token"
    assert read_token(AlertingSettings()) is None
    with pytest.raises(ConfigurationError, match=f"alerting.token_file: cannot be read: .*; check {file}"):
        read_token(AlertingSettings(token_file=str(file)))
    file.write_text("secret\n", encoding="utf-8")
    assert read_token(AlertingSettings(token_file=str(file))) == "secret"


def test_the_exporter_warns_when_it_starts(desk: Any) -> None:
    """An action that cannot work is in the log before an alert asks for it."""
    action = '{name: act, match: [severity="critical"], kind: command, command: [nosuch-program]}'
    with capture_logs() as events:
        desk.alerting(f"  actions: [{action}]\n")
    [event] = [event for event in events if event["event"] == "an action will fail"]
    assert event["log_level"] == "warning"
    assert event["problem"].startswith("alerting.actions: act: there is no program 'nosuch-program'")
