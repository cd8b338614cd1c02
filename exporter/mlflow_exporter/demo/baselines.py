"""The baselines of the demo's models, in their runs."""

from __future__ import annotations

import time

from mlflow_exporter.demo.models import DemoModel
from mlflow_exporter.demo.training import LABEL, PREDICTION
from mlflow_exporter.engines.inference import Request
from mlflow_exporter.engines.local import LocalEngine
from mlflow_exporter.engines.plan import Parts
from mlflow_exporter.engines.reference import make_baseline
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.sources.files import Files


def log_baseline(model: DemoModel, tracking_uri: str) -> None:
    """Profile a model's reference data and log it to its run, as `mlflow-exporter baseline` does."""
    registry = Registry(tracking_uri)
    version = registry.snapshot().resolve(model.key.name, model.key.version)
    parts = Parts(PREDICTION, probabilities=model.probabilities, label=LABEL)
    request = Request(parts, model.subject.task, features=model.subject.features, origin=str(model.reference))
    made = make_baseline(Files(str(model.reference), mode="snapshot"), request, LocalEngine(), time.time())
    registry.log_baseline(version, made.baseline.packed)
