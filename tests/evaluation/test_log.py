"""From a monitored model's prediction to the exporter's numbers, through the log."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry

from mlflow_exporter.instrument import Monitor, PredictionLog

LOG = {
    "source": "log",
    "path": "logs",
    "columns": {"probabilities": {"0": "probability_0", "1": "probability_1"}},
}


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
    (again,) = lab.evaluate(settings, now).windows
    assert again.rows == 401
