"""Training runs on /metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlflow_exporter.collectors.family import Collector
from mlflow_exporter.collectors.runs import COLLECTOR
from mlflow_exporter.registry.runs import RunCounts


def test_looks_as_it_did(exposed: Callable[[Collector[Any], object], str], golden: Callable[[str], str]) -> None:
    """Runs give exactly the golden file."""
    counts = RunCounts({("Default", "FINISHED"): 3, ("Default", "FAILED"): 1})
    assert exposed(COLLECTOR, counts) == golden("runs")
