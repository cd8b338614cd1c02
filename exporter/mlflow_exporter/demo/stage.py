"""The whole demo on one machine: MLflow, two models with baselines, a scoring server, traffic, the exporter, alerts."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mlflow_exporter.demo.baselines import log_baseline
from mlflow_exporter.demo.configuration import models
from mlflow_exporter.demo.models import prepare
from mlflow_exporter.demo.monitoring import Targets, start_alertmanager, start_prometheus
from mlflow_exporter.demo.requests import Client
from mlflow_exporter.demo.schedule import Schedule
from mlflow_exporter.demo.sending import sent
from mlflow_exporter.demo.servers import Server, start_exporter, start_mlflow, start_scoring
from mlflow_exporter.demo.subjects import FLIGHT_DELAY
from mlflow_exporter.demo.traffic import SERVED, Traffic

CLEAN_SECONDS, DRIFT_SECONDS = 25, 15
"""How long traffic is clean after the start, and then drifts before accuracy is lost too."""


@dataclass(frozen=True)
class Stage:
    """A demo that runs; Prometheus and Alertmanager are None where they are not installed.

    `schedule` is its traffic's.
    """

    folder: Path
    schedule: Schedule
    mlflow: Server
    scoring: Server
    exporter: Server
    prometheus: Server | None
    alertmanager: Server | None

    @property
    def servers(self) -> tuple[Server, ...]:
        """All that run."""
        every = (self.mlflow, self.scoring, self.exporter, self.prometheus, self.alertmanager)
        return tuple(server for server in every if server is not None)


@contextmanager
def staged(folder: Path, report: Callable[[str], None]) -> Iterator[Stage]:
    """Start everything in an empty folder, and stop all of it at the end; `report` is told each step.

    Raises ServerFailed where a server does not start.
    """
    logs, token = folder / "production", folder / "alert_token"
    token.write_text(secrets.token_hex())
    with ExitStack() as ending:

        def started(server: Server, path: str, timeout: float) -> Server:
            ending.callback(server.stop)
            server.wait_until_ready(path, timeout)
            return server

        report("starting MLflow")
        mlflow = started(start_mlflow(folder), "/health", timeout=120)
        report("training two models on the flights of 2013, and registering them")
        made = prepare(mlflow.address, folder)
        report("logging their baselines")
        bins = folder / "bins.json"
        bins.write_text(log_baseline(made.classifier, mlflow.address))
        log_baseline(made.regressor, mlflow.address)
        report("starting the scoring server of one")
        scoring = start_scoring(folder, FLIGHT_DELAY.name, mlflow.address, logs / SERVED, bins)
        scoring = started(scoring, "/health", timeout=120)
        report("writing a day of predictions, and starting the exporter")
        config = folder / "config.yml"
        config.write_text(yaml.safe_dump(configuration(logs, mlflow.address, token), sort_keys=False))
        schedule = _schedule(time.time())
        client = ending.enter_context(closing(Client(scoring.address)))
        traffic = Traffic(made, logs, schedule, client.ask)
        traffic.write()
        ending.enter_context(sent(traffic))
        exporter = started(start_exporter(folder, config), "/-/healthy", timeout=60)
        targets = Targets(exporter.address, scoring.address, token)
        if (alertmanager := start_alertmanager(folder, targets)) is not None:
            started(alertmanager, "/-/ready", timeout=30)
        if (prometheus := start_prometheus(folder, targets, alertmanager)) is not None:
            started(prometheus, "/-/ready", timeout=30)
        yield Stage(folder, schedule, mlflow, scoring, exporter, prometheus, alertmanager)


def configuration(folder: Path, tracking_uri: str, token: Path) -> dict[str, Any]:
    """What the exporter is told: both models, and evaluations seconds apart."""
    return {
        "mlflow": {"tracking_uri": tracking_uri, "refresh": "15s"},
        "evaluation": {"interval": "5s"},
        "alerting": {"token_file": str(token)},
        "models": models(folder),
    }


def _schedule(now: float) -> Schedule:
    return Schedule(now, now + CLEAN_SECONDS, now + CLEAN_SECONDS + DRIFT_SECONDS)
