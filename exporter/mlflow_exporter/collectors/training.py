"""What the monitored version's run measured when it trained."""

from __future__ import annotations

from collections.abc import Iterator

from mlflow_exporter.collectors.family import Collector, Family, Importance, Sample
from mlflow_exporter.collectors.labels import VERSION
from mlflow_exporter.results import Evaluation

METRIC = Family(
    "ml_training_metric",
    "Metric that the version's run logged, at its last step.",
    (*VERSION, "metric"),
    importance=Importance.DETAIL,
)


def collect(evaluation: Evaluation) -> Iterator[Sample]:
    """Samples of one model's evaluation."""
    if evaluation.description is None:
        return
    key = evaluation.description.key
    for name, value in evaluation.description.training_metrics.items():
        yield METRIC.sample((key.name, key.version, name), value)


COLLECTOR = Collector("training", Evaluation, (METRIC,), collect)
