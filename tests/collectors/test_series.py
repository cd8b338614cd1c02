"""The count of series on /metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlflow_exporter.collectors.family import Collector
from mlflow_exporter.collectors.series import COLLECTOR, SeriesTally


def test_looks_as_it_did(exposed: Callable[[Collector[Any], object], str], golden: Callable[[str], str]) -> None:
    """A tally gives exactly the golden file: models that lost nothing have a 0."""
    assert exposed(COLLECTOR, SeriesTally(120, {"churn": 0, "fraud": 17})) == golden("series")
