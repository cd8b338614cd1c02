"""The whole demo on one machine: MLflow, two models with baselines, traffic, the exporter, Prometheus."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mlflow_exporter.demo.models import ALIAS, DemoModel, DemoModels, prepare
from mlflow_exporter.demo.schedule import Schedule
from mlflow_exporter.demo.servers import Server, start_exporter, start_mlflow, start_prometheus
from mlflow_exporter.demo.traffic import Stream, Traffic
from mlflow_exporter.demo.training import LABEL, PREDICTION
from mlflow_exporter.domain import Task
from mlflow_exporter.engines.inference import Request
from mlflow_exporter.engines.local import LocalEngine
from mlflow_exporter.engines.plan import Parts
from mlflow_exporter.engines.reference import make_baseline
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.sources.files import Files

CLEAN_SECONDS, DRIFT_SECONDS = 25, 15
"""How long traffic is clean after the start, and then drifts before accuracy is lost too."""

_PERIOD = 0.5


@dataclass(frozen=True)
class Stage:
    """A demo that runs; `prometheus` is None where it is not installed, `schedule` is its traffic's."""

    folder: Path
    schedule: Schedule
    mlflow: Server
    exporter: Server
    prometheus: Server | None

    @property
    def servers(self) -> tuple[Server, ...]:
        """All that run."""
        return tuple(server for server in (self.mlflow, self.exporter, self.prometheus) if server is not None)


@contextmanager
def staged(folder: Path, report: Callable[[str], None]) -> Iterator[Stage]:
    """Start everything in an empty folder, and stop all of it at the end; `report` is told each step.

    Raises ServerFailed where a server does not start.
    """
    with ExitStack() as ending:
        report("starting MLflow")
        mlflow = _started(start_mlflow(folder), "/health", ending, timeout=120)
        report("training two models on the flights of 2013, and registering them")
        models = prepare(mlflow.address, folder)
        report("logging their baselines")
        for model in (models.classifier, models.regressor):
            log_baseline(model, mlflow.address)
        report("writing a day of predictions, and starting the exporter")
        schedule = _schedule(time.time())
        traffic = _traffic(models, folder, schedule)
        config = folder / "config.yml"
        config.write_text(yaml.safe_dump(configuration(traffic, mlflow.address), sort_keys=False))
        ending.enter_context(_written(traffic))
        exporter = _started(start_exporter(folder, config), "/-/healthy", ending, timeout=60)
        prometheus = start_prometheus(folder, exporter.address)
        if prometheus is not None:
            _started(prometheus, "/-/ready", ending, timeout=30)
        yield Stage(folder, schedule, mlflow, exporter, prometheus)


def log_baseline(model: DemoModel, tracking_uri: str) -> None:
    """Profile a model's reference data and log it to its run, as `mlflow-exporter baseline` does."""
    registry = Registry(tracking_uri)
    version = registry.snapshot().resolve(model.key.name, model.key.version)
    parts = Parts(PREDICTION, probabilities=model.probabilities, label=LABEL)
    request = Request(parts, model.subject.task, features=model.subject.features, origin=str(model.reference))
    made = make_baseline(Files(str(model.reference), mode="snapshot"), request, LocalEngine(), time.time())
    registry.log_baseline(version, made.baseline.packed)


def configuration(traffic: Traffic, tracking_uri: str) -> dict[str, Any]:
    """What the exporter is told: both models, short windows and intervals so that a newcomer need not wait."""
    return {
        "mlflow": {"tracking_uri": tracking_uri, "refresh": "15s"},
        "evaluation": {"interval": "5s"},
        "models": [_model(name, stream) for name, stream in traffic.streams.items()],
    }


def _model(name: str, stream: Stream) -> dict[str, Any]:
    subject = stream.model.subject
    metric = "accuracy" if subject.task is Task.CLASSIFICATION else "r2"
    return {
        "name": name,
        "version": f"@{ALIAS}",
        "task": subject.task.value,
        "predictions": {"source": "files", "path": str(stream.predictions.path), "columns": stream.columns},
        "labels": {
            "source": "files",
            "path": str(stream.labels.path),
            "columns": stream.label_columns,
            "max_delay": "1d",
        },
        "windows": ["5m", "1h", "24h"],
        "segments": list(subject.categorical[:1]),
        "performance": {"thresholds": {metric: {"max_drop": 0.05}}},
        "distributions": True,
    }


def _schedule(now: float) -> Schedule:
    return Schedule(now, now + CLEAN_SECONDS, now + CLEAN_SECONDS + DRIFT_SECONDS)


def _traffic(models: DemoModels, folder: Path, schedule: Schedule) -> Traffic:
    logs = folder / "production"
    logs.mkdir()
    traffic = Traffic(models, logs, schedule)
    traffic.write()
    return traffic


@contextmanager
def _written(traffic: Traffic) -> Iterator[None]:
    """Write traffic twice a second until the end."""
    stopping = threading.Event()

    def write() -> None:
        while not stopping.wait(_PERIOD):
            traffic.write()

    writer = threading.Thread(target=write, name="traffic", daemon=True)
    writer.start()
    try:
        yield
    finally:
        stopping.set()
        writer.join()


def _started(server: Server, path: str, ending: ExitStack, timeout: float) -> Server:
    ending.callback(server.stop)
    server.wait_until_ready(path, timeout)
    return server
