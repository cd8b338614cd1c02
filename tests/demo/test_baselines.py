from __future__ import annotations

from mlflow_exporter.demo.baselines import log_baseline
from mlflow_exporter.demo.models import DemoModels
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.registry.registry import Registry


def test_a_baseline_is_where_the_exporter_looks_for_it(mlflow_server: str, prepared: DemoModels) -> None:
    """The version's run has the profile of the reference rows, classes and features included."""
    model = prepared.classifier
    log_baseline(model, mlflow_server)
    registry = Registry(mlflow_server)
    version = registry.snapshot().resolve(model.key.name, model.key.version)
    baseline = Baseline.unpack(registry.load_baseline(version), "run")
    assert baseline.summary.rows == 4_000
    assert baseline.spec.classes == ("late", "on_time")
    assert {column.name for column in baseline.layout.columns} >= set(model.subject.features)
