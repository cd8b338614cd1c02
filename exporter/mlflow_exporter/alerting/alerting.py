"""What Alertmanager tells: stored, shown, counted, and followed by actions."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from mlflow_exporter.alerting import notification
from mlflow_exporter.alerting.dispatcher import Dispatcher
from mlflow_exporter.alerting.incidents import note_incidents
from mlflow_exporter.alerting.readiness import read_token, unready
from mlflow_exporter.alerting.rules import Rules
from mlflow_exporter.alerting.tally import Tally
from mlflow_exporter.alerting.workers import Workers
from mlflow_exporter.config.alerting import AlertingSettings, AliasAction
from mlflow_exporter.errors import StateError
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.registry.snapshot import RegistrySnapshot
from mlflow_exporter.state.action_runs import ENDS, Run
from mlflow_exporter.state.alerts import Alert, KnownAlert, Status
from mlflow_exporter.state.store import Store

ALERTS_KEPT = 100_000
"""Alerts in the history, however long its retention."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Receipt:
    """How many alerts a notification told, and of how many it was news."""

    told: int
    news: int


@dataclass(frozen=True, slots=True)
class History:
    """Some alerts, those that began last first; the runs that followed each; how many there are in all.

    `left_out` are those of the model and status that have the severity which is not wanted.
    """

    alerts: Sequence[KnownAlert]
    runs: Mapping[tuple[str, float], Sequence[Run]]
    firing: int
    resolved: int
    models: Sequence[str]
    left_out: int = 0


class Alerting:
    """Safe to use from any thread; `workers` and `tally` outlive it when the configuration is reloaded.

    Raises ConfigurationError where the token cannot be read.
    """

    def __init__(
        self,
        settings: AlertingSettings,
        store: Store,
        registry: Registry,
        workers: Workers,
        tally: Tally,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings, self._store, self._registry, self._clock = settings, store, registry, clock
        self.tally = tally
        self._rules = Rules.of(settings.actions, registry, self._seen)
        self._dispatcher = Dispatcher(store, self._rules, workers, tally, clock)
        self._aliases: dict[tuple[str, str], str] = {}
        self.token()

    def token(self) -> str | None:
        """The token that a sender needs, read anew each time; None where none is configured.

        Raises ConfigurationError where it cannot be read.
        """
        return read_token(self._settings)

    def start(self) -> None:
        """Begin to run actions, with those that were waiting when the exporter ended."""
        try:
            with self._store.reading() as transaction:
                kinds = transaction.alerts.kinds()
        except StateError as error:
            _log.warning("what alerts there were is not known", error=str(error))
            kinds = set()
        self.tally.expect(kinds, self._rules.by_name, ENDS)
        for problem in unready(self._settings):
            _log.warning("an action will fail", problem=str(problem))
        self._dispatcher.start()

    def end(self) -> None:
        """Begin no further action."""
        self._dispatcher.end()

    def receive(self, body: bytes) -> Receipt:
        """Store a notification, and let what follows it wait for its turn; nothing of that is done before it returns.

        Raises NotificationError where it is none, StateError where it cannot be stored: then Alertmanager sends it
        again.
        """
        alerts = notification.parse(body)
        with self._store.transaction() as transaction:
            now = self._clock()
            news = []
            for alert in alerts:
                to_note = self._settings.note_incidents and bool(alert.model)
                known, is_new = transaction.alerts.record(alert, now, to_note=to_note)
                if not is_new:
                    continue
                news.append(alert)
                # Nothing follows the firing of an alert that was told to be over already.
                if known.status == alert.status:
                    for rule in self._rules.following(alert):
                        transaction.action_runs.queue(rule.name, alert, now)
        self._tell(news)
        return Receipt(len(alerts), len(news))

    def _tell(self, news: Sequence[Alert]) -> None:
        for alert in news:
            self.tally.told(alert)
            _log.info("alert", status=alert.status, alert=alert.name, model=alert.model, fingerprint=alert.fingerprint)
        self._dispatcher.wake()

    def history(
        self, *, model: str | None, status: Status | None, without: str | None = None, limit: int, skip: int = 0
    ) -> History:
        """The latest alerts of a model (None: of all) and status (None: both), without those of a severity.

        Raises StateError.
        """
        with self._store.reading() as transaction:
            alerts = transaction.alerts
            found = alerts.find(model=model, status=status, without=without, limit=limit, skip=skip)
            runs = transaction.action_runs.of([known.alert for known in found])
            firing = alerts.count(model=model, status="firing", without=without)
            resolved = alerts.count(model=model, status="resolved", without=without)
            shown = alerts.count(model=model, status=status, without=without)
            left_out = alerts.count(model=model, status=status) - shown
            return History(found, runs, firing, resolved, alerts.models(), left_out)

    def tend(self) -> None:
        """Forget what is old, and tell MLflow what it was not told yet; to be called every minute or so."""
        try:
            self._expire()
            if self._settings.note_incidents:
                note_incidents(self._store, self._registry)
        except StateError as error:
            _log.warning("alerts are not tended", error=str(error))

    def _expire(self) -> None:
        with self._store.transaction() as transaction:
            before = self._clock() - self._settings.retention
            transaction.alerts.expire(before, ALERTS_KEPT)
            transaction.action_runs.expire(before)

    def watch_aliases(self, snapshot: RegistrySnapshot) -> None:
        """Remember where the aliases point that actions take back; what cannot be stored is tried at the next call."""
        watched = {action.alias for action in self._settings.actions if isinstance(action, AliasAction)}
        now_at = {
            (model.name, alias): version
            for model in snapshot.models.values()
            for alias, version in model.aliases.items()
            if alias in watched
        }
        moved = {key: version for key, version in now_at.items() if self._aliases.get(key) != version}
        try:
            if moved:
                self._remember(moved, snapshot.taken_at)
            self._aliases = now_at
        except StateError as error:
            _log.warning("where aliases point is not remembered", error=str(error))

    def _remember(self, moved: Mapping[tuple[str, str], str], now: float) -> None:
        with self._store.transaction() as transaction:
            for (model, alias), version in moved.items():
                transaction.alias_moves.see(model, alias, version, now)

    def _seen(self, model: str, alias: str) -> Sequence[str]:
        with self._store.reading() as transaction:
            return transaction.alias_moves.versions(model, alias)
