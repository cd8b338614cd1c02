"""From a monitored model's prediction to the exporter's numbers, through the log."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry

from mlflow_exporter.instrument import Monitor, PredictionLog

LOG = {"source": "log", "path": "logs", "columns": {}}


def test_what_a_server_logs_is_evaluated(lab: Any, make_rows: Any) -> None:
    """Rows, labels joined by the request's identifier, latency and drift; and no row twice."""
    rows = make_rows(400, seed=3)
    with PredictionLog(lab.folder / "logs") as log:
        monitor = Monitor("churn", 1, log=log, registry=CollectorRegistry())
        with monitor.monitored() as call:
            call.inputs(rows[["age", "income", "kids", "region"]], ids=list(rows["request_id"]))
            call.outputs(rows["prediction"], probabilities=rows[["p0", "p1"]].to_numpy())
        assert log.flush(30)
        with monitor.monitored() as call:
            call.outputs({"0": 0.5, "1": 0.5})
    lab.append_labels(rows)
    now = log.folder.stat().st_mtime + 60
    settings = lab.labelled(predictions=LOG, windows=["1h"])
    (window,) = lab.evaluate(settings, now).windows
    assert window.rows == 401
    assert window.labelled_rows == 400
    assert "roc_auc" in {measured.name for measured in window.performance}
    (again,) = lab.evaluate(settings, now).windows
    assert again.rows == 401


def test_a_model_need_not_give_probabilities(lab: Any, make_rows: Any) -> None:
    """A log without probabilities is read as well; what needs them is not computed, and nothing is wrong."""
    rows = make_rows(300, seed=3)
    with PredictionLog(lab.folder / "logs") as log:
        with Monitor("churn", 1, log=log, registry=CollectorRegistry()).monitored() as call:
            call.inputs(rows[["age", "income", "kids", "region"]], ids=list(rows["request_id"]))
            call.outputs(rows["prediction"])
        assert log.flush(30)
    evaluation = lab.evaluate(lab.labelled(predictions=LOG, windows=["1h"]), log.folder.stat().st_mtime + 60)
    (window,) = evaluation.windows
    assert window.rows == 300
    assert not evaluation.rejected
    assert any(skipped.reason == "no_probabilities" for skipped in window.skipped)
