from __future__ import annotations

import logging

import pandas as pd
import pytest

from mlflow_exporter.serving.repeats import say_once
from mlflow_exporter.serving.served import ServedModel

ROW = pd.DataFrame({"age": [44.0], "income": [1000.0], "visits": [3], "region": ["north"], "extra": [1]})


def test_what_is_ignored_is_said_once(
    churn_model: ServedModel, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Columns that the signature does not have, then parameters: a line each, however many requests have them."""
    logger = logging.getLogger("mlflow.models.utils")
    for name, value in {"filters": [], "handlers": [caplog.handler], "propagate": False}.items():
        monkeypatch.setattr(logger, name, value)
    say_once()
    for _ in range(3):
        churn_model.predict(ROW)
        churn_model.predict(ROW, {"factor": 3})
    extra, params = [record.message for record in caplog.records]
    assert "extra inputs" in extra
    assert "Ignoring provided params" in params
