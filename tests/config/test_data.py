from __future__ import annotations

import pytest
from pydantic import ValidationError

from mlflow_exporter.config.data import (
    LabelColumns,
    LabelSettings,
    Mode,
    PredictionColumns,
    PredictionSettings,
    ReferenceColumns,
)


def test_predictions_are_appended_unless_said_otherwise() -> None:
    """A log that grows is the usual case."""
    settings = PredictionSettings(source="files", path=("log.csv",), columns=PredictionColumns(prediction="p"))
    assert settings.mode is Mode.APPEND


def test_a_prediction_waits_thirty_days_for_its_label() -> None:
    """The default delay is long, because labels are often late."""
    columns = LabelColumns(id="id", label="y")
    assert LabelSettings(source="files", path=("labels.csv",), columns=columns).max_delay == 30 * 86_400


def test_the_column_of_the_prediction_must_be_named() -> None:
    """The predictions have one for certain; reference data may have none."""
    assert ReferenceColumns().prediction is None
    with pytest.raises(ValidationError, match="prediction"):
        PredictionColumns.model_validate({"timestamp": "ts"})


def test_a_log_has_its_columns_by_itself() -> None:
    """Only what the log cannot know is told: a label, and which columns are probabilities."""
    given = {"source": "log", "path": ("logs",), "columns": {"label": "churned"}}
    columns = PredictionSettings.model_validate(given).columns
    assert (columns.id, columns.timestamp, columns.prediction) == ("request_id", "timestamp", "prediction")
    assert (columns.latency, columns.label) == ("latency_seconds", "churned")


def test_files_need_their_columns() -> None:
    """Nobody can guess what another writer calls them."""
    with pytest.raises(ValidationError, match="columns"):
        PredictionSettings.model_validate({"source": "files", "path": ("log.csv",)})
