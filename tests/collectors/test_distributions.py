"""What one evaluation makes on /metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from mlflow_exporter.collectors.distributions import COLLECTOR
from mlflow_exporter.collectors.exposition import Exposition
from mlflow_exporter.collectors.family import Collector
from mlflow_exporter.results import Evaluation

Exposed: TypeAlias = Callable[[Collector[Any], object], str]


def test_looks_as_it_did(evaluation: Evaluation, exposed: Exposed, golden: Callable[[str], str]) -> None:
    """An evaluation with everything gives exactly the golden file."""
    assert exposed(COLLECTOR, evaluation) == golden("distributions")


def test_is_there_only_where_it_is_asked_for(evaluation: Evaluation) -> None:
    """The collector is optional: an exposition has it for the models that name it."""
    exposition = Exposition(collectors=[COLLECTOR])
    exposition.publish(evaluation)
    assert b"ml_column_distribution_ratio" not in b"".join(exposition.render())
    exposition.publish(evaluation, optional=("distributions",))
    assert b"ml_column_distribution_ratio" in b"".join(exposition.render())
