"""What one evaluation makes on /metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from mlflow_exporter.collectors.dataset import COLLECTOR
from mlflow_exporter.collectors.family import Collector
from mlflow_exporter.results import Evaluation

Exposed: TypeAlias = Callable[[Collector[Any], object], str]


def test_looks_as_it_did(evaluation: Evaluation, exposed: Exposed, golden: Callable[[str], str]) -> None:
    """An evaluation with everything gives exactly the golden file."""
    assert exposed(COLLECTOR, evaluation) == golden("dataset")


def test_what_was_not_asked_for_is_absent(evaluation: Evaluation, exposed: Exposed) -> None:
    """Without tests of whole rows there is no family at all."""
    window = replace(evaluation.windows[0], dataset_drift=(), outlier_ratio=None)
    assert "ml_" not in exposed(COLLECTOR, replace(evaluation, windows=(window,)))
