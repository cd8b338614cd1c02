from __future__ import annotations

from pathlib import Path

import pytest

from mlflow_exporter.config.data import Mode
from mlflow_exporter.config.loading import parse
from mlflow_exporter.config.settings import Clock, ModelSettings
from mlflow_exporter.domain import SNAPSHOT, Task, Window

HEAD = "mlflow: {tracking_uri: http://mlflow:5000}\nmodels:\n  - name: churn\n    "
LOG = "predictions: {source: files, path: log.csv, columns: {id: id, timestamp: ts, prediction: p%s}}\n    "


def model(rest: str = "", *, columns: str = "") -> ModelSettings:
    return parse(HEAD + LOG % columns + rest).models[0]


def test_a_model_needs_a_name_and_predictions_only() -> None:
    """Everything else has a default."""
    settings = model()
    assert (settings.version, settings.task, settings.baseline, settings.labels) == ("latest", None, None, None)
    assert (settings.clock, settings.predictions.mode, settings.distributions) == (Clock.WALL, Mode.APPEND, False)
    assert settings.limits.series == 20_000


def test_the_default_windows_are_an_hour_a_day_and_a_week() -> None:
    """Growing logs are evaluated over three spans."""
    assert model().windows == (Window.of("1h"), Window.of("24h"), Window.of("7d"))


def test_a_snapshot_is_its_own_window() -> None:
    """In snapshot mode the files are the window."""
    predictions = "predictions: {source: files, path: log.csv, mode: snapshot, columns: {prediction: p}}"
    assert parse(HEAD + predictions).models[0].windows == (SNAPSHOT,)


def test_the_label_column_is_where_labels_come_from() -> None:
    """Labels come in the predictions or in a source of their own."""
    labels = "labels: {source: files, path: labels.csv, columns: {id: id, label: late}}"
    assert model().label_column is None
    assert model(columns=", label: early").label_column == "early"
    assert model(labels).label_column == "late"


def test_reference_data_has_the_columns_of_the_predictions_by_default() -> None:
    """Columns of the reference are named only where they differ."""
    labels = "labels: {source: files, path: labels.csv, columns: {id: id, label: late}}\n    "
    usual = model(labels + "baseline: {data: {source: files, path: ref.csv}}").reference_columns
    assert (usual.prediction, usual.label, usual.timestamp) == ("p", "late", "ts")
    given = model("baseline: {data: {source: files, path: ref.csv, columns: {label: y}}}").reference_columns
    assert (given.prediction, given.label) == (None, "y")


def test_the_tracking_server_comes_from_the_environment_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow's own variable is used as MLflow would: a relative path in it starts at the working directory."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    settings = parse("models:\n  - name: churn\n    " + LOG % "", "/etc/config.yml")
    assert settings.mlflow.tracking_uri.get_secret_value() == "sqlite:///mlflow.db"


def test_the_file_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the file says counts."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://other")
    assert parse(HEAD + LOG % "").mlflow.tracking_uri.get_secret_value() == "http://mlflow:5000"


def test_the_state_is_a_file_beside_the_configuration_by_default() -> None:
    """SQLite needs no server."""
    settings = parse(HEAD + LOG % "", "/srv/exporter/config.yml")
    assert settings.state.url.get_secret_value() == "sqlite:////srv/exporter/state.db"


def test_the_url_of_the_state_is_the_one_in_its_file(tmp_path: Path) -> None:
    """Whoever connects asks for `url`, wherever it came from."""
    (tmp_path / "secret").write_text("postgresql+psycopg://me:hunter2@db/state\n")
    settings = parse(HEAD + LOG % "" + "\nstate: {url_file: secret}", tmp_path / "config.yml")
    assert settings.state.url.get_secret_value() == "postgresql+psycopg://me:hunter2@db/state"
    assert "hunter2" not in repr(settings)


def test_settings_compare_by_value() -> None:
    """A reload finds the models that changed by comparing them."""
    assert model() == model()
    assert model() != model("segments: [region]")


def test_the_task_is_one_of_the_domain() -> None:
    """The task is the noun that every room uses."""
    assert model("task: regression").task is Task.REGRESSION
