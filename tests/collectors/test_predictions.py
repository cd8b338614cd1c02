"""What one evaluation makes on /metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from mlflow_exporter.collectors.family import Collector
from mlflow_exporter.collectors.predictions import COLLECTOR
from mlflow_exporter.results import Evaluation, PredictionStatistics

Exposed: TypeAlias = Callable[[Collector[Any], object], str]


def test_looks_as_it_did(evaluation: Evaluation, exposed: Exposed, golden: Callable[[str], str]) -> None:
    """An evaluation with everything gives exactly the golden file."""
    assert exposed(COLLECTOR, evaluation) == golden("predictions")


def test_a_regressor_has_no_classes(evaluation: Evaluation, exposed: Exposed) -> None:
    """Statistics that the task does not have are absent."""
    window = replace(evaluation.windows[0], predictions=PredictionStatistics(mean=3.0, stddev=1.0))
    text = exposed(COLLECTOR, replace(evaluation, windows=(window,)))
    assert "ml_prediction_mean" in text
    assert "class" not in text
