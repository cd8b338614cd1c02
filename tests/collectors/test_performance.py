"""What one evaluation makes on /metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from mlflow_exporter.collectors.family import Collector
from mlflow_exporter.collectors.performance import COLLECTOR, THRESHOLD
from mlflow_exporter.results import Bound, Evaluation

Exposed: TypeAlias = Callable[[Collector[Any], object], str]


def test_looks_as_it_did(evaluation: Evaluation, exposed: Exposed, golden: Callable[[str], str]) -> None:
    """An evaluation with everything gives exactly the golden file."""
    assert exposed(COLLECTOR, evaluation) == golden("performance")


def test_the_strictest_bound_of_a_side_decides(evaluation: Evaluation) -> None:
    """Of two minimums the larger, of two maximums the smaller is the threshold."""
    thresholds = {s.labels[2:]: s.value for s in COLLECTOR.collect(evaluation) if s.family is THRESHOLD}
    assert thresholds == {("accuracy", "min"): 0.85, ("log_loss", "max"): 0.6}


def test_a_metric_may_have_a_bound_on_each_side(evaluation: Evaluation) -> None:
    """A minimum and a maximum of one metric are two series."""
    assert evaluation.description is not None
    sides = tuple(Bound("mean_error", value, is_minimum=value < 0, origin="min") for value in (-5.0, 5.0))
    description = replace(evaluation.description, bounds=sides)
    samples = COLLECTOR.collect(replace(evaluation, description=description))
    assert [s.labels[3] for s in samples if s.family is THRESHOLD] == ["min", "max"]
