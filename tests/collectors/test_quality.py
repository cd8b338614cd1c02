"""What one evaluation makes on /metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from mlflow_exporter.collectors.family import Collector
from mlflow_exporter.collectors.quality import COLLECTOR
from mlflow_exporter.results import Evaluation

Exposed: TypeAlias = Callable[[Collector[Any], object], str]


def test_looks_as_it_did(evaluation: Evaluation, exposed: Exposed, golden: Callable[[str], str]) -> None:
    """An evaluation with everything gives exactly the golden file."""
    assert exposed(COLLECTOR, evaluation) == golden("quality")


def test_categorical_columns_have_no_mean(evaluation: Evaluation, exposed: Exposed) -> None:
    """What a column cannot have is absent."""
    text = exposed(COLLECTOR, evaluation)
    assert 'ml_column_mean{column="age"' in text
    assert 'ml_column_mean{column="city"' not in text


def test_rejected_rows_are_told_of_a_model_that_is_not_known(evaluation: Evaluation, exposed: Exposed) -> None:
    """Rejections count even while the registry has not answered."""
    text = exposed(COLLECTOR, replace(evaluation, description=None))
    assert 'ml_rows_rejected_total{model="churn",reason="malformed"} 3.0' in text
