from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry

from mlflow_exporter.instrument.bins import ColumnBins, FeatureBins
from mlflow_exporter.instrument.counting import BinCounts
from mlflow_exporter.instrument.families import bind
from mlflow_exporter.instrument.faults import Faults
from mlflow_exporter.instrument.inputs import read_inputs

NUMBER = ColumnBins("x", ("a", "b", "c", "d", "missing", "other"), (0.25, 0.25, 0.25, 0.25, 0.0, 0.0), (-1.0, 0.0, 2.5))
REGION = ColumnBins(
    "region", ("n", "1", "true", "missing", "other"), (0.5, 0.5, 0, 0, 0), categories=("n", "1", "true")
)


@pytest.fixture
def counts(registry: CollectorRegistry) -> BinCounts:
    """Counts of churn, version 3."""
    faults = Faults("churn/3", lambda stage: None)
    return BinCounts(FeatureBins((NUMBER, REGION)), bind(registry), ("churn", "3"), faults)


def test_a_scrape_sees_every_row(counts: BinCounts, value: Callable[..., float]) -> None:
    """What is waiting in the lists is added to the metrics before they are collected, and once."""
    counts.count(read_inputs([{"x": 1, "region": "n"}, {"x": 9}]))
    counts.count(read_inputs({"x": 1}))
    for _ in range(2):
        assert value("ml_feature_bin_total", column="x", bin="c") == 2
        assert value("ml_feature_bin_total", column="region", bin="missing") == 2


def test_a_forked_process_counts_from_nothing(
    counts: BinCounts, registry: CollectorRegistry, value: Callable[..., float]
) -> None:
    """What the parent has counted is the parent's to expose."""
    counts.count(read_inputs({"x": 1}))
    child = os.fork()
    if child == 0:
        counts.flush()
        found = registry.get_sample_value(
            "ml_feature_bin_total", {"model": "churn", "version": "3", "column": "x", "bin": "c"}
        )
        os._exit(int(found or 0))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert value("ml_feature_bin_total", column="x", bin="c") == 1
