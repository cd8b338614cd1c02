from __future__ import annotations

from pathlib import Path

import pytest

from mlflow_exporter.cli.scoring import prepared
from mlflow_exporter.config.serving import ServingSettings
from mlflow_exporter.errors import ConfigurationError

CONFIGURATION = """
mlflow: {tracking_uri: "http://mlflow:5000", timeout: 7s}
serving:
  model_uri: models:/churn@champion
  workers: 3
  log: {path: log, leave_out: [name]}
models:
  - name: churn
    predictions: {source: files, path: p.csv, columns: {prediction: p, timestamp: t}}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration with a section for the server."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    path = tmp_path / "config.yml"
    path.write_text(CONFIGURATION)
    return path


def test_what_is_given_wins_over_the_file(file: Path) -> None:
    """Options change single keys; the rest is the file's, or the default."""
    scoring = prepared(file, None, {"workers": 5, "prediction_log": "/other"})
    settings = scoring.settings
    assert (settings.model_uri, settings.workers, settings.threads) == ("models:/churn@champion", 5, 4)
    assert settings.log is not None
    assert (settings.log.path, settings.log.leave_out) == ("/other", ("name",))
    assert (scoring.tracking_uri, scoring.timeout) == ("http://mlflow:5000", 7)
    assert prepared(file, "http://other:5000", {}).tracking_uri == "http://other:5000"


def test_without_a_file_there_are_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow is the environment's, a log is where it is asked for."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://environment:5000")
    scoring = prepared(None, None, {"model_uri": "models:/churn/1"})
    assert scoring.settings == ServingSettings(model_uri="models:/churn/1")
    assert scoring.tracking_uri == "http://environment:5000"
    assert prepared(None, None, {"prediction_log": "log"}).settings.log is not None


def test_a_registered_model_needs_an_mlflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none is named, the error says how; a folder needs none."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(ConfigurationError, match="give --tracking-uri, or set MLFLOW_TRACKING_URI"):
        prepared(None, None, {"model_uri": "models:/churn/1"})
    assert prepared(None, None, {"model_uri": "data/churn"}).tracking_uri == ""
