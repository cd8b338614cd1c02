"""Training runs on /metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlflow_exporter.collectors.family import Collector
from mlflow_exporter.collectors.runs import COLLECTOR, TrainingRuns
from mlflow_exporter.domain import ModelKey
from mlflow_exporter.registry.runs import Run, RunCounts


def test_looks_as_it_did(exposed: Callable[[Collector[Any], object], str], golden: Callable[[str], str]) -> None:
    """Runs give exactly the golden file."""
    run = Run("a1b2", "0", "FINISHED", deleted=False, artifact_uri="", metrics={"val/auc": 0.5})
    counts = RunCounts({("Default", "FINISHED"): 3, ("Default", "FAILED"): 1})
    runs = TrainingRuns(counts, {ModelKey("churn", "2"): run})
    assert exposed(COLLECTOR, runs) == golden("runs")
