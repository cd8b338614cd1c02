"""Register the two models in MLflow and keep their reference data."""

from __future__ import annotations

import importlib.metadata
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from sklearn.pipeline import Pipeline

from mlflow_exporter.demo import data
from mlflow_exporter.demo.subjects import FLIGHT_DELAY, FLIGHT_DURATION, Subject
from mlflow_exporter.demo.training import PREDICTION, answered, probability_columns, scores, train
from mlflow_exporter.domain import ModelKey
from mlflow_exporter.registry import environment

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

ALIAS = "champion"
EXPERIMENT = "flights"
_TIMEOUT_SECONDS = 60
_TREES = "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"


@dataclass(frozen=True, eq=False)
class DemoModel:
    """A version in the registry, the pipeline behind it, and a Parquet file of reference rows.

    The reference file has the features, `prediction`, a column of probabilities for each class (`probability_late`,
    ...) and the label `actual`, missing for the few flights that were diverted.
    """

    key: ModelKey
    subject: Subject
    pipeline: Pipeline
    reference: Path

    @property
    def probabilities(self) -> dict[str, str]:
        """Class to the column of its probability; empty for a regression."""
        return probability_columns(self.pipeline)


@dataclass(frozen=True, eq=False)
class DemoModels:
    """Both models, and the flights that neither has seen: the traffic to come."""

    classifier: DemoModel
    regressor: DemoModel
    production: pd.DataFrame


def prepare(tracking_uri: str, folder: Path) -> DemoModels:
    """Train, register and alias both models, and write their reference data into the folder (about 6 s).

    Sets the tracking URI of this process. Raises what MLflow raises where the server does not answer.
    """
    environment.prepare(_TIMEOUT_SECONDS)
    import mlflow

    mlflow.set_tracking_uri(tracking_uri)
    mlflow.set_experiment(EXPERIMENT)
    splits = data.split(data.load())
    classifier = register(FLIGHT_DELAY, splits, folder)
    regressor = register(FLIGHT_DURATION, splits, folder)
    return DemoModels(classifier, regressor, splits.production)


def find(tracking_uri: str) -> DemoModels | None:
    """Both models as `prepare` registered them, None where one of them is not; their reference files are gone."""
    environment.prepare(_TIMEOUT_SECONDS)
    import mlflow

    mlflow.set_tracking_uri(tracking_uri)
    classifier, regressor = (_found(subject) for subject in (FLIGHT_DELAY, FLIGHT_DURATION))
    if classifier is None or regressor is None:
        return None
    return DemoModels(classifier, regressor, data.split(data.load()).production)


def _found(subject: Subject) -> DemoModel | None:
    import mlflow
    from mlflow.exceptions import RestException

    try:
        version = mlflow.MlflowClient().get_model_version_by_alias(subject.name, ALIAS)
    except RestException:
        return None
    pipeline = mlflow.sklearn.load_model(f"models:/{subject.name}/{version.version}")
    return DemoModel(ModelKey(subject.name, str(version.version)), subject, pipeline, Path())


def register(subject: Subject, splits: data.Splits, folder: Path) -> DemoModel:
    """Train a model, write its reference data into the folder and register it as a new version, @champion."""
    pipeline = train(subject, splits.train)
    reference = answered(subject, pipeline, splits.reference)
    path = folder / f"{subject.name}-reference.parquet"
    reference.to_parquet(path, index=False)
    return DemoModel(ModelKey(subject.name, _log(subject, pipeline, reference)), subject, pipeline, path)


def _log(subject: Subject, pipeline: Pipeline, reference: pd.DataFrame) -> str:
    import mlflow

    client = mlflow.MlflowClient()
    with mlflow.start_run(run_name=subject.name) as run:
        mlflow.log_params(_parameters(pipeline))
        mlflow.log_metrics(scores(subject.task, reference))
        logged = mlflow.sklearn.log_model(
            pipeline,
            name="model",
            signature=_signature(subject, reference),
            serialization_format="skops",
            skops_trusted_types=[_TREES],
            # Said, not inferred: inferring loads the model in another process for many seconds.
            pip_requirements=[f"scikit-learn=={importlib.metadata.version('scikit-learn')}"],
        )
    if not client.search_registered_models(f"name = '{subject.name}'"):
        client.create_registered_model(subject.name, description=subject.description)
    version = client.create_model_version(subject.name, logged.model_uri, run.info.run_id, model_id=logged.model_id)
    client.set_registered_model_alias(subject.name, ALIAS, version.version)
    return str(version.version)


def _signature(subject: Subject, reference: pd.DataFrame) -> ModelSignature:
    from mlflow.models import infer_signature

    with warnings.catch_warnings():
        # MLflow warns of every integer column; those here (distance, month, hour) are never missing.
        warnings.filterwarnings("ignore", message="Hint: Inferred schema contains integer")
        return infer_signature(reference[subject.features], reference[PREDICTION])


def _parameters(pipeline: Pipeline) -> dict[str, Any]:
    trees = pipeline[-1].get_params()
    return {name: trees[name] for name in ("learning_rate", "max_iter", "max_leaf_nodes", "random_state")}
