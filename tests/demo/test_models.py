from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from sklearn.metrics import accuracy_score

from mlflow_exporter.demo.data import Splits
from mlflow_exporter.demo.models import DemoModels, register
from mlflow_exporter.demo.subjects import FLIGHT_DELAY, FLIGHT_DURATION


def test_both_models_are_registered_as_champions(mlflow_server: str, prepared: DemoModels) -> None:
    """The registry has each model with its signature, the alias @champion and the run that trained it."""
    import mlflow  # noqa: PLC0415 - heavy

    client = mlflow.MlflowClient(mlflow_server)
    for model in (prepared.classifier, prepared.regressor):
        version = client.get_model_version_by_alias(model.key.name, "champion")
        signature = mlflow.models.get_model_info(f"models:/{model.key}").signature
        assert version.version == model.key.version
        assert signature.inputs.input_names() == model.subject.features
        assert client.get_run(str(version.run_id)).data.metrics


def test_logged_metrics_are_those_of_the_reference_rows(mlflow_server: str, prepared: DemoModels) -> None:
    """The run's accuracy is what scikit-learn computes from the reference file that was written."""
    import mlflow  # noqa: PLC0415 - heavy

    client = mlflow.MlflowClient(mlflow_server)
    version = client.get_model_version(prepared.classifier.key.name, prepared.classifier.key.version)
    run = client.get_run(str(version.run_id))
    reference = pd.read_parquet(prepared.classifier.reference).dropna(subset=["actual"])
    assert run.data.metrics["accuracy"] == pytest.approx(accuracy_score(reference["actual"], reference["prediction"]))


def test_reference_data_has_what_a_baseline_needs(prepared: DemoModels) -> None:
    """The reference file has features, prediction, probabilities that sum to 1, and label."""
    reference = pd.read_parquet(prepared.classifier.reference)
    assert list(reference) == [
        *FLIGHT_DELAY.features,
        "prediction",
        "actual",
        "probability_late",
        "probability_on_time",
    ]
    assert reference[["probability_late", "probability_on_time"]].sum(axis=1).to_numpy() == pytest.approx(1)
    assert list(pd.read_parquet(prepared.regressor.reference)) == [*FLIGHT_DURATION.features, "prediction", "actual"]


def test_registering_again_adds_a_version(prepared: DemoModels, splits: Splits, tmp_path: Path) -> None:
    """A second demo against the same server adds a version instead of failing."""
    again = register(prepared.regressor.subject, splits, tmp_path)
    assert again.key == replace(prepared.regressor.key, version="2")
