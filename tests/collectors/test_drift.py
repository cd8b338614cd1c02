"""What one evaluation makes on /metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from mlflow_exporter.collectors.drift import COLLECTOR, DETECTED, DRIFTED_COLUMNS
from mlflow_exporter.collectors.family import Collector
from mlflow_exporter.results import Evaluation

Exposed: TypeAlias = Callable[[Collector[Any], object], str]


def test_looks_as_it_did(evaluation: Evaluation, exposed: Exposed, golden: Callable[[str], str]) -> None:
    """An evaluation with everything gives exactly the golden file."""
    assert exposed(COLLECTOR, evaluation) == golden("drift")


def test_the_verdict_is_of_the_deciding_test_and_strict(evaluation: Evaluation) -> None:
    """One verdict a column, from its deciding test: a score that equals its threshold is no drift."""
    verdicts = {s.labels[3]: s.value for s in COLLECTOR.collect(evaluation) if s.family is DETECTED}
    assert verdicts == {"age": True, "city": False, "prediction": False}


def test_the_share_of_drifted_columns_is_of_features_only(evaluation: Evaluation) -> None:
    """Of two features one drifted, whatever the prediction does."""
    shares = [sample.value for sample in COLLECTOR.collect(evaluation) if sample.family is DRIFTED_COLUMNS]
    assert shares == [0.5]
