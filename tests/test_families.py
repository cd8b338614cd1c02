"""What the documents promise is what a running exporter serves."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from flask.testing import FlaskClient
from mlflow import MlflowClient

from mlflow_exporter.app import Application
from mlflow_exporter.collectors.reference import SERVING
from mlflow_exporter.host import host
from mlflow_exporter.web.application import create_app

ROOT = Path(__file__).parents[1]
ROWS = 2_000
TOKEN = "s3cret"
CONFIGURATION = """
mlflow: {{tracking_uri: "{mlflow}", timeout: 60s}}
state: {{url: "sqlite:///state.db"}}
evaluation: {{interval: 200ms}}
alerting:
  token_file: token
  actions: [{{name: tell, kind: command, match: ['alertname=~".+"'], command: [/bin/true]}}]
models:
  - name: churn
    version: "@champion"
    baseline: {{data: {{source: files, path: reference.csv}}}}
    predictions:
      source: files
      path: log.csv
      columns: {{id: id, timestamp: ts, prediction: answer, probabilities: {{"0": p0, "1": p1}}, latency: seconds}}
    labels: {{source: files, path: labels.csv, columns: {{id: id, label: truth, timestamp: told}}}}
    windows: [24h, 10m] # the newest row is older than ten minutes
    segments: [city]
    distributions: true
    drift: {{dataset: [pca_reconstruction]}}
    performance: {{thresholds: {{accuracy: {{min: 0.5}}}}}}
"""


def documented() -> set[str]:
    """The name of every family of the exporter in the reference."""
    text, _, _ = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8").partition(SERVING)
    return set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))


def exposed(client: FlaskClient) -> set[str]:
    """The names of the samples on /metrics."""
    lines = client.get("/metrics").text.splitlines()
    return {re.split(r"[{ ]", line)[0] for line in lines if not line.startswith("#")}


def rows(seed: int) -> pd.DataFrame:
    """Rows of a classifier that is right most of the time."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, ROWS))
    p1 = (1 / (1 + np.exp(-x))).round(6)
    city = rng.choice(["Bonn", "Köln"], ROWS)
    columns = {"x": x, "y": x + y, "city": city, "answer": (p1 > 0.5).astype(int), "p0": (1 - p1).round(6), "p1": p1}
    return pd.DataFrame({**columns, "truth": (rng.random(ROWS) < p1).astype(int)})


@pytest.fixture
def configured(tmp_path: Path) -> Path:
    """A registered model that has everything, and the configuration that looks at all of it."""
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    client = MlflowClient(uri)
    run = client.create_run(client.create_experiment("churn", str(tmp_path / "artifacts"))).info.run_id
    client.log_metric(run, "training_score", 0.9)
    client.create_registered_model("churn")
    version = client.create_model_version("churn", f"runs:/{run}/model", run)
    client.set_registered_model_alias("churn", "champion", version.version)

    rows(1).to_csv(tmp_path / "reference.csv", index=False)
    times = time.time() - np.linspace(7_200, 3_600, ROWS)
    log = rows(2).assign(id=[f"r{i}" for i in range(ROWS)], ts=times, seconds=0.02, told=times + 60)
    log[["id", "truth", "told"]].to_csv(tmp_path / "labels.csv", index=False)
    text = log.drop(columns=["truth", "told"]).to_csv(index=False)
    (tmp_path / "log.csv").write_text(text + "one,field,too,many" * 9 + "\n", encoding="utf-8")
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "config.yml").write_text(CONFIGURATION.format(mlflow=uri), encoding="utf-8")
    return tmp_path / "config.yml"


@pytest.fixture(autouse=True)
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine has a GPU."""
    nvml = SimpleNamespace(
        NVMLError=RuntimeError,
        nvmlDeviceGetCount=lambda: 1,
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetUtilizationRates=lambda _: SimpleNamespace(gpu=50),
        nvmlDeviceGetMemoryInfo=lambda _: SimpleNamespace(used=1, total=2),
    )
    monkeypatch.setattr(host, "initialised_nvml", lambda: nvml)


def test_every_documented_family_is_served_and_none_else(configured: Path, wait_until: Callable[..., Any]) -> None:
    """A model with everything, a registry, a GPU and an alert: /metrics has each family of docs/metrics.md."""
    application = Application(configured)
    client = create_app(application).test_client()
    application.start()
    try:
        assert (
            client.post("/api/v1/alerts", json=alert(), headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
        )
        missing: set[str] = set()

        def is_whole() -> bool:
            missing.clear()
            missing.update(documented() - exposed(client))
            return not missing

        try:
            wait_until(is_whole, timeout=60)
        except pytest.fail.Exception:
            pytest.fail(f"documented and not served: {sorted(missing)}")
        others = exposed(client) - documented()
    finally:
        application.stop()
    assert {name for name in others if not name.startswith(("process_", "python_"))} == set()


def alert() -> dict[str, Any]:
    """What Alertmanager sends of one firing alert (prometheus.io/docs/alerting, webhook_config, version 4)."""
    labels = {"alertname": "ModelDrift", "severity": "warning", "model": "churn", "version": "1"}
    one = {
        "status": "firing",
        "labels": labels,
        "annotations": {},
        "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "",
        "fingerprint": "00f1",
    }
    common = {"groupLabels": {}, "commonLabels": labels, "commonAnnotations": {}, "externalURL": ""}
    whole = {"version": "4", "groupKey": "{}", "truncatedAlerts": 0, "status": "firing", "receiver": "exporter"}
    return {**whole, **common, "alerts": [one]}
