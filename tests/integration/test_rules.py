"""Every rule, evaluated by a real Prometheus on what pairs of exporters and replicas of model servers say."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from prometheus_client import CollectorRegistry, start_http_server
from tests.integration.rows import COLUMNS, rows, write
from tests.integration.stack import Prometheus, exporter, prometheus

from mlflow_exporter.instrument import FeatureBins, Monitor
from mlflow_exporter.instrument.bins import ColumnBins

# Each model with every kind of bound; both windows hold all rows.
CONFIGURATION = {
    # Port 9 (discard): refused at once.
    "mlflow": {"tracking_uri": "http://127.0.0.1:9", "timeout": "1s"},
    "evaluation": {"interval": "1s"},
    "models": [
        {
            "name": name,
            "version": 1,
            "baseline": {"data": {"source": "files", "path": "reference.csv"}},
            "predictions": {
                "source": "files",
                "path": "log-*.csv",
                "columns": {"id": "id", "timestamp": "ts", **COLUMNS},
            },
            "windows": ["1h", "24h"],
            "segments": ["region"],
            "drift": {"dataset": ["pca_reconstruction"]},
            "performance": {"thresholds": {"accuracy": {"min": 0.8, "max": 1, "max_drop": 0.05}, "f1": {"min": 0.8}}},
        }
        for name in ("churn", "credit-limit")
    ],
}

# What the rows, the servers and the missing MLflow are made to raise.
RAISED = {
    "DriftAboveThreshold",
    "ErrorBudgetBurn",
    "FeatureDrift",
    "MissingValues",
    "MlflowDown",
    "ModelServerDown",
    "OnlineFeatureDrift",
    "PerformanceBelowThreshold",
    "PerformanceDropped",
    "PredictionLatencyHigh",
    "RowsRejected",
    "UnseenCategories",
}


def logged(count: int, *, seed: int) -> pa.Table:
    """Rows of now that have drifted, with missing values, an unseen region, slow answers, and some of no time."""
    table = rows(count, seed=seed, shift=1.0, wrong=0.4)
    each = np.arange(count)
    ages = pa.array(table["age"].to_numpy(), mask=each % 5 == 0)
    regions = pa.array(np.where(each % 10 == 0, "east", table["region"].to_numpy(zero_copy_only=False)))
    times = pa.array(np.full(count, time.time()), mask=each % 20 == 0)
    columns = {
        "age": ages,
        "region": regions,
        "seconds": pa.array(np.ones(count)),
        "ts": times,
        "id": pa.array([f"{seed}-{i}" for i in each]),
    }
    return pa.table({name: table[name] for name in table.column_names} | columns)


class Replica:
    """A server of versions 1 and 2 of churn, which counts its inputs in bins."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        bins = FeatureBins((ColumnBins("age", ("young", "old", "missing", "other"), (0.5, 0.5, 0, 0), (40.0,)),))
        options: dict[str, Any] = {"bins": bins, "classes": ("no", "yes"), "registry": self.registry}
        self.monitors = [Monitor("churn", version, **options) for version in (1, 2)]

    def call(self) -> None:
        """Each version answers one request, and fails at another."""
        for monitor in self.monitors:
            with monitor.monitored() as made:
                made.inputs([{"age": 60.0}])
                made.outputs(["yes"], probabilities=[[0.1, 0.9]])
            with monitor.monitored() as made:
                made.fail("ValueError")


@contextmanager
def served(replica: Replica, port: int) -> Iterator[str]:
    """The replica's metrics, at an address."""
    server, serving = start_http_server(port, "127.0.0.1", replica.registry)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.shutdown()
        server.server_close()
        serving.join()


@pytest.mark.slow
def test_every_rule_is_evaluated_without_error(
    prometheus_binary: str, tmp_path: Path, free_port: Callable[[], int], wait_until: Callable[..., Any]
) -> None:
    """Series of two instances never collide, every recorded series is there, and alerts say all that they mean to."""
    write(rows(2_000, seed=1), tmp_path / "reference.csv")
    write(logged(1_000, seed=2), tmp_path / "log-1.csv")
    replicas = [Replica(), Replica()]
    with ExitStack() as running:
        servers = [running.enter_context(served(replica, free_port())) for replica in replicas]
        port, own = free_port(), free_port()
        running.enter_context(exporter(tmp_path, f"127.0.0.1:{port}", CONFIGURATION))
        # One exporter under two names is a pair; nothing listens on port 9.
        pair = {'"exporter:10045"': f'"127.0.0.1:{port}", "localhost:{port}"', "alertmanager:9093": "127.0.0.1:9"}
        every = (*servers, "127.0.0.1:9")
        watching = running.enter_context(prometheus(prometheus_binary, tmp_path, f"127.0.0.1:{own}", pair, every))
        wait_until(lambda: watching.series('count(ml_exporter_rows_read_total{source="predictions"}) == 4'), timeout=60)
        write(logged(1_000, seed=3), tmp_path / "log-2.csv")

        def everything_is_told() -> bool:
            for replica in replicas:
                replica.call()
            assert failed(watching) == {}
            return raised(watching) == RAISED and not missing(watching)

        wait_until(everything_is_told, timeout=60)
        assert gaps(watching) == []
        assert [line for line in watching.complaints() if "component=notifier" not in line] == []


def raised(watching: Prometheus) -> set[str]:
    """The names of the alerts that fire; those on this machine say nothing of the rows."""
    names = {alert["labels"]["alertname"] for alert in watching.alerts()}
    return {name for name in names if not name.startswith("Host")}


def missing(watching: Prometheus) -> set[str]:
    """The recorded series that there are none of."""
    recorded = {rule["name"] for rule in evaluated(watching) if rule["type"] == "recording"}
    return recorded - set(watching.ask("label/__name__/values"))


def evaluated(watching: Prometheus) -> list[dict[str, Any]]:
    """Every rule, as Prometheus tells of it."""
    return [rule for group in watching.ask("rules")["groups"] for rule in group["rules"]]


def failed(watching: Prometheus) -> dict[str, str]:
    """The rules that could not be evaluated, and why."""
    return {rule["name"]: rule["lastError"] for rule in evaluated(watching) if rule.get("lastError")}


def gaps(watching: Prometheus) -> list[str]:
    """The texts of alerts in which something is left open."""
    said = [text for alert in watching.alerts() for text in alert["annotations"].values()]
    return [
        text for text in said if re.search(r"<no value>|error expanding|[( ](\)|[.,;:])|(is|threshold|of) in the", text)
    ]
