from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mlflow_exporter.config.loading import parse
from mlflow_exporter.demo.data import Splits
from mlflow_exporter.demo.models import DemoModel, DemoModels
from mlflow_exporter.demo.schedule import Schedule
from mlflow_exporter.demo.stage import configuration
from mlflow_exporter.demo.subjects import FLIGHT_DELAY, FLIGHT_DURATION
from mlflow_exporter.demo.traffic import Traffic
from mlflow_exporter.demo.training import train
from mlflow_exporter.domain import ModelKey, Task

ADDRESS = "http://127.0.0.1:5000"


@pytest.fixture(scope="module")
def text(splits: Splits, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The configuration of a demo, as the exporter reads it."""
    models = [
        DemoModel(ModelKey(subject.name, "1"), subject, train(subject, splits.train), Path("unused"))
        for subject in (FLIGHT_DELAY, FLIGHT_DURATION)
    ]
    schedule = Schedule(1_700_000_000, 1_700_000_020, 1_700_000_040, history=60)
    traffic = Traffic(DemoModels(models[0], models[1], splits.production), tmp_path_factory.mktemp("logs"), schedule)
    return yaml.safe_dump(configuration(traffic, ADDRESS))


def test_the_configuration_is_accepted(text: str) -> None:
    """The exporter takes it, with both models at their alias and the tasks that they have."""
    settings = parse(text)
    assert settings.mlflow.tracking_uri.get_secret_value() == ADDRESS
    assert {model.name: (model.version, model.task) for model in settings.models} == {
        "flight-delay": ("@champion", Task.CLASSIFICATION),
        "flight-duration": ("@champion", Task.REGRESSION),
    }


def test_lost_accuracy_is_out_of_bounds(text: str) -> None:
    """Each model has a bound relative to its baseline, on a metric of its task."""
    thresholds = {model.name: list(model.performance.thresholds) for model in parse(text).models}
    assert thresholds == {"flight-delay": ["accuracy"], "flight-duration": ["r2"]}


def test_verdicts_come_while_a_newcomer_watches(text: str) -> None:
    """Evaluations are seconds apart, and the shortest window soon holds more drifted rows than others."""
    settings = parse(text)
    assert settings.evaluation.interval <= 5
    assert all(model.windows[0].seconds == 300 for model in settings.models)
