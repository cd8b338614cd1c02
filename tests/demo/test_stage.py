from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mlflow_exporter.config.loading import parse
from mlflow_exporter.config.settings import Settings
from mlflow_exporter.demo.stage import configuration
from mlflow_exporter.domain import Task

ADDRESS = "http://127.0.0.1:5000"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The configuration of a demo, as the exporter reads it."""
    token = tmp_path / "token"
    token.write_text("secret")
    return parse(yaml.safe_dump(configuration(tmp_path, ADDRESS, token)))


def test_the_configuration_is_accepted(settings: Settings) -> None:
    """The exporter takes it, with both models at their alias and the tasks that they have."""
    assert settings.mlflow.tracking_uri.get_secret_value() == ADDRESS
    assert {model.name: (model.version, model.task) for model in settings.models} == {
        "flight-delay": ("@champion", Task.CLASSIFICATION),
        "flight-duration": ("@champion", Task.REGRESSION),
    }


def test_lost_accuracy_is_out_of_bounds(settings: Settings) -> None:
    """Each model has a bound relative to its baseline, on a metric of its task."""
    thresholds = {model.name: list(model.performance.thresholds) for model in settings.models}
    assert thresholds == {"flight-delay": ["accuracy"], "flight-duration": ["r2"]}


def test_verdicts_come_while_a_newcomer_watches(settings: Settings) -> None:
    """Evaluations are seconds apart, and the shortest window soon holds more drifted rows than others."""
    assert settings.evaluation.interval <= 5
    assert all(model.windows[0].seconds == 300 for model in settings.models)
