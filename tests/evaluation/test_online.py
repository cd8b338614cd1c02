from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from prometheus_client import CollectorRegistry

from mlflow_exporter.domain import ModelKey, Task
from mlflow_exporter.engines.inference import Request
from mlflow_exporter.engines.local import LocalEngine
from mlflow_exporter.engines.plan import Parts
from mlflow_exporter.engines.reference import make_baseline
from mlflow_exporter.evaluation.baselines import bare_baseline
from mlflow_exporter.evaluation.online import MOST_BINS, feature_bins
from mlflow_exporter.instrument import FeatureBins, Monitor
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.sources.files import Files


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Features of every kind, with values that are missing or infinite."""
    rng, rows = np.random.default_rng(5), 3_000
    made = pd.DataFrame(
        {
            "age": rng.normal(40, 10, rows).round(1),
            "income": rng.lognormal(10, 1, rows),
            "kids": rng.integers(0, 5, rows),
            "vip": rng.random(rows) < 0.2,
            "constant": 7,
            "region": rng.choice(["n", "s", "missing"], rows),
            "city": rng.choice([f"city {i}" for i in range(40)], rows),
            "seen": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 9_999, rows), "s"),
            "label": rng.integers(0, 2, rows),
        }
    )
    made.loc[:99, "age"] = np.nan
    made.loc[:49, "region"] = None
    made.loc[:9, "income"] = np.inf
    return made


@pytest.fixture(scope="module")
def baseline(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Baseline:
    """The baseline of the frame."""
    path, engine = tmp_path_factory.mktemp("reference") / "reference.parquet", LocalEngine(1)
    frame.to_parquet(path)
    request = Request(Parts("", label="label"), Task.CLASSIFICATION)
    return make_baseline(Files(str(path), mode="snapshot"), request, engine, 0.0).baseline


def test_every_feature_but_times_has_at_most_twenty_bins(baseline: Baseline) -> None:
    """Neither the label nor what has no value in common with anything tomorrow."""
    bins = feature_bins(baseline)
    assert sorted(bins.names) == ["age", "city", "constant", "income", "kids", "region", "vip"]
    assert max(len(column.names) for column in bins.columns) == MOST_BINS
    assert all(sum(column.shares) == pytest.approx(1) for column in bins.columns)


@pytest.mark.parametrize("form", ("frame", "records"))
def test_the_shares_are_what_a_server_counts_of_the_same_rows(
    baseline: Baseline, frame: pd.DataFrame, tmp_path: Path, form: str
) -> None:
    """The reference rows, sent through a server with the file, come out as the baseline's own shares."""
    path, registry = tmp_path / "bins.json", CollectorRegistry()
    path.write_text(feature_bins(baseline).text())
    bins = FeatureBins.load(path)
    monitor = Monitor("churn", 3, bins=bins, registry=registry)
    given: Any = frame if form == "frame" else frame.to_dict("records")
    with monitor.monitored() as call:
        call.inputs(given)
    for column in bins.columns:
        key = {"model": "churn", "version": "3", "column": column.column}
        counted = [
            registry.get_sample_value("ml_feature_bin_total", {**key, "bin": name}) or 0 for name in column.names
        ]
        assert np.array(counted) / len(frame) == pytest.approx(column.shares), column.column


def test_a_baseline_without_rows_has_no_bins(lab: Any) -> None:
    """There is nothing to compare with."""
    assert feature_bins(bare_baseline(lab.settings(), ModelKey("churn", "1"))).columns == ()
