"""Training runs by their state."""

from __future__ import annotations

from collections.abc import Iterator

from mlflow_exporter.collectors.family import Collector, Family, Sample
from mlflow_exporter.registry.runs import RunCounts

RUNS = Family("ml_runs", "Runs by experiment and status.", ("experiment", "status"))


def collect(runs: RunCounts) -> Iterator[Sample]:
    """Samples of the runs."""
    for labels, count in runs.counts.items():
        yield RUNS.sample(labels, count)


COLLECTOR = Collector("runs", RunCounts, (RUNS,), collect)
