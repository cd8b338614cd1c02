from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from mlflow_exporter.instrument import FeatureBins, Monitor, PredictionLog
from mlflow_exporter.instrument.bins import ColumnBins

BINS = FeatureBins((ColumnBins("age", ("<40", ">=40", "missing", "other"), (0.5, 0.4, 0.1, 0.0), (40.0,)),))


def test_what_is_answered_is_logged(logged: Monitor, rows_in: Callable[..., Any]) -> None:
    """A row has its identifiers, its time, its answer and its features."""
    with logged.monitored("r1") as call:
        call.inputs({"age": 44, "region": "north"})
        call.outputs({"no": 0.25, "yes": 0.75})
    assert logged.log is not None
    assert logged.log.flush(10)
    (row,) = rows_in(logged.log.folder / "churn" / "3")
    assert row.pop("timestamp") > 1.7e9
    assert 0 <= row.pop("latency_seconds") < 1
    assert row == {
        "request_id": "r1",
        "model": "churn",
        "version": "3",
        "prediction": "yes",
        "probability_no": 0.25,
        "probability_yes": 0.75,
        "age": 44,
        "region": "north",
    }


def test_what_failed_is_not_logged(logged: Monitor, rows_in: Callable[..., Any]) -> None:
    """There is no answer to compare with a label."""
    with pytest.raises(ZeroDivisionError):
        logged(lambda row: row["age"] / 0)({"age": 44})
    assert logged.log is not None
    assert logged.log.flush(10)
    assert rows_in(logged.log.folder) == []


def test_inputs_are_counted_in_bins(registry: CollectorRegistry, value: Callable[..., float]) -> None:
    """Each row is in one bin of each feature, and the baseline's shares stand beside."""
    monitor = Monitor("churn", 3, bins=BINS, registry=registry)
    with monitor.monitored() as call:
        call.inputs([{"age": 30}, {"age": 40}, {}, {"age": "old"}])
    assert [value("ml_feature_bin_total", column="age", bin=name) for name in BINS.columns[0].names] == [1, 1, 1, 1]
    assert value("ml_feature_bin_baseline_ratio", column="age", bin=">=40") == 0.4


def test_columns_without_a_name_are_the_bins(registry: CollectorRegistry, value: Callable[..., float]) -> None:
    """An array has the features of the baseline, in their order."""
    monitor = Monitor("churn", 3, bins=BINS, registry=registry)
    with monitor.monitored() as call:
        call.inputs(np.array([[50.0], [20.0], [np.nan]]))
    assert value("ml_feature_bin_total", column="age", bin=">=40") == 1
    assert value("ml_feature_bin_total", column="age", bin="missing") == 1


def test_loading_is_timed_where_it_succeeds(monitor: Monitor, value: Callable[..., float]) -> None:
    """A model that could not be loaded has no load time."""
    with pytest.raises(OSError, match="gone"), monitor.loading():
        raise OSError("gone")
    assert value("ml_model_load_seconds") == 0
    with monitor.loading():
        pass
    assert 0 < value("ml_model_load_seconds") < 1


def test_a_health_check_is_timed_in_any_case(monitor: Monitor, value: Callable[..., float]) -> None:
    """One that fails after a timeout shows how long that was."""
    with pytest.raises(OSError, match="gone"), monitor.health_check():
        raise OSError("gone")
    assert 0 < value("ml_health_check_seconds") < 1


def test_a_log_that_is_closed_drops_and_counts(
    tmp_path: Path, registry: CollectorRegistry, value: Callable[..., float]
) -> None:
    """A server that is going down still answers."""
    log = PredictionLog(tmp_path)
    log.close()
    monitor = Monitor("churn", 3, log=log, registry=registry)
    with monitor.monitored() as call:
        call.outputs([1, 0])
    assert value("ml_prediction_log_dropped_total") == 2
    assert value("ml_predictions_total") == 1


@pytest.mark.parametrize("stage", ("metrics", "inputs", "bins", "outputs", "log"))
def test_a_fault_at_any_stage_changes_no_prediction(
    registry: CollectorRegistry,
    value: Callable[..., float],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
) -> None:
    """The answer is returned, the error counted under its stage, and the call no longer in progress."""
    log = PredictionLog(tmp_path)
    monitor = Monitor("churn", 3, log=log, bins=BINS, registry=registry)

    def boom(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("boom")

    target, name = {
        "metrics": (monitor._meters, "answered"),
        "inputs": (monitor, "_take"),
        "bins": (monitor._bins, "count"),
        "outputs": (monitor, "_answered"),
        "log": (log, "put"),
    }[stage]
    monkeypatch.setattr(target, name, boom)
    assert monitor(lambda row: "yes")({"age": 44}) == "yes"
    assert value("ml_instrument_errors_total", stage=stage) == 1
    assert value("ml_predictions_total") == 1
    assert value("ml_predictions_in_progress") == 0
    log.close()
