"""The running exporter: the only place where its objects are wired together."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import prometheus_client
import structlog
from prometheus_client.registry import CollectorRegistry

from mlflow_exporter.collectors.exporter import ExporterStatus
from mlflow_exporter.collectors.exposition import Exposition
from mlflow_exporter.config import loading, secrets
from mlflow_exporter.config.settings import ModelSettings, Settings
from mlflow_exporter.domain import Problem
from mlflow_exporter.engines.local import LocalEngine
from mlflow_exporter.errors import MlflowExporterError
from mlflow_exporter.evaluation.catalogue import Catalogue
from mlflow_exporter.evaluation.monitor import Monitor
from mlflow_exporter.host.host import Host
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.results import Evaluation, Results
from mlflow_exporter.scheduler.periodic import Periodic
from mlflow_exporter.scheduler.scheduler import Schedule, Scheduler
from mlflow_exporter.state.store import Store

RUNS_REFRESH_FACTOR = 5
"""Counting runs costs about a millisecond a run, so it is done at every fifth refresh of the registry."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Shard:
    """Which share of the models a process has (`number`, from 0), of how many (`total`).

    A model's share depends on its name and `total` alone: never on the other models, the machine or the run.
    """

    number: int = 0
    total: int = 1

    def has(self, model: str) -> bool:
        """Whether the model of this name is in the share."""
        digest = hashlib.sha256(model.encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.total == self.number


EVERY_MODEL = Shard()


@dataclass(eq=False)
class Parts:
    """Everything made from one configuration."""

    settings: Settings
    store: Store
    catalogue: Catalogue
    monitors: dict[str, Monitor]


def assemble(settings: Settings, engine: LocalEngine, shard: Shard = EVERY_MODEL) -> Parts:
    """Open the state and make a monitor for each model of the share; raises StateError and RegistryError."""
    registry = Registry(settings.mlflow.tracking_uri.get_secret_value(), timeout=settings.mlflow.timeout)
    store = Store(settings.state.url.get_secret_value())
    catalogue = Catalogue(registry)
    models = [model for model in settings.models if shard.has(model.name)]
    monitors = {model.name: Monitor(model, store, engine, catalogue) for model in models}
    return Parts(settings, store, catalogue, monitors)


class Application:
    """An exporter that runs until it is stopped; what the web shows of it."""

    def __init__(self, config_file: Path, shard: Shard = EVERY_MODEL, clock: Callable[[], float] = time.time) -> None:
        self._file, self._shard, self._clock = config_file, shard, clock
        self.results = Results()
        self._host = Host()
        self._engine = LocalEngine()
        self._text = loading.read(config_file)
        self._parts = assemble(loading.parse(self._text, config_file), self._engine, shard)
        self._reload_successful, self._reloaded_at = True, clock()
        self.exposition = Exposition((self._host.reading, self._status), _own_registry())
        self._tasks: tuple[Scheduler | Periodic, ...] = ()
        self._reloading = threading.Lock()

    def expected_models(self) -> Collection[str]:
        """Names of the configured models."""
        return tuple(self._parts.monitors)

    @property
    def state(self) -> str:
        """Where the state is, its password hidden."""
        return self._parts.store.where

    def config_text(self) -> str:
        """The configuration in force, its secrets hidden."""
        return secrets.masked(self._text)

    def notices(self) -> Collection[Problem]:
        """What is wrong with the exporter as a whole: MLflow is away, the state fails, the last reload did."""
        error, store = self._parts.catalogue.state.error, self._parts.store
        found = []
        if error is not None:
            found.append(Problem("MLflow", str(error), "models are evaluated with what it said last"))
        if not store.up:
            found.append(Problem("state", f"{store.where} did not work when it was last used", "see the log"))
        if not self._reload_successful:
            found.append(Problem("configuration", "the last reload failed; the old one is in force", "see the log"))
        return found

    def start(self) -> None:
        """Begin to read the registry and to evaluate."""
        settings, catalogue = self._parts.settings, self._parts.catalogue
        catalogue.refresh()
        refresh = settings.mlflow.refresh
        schedule = Schedule(settings.evaluation.interval, settings.evaluation.timeout)
        self._tasks = (
            Periodic("registry", refresh, self._refresh),
            Periodic("runs", refresh * RUNS_REFRESH_FACTOR, self._count_runs),
            Scheduler(self._parts.monitors.values(), schedule, self._publish, self._clock),
        )
        for task in self._tasks:
            task.start()

    def stop(self) -> None:
        """Let what is under way finish, unless it hangs, and close the state."""
        self._halt()

    def _halt(self) -> None:
        for task in self._tasks:
            task.stop()
        self._tasks = ()
        self._parts.store.close()

    def reload(self) -> None:
        """Read the configuration anew, after a reload that is under way.

        Raises ConfigurationError, StateError or RegistryError, and goes on with the old one, where the new one is
        wrong.
        """
        with self._reloading:
            self._reload()

    def _reload(self) -> None:
        try:
            text = loading.read(self._file)
            settings = loading.parse(text, self._file)
            parts = assemble(settings, self._engine, self._shard)
        except MlflowExporterError as error:
            self._reload_successful = False
            _log.error("the configuration was not reloaded", error=str(error))
            raise
        self._halt()
        self._text, self._parts = text, parts
        self._reload_successful, self._reloaded_at = True, self._clock()
        names = set(parts.monitors)
        self.results.retain(names)
        self.exposition.retain(names)
        self.start()
        _log.info("the configuration was reloaded", models=len(names))

    def _refresh(self) -> None:
        state = self._parts.catalogue.refresh()
        if state.error is not None:
            _log.warning("the registry does not answer", error=str(state.error))
        elif state.snapshot is not None:
            self.exposition.publish_shared(state.snapshot)

    def _count_runs(self) -> None:
        state = self._parts.catalogue.count_runs()
        if state.runs_error is not None:
            _log.warning("the runs cannot be counted", error=str(state.runs_error))
        elif state.runs is not None:
            self.exposition.publish_shared(state.runs)

    def _publish(self, evaluation: Evaluation) -> None:
        model = self._parts.monitors[evaluation.name].settings
        self.exposition.publish(evaluation, model.limits.series, _optional(model))
        self.results.publish(evaluation)  # last, since it makes the exporter ready

    def _status(self) -> ExporterStatus:
        state = self._parts.catalogue.state
        return ExporterStatus(
            state.up,
            self._parts.store.up,
            self._reload_successful,
            self._reloaded_at,
            self._shard.number,
            self._shard.total,
        )


def _optional(model: ModelSettings) -> tuple[str, ...]:
    return ("distributions",) if model.distributions else ()


def _own_registry() -> CollectorRegistry:
    """The client library's collectors for this process, without its global registry."""
    registry = CollectorRegistry()
    for collector in (
        prometheus_client.ProcessCollector,
        prometheus_client.PlatformCollector,
        prometheus_client.GCCollector,
    ):
        collector(registry=registry)
    return registry
