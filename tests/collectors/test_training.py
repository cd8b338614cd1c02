"""Training metrics on /metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mlflow_exporter.collectors.family import Collector
from mlflow_exporter.collectors.training import COLLECTOR
from mlflow_exporter.results import Evaluation


def test_looks_as_it_did(
    evaluation: Evaluation, exposed: Callable[[Collector[Any], object], str], golden: Callable[[str], str]
) -> None:
    """An evaluation gives exactly the golden file."""
    assert exposed(COLLECTOR, evaluation) == golden("training")


def test_says_nothing_of_a_version_that_is_not_known(evaluation: Evaluation) -> None:
    """Without a description there is no version, hence no sample."""
    assert not list(COLLECTOR.collect(replace(evaluation, description=None)))
