"""The whole exposition: parsed, linted, scraped."""

from __future__ import annotations

import gzip
import json
import subprocess
import threading
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from mlflow_exporter.collectors.exporter import ExporterStatus
from mlflow_exporter.collectors.exposition import Exposition
from mlflow_exporter.collectors.rendering import Format
from mlflow_exporter.host.reading import HostReading
from mlflow_exporter.registry.snapshot import RegisteredModel, RegistrySnapshot
from mlflow_exporter.results import Evaluation

PARSERS: dict[Format, Callable[[str], Iterable[Metric]]] = {
    Format.TEXT: parse_text,
    Format.OPENMETRICS: parse_openmetrics,
}


def text(exposition: Exposition, style: Format = Format.TEXT) -> str:
    return b"".join(exposition.render(style)).decode()


@pytest.fixture
def complete(exposition: Exposition, evaluation: Evaluation) -> Exposition:
    """An exposition with everything that a running exporter has."""
    process = CollectorRegistry()
    ProcessCollector(registry=process)
    PlatformCollector(registry=process)
    made = Exposition([ExporterStatus, lambda: HostReading(0.5, 0.5, 0.5, {"/": 0.5})], process)
    made.publish(evaluation, optional=("distributions",))
    made.publish(Evaluation("fraud", 1.0, success=False))
    made.publish_shared(RegistrySnapshot({"churn": RegisteredModel("churn")}, 1.0))
    return made


@pytest.mark.parametrize("style", Format)
def test_parses_without_a_duplicate(complete: Exposition, style: Format) -> None:
    """The client's parsers read it; every series and every family is there once."""
    families = list(PARSERS[style](text(complete, style)))
    series = Counter((s.name, *sorted(s.labels.items())) for family in families for s in family.samples)
    assert max(series.values()) == 1
    assert max(Counter(family.name for family in families).values()) == 1


def test_both_formats_have_the_same_series(complete: Exposition) -> None:
    """Text and OpenMetrics differ in headers, never in samples, but for the process's own that move."""
    lines = [[line for line in text(complete, style).splitlines() if line.startswith("ml_")] for style in Format]
    assert lines[0] == lines[1]


@pytest.mark.parametrize("style", Format)
def test_gzip_has_the_same_bytes(exposition: Exposition, style: Format) -> None:
    """Compressed and plain are the same exposition."""
    packed = b"".join(exposition.render(style, gzip=True))
    assert gzip.decompress(packed) == b"".join(exposition.render(style))


def test_lines_of_a_family_stand_together(exposition: Exposition) -> None:
    """Families of many models are one group with one HELP and TYPE."""
    rendered = text(exposition)
    assert rendered.count("# TYPE ml_window_rows gauge") == 1
    after = rendered.split("# TYPE ml_window_rows gauge\n")[1].splitlines()
    assert [line.startswith("ml_window_rows{") for line in after[:3]] == [True, True, False]


def test_a_newer_evaluation_replaces_the_older(exposition: Exposition, evaluation: Evaluation) -> None:
    """What a model no longer has is gone, with no cleaning up."""
    assert 'segment="city=Bonn"' in text(exposition)
    for name in (evaluation.name, 'π "quoted" \\ {x="1"}\nnext'):
        exposition.publish(Evaluation(name, 2.0, success=False))
    assert "city=Bonn" not in text(exposition)


def test_a_removed_model_vanishes(exposition: Exposition) -> None:
    """After a reload only the models that are left are exposed, and what is shared stays."""
    exposition.publish_shared(RegistrySnapshot({}, 1.0))
    exposition.retain({"churn"})
    rendered = text(exposition)
    assert "quoted" not in rendered
    assert 'model="churn"' in rendered
    assert "ml_registry_models 0.0" in rendered


def test_dropped_series_are_counted(evaluation: Evaluation) -> None:
    """A model over its limit keeps its verdicts, and says how much is missing."""
    exposition = Exposition()
    exposition.publish(evaluation, series_limit=None)
    every = sum(line.startswith("ml_") for line in text(exposition).splitlines()) - 2
    exposition.publish(evaluation, series_limit=20)
    rendered = text(exposition)
    assert f'ml_exporter_series_dropped{{model="churn"}} {every - 20:.1f}' in rendered
    assert "ml_exporter_series 20.0" in rendered
    assert "ml_drift_detected" in rendered
    assert "ml_column_quantile" not in rendered


def test_live_subjects_are_asked_at_every_scrape(evaluation: Evaluation) -> None:
    """The exporter's own state is of the scrape's moment, in gzip too."""
    loads = iter((1.0, 2.0))
    exposition = Exposition([lambda: HostReading(None, 0.5, next(loads))])
    exposition.publish(evaluation)
    assert "ml_host_load1 1.0" in text(exposition)
    assert b"ml_host_load1 2.0" in gzip.decompress(b"".join(exposition.render(gzip=True)))


def test_scrapes_during_publishing_are_always_whole(evaluation: Evaluation) -> None:
    """However publishing and scraping fall together, each scrape has one evaluation whole."""
    exposition = Exposition()
    exposition.publish(evaluation)
    done = threading.Event()

    def publish() -> None:
        for rows in range(1, 60):
            window = replace(evaluation.windows[0], rows=rows, labelled_rows=rows)
            exposition.publish(replace(evaluation, windows=(window,)))
        done.set()

    publisher = threading.Thread(target=publish)
    publisher.start()
    while not done.is_set():
        families = {f.name: f for f in parse_text(gzip.decompress(b"".join(exposition.render(gzip=True))).decode())}
        rows, labelled = (families[name].samples[0].value for name in ("ml_window_rows", "ml_labelled_rows"))
        assert rows == labelled or (rows, labelled) == (100, 40)
    publisher.join()


def test_promtool_finds_nothing_to_complain_of(complete: Exposition, promtool: str) -> None:
    """`promtool check metrics` is clean: names, types, units and help follow the conventions."""
    command = [promtool, "check", "metrics"]
    checked = subprocess.run(command, input=text(complete), capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_a_real_prometheus_scrapes_it(
    complete: Exposition,
    prometheus_binary: str,
    free_port: Callable[[], int],
    wait_until: Callable[..., Any],
    tmp_path: Path,
) -> None:
    """Prometheus reads the gzip body in both formats, every series of it."""
    bodies = {style: b"".join(complete.render(style, gzip=True)) for style in Format}
    with ExitStack() as stack:
        targets = {style: stack.enter_context(_target(body, style)) for style, body in bodies.items()}
        port = stack.enter_context(_prometheus(prometheus_binary, targets.values(), free_port(), tmp_path))
        for style, target in targets.items():
            place = f'{{instance="{target}"}}'
            scraped = wait_until(partial(_value, port, f"scrape_samples_scraped{place} > 0"), timeout=30)
            lines = gzip.decompress(bodies[style]).decode().splitlines()
            assert scraped == sum(not line.startswith("#") for line in lines)
            assert _value(port, f"up{place}") == 1
            assert _value(port, f'ml_drift_score{{column="age",test="ks",instance="{target}"}}') == 0.2


@contextmanager
def _prometheus(binary: str, targets: Iterable[str], port: int, folder: Path) -> Iterator[int]:
    jobs = [{"job_name": "t", "static_configs": [{"targets": list(targets)}]}]
    config = {"global": {"scrape_interval": "200ms", "scrape_timeout": "200ms"}, "scrape_configs": jobs}
    (folder / "prometheus.yml").write_text(json.dumps(config))
    arguments = [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    server = subprocess.Popen([binary, *arguments, f"--web.listen-address=127.0.0.1:{port}"], stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        server.terminate()
        server.wait()


@contextmanager
def _target(body: bytes, style: Format) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", style.value)
            self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def _value(port: int, query: str) -> float | None:
    url = f"http://127.0.0.1:{port}/api/v1/query?query={urllib.parse.quote(query)}"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            found = json.load(answer)["data"]["result"]
    except OSError:
        return None
    return float(found[0]["value"][1]) if found else None
