"""Runs the actions that follow alerts: in their turn, one at a time for each model, each at most once.

A run is waiting in the state from the transaction that stored the alert's news. That it begins is committed before it
does: after a kill it is never begun again, and is recorded as lost once its time is over.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog

from mlflow_exporter.alerting.actions.action import Leash, bounded
from mlflow_exporter.alerting.event import Event
from mlflow_exporter.alerting.rules import Rule, Rules
from mlflow_exporter.alerting.tally import Tally
from mlflow_exporter.alerting.workers import Workers, within
from mlflow_exporter.config.secrets import mask
from mlflow_exporter.errors import ActionError, ActionTimeout, StateError
from mlflow_exporter.state.action_runs import Outcome, Run
from mlflow_exporter.state.store import Store
from mlflow_exporter.state.transaction import Transaction

LOOK_SECONDS = 30.0
"""How often waiting runs are looked for besides when there is news: the state may have been away."""

GRACE_SECONDS = 30.0
"""What a run may take beyond its timeout, to end its processes and to be recorded."""

LONGEST_WAIT = 3600.0
"""Seconds after which a run that has not begun is of no use any more."""

_log = structlog.get_logger(__name__)


class Dispatcher:
    """Begins waiting runs as workers are free; several processes may share a state."""

    def __init__(
        self, store: Store, rules: Rules, workers: Workers, tally: Tally, clock: Callable[[], float] = time.time
    ) -> None:
        self._store, self._rules, self._workers, self._tally, self._clock = store, rules, workers, tally, clock
        self._wake, self._ending = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._loop, name="actions", daemon=True)

    def start(self) -> None:
        """Begin with what is waiting."""
        self._wake.set()
        self._thread.start()

    def wake(self) -> None:
        """There is news."""
        self._wake.set()

    def end(self, timeout: float = 10.0) -> None:
        """Begin no further run; those that are under way go on."""
        self._ending.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _loop(self) -> None:
        while not self._ending.is_set():
            self._wake.wait(LOOK_SECONDS)
            self._wake.clear()
            try:
                self.dispatch()
            except StateError as error:
                _log.warning("actions wait for the state", error=str(error))
            except Exception:  # noqa: BLE001 -- a mistake, or no thread to be had, must not end every action to come
                _log.exception("actions could not be begun; what waits is looked for again", seconds=LOOK_SECONDS)

    def dispatch(self) -> None:
        """Begin what can begin now; raises StateError."""
        while self._workers.free and not self._ending.is_set():
            claim = self._claim()
            if claim is None:
                return
            self._workers.start(partial(self._carry_out, claim), self.wake)

    def _claim(self) -> _Claim | None:
        """The next run that can begin, begun; those before it in the queue come to their end without."""
        ended: list[tuple[str, Outcome]] = []
        with self._store.transaction() as transaction:
            runs, now = transaction.action_runs, self._clock()
            runs.lock()
            ended += [(run.action, Outcome.LOST) for run in runs.lose(now, now - LONGEST_WAIT)]
            claim = self._first_ready(transaction, now, ended)
            if claim is not None:
                runs.begin(claim.run.id, now, now + claim.rule.settings.timeout + 2 * GRACE_SECONDS)
        for action, outcome in ended:
            self._tally.ended(action, outcome)
        return claim

    def _first_ready(self, transaction: Transaction, now: float, ended: list[tuple[str, Outcome]]) -> _Claim | None:
        runs = transaction.action_runs
        while (run := runs.next()) is not None:
            rule, alert = self._rules.by_name.get(run.action), transaction.alerts.get(run.fingerprint, run.starts_at)
            if rule is None or alert is None or alert.status != run.news:
                outcome, why = Outcome.LOST, "by its turn the action was not configured any more, or the alert was over"
            elif _is_hot(transaction, run, rule, now):
                outcome, why = Outcome.COOLDOWN, "it ran for this model less than its cooldown ago"
            else:
                return _Claim(run, rule, Event(alert, run.news))
            runs.end(run.id, outcome, why, now)
            ended.append((run.action, outcome))
        return None

    def _carry_out(self, claim: _Claim) -> None:
        outcome, output = _attempt(claim, self._workers.stopping)
        said = mask(bounded(output))
        self._tally.ended(claim.run.action, outcome)
        _log.info("action", action=claim.run.action, outcome=outcome.value, alert=claim.run.fingerprint)
        try:
            with self._store.transaction() as transaction:
                transaction.action_runs.end(claim.run.id, outcome, said, self._clock())
        except StateError as error:
            _log.error("what came of an action is not recorded", action=claim.run.action, output=said, error=str(error))


@dataclass(frozen=True, slots=True)
class _Claim:
    """A run whose turn it is."""

    run: Run
    rule: Rule
    event: Event


def _is_hot(transaction: Transaction, run: Run, rule: Rule, now: float) -> bool:
    began = transaction.action_runs.began_last(run.action, run.model)
    return began is not None and now - began < rule.settings.cooldown


def _attempt(claim: _Claim, stopping: threading.Event) -> tuple[Outcome, str]:
    """What came of it; whatever an action does, it never ends the exporter."""
    settings, action, event = claim.rule.settings, claim.rule.action, claim.event
    leash = Leash(settings.timeout, stopping)
    try:
        if settings.dry_run:
            return Outcome.DRY_RUN, f"would {within(leash.seconds, lambda: action.plan(event))}"
        return Outcome.SUCCEEDED, within(leash.seconds + GRACE_SECONDS, lambda: action.run(event, leash))
    except ActionTimeout as error:
        return Outcome.TIMED_OUT, str(error)
    except ActionError as error:
        return Outcome.FAILED, str(error)
    except Exception as error:  # noqa: BLE001 -- a mistake of this program must not end a thread that others wait for
        _log.exception("an action failed", action=settings.name)
        return Outcome.FAILED, f"a mistake of mlflow-exporter ({type(error).__name__}); see its log"
