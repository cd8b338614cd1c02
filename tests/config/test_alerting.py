from __future__ import annotations

from pathlib import Path

import pytest

from mlflow_exporter.config.alerting import (
    AlertingSettings,
    AliasAction,
    CommandAction,
    HttpAction,
    LambdaAction,
    MlflowRunAction,
    When,
)
from mlflow_exporter.config.loading import parse

HEAD = """
mlflow: {tracking_uri: "http://mlflow:5000"}
models:
  - name: churn
    predictions: {source: files, path: log.csv, columns: {timestamp: ts, prediction: p}}
"""


def alerting(text: str, file: Path | str = "config.yml") -> AlertingSettings:
    return parse(HEAD + text, file).alerting


def test_without_a_word_nothing_follows_an_alert() -> None:
    """By default alerts are kept for 90 days, noted nowhere and followed by nothing."""
    settings = alerting("")
    assert (settings.token_file, settings.retention, settings.note_incidents, settings.actions) == (
        None,
        90 * 86_400,
        False,
        (),
    )


def test_every_kind_of_action_is_read(tmp_path: Path) -> None:
    """Each kind has its settings, dry by default, and relative paths start at the folder of the file."""
    settings = alerting(
        """
alerting:
  token_file: token
  actions:
    - {name: a, kind: command, match: ['x="1"'], command: [./retrain, --now]}
    - {name: b, kind: http, match: [x=1], url: "https://host/hook", bearer_file: bearer, headers: {X-Team: ml}}
    - {name: c, kind: mlflow_run, match: [x=1], project: projects/retrain, parameters: {model: "{model}"}}
    - {name: d, kind: alias, match: [x=1], alias: "@champion", to: 3, when: resolved}
    - {name: e, kind: lambda, match: [x=1], function: retrain, dry_run: false, cooldown: 5m}
""",
        tmp_path / "config.yml",
    )
    command, http, run, alias, function = settings.actions
    assert settings.token_file == str(tmp_path / "token")
    assert isinstance(command, CommandAction)
    assert (command.command, command.dry_run, command.when) == (("./retrain", "--now"), True, When.FIRING)
    assert isinstance(http, HttpAction)
    assert (http.method, http.bearer_file) == ("POST", str(tmp_path / "bearer"))
    assert isinstance(run, MlflowRunAction)
    assert (run.project, run.timeout, run.entry_point) == (str(tmp_path / "projects/retrain"), 3600.0, "main")
    assert isinstance(alias, AliasAction)
    assert (alias.alias, alias.to, alias.when) == ("champion", "3", When.RESOLVED)
    assert isinstance(function, LambdaAction)
    assert (function.dry_run, function.cooldown, function.timeout) == (False, 300.0, 300.0)


@pytest.mark.parametrize("project", ("git@github.com:team/retrain.git", "https://github.com/team/retrain#sub"))
def test_a_project_may_be_elsewhere(project: str, tmp_path: Path) -> None:
    """The address of a repository stays as it is."""
    settings = alerting(
        f"alerting: {{token_file: t, actions: [{{name: a, kind: mlflow_run, match: [x=1], project: '{project}'}}]}}",
        tmp_path / "config.yml",
    )
    assert isinstance(settings.actions[0], MlflowRunAction)
    assert settings.actions[0].project == project


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the address of a server nor the value of a header is in what settings show of themselves."""
    monkeypatch.setenv("HOOK", "https://hooks.example/hunter2")
    text = "{name: a, kind: http, match: [x=1], url: '${HOOK}', headers: {X-Key: hunter2}}"
    settings = alerting(f"alerting: {{token_file: t, actions: [{text}]}}")
    assert "hunter2" not in f"{settings!r} {settings}"
    assert isinstance(settings.actions[0], HttpAction)
    assert settings.actions[0].url.get_secret_value() == "https://hooks.example/hunter2"
