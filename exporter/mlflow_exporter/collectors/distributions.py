"""Shares of each column's values by bin, window and baseline: many series, so only where they are asked for."""

from __future__ import annotations

from collections.abc import Iterator

from mlflow_exporter.collectors.family import Collector, Family, Importance, Sample
from mlflow_exporter.collectors.labels import COLUMN, by_window
from mlflow_exporter.domain import Role
from mlflow_exporter.results import Distribution, Evaluation

SHARE = Family(
    "ml_column_distribution_ratio",
    "Share of a feature's values in each bin, of the window and of the baseline (origin); opt-in.",
    (*COLUMN, "bin", "origin"),
    importance=Importance.DETAIL,
)


def collect(evaluation: Evaluation) -> Iterator[Sample]:
    """Samples of one model's evaluation."""
    for labels, window in by_window(evaluation):
        for distribution in window.distributions:
            if distribution.role is Role.FEATURE:
                yield from _bins((*labels, distribution.column), distribution)


def _bins(labels: tuple[str, ...], distribution: Distribution) -> Iterator[Sample]:
    shares = zip(distribution.bins, distribution.window, distribution.baseline, strict=True)
    for name, window, baseline in shares:
        yield SHARE.sample((*labels, name, "window"), window)
        yield SHARE.sample((*labels, name, "baseline"), baseline)


COLLECTOR = Collector("distributions", Evaluation, (SHARE,), collect, optional=True)
