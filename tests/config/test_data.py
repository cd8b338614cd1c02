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
