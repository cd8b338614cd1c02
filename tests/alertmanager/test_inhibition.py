"""Which alerts silence which, in a real Alertmanager with the configuration as it is."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CONFIGURATION = Path(__file__).parents[2] / "alertmanager" / "alertmanager.yml"

CHURN = {"job": "mlflow-exporter", "model": "churn", "version": "3", "window": "24h"}
SERVED = {"job": "model-servers", "model": "churn", "version": "3"}
EXPORTER = {"job": "mlflow-exporter", "instance": "exporter:10045"}
DOWN = {"alertname": "ExporterDown", "severity": "critical", "subject": "exporter", **EXPORTER}
BELOW = {"alertname": "PerformanceBelowThreshold", "severity": "critical", "subject": "performance", **CHURN}
DROPPED = {"alertname": "PerformanceDropped", "severity": "warning", "subject": "performance", **CHURN}
BURN = {"alertname": "ErrorBudgetBurn", "subject": "errors", **SERVED}
DATASET = {"alertname": "DatasetDrift", "severity": "warning", "subject": "drift", **CHURN}
FEATURE = {"alertname": "FeatureDrift", "severity": "warning", "subject": "drift", "column": "age", **CHURN}
MLFLOW = {"alertname": "MlflowDown", "severity": "warning", "subject": "exporter", **EXPORTER}
DELIVERY = {"alertname": "AlertDeliveryFailing", "severity": "critical", "subject": "alerting", "job": "alertmanager"}

CASES = {
    "critical over warning": (BELOW, DROPPED, True),
    "critical over warning, another model": (BELOW, {**DROPPED, "model": "fraud"}, False),
    "critical over warning, another window": (BELOW, {**DROPPED, "window": "1h"}, False),
    "fast burn over slow burn": (
        {**BURN, "severity": "critical", "long": "1h", "short": "5m"},
        {**BURN, "severity": "warning", "long": "3d", "short": "6h"},
        True,
    ),
    "errors do not hide latency": (
        {**BURN, "severity": "critical"},
        {**BURN, "severity": "warning", "alertname": "LatencyBudgetBurn", "subject": "latency"},
        False,
    ),
    "many columns, actions still learn of each": (DATASET, FEATURE, False),
    "exporter down over its own": (DOWN, {**MLFLOW, "severity": "critical"}, True),
    "exporter down, another instance": (DOWN, {**MLFLOW, "instance": "exporter-2:10045"}, False),
    "exporter down over what it says of models": (DOWN, {**CHURN, "alertname": "DataStale"}, True),
    "exporter down, performance is still told": (DOWN, BELOW, False),
    "exporter down over its webhook": (DOWN, {**DELIVERY, "integration": "webhook"}, True),
    "exporter down, e-mail is still told": (DOWN, {**DELIVERY, "integration": "email"}, False),
}


@pytest.fixture(scope="module")
def alertmanager(
    tmp_path_factory: pytest.TempPathFactory,
    alertmanager_binary: str,
    free_port: Callable[[], int],
    wait_until: Callable[..., Any],
) -> Iterator[str]:
    """The address of an Alertmanager; its receivers are names that do not resolve, and are not waited for."""
    address = f"127.0.0.1:{free_port()}"
    options = [f"--config.file={CONFIGURATION}", f"--storage.path={tmp_path_factory.mktemp('alertmanager')}"]
    listen = [f"--web.listen-address={address}", "--cluster.listen-address="]
    with subprocess.Popen([alertmanager_binary, *options, *listen], stderr=subprocess.DEVNULL) as server:
        try:
            wait_until(lambda: answer(f"http://{address}/-/ready") is not None, timeout=30)
            yield f"http://{address}"
        finally:
            server.kill()


def answer(url: str, body: Any = None) -> bytes | None:
    """What the server answers; None where it does not."""
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return bytes(response.read())
    except urllib.error.URLError:
        return None


@pytest.mark.parametrize("case", CASES)
def test_alerts_silence_their_consequences_only(case: str, alertmanager: str, wait_until: Callable[..., Any]) -> None:
    """What a louder alert says already, or explains, is silenced; nothing else is."""
    source, target, silenced = CASES[case]
    # Alertmanager takes alerts in one after the other: when these two are through, so are those before them.
    loud, quiet = ({"alertname": "Last", "subject": case, "severity": severity} for severity in ("critical", "warning"))
    mine = [{"labels": labels} for labels in (source, target, loud, quiet)]
    assert answer(f"{alertmanager}/api/v2/alerts", mine) is not None
    wait_until(lambda: states(alertmanager, quiet) == [True])

    assert states(alertmanager, source, target) == [False, silenced]
    ended = [{**alert, "endsAt": "2020-01-01T00:00:00Z"} for alert in mine]
    assert answer(f"{alertmanager}/api/v2/alerts", ended) is not None
    wait_until(lambda: states(alertmanager, source) is None)


def states(alertmanager: str, *wanted: dict[str, str]) -> list[bool] | None:
    """Whether each of the active alerts is inhibited; None where one is not known."""
    known = json.loads(answer(f"{alertmanager}/api/v2/alerts") or b"[]")
    found = {json.dumps(alert["labels"], sort_keys=True): bool(alert["status"]["inhibitedBy"]) for alert in known}
    asked = [found.get(json.dumps(labels, sort_keys=True)) for labels in wanted]
    return None if None in asked else [bool(state) for state in asked]
