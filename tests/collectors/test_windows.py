"""What one evaluation makes on /metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from mlflow_exporter.collectors.family import Collector
from mlflow_exporter.collectors.windows import COLLECTOR
from mlflow_exporter.results import Evaluation

Exposed: TypeAlias = Callable[[Collector[Any], object], str]


def test_looks_as_it_did(evaluation: Evaluation, exposed: Exposed, golden: Callable[[str], str]) -> None:
    """An evaluation with everything gives exactly the golden file."""
    assert exposed(COLLECTOR, evaluation) == golden("windows")


def test_says_nothing_of_a_version_that_is_not_known(evaluation: Evaluation) -> None:
    """Without a description there is no version, hence no sample."""
    assert not list(COLLECTOR.collect(replace(evaluation, description=None)))


def test_leaves_out_what_is_absent(evaluation: Evaluation, exposed: Exposed) -> None:
    """A window without bounds or labels has no sample for them, rather than a 0."""
    window = replace(evaluation.windows[0], start=None, end=None, labelled_rows=None, label_coverage_ratio=None)
    text = exposed(COLLECTOR, replace(evaluation, windows=(window,), last_prediction_at=None))
    assert "timestamp_seconds" not in text
    assert "ml_label_coverage_ratio" not in text
    assert "ml_labelled_rows" not in text
    assert 'ml_window_rows{model="churn",version="3",window="1h"} 100.0' in text
