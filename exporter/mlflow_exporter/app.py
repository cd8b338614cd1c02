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

from mlflow_exporter.alerting.alerting import Alerting
from mlflow_exporter.alerting.tally import Tally
from mlflow_exporter.alerting.workers import Workers
from mlflow_exporter.collectors.alerts import AlertCounts
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
from mlflow_exporter.scheduler.complaints import Complaints
from mlflow_exporter.scheduler.loop import Schedule
from mlflow_exporter.scheduler.periodic import Periodic
from mlflow_exporter.scheduler.scheduler import Scheduler
from mlflow_exporter.state.store import Store

RUNS_REFRESH_FACTOR = 5
"""Counting runs costs about a millisecond a run, so it is done at every fifth refresh of the registry."""

ALERTS_TENDED_SECONDS = 60.0
"""How often old alerts are forgotten, and MLflow is told of new ones."""

_SILENCES = {
    "registry": ("the registry does not answer", "the registry answers again"),
    "runs": ("the runs cannot be counted", "the runs are counted again"),
}

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


def assemble(settings: Settings, engine: LocalEngine, shard: Shard = EVERY_MODEL, former: Parts | None = None) -> Parts:
    """Open the state and make a monitor for each model of the share; raises StateError and RegistryError.

    What is configured as it was is taken over from the `former` parts, as it is.
    """
    if former is not None and (former.settings.mlflow, former.settings.state) == (settings.mlflow, settings.state):
        store, catalogue, known = former.store, former.catalogue, former.monitors
    else:
        registry = Registry(settings.mlflow.tracking_uri.get_secret_value(), timeout=settings.mlflow.timeout)
        store, catalogue, known = Store(settings.state.url.get_secret_value()), Catalogue(registry), {}
    models = [model for model in settings.models if shard.has(model.name)]
    adopted = {model.name: known[model.name] for model in models if _is_watched_by(model, known.get(model.name))}
    monitors = {model.name: adopted.get(model.name) or Monitor(model, store, engine, catalogue) for model in models}
    return Parts(settings, store, catalogue, monitors)


def _is_watched_by(model: ModelSettings, monitor: Monitor | None) -> bool:
    return monitor is not None and monitor.settings == model


class Application:
    """An exporter that runs until it is stopped; what the web shows of it."""

    def __init__(self, config_file: Path, shard: Shard = EVERY_MODEL, clock: Callable[[], float] = time.time) -> None:
        self._file, self._shard, self._clock = config_file, shard, clock
        self.results = Results()
        self._host = Host()
        self._engine, self._workers, self._tally = LocalEngine(), Workers(), Tally()
        self._text = loading.read(config_file)
        self._parts = assemble(loading.parse(self._text, config_file), self._engine, shard)
        self.alerting = self._alerting_of(self._parts, None)
        self._reload_successful, self._reloaded_at = True, clock()
        self.exposition = Exposition((self._host.reading, self._status, self._alert_counts), _own_registry())
        self._tasks: tuple[Periodic, ...] = ()
        self._scheduler = Scheduler(self._publish, clock)
        self._reloading = threading.Lock()
        self._silences = {subject: Complaints() for subject in _SILENCES}

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
            Periodic("alerts", ALERTS_TENDED_SECONDS, self.alerting.tend),
        )
        for task in self._tasks:
            task.start()
        self._scheduler.run(self._parts.monitors, schedule)
        self.alerting.start()

    def stop(self) -> None:
        """Let what is under way finish, unless it hangs, and close the state."""
        self._workers.stop()
        self._halt()
        self._scheduler.stop()
        self._parts.store.close()

    def _halt(self) -> None:
        self.alerting.end()
        for task in self._tasks:
            task.stop()
        self._tasks = ()

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
            parts = assemble(settings, self._engine, self._shard, self._parts)
            alerting = self._alerting_of(parts, self._parts)
        except MlflowExporterError as error:
            self._reload_successful = False
            _log.error("the configuration was not reloaded", error=str(error))
            raise
        self._halt()
        former, self._text, self._parts, self.alerting = self._parts, text, parts, alerting
        self._reload_successful, self._reloaded_at = True, self._clock()
        self.start()
        if former.store is not parts.store:
            former.store.close()
        names = set(parts.monitors)
        self.results.retain(names)
        self.exposition.retain(names)
        _log.info("the configuration was reloaded", models=len(names))

    def _refresh(self) -> None:
        state = self._parts.catalogue.refresh()
        self._tell("registry", state.error)
        if state.error is None and state.snapshot is not None:
            self.exposition.publish_shared(state.snapshot)
            self.alerting.watch_aliases(state.snapshot)

    def _count_runs(self) -> None:
        state = self._parts.catalogue.count_runs()
        self._tell("runs", state.runs_error)
        if state.runs_error is None and state.runs is not None:
            self.exposition.publish_shared(state.runs)

    def _alerting_of(self, parts: Parts, former: Parts | None) -> Alerting:
        """Raises ConfigurationError, and then closes the state unless the former parts use it."""
        settings, registry = parts.settings.alerting, parts.catalogue.registry
        try:
            return Alerting(settings, parts.store, registry, self._workers, self._tally, self._clock)
        except MlflowExporterError:
            if former is None or parts.store is not former.store:
                parts.store.close()
            raise

    def _alert_counts(self) -> AlertCounts:
        return AlertCounts(self._tally.notifications, self._tally.runs)

    def _tell(self, subject: str, error: MlflowExporterError | None) -> None:
        """Log that MLflow does not answer when that begins, and when it is over."""
        silent, answering = _SILENCES[subject]
        change = self._silences[subject].update([str(error)] if error else [])
        if change.begun:
            _log.warning(silent, error=str(error))
        elif change.over and error is None:
            _log.info(answering)

    def _publish(self, evaluation: Evaluation) -> None:
        monitor = self._parts.monitors.get(evaluation.name)
        if monitor is None:  # it has just gone, by a reload
            return
        model = monitor.settings
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
