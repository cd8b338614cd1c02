"""The labels that families share."""

from __future__ import annotations

from dataclasses import replace

from mlflow_exporter.collectors.labels import by_window, quantile
from mlflow_exporter.results import Evaluation


def test_windows_carry_the_version_that_was_evaluated(evaluation: Evaluation) -> None:
    """The labels come from the description's key, and there are none without it."""
    assert [labels for labels, _ in by_window(evaluation)] == [("churn", "3", "1h")]
    assert not list(by_window(replace(evaluation, description=None)))


def test_quantiles_are_written_as_openmetrics_writes_numbers() -> None:
    """A rank of 1 is `1.0`: OpenMetrics' canonical form."""
    assert quantile(1) == "1.0"
