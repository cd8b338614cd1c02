"""The route that Prometheus scrapes."""

from __future__ import annotations

import gzip
import json
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from prometheus_client.openmetrics.parser import text_string_to_metric_families

PROMETHEUS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"


def test_a_browser_gets_text(client: FlaskClient) -> None:
    """Whoever does not ask for OpenMetrics gets the text format, uncompressed."""
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "Content-Encoding" not in answer.headers
    assert "ml_drift_detected{" in answer.text


def test_prometheus_gets_openmetrics_in_gzip(client: FlaskClient) -> None:
    """The headers that Prometheus sends give a body that it can parse, with a length and what it varies by."""
    answer = client.get("/metrics", headers={"Accept": PROMETHEUS, "Accept-Encoding": "gzip"})
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept, Accept-Encoding"
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    parsed = text_string_to_metric_families(gzip.decompress(answer.data).decode())  # type: ignore[no-untyped-call]
    assert {"ml_model", "ml_drift_score", "ml_exporter_series"} <= {family.name for family in parsed}


def test_gzip_that_is_refused_is_not_sent(client: FlaskClient) -> None:
    """A quality of 0 means no."""
    answer = client.get("/metrics", headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert "Content-Encoding" not in answer.headers


def test_a_real_prometheus_scrapes_the_real_server(
    server: str,
    odd_name: str,
    prometheus_binary: str,
    free_port: Callable[[], int],
    wait_until: Callable[..., Any],
    tmp_path: Path,
) -> None:
    """Over HTTP, negotiation included, and a name with every odd character comes back as it was."""
    port = free_port()
    jobs = [{"job_name": "t", "static_configs": [{"targets": [server.removeprefix("http://")]}]}]
    config = {"global": {"scrape_interval": "500ms", "scrape_timeout": "500ms"}, "scrape_configs": jobs}
    (tmp_path / "prometheus.yml").write_text(json.dumps(config))
    arguments = [f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data"]
    prometheus = subprocess.Popen(
        [prometheus_binary, *arguments, f"--web.listen-address=127.0.0.1:{port}"], stderr=subprocess.DEVNULL
    )
    try:
        models = wait_until(lambda: _models(port), timeout=30)
    finally:
        prometheus.terminate()
        prometheus.wait()
    assert models == {"churn", "credit-limit", "delivery-time", odd_name}


def _models(port: int) -> set[str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?query=ml_model_info", timeout=5) as answer:
            return {series["metric"]["model"] for series in json.load(answer)["data"]["result"]}
    except OSError:
        return set()
