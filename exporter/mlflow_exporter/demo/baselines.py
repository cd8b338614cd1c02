"""The baselines of the demo's models, in their runs."""

from __future__ import annotations

import time

from mlflow_exporter.demo.models import DemoModel
from mlflow_exporter.demo.training import LABEL, PREDICTION
from mlflow_exporter.engines.inference import Request
from mlflow_exporter.engines.local import LocalEngine
from mlflow_exporter.engines.plan import Parts
from mlflow_exporter.engines.reference import make_baseline
from mlflow_exporter.evaluation.online import feature_bins
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.sources.files import Files


def log_baseline(model: DemoModel, tracking_uri: str) -> str:
    """Profile reference data and log it to the run, as `mlflow-exporter baseline` does; the text of its bins."""
    registry = Registry(tracking_uri)
    version = registry.snapshot().resolve(model.key.name, model.key.version)
    parts = Parts(PREDICTION, probabilities=model.probabilities, label=LABEL)
    subject = model.subject
    request = Request(
        parts, subject.task, features=subject.features, positive=subject.positive, origin=str(model.reference)
    )
    made = make_baseline(Files(str(model.reference), mode="snapshot"), request, LocalEngine(), time.time())
    bins = feature_bins(made.baseline).text()
    registry.log_baseline(version, made.baseline.packed, bins)
    return bins
