"""Runs by state, and what the monitored versions' runs measured when they trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mlflow_exporter.collectors.family import Collector, Family, Importance, Sample
from mlflow_exporter.collectors.labels import VERSION
from mlflow_exporter.domain import ModelKey
from mlflow_exporter.registry.runs import Run, RunCounts


@dataclass(frozen=True, slots=True)
class TrainingRuns:
    """The runs that MLflow knows of, and the run of each monitored version."""

    counts: RunCounts
    by_version: Mapping[ModelKey, Run]


METRIC = Family(
    "ml_training_metric",
    "Metric that the version's run logged, at its last step.",
    (*VERSION, "metric"),
    importance=Importance.DETAIL,
)
RUNS = Family("ml_runs", "Runs by experiment and status.", ("experiment", "status"))


def collect(runs: TrainingRuns) -> Iterator[Sample]:
    """Samples of the runs."""
    for labels, count in runs.counts.counts.items():
        yield RUNS.sample(labels, count)
    for key, run in runs.by_version.items():
        for name, value in run.metrics.items():
            yield METRIC.sample((key.name, key.version, name), value)


COLLECTOR = Collector("runs", TrainingRuns, (METRIC, RUNS), collect)
