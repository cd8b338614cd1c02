"""What one evaluation makes on /metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from mlflow_exporter.collectors.evaluations import COLLECTOR
from mlflow_exporter.collectors.family import Collector
from mlflow_exporter.results import Evaluation

Exposed: TypeAlias = Callable[[Collector[Any], object], str]


def test_looks_as_it_did(evaluation: Evaluation, exposed: Exposed, golden: Callable[[str], str]) -> None:
    """An evaluation with everything gives exactly the golden file."""
    assert exposed(COLLECTOR, evaluation) == golden("evaluations")


def test_a_failure_is_told_of_a_model_that_is_not_known(exposed: Exposed) -> None:
    """A model that never succeeded has success 0 and no time of success."""
    text = exposed(COLLECTOR, Evaluation("fraud", finished_at=1.0, success=False))
    assert 'ml_exporter_evaluation_success{model="fraud"} 0.0' in text
    assert "last_success" not in text
