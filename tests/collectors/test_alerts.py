"""Alerts and actions on /metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from mlflow_exporter.collectors.alerts import COLLECTOR, AlertCounts
from mlflow_exporter.collectors.family import Collector

Exposed: TypeAlias = Callable[[Collector[Any], object], str]

COUNTS = AlertCounts(
    {("FeatureDrift", "critical", "firing"): 2, ("FeatureDrift", "critical", "resolved"): 0},
    {("retrain", "succeeded"): 1, ("retrain", "failed"): 0},
)


def test_looks_as_it_did(exposed: Exposed, golden: Callable[[str], str]) -> None:
    """Counts give exactly the golden file, those of 0 included."""
    assert exposed(COLLECTOR, COUNTS) == golden("alerts")


def test_without_alerts_there_is_nothing(exposed: Exposed) -> None:
    """An exporter that nobody told anything, and that has no actions, has no such series."""
    assert exposed(COLLECTOR, AlertCounts({}, {})) == ""
